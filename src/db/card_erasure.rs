//! Erasing the card numbers of old orders (PCI DSS 4.0, requirement 3.2.1). Brand and last four digits stay.
//!
//! An order without its number keeps a seal of no bytes, which opens for nobody, and a hash that is its own alone, so that no
//! other card is the same. Both name the newest keys, as if they had been used: a release that knows nothing of this takes it
//! for a card that does not open, as after a lost key, and goes on.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::cards::{CardKeys, Purpose, SealError, SealedCard};
use super::long_read::{LongRead, Slice};
use super::reencrypt::{Replacement, StoredCard};
use super::{Db, DbError};
use crate::order::{DateUuid, Day, UserId};

/// A walk through all orders, for those from before a day that have a card number. Dropped, it ends.
pub struct CardErasure<'a> {
    db: &'a Db,
    read: LongRead,
    keys: Arc<CardKeys>,
    before: Day,
    batch: i64,
    /// The number behind which the next orders are; none when all are done.
    after: Option<i64>,
    last: i64,
}

impl Db {
    /// Begins to look for card numbers of orders from before a day; at most so many are one batch.
    pub async fn begin_card_erasure(&self, before: Day, batch: i64) -> Result<CardErasure<'_>, DbError> {
        let read = self.begin_long_read(None)?;
        let last = self.store.last_number().await?;
        let after = (last > 0).then_some(0);
        Ok(CardErasure { db: self, read, keys: self.keys(), before, batch, after, last })
    }
}

impl CardErasure<'_> {
    /// Orders from before it are concerned.
    pub fn before(&self) -> Day {
        self.before
    }

    /// The next that have a number, which may be none yet; nothing when all are done.
    pub(crate) async fn find(&mut self) -> Result<Option<Vec<StoredCard>>, DbError> {
        let Some(after) = self.after else { return Ok(None) };
        let (store, read) = (&self.db.store, &mut self.read);
        let slice = store.list_cards_before(read, self.before.start(), after, self.last, self.batch).await?;
        let Slice { found, next } = slice;
        self.after = next;
        Ok(Some(found))
    }

    /// Erases the numbers of orders that still have the card that was found; of how many.
    pub(crate) async fn erase(&self, found: Vec<StoredCard>) -> Result<usize, DbError> {
        let mut cards = Vec::with_capacity(found.len());
        for stored in found {
            let card = SealedCard::erased(&self.keys, stored.order())?;
            cards.push(Replacement { number: stored.number(), old: stored.sealed().to_vec(), card });
        }
        self.db.store.replace_cards(cards).await
    }
}

impl SealedCard {
    /// The card of an order whose number is erased.
    pub(super) fn erased(keys: &CardKeys, (uuid, customer): (&DateUuid, &UserId)) -> Result<Self, SealError> {
        let own = ["erased/", uuid.as_str(), "/", customer.as_str()].concat();
        Ok(Self {
            sealed: Vec::new(),
            seal_key: keys.newest(Purpose::Seal).ok_or(SealError)?,
            hash: Sha256::digest(own).to_vec(),
            hash_key: keys.newest(Purpose::Hash).ok_or(SealError)?,
        })
    }

    /// Whether its number is erased.
    pub(super) fn is_erased(&self) -> bool {
        self.sealed.is_empty()
    }
}
