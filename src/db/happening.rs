//! What happens to orders, with all that the history and whoever is told of it need.

use crate::order::{Change, EventKind, LocalTime, Order, Timestamp};

/// Something that happens to an order.
#[derive(Debug)]
pub struct Happening<'a> {
    /// The order's number.
    pub number: i64,
    /// The order's version after it, from 1.
    pub version: i32,
    /// When, in UTC.
    pub at: Timestamp,
    /// Who.
    pub by: &'a str,
    /// What.
    pub kind: EventKind,
    /// What it changes; nothing, where the order is added or cancelled.
    pub changes: &'a [Change],
    /// Who asked for it, to know one who asks twice.
    pub submission: Option<&'a str>,
    /// The order after it.
    pub order: Snapshot<'a>,
}

/// An order after something happened to it, without its card.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// First part of its key.
    pub date_uuid: &'a str,
    /// Second part of its key: the customer.
    pub user_id: &'a str,
    /// Where it was ordered.
    pub store_code: &'a str,
    /// What was ordered.
    pub product_code: &'a str,
    /// How many of it.
    pub quantity: i32,
    /// When it was ordered.
    pub order_date: LocalTime,
    /// When the goods left, or will leave.
    pub shipping_date: Option<LocalTime>,
    /// When the goods arrived.
    pub delivery_date: Option<LocalTime>,
    /// When it was called off, if it was.
    pub cancelled_at: Option<Timestamp>,
}

impl<'a> Snapshot<'a> {
    /// An order that is called off at a moment, or not.
    pub fn of(order: &'a Order, cancelled_at: Option<Timestamp>) -> Self {
        Self {
            date_uuid: order.date_uuid.as_str(),
            user_id: order.user_id.shown(),
            store_code: order.store.as_str(),
            product_code: order.product.as_str(),
            quantity: order.quantity.get(),
            order_date: order.dates.ordered(),
            shipping_date: order.dates.shipped(),
            delivery_date: order.dates.delivered(),
            cancelled_at,
        }
    }
}

impl Happening<'_> {
    /// The changes as the history stores them; none where nothing was changed.
    pub fn changes_text(&self) -> Option<String> {
        (!self.changes.is_empty()).then(|| Change::list(self.changes))
    }
}
