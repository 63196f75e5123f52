//! Who orders: more and more customers, most of whom come back, each with the same card.

use fastrand::Rng;

use super::popularity::Ranking;
use super::{card, dirt, random_uuid};
use crate::order::{CardNumber, QualityFlags, StoreCode, UserId};

/// Somebody who orders.
pub struct Customer {
    pub id: UserId,
    pub card: CardNumber,
    /// The store that they go to most.
    pub home: StoreCode,
    pub flags: QualityFlags,
}

/// The nth order is a new customer's in `NEW` of so many cases as the fourth root of n has 256ths: in one of three
/// around the thousandth order, in one of ten around the hundred-thousandth, which makes 400 and 15,000 customers.
const NEW: u64 = 456;
/// Then there are no new ones any more, and those that are known take no more memory.
const MOST: usize = 500_000;

pub struct Customers {
    dirty: bool,
    known: Vec<Customer>,
    orders: u64,
}

impl Customers {
    pub fn new(dirty: bool) -> Self {
        Self { dirty, known: Vec::new(), orders: 0 }
    }

    /// Whose the next order is.
    pub fn next(&mut self, stores: &Ranking<StoreCode>, rng: &mut Rng) -> Option<&Customer> {
        self.orders += 1;
        let fourth_root = (self.orders << 32).isqrt().isqrt();
        let is_new = rng.u64(0..fourth_root.max(1)) < NEW && self.known.len() < MOST;
        if is_new || self.known.is_empty() {
            self.known.push(self.make(stores, rng)?);
            return self.known.last();
        }
        // Who has been a customer for long has ordered often, and orders again.
        let known = u64::try_from(self.known.len()).ok()?;
        let place = rng.u64(0..known).min(rng.u64(0..known));
        self.known.get(usize::try_from(place).ok()?)
    }

    fn make(&self, stores: &Ranking<StoreCode>, rng: &mut Rng) -> Option<Customer> {
        let home = *stores.pick(rng)?;
        let (id, id_flags) = if self.dirty && dirt::is_odd_customer(rng) {
            (dirt::customer_id(rng)?, QualityFlags::USER_ID)
        } else {
            (UserId::from(random_uuid(rng)), QualityFlags::NONE)
        };
        let number = card::number(rng);
        let number = if self.dirty { dirt::of_card(number, rng) } else { number };
        let (card, card_flags) = CardNumber::parse_recorded(&number).ok()?;
        Some(Customer { id, card, home, flags: id_flags | card_flags })
    }
}
