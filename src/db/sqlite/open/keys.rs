//! Giving an SQLite database its card keys.

use std::fmt::Display;

use super::{Access, SqliteOptions};
use crate::clock;
use crate::db::DbError;
use crate::db::cards::{CardKeys, Purpose};
use crate::db::keys::{KeyUses, Keyring, KnownKey, NotRetired};
use crate::db::migrations::{CARD_KEYS, KEY_DATES, Pending};
use crate::db::open_error::OpenError;
use crate::db::sqlite::queries::{card_keys, cards};
use crate::db::sqlite::transaction::{begin, end, roll_back};
use crate::db::sqlite::{Conn, finish};
use crate::order::Timestamp;

impl SqliteOptions {
    /// What the database knows of keys, and which orders use them; found by reading alone.
    pub(in crate::db) fn look_at_keys(&self) -> Result<(Vec<KnownKey>, Vec<KeyUses>), OpenError> {
        if !self.is_there() {
            return Err(OpenError::Missing { database: self.name() });
        }
        let plan = self.plan()?;
        let mut conn = self.connect(Access::Read)?;
        let known = self.known_keys(&mut conn, &plan.pending)?;
        let uses = self.ask(cards::count_all_key_uses(&mut conn))?;
        Ok((known, uses))
    }

    /// An error if the keys are not those that the database was written with.
    pub(in crate::db::sqlite) fn check_keys(
        &self,
        conn: &mut Conn,
        pending: &Pending,
    ) -> Result<(), OpenError> {
        let known = self.known_keys(conn, pending)?;
        self.keyring(&self.name()).check(&known)
    }

    /// The keys of the source, which must be those that the database was written with.
    pub(super) fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.ask(card_keys::list_card_keys(conn))?;
        match self.keyring(&self.name()).fitting(&known)? {
            Some(keys) => Ok(keys),
            None => self.in_transaction(conn, |conn| self.give_keys(conn)),
        }
    }

    /// Notes that nobody has to have a key any more; not if an order came to use it, unless it is lost.
    pub(in crate::db) fn retire_key(
        &self,
        (purpose, id): (Purpose, i16),
        is_lost: bool,
        at: Timestamp,
    ) -> Result<(), NotRetired> {
        NotRetired::unless_current(&self.name(), &self.plan()?)?;
        let mut conn = self.connect(Access::Write)?;
        self.in_transaction(&mut conn, |conn| {
            if !self.ask(card_keys::retire_card_key(conn, (purpose, id), at))? {
                return Err(NotRetired::Already(purpose, id));
            }
            if !is_lost && self.ask(card_keys::is_key_used(conn, (purpose, id)))? {
                return Err(NotRetired::Used(purpose, id));
            }
            Ok(())
        })
    }

    fn give_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let name = self.name();
        let keyring = self.keyring(&name);
        let known = self.ask(card_keys::list_card_keys(conn))?;
        let given = keyring.give(&known)?;
        let known = self.ask(card_keys::register_card_keys(conn, &given.new, clock::utc()))?;
        keyring.with_ids(&given.keys, &known)
    }

    fn known_keys(&self, conn: &mut Conn, pending: &Pending) -> Result<Vec<KnownKey>, OpenError> {
        let is_pending = |migration: &str| pending.iter().any(|one| one == migration);
        if is_pending(CARD_KEYS) {
            Ok(Vec::new())
        } else if is_pending(KEY_DATES) {
            self.ask(card_keys::list_card_keys_without_dates(conn))
        } else {
            self.ask(card_keys::list_card_keys(conn))
        }
    }

    pub(super) fn keyring<'a>(&'a self, database: &'a str) -> Keyring<'a> {
        Keyring { source: &self.keys, database }
    }

    /// What SQLite answers, which never waits for anything else.
    pub(in crate::db::sqlite) fn ask<T, E: Display>(
        &self,
        query: impl Future<Output = Result<T, E>>,
    ) -> Result<T, OpenError> {
        let answer = finish(async { Ok(query.await.map_err(|error| self.sqlite_error(&error.to_string()))) });
        answer.map_err(|error| self.sqlite_error(&error.to_string()))?
    }

    /// Does work in a transaction that no other program's can overlap.
    pub(super) fn in_transaction<T, E: From<OpenError>>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let failed = |error: DbError| self.sqlite_error(&error.to_string());
        begin(conn).map_err(failed)?;
        match work(conn) {
            Ok(done) => {
                end(conn).map_err(failed)?;
                Ok(done)
            }
            Err(error) => {
                roll_back(conn);
                Err(error)
            }
        }
    }
}
