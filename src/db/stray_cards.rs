//! Card numbers in texts where none belongs: in rows that are older than the search for them.
//!
//! Order by order, a slice at a time; it may end anywhere and begin again.

use std::sync::Arc;

use uuid::Uuid;

use super::cards::SealedCard;
use super::long_read::{LongRead, Slice};
use super::rows::{Revision, UpdateOrderRow};
use super::{Db, DbError, MessageId, Updated};
use crate::order::{
    Actor, Changes, EventDetail, Note, Order, OrderForm, OrderNumber, QualityFlags, Submission, SystemTask,
    Timestamp, UserId, may_hold_card_number,
};

/// A card number in the clear, by where it stands; never the number itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrayCard {
    /// The order that it is about.
    pub order: OrderNumber,
    pub place: StrayPlace,
}

/// Texts that somebody else filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrayPlace {
    Customer,
    /// What the history says of this version.
    History(i32),
    /// The order's note.
    Note,
    /// The body of a webhook message.
    Message(MessageId),
}

/// What the database holds of the orders in a range of numbers, as it is stored.
#[derive(Debug, Default)]
pub(super) struct StoredTexts {
    pub(super) customers: Vec<(OrderNumber, UserId)>,
    pub(super) changes: Vec<(OrderNumber, i32, Option<String>)>,
    pub(super) notes: Vec<(OrderNumber, Option<String>)>,
    pub(super) details: Vec<(OrderNumber, i32, Option<String>)>,
    pub(super) bodies: Vec<(i64, OrderNumber, String)>,
}

/// Texts to store in place of others.
#[derive(Debug, Default)]
pub(super) struct MaskedTexts {
    pub(super) changes: Vec<(OrderNumber, i32, String)>,
    /// Each with what was found.
    pub(super) notes: Vec<(OrderNumber, String, String)>,
    pub(super) details: Vec<(OrderNumber, i32, String)>,
    pub(super) bodies: Vec<(i64, String)>,
}

impl MaskedTexts {
    fn is_empty(&self) -> bool {
        let Self { changes, notes, details, bodies } = self;
        changes.is_empty() && notes.is_empty() && details.is_empty() && bodies.is_empty()
    }
}

/// A walk through all orders.
pub struct StrayCards<'a> {
    db: &'a Db,
    read: LongRead,
    /// The number behind which the next orders are; none when all are done.
    after: Option<i64>,
    last: i64,
    /// When what is found is masked, if it is.
    mends: Option<Timestamp>,
    unopened: Vec<OrderNumber>,
    overtaken: Vec<OrderNumber>,
}

impl Db {
    /// Begins to look for card numbers, and to mask them if it is said when.
    pub async fn find_stray_cards(&self, mends: Option<Timestamp>) -> Result<StrayCards<'_>, DbError> {
        let read = self.begin_long_read(None)?;
        let last = self.store.last_number().await?;
        let after = (last > 0).then_some(0);
        Ok(StrayCards { db: self, read, after, last, mends, unopened: Vec::new(), overtaken: Vec::new() })
    }

    /// Puts a mask in place of an order's customer, with its card sealed to the new key.
    async fn mask_customer(&self, number: OrderNumber, at: Timestamp) -> Result<MaskOutcome, DbError> {
        let Some(found) = self.find_editable(number).await? else { return Ok(MaskOutcome::Done) };
        let before = found.order;
        if !before.user_id.holds_card_number() {
            return Ok(MaskOutcome::Done);
        }
        let user_id = UserId::masked(number);
        let after = Order {
            user_id,
            flags: before.flags | QualityFlags::USER_ID | QualityFlags::USER_ID_MASKED,
            ..before.clone()
        };
        let keys = self.keys();
        let key = (&after.date_uuid, &after.user_id);
        let card = if found.card.is_erased() {
            SealedCard::erased(&keys, key)?
        } else {
            let Ok(card) = keys.open(&found.card, (&before.date_uuid, &before.user_id)) else {
                return Ok(MaskOutcome::Unopened);
            };
            keys.seal(&card, key)?
        };
        let changes = Changes::between(&before, &after, false);
        let submission = Submission::new(Uuid::new_v4(), &OrderForm::default());
        let revision = Revision {
            seen: found.version,
            by: Actor::System(SystemTask::Check),
            client: None,
            at,
            submission,
            job: None,
        };
        let row = UpdateOrderRow::new(&before, after, changes, Some(card), revision);
        match self.store.mask_customer(row, Arc::clone(&self.outbox)).await? {
            Updated::Done => Ok(MaskOutcome::Done),
            _ => Ok(MaskOutcome::Overtaken),
        }
    }
}

enum MaskOutcome {
    Done,
    /// Its card does not open with the keys that are here, so it cannot be sealed to the new key.
    Unopened,
    /// Somebody else changed it meanwhile.
    Overtaken,
}

