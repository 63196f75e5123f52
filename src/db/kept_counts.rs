//! Counts that are kept in the order's own transaction, by triggers, whichever release writes the order.
//!
//! They are of stored facts: how many orders and units there are by the day of ordering, alone, with the store or with the
//! product, and by the days of shipping, delivery and cancellation; and how many of those are cancelled, have dates, or a
//! date of delivery. Each is kept for its year, too, so that a long time is few of them.

use std::ops::AddAssign;

use super::rows::InsertOrderRow;
use super::{Db, DbError, counts};
use crate::order::{LocalTime, ProductCode, Timestamp, UsualQuantity};

/// What a kept count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptKind {
    /// The day of ordering alone.
    Order,
    /// A store, and the day of ordering.
    Store,
    /// A product, and the day of ordering.
    Product,
    /// The day of shipping.
    Shipping,
    /// The day of delivery.
    Delivery,
    /// The day of cancellation in UTC, as that moment is stored.
    Cancellation,
}

/// What is counted of some orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptSums {
    pub orders: i64,
    pub units: i64,
    pub cancelled: i64,
    /// Those not cancelled that have a date of shipping or delivery, past or to come.
    pub dated: i64,
    /// Those not cancelled that have a date of delivery, past or to come.
    pub delivered: i64,
}

impl KeptKind {
    pub const ALL: [Self; 6] =
        [Self::Order, Self::Store, Self::Product, Self::Shipping, Self::Delivery, Self::Cancellation];

    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Store => "store",
            Self::Product => "product",
            Self::Shipping => "shipping",
            Self::Delivery => "delivery",
            Self::Cancellation => "cancelled",
        }
    }
}

/// What a new order adds to which counts, as the triggers have it: by kind, code and period.
pub fn of_new_order(row: &InsertOrderRow) -> impl Iterator<Item = ((KeptKind, &str, i32), KeptSums)> {
    let is = |is: bool| i64::from(is);
    let is_cancelled = row.cancelled_at.is_some();
    let sums = KeptSums {
        orders: 1,
        units: row.product_quantity.into(),
        cancelled: is(is_cancelled),
        dated: is(!is_cancelled && row.shipping_date.or(row.delivery_date).is_some()),
        delivered: is(!is_cancelled && row.delivery_date.is_some()),
    };
    let ordered = Some(row.order_date.day());
    [
        (KeptKind::Order, "", ordered),
        (KeptKind::Store, row.store_code.as_str(), ordered),
        (KeptKind::Product, row.product_code.as_str(), ordered),
        (KeptKind::Shipping, "", row.shipping_date.map(LocalTime::day)),
        (KeptKind::Delivery, "", row.delivery_date.map(LocalTime::day)),
        (KeptKind::Cancellation, "", row.cancelled_at.map(Timestamp::day)),
    ]
    .into_iter()
    .filter_map(|(kind, code, day)| Some((kind, code, counts::periods_of(day?))))
    .flat_map(move |(kind, code, [year, _, day])| [year, day].map(|period| ((kind, code, period), sums)))
}

impl AddAssign for KeptSums {
    fn add_assign(&mut self, other: Self) {
        self.orders += other.orders;
        self.units += other.units;
        self.cancelled += other.cancelled;
        self.dated += other.dated;
        self.delivered += other.delivered;
    }
}

impl Db {
    /// How much of a product its orders have; none where there is no order of it.
    pub async fn usual_quantity(&self, product: &ProductCode) -> Result<Option<UsualQuantity>, DbError> {
        let KeptSums { orders, units, .. } =
            self.store.sum_kept_counts(KeptKind::Product, product.as_str().to_owned()).await?;
        Ok(u64::try_from(orders)
            .ok()
            .zip(u64::try_from(units).ok())
            .and_then(|(orders, units)| (orders > 0).then_some(UsualQuantity { orders, units })))
    }
}
