//! Orders that a new one may be a second entry of.

use std::time::Duration;

use super::{Order, Timestamp};

/// An order that a new one may be a second entry of.
#[derive(Debug, Clone)]
pub struct AlikeOrder {
    pub order: Order,
    /// When it was added, in UTC.
    pub added: Timestamp,
    pub likeness: Likeness,
}

/// What makes two orders look like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same customer, product and day of ordering.
    Goods,
    /// The same card, and added within [`Likeness::CARD_TIME`].
    Card,
}

impl Likeness {
    /// How soon after each other two orders with the same card are taken for one: longer than it takes to type one
    /// again, shorter than most customers take to come back.
    pub const CARD_TIME: Duration = Duration::from_mins(10);
    /// So many of each are told, the newest.
    pub const MOST: i64 = 3;
}
