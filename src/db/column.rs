//! The columns that a list can be sorted by, beside the date of ordering and the number.

use crate::order::{LocalTime, Order};

/// What orders of one value stand together by, where a list is sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Store,
    Product,
    Quantity,
    Brand,
    Shipping,
    Delivery,
    Customer,
    Uuid,
}

/// A value of such a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(i32),
    Time(LocalTime),
}

impl Column {
    /// An order's value; none where it has no date.
    pub fn value(self, order: &Order) -> Option<Value> {
        Some(match self {
            Self::Store => Value::Text(order.store.as_str().to_owned()),
            Self::Product => Value::Text(order.product.as_str().to_owned()),
            Self::Quantity => Value::Number(order.quantity.get()),
            Self::Brand => Value::Text(order.card.brand.as_str().to_owned()),
            Self::Shipping => Value::Time(order.dates.shipped()?),
            Self::Delivery => Value::Time(order.dates.delivered()?),
            Self::Customer => Value::Text(order.user_id.as_str().to_owned()),
            Self::Uuid => Value::Text(order.date_uuid.as_str().to_owned()),
        })
    }
}
