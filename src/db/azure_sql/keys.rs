//! Giving a database on a server the card keys of the key file.

use diesel_async::TransactionManager;

use super::{Conn, Options, queries};
use crate::db::DbError;
use crate::db::cards::CardKeys;
use crate::db::keys::{KeyFile, KnownKey};
use crate::db::mssql::{MssqlTransactions, lock_migrations};
use crate::db::open::OpenError;

impl Options {
    fn key_file(&self) -> KeyFile<'_> {
        KeyFile { path: &self.key_file, database: self.name() }
    }

    /// An error if the key file cannot be read, before there is a connection.
    pub(super) fn check_key_file(&self) -> Result<(), OpenError> {
        self.key_file().read().map(drop)
    }

    /// The keys of the key file, which must be those that the database was written with.
    pub(super) async fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn).await?;
        match self.key_file().fitting(&known)? {
            Some(keys) => Ok(keys),
            None => self.give_keys(conn).await,
        }
    }

    /// One program at a time gives a database keys; whoever comes second finds them.
    async fn give_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let failed = |error: diesel::result::Error| self.failed(&error.into());
        MssqlTransactions::begin_transaction(conn).await.map_err(failed)?;
        lock_migrations(conn).await.map_err(failed)?;
        let known = self.known_keys(conn).await?;
        let given = self.key_file().give(&known)?;
        for (purpose, id, check_value) in given.new {
            queries::insert_card_key(conn, purpose.as_str(), id, check_value)
                .await
                .map_err(|error| self.failed(&error))?;
        }
        // Where something failed above, the connection is closed with its transaction open: nothing was given.
        MssqlTransactions::commit_transaction(conn).await.map_err(failed)?;
        Ok(given.keys)
    }

    async fn known_keys(&self, conn: &mut Conn) -> Result<Vec<KnownKey>, OpenError> {
        queries::list_card_keys(conn).await.map_err(|error| self.failed(&error))
    }

    /// The sentence for a query that failed while the database was being opened.
    pub(super) fn failed(&self, error: &DbError) -> OpenError {
        OpenError::Away { database: self.name(), cause: error.to_string() }
    }
}
