//! What is there of a database that is not, or of another one.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::SqliteOptions;
use crate::db::keys::KeySource;
use crate::db::open_error::OpenError;

/// The header's bytes that say how a file is written and read: 2 with a write-ahead log, 1 without
/// (<https://sqlite.org/fileformat.html>, section 1.3.3).
const VERSIONS: usize = 18;

impl SqliteOptions {
    /// Whether there is a database; an empty file is none yet.
    pub(in crate::db::sqlite) fn is_there(&self) -> bool {
        is_filled(&self.path)
    }

    /// Whether there is something in its log.
    pub(in crate::db) fn has_log(&self) -> bool {
        is_filled(&self.log())
    }

    /// Refuses to make a database where one seems to be lost: its keys or its log are there.
    pub(in crate::db::sqlite) fn check_lost(&self) -> Result<(), OpenError> {
        let keys = match &self.keys {
            KeySource::File(path) if !self.new_database && path.exists() => Some(path),
            _ => None,
        };
        let log = self.log();
        let has_log = self.has_log();
        // Last: another program that makes the database at this moment makes the others after it.
        if self.is_there() {
            return Ok(());
        }
        let database = self.name();
        match keys {
            _ if has_log => Err(OpenError::LostBesideLog { database, log: log.display().to_string() }),
            Some(keys) => Err(OpenError::LostBesideKeys { database, keys: keys.display().to_string() }),
            None => Ok(()),
        }
    }

    /// Refuses the log of another database, which would undo what was put in this one's place.
    ///
    /// It is known only where the file was written without a log, as backups are. No connection may be open: closing
    /// the file would drop its locks (fcntl(2)).
    pub(super) fn check_log(&self) -> Result<(), OpenError> {
        let log = self.log();
        if !is_filled(&log) {
            return Ok(());
        }
        let mut header = [0; VERSIONS + 2];
        let read = File::open(&self.path).and_then(|mut file| file.read_exact(&mut header));
        // A file that is shorter is no database, and refused as such.
        if read.is_ok() && header.ends_with(&[1, 1]) {
            return Err(OpenError::StrayLog { database: self.name(), log: log.display().to_string() });
        }
        Ok(())
    }
}

fn is_filled(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}
