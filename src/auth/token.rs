//! What a browser keeps to be known again.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::db::TokenHash;

const BYTES: usize = 32;

/// 256 random bits, as a cookie holds them: 43 characters of Base64 for URLs. Whoever has it is believed, so it does not
/// print, and is stored as its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new one, of the operating system's random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes))))
    }

    /// Reads what a browser sent; none, if no token looks like that.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        (bytes.len() == BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The SHA-256 of its text. Of 256 random bits nothing is found by trying, so that a slow hash would protect no more.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// For the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Whether two texts are the same, in a time that says nothing of where they differ.
pub fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one.as_bytes()) == Sha256::digest(other.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_prints_nothing() {
        let token = Token::generate().unwrap();
        assert_eq!(Token::parse(token.as_str()), Some(token.clone()));
        assert_ne!(Token::generate().unwrap(), token);
        assert!(!format!("{token:?}").contains(&token.as_str()[..4]));
    }

    #[test]
    fn what_is_no_token_is_not_looked_for() {
        let token = Token::generate().unwrap();
        let text = token.as_str();
        for other in ["", "a", &text[1..], &format!("{text}A"), &format!("{text}="), &"!".repeat(43)] {
            assert_eq!(Token::parse(other), None, "{other}");
        }
    }

    #[test]
    fn texts_are_compared_whole() {
        assert!(is_same("abc", "abc"));
        assert!(!is_same("abc", "abd") && !is_same("abc", "abcd") && !is_same("", "a"));
    }
}
