//! The card keys of a database: in a file, and known to the database by their check values.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cards::{CardKeys, Purpose};
use super::open::OpenError;

/// Purpose, id and check value, as the database remembers them.
pub(super) type KnownKey = (String, i16, Vec<u8>);

/// The key file that belongs to a database.
pub(super) struct KeyFile<'a> {
    pub(super) path: &'a Path,
    /// The database, as people call it.
    pub(super) database: String,
}

/// Keys, and what the database does not know of them yet.
pub(super) struct Given {
    pub(super) keys: CardKeys,
    pub(super) new: Vec<(Purpose, i16, Vec<u8>)>,
}

impl KeyFile<'_> {
    /// The keys of the file; none if there is no such file.
    pub(super) fn read(&self) -> Result<Option<CardKeys>, OpenError> {
        match fs::read_to_string(self.path) {
            Ok(text) => CardKeys::parse(&text).map(Some).map_err(|error| self.unusable(&error)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(self.unusable(&error)),
        }
    }

    /// An error if the file has not the keys that the database was written with.
    ///
    /// The database is asked first: whoever gives it keys at this moment has written their file before.
    pub(super) fn check(&self, known: &[KnownKey]) -> Result<(), OpenError> {
        match self.read()? {
            Some(keys) => self.unknown(&keys, known).map(drop),
            None if known.is_empty() => Ok(()),
            None => Err(self.misfit("it is not there".to_owned())),
        }
    }

    /// The keys of the file, if the database knows just these.
    pub(super) fn fitting(&self, known: &[KnownKey]) -> Result<Option<CardKeys>, OpenError> {
        match self.read()? {
            Some(keys) if !known.is_empty() && self.unknown(&keys, known)?.is_empty() => Ok(Some(keys)),
            _ => Ok(None),
        }
    }

    /// The keys of the file, made where neither file nor database has any.
    ///
    /// One program at a time may do this for a database; whoever comes second finds what the first has given.
    pub(super) fn give(&self, known: &[KnownKey]) -> Result<Given, OpenError> {
        let keys = match self.read()? {
            Some(keys) => keys,
            None if known.is_empty() => self.make()?,
            None => return Err(self.misfit("it is not there".to_owned())),
        };
        let new = self.unknown(&keys, known)?;
        Ok(Given { keys, new })
    }

    /// The keys that the database does not know yet; an error if one that it knows is missing or another one.
    fn unknown(
        &self,
        keys: &CardKeys,
        known: &[KnownKey],
    ) -> Result<Vec<(Purpose, i16, Vec<u8>)>, OpenError> {
        let mut present = keys.check_values().map_err(|error| self.unusable(&error))?;
        for (purpose, id, check_value) in known {
            let place = present.iter().position(|(p, i, _)| p.as_str() == purpose && i == id);
            match place.map(|place| present.swap_remove(place)) {
                None => return Err(self.misfit(format!("it lacks the {purpose} key {id}"))),
                Some((.., value)) if value != *check_value => {
                    return Err(self.misfit(format!("its {purpose} key {id} is another one")));
                }
                Some(_) => {}
            }
        }
        Ok(present)
    }

    /// Makes keys and their file, whole or not at all, readable by its owner only.
    fn make(&self) -> Result<CardKeys, OpenError> {
        let keys = CardKeys::generate().map_err(|error| self.unusable(&error))?;
        write_private(self.path, keys.to_text().as_bytes()).map_err(|error| self.unusable(&error))?;
        Ok(keys)
    }

    fn unusable(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::KeyFile { path: self.path.to_owned(), cause: error.to_string() }
    }

    fn misfit(&self, cause: String) -> OpenError {
        OpenError::KeysDoNotFit { path: self.path.to_owned(), database: self.database.clone(), cause }
    }
}

/// Makes a file that only its owner may read.
pub(super) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a new file so that a crash leaves all of it or nothing.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = PathBuf::from(name);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_private(&unfinished)?;
    io::Write::write_all(&mut file, content)?;
    file.sync_all()?;
    // Unlike a rename, a link does not replace a file that another start has made meanwhile.
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    linked?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => fs::File::open(".")?.sync_all(),
    }
}
