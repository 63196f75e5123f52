//! Places in a list, by the orders that stand there.

use super::OrderNumber;

/// Where a page begins or ends, whatever its number: so no page is far from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Behind this order.
    After(OrderNumber),
    /// Before this order.
    Before(OrderNumber),
    /// Behind an order that was looked at, in a part of the list that need not be its own; or before it.
    Further { number: OrderNumber, part: u8, backwards: bool },
    /// It is the last.
    End,
}
