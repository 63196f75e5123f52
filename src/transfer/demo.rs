//! Made-up orders that look like real ones: the same formats and frequencies and, if asked, the same dirt.
//!
//! The figures are those of a reference data set of 120,123 orders: 441 stores, 1,846 products, 15,320
//! customers with a card each, years 1993 to 2022, a mean quantity of 4.

use chrono::{DateTime, TimeDelta};
use fastrand::Rng;
use uuid::Uuid;

use crate::order::{
    CardNumber, DateUuid, Dates, LocalTime, NewOrder, ProductCode, QualityFlags, Quantity, StoreCode, UserId,
};

const STORES: usize = 440;
const PRODUCTS: usize = 1_846;
const CUSTOMERS: usize = 15_320;
/// Of all orders, in percent, come from the web store.
const WEB_ORDERS: u32 = 22;
/// Of all customers, so many are no UUIDs where the data is dirty.
const ODD_CUSTOMERS: usize = 36;
/// 1993-01-01 and 2023-01-01, in seconds since 1970.
const YEARS: std::ops::Range<i64> = 725_846_400..1_672_531_200;
/// The lengths of card numbers and how many customers in 15,257 have one of each.
const CARD_LENGTHS: [(usize, u32); 7] =
    [(11, 98), (12, 1_179), (13, 1_380), (14, 1_314), (15, 2_657), (16, 7_282), (19, 1_347)];

/// The generator. It gives as many orders as it was asked for, the oldest first; the same for the same seed.
pub struct Demo {
    rng: Rng,
    rows: u64,
    next: u64,
    dirty: bool,
    stores: Vec<StoreCode>,
    products: Vec<ProductCode>,
    customers: Vec<Customer>,
}

struct Customer {
    id: UserId,
    card: CardNumber,
    flags: QualityFlags,
}

impl Demo {
    /// A generator of `rows` orders.
    pub fn new(rows: u64, seed: u64, dirty: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let stores = many(STORES, || store(&mut rng));
        let products = many(PRODUCTS, || product(&mut rng));
        let mut nth = 0;
        let customers = many(CUSTOMERS, || {
            nth += 1;
            customer(&mut rng, dirty, dirty && nth <= ODD_CUSTOMERS)
        });
        Self { rng, rows, next: 0, dirty, stores, products, customers }
    }

    /// Evenly through the years, each somewhere in its own share of them, so that the oldest come first.
    fn moment(&mut self) -> i64 {
        let span = i128::from(YEARS.end - YEARS.start);
        let begin =
            |row: u64| i64::try_from(span * i128::from(row) / i128::from(self.rows)).unwrap_or_default();
        let (from, to) = (begin(self.next), begin(self.next + 1));
        YEARS.start + from + self.rng.i64(0..(to - from).max(1))
    }

    fn dates(&mut self) -> Option<Dates> {
        let ordered = DateTime::from_timestamp(self.moment(), 0)?.naive_utc();
        // The newest of the orders are still on their way, or not even that.
        let from_end = self.rows - self.next;
        let on_the_way = from_end <= (self.rows / 500).clamp(8, 400);
        let waiting = from_end <= (self.rows / 1000).clamp(4, 200);
        let hours = |rng: &mut Rng, most: i64| TimeDelta::minutes(rng.i64(60..most * 60));
        let shipped = ordered + hours(&mut self.rng, 240);
        let delivered = shipped + hours(&mut self.rng, 336);
        Some(Dates::recorded(
            LocalTime::new(ordered),
            (!waiting).then(|| LocalTime::new(shipped)),
            (!waiting && !on_the_way).then(|| LocalTime::new(delivered)),
        ))
    }

    fn order(&mut self) -> Option<NewOrder> {
        let dates = self.dates()?;
        let web = self.rng.u32(0..100) < WEB_ORDERS;
        let store =
            if web { StoreCode::parse(StoreCode::WEB).ok()? } else { *self.rng.choice(&self.stores)? };
        let product = *self.rng.choice(&self.products)?;
        // A few large orders; their mean with the others is 4.
        let quantity = if self.rng.u32(0..1000) == 0 { self.rng.i32(20..=60) } else { self.rng.i32(1..=7) };
        let date_uuid = DateUuid::from(random_uuid(&mut self.rng));
        let Customer { id, card, flags } = self.rng.choice(&self.customers)?;
        Some(NewOrder {
            date_uuid,
            user_id: *id,
            card: card.clone(),
            store,
            product,
            quantity: Quantity::new(quantity).ok()?,
            dates,
            note: None,
            flags: if self.dirty { *flags } else { QualityFlags::NONE },
        })
    }
}

impl Iterator for Demo {
    type Item = NewOrder;

