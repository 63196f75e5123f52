//! The sentences for what SQLite and the operating system say of a database that was to be opened.

use std::io;
use std::path::PathBuf;

use super::{SqliteOptions, cause};
use crate::db::error::DAMAGED;
use crate::db::open_error::OpenError;
use crate::files;

impl SqliteOptions {
    /// The database, as people call it.
    pub(in crate::db) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The write-ahead log: beside the file itself, not beside a link to it.
    pub(super) fn log(&self) -> PathBuf {
        let file = files::behind_links(&self.path).unwrap_or_else(|_| self.path.clone());
        files::with_ending(&file, "-wal")
    }

    pub(in crate::db::sqlite) fn file_error(&self, error: &io::Error) -> OpenError {
        OpenError::File { database: self.name(), cause: error.to_string(), remedy: cause::remedy(error) }
    }

    /// The sentence for what SQLite says, with the cause that is behind it.
    pub(in crate::db::sqlite) fn sqlite_error(&self, said: &str) -> OpenError {
        let database = self.name();
        let says = |words: &str| said.contains(words);
        if DAMAGED.into_iter().any(says) {
            return OpenError::Corrupt { database, cause: said.to_owned() };
        }
        let is_locked = says("locked");
        if !is_locked && !["disk", "unable to open", "readonly"].into_iter().any(says) {
            return OpenError::Schema { database, cause: said.to_owned() };
        }
        match cause::of_refusal(&self.path) {
            Some(error) => self.file_error(&error),
            None if is_locked => OpenError::Locked { database },
            None => OpenError::File {
                database,
                cause: said.to_owned(),
                remedy: "Make it and its folder writable",
            },
        }
    }
}
