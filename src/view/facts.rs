//! What is known of an order, as its pages say it.

use serde::Serialize;

use crate::order::{LocalTime, Order, Status, grouped};

/// The facts of an order.
#[derive(Serialize)]
pub(super) struct Facts {
    ordered: String,
    shipped: String,
    delivered: String,
    store: String,
    product: String,
    quantity: String,
    card: String,
    user_id: String,
    date_uuid: String,
    note: String,
}

impl Facts {
    pub(super) fn new(order: &Order, status: Status) -> Self {
        let open = |sentence: &'static str| if status == Status::Cancelled { "–" } else { sentence };
        let date = |date: Option<LocalTime>, otherwise| {
            date.map_or_else(|| open(otherwise).to_owned(), LocalTime::in_words)
        };
        Self {
            ordered: order.dates.ordered().in_words(),
            shipped: date(order.dates.shipped(), "Not shipped yet"),
            delivered: date(order.dates.delivered(), "Not delivered yet"),
            store: order.store.to_string(),
            product: order.product.to_string(),
            quantity: grouped(u64::from(order.quantity.get().unsigned_abs())),
            card: order.card.to_string(),
            user_id: order.user_id.shown().to_owned(),
            date_uuid: order.date_uuid.as_str().to_owned(),
            note: order.note.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default(),
        }
    }
}
