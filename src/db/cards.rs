//! Card numbers at rest: sealed for those who may read them, hashed for exact search.
//!
//! Two keys for two purposes, each with an id, so that either can be replaced while old orders still open.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::order::{CardNumber, DateUuid, UserId};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sealing card numbers: AES-256-GCM (NIST SP 800-38D).
    Seal,
    /// Hashing them for search: HMAC-SHA-256 (RFC 2104; PCI DSS 4.0, requirement 3.5.1.1).
    Hash,
}

impl Purpose {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Hash => "hash",
        }
    }
}

/// Why a text holds no usable keys. Never quotes the text.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is no TOML of the expected shape.
    #[error("line {0} is not as `[[seal]]` or `[[hash]]`, `id = 1`, `key = \"…\"` wants it")]
    Shape(usize),
    /// A key is not 32 bytes in Base64.
    #[error("the {0} key {1} is not 32 bytes in Base64")]
    Length(&'static str, i16),
    /// Two keys of one purpose share an id.
    #[error("two {0} keys have the id {1}")]
    Twice(&'static str, i16),
    /// A purpose has no key.
    #[error("it holds no {0} key")]
    Missing(&'static str),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// The card keys: of each purpose the newest, which writes, and the older ones, which still read.
///
/// Prints no key.
pub struct CardKeys {
    seal: Vec<Key>,
    hash: Vec<Key>,
}

struct Key {
    id: i16,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// A card number as a row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCard {
    /// Nonce, ciphertext and tag.
    pub sealed: Vec<u8>,
    /// Which key sealed it.
    pub seal_key: i16,
    /// 32 bytes.
    pub hash: Vec<u8>,
    /// Which key hashed it.
    pub hash_key: i16,
}

/// The key file: `[[seal]]` and `[[hash]]` tables of TOML, newest last.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    seal: Vec<Entry>,
    hash: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: i16,
    key: String,
}

impl CardKeys {
    /// Makes one new key of each purpose.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self { seal: vec![Key::generate(1)?], hash: vec![Key::generate(1)?] })
    }

    /// Reads the text of a key file.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            KeyError::Shape(text.get(..start).unwrap_or(text).lines().count().max(1))
        })?;
        let keys =
            Self { seal: Key::read(Purpose::Seal, &file.seal)?, hash: Key::read(Purpose::Hash, &file.hash)? };
        Ok(keys)
    }

    /// The text of a key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = String::from(
            "# The card keys of the order desk. Without this file no card number can be read again:\n\
             # keep a copy apart from the database, and let nobody read it.\n",
        );
        for (purpose, keys) in [(Purpose::Seal, &self.seal), (Purpose::Hash, &self.hash)] {
            for key in keys {
                let encoded = Zeroizing::new(BASE64.encode(*key.bytes));
                for part in [
                    "\n[[",
                    purpose.as_str(),
                    "]]\nid = ",
                    &key.id.to_string(),
                    "\nkey = \"",
                    &encoded,
                    "\"\n",
                ] {
                    text.push_str(part);
                }
            }
        }
        Zeroizing::new(text)
    }

    /// Seals a card number to its order, so that it opens in no other (associated data).
    pub fn seal(&self, card: &CardNumber, order: (&DateUuid, &UserId)) -> Result<SealedCard, SealError> {
        let (seal, hash) = (newest(&self.seal)?, newest(&self.hash)?);
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let payload = Payload { msg: card.reveal().as_bytes(), aad: &associated_data(order) };
        let ciphertext = seal.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError)?;
        Ok(SealedCard {
            sealed: [&nonce[..], &ciphertext].concat(),
            seal_key: seal.id,
            hash: hash.mac(card.reveal().as_bytes())?,
            hash_key: hash.id,
        })
    }

    /// Opens a sealed card number of an order.
    pub fn open(&self, card: &SealedCard, order: (&DateUuid, &UserId)) -> Result<CardNumber, SealError> {
        let key = self.seal.iter().find(|key| key.id == card.seal_key).ok_or(SealError)?;
        let (nonce, ciphertext) = card.sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        let payload = Payload { msg: ciphertext, aad: &associated_data(order) };
        let digits =
            Zeroizing::new(key.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError)?);
        let digits = std::str::from_utf8(&digits).map_err(|_| SealError)?;
        CardNumber::parse_recorded(digits).map(|(card, _)| card).map_err(|_| SealError)
    }

    /// What each key makes of a fixed text: tells keys apart without telling a key.
    pub(super) fn check_values(&self) -> Result<Vec<(Purpose, i16, Vec<u8>)>, SealError> {
        let of = |purpose, keys: &[Key]| {
            keys.iter()
                .map(|key| Ok((purpose, key.id, key.mac(b"orders: check value of a card key")?)))
                .collect::<Result<Vec<_>, SealError>>()
        };
        Ok([of(Purpose::Seal, &self.seal)?, of(Purpose::Hash, &self.hash)?].concat())
    }
}

