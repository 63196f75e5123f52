//! A text that must not be printed by accident.

use std::fmt;

use serde::{Serialize, Serializer};
use zeroize::Zeroize;

/// What stands in a secret's place.
pub(in crate::config) const MASK: &str = "•••";

/// A password, wiped from memory when dropped.
///
/// `Debug`, `Display` and `Serialize` show it masked; only [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for logging in and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_only_given_away_on_purpose() {
        let secret = Secret::new("hunter2".to_owned());
        let shown = [format!("{secret}"), format!("{secret:?}"), serde_json::to_string(&secret).unwrap()];
        for text in shown {
            assert!(text.contains(MASK) && !text.contains("hunter2"), "{text}");
        }
        assert_eq!(secret.expose(), "hunter2");
    }
}
