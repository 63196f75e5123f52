//! What a column is by what stands in it.

use std::collections::HashSet;

use super::RawRow;
use crate::order::{CardNumber, DateUuid, Field, ProductCode, QualityFlags, StoreCode};

/// Of a hundred cells with something in them so many have to look right.
const ENOUGH: usize = 90;

/// The field that a column looks like, if it is one of those that are still looked for.
///
/// Only what nothing else looks like is told so: codes, cards and UUIDs. Numbers and dates could be any.
pub(super) fn field_of(sample: &[RawRow], column: usize, is_open: impl Fn(Field) -> bool) -> Option<Field> {
    let cells: Vec<&str> =
        sample.iter().map(|row| row.cell(column).trim()).filter(|cell| !cell.is_empty()).collect();
    if cells.is_empty() {
        return None;
    }
    let mostly =
        |is: fn(&str) -> bool| cells.iter().filter(|cell| is(cell)).count() * 100 >= cells.len() * ENOUGH;
    let looks = if mostly(|cell| StoreCode::parse(cell).is_ok()) {
        Field::StoreCode
    } else if mostly(|cell| ProductCode::parse(cell).is_ok()) {
        Field::ProductCode
    } else if mostly(is_card) {
        Field::CardNumber
    } else if mostly(|cell| DateUuid::parse(cell).is_ok()) {
        uuid_field(&cells, &is_open)
    } else {
        return None;
    };
    is_open(looks).then_some(looks)
}

fn is_card(cell: &str) -> bool {
    let is_right = |flags: QualityFlags| {
        !flags.contains(QualityFlags::CARD_CHECK_DIGIT) && !flags.contains(QualityFlags::CARD_LENGTH)
    };
    CardNumber::parse_recorded(cell).is_ok_and(|(_, flags)| is_right(flags))
}

/// Customers come back, orders do not.
fn uuid_field(cells: &[&str], is_open: impl Fn(Field) -> bool) -> Field {
    let different = cells.iter().collect::<HashSet<_>>().len();
    if different < cells.len() || !is_open(Field::DateUuid) { Field::UserId } else { Field::DateUuid }
}
