//! Rows, as Diesel reads and writes them, and the orders that they are.
//!
//! Mounted under each database, like `queries.rs`.

use diesel::prelude::*;

use super::DB;
use crate::db::InsertOrder;
use crate::db::cards::{CardKeys, SealError, SealedCard};
use crate::db::message::{LeasedMessage, MessageId, MessageState, OutboxMessage};
use crate::db::order_event::OrderEvent;
use crate::db::reencrypt::StoredCard;
use crate::db::schema::{order_events, orders, outbox};
use crate::db::stray_cards::masked_body;
use crate::order::{
    Actor, Brand, CardSummary, Changes, DateUuid, Dates, Event, EventKind, LastFour, LocalTime, NewOrder,
    Order, OrderNumber, ProductCode, QualityFlags, Quantity, StoreCode, Timestamp, UserId,
};

/// What the list and an order's page show of a row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(DB))]
pub struct OrderRow {
    number: OrderNumber,
    date_uuid: DateUuid,
    user_id: UserId,
    store_code: StoreCode,
    product_code: ProductCode,
    product_quantity: Quantity,
    order_date: LocalTime,
    shipping_date: Option<LocalTime>,
    delivery_date: Option<LocalTime>,
    cancelled_at: Option<Timestamp>,
    card_brand: Brand,
    card_last4: LastFour,
    flags: QualityFlags,
}

impl OrderRow {
    pub fn into_order(self) -> Order {
        Order {
            number: self.number,
            date_uuid: self.date_uuid,
            user_id: self.user_id,
            card: CardSummary { brand: self.card_brand, last_four: self.card_last4 },
            store: self.store_code,
            product: self.product_code,
            quantity: self.product_quantity,
            dates: Dates::recorded(self.order_date, self.shipping_date, self.delivery_date),
            cancelled_at: self.cancelled_at,
            flags: self.flags,
        }
    }
}

/// One entry of an order's history.
#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events, check_for_backend(DB))]
pub struct EventRow {
    version: i32,
    at: Timestamp,
    actor: String,
    kind: EventKind,
    changes: Option<Changes>,
}

impl EventRow {
    pub fn into_event(self) -> Event {
        Event {
            version: self.version,
            at: self.at,
            by: Actor::stored(&self.actor),
            kind: self.kind,
            changes: self.changes.unwrap_or_default(),
        }
    }
}

/// The order that already has the key of a new one.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(DB))]
pub struct KeyHolder {
    pub number: i64,
    pub card_sealed: Vec<u8>,
    pub card_hash: Vec<u8>,
    pub card_hash_key: i16,
    pub submission: Option<String>,
}

/// The card of an order, and what it is sealed to.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(DB))]
pub struct CardRow {
    number: OrderNumber,
    date_uuid: DateUuid,
    user_id: UserId,
    card_sealed: Vec<u8>,
    card_seal_key: i16,
    card_hash: Vec<u8>,
    card_hash_key: i16,
}

impl CardRow {
    pub fn into_stored(self) -> StoredCard {
        StoredCard {
            number: self.number,
            date_uuid: self.date_uuid,
            user_id: self.user_id,
            card: SealedCard {
                sealed: self.card_sealed,
                seal_key: self.card_seal_key,
                hash: self.card_hash,
                hash_key: self.card_hash_key,
            },
        }
    }
}

/// A message as it is sent.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(DB))]
pub struct DueRow {
    id: i64,
    message_id: String,
    body: String,
    attempts: i32,
}

impl DueRow {
    pub fn into_leased(self, until: Timestamp) -> LeasedMessage {
        LeasedMessage {
            id: MessageId::recorded(self.id),
            webhook_id: self.message_id,
            // What was stored before card numbers were looked for is not sent either.
            body: masked_body(&self.body).unwrap_or(self.body),
            attempt: self.attempts.unsigned_abs(),
            until,
        }
    }
}

