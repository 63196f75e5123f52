//! The card keys of a database: where they are kept, and by which ids the database knows them.
//!
//! The database has a check value of each key and gives it an id. A source (the key file, a key vault) may call its
//! keys what it likes; their order says which is the newest. `file` is the key file, `known` what the database knows,
//! `ring` holds the two together, `report` lists them and decides which may be retired.

mod file;
mod known;
mod report;
mod ring;

use std::fmt;
use std::path::PathBuf;

pub use file::add_to_key_file;
pub(super) use known::{KnownKey, NewKey};
pub use report::{KeyState, NotRetired};
pub(super) use report::{KeyUses, check_retirement, states};
pub(super) use ring::{Keyring, RingKeys};

use super::cards::{CardKey, Purpose, SealError};
use crate::order::Timestamp;

/// Where the card keys are.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// In a file, which opening makes where neither it nor the database has keys.
    File(PathBuf),
    /// They were fetched already. Opening never makes any.
    Given {
        /// The source's name in messages: `the key vault https://…`.
        place: String,
        /// What was found there.
        keys: SourceKeys,
    },
}

/// The keys of a source, oldest first: of each purpose the last writes.
#[derive(Debug, Clone, Default)]
pub struct SourceKeys {
    pub seal: Vec<SourceKey>,
    pub hash: Vec<SourceKey>,
}

/// A key as its source has it. Prints no key.
#[derive(Debug, Clone)]
pub struct SourceKey {
    /// What the source calls it: an id in a file, a version in a vault.
    pub name: String,
    /// When the source got it, where that is known.
    pub created: Option<Timestamp>,
    pub key: CardKey,
}

impl SourceKeys {
    /// The keys of a purpose.
    pub fn of(&self, purpose: Purpose) -> &[SourceKey] {
        match purpose {
            Purpose::Seal => &self.seal,
            Purpose::Hash => &self.hash,
        }
    }

    /// Adds a key, the newest of its purpose.
    pub fn push(&mut self, purpose: Purpose, key: SourceKey) {
        match purpose {
            Purpose::Seal => self.seal.push(key),
            Purpose::Hash => self.hash.push(key),
        }
    }

    /// A purpose for which there is no key.
    fn lacking(&self) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| self.of(*purpose).is_empty())
    }

    /// Every key with its check value, each once: where a source has one twice, the newer counts.
    fn values(&self, purpose: Purpose) -> Result<Vec<(Vec<u8>, &SourceKey)>, SealError> {
        let mut values: Vec<(Vec<u8>, &SourceKey)> = Vec::new();
        for key in self.of(purpose) {
            let value = key.key.check_value()?;
            values.retain(|(other, _)| *other != value);
            values.push((value, key));
        }
        Ok(values)
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the key file {}", path.display()),
            Self::Given { place, .. } => f.write_str(place),
        }
    }
}

#[cfg(test)]
mod tests;
