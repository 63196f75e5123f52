//! Changing existing orders, and taking back what was changed, with optimistic locking: each write names the version that it saw.
//!
//! An order that has another version by now stays as it is, and the caller gets a conflict.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::cards::{CardKeys, SealError, SealedCard};
use super::rows::{CancellationRow, ExpectedVersion, Revision, UpdateOrderRow};
use super::{Db, DbError, Purpose};
use crate::order::{
    Actor, CardNumber, CardSummary, Changes, Edit, Event, Field, Note, Order, OrderNumber, Submission,
    Timestamp, UndoError, UserId,
};

/// An order as it is read to be changed.
#[derive(Debug, Clone)]
pub struct Editable {
    pub order: Order,
    /// Counted up by each change, from 1.
    pub version: i32,
    /// What happened to it, newest first.
    pub history: Vec<Event>,
    /// The submissions that led to its versions.
    pub(super) forms: BTreeMap<i32, String>,
    pub(super) card: SealedCard,
}

impl Editable {
    /// The order as it was in an earlier version; none if it never had that version.
    ///
    /// Only its newest card is known whole, and its warnings are those of now.
    pub fn at_version(&self, version: i32) -> Option<Order> {
        let mut later = self.history.iter().filter(|event| event.version > version);
        let order = later.try_fold(self.order.clone(), |order, event| {
            let cancelled_at = event.cancellation().map_or(order.cancelled_at, |(before, _)| before);
            event.changes.undo(&order).map(|order| Order { cancelled_at, ..order })
        });
        order.filter(|_| (1..=self.version).contains(&version)).map(|order| Order { version, ..order })
    }

    /// Whether the order got another card after a version.
    pub fn has_other_card_than_in(&self, version: i32) -> bool {
        let later = self.history.iter().filter(|event| event.version > version);
        later.flat_map(|event| event.changes.all()).any(|change| change.field == Field::CardNumber)
    }

    /// The order as it was before its last change, cancelled or not.
    pub fn before_last_change(&self) -> Result<Order, UndoError> {
        let last = self.history.first().filter(|event| event.version == self.version);
        last.ok_or(UndoError::NotKept)?.undone(&self.order)
    }

    /// What came of a revision of another version than this order has.
    pub(super) fn outcome_of(self, revision: &ExpectedVersion) -> Updated {
        match self.forms.get(&revision.next()) {
            // This very request was committed by a try whose answer was lost.
            Some(submission) if *submission == revision.submission => Updated::Done,
            Some(submission) if revision.has_form_of(submission) => Updated::DuplicateSubmission,
            _ => Updated::Conflict(Box::new(self)),
        }
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
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that it was typed into, to know a form that is sent twice.
    pub submission: Submission,
}

/// The cancellation of an order.
#[derive(Debug)]
pub struct CancelOrder {
    /// The order as it was found.
    pub found: Editable,
    /// The version that is cancelled.
    pub seen: i32,
    /// Why, if somebody says so.
    pub reason: Option<Note>,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that asked for it, to know a form that is sent twice.
    pub submission: Submission,
}

/// A cancelled order that is to go on.
#[derive(Debug)]
pub struct ReopenOrder {
    /// The order as it was found.
    pub found: Editable,
    /// The version that is reopened.
    pub seen: i32,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that asked for it, to know a form that is sent twice.
    pub submission: Submission,
}

/// The last change of an order, which is to be taken back.
#[derive(Debug)]
pub struct UndoChange<'a> {
    /// The order as it was found.
    pub found: &'a Editable,
    /// The version that the change led to.
    pub version: i32,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that asked for it, to know a form that is sent twice.
    pub submission: Submission,
}

/// The result of a change, a cancellation, a reopening, or of taking one of them back.
#[derive(Debug)]
pub enum Updated {
    Done,
    /// The same form had done it already.
    DuplicateSubmission,
    /// There was nothing to change.
    Unchanged,
    /// Nothing was done: somebody has changed or cancelled the order since that version. This is what it is now.
    Conflict(Box<Editable>),
    /// Nothing was done: the card cannot be opened any more, and so not sealed to another customer.
    CardLost,
    /// Nothing was done: another order has the same UUID and customer, this one.
    KeyConflict(OrderNumber),
    /// Nothing was done: what the last change did cannot be taken back.
    NotUndoable(UndoError),
}

impl Db {
    /// Changes an order, if it still has the version that was seen; durable when this returns.
    ///
    /// A conflict that shows in the order as it was found is told without asking the database again.
    pub async fn update_order(&self, update: &UpdateOrder<'_>) -> Result<Updated, DbError> {
        let Some(row) = self.seal_update(update).inspect_err(|error| self.observe(error))? else {
            return Ok(Updated::CardLost);
        };
        if update.seen != update.found.version {
            return Ok(update.found.clone().outcome_of(&row.expected));
        }
        if row.changes_nothing() {
            return Ok(Updated::Unchanged);
        }
        self.notify(self.store.update_order(row, Arc::clone(&self.outbox)).await)
    }

    /// Cancels an order, if it still has the version that was seen; durable when this returns.
    pub async fn cancel_order(&self, cancellation: CancelOrder) -> Result<Updated, DbError> {
        let CancelOrder { found, seen, reason, by, client, at, submission } = cancellation;
        let revision = Revision { seen, by, client, at, submission, job: None };
        let row = CancellationRow::cancel(found.order.clone(), reason, revision);
        if seen != found.version {
            return Ok(found.outcome_of(&row.expected));
        }
        self.notify(self.store.cancel_order(row, Arc::clone(&self.outbox)).await)
    }

