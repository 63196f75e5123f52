//! Giving a database its card keys, and taking back those that are not needed any more.

use super::{Conn, Options, access, alone, card_keys, cards};
use crate::clock;
use crate::db::DbError;
use crate::db::cards::{CardKeys, Purpose};
use crate::db::keys::{KeyUses, Keyring, KnownKey, NotRetired};
use crate::db::migrations::{CARD_KEYS, KEY_DATES, Pending};
use crate::db::open_error::OpenError;
use crate::order::{Access, End, Outcome, Timestamp};

impl Options {
    /// What a database knows of keys, and which orders use them; found by reading alone.
    pub(in crate::db) async fn look_at_keys_with(
        &self,
        conn: &mut Conn,
        pending: &Pending,
    ) -> Result<(Vec<KnownKey>, Vec<KeyUses>), OpenError> {
        let known = self.known_keys(conn, pending).await?;
        if is_pending(CARD_KEYS, pending) {
            return Ok((known, Vec::new()));
        }
        let uses = cards::count_all_key_uses(conn).await.map_err(|error| self.failed(&error))?;
        Ok((known, uses))
    }

    /// An error if the keys are not those that the database was written with.
    pub(in crate::db) async fn check_keys(
        &self,
        conn: &mut Conn,
        pending: &Pending,
    ) -> Result<(), OpenError> {
        let known = self.known_keys(conn, pending).await?;
        self.keyring(&self.name()).check(&known)
    }

    /// The keys of the source, which must be those that the database was written with.
    pub(in crate::db) async fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn, &Pending::new()).await?;
        if let Some(keys) = self.keyring(&self.name()).fitting(&known)? {
            return Ok(keys);
        }
        let given = alone(conn, async |conn| self.give_keys(conn).await).await;
        given.map_err(|error| self.failed(&error))?
    }

    /// Notes that nobody has to have a key any more; not if an order came to use it, unless it is lost. An entry of the
    /// access log, and that this is finished, are committed with it.
    pub(in crate::db) async fn retire_key_with(
        &self,
        conn: &mut Conn,
        key: (Purpose, i16),
        is_lost: bool,
        (at, entry): (Timestamp, Option<&Access>),
    ) -> Result<(), NotRetired> {
        let failed = |error: DbError| self.failed(&error);
        let retired = alone(conn, async |conn| {
            if let Some(entry) = entry {
                let finished = Outcome::of(End::Finished, 0);
                access::insert_access(conn, entry).await.map_err(failed)?;
                access::insert_outcome(conn, entry.id, finished, at).await.map_err(failed)?;
            }
            if !card_keys::retire_card_key(conn, key, at).await.map_err(failed)? {
                return Err(NotRetired::Already(key.0, key.1));
            }
            if !is_lost && card_keys::is_key_used(conn, key).await.map_err(failed)? {
                return Err(NotRetired::Used(key.0, key.1));
            }
            Ok(())
        });
        retired.await.map_err(failed)?
    }

    /// One program at a time registers keys; a second one finds them.
    async fn give_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let name = self.name();
        let keyring = self.keyring(&name);
        let known = self.known_keys(conn, &Pending::new()).await?;
        let given = keyring.give(&known)?;
        let known = card_keys::register_card_keys(conn, &given.new, clock::utc()).await;
        keyring.with_ids(&given.keys, &known.map_err(|error| self.failed(&error))?)
    }

    async fn known_keys(&self, conn: &mut Conn, pending: &Pending) -> Result<Vec<KnownKey>, OpenError> {
        let known = if is_pending(CARD_KEYS, pending) {
            Ok(Vec::new())
        } else if is_pending(KEY_DATES, pending) {
            card_keys::list_card_keys_without_dates(conn).await
        } else {
            card_keys::list_card_keys(conn).await
        };
        known.map_err(|error| self.failed(&error))
    }

    pub(in crate::db) fn keyring<'a>(&'a self, database: &'a str) -> Keyring<'a> {
        Keyring { source: &self.keys, database }
    }
}

fn is_pending(migration: &str, pending: &Pending) -> bool {
    pending.iter().any(|one| one == migration)
}
