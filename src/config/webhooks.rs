//! Webhook endpoints and signing keys: `webhooks.urls` and `webhooks.signing_key`.
//!
//! Nothing here quotes a text that it refuses: it may be a key, or have one in it.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::Url;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::secrets::MASK;
use super::values::{is_this_machine, listed};

const MAX_URLS: usize = 10;
/// Characters of a URL without its query: it is stored beside each message, in an index.
const MAX_NAME: usize = 400;
const MAX_URL: usize = 2000;
const MAX_KEYS: usize = 5;
/// What Standard Webhooks asks for, in bytes.
const KEY_SIZES: std::ops::RangeInclusive<usize> = 24..=64;
const KEY_PREFIX: &str = "whsec_";

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where order events go; a list, or a text with commas or spaces between the URLs.
    #[serde(deserialize_with = "urls")]
    pub urls: Vec<WebhookUrl>,
    /// What signs them; there wherever `urls` is not empty.
    #[serde(deserialize_with = "keys_if_any")]
    pub signing_key: Option<SigningKeys>,
}

impl WebhookSettings {
    /// A sentence, if the section cannot be used.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.urls.len() > MAX_URLS {
            return Err("webhooks.urls may have 10 URLs at most");
        }
        let is_again =
            |(n, url): (usize, &WebhookUrl)| self.urls.iter().take(n).any(|other| other.name() == url.name());
        if self.urls.iter().enumerate().any(is_again) {
            return Err(
                "webhooks.urls has a URL twice: they have to differ in more than what stands behind a ?",
            );
        }
        if !self.urls.is_empty() && self.signing_key.is_none() {
            return Err(
                "webhooks.urls is set, but webhooks.signing_key is not: the receivers have to know who sends. Set it to whsec_ and 24 to 64 random bytes in Base64 (in a key vault, the secret webhooks--signing-key)",
            );
        }
        Ok(())
    }
}

/// Where order events go: https, or http on this machine.
///
/// `Display` and `Debug` leave out the query, where some receivers want a token.
///
/// ```
/// use orders::config::WebhookUrl;
/// let url = WebhookUrl::parse("https://hooks.example.com/orders?code=s3cret").unwrap();
/// assert_eq!(url.to_string(), "https://hooks.example.com/orders");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    url: Url,
    name: String,
}

/// Why a text is no [`WebhookUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlError {
    #[error(
        "must be a list of URLs, like [\"https://hooks.example.com/orders\"], or such URLs with commas between them"
    )]
    Form,
    /// Neither https nor on this machine.
    #[error("must have URLs that begin with https://, or with http:// where they name this machine")]
    Scheme,
    /// A user or a password.
    #[error("has a URL with a user or password, which is not sent: what is sent is signed instead")]
    User,
    /// Something behind `#`.
    #[error("has a URL with a #, behind which nothing is ever sent: leave that out")]
    Fragment,
    #[error("has a URL that is too long: 400 characters at most before a ?, 2000 with what is behind it")]
    Long,
}

impl WebhookUrl {
    /// Reads a URL, spaces around it left out.
    pub fn parse(text: &str) -> Result<Self, WebhookUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| WebhookUrlError::Form)?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
            return Err(WebhookUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebhookUrlError::User);
        }
        if url.fragment().is_some() {
            return Err(WebhookUrlError::Fragment);
        }
        let mut bare = url.clone();
        bare.set_query(None);
        if bare.as_str().len() > MAX_NAME || url.as_str().len() > MAX_URL {
            return Err(WebhookUrlError::Long);
        }
        Ok(Self { url, name: bare.into() })
    }

    /// The URL without its query: by this the endpoint is known, whatever token is in force.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it names this machine by an address or as localhost.
    pub fn is_on_this_machine(&self) -> bool {
        is_this_machine(&self.url)
    }

    /// The whole URL: to send to, and for nothing else.
    pub fn expose(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

/// The keys that sign what is sent, newest first; each makes a signature of its own.
///
/// Wiped from memory when dropped; `Debug` shows how many there are.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeys(Vec<Zeroizing<Vec<u8>>>);

/// A text that holds no signing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be whsec_ and 24 to 64 bytes in Base64; while one key replaces another, both with a space between them, the new one first, and 5 at most"
)]
pub struct SigningKeysError;

impl SigningKeys {
    /// Reads keys with spaces between them; at least one.
    pub fn parse(text: &str) -> Result<Self, SigningKeysError> {
        let keys = text.split_whitespace().map(key).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(SigningKeysError);
        }
        Ok(Self(keys))
    }

    /// Each key's bytes: for signing and for nothing else.
    pub fn expose(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|key| key.as_slice())
    }
}

/// One key; its padding may be missing.
fn key(text: &str) -> Result<Zeroizing<Vec<u8>>, SigningKeysError> {
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let encoded = text.strip_prefix(KEY_PREFIX).ok_or(SigningKeysError)?;
    let key = Zeroizing::new(BASE64.decode(encoded).map_err(|_| SigningKeysError)?);
    if KEY_SIZES.contains(&key.len()) { Ok(key) } else { Err(SigningKeysError) }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.0.len())
    }
}

