//! The certificate that a server shows, read whether or not it is trusted. Nothing is asked of the server.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::name::Name;

use super::HttpsError;

/// What a server showed of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate {
    /// Until when its certificate is valid, in Unix time.
    pub not_after: i64,
    /// Who issued it, as the certificate says: `R11 (Let's Encrypt)`.
    pub issuer: String,
    /// Why the desk's own calls would refuse it, if they would.
    pub refusal: Option<String>,
}

/// Why no certificate was seen.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    #[error("there is no such host ({0})")]
    NoHost(#[source] io::Error),
    #[error("nobody answers ({0})")]
    Unreachable(#[source] io::Error),
    #[error("no certificate was shown in time")]
    Slow,
    #[error("no certificate was shown ({0})")]
    NoTls(#[source] io::Error),
    /// One that cannot be read.
    #[error("the certificate cannot be read ({0})")]
    Unreadable(#[source] x509_cert::der::Error),
    /// Not a name that a certificate could be for.
    #[error("no certificate can be for this name ({0})")]
    Name(#[source] InvalidDnsNameError),
    /// No TLS on this side.
    #[error(transparent)]
    Setup(#[from] HttpsError),
}

impl InspectionError {
    /// Whether it may be otherwise in a moment.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Slow)
    }
}

/// Looks at the certificate that a host shows at a port, in a bounded time.
///
/// A certificate that is not trusted ends the handshake there, but has been seen. One that is trusted ends in a
/// connection on which nothing is sent.
pub async fn look(host: &str, port: u16, patience: Duration) -> Result<ShownCertificate, InspectionError> {
    tokio::time::timeout(patience, handshake(host, port)).await.map_err(|_| InspectionError::Slow)?
}

async fn handshake(host: &str, port: u16) -> Result<ShownCertificate, InspectionError> {
    let name = ServerName::try_from(host.to_owned()).map_err(InspectionError::Name)?;
    let witness = Arc::new(Witness::new()?);
    let connector = TlsConnector::from(Arc::new(config(&witness)?));
    let addresses: Vec<_> = lookup_host((host, port)).await.map_err(InspectionError::NoHost)?.collect();
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(InspectionError::Unreachable)?;
    let outcome = connector.connect(name, stream).await.map(drop);
    match (witness.leaf(), outcome) {
        (Some(leaf), outcome) => ShownCertificate::read(&leaf, outcome.err()),
        (None, Err(error)) => Err(InspectionError::NoTls(error)),
        (None, Ok(())) => Err(InspectionError::NoTls(io::ErrorKind::InvalidData.into())),
    }
}

fn config(witness: &Arc<Witness>) -> Result<ClientConfig, HttpsError> {
    let verifier = Arc::clone(witness);
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpsError(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// Decides as every other call of the desk does, and remembers what it was shown.
#[derive(Debug)]
struct Witness {
    judge: Arc<WebPkiServerVerifier>,
    leaf: Mutex<Option<CertificateDer<'static>>>,
}

impl Witness {
    fn new() -> Result<Self, HttpsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(super::roots()), provider).build();
        Ok(Self { judge: judge.map_err(|error| HttpsError(error.to_string()))?, leaf: Mutex::default() })
    }

    fn leaf(&self) -> Option<CertificateDer<'static>> {
        self.leaf.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.leaf.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaf.clone().into_owned());
        self.judge.verify_server_cert(leaf, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

impl ShownCertificate {
    fn read(leaf: &CertificateDer<'_>, refusal: Option<io::Error>) -> Result<Self, InspectionError> {
        let certificate = Certificate::from_der(leaf).map_err(InspectionError::Unreadable)?;
        let about = certificate.tbs_certificate();
        let not_after = about.validity().not_after.to_unix_duration().as_secs();
        Ok(Self {
            not_after: i64::try_from(not_after).unwrap_or(i64::MAX),
            issuer: called(about.issuer()),
            refusal: refusal.map(|error| why(&error)),
        })
    }
}

/// A name as people call it; what cannot be read of it is left out.
fn called(name: &Name) -> String {
    let common = name.common_name().ok().flatten();
    let organization = name.organization().ok().flatten();
    match (common, organization) {
        (Some(common), Some(organization)) => format!("{} ({})", common.value(), organization.value()),
        (Some(one), None) | (None, Some(one)) => one.value().into_owned(),
        (None, None) => "somebody without a name".to_owned(),
    }
}

/// Why a handshake failed, without the numbers that differ from one second to the next.
fn why(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    let Some(Error::InvalidCertificate(refused)) = tls else { return error.to_string() };
    match refused {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "its authority is not trusted here".to_owned(),
        CertificateError::BadSignature => "it is not signed by whom it names".to_owned(),
        other => other.to_string(),
    }
}
