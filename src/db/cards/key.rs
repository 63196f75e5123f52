//! One card key: 32 secret bytes, and its check value.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SealError;

const BYTES: usize = 32;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Sealing card numbers: AES-256-GCM (NIST SP 800-38D).
    Seal,
    /// Hashing them for search: HMAC-SHA-256 (RFC 2104; PCI DSS 4.0, requirement 3.5.1.1).
    Hash,
}

impl Purpose {
    /// Both, as they are listed.
    pub const ALL: [Self; 2] = [Self::Seal, Self::Hash];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Hash => "hash",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A card key. Prints nothing of itself, and is wiped from memory.
#[derive(Clone)]
pub struct CardKey(Zeroizing<[u8; BYTES]>);

impl CardKey {
    /// A key of these bytes.
    pub fn new(bytes: Zeroizing<[u8; BYTES]>) -> Self {
        Self(bytes)
    }

    /// A new key, of the operating system's random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// Reads 32 bytes in Base64.
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(BASE64.decode(text).ok()?);
        <[u8; BYTES]>::try_from(decoded.as_slice()).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The bytes in Base64: for the place where the key is kept, and for nowhere else.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(*self.0))
    }

    /// The bytes themselves, under the same rule.
    pub fn bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The check value: a MAC of a fixed text, which identifies a key without revealing it.
    pub(in crate::db) fn check_value(&self) -> Result<Vec<u8>, SealError> {
        self.mac(b"orders: check value of a card key")
    }

    pub(super) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }

    /// A key of its own for another use (HKDF-SHA-256, RFC 5869).
    pub(super) fn subkey(&self, info: &[u8]) -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        Hkdf::<Sha256>::new(None, &*self.0).expand(info, &mut *bytes).map_err(|_| SealError)?;
        Ok(Self(bytes))
    }

    pub(super) fn mac(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.0).map_err(|_| SealError)?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl fmt::Debug for CardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_and_prints_nothing() {
        let key = CardKey::generate().unwrap();
        let again = CardKey::parse(&key.reveal()).unwrap();
        assert_eq!(again.bytes(), key.bytes());
        assert_eq!(again.check_value().unwrap(), key.check_value().unwrap());
        assert_eq!(format!("{key:?}"), "CardKey");
    }

    #[test]
    fn every_use_has_a_subkey_of_its_own() {
        let key = CardKey::generate().unwrap();
        let subkey = |key: &CardKey, info: &[u8]| *key.subkey(info).unwrap().bytes();
        assert_eq!(subkey(&key, b"one"), subkey(&key, b"one"));
        assert_ne!(subkey(&key, b"one"), subkey(&key, b"other"));
        assert_ne!(subkey(&key, b"one"), *key.bytes());
        assert_ne!(subkey(&key, b"one"), subkey(&CardKey::generate().unwrap(), b"one"));
    }

    #[test]
    fn a_key_has_32_bytes() {
        for length in [0, 1, 31, 33, 64] {
            assert!(CardKey::parse(&BASE64.encode(vec![7; length])).is_none(), "{length}");
        }
        assert!(CardKey::parse("not Base64").is_none());
    }
}
