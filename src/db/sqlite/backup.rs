//! A copy of the database while the desk works.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use super::open::plain_name;
use super::{SqliteOptions, finish, integrity};
use crate::db::DbError;
use crate::db::open_error::OpenError;
use crate::files::{self, NewFile};

/// Why there is no backup. Nothing is left of the file.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already. Name a file that is not")]
    Exists(PathBuf),
    /// There is nothing to back up.
    #[error("there is no database {0}. Set database.url to the one to back up")]
    NoDatabase(PathBuf),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy could not be written.
    #[error("cannot write the backup {0}: {1}")]
    Write(PathBuf, String),
    /// The copy does not check out.
    #[error("the backup {0} failed its check: {1}. The database itself may be damaged: keep older backups")]
    Check(PathBuf, String),
}

/// Why a database was not written anew.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is busy, or its disk is full.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl SqliteOptions {
    /// Copies the database into a new file and checks the copy; returns how many orders it holds.
    ///
    /// `VACUUM INTO` reads one snapshot, as SQLite's backup interface does, and leaves readers and the
    /// writer alone. The copy gets its name only when it is whole, on disk and sound.
    pub fn backup(&self, to: &Path) -> Result<u64, BackupError> {
        // SQLite would take the log of another database that had this name for this one's.
        for taken in ["", "-wal", "-journal"].map(|ending| files::with_ending(to, ending)) {
            if fs::symlink_metadata(&taken).is_ok() {
                return Err(BackupError::Exists(taken));
            }
        }
        if !self.path.is_file() {
            return Err(BackupError::NoDatabase(self.path.clone()));
        }
        self.plan()?;
        let write_error = |error: &dyn Display| BackupError::Write(to.to_owned(), error.to_string());
        let file = NewFile::create(to).map_err(|error| write_error(&error))?;
        let name = plain_name(file.unfinished()).ok_or_else(|| write_error(&"its name is not UTF-8"))?;
        let copy = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name.clone());
        let mut conn = self.establish(&self.path)?;
        finish(async { Ok(conn.spawn_blocking(|conn| copy.execute(conn)).await) })
            .map_err(|error| write_error(&error))?
            .map_err(|error| write_error(&error))?;
        let orders = check(&name).map_err(|cause| BackupError::Check(to.to_owned(), cause))?;
        file.publish().map_err(|error| write_error(&error))?;
        Ok(orders)
    }

    /// Writes the file anew, without the pages in which something stood before (`VACUUM`), and empties its log.
    pub fn compact(&self) -> Result<(), CompactError> {
        let mut conn = self.establish(&self.path)?;
        let compact =
            |conn: &mut SqliteConnection| conn.batch_execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
        Ok(finish(async { conn.spawn_blocking(compact).await.map_err(DbError::from) })?)
    }
}

/// How many orders a copy has, if it is sound.
fn check(name: &str) -> Result<u64, String> {
    let inspected = SqliteConnection::establish(name)
        .map_err(|error| error.to_string())
        .and_then(|mut conn| integrity::inspect(&mut conn).map_err(|error| error.to_string()))?;
    inspected.map(i64::unsigned_abs).map_err(|found| found.join("; "))
}
