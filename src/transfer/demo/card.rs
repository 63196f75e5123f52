//! Made-up card numbers.

use fastrand::Rng;

use super::popularity::weighted;
use crate::order::CardNumber;

/// The lengths of card numbers and how many customers in 15,257 have one of each.
const LENGTHS: [(usize, u32); 7] =
    [(11, 98), (12, 1_179), (13, 1_380), (14, 1_314), (15, 2_657), (16, 7_282), (19, 1_347)];

/// A number of some brand, of a length that it has, with the right check digit.
pub fn number(rng: &mut Rng) -> String {
    let length = weighted(&LENGTHS, rng).unwrap_or(16);
    let prefixes: &[(&str, u32)] = match length {
        11 | 12 => &[("5018", 1), ("6304", 1), ("6761", 1)],
        14 => &[("36", 1), ("38", 1), ("300", 1)],
        15 => &[("34", 1), ("37", 2), ("2131", 1), ("1800", 1)],
        16 => &[("4", 3), ("51", 1), ("55", 1), ("2221", 1), ("6011", 1), ("3528", 1)],
        _ => &[("4", 1)],
    };
    let mut digits = weighted(prefixes, rng).unwrap_or("4").to_owned();
    while digits.len() < length - 1 {
        digits.push(rng.digit(10));
    }
    // One of the ten check digits fits, but for a number of 19 digits that begins with a whole number.
    ('0'..='9')
        .map(|check| format!("{digits}{check}"))
        .find(|number| CardNumber::parse(number, false).is_ok())
        .unwrap_or_else(|| self::number(rng))
}