    /// Opens a cancelled order again, if it still has the version that was seen; durable when this returns.
    pub async fn reopen_order(&self, reopening: ReopenOrder) -> Result<Updated, DbError> {
        let ReopenOrder { found, seen, by, client, at, submission } = reopening;
        let row = CancellationRow::reopen(
            found.order.clone(),
            Revision { seen, by, client, at, submission, job: None },
        );
        if seen != found.version {
            return Ok(found.outcome_of(&row.expected));
        }
        if found.order.cancelled_at.is_none() {
            return Ok(Updated::Unchanged);
        }
        self.notify(self.store.reopen_order(row, Arc::clone(&self.outbox)).await)
    }

    /// Takes back the last change of an order, if nobody has touched the order since; durable when this returns.
    ///
    /// That is an event in its history like another, so it may be taken back, too.
    pub async fn undo_change(&self, undo: &UndoChange<'_>) -> Result<Updated, DbError> {
        let UndoChange { found, version, by, client, at, submission } = undo;
        let revision = Revision {
            seen: *version,
            by: by.clone(),
            client: *client,
            at: *at,
            submission: submission.clone(),
            job: None,
        };
        if *version != found.version {
            return Ok((*found).clone().outcome_of(&ExpectedVersion::of(&found.order, &revision)));
        }
        let before = match found.before_last_change() {
            Ok(before) => before,
            Err(error) => return Ok(Updated::NotUndoable(error)),
        };
        let card = found.card_for(&self.keys(), &before.user_id).inspect_err(|error| self.observe(error))?;
        let Some(CardAfter { sealed, .. }) = card else { return Ok(Updated::CardLost) };
        let row = UpdateOrderRow::undo(&found.order, before, sealed, revision);
        if row.changes_nothing() {
            return Ok(Updated::Unchanged);
        }
        self.notify(self.store.undo_change(row, Arc::clone(&self.outbox)).await)
    }

    /// Notifies the tasks that wait for this result.
    fn notify(&self, updated: Result<Updated, DbError>) -> Result<Updated, DbError> {
        match &updated {
            Ok(Updated::Done) => {
                self.count_change();
                self.outbox.notify();
            }
            Ok(_) => {}
            Err(error) => self.observe(error),
        }
        updated
    }

    /// What is to be written; none where it takes the card's number, and nobody can read that any more.
    pub(super) fn seal_update(&self, update: &UpdateOrder<'_>) -> Result<Option<UpdateOrderRow>, DbError> {
        let UpdateOrder { found: Editable { order, .. }, edit, seen, by, client, at, submission } = update;
        let keys = self.keys();
        let (submission, card) = match &edit.card {
            Some(typed) => (known_by(&keys, typed, submission)?, Some(update.typed_card(&keys, typed)?)),
            None => (submission.clone(), update.found.card_for(&keys, &edit.user_id)?),
        };
        let Some(CardAfter { other, sealed }) = card else { return Ok(None) };
        let after = edit.applied(order, other);
        let changes = Changes::between(order, &after, other.is_some());
        let revision =
            Revision { seen: *seen, by: by.clone(), client: *client, at: *at, submission, job: None };
        Ok(Some(UpdateOrderRow::new(order, after, changes, sealed, revision)))
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
        let Self { found, edit, .. } = self;
        // A card that does not open counts as different.
        let is_other = found.open(keys).map_or(true, |kept| kept != *typed);
        let has_moved = edit.user_id != found.order.user_id;
        let sealed = (is_other || has_moved).then(|| found.seal(keys, typed, &edit.user_id)).transpose()?;
        Ok(CardAfter { other: is_other.then(|| typed.summary()), sealed })
    }
}

impl Editable {
    /// The card that the order has, for a customer; none where nobody can read its number any more.
    fn card_for(&self, keys: &CardKeys, customer: &UserId) -> Result<Option<CardAfter>, DbError> {
        if *customer == self.order.user_id {
            return Ok(Some(CardAfter { other: None, sealed: None }));
        }
        if self.card.is_erased() {
            let erased = SealedCard::erased(keys, (&self.order.date_uuid, customer))?;
            return Ok(Some(CardAfter { other: None, sealed: Some(erased) }));
        }
        match self.open(keys) {
            Ok(kept) => Ok(Some(CardAfter { other: None, sealed: Some(self.seal(keys, &kept, customer)?) })),
            // Another desk has loaded a newer key before this one.
            Err(SealError) if Some(self.card.seal_key) > keys.newest(Purpose::Seal) => {
                Err(DbError::Outdated("a card is sealed with a newer key".to_owned()))
            }
            Err(SealError) => Ok(None),
        }
    }

    fn open(&self, keys: &CardKeys) -> Result<CardNumber, SealError> {
        keys.open(&self.card, (&self.order.date_uuid, &self.order.user_id))
    }

    fn seal(&self, keys: &CardKeys, card: &CardNumber, customer: &UserId) -> Result<SealedCard, SealError> {
        keys.seal(card, (&self.order.date_uuid, customer))
    }
}

/// A form with a card number is known by the number's hash, too: under the oldest key, which is the same before and
/// after a newer one comes.
fn known_by(keys: &CardKeys, typed: &CardNumber, form: &Submission) -> Result<Submission, SealError> {
    let hashes = keys.hashes(typed)?;
    Ok(form.with_card(hashes.first().map_or(&[], |(_, hash)| hash)))
}

#[cfg(test)]
impl Editable {
    /// An order with its history, newest first, and no card that opens.
    pub(crate) fn sample(order: Order, history: Vec<Event>) -> Self {
        let card = SealedCard { sealed: vec![1], seal_key: 1, hash: vec![2], hash_key: 1 };
        let version = history.first().map_or(1, |event| event.version);
        Self { order, version, history, forms: BTreeMap::new(), card }
    }
}
