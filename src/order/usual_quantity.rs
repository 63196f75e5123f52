//! How much of a product is usual in an order.

use super::Quantity;

/// What all orders of a product have of it, for the mean of an order and for how much that says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualQuantity {
    /// How many orders it rests on, cancelled ones included; at least 1.
    pub orders: u64,
    /// How many units they have together.
    pub units: u64,
}

impl UsualQuantity {
    /// With fewer orders a mean says little.
    const FEWEST_ORDERS: u64 = 20;
    /// So many times the mean is unusual.
    const TIMES: u64 = 10;
    /// Up to so many of whatever it is nobody is asked.
    const NEVER_ASKED: u64 = 20;

    /// Whether a quantity is far beyond what is usual.
    pub fn is_exceeded_by(self, quantity: Quantity) -> bool {
        let quantity = u64::from(quantity.get().unsigned_abs());
        self.orders >= Self::FEWEST_ORDERS
            && quantity > Self::NEVER_ASKED
            && u128::from(quantity) * u128::from(self.orders)
                > u128::from(Self::TIMES) * u128::from(self.units)
    }

    /// The mean of an order, rounded.
    pub fn mean(self) -> u64 {
        self.units.saturating_add(self.orders / 2).checked_div(self.orders).unwrap_or_default().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_the_mean_of_many_orders_is_unusual() {
        let exceeds = |quantity, orders, units| {
            UsualQuantity { orders, units }.is_exceeded_by(Quantity::new(quantity).unwrap())
        };
        assert!(exceeds(41, 20, 80) && exceeds(10_000, 1_000_000, 4_000_000));
        assert!(!exceeds(40, 20, 80), "ten times is not beyond it");
        assert!(!exceeds(400, 19, 76), "too few orders");
        assert!(!exceeds(20, 100, 100) && exceeds(21, 100, 100), "few enough for anything");
        for (orders, units, mean) in [(20, 70, 4), (20, 69, 3), (100, 100, 1), (3, 0, 1)] {
            assert_eq!(UsualQuantity { orders, units }.mean(), mean, "{units} in {orders}");
        }
    }
}
