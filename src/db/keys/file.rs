//! The key file: `[[seal]]` and `[[hash]]` tables of TOML, oldest first.
//!
//! It is only ever replaced whole, so that a crash leaves the old one or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::{CardKey, Purpose, SourceKey, SourceKeys};
use crate::files::{self, NewFile};

const HEAD: &str = "# The card keys of the order desk. Without this file no card number can be read again:\n\
                    # keep a copy apart from the database, and let nobody read it.\n";

/// Why a key file cannot be used. Never quotes it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is no TOML of the expected shape.
    #[error("line {0} is not as `[[seal]]` or `[[hash]]`, `id = 1`, `key = \"…\"` wants it")]
    Shape(usize),
    /// A key is not 32 bytes in Base64.
    #[error("the {0} key {1} is not 32 bytes in Base64")]
    Length(Purpose, i16),
    /// Two keys of one purpose share an id.
    #[error("two {0} keys have the id {1}")]
    Twice(Purpose, i16),
    /// A purpose has no key.
    #[error("it holds no {0} key")]
    Missing(Purpose),
    /// There are as many keys as there can be.
    #[error("it has no room for another {0} key")]
    Full(Purpose),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    seal: Vec<KeyEntry>,
    hash: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: i16,
    key: String,
}

impl Drop for KeyEntry {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// The keys of a file; none if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<SourceKeys>, KeyError> {
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => Tables::parse(&text)?.source_keys().map(Some),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a file with one key of each purpose, readable by its owner only.
pub(super) fn make(path: &Path) -> Result<SourceKeys, KeyError> {
    let mut text = Zeroizing::new(HEAD.to_owned());
    for purpose in Purpose::ALL {
        push(&mut text, purpose, 1, &CardKey::generate()?);
    }
    // Where the name is a link, the file behind it is made.
    let file = NewFile::create(&files::behind_links(path)?)?;
    file.file().write_all(text.as_bytes())?;
    file.publish()?;
    Tables::parse(&text)?.source_keys()
}

/// Adds a new key to a file, as its newest of that purpose; owner and rights stay.
///
/// Programs that do so at the same time take turns, and each adds its own.
pub fn add_to_key_file(path: &Path, purpose: Purpose) -> Result<(), KeyError> {
    // Where the name is a link, the file behind it is replaced, and not the link.
    let path = fs::canonicalize(path)?;
    let locked = lock(&path)?;
    let mut text = Zeroizing::new(fs::read_to_string(&path)?);
    let tables = Tables::parse(&text)?;
    tables.source_keys()?;
    let ids = tables.of(purpose).iter().map(|entry| entry.id).max();
    let id = ids.unwrap_or(0).checked_add(1).ok_or(KeyError::Full(purpose))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    push(&mut text, purpose, id, &CardKey::generate()?);
    let file = NewFile::create(&path)?;
    be_like(file.file(), &locked.metadata()?)?;
    file.file().write_all(text.as_bytes())?;
    Ok(file.replace()?)
}

impl Tables {
    fn parse(text: &str) -> Result<Self, KeyError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            KeyError::Shape(text.get(..start).unwrap_or(text).lines().count().max(1))
        })
    }

    fn source_keys(&self) -> Result<SourceKeys, KeyError> {
        Ok(SourceKeys { seal: self.keys(Purpose::Seal)?, hash: self.keys(Purpose::Hash)? })
    }

    fn of(&self, purpose: Purpose) -> &[KeyEntry] {
        match purpose {
            Purpose::Seal => &self.seal,
            Purpose::Hash => &self.hash,
        }
    }

    fn keys(&self, purpose: Purpose) -> Result<Vec<SourceKey>, KeyError> {
        let entries = self.of(purpose);
        if entries.is_empty() {
            return Err(KeyError::Missing(purpose));
        }
        let keys = entries.iter().enumerate().map(|(place, KeyEntry { id, key })| {
            if entries.iter().skip(place + 1).any(|later| later.id == *id) {
                return Err(KeyError::Twice(purpose, *id));
            }
            let key = CardKey::parse(key).ok_or(KeyError::Length(purpose, *id))?;
            Ok(SourceKey { name: id.to_string(), created: None, key })
        });
        keys.collect()
    }
}

fn push(text: &mut Zeroizing<String>, purpose: Purpose, id: i16, key: &CardKey) {
    let key = key.reveal();
    for part in ["\n[[", purpose.as_str(), "]]\nid = ", &id.to_string(), "\nkey = \"", &key, "\"\n"] {
        text.push_str(part);
    }
}

/// Holds the file that has this name now, which another program may just have replaced.
fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file = File::open(path)?;
        file.lock()?;
        let (held, named) = (file.metadata()?, fs::metadata(path)?);
        if files::identity(&held) == files::identity(&named) {
            return Ok(file);
        }
    }
}

/// Gives a file the owner and rights of another.
fn be_like(file: &File, like: &fs::Metadata) -> io::Result<()> {
    let made = file.metadata()?;
    if (made.uid(), made.gid()) != (like.uid(), like.gid()) {
        fchown(file, Some(like.uid()), Some(like.gid()))?;
    }
    if made.permissions() != like.permissions() {
        file.set_permissions(like.permissions())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
