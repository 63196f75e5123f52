//! Made-up orders that look like a real desk's: formats and frequencies, habits and, if asked, dirt.
//!
//! The formats and their frequencies are those of a reference data set of 120,123 orders: 440 stores and the web store,
//! 1,846 products, 15,320 customers with a card each, a mean quantity of 4.

mod calendar;
mod card;
mod customers;
mod dirt;
mod fulfilment;
mod popularity;

use fastrand::Rng;
use uuid::Uuid;

use self::calendar::Calendar;
use self::customers::Customers;
use self::fulfilment::Fulfilment;
use self::popularity::Ranking;
use crate::order::{DateUuid, LocalTime, NewOrder, ProductCode, QualityFlags, Quantity, StoreCode};

const STORES: usize = 440;
const PRODUCTS: usize = 1_846;
/// The most popular store outside the web takes about one of their orders in twenty.
const STORE_HEAD: u64 = 4;
/// The most popular product is about one order in thirty-five.
const PRODUCT_HEAD: u64 = 6;
/// Of five orders in a store, so many are made in the one that the customer always goes to.
const AT_HOME: u32 = 3;
/// Dirty orders are none of the clean ones, by the same seed.
const DIRTY: u64 = 0x6469_7274;
/// What may look otherwise by another day has numbers of its own.
const DETAILS: u64 = 0x6465_7461_696c_0000;

/// The generator. It gives as many orders as it was asked for, the oldest first.
///
/// The UUID and customer of the nth order depend on the seed alone, so that orders which are asked for once more, or
/// until another moment, are known. All else depends on that moment, too, and on nothing else: not on the machine.
pub struct Demo {
    /// For UUIDs and customers.
    identities: Rng,
    details: Rng,
    rows: u64,
    next: u64,
    dirty: bool,
    until: LocalTime,
    calendar: Calendar,
    stores: Ranking<StoreCode>,
    products: Ranking<ProductCode>,
    customers: Customers,
}

/// A made-up order, and when it was called off, if it was, by the business's clocks.
#[derive(Debug, Clone)]
pub struct DemoOrder {
    /// The order.
    pub order: NewOrder,
    /// Between the order date and the moment until which there are orders.
    pub cancelled: Option<LocalTime>,
}

impl Demo {
    /// No order is older: the desk doubts those that are.
    pub const FIRST_YEAR: i32 = 1990;

    /// A generator of `rows` orders that end at a moment, with what was shipped, delivered and called off by then.
    pub fn new(rows: u64, seed: u64, dirty: bool, until: LocalTime) -> Self {
        let seed = if dirty { seed ^ DIRTY } else { seed };
        let mut identities = Rng::with_seed(seed);
        let stores = Ranking::new(many(STORES, || store(&mut identities)), STORE_HEAD);
        let products = Ranking::new(many(PRODUCTS, || product(&mut identities)), PRODUCT_HEAD);
        Self {
            identities,
            details: Rng::with_seed(seed ^ DETAILS),
            rows,
            next: 0,
            dirty,
            until,
            calendar: Calendar::new(rows, seed, until.get()),
            stores,
            products,
            customers: Customers::new(dirty),
        }
    }

    fn order(&mut self) -> Option<DemoOrder> {
        let customer = self.customers.next(&self.stores, &mut self.identities)?;
        let date_uuid = DateUuid::from(random_uuid(&mut self.identities));
        let rng = &mut self.details;
        let moment = self.calendar.moment(self.next, rng);
        let store = if moment.on_the_web {
            StoreCode::parse(StoreCode::WEB).ok()?
        } else if rng.u32(0..5) < AT_HOME {
            customer.home
        } else {
            *self.stores.pick(rng)?
        };
        let product = *self.products.pick(rng)?;
        // A few large orders; their mean with the others is 4.
        let quantity = if rng.u32(0..1000) == 0 { rng.i32(20..=60) } else { rng.i32(1..=7) };
        let Fulfilment { dates, cancelled } = Fulfilment::until(self.until.get(), moment.at, rng);
        let (dates, doubts) =
            if self.dirty { dirt::of_dates(dates, self.until, rng) } else { (dates, QualityFlags::NONE) };
        let order = NewOrder {
            date_uuid,
            user_id: customer.id,
            card: customer.card.clone(),
            store,
            product,
            quantity: Quantity::new(quantity).ok()?,
            dates,
            note: None,
            flags: customer.flags | doubts,
        };
        Some(DemoOrder { order, cancelled })
    }
}

impl Iterator for Demo {
    type Item = DemoOrder;

    fn next(&mut self) -> Option<DemoOrder> {
        if self.next >= self.rows {
            return None;
        }
        let order = self.order();
        self.next += 1;
        order
    }
}

fn many<T>(count: usize, mut make: impl FnMut() -> Option<T>) -> Vec<T> {
    std::iter::from_fn(|| Some(make())).flatten().take(count).collect()
}

fn store(rng: &mut Rng) -> Option<StoreCode> {
    let (a, b) = (rng.uppercase(), rng.uppercase());
    StoreCode::parse(&format!("{a}{b}-{:08X}", rng.u32(..))).ok()
}

fn product(rng: &mut Rng) -> Option<ProductCode> {
    let width = rng.u32(5..=7);
    let number: String = (0..width).map(|_| rng.digit(10)).collect();
    ProductCode::parse(&format!("{}{}-{number}{}", rng.alphabetic(), rng.digit(10), rng.alphabetic())).ok()
}

fn random_uuid(rng: &mut Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}

#[cfg(test)]
impl Demo {
    /// Orders for tests that do not care when and by whom they are made.
    pub(crate) fn sample(rows: u64, seed: u64) -> impl Iterator<Item = NewOrder> {
        let until = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        Self::new(rows, seed, false, until).map(|made| made.order)
    }
}

#[cfg(test)]
mod tests;