fn keys_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SigningKeys>, D::Error> {
    // What is no text at all is not quoted either.
    let text = String::deserialize(deserializer).map_err(|_| de::Error::custom(SigningKeysError))?;
    let text = Zeroizing::new(text);
    if text.trim().is_empty() {
        return Ok(None);
    }
    SigningKeys::parse(&text).map(Some).map_err(de::Error::custom)
}

fn urls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WebhookUrl>, D::Error> {
    deserializer.deserialize_any(Urls)
}

/// Reads a list of URLs, or a text of them: a variable or a secret is one text.
struct Urls;

impl<'de> Visitor<'de> for Urls {
    type Value = Vec<WebhookUrl>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of URLs")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        // One that has a comma of its own stands in a list.
        listed(text).map(WebhookUrl::parse).collect::<Result<_, _>>().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut urls = Vec::new();
        while let Some(text) =
            list.next_element::<String>().map_err(|_| de::Error::custom(WebhookUrlError::Form))?
        {
            urls.push(WebhookUrl::parse(&text).map_err(de::Error::custom)?);
        }
        Ok(urls)
    }
}

/// The URLs as `orders config` shows them: a receiver's token may stand in a query.
pub(super) fn without_queries(texts: &[&str]) -> String {
    let name = |text: &str| WebhookUrl::parse(text).map_or(MASK.to_owned(), |url| url.to_string());
    let urls = texts.iter().flat_map(|text| listed(text));
    let shown: Vec<String> = urls.map(|url| format!("{:?}", name(url))).collect();
    format!("[{}]", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn receivers_are_reached_by_https_or_on_this_machine() {
        for text in [
            "https://hooks.example.com/orders",
            " https://hooks.example.com:8443/a/b?code=1\n",
            "http://localhost:9000/",
            "http://127.0.0.1:9000/hook",
            "http://[::1]:9000/hook",
        ] {
            assert!(WebhookUrl::parse(text).is_ok(), "{text}");
        }
        for (text, error) in [
            ("http://hooks.example.com/orders", WebhookUrlError::Scheme),
            ("http://localhost.example.com/", WebhookUrlError::Scheme),
            ("http://10.0.0.1/", WebhookUrlError::Scheme),
            ("ftp://localhost/", WebhookUrlError::Scheme),
            ("https://desk:hunter2@hooks.example.com/", WebhookUrlError::User),
            ("https://desk@hooks.example.com/", WebhookUrlError::User),
            ("https://hooks.example.com/#part", WebhookUrlError::Fragment),
            ("hooks.example.com/orders", WebhookUrlError::Form),
            ("https://", WebhookUrlError::Form),
            ("", WebhookUrlError::Form),
        ] {
            assert_eq!(WebhookUrl::parse(text), Err(error), "{text}");
        }
        let long = format!("https://hooks.example.com/{}", "a".repeat(MAX_NAME));
        assert_eq!(WebhookUrl::parse(&long), Err(WebhookUrlError::Long));
    }

    #[test]
    fn a_token_in_a_query_is_sent_and_never_shown() {
        let url = WebhookUrl::parse("https://Hooks.example.com:443/orders?code=hunter2").unwrap();
        assert_eq!(url.expose().as_str(), "https://hooks.example.com/orders?code=hunter2");
        assert_eq!(format!("{url} {url:?}").matches("hunter2").count(), 0);
        assert_eq!(url.name(), "https://hooks.example.com/orders");
        let shown = without_queries(&["https://a.example/x?code=hunter2", "https://desk:hunter2@b.example/"]);
        assert_eq!(shown, "[\"https://a.example/x\", \"•••\"]");
    }

    #[test]
    fn keys_are_those_of_standard_webhooks() {
        let keys = SigningKeys::parse(KEY).unwrap();
        assert_eq!(keys.expose().map(<[u8]>::len).collect::<Vec<_>>(), [24]);
        let longer = format!("whsec_{}", base64::prelude::BASE64_STANDARD.encode([7; 64]));
        let unpadded = longer.trim_end_matches('=');
        assert_eq!(SigningKeys::parse(&longer), SigningKeys::parse(unpadded));
        let both = SigningKeys::parse(&format!("{longer}  {KEY}\n")).unwrap();
        assert_eq!(both.expose().map(<[u8]>::len).collect::<Vec<_>>(), [64, 24]);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let bytes = |n| format!("whsec_{}", base64::prelude::BASE64_STANDARD.encode(vec![7; n]));
        let many = [KEY; MAX_KEYS + 1].join(" ");
        for text in
            ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!", &bytes(23), &bytes(65), &many]
        {
            assert_eq!(SigningKeys::parse(text), Err(SigningKeysError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_read_or_refused(text in "(https://|whsec_)?\\PC{0,40}") {
            let url = WebhookUrl::parse(&text);
            prop_assert!(url.is_err() || WebhookUrl::parse(url.unwrap().expose().as_str()).is_ok());
            let keys = SigningKeys::parse(&text);
            prop_assert!(keys.is_err() || keys.unwrap().expose().count() > 0);
        }

        #[test]
        fn keys_do_not_print(key in proptest::collection::vec(any::<u8>(), KEY_SIZES)) {
            let text = format!("whsec_{}", base64::prelude::BASE64_STANDARD.encode(&key));
            let keys = SigningKeys::parse(&text).unwrap();
            prop_assert_eq!(keys.expose().next(), Some(key.as_slice()));
            prop_assert_eq!(format!("{keys:?}"), "SigningKeys(1)");
        }
    }
}
