//! Changing existing orders, with optimistic locking: each write names the version that it saw.
//!
//! An order that has another version by now stays as it is, and the caller gets a conflict.

use std::sync::Arc;

use super::cards::{CardKeys, SealError, SealedCard};
use super::{Db, DbError, Purpose};
use crate::order::{
    Actor, CardNumber, CardSummary, Changes, Edit, Event, EventKind, Order, OrderNumber, Submission,
    Timestamp,
};

/// An order as it is read to be changed.
#[derive(Debug)]
pub struct Editable {
    pub order: Order,
    /// Counted up by each change, from 1.
    pub version: i32,
    /// What happened to it, newest first.
    pub history: Vec<Event>,
    pub(super) card: SealedCard,
}

impl Editable {
    /// The order as it was in an earlier version; none if it never had that version.
    ///
    /// Only its newest card is known whole, and its warnings are those of now.
    pub fn at_version(&self, version: i32) -> Option<Order> {
        let later = self.history.iter().filter(|event| event.version > version);
        let order = later
            .map(|event| &event.changes)
            .try_fold(self.order.clone(), |order, changes| changes.undo(&order));
        order.filter(|_| (1..=self.version).contains(&version))
    }
}

/// A change to an order.
#[derive(Debug)]
pub struct UpdateOrder<'a> {
    /// The order as it was found.
    pub found: &'a Editable,
    pub edit: &'a Edit,
    /// The version that is changed.
    pub seen: i32,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that it was typed into, to know a form that is sent twice.
    pub submission: Submission,
}

/// The cancellation of an order.
#[derive(Debug)]
pub struct CancelOrder {
    /// The order as it was found.
    pub order: Order,
    /// The version that is cancelled.
    pub seen: i32,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that asked for it, to know a form that is sent twice.
    pub submission: Submission,
}

/// The result of a change or cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    Done,
    /// The same form had done it already.
    DuplicateSubmission,
    /// There was nothing to change.
    Unchanged,
    /// Nothing was done: somebody has changed the order since that version.
    VersionConflict,
    /// Nothing was done: the order is cancelled.
    Cancelled,
    /// Nothing was done: the card cannot be opened any more, and so not sealed to another customer.
    CardLost,
    /// Nothing was done: another order has the same UUID and customer, this one.
    KeyConflict(OrderNumber),
}

/// An [`UpdateOrder`] with its card sealed: all that is written.
pub(super) struct SealedUpdate {
    pub(super) before: Order,
    pub(super) after: Order,
    /// The card, where it has to be written anew.
    pub(super) card: Option<SealedCard>,
    pub(super) changes: Changes,
    pub(super) seen: i32,
    pub(super) by: Actor,
    pub(super) at: Timestamp,
    pub(super) submission: Submission,
}

impl SealedUpdate {
    /// What happens to the order: with a first shipping date it is shipped, whatever else is changed.
    pub(super) fn kind(&self) -> EventKind {
        match (self.before.dates.shipped(), self.after.dates.shipped()) {
            (None, Some(_)) => EventKind::Shipped,
            _ => EventKind::Changed,
        }
    }
}

impl Db {
    /// An order with what it takes to change it; none if there is no such number.
    pub async fn find_editable(&self, number: OrderNumber) -> Result<Option<Editable>, DbError> {
        on!(self: |store, arm| {
            store.read(async move |conn| arm::update_queries::find_editable(conn, number).await).await
        })
    }

    /// Changes an order, if it still has the version that was seen; durable when this returns.
    pub async fn update_order(&self, update: &UpdateOrder<'_>) -> Result<Updated, DbError> {
        let Some(edited) = self.seal_update(update).inspect_err(|error| self.observe(error))? else {
            return Ok(Updated::CardLost);
        };
        // An older version is checked by the database: the form may be a duplicate of one that was saved.
        if edited.changes.is_empty() && update.seen == update.found.version {
            return Ok(Updated::Unchanged);
        }
        let updated = on!(self: |store, arm| {
            let row = arm::UpdateOrderRow::new(edited);
            let outbox = Arc::clone(&self.outbox);
            store.write(async move |conn| arm::update_queries::update_order(conn, &row, &outbox).await).await
        });
        self.notify(updated)
    }

