//! Opening a database file.

mod adopt;
mod cause;
mod error;
mod inspect;
mod keys;
mod lost;
mod relocation;
mod schema;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_async::SimpleAsyncConnection;

use super::guard::Guard;
use super::long_readers::LongReaders;
use super::readers::Readers;
use super::writer::Writer;
use super::{Conn, InPlace, Sqlite, finish};
use crate::db::Store;
use crate::db::keys::KeySource;
use crate::db::open_error::OpenError;
use crate::db::{Db, DbError};
use crate::files;

/// How to open a database.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Where the database file is, or will be made.
    pub path: PathBuf,
    /// Where the card keys are.
    pub keys: KeySource,
    /// How many requests may read at once.
    pub readers: usize,
    /// How long to wait for another program that holds the database, in milliseconds.
    pub busy_timeout_ms: u32,
    /// Whether to bring the schema up to date, instead of refusing one that is behind.
    pub migrate: bool,
    /// Whether to make a database for keys that are there already.
    pub new_database: bool,
    /// How much memory the writer may keep pages in, in KiB: many orders at once change many pages of the indexes.
    pub write_cache_kib: u32,
}

impl SqliteOptions {
    /// Enough for a desk that serves.
    pub const WRITE_CACHE_KIB: u32 = 8 * 1024;

    /// Opens the database, made and migrated where that is allowed, with the keys of its cards.
    ///
    /// Nothing is written before everything that exists has been found to fit.
    pub fn open(&self) -> Result<Db, OpenError> {
        self.check()?;
        let mut first = self.connect(Access::Write)?;
        self.migrate_with(&mut first)?;
        self.ask(async { first.batch_execute(Access::Write.pragmas_to_serve()).await })?;
        let keys = self.at_once(self.fit_keys(&mut first))?;
        let guard = self.guard(&mut first)?;
        let readers = (0..self.readers.max(1))
            .map(|_| self.connect(Access::Read))
            .collect::<Result<Vec<Conn>, OpenError>>()?;
        let readers = Readers::new(readers, self.reopening(Access::Read, &guard));
        let long_readers = LongReaders::new(self.reopening(Access::Read, &guard));
        let writer = Writer::start(first, Arc::clone(&guard), self.reopening(Access::Write, &guard))
            .map_err(|error| self.file_error(&error))?;
        Ok(Db::new(Store::Sqlite(Sqlite::new(readers, long_readers, writer, guard)), self.name(), keys))
    }

    /// Watches the opened files. One that may only be read is no hindrance to reading, and is told of.
    fn guard(&self, conn: &mut Conn) -> Result<Arc<Guard>, OpenError> {
        let guard = Guard::new(&self.path, self.log(), conn, self.busy_timeout_ms)
            .and_then(|guard| guard.try_to_write(conn).map(|()| guard))
            .map_err(|error| self.sqlite_error(&error.to_string()))?;
        Ok(Arc::new(guard))
    }

    /// Finds by reading alone whether database and keys can be used; what is not there yet can.
    fn check(&self) -> Result<(), OpenError> {
        // Keys that cannot be read are found before there is a database that would want them.
        let name = self.name();
        let keyring = self.keyring(&name);
        keyring.read()?;
        self.check_kind()?;
        self.check_lost()?;
        if !self.is_there() {
            return if self.migrate {
                keyring.check_source()
            } else {
                Err(OpenError::Missing { database: name })
            };
        }
        self.check_log()?;
        let mut conn = self.establish(&self.path)?;
        let plan = self.plan_with(&mut conn)?;
        self.check_soundness(&mut conn)?;
        if !plan.pending.is_empty() && !self.migrate {
            return Err(OpenError::Behind { database: name, count: plan.pending.len() });
        }
        plan.remark(&name);
        self.at_once(self.check_arrival(&mut conn, &plan.pending))?;
        self.at_once(self.check_keys(&mut conn, &plan.pending))
    }

