//! Listing and retiring card keys; reloading keys and logins while the desk serves.

use std::sync::{Arc, PoisonError};

use diesel_mssql::Login;
use tokio::sync::Notify;

use super::Store;
use super::keys::{Keyring, RingKeys, check_retirement, states};
use super::{CardKeys, DatabaseOptions, Db, DbError, KeySource, KeyState, NotRetired, OpenError, Purpose};
use crate::clock;
use crate::order::Access;

/// Whether a reload brought something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is in use from now on.
    Yes,
    /// It was in use already.
    No,
}

impl DatabaseOptions {
    /// The same with other card keys.
    #[must_use]
    pub fn with_keys(mut self, source: KeySource) -> Self {
        match &mut self {
            Self::Sqlite(options) => options.keys = source,
            Self::AzureSql(options) => options.keys = source,
        }
        self
    }

    /// Every card key with what is known of it; found by reading alone, whether the keys fit or not.
    pub async fn list_keys(&self) -> Result<Vec<KeyState>, OpenError> {
        let ((known, uses), source, database) = match self {
            Self::Sqlite(options) => (options.look_at_keys()?, &options.keys, options.name()),
            Self::AzureSql(options) => (options.look_at_keys().await?, &options.keys, options.name()),
        };
        let keys = Keyring { source, database: &database }.read()?.unwrap_or_default();
        states(&known, &keys, &uses)
            .map_err(|error| OpenError::Unknown { database, cause: error.to_string() })
    }

    /// Forgets a key that no order uses, and that does not write: nobody has to have it any more.
    ///
    /// Of a key that `is_lost` the orders stay, and nobody can ever read their card numbers again.
    /// An entry of the access log that is given is written in the same transaction, as one of what is finished.
    pub async fn retire_key(
        &self,
        (purpose, id): (Purpose, i16),
        is_lost: bool,
        entry: Option<&Access>,
    ) -> Result<(), NotRetired> {
        let now = clock::utc();
        check_retirement(&self.list_keys().await?, (purpose, id), is_lost, now)?;
        match self {
            Self::Sqlite(options) => options.retire_key((purpose, id), is_lost, (now, entry)),
            Self::AzureSql(options) => options.retire_key((purpose, id), is_lost, (now, entry)).await,
        }
    }
}

impl Db {
    /// Uses the keys that a source has now; new ones are registered first.
    ///
    /// Where the source lacks a key that the database knows, or cannot be read, nothing changes.
    pub async fn reload_keys(&self, source: &KeySource) -> Result<Changed, OpenError> {
        let keyring = Keyring { source, database: &self.name };
        let mut known = self.store.list_card_keys().await.map_err(|error| self.unknown_keys(&error))?;
        let RingKeys { keys, new } = keyring.renewed(&known)?;
        if !new.is_empty() {
            known = self
                .store
                .register_card_keys(new, clock::utc())
                .await
                .map_err(|error| self.unknown_keys(&error))?;
        }
        let keys = Arc::new(keyring.with_ids(&keys, &known)?);
        let mut current = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        // The ids stand for the keys: no id is given twice.
        let changed = if current.has_ids_of(&keys) { Changed::No } else { Changed::Yes };
        *current = keys;
        Ok(changed)
    }

    /// Uses a new login from now on, if the server accepts it.
    ///
    /// Otherwise the old one stays. SQLite has no login.
    pub async fn reload_login(&self, login: Login) -> Result<Changed, OpenError> {
        match &self.store {
            Store::Sqlite(_) => Ok(Changed::No),
            Store::SqlServer(store) => match store.reload_login(login).await {
                Ok(true) => Ok(Changed::Yes),
                Ok(false) => Ok(Changed::No),
                Err(error) => Err(OpenError::connecting(&self.name, &error)),
            },
        }
    }

    /// Notified when the database refuses the login or a card key: there may be newer ones.
    ///
    /// A task that begins to wait afterwards is notified, too.
    pub fn outdated(&self) -> Arc<Notify> {
        Arc::clone(&self.outdated)
    }

    /// Says that there may be newer secrets.
    pub fn look_for_secrets(&self) {
        self.outdated.notify_one();
    }

    pub(super) fn observe(&self, error: &DbError) {
        if matches!(error, DbError::Outdated(_)) {
            self.outdated.notify_one();
        }
    }

    /// The id of the key of a purpose that writes.
    pub fn newest_key(&self, purpose: Purpose) -> Option<i16> {
        self.keys().newest(purpose)
    }

    /// The current keys; a caller may keep using them after a reload.
    pub(super) fn keys(&self) -> Arc<CardKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn unknown_keys(&self, error: &DbError) -> OpenError {
        OpenError::Unknown { database: self.name.clone(), cause: error.to_string() }
    }
}

#[cfg(test)]
mod tests;
