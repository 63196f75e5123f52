//! Whether the database that is opened is sound.

use std::fs;

use super::SqliteOptions;
use crate::db::open_error::OpenError;
use crate::db::sqlite::{Conn, integrity};

impl SqliteOptions {
    /// How many orders the database has, or what is wrong with its file; a desk may serve it meanwhile.
    pub fn inspect(&self) -> Result<Result<u64, Vec<String>>, OpenError> {
        self.check_lost()?;
        if !self.is_there() {
            return Err(OpenError::Missing { database: self.name() });
        }
        self.plan()?;
        let mut conn = self.establish(&self.path)?;
        let inspected = self.ask(conn.spawn_blocking(integrity::inspect))?;
        Ok(inspected.map(i64::unsigned_abs))
    }

    /// Looks for damage, within the time that a start may take for it.
    pub(super) fn check_soundness(&self, conn: &mut Conn) -> Result<(), OpenError> {
        let bytes = fs::metadata(&self.path).map_or(0, |found| found.len());
        let Some(depth) = integrity::depth_at_start(bytes) else {
            let database = self.name();
            tracing::info!(
                database,
                bytes,
                "too large to be looked through at the start: `orders check` does"
            );
            return Ok(());
        };
        let found = self.ask(conn.spawn_blocking(move |conn| integrity::damage(conn, depth)))?;
        match found.into_iter().next() {
            None => Ok(()),
            Some(cause) => Err(OpenError::Corrupt { database: self.name(), cause }),
        }
    }
}
