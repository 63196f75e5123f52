//! How much of a product is usual in an order.

/// What all orders of a product have of it, for the mean of an order and for how much that says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualQuantity {
    /// How many orders it rests on, cancelled ones included; at least 1.
    pub orders: u64,
    /// How many units they have together.
    pub units: u64,
}
