//! A copy of the database while the desk works.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use super::{SqliteOptions, finish};
use crate::db::DbError;
use crate::db::keys::create_private;
use crate::db::open::OpenError;

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
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        if !self.path.is_file() {
            return Err(BackupError::NoDatabase(self.path.clone()));
        }
        self.plan_with(&mut self.establish(&self.path)?)?;
        let mut name = to.as_os_str().to_owned();
        name.push(".new");
        let unfinished = PathBuf::from(name);
        let result = self.copy_to(&unfinished, to);
        if result.is_err() && unfinished.exists() {
            // The first failure is reported; a leftover has a name that says what it is.
            let _ = fs::remove_file(&unfinished);
        }
        result
    }

    /// Writes the file anew, without the pages in which something stood before (`VACUUM`), and empties its log.
    pub fn compact(&self) -> Result<(), CompactError> {
        let mut conn = self.establish(&self.path)?;
        let compact =
            |conn: &mut SqliteConnection| conn.batch_execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
        Ok(finish(async { conn.spawn_blocking(compact).await.map_err(DbError::from) })?)
    }

    fn copy_to(&self, unfinished: &Path, to: &Path) -> Result<u64, BackupError> {
        let write_error = |cause: String| BackupError::Write(to.to_owned(), cause);
        match fs::remove_file(unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(write_error(error.to_string()));
            }
            _ => {}
        }
        let file = create_private(unfinished).map_err(|error| write_error(error.to_string()))?;
        let name = unfinished.to_str().ok_or_else(|| write_error("its name is not UTF-8".to_owned()))?;
        let mut conn = self.establish(&self.path)?;
        let copy = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name.to_owned());
        finish(async { Ok(conn.spawn_blocking(|conn| copy.execute(conn)).await) })
            .map_err(|error| write_error(error.to_string()))?
            .map_err(|error| write_error(error.to_string()))?;
        file.sync_all().map_err(|error| write_error(error.to_string()))?;
        let orders = check(unfinished).map_err(|cause| BackupError::Check(to.to_owned(), cause))?;
        fs::hard_link(unfinished, to)
            .and_then(|()| fs::remove_file(unfinished))
            .map_err(|error| write_error(error.to_string()))?;
        Ok(orders)
    }
}

/// SQLite's own check of every page and index, and the calendar against the orders that it counts.
fn check(path: &Path) -> Result<u64, String> {
    let read = |path: &Path| -> QueryResult<(String, i64, i64)> {
        let mut conn = SqliteConnection::establish(&path.to_string_lossy())
            .map_err(|error| diesel::result::Error::QueryBuilderError(error.into()))?;
        conn.batch_execute("PRAGMA query_only = ON")?;
        let verdict: IntegrityCheck = diesel::sql_query("PRAGMA integrity_check(1)").get_result(&mut conn)?;
        let orders = crate::db::schema::orders::table.count().get_result(&mut conn)?;
        let counted = BackupCounts::of(&mut conn)?;
        Ok((verdict.integrity_check, orders, counted))
    };
    match read(path).map_err(|error| error.to_string())? {
        (verdict, ..) if verdict != "ok" => Err(verdict),
        (_, orders, counted) if orders != counted => Err(format!("{orders} orders, but {counted} counted")),
        (_, orders, _) => u64::try_from(orders).map_err(|error| error.to_string()),
    }
}

#[derive(QueryableByName)]
struct IntegrityCheck {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

#[derive(QueryableByName)]
struct BackupCounts {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    orders: i64,
}

impl BackupCounts {
    fn of(conn: &mut SqliteConnection) -> QueryResult<i64> {
        let counted: Self = diesel::sql_query(
            "SELECT coalesce(sum(orders), 0) AS orders FROM order_counts WHERE period <= 9999",
        )
        .get_result(conn)?;
        Ok(counted.orders)
    }
}