    fn next(&mut self) -> Option<NewOrder> {
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
    let width = rng.usize(5..=7);
    let number: String = (0..width).map(|_| rng.digit(10)).collect();
    ProductCode::parse(&format!("{}{}-{number}{}", rng.alphabetic(), rng.digit(10), rng.alphabetic())).ok()
}

fn customer(rng: &mut Rng, dirty: bool, odd: bool) -> Option<Customer> {
    let id = if odd {
        let garbage: String = (0..10).map(|_| rng.alphanumeric().to_ascii_uppercase()).collect();
        UserId::parse_recorded(&garbage).ok()?
    } else {
        UserId::from(random_uuid(rng))
    };
    let number = card_number(rng);
    // A spreadsheet keeps 15 significant digits of a number, and all of what it took for text.
    let kept_as_text = rng.u32(0..10) == 0;
    let number = if dirty && kept_as_text {
        format!("?{number}")
    } else if dirty {
        number.chars().enumerate().map(|(place, digit)| if place < 15 { digit } else { '0' }).collect()
    } else {
        number
    };
    let (card, mut flags) = CardNumber::parse_recorded(&number).ok()?;
    if odd {
        flags |= QualityFlags::USER_ID;
    }
    Some(Customer { id, card, flags })
}

/// A number of some brand, of a length that it has, with the right check digit.
fn card_number(rng: &mut Rng) -> String {
    let all: u32 = CARD_LENGTHS.iter().map(|(_, count)| count).sum();
    let mut pick = rng.u32(0..all);
    let length = CARD_LENGTHS
        .iter()
        .find(|(_, count)| {
            let here = pick < *count;
            pick = pick.saturating_sub(*count);
            here
        })
        .map_or(16, |(length, _)| *length);
    let prefixes: &[&str] = match length {
        11 | 12 => &["5018", "6304", "6761"],
        14 => &["36", "38", "300"],
        15 => &["34", "37", "37", "2131", "1800"],
        16 => &["4", "4", "4", "51", "55", "2221", "6011", "3528"],
        _ => &["4"],
    };
    let mut digits = (*rng.choice(prefixes).unwrap_or(&"4")).to_owned();
    while digits.len() < length - 1 {
        digits.push(rng.digit(10));
    }
    // One of the ten check digits fits, but for a number of 19 digits that begins with a whole number.
    ('0'..='9')
        .map(|check| format!("{digits}{check}"))
        .find(|number| CardNumber::parse(number, false).is_ok())
        .unwrap_or_else(|| card_number(rng))
}

fn random_uuid(rng: &mut Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dirty: bool) -> Vec<NewOrder> {
        Demo::new(20_000, 7, dirty).collect()
    }

    fn share(orders: &[NewOrder], is: impl Fn(&NewOrder) -> bool) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "thousands are exact")]
        let share = orders.iter().filter(|order| is(order)).count() as f64 / orders.len() as f64;
        share
    }

    #[test]
    fn the_same_seed_makes_the_same_orders_and_another_others() {
        let texts = |seed| {
            Demo::new(50, seed, true)
                .map(|order| format!("{order:?} {}", order.card.reveal()))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
        assert_eq!(Demo::new(0, 1, false).count(), 0);
    }

    #[test]
    fn orders_come_oldest_first_and_their_dates_follow_one_another() {
        let orders = made(false);
        assert_eq!(orders.len(), 20_000);
        assert!(orders.is_sorted_by_key(|order| order.dates.ordered()));
        for order in &orders {
            let dates = order.dates;
            assert!(dates.shipped().is_none_or(|shipped| shipped >= dates.ordered()));
            assert!(dates.delivered().is_none_or(|delivered| Some(delivered) >= dates.shipped()));
            assert!((1993..=2022).contains(&dates.ordered().day().parts().0));
        }
        assert!(orders.last().unwrap().dates.shipped().is_none());
    }

    #[test]
    fn frequencies_are_those_of_the_reference_data() {
        let orders = made(false);
        let web = share(&orders, |order| order.store.as_str() == StoreCode::WEB);
        assert!((0.21..0.24).contains(&web), "{web}");
        let sixteen = share(&orders, |order| order.card.reveal().len() == 16);
        assert!((0.44..0.52).contains(&sixteen), "{sixteen}");
        let pieces: i32 = orders.iter().map(|order| order.quantity.get()).sum();
        assert!((78_000..82_000).contains(&pieces), "{pieces}");
        assert!(orders.iter().all(|order| CardNumber::parse(order.card.reveal(), false).is_ok()));
    }

    #[test]
    fn dirt_is_there_when_asked_for() {
        let orders = made(true);
        let passing = share(&orders, |order| !order.flags.contains(QualityFlags::CARD_CHECK_DIGIT));
        assert!((0.40..0.60).contains(&passing), "{passing}");
        assert!(share(&orders, |order| order.flags.contains(QualityFlags::USER_ID)) > 0.0);
        assert!(made(false).iter().all(|order| order.flags == QualityFlags::NONE));
    }
}
