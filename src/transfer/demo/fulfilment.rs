//! What becomes of an order: shipped, delivered, called off.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use fastrand::Rng;

use super::calendar::is_free;
use super::popularity::weighted;
use crate::order::{Dates, LocalTime};

/// Working days until an order is shipped, with how many in a hundred take them. The last ones are late.
const UNTIL_SHIPPED: [(u32, u32); 9] =
    [(0, 12), (1, 39), (2, 29), (3, 11), (4, 3), (5, 2), (6, 2), (8, 1), (10, 1)];
/// Working days on the way.
const ON_THE_WAY: [(u32, u32); 6] = [(1, 64), (2, 24), (3, 7), (4, 3), (6, 1), (8, 1)];
/// What is ordered by then may be shipped on the same day.
const LAST_HOUR_OF_THE_DAY: u32 = 14;
/// Of a thousand orders.
const CANCELLED: u32 = 25;
/// Who calls an order off does so within two days.
const SECONDS_TO_CANCEL: i64 = 48 * 3_600;
/// The hours in which goods leave, and those in which they arrive.
const SHIPPING_HOURS: (u32, u32) = (8, 18);
const DELIVERY_HOURS: (u32, u32) = (9, 20);

/// What has become of an order by a moment.
pub struct Fulfilment {
    pub dates: Dates,
    pub cancelled: Option<LocalTime>,
}

impl Fulfilment {
    /// By the moment `until`, of what is ordered before.
    pub fn until(until: NaiveDateTime, ordered: NaiveDateTime, rng: &mut Rng) -> Self {
        let known = |moment: NaiveDateTime| (moment <= until).then(|| LocalTime::new(moment));
        let shipped = shipping(ordered, rng);
        let delivered =
            within(DELIVERY_HOURS, working_days_after(shipped.date(), days(&ON_THE_WAY, rng)), rng);
        let cancelled = (rng.u32(0..1000) < CANCELLED).then(|| cancellation(ordered, shipped, rng));
        let ordered = LocalTime::new(ordered);
        match cancelled.and_then(known) {
            Some(cancelled) => {
                Self { dates: Dates::recorded(ordered, None, None), cancelled: Some(cancelled) }
            }
            None => {
                Self { dates: Dates::recorded(ordered, known(shipped), known(delivered)), cancelled: None }
            }
        }
    }
}

fn shipping(ordered: NaiveDateTime, rng: &mut Rng) -> NaiveDateTime {
    let date = ordered.date();
    match days(&UNTIL_SHIPPED, rng) {
        0 if !is_free(date) && ordered.hour() < LAST_HOUR_OF_THE_DAY => {
            let packed = ordered.hour().max(SHIPPING_HOURS.0) + 1;
            within((packed, SHIPPING_HOURS.1), date, rng)
        }
        days => within(SHIPPING_HOURS, working_days_after(date, days.max(1)), rng),
    }
}

/// After the order, and before it is shipped.
fn cancellation(ordered: NaiveDateTime, shipped: NaiveDateTime, rng: &mut Rng) -> NaiveDateTime {
    let most = (shipped - ordered).num_seconds().clamp(1, SECONDS_TO_CANCEL);
    ordered + TimeDelta::seconds(rng.i64(0..most))
}

fn days(choices: &[(u32, u32)], rng: &mut Rng) -> u32 {
    weighted(choices, rng).unwrap_or_default()
}

fn working_days_after(date: NaiveDate, days: u32) -> NaiveDate {
    let working = date.iter_days().skip(1).filter(|date| !is_free(*date));
    working.take(days as usize).last().unwrap_or(date)
}

/// A moment of a day from one hour to another.
fn within((from, to): (u32, u32), date: NaiveDate, rng: &mut Rng) -> NaiveDateTime {
    let seconds = rng.i64(i64::from(from) * 3_600..i64::from(to) * 3_600);
    date.and_time(NaiveTime::MIN) + TimeDelta::seconds(seconds)
}