    /// Opens the file once more for a desk that serves: no other one that has its name by now.
    fn reopening(
        &self,
        access: Access,
        guard: &Arc<Guard>,
    ) -> impl Fn() -> Result<Conn, DbError> + Send + Sync + 'static + use<> {
        let (options, guard) = (self.clone(), Arc::clone(guard));
        move || {
            guard.check_names()?;
            let mut conn = options.connect(access).map_err(|error| match error {
                OpenError::Corrupt { cause, .. } => DbError::Damaged(cause),
                error => DbError::Unavailable(error.to_string()),
            })?;
            finish(async { conn.batch_execute(access.pragmas_to_serve()).await.map_err(DbError::from) })?;
            guard.check_names().map(|()| conn)
        }
    }

    fn check_kind(&self) -> Result<(), OpenError> {
        match fs::metadata(&self.path) {
            Ok(found) if !found.is_file() => Err(self.file_error(&io::Error::other("it is not a file"))),
            _ => Ok(()),
        }
    }

    fn connect(&self, access: Access) -> Result<Conn, OpenError> {
        self.check_kind()?;
        // SQLite would make it readable by everyone; its journals take over what the file has.
        files::claim(&self.path).map_err(|error| self.file_error(&error))?;
        let mut conn = self.establish(&self.path)?;
        let pragmas = access.pragmas(self.write_cache_kib);
        self.ask(async { conn.batch_execute(&pragmas).await })?;
        Ok(conn)
    }

    pub(super) fn establish(&self, path: &Path) -> Result<Conn, OpenError> {
        let name =
            plain_name(path).ok_or_else(|| self.file_error(&io::Error::other("its name is not UTF-8")))?;
        let conn =
            SqliteConnection::establish(&name).map_err(|error| self.sqlite_error(&error.to_string()))?;
        let mut conn = Conn::with_runtime(conn, InPlace);
        // Before anything that could meet a lock.
        let timeout = format!("PRAGMA busy_timeout = {}", self.busy_timeout_ms);
        self.ask(async { conn.batch_execute(&timeout).await })?;
        Ok(conn)
    }
}

/// A file's name as SQLite takes it for nothing else, such as a URI or a database in memory; none if it is not UTF-8.
///
/// Every connection of Diesel's takes URIs (`SQLITE_OPEN_URI`), for what it attaches and copies to as well.
pub(super) fn plain_name(path: &Path) -> Option<String> {
    let name = path.to_str()?;
    Some(if path.is_absolute() { name.to_owned() } else { format!("./{name}") })
}

/// Pages in the log after which a commit moves them to the file. A page that many commits change is moved once.
const CHECKPOINT_PAGES: u32 = 4_000;
/// Bytes to which a log is cut after it was longer, once.
const LOG_SIZE: u32 = 64 * 1024 * 1024;

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

impl Access {
    /// `synchronous = FULL` makes every commit durable; a reader cannot write even by mistake.
    fn pragmas(self, write_cache_kib: u32) -> String {
        match self {
            Self::Write => format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                 PRAGMA cache_size = -{write_cache_kib}; PRAGMA trusted_schema = OFF; \
                 PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA journal_size_limit = {LOG_SIZE}"
            ),
            Self::Read => {
                "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA trusted_schema = OFF".to_owned()
            }
        }
    }

    /// What is not for migrations, which sort whole tables.
    ///
    /// SQLite keeps what pages were before a statement with triggers in a temporary file: it wrote more there than
    /// to the database itself (SQLite's documentation, "Temporary Files Used By SQLite", 2.4).
    fn pragmas_to_serve(self) -> &'static str {
        match self {
            Self::Write => "PRAGMA temp_store = MEMORY",
            Self::Read => "",
        }
    }
}

#[cfg(test)]
impl SqliteOptions {
    /// A database with its keys in a test's own folder, made when it is opened.
    pub fn in_folder(folder: &Path, readers: usize) -> Self {
        Self {
            path: folder.join("orders.db"),
            keys: KeySource::File(folder.join("orders.keys")),
            readers,
            busy_timeout_ms: 200,
            migrate: true,
            new_database: false,
            write_cache_kib: Self::WRITE_CACHE_KIB,
        }
    }
}
