//! Certificates for `localhost`, good ones and bad ones, by an authority that a program may be told to trust.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub const DAY: Duration = Duration::from_hours(24);

/// Somebody who signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        Self::called("Test Root")
    }

    pub fn called(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Tests Ltd");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// TLS with a certificate for a name until a moment.
    pub fn tls(&self, name: &str, until: SystemTime) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params(name, until).signed_by(&key, &self.0).unwrap();
        config(certificate.der().clone(), &key)
    }
}

/// TLS with a certificate that nobody but its owner signed.
pub fn self_signed(name: &str) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = params(name, in_days(60)).self_signed(&key).unwrap();
    config(certificate.der().clone(), &key)
}

/// So many whole days from now, and a bit.
pub fn in_days(days: u32) -> SystemTime {
    SystemTime::now() + DAY * days + DAY / 2
}

pub fn days_ago(days: u32) -> SystemTime {
    SystemTime::now() - DAY * days
}

pub fn unix(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn params(name: &str, until: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (days_ago(300).into(), until.into());
    params
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.unwrap())
}
