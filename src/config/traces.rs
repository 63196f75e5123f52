//! `[traces]`: where spans go, and of how many requests. What OpenTelemetry's own variables say does not count.
//!
//! Nothing here quotes a URL that it refuses: it may have a password in it.

use std::fmt;

use reqwest::Url;
use serde::{Deserialize, Deserializer, de};

use super::error::refused;
use super::values::is_this_machine;

/// `[traces]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceSettings {
    /// Who takes them; nobody: none are made.
    #[serde(deserialize_with = "collector_if_any")]
    pub endpoint: Option<CollectorUrl>,
    /// Of how many requests, from 0 to 1, where the caller has not decided it.
    #[serde(deserialize_with = "ratio")]
    pub sample_ratio: f64,
}

/// Where an OpenTelemetry collector takes OTLP over HTTP: the URL that `/v1/traces` is added to.
///
/// ```
/// use orders::config::CollectorUrl;
/// let url = CollectorUrl::parse("http://collector:4318").unwrap();
/// assert_eq!(url.of_traces().as_str(), "http://collector:4318/v1/traces");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorUrl(Url);

/// Why a text is no [`CollectorUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CollectorUrlError {
    #[error("must be the URL of an OTLP receiver, like http://collector:4318")]
    Form,
    /// A user or a password.
    #[error("has a user or password, which is not sent: let the network decide who reaches the collector")]
    User,
    /// Something behind `?` or `#`.
    #[error("has a ? or #, behind which nothing is sent: leave that out")]
    Query,
    /// The path that is added anyway.
    #[error("ends in /v1/traces, which is added by itself: leave that out")]
    Path,
}

impl CollectorUrl {
    /// Reads a URL, with or without slashes at its end.
    pub fn parse(text: &str) -> Result<Self, CollectorUrlError> {
        let mut url = Url::parse(text.trim()).map_err(|_| CollectorUrlError::Form)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(CollectorUrlError::Form);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CollectorUrlError::User);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(CollectorUrlError::Query);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if path.ends_with("/v1/traces") {
            return Err(CollectorUrlError::Path);
        }
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Where traces are sent (OTLP specification, "OTLP/HTTP Request").
    pub fn of_traces(&self) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/v1/traces", self.0.path().trim_end_matches('/')));
        url
    }

    /// Whether it names this machine by an address or as localhost.
    pub fn is_on_this_machine(&self) -> bool {
        is_this_machine(&self.0)
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn collector_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CollectorUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    CollectorUrl::parse(&text).map(Some).map_err(de::Error::custom)
}

fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let ratio = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&ratio) {
        Ok(ratio)
    } else {
        Err(refused("must be from 0 to 1", format_args!("{ratio}")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_of_its_own_stays_before_that_of_traces() {
        for (text, traces) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            (" http://collector:4318/\n", "http://collector:4318/v1/traces"),
            ("https://otel.example.com/desk", "https://otel.example.com/desk/v1/traces"),
            ("https://otel.example.com/desk/", "https://otel.example.com/desk/v1/traces"),
            ("https://otel.example.com//desk//", "https://otel.example.com//desk/v1/traces"),
            ("http://collector:4318//", "http://collector:4318/v1/traces"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ] {
            assert_eq!(CollectorUrl::parse(text).unwrap().of_traces().as_str(), traces, "{text}");
        }
        assert!(CollectorUrl::parse("http://[::1]:4318").unwrap().is_on_this_machine());
        assert!(!CollectorUrl::parse("http://collector:4318").unwrap().is_on_this_machine());
    }

    #[test]
    fn what_is_no_collector_is_refused() {
        use CollectorUrlError::{Form, Path, Query, User};
        for (text, error) in [
            ("collector:4318", Form),
            ("collector", Form),
            ("grpc://collector:4317", Form),
            ("http://", Form),
            ("/v1/traces", Form),
            ("http://desk:hunter2@collector:4318", User),
            ("http://desk@collector:4318", User),
            ("http://collector:4318?token=hunter2", Query),
            ("http://collector:4318/#a", Query),
            ("http://collector:4318/v1/traces", Path),
            ("http://collector:4318/v1/traces/", Path),
        ] {
            assert_eq!(CollectorUrl::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_read_or_refused(text in "(https?://)?\\PC{0,40}") {
            if let Ok(url) = CollectorUrl::parse(&text) {
                prop_assert!(url.of_traces().path().ends_with("/v1/traces"));
                prop_assert_eq!(CollectorUrl::parse(&url.to_string()), Ok(url));
            }
        }
    }
}
