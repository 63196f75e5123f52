//! Where people reach a desk.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Deserializer};

use super::error::refused;
use super::values::is_this_machine;

/// The address of a desk: `https` or `http`, a host, perhaps a port, and nothing else.
///
/// ```
/// use orders::config::PublicUrl;
/// let url: PublicUrl = "https://orders.example.com/".parse().unwrap();
/// assert_eq!((url.to_string().as_str(), url.port()), ("https://orders.example.com", 443));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// Why a text is no [`PublicUrl`]. What was written is not repeated: a password may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// Not understood, or neither https nor http.
    #[error("must begin with https:// or http:// and name a host, like https://orders.example.com")]
    Form,
    /// A user or a password.
    #[error("must not have a user or a password: whoever reads the desk's address need not log in")]
    User,
    #[error("must end with the host or its port: a desk is at the root of its host")]
    Path,
}

impl PublicUrl {
    /// Whether it is reached by TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it names this machine by an address or as localhost.
    pub fn is_on_this_machine(&self) -> bool {
        is_this_machine(&self.0)
    }

    /// The host as headers name it: an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The host as sockets and certificates name it.
    pub fn bare_host(&self) -> &str {
        self.host().trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, given or not.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The address of a page.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// The same host by plain HTTP, at another port.
    pub fn plain(&self, port: u16) -> String {
        if port == 80 { format!("http://{}", self.host()) } else { format!("http://{}:{port}", self.host()) }
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| PublicUrlError::Form)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PublicUrlError::User);
        }
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() || url.port() == Some(0) {
            return Err(PublicUrlError::Form);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(PublicUrlError::Path);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

pub(super) fn if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PublicUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: PublicUrlError| {
        // What stands before an @ may be a password, however wrong the rest is.
        if text.contains('@') {
            return serde::de::Error::custom(error);
        }
        refused(&error.to_string(), format_args!("{text:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_is_at_the_root_of_a_host() {
        for (text, shown, host, port) in [
            ("https://orders.example.com", "https://orders.example.com", "orders.example.com", 443),
            (" http://127.0.0.1:5000/\n", "http://127.0.0.1:5000", "127.0.0.1", 5000),
            (
                "HTTPS://Orders.Example.com:8443",
                "https://orders.example.com:8443",
                "orders.example.com",
                8443,
            ),
            ("http://[::1]", "http://[::1]", "::1", 80),
        ] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.bare_host(), url.port()), (shown, host, port));
        }
        for (text, error) in [
            ("", PublicUrlError::Form),
            ("orders.example.com", PublicUrlError::Form),
            ("localhost:5000", PublicUrlError::Form),
            ("ftp://orders.example.com", PublicUrlError::Form),
            ("https://", PublicUrlError::Form),
            ("https://orders.example.com:0", PublicUrlError::Form),
            ("https://clerk:hunter2@orders.example.com", PublicUrlError::User),
            ("https://clerk@orders.example.com", PublicUrlError::User),
            ("https://orders.example.com/desk", PublicUrlError::Path),
            ("https://orders.example.com?page=1", PublicUrlError::Path),
            ("https://orders.example.com/#list", PublicUrlError::Path),
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn the_plain_address_of_a_host_has_its_own_port() {
        let url: PublicUrl = "https://orders.example.com:8443".parse().unwrap();
        assert_eq!(
            (url.plain(80).as_str(), url.plain(8080).as_str()),
            ("http://orders.example.com", "http://orders.example.com:8080")
        );
    }
}
