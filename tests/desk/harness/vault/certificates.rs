//! Certificates, right ones and wrong ones.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;

/// What a host shows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    Valid,
    OfAnotherHost,
    ByAnUnknownAuthority,
    Expired,
}

/// Somebody who signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// TLS as a host speaks it with such a certificate.
    pub fn tls(&self, host: &str, paper: Paper) -> Arc<ServerConfig> {
        let (host, until) = match paper {
            Paper::Valid => (host, 2100),
            Paper::Expired => (host, 2021),
            Paper::OfAnotherHost => ("elsewhere.example", 2100),
            Paper::ByAnUnknownAuthority => return Self::new("nobody").tls(host, Paper::Valid),
        };
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            );
        Arc::new(config.unwrap())
    }
}