impl std::fmt::Debug for CardKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = |keys: &[Key]| keys.iter().map(|key| key.id).collect::<Vec<_>>();
        f.debug_struct("CardKeys").field("seal", &ids(&self.seal)).field("hash", &ids(&self.hash)).finish()
    }
}

/// A card number could not be sealed or opened; says no more, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("a card number could not be sealed or opened")]
pub struct SealError;

impl Key {
    fn generate(id: i16) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self { id, bytes })
    }

    fn read(purpose: Purpose, entries: &[Entry]) -> Result<Vec<Self>, KeyError> {
        let mut keys: Vec<Self> = Vec::new();
        for Entry { id, key } in entries {
            let decoded = Zeroizing::new(BASE64.decode(key).unwrap_or_default());
            let bytes = <[u8; KEY_BYTES]>::try_from(decoded.as_slice())
                .map_err(|_| KeyError::Length(purpose.as_str(), *id))?;
            if keys.iter().any(|key| key.id == *id) {
                return Err(KeyError::Twice(purpose.as_str(), *id));
            }
            keys.push(Self { id: *id, bytes: Zeroizing::new(bytes) });
        }
        if keys.is_empty() { Err(KeyError::Missing(purpose.as_str())) } else { Ok(keys) }
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.bytes).into())
    }

    fn mac(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.bytes).map_err(|_| SealError)?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.key);
    }
}

fn newest(keys: &[Key]) -> Result<&Key, SealError> {
    keys.last().ok_or(SealError)
}

fn associated_data((date_uuid, user_id): (&DateUuid, &UserId)) -> Vec<u8> {
    [date_uuid.as_str(), "/", user_id.as_str()].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn order(n: u128) -> (DateUuid, UserId) {
        (DateUuid::from(Uuid::from_u128(n)), UserId::from(Uuid::from_u128(7)))
    }

    proptest! {
        #[test]
        fn every_card_opens_in_its_order_and_in_no_other(number in "[0-9]{9,19}") {
            let keys = CardKeys::generate().unwrap();
            let (card, _) = CardNumber::parse_recorded(&number).unwrap();
            let (mine, other) = (order(1), order(2));
            let sealed = keys.seal(&card, (&mine.0, &mine.1)).unwrap();
            prop_assert_eq!(keys.open(&sealed, (&mine.0, &mine.1)).unwrap(), card.clone());
            prop_assert!(keys.open(&sealed, (&other.0, &other.1)).is_err());
            prop_assert_eq!(sealed.sealed.len(), NONCE_BYTES + number.len() + 16);

            let again = keys.seal(&card, (&other.0, &other.1)).unwrap();
            prop_assert_eq!(&again.hash, &sealed.hash);
            prop_assert_ne!(&again.sealed, &sealed.sealed);
        }
    }

    #[test]
    fn keys_survive_their_file_and_show_nowhere_else() {
        let keys = CardKeys::generate().unwrap();
        let text = keys.to_text();
        let again = CardKeys::parse(&text).unwrap();
        assert_eq!(again.check_values().unwrap(), keys.check_values().unwrap());
        assert_eq!(format!("{keys:?}"), "CardKeys { seal: [1], hash: [1] }");
    }

    #[test]
    fn the_newest_key_writes_and_older_ones_still_read() {
        let old = CardKeys::generate().unwrap();
        let both = CardKeys {
            seal: vec![Key { id: 1, bytes: old.seal[0].bytes.clone() }, Key::generate(2).unwrap()],
            hash: vec![Key::generate(2).unwrap()],
        };
        let (card, _) = CardNumber::parse_recorded("4111111111111111").unwrap();
        let (uuid, user) = order(1);
        let sealed = old.seal(&card, (&uuid, &user)).unwrap();
        assert_eq!(both.open(&sealed, (&uuid, &user)).unwrap(), card);
        assert_eq!(both.seal(&card, (&uuid, &user)).unwrap().seal_key, 2);
    }

    #[test]
    fn broken_key_files_are_named_without_being_quoted() {
        let keys = CardKeys::generate().unwrap();
        let text = keys.to_text();
        let secret = text.split('"').nth(1).unwrap();
        for (broken, sentence) in [
            (text.replace("[[hash]]", "[[hush]]"), "line"),
            (text.replace(secret, &secret[1..]), "the seal key 1 is not 32 bytes in Base64"),
            (text.replace("[[hash]]", "[[seal]]") + "\nhash = 1", "line"),
            ("seal = []\nhash = []".to_owned(), "it holds no seal key"),
        ] {
            let error = CardKeys::parse(&broken).unwrap_err().to_string();
            assert!(error.contains(sentence), "{error}");
            assert!(!error.contains(&secret[1..]), "{error}");
        }
    }
}
