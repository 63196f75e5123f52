//! The card keys of an SQLite database, asked for at once.

use std::fmt::Display;

use super::{Access, SqliteOptions};
use crate::db::DbError;
use crate::db::cards::Purpose;
use crate::db::keys::{KeyUses, KnownKey, NotRetired};
use crate::db::open_error::OpenError;
use crate::db::sqlite::transaction::alone;
use crate::db::sqlite::{Conn, finish};
use crate::order::{self, Timestamp};

impl SqliteOptions {
    /// What the database knows of keys, and which orders use them; found by reading alone.
    pub(in crate::db) fn look_at_keys(&self) -> Result<(Vec<KnownKey>, Vec<KeyUses>), OpenError> {
        if !self.is_there() {
            return Err(OpenError::Missing { database: self.name() });
        }
        let plan = self.plan()?;
        let mut conn = self.connect(Access::Read)?;
        self.at_once(self.look_at_keys_with(&mut conn, &plan.pending))
    }

    /// Notes that nobody has to have a key any more; not if an order came to use it, unless it is lost.
    pub(in crate::db) fn retire_key(
        &self,
        key: (Purpose, i16),
        is_lost: bool,
        noted: (Timestamp, Option<&order::Access>),
    ) -> Result<(), NotRetired> {
        NotRetired::unless_current(&self.name(), &self.plan()?)?;
        let mut conn = self.connect(Access::Write)?;
        self.at_once(self.retire_key_with(&mut conn, key, is_lost, noted))
    }

    /// Does work that never waits for anything but SQLite.
    pub(in crate::db::sqlite) fn at_once<T, E: From<OpenError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        finish(async { Ok(work.await) }).map_err(|error| self.failed(&error))?
    }

    /// What SQLite answers.
    pub(in crate::db::sqlite) fn ask<T, E: Display>(
        &self,
        query: impl Future<Output = Result<T, E>>,
    ) -> Result<T, OpenError> {
        self.at_once(async { query.await.map_err(|error| self.sqlite_error(&error.to_string())) })
    }

    /// Does work in a transaction that no other program's can overlap.
    pub(super) fn in_transaction<T>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let work = alone(conn, async |conn| work(conn));
        self.at_once(async { work.await.map_err(|error| self.failed(&error))? })
    }

    /// The sentence for a query that failed while the database was being opened.
    pub(in crate::db::sqlite) fn failed(&self, error: &DbError) -> OpenError {
        self.sqlite_error(&error.to_string())
    }
}
