//! The dirt of real files, in a few of a hundred orders.

use chrono::Days;
use fastrand::Rng;

use crate::order::{Dates, LocalTime, QualityFlags, UserId};

/// Of 15,320 customers so many have an ID that is no UUID.
const ODD_CUSTOMERS: u32 = 36;
const CUSTOMERS: u32 = 15_320;
/// Of a thousand cards: rounded by a spreadsheet, which does nothing to a short number; marked as text.
const ROUNDED: u32 = 45;
const MARKED: u32 = 8;
/// Significant digits that a spreadsheet keeps of a number.
const SIGNIFICANT_DIGITS: usize = 15;
/// Of a thousand orders with all dates: dates in the wrong order, or one that could not be read.
const ODD_DATES: u32 = 10;

pub fn is_odd_customer(rng: &mut Rng) -> bool {
    rng.u32(0..CUSTOMERS) < ODD_CUSTOMERS
}

/// Ten characters of garbage.
pub fn customer_id(rng: &mut Rng) -> Option<UserId> {
    let garbage: String = (0..10).map(|_| rng.alphanumeric().to_ascii_uppercase()).collect();
    UserId::parse_recorded(&garbage).ok()
}

/// What a file has made of a card number; nothing, mostly.
pub fn of_card(number: String, rng: &mut Rng) -> String {
    match rng.u32(0..1000) {
        dirt if dirt < ROUNDED => {
            let kept = |(place, digit)| if place < SIGNIFICANT_DIGITS { digit } else { '0' };
            number.chars().enumerate().map(kept).collect()
        }
        dirt if dirt < ROUNDED + MARKED => format!("?{number}"),
        _ => number,
    }
}

/// What a file has made of an order's dates; nothing, mostly. An order without a delivery date is left as it is: it is
/// work, and no record.
pub fn of_dates(dates: Dates, now: LocalTime, rng: &mut Rng) -> (Dates, QualityFlags) {
    let (Some(shipped), Some(delivered)) = (dates.shipped(), dates.delivered()) else {
        return (dates, QualityFlags::NONE);
    };
    if rng.u32(0..1000) >= ODD_DATES {
        return (dates, QualityFlags::NONE);
    }
    let ordered = dates.ordered();
    let before = |moment: LocalTime, days: u64| LocalTime::new(moment.get() - Days::new(days));
    let (odd, unreadable) = match rng.u32(0..3) {
        0 => (
            Dates::recorded(ordered, Some(before(ordered, rng.u64(1..30))), Some(delivered)),
            QualityFlags::NONE,
        ),
        1 => (
            Dates::recorded(ordered, Some(shipped), Some(before(shipped, rng.u64(1..30)))),
            QualityFlags::NONE,
        ),
        _ => (Dates::recorded(ordered, None, Some(delivered)), QualityFlags::DATE_UNREADABLE),
    };
    (odd, odd.warnings(now) | unreadable)
}