/// A message as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(DB))]
pub struct MessageRow {
    id: i64,
    message_id: String,
    endpoint: String,
    order_number: OrderNumber,
    version: i32,
    kind: EventKind,
    created_at: Timestamp,
    state: MessageState,
    attempts: i32,
    next_attempt_at: Timestamp,
    claimed_until: Option<Timestamp>,
    last_error: Option<String>,
    settled_at: Option<Timestamp>,
}

impl MessageRow {
    pub fn into_message(self, is_held_back: bool) -> OutboxMessage {
        OutboxMessage {
            id: MessageId::recorded(self.id),
            webhook_id: self.message_id,
            endpoint: self.endpoint,
            order: self.order_number,
            version: self.version,
            kind: self.kind,
            created_at: self.created_at,
            state: self.state,
            attempts: self.attempts.unsigned_abs(),
            next_attempt_at: self.next_attempt_at,
            claimed_until: self.claimed_until,
            last_error: self.last_error,
            settled_at: self.settled_at,
            is_held_back,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub struct InsertOrderRow {
    pub date_uuid: String,
    pub user_id: String,
    pub store_code: String,
    pub product_code: String,
    pub product_quantity: i32,
    pub order_date: LocalTime,
    pub shipping_date: Option<LocalTime>,
    pub delivery_date: Option<LocalTime>,
    pub card_brand: &'static str,
    pub card_last4: String,
    pub card_sealed: Vec<u8>,
    pub card_seal_key: i16,
    pub card_hash: Vec<u8>,
    pub card_hash_key: i16,
    pub flags: i16,
    pub submission: Option<String>,
    pub version: i32,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub updated_by: String,
    /// The card under every hash key: the row of a form sent again may be under another one than this.
    #[diesel(skip_insertion)]
    pub card_hashes: Vec<(i16, Vec<u8>)>,
    /// History and outbox describe the whole order, but only once the database has numbered it.
    #[diesel(skip_insertion)]
    order: NewOrder,
}

impl InsertOrderRow {
    /// The first event of the order, which the database has numbered.
    pub fn event(&self, number: OrderNumber) -> OrderEvent<'_> {
        OrderEvent {
            version: self.version,
            at: self.created_at,
            by: &self.created_by,
            kind: EventKind::Added,
            changes: &[],
            submission: None,
            order: Order::new(number, &self.order),
        }
    }

    /// The row of a new order, with its card sealed.
    pub fn seal(entry: &InsertOrder, keys: &CardKeys) -> Result<Self, SealError> {
        let InsertOrder { order, by, at, submission } = entry;
        let NewOrder { date_uuid, user_id, card, store, product, quantity, dates, flags } = order;
        let SealedCard { sealed, seal_key, hash, hash_key } = keys.seal(card, (date_uuid, user_id))?;
        let summary = card.summary();
        Ok(Self {
            date_uuid: date_uuid.as_str().to_owned(),
            user_id: user_id.as_str().to_owned(),
            store_code: store.as_str().to_owned(),
            product_code: product.as_str().to_owned(),
            product_quantity: quantity.get(),
            order_date: dates.ordered(),
            shipping_date: dates.shipped(),
            delivery_date: dates.delivered(),
            card_brand: summary.brand.as_str(),
            card_last4: summary.last_four.as_str().to_owned(),
            card_sealed: sealed,
            card_seal_key: seal_key,
            card_hash: hash,
            card_hash_key: hash_key,
            flags: flags.bits(),
            submission: submission.as_ref().map(|sent| sent.as_str().to_owned()),
            version: 1,
            created_at: *at,
            created_by: by.text().into_owned(),
            updated_at: *at,
            updated_by: by.text().into_owned(),
            card_hashes: keys.hashes(card)?,
            order: order.clone(),
        })
    }

    /// Whether the card is the one of an earlier row, whichever key that was hashed with.
    pub fn has_card_of(&self, earlier: &KeyHolder) -> bool {
        self.card_hashes.iter().any(|(key, hash)| *key == earlier.card_hash_key && *hash == earlier.card_hash)
    }
}
