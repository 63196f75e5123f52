//! Giving an SQLite database the card keys of its file.

use diesel_async::SimpleAsyncConnection;

use super::Options;
use crate::db::DbError;
use crate::db::cards::CardKeys;
use crate::db::keys::{KeyFile, KnownKey};
use crate::db::open::OpenError;
use crate::db::sqlite::{Conn, finish, queries};

impl Options {
    pub(super) fn key_file(&self) -> KeyFile<'_> {
        KeyFile { path: &self.key_file, database: self.name() }
    }

    /// An error if the key file has not the keys that the database was written with.
    pub(super) fn check_keys(&self, conn: &mut Conn) -> Result<(), OpenError> {
        let known = self.known_keys(conn)?;
        self.key_file().check(&known)
    }

    /// The keys of the key file, which must be those that the database was written with.
    pub(super) fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn)?;
        match self.key_file().fitting(&known)? {
            Some(keys) => Ok(keys),
            None => self.in_transaction(conn, |conn| self.give_keys(conn)),
        }
    }

    fn give_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn)?;
        let given = self.key_file().give(&known)?;
        for (purpose, id, check_value) in given.new {
            finish(queries::insert_card_key(conn, purpose.as_str(), id, check_value))
                .map_err(|error| self.sqlite_error(&error.to_string()))?;
        }
        Ok(given.keys)
    }

    fn known_keys(&self, conn: &mut Conn) -> Result<Vec<KnownKey>, OpenError> {
        finish(queries::list_card_keys(conn)).map_err(|error| self.sqlite_error(&error.to_string()))
    }

    fn in_transaction<T>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let run = |conn: &mut Conn, sql: &'static str| {
            finish(async { conn.batch_execute(sql).await.map_err(DbError::from) })
                .map_err(|error| self.sqlite_error(&error.to_string()))
        };
        run(conn, "BEGIN IMMEDIATE")?;
        let result = work(conn);
        run(conn, if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        result
    }
}
