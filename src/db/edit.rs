//! Changing orders that are there: each write says which version of its order it saw.
//!
//! An order that got another version meanwhile stays as it is, and whoever wrote hears of it.

use std::sync::Arc;

use super::cards::SealedCard;
use super::{Db, DbError, Purpose};
use crate::order::{
    Actor, CardNumber, Changes, Edit, Event, EventKind, Order, OrderNumber, Submission, Timestamp,
};

/// An order as it is read to be changed.
#[derive(Debug)]
pub struct Editable {
    /// The order.
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
    /// Only its newest card is known whole, and its doubts are those of now.
    pub fn at_version(&self, version: i32) -> Option<Order> {
        let later = self.history.iter().filter(|event| event.version > version);
        let order = later
            .map(|event| &event.changes)
            .try_fold(self.order.clone(), |order, changes| changes.undo(&order));
        order.filter(|_| (1..=self.version).contains(&version))
    }
}

/// A change on its way in.
#[derive(Debug)]
pub struct Editing<'a> {
    /// The order as it was found.
    pub found: &'a Editable,
    /// What it shall say.
    pub edit: &'a Edit,
    /// The version that is changed.
    pub seen: i32,
    /// Who changes it.
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that it was typed into, to know a form that is sent twice.
    pub submission: Submission,
}

/// A cancellation on its way in.
#[derive(Debug)]
pub struct Cancelling {
    /// The order as it was found.
    pub order: Order,
    /// The version that is cancelled.
    pub seen: i32,
    /// Who cancels it.
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that asked for it, to know a form that is sent twice.
    pub submission: Submission,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// It is done.
    Done,
    /// The same form had done it already.
    Again,
    /// There was nothing to change.
    Unchanged,
    /// Nothing was done: somebody has changed the order since that version.
    Stale,
    /// Nothing was done: the order is cancelled.
    Cancelled,
    /// Nothing was done: the card cannot be opened any more, and so not sealed to another customer.
    CardLost,
    /// Nothing was done: another order has the same UUID and customer, this one.
    Taken(OrderNumber),
}

/// A change with all that is written of it.
pub(super) struct Edited {
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

impl Edited {
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
            store.read(async move |conn| arm::updates::find_editable(conn, number).await).await
        })
    }

    /// Changes an order, if it still has the version that was seen; durable when this returns.
    pub async fn update_order(&self, editing: &Editing<'_>) -> Result<Updated, DbError> {
        let Some(edited) = self.seal_edited(editing).inspect_err(|error| self.heed(error))? else {
            return Ok(Updated::CardLost);
        };
        if edited.changes.is_empty() && editing.seen == editing.found.version {
            return Ok(Updated::Unchanged);
        }
        let updated = on!(self: |store, arm| {
            let row = arm::EditedRow::new(edited);
            let announcer = Arc::clone(&self.announcer);
            store.write(async move |conn| arm::updates::update_order(conn, &row, &announcer).await).await
        });
        self.told(updated)
    }

    /// Cancels an order, if it still has the version that was seen; durable when this returns.
    pub async fn cancel_order(&self, cancelling: Cancelling) -> Result<Updated, DbError> {
        let updated = on!(self: |store, arm| {
            let row = arm::CancelledRow::new(cancelling);
            let announcer = Arc::clone(&self.announcer);
            store.write(async move |conn| arm::updates::cancel_order(conn, &row, &announcer).await).await
        });
        self.told(updated)
    }

    /// Wakes whoever waits for what came of it.
    fn told(&self, updated: Result<Updated, DbError>) -> Result<Updated, DbError> {
        match &updated {
            Ok(Updated::Done) => self.announcer.wake(),
            Ok(_) => {}
            Err(error) => self.heed(error),
        }
        updated
    }

    /// What is to be written; none where it takes the card's number, and nobody can read that any more.
    ///
    /// The card is sealed to UUID and customer: with another customer it is opened and sealed again.
    fn seal_edited(&self, editing: &Editing<'_>) -> Result<Option<Edited>, DbError> {
        let Editing { found: Editable { order, card, .. }, edit, .. } = editing;
        let keys = self.keys();
        let has_moved = edit.user_id != order.user_id;
        let open = || keys.open(card, (&order.date_uuid, &order.user_id));
        let seal = |card: &CardNumber| keys.seal(card, (&order.date_uuid, &edit.user_id));
        let (mut other, mut sealed, mut submission) = (None, None, editing.submission.clone());
        if let Some(typed) = &edit.card {
            // Under the oldest key: the same before and after a newer one comes.
            let hashes = keys.hashes(typed)?;
            submission = submission.with_card(hashes.first().map_or(&[], |(_, hash)| hash));
            let is_other = open().map_or(true, |kept| kept != *typed);
            other = is_other.then(|| typed.summary());
            sealed = (is_other || has_moved).then(|| seal(typed)).transpose()?;
        } else if has_moved {
            match open() {
                Ok(kept) => sealed = Some(seal(&kept)?),
                // Another desk has taken up a newer key before this one.
                Err(_) if Some(card.seal_key) > keys.newest(Purpose::Seal) => {
                    return Err(DbError::Outdated("a card is sealed with a newer key".to_owned()));
                }
                Err(_) => return Ok(None),
            }
        }
        let after = edit.applied(order, other);
        Ok(Some(Edited {
            changes: Changes::between(order, &after, other.is_some()),
            before: order.clone(),
            after,
            card: sealed,
            seen: editing.seen,
            by: editing.by.clone(),
            at: editing.at,
            submission,
        }))
    }
}