    /// Cancels an order, if it still has the version that was seen; durable when this returns.
    pub async fn cancel_order(&self, cancellation: CancelOrder) -> Result<Updated, DbError> {
        let updated = on!(self: |store, arm| {
            let row = arm::CancelOrderRow::new(cancellation);
            let outbox = Arc::clone(&self.outbox);
            store.write(async move |conn| arm::update_queries::cancel_order(conn, &row, &outbox).await).await
        });
        self.notify(updated)
    }

    /// Notifies the tasks that wait for this result.
    fn notify(&self, updated: Result<Updated, DbError>) -> Result<Updated, DbError> {
        match &updated {
            Ok(Updated::Done) => self.outbox.notify(),
            Ok(_) => {}
            Err(error) => self.observe(error),
        }
        updated
    }

    /// What is to be written; none where it takes the card's number, and nobody can read that any more.
    fn seal_update(&self, update: &UpdateOrder<'_>) -> Result<Option<SealedUpdate>, DbError> {
        let UpdateOrder { found: Editable { order, .. }, edit, seen, by, at, submission } = update;
        let keys = self.keys();
        let (submission, card) = match &edit.card {
            Some(typed) => (known_by(&keys, typed, submission)?, Some(update.typed_card(&keys, typed)?)),
            None => (submission.clone(), update.kept_card(&keys)?),
        };
        let Some(CardAfter { other, sealed }) = card else { return Ok(None) };
        let after = edit.applied(order, other);
        Ok(Some(SealedUpdate {
            changes: Changes::between(order, &after, other.is_some()),
            before: order.clone(),
            after,
            card: sealed,
            seen: *seen,
            by: by.clone(),
            at: *at,
            submission,
        }))
    }
}

/// What becomes of an order's card.
struct CardAfter {
    /// What may be shown of it, if it is another one.
    other: Option<CardSummary>,
    /// How it is kept, if that has to be written anew.
    sealed: Option<SealedCard>,
}

/// The card is sealed to UUID and customer: with another customer it is opened and sealed again.
impl UpdateOrder<'_> {
    fn typed_card(&self, keys: &CardKeys, typed: &CardNumber) -> Result<CardAfter, SealError> {
        // A card that does not open counts as different.
        let is_other = self.open(keys).map_or(true, |kept| kept != *typed);
        let sealed = (is_other || self.has_moved()).then(|| self.seal(keys, typed)).transpose()?;
        Ok(CardAfter { other: is_other.then(|| typed.summary()), sealed })
    }

    /// None where nobody can read its number any more.
    fn kept_card(&self, keys: &CardKeys) -> Result<Option<CardAfter>, DbError> {
        if !self.has_moved() {
            return Ok(Some(CardAfter { other: None, sealed: None }));
        }
        match self.open(keys) {
            Ok(kept) => Ok(Some(CardAfter { other: None, sealed: Some(self.seal(keys, &kept)?) })),
            // Another desk has loaded a newer key before this one.
            Err(SealError) if Some(self.found.card.seal_key) > keys.newest(Purpose::Seal) => {
                Err(DbError::Outdated("a card is sealed with a newer key".to_owned()))
            }
            Err(SealError) => Ok(None),
        }
    }

    fn has_moved(&self) -> bool {
        self.edit.user_id != self.found.order.user_id
    }

    fn open(&self, keys: &CardKeys) -> Result<CardNumber, SealError> {
        keys.open(&self.found.card, (&self.found.order.date_uuid, &self.found.order.user_id))
    }

    fn seal(&self, keys: &CardKeys, card: &CardNumber) -> Result<SealedCard, SealError> {
        keys.seal(card, (&self.found.order.date_uuid, &self.edit.user_id))
    }
}

/// A form with a card number is known by the number's hash, too: under the oldest key, which is the same before and
/// after a newer one comes.
fn known_by(keys: &CardKeys, typed: &CardNumber, form: &Submission) -> Result<Submission, SealError> {
    let hashes = keys.hashes(typed)?;
    Ok(form.with_card(hashes.first().map_or(&[], |(_, hash)| hash)))
}