impl StrayCards<'_> {
    /// Deals with the next orders and returns how many numbers they take and what was found; none when all are done.
    pub async fn step(&mut self) -> Result<Option<(usize, Vec<StrayCard>)>, DbError> {
        let Some(after) = self.after else { return Ok(None) };
        let Slice { found: texts, next } = self.db.store.list_texts(&mut self.read, after, self.last).await?;
        let (found, masked) = judge(&texts);
        if let Some(at) = self.mends {
            for stray in found.iter().filter(|stray| stray.place == StrayPlace::Customer) {
                match self.db.mask_customer(stray.order, at).await? {
                    MaskOutcome::Done => {}
                    MaskOutcome::Unopened => self.unopened.push(stray.order),
                    MaskOutcome::Overtaken => self.overtaken.push(stray.order),
                }
            }
            if !masked.is_empty() {
                self.db.store.replace_texts(masked).await?;
            }
        }
        let numbers = usize::try_from(next.unwrap_or(self.last) - after).unwrap_or_default();
        self.after = next;
        Ok(Some((numbers, found)))
    }

    /// The highest number of an order.
    pub fn last(&self) -> u64 {
        self.last.unsigned_abs()
    }

    /// Orders that were left as they are: their cards do not open with the keys that are here.
    pub fn unopened(&self) -> &[OrderNumber] {
        &self.unopened
    }

    /// Orders that somebody else changed meanwhile.
    pub fn overtaken(&self) -> &[OrderNumber] {
        &self.overtaken
    }
}

/// What is in the clear, and the texts to store instead.
fn judge(texts: &StoredTexts) -> (Vec<StrayCard>, MaskedTexts) {
    let (mut found, mut masked) = (Vec::new(), MaskedTexts::default());
    for (order, customer) in &texts.customers {
        if customer.holds_card_number() {
            found.push(StrayCard { order: *order, place: StrayPlace::Customer });
        }
    }
    for (order, version, changes) in &texts.changes {
        if let Some(text) = changes.as_deref().and_then(masked_changes) {
            found.push(StrayCard { order: *order, place: StrayPlace::History(*version) });
            masked.changes.push((*order, *version, text));
        }
    }
    for (order, note) in &texts.notes {
        let Some(note) = note.as_deref().filter(|note| Note::hides_a_card(note)) else { continue };
        found.push(StrayCard { order: *order, place: StrayPlace::Note });
        let text = Note::stored(note).map(|note| note.as_str().to_owned()).unwrap_or_default();
        masked.notes.push((*order, note.to_owned(), text));
    }
    for (order, version, detail) in &texts.details {
        if let Some(text) = detail.as_deref().and_then(EventDetail::masked) {
            found.push(StrayCard { order: *order, place: StrayPlace::History(*version) });
            masked.details.push((*order, *version, text));
        }
    }
    for (id, order, body) in &texts.bodies {
        if let Some(text) = masked_body(body) {
            let place = StrayPlace::Message(MessageId::recorded(*id));
            found.push(StrayCard { order: *order, place });
            masked.bodies.push((*id, text));
        }
    }
    (found, masked)
}

/// Stored changes without card numbers; none if there are none.
fn masked_changes(text: &str) -> Option<String> {
    if !may_hold_card_number(text) {
        return None;
    }
    let stored: Vec<crate::order::Change> = serde_json::from_str(text).ok()?;
    let masked = Changes::parse(text)?;
    (masked.all() != stored).then(|| crate::order::Change::list(masked.all()))
}

/// The body of a message with a mask in place of a customer that is a card number; none if it is none.
pub(super) fn masked_body(body: &str) -> Option<String> {
    if !may_hold_card_number(body) {
        return None;
    }
    let message: serde_json::Value = serde_json::from_str(body).ok()?;
    let customer = message.get("data")?.get("user_id")?;
    let id = UserId::stored(customer.as_str()?).ok().filter(UserId::holds_card_number)?;
    let shown = serde_json::Value::from(id.shown());
    Some(body.replacen(&format!("\"user_id\":{customer}"), &format!("\"user_id\":{shown}"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_customer_that_is_a_card_number_is_masked_in_a_body() {
        let body = |customer: &str| {
            format!(
                "{{\"type\":\"order.created\",\"data\":{{\"number\":7,\"user_id\":{customer:?},\"order_date\":\"2026-03-01T09:30:00\"}}}}"
            )
        };
        let masked = body("(card number)");
        for card in ["4111 1111 1111 1111", "\"4111\"-1111-1111-1111"] {
            assert_eq!(masked_body(&body(card)).as_ref(), Some(&masked), "{card}");
        }
        for other in ["2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2", "NRQKZWJ9OZ", "masked card 7", "é"] {
            assert_eq!(masked_body(&body(other)), None, "{other}");
        }
        assert_eq!(masked_body("4111111111111111"), None);
    }

    #[test]
    fn only_customers_that_are_card_numbers_are_masked_in_changes() {
        let changes = |before: &str| {
            format!(
                "[{{\"field\":\"user_id\",\"before\":{before:?},\"after\":\"11111111-1111-4111-8111-111111111111\"}}]"
            )
        };
        assert_eq!(masked_changes(&changes("4111111111111111")), Some(changes("(card number)")));
        assert_eq!(masked_changes(&changes("NRQKZWJ9OZ")), None);
        assert_eq!(masked_changes("4111111111111111"), None);
    }
}
