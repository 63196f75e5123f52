//! Calls to other hosts: one client, with one set of trusted certificates. Imports nothing of the house.

mod certificate;

use std::sync::Arc;
use std::time::Duration;

pub use certificate::look;
use reqwest::ClientBuilder;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

/// For reaching a host, with its TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For connecting to an address of this machine, where nothing may listen.
const LOCAL_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For the next byte of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(15);
const NAME: &str = concat!("orders/", env!("CARGO_PKG_VERSION"));

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS: {0}")]
pub struct HttpsError(String);

/// A client that follows no redirect and waits for nothing without a bound.
///
/// It trusts Mozilla's authorities, which are inside the program, and those of this machine: of `SSL_CERT_FILE`,
/// `SSL_CERT_DIR` or the system's usual places. A machine without any is no failure. It goes through the proxy that
/// `HTTPS_PROXY` names.
pub fn client() -> Result<reqwest::Client, HttpsError> {
    build(builder()?.connect_timeout(CONNECT_TIMEOUT))
}

/// The same for what this machine itself offers: without a proxy, and given up sooner.
pub fn client_on_this_machine() -> Result<reqwest::Client, HttpsError> {
    build(builder()?.connect_timeout(LOCAL_CONNECT_TIMEOUT).no_proxy())
}

/// One that looks at a desk as any visitor sees it: under a name of its own, without a proxy.
pub fn visitor(name: &str, patience: Duration) -> Result<reqwest::Client, HttpsError> {
    let builder = builder()?.user_agent(name).no_proxy();
    build(builder.connect_timeout(patience).read_timeout(patience).timeout(patience))
}

fn builder() -> Result<ClientBuilder, HttpsError> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .user_agent(NAME)
        .read_timeout(READ_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none()))
}

fn build(builder: ClientBuilder) -> Result<reqwest::Client, HttpsError> {
    builder.build().map_err(|error| HttpsError(error.to_string()))
}

fn tls() -> Result<ClientConfig, HttpsError> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpsError(error.to_string()))?
        .with_root_certificates(roots())
        .with_no_client_auth();
    Ok(config)
}

fn roots() -> RootCertStore {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let machine = rustls_native_certs::load_native_certs();
    for error in machine.errors {
        tracing::debug!(%error, "some of this machine's certificate authorities cannot be read");
    }
    // Others' certificates may be of forms that nobody uses any more.
    let (_, ignored) = roots.add_parsable_certificates(machine.certs);
    tracing::debug!(trusted = roots.len(), ignored, "certificate authorities");
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mozillas_authorities_are_trusted_whatever_the_machine_has() {
        assert!(roots().len() >= webpki_roots::TLS_SERVER_ROOTS.len());
        client().unwrap();
    }
}
