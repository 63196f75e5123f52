//! Reencrypting and rehashing the cards of old orders with the newest keys, while desks serve.
//!
//! Batch by batch, each in a transaction of its own: it may be interrupted and started again at any point. A card is
//! replaced only where it is still the one that was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use super::cards::{CardKeys, Purpose, SealError, SealedCard};
use super::keys::KeyUses;
use super::long_read::{LongRead, Slice};
use super::schema::orders;
use super::{Db, DbError};
use crate::order::{DateUuid, OrderNumber, UserId};

/// The card of an order, with what it is sealed to.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(Sqlite, Mssql))]
pub(super) struct StoredCard {
    number: OrderNumber,
    date_uuid: DateUuid,
    user_id: UserId,
    #[diesel(embed)]
    card: SealedCard,
}

/// A card sealed anew, for an order that still has the old one.
pub(super) struct Replacement {
    pub(super) number: i64,
    pub(super) old: Vec<u8>,
    pub(super) card: SealedCard,
}

/// A walk through all orders.
pub struct Reencryption<'a> {
    db: &'a Db,
    read: LongRead,
    keys: Arc<CardKeys>,
    batch: usize,
    /// The number behind which the next orders are; none when all are done.
    after: Option<i64>,
    last: i64,
    due: u64,
    unopened: Unopened,
    reencrypted: u64,
    overtaken: u64,
}

/// Orders whose cards did not open, by the seal key that they name.
pub type Unopened = BTreeMap<i16, Unopenable>;

/// Orders whose cards do not open.
#[derive(Debug, Default)]
pub struct Unopenable {
    /// Whether the key is there, and the card is not what it sealed.
    pub is_damaged: bool,
    pub orders: Vec<OrderNumber>,
}

impl Db {
    /// Begins to reencrypt; at most so many orders are one batch.
    pub async fn reencrypt(&self, batch: usize) -> Result<Reencryption<'_>, DbError> {
        let mut read = self.begin_long_read(None)?;
        let last = self.store.last_number().await?;
        let (mut uses, mut after) = (Vec::new(), Some(0));
        while let Some(key) = after {
            let slice = self.store.count_key_uses(&mut read, key, last).await?;
            uses.extend(slice.found);
            after = slice.next;
        }
        let (keys, unopened) = (self.keys(), Unopened::new());
        let (due, reencrypted, overtaken) = (0, 0, 0);
        let batch = batch.max(1);
        let mut reencryption = Reencryption {
            db: self,
            read,
            keys,
            batch,
            after: None,
            last,
            due,
            unopened,
            reencrypted,
            overtaken,
        };
        reencryption.begin_again();
        reencryption.due = reencryption.count(&uses)?;
        Ok(reencryption)
    }
}

impl StoredCard {
    pub(super) fn number(&self) -> i64 {
        self.number.get()
    }
}

impl Reencryption<'_> {
    /// Does the next batch and returns how many orders it dealt with; none when all are done.
    pub async fn step(&mut self) -> Result<Option<usize>, DbError> {
        let Some(after) = self.after else { return Ok(None) };
        let newest = self.newest()?;
        let limit = i64::try_from(self.batch).unwrap_or(i64::MAX);
        let (store, read) = (&self.db.store, &mut self.read);
        let Slice { found, next } = store.list_cards_without(read, newest, after, self.last, limit).await?;
        let dealt_with = found.len();
        let mut cards = Vec::with_capacity(found.len());
        for stored in found {
            cards.extend(self.renew(stored)?);
        }
        let wanted = cards.len();
        if wanted > 0 {
            let replaced = self.db.store.replace_cards(cards).await?;
            self.reencrypted += replaced as u64;
            self.overtaken += wanted.saturating_sub(replaced) as u64;
        }
        self.after = next;
        Ok(Some(dealt_with))
    }

    /// Whether others changed cards before this could replace them.
    pub fn is_overtaken(&self) -> bool {
        self.overtaken > 0
    }

    /// Goes through the orders once more: what is done is left out.
    pub fn begin_again(&mut self) {
        self.after = (self.last > 0).then_some(0);
        self.overtaken = 0;
        self.unopened.clear();
    }

    /// How many orders had other keys at the beginning.
    pub fn due(&self) -> u64 {
        self.due
    }

    /// How many orders have new seals.
    pub fn reencrypted(&self) -> u64 {
        self.reencrypted
    }

    /// The ids of the keys that seal and hash.
    pub fn newest(&self) -> Result<(i16, i16), DbError> {
        let newest = |purpose| self.keys.newest(purpose).ok_or(SealError);
        Ok((newest(Purpose::Seal)?, newest(Purpose::Hash)?))
    }

    /// The orders whose cards did not open.
    pub fn unopened(&self) -> &Unopened {
        &self.unopened
    }

    /// The card with the newest keys; none if it does not open, or has newer ones.
    fn renew(&mut self, stored: StoredCard) -> Result<Option<Replacement>, DbError> {
        let StoredCard { number, date_uuid, user_id, card } = stored;
        if self.is_beyond(Purpose::Seal, card.seal_key) || self.is_beyond(Purpose::Hash, card.hash_key) {
            return Ok(None);
        }
        let Ok(opened) = self.keys.open(&card, (&date_uuid, &user_id)) else {
            let unopened = self.unopened.entry(card.seal_key).or_default();
            unopened.is_damaged = self.keys.ids(Purpose::Seal).any(|id| id == card.seal_key);
            unopened.orders.push(number);
            return Ok(None);
        };
        let old = card.sealed;
        let card = self.keys.seal(&opened, (&date_uuid, &user_id))?;
        Ok(Some(Replacement { number: number.get(), old, card }))
    }

    fn count(&self, uses: &[KeyUses]) -> Result<u64, DbError> {
        let newest = self.newest()?;
        let due = uses.iter().filter(|(seal, hash, _)| {
            let is_beyond = self.is_beyond(Purpose::Seal, *seal) || self.is_beyond(Purpose::Hash, *hash);
            (*seal, *hash) != newest && !is_beyond
        });
        Ok(due.map(|(.., orders)| u64::try_from(*orders).unwrap_or(0)).sum())
    }

    /// Whether the key was registered after these: ids are counted up.
    fn is_beyond(&self, purpose: Purpose, id: i16) -> bool {
        self.keys.ids(purpose).max().is_some_and(|last| id > last)
    }
}
