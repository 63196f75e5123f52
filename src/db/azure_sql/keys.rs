//! Giving a database on a server its card keys.

use diesel_async::TransactionManager;
use diesel_mssql::{MssqlTransactions, lock_migrations};

use super::queries::{card_keys, cards};
use super::{AzureSqlOptions, Conn};
use crate::clock;
use crate::db::DbError;
use crate::db::cards::{CardKeys, Purpose};
use crate::db::keys::{KeyUses, Keyring, KnownKey, NotRetired};
use crate::db::migrations::{CARD_KEYS, KEY_DATES, Pending};
use crate::db::open_error::OpenError;
use crate::order::Timestamp;

impl AzureSqlOptions {
    /// What the database knows of keys, and which orders use them; found by reading alone.
    pub(in crate::db) async fn look_at_keys(&self) -> Result<(Vec<KnownKey>, Vec<KeyUses>), OpenError> {
        let mut conn = self.connect().await?;
        let plan = self.plan_with(&mut conn).await?;
        let known = self.known_keys(&mut conn, &plan.pending).await?;
        if plan.pending.iter().any(|one| one == CARD_KEYS) {
            return Ok((known, Vec::new()));
        }
        let uses = cards::count_all_key_uses(&mut conn).await.map_err(|error| self.failed(&error))?;
        Ok((known, uses))
    }

    /// An error if the keys are not those that the database was written with.
    pub(super) async fn check_keys(&self, conn: &mut Conn, pending: &Pending) -> Result<(), OpenError> {
        let known = self.known_keys(conn, pending).await?;
        self.keyring(&self.name()).check(&known)
    }

    /// The keys of the source, which must be those that the database was written with.
    pub(super) async fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn, &Pending::new()).await?;
        match self.keyring(&self.name()).fitting(&known)? {
            Some(keys) => Ok(keys),
            None => self.give_keys(conn).await,
        }
    }

    /// Notes that nobody has to have a key any more; not if an order came to use it, unless it is lost.
    pub(in crate::db) async fn retire_key(
        &self,
        (purpose, id): (Purpose, i16),
        is_lost: bool,
        at: Timestamp,
    ) -> Result<(), NotRetired> {
        let failed = |error: DbError| self.failed(&error);
        let mut conn = self.connect().await?;
        NotRetired::unless_current(&self.name(), &self.plan_with(&mut conn).await?)?;
        // Where something fails, the connection is closed with its transaction open: nothing was done.
        MssqlTransactions::begin_transaction(&mut conn).await.map_err(|error| failed(error.into()))?;
        if !card_keys::retire_card_key(&mut conn, (purpose, id), at).await.map_err(failed)? {
            return Err(NotRetired::Already(purpose, id));
        }
        if !is_lost && card_keys::is_key_used(&mut conn, (purpose, id)).await.map_err(failed)? {
            return Err(NotRetired::Used(purpose, id));
        }
        MssqlTransactions::commit_transaction(&mut conn).await.map_err(|error| failed(error.into()))?;
        Ok(())
    }

    /// One program at a time registers keys; a second one finds them.
    async fn give_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let failed = |error: diesel::result::Error| self.failed(&error.into());
        let name = self.name();
        let keyring = self.keyring(&name);
        MssqlTransactions::begin_transaction(conn).await.map_err(failed)?;
        lock_migrations(conn).await.map_err(failed)?;
        let known = self.known_keys(conn, &Pending::new()).await?;
        let given = keyring.give(&known)?;
        let known = card_keys::register_card_keys(conn, &given.new, clock::utc())
            .await
            .map_err(|error| self.failed(&error))?;
        let keys = keyring.with_ids(&given.keys, &known)?;
        // Where something failed above, the connection is closed with its transaction open: nothing was given.
        MssqlTransactions::commit_transaction(conn).await.map_err(failed)?;
        Ok(keys)
    }

    async fn known_keys(&self, conn: &mut Conn, pending: &Pending) -> Result<Vec<KnownKey>, OpenError> {
        let is_pending = |migration: &str| pending.iter().any(|one| one == migration);
        let known = if is_pending(CARD_KEYS) {
            Ok(Vec::new())
        } else if is_pending(KEY_DATES) {
            card_keys::list_card_keys_without_dates(conn).await
        } else {
            card_keys::list_card_keys(conn).await
        };
        known.map_err(|error| self.failed(&error))
    }

    pub(super) fn keyring<'a>(&'a self, database: &'a str) -> Keyring<'a> {
        Keyring { source: &self.keys, database }
    }

    /// The sentence for a query that failed while the database was being opened.
    pub(super) fn failed(&self, error: &DbError) -> OpenError {
        OpenError::Away { database: self.name(), cause: error.to_string() }
    }
}
