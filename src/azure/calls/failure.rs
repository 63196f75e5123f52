//! Why a request got no answer, in words of this program alone.

use std::error::Error;
use std::io;
use std::iter::successors;

use rustls::CertificateError;

/// Why a request got no answer. Holds nothing of what was sent or received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    #[error("nobody knows the host name {host}")]
    UnknownHost { host: String },
    /// No connection comes about, or it breaks.
    #[error("{host} cannot be reached ({cause})")]
    Unreachable { host: String, cause: String },
    /// It hangs up in the middle of its answer.
    #[error("{host} breaks its answer off")]
    Cut { host: String },
    /// Nothing comes back in time.
    #[error("{host} does not answer in time")]
    Silent { host: String },
    /// It shows a certificate that is not good.
    #[error("the certificate that {host} shows {cause}")]
    Certificate {
        host: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The proxy is not there, or lets nothing through.
    #[error("no request to {host} gets through the proxy that HTTPS_PROXY names")]
    Proxy { host: String },
    /// It answers, and goes on saying that it cannot.
    #[error("its endpoint answers with status {status}")]
    Status { status: u16 },
}

impl CallFailure {
    /// What became of a request to a host, by all causes of an error.
    pub(super) fn of(error: &(dyn Error + 'static), host: String) -> Self {
        let causes = causes(error);
        let said = |words: &str| causes.iter().any(|cause| cause.to_string().starts_with(words));
        if let Some(tls) = causes.iter().find_map(|cause| tls_error(*cause)) {
            return Self::of_tls(tls, host);
        }
        if said("tunnel error") {
            return Self::Proxy { host };
        }
        if said("dns error") {
            return Self::UnknownHost { host };
        }
        let is_late = |cause: &&(dyn Error + 'static)| {
            cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
                || cause
                    .downcast_ref()
                    .is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
        };
        if causes.iter().any(is_late) {
            return Self::Silent { host };
        }
        let io = causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>());
        if io.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return Self::Cut { host };
        }
        let cause = io.map_or_else(|| "the connection broke".to_owned(), |error| error.kind().to_string());
        Self::Unreachable { host, cause }
    }

    fn of_tls(error: &rustls::Error, host: String) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => {
                Self::Certificate { host, cause: certificate_cause(error) }
            }
            _ => Self::Unreachable { host, cause: format!("TLS fails: {error}") },
        }
    }

    /// Whether it may go better soon. A wrong certificate stays one.
    pub(in crate::azure) fn is_transient(&self) -> bool {
        !matches!(self, Self::Certificate { .. })
    }
}

/// An error, and what caused it, one after the other.
pub(in crate::azure) fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    successors(Some(error), |error| (*error).source()).collect()
}

/// An error of TLS is hidden inside one of a socket.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inside = || cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref();
    cause.downcast_ref().or_else(inside)
}

fn certificate_cause(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "is of an authority that this machine does not trust".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name".to_owned()
        }
        other => format!("is not good ({other})"),
    }
}
