//! Taking back what the last event of an order did.

use super::{Actor, Edit, Event, EventKind, Field, Order, QualityFlags, SystemTask, UserId};

/// Why what an event did cannot be taken back, in words that a clerk reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// Orders are not deleted.
    #[error("It was added, and nothing was changed since. Cancel it if it should not be there.")]
    Added,
    /// Only the newest card is kept.
    #[error("The card number that it had before is not kept. Edit the order, and enter that card number.")]
    Card,
    /// What stood there was taken out of the history, or the program did it to keep a card number out.
    #[error("What stood there before is not kept. Edit the order instead.")]
    NotKept,
}

impl Event {
    /// The order as it was before this event, which was its last one.
    pub fn undone(&self, order: &Order) -> Result<Order, UndoError> {
        if self.kind == EventKind::Added || self.version <= 1 {
            return Err(UndoError::Added);
        }
        if self.changes.all().iter().any(|change| change.field == Field::CardNumber) {
            return Err(UndoError::Card);
        }
        if self.by == Actor::System(SystemTask::Check) {
            return Err(UndoError::NotKept);
        }
        let customer = self.changes.all().iter().find(|change| change.field == Field::UserId);
        if customer.is_some_and(|change| change.before.as_deref() == Some(UserId::HIDDEN)) {
            return Err(UndoError::NotKept);
        }
        let mut before = self.changes.undo(order).ok_or(UndoError::NotKept)?;
        if let Some((cancelled_before, _)) = self.cancellation() {
            before.cancelled_at = cancelled_before;
        }
        if !self.changes.is_empty() {
            before.flags = self.detail.flags.unwrap_or_else(|| warnings_of(order, &before));
            // What comes back is looked at once more.
            before.unseen = QualityFlags::from_bits(order.unseen.bits() & before.flags.bits())
                | before.flags.without(order.flags);
        }
        Ok(before)
    }
}

/// The warnings of an order that goes back to what it was, where nobody noted them: as of an order that is changed.
fn warnings_of(order: &Order, before: &Order) -> QualityFlags {
    let flags = Edit::as_it_is(before).applied(order, None).flags;
    let is_doubtful = before.user_id != order.user_id && UserId::parse(before.user_id.as_str()).is_err();
    if is_doubtful { flags | QualityFlags::USER_ID } else { flags }
}
