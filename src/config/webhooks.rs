//! `[webhooks]`: who is told of what happens to orders, and the keys that sign it.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

/// What a signing key begins with (Standard Webhooks, "Signature scheme").
const START: &str = "whsec_";

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Where order events are sent to.
    pub urls: Vec<WebhookUrl>,
    /// What they are signed with.
    pub signing_key: SigningKeys,
}

/// An address that order events are sent to: `https`, or `http` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// The keys that sign order events: one, or several while a new one replaces an old one.
///
/// Wiped from memory when dropped, and not printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SigningKeys(Vec<Zeroizing<Vec<u8>>>);

impl Webhooks {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if !self.urls.is_empty() && self.signing_key.is_empty() {
            return Err(
                "webhooks.urls has addresses, and webhooks.signing_key is empty: give a key to sign with (in a key vault, the secret webhooks--signing-key)",
            );
        }
        Ok(())
    }
}

impl WebhookUrl {
    /// Reads an address.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let has_no_user = url.username().is_empty() && url.password().is_none();
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        (is_safe && url.has_host() && has_no_user && url.fragment().is_none()).then_some(Self(url))
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

impl SigningKeys {
    /// Reads keys with spaces between them.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_whitespace().map(parse_key).collect::<Option<_>>().map(Self)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, as they were given.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|key| key.as_slice())
    }
}

fn parse_key(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let key = Zeroizing::new(STANDARD.decode(text.strip_prefix(START)?).ok()?);
    (24..=64).contains(&key.len()).then_some(key)
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signing keys", self.0.len())
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for WebhookUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let must = "must be addresses that begin with https:// (or http:// on this machine) and have no user";
        Self::parse(&text).ok_or_else(|| de::Error::custom(must))
    }
}

impl<'de> Deserialize<'de> for SigningKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let must = "must be whsec_ and 24 to 64 bytes in Base64; of several keys, with spaces between them";
        // What is no text at all is not quoted either.
        let text =
            String::deserialize(deserializer).map(Zeroizing::new).map_err(|_| de::Error::custom(must))?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(must))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_by_https_or_stay_on_this_machine() {
        for text in [
            "https://hooks.example.com/orders?a=b",
            "https://10.0.0.1:8443/",
            "http://localhost:9000/orders",
            "http://127.0.0.2/orders",
            "http://[::1]:9000/",
        ] {
            assert!(WebhookUrl::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "hooks.example.com",
            "ftp://hooks.example.com",
            "http://hooks.example.com/orders",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "https://clerk:hunter2@hooks.example.com/",
            "https://clerk@hooks.example.com/",
            "https://hooks.example.com/#a",
        ] {
            assert_eq!(WebhookUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_read_and_do_not_print() {
        let text = |length: usize| format!("whsec_{}", STANDARD.encode(vec![b'k'; length]));
        let lengths =
            |text: &str| SigningKeys::parse(text).map(|keys| keys.iter().map(<[u8]>::len).collect());
        assert_eq!(lengths(""), Some(vec![]));
        assert_eq!(lengths(&text(24)), Some(vec![24]));
        assert_eq!(lengths(&format!(" {}  {}\n", text(64), text(32))), Some(vec![64, 32]));
        for wrong in
            [&text(23), &text(65), "whsec_", "whsec_!!", &STANDARD.encode([0; 32]), &format!("{},", text(32))]
        {
            assert_eq!(lengths(wrong), None, "{wrong}");
        }
        let shown = format!("{:?}", SigningKeys::parse(&text(32)).unwrap());
        assert_eq!(shown, "1 signing keys");
    }
}
