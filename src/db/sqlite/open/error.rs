//! One sentence for each thing that can be wrong with a database or its keys.

use std::io;
use std::path::PathBuf;

use super::Options;

/// Why a database cannot be opened. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be written, or is no file.
    #[error(
        "cannot open the database {path}: {cause}. Make its folder writable, or set database.url to another file"
    )]
    File {
        /// The database.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// Another program holds it.
    #[error(
        "the database {path} is locked by another program. Stop that program, or set database.url to another file"
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// It is no SQLite database, or a damaged one.
    #[error(
        "{path} is damaged or not an SQLite database ({cause}). Put a backup in its place, or set database.url to another file"
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        cause: String,
    },
    /// It has tables, but none of this program's.
    #[error("{path} is the database of another program. Set database.url to another file")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A later program made it.
    #[error(
        "the database {path} is from a newer version of orders (its migration {migration} is unknown here). Run that version, or set database.url to another file"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The first unknown one.
        migration: String,
    },
    /// It is not there and this start may not make it.
    #[error(
        "there is no database {path}. Run `orders migrate` to make it, or set database.url to one that is there"
    )]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// Its schema is behind and this start may not change it.
    #[error(
        "the database {path} lacks {count} of this program's migrations. Run `orders migrate`, then start again"
    )]
    Behind {
        /// The database.
        path: PathBuf,
        /// How many are pending.
        count: usize,
    },
    /// The key file cannot be read or written.
    #[error("cannot use the key file {path}: {cause}. Put it right, or set cards.key_file to another file")]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The database was written with keys that the file lacks.
    #[error(
        "the key file {path} does not fit the database {database}: {cause}. Put back the key file that was made with this database, or set cards.key_file to it"
    )]
    KeysDoNotFit {
        /// The key file.
        path: PathBuf,
        /// The database.
        database: PathBuf,
        /// Which key is missing or another one.
        cause: String,
    },
}

/// The errors of a database that was to be opened with these options.
impl Options {
    pub(super) fn file_error(&self, error: &io::Error) -> OpenError {
        OpenError::File { path: self.path.clone(), cause: error.to_string() }
    }

    pub(super) fn key_file_error(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::KeyFile { path: self.key_file.clone(), cause: error.to_string() }
    }

    pub(super) fn misfit(&self, cause: String) -> OpenError {
        OpenError::KeysDoNotFit { path: self.key_file.clone(), database: self.path.clone(), cause }
    }

    /// The sentence for what SQLite says.
    pub(super) fn sqlite_error(&self, cause: &str) -> OpenError {
        let path = self.path.clone();
        if cause.contains("locked") {
            OpenError::Locked { path }
        } else if cause.contains("not a database") || cause.contains("malformed") {
            OpenError::Corrupt { path, cause: cause.to_owned() }
        } else {
            OpenError::File { path, cause: cause.to_owned() }
        }
    }
}
