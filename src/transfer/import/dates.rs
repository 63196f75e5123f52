//! Dates of which nobody can tell day from month one by one, but a whole column can.

use std::borrow::Cow;
use std::ops::Range;

use super::DateOrder;

/// How a column's dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColumnDates {
    /// Such as 31/12/2026.
    pub day_first: u64,
    /// Such as 12/31/2026.
    pub month_first: u64,
    /// Such as 3/4/2026.
    pub either: u64,
}

impl ColumnDates {
    /// Takes a cell into account.
    pub fn count(&mut self, text: &str) {
        let Some((_, (a, b, _))) = numbers(text) else { return };
        match (a, b) {
            (a, b) if a == b => {}
            (13..=31, 1..=12) => self.day_first += 1,
            (1..=12, 13..=31) => self.month_first += 1,
            (1..=12, 1..=12) => self.either += 1,
            _ => {}
        }
    }

    /// What all of its dates together say; none where nothing tells, or they contradict each other.
    pub fn order(self) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (1.., 0) => Some(DateOrder::DayFirst),
            (0, 1..) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }

    /// Whether somebody has to say how they are written.
    pub fn is_open(self) -> bool {
        self.either > 0 && self.order().is_none()
    }
}

/// The same date with its day as `2026-03-31`, where it begins with two numbers in this order.
pub(super) fn in_order(text: &str, order: DateOrder) -> Cow<'_, str> {
    let Some((place, (a, b, year))) = numbers(text) else { return Cow::Borrowed(text) };
    let (day, month) = match order {
        DateOrder::DayFirst => (a, b),
        DateOrder::MonthFirst => (b, a),
    };
    let (before, behind) =
        (text.get(..place.start).unwrap_or_default(), text.get(place.end..).unwrap_or_default());
    Cow::Owned(format!("{before}{year:04}-{month:02}-{day:02}{behind}"))
}

/// The word `31/12/2026` or `31-12-2026` of a text: where it stands, and its numbers.
///
/// With points the day is always first.
fn numbers(text: &str) -> Option<(Range<usize>, (u32, u32, u32))> {
    let mut start = 0;
    for word in text.split_inclusive([' ', ',', 'T', '\u{a0}']) {
        let bare = word.trim_end_matches([' ', ',', 'T', '\u{a0}']);
        if let Some(numbers) = of_word(bare) {
            return Some((start..start + bare.len(), numbers));
        }
        start += word.len();
    }
    None
}

fn of_word(word: &str) -> Option<(u32, u32, u32)> {
    let separator = ['/', '-'].into_iter().find(|separator| word.contains(*separator))?;
    let mut parts = word.split(separator);
    let parts = (parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?);
    let number = |text: &str, most: usize| {
        let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse().ok() } else { None }
    };
    (parts.2.len() == 4).then_some(())?;
    Some((number(parts.0, 2)?, number(parts.1, 2)?, number(parts.2, 4)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_column_decides_together() {
        let of = |texts: &[&str]| {
            let mut dates = ColumnDates::default();
            for text in texts {
                dates.count(text);
            }
            (dates.order(), dates.is_open())
        };
        assert_eq!(of(&["3/4/2026", "31/3/2026 14:05"]), (Some(DateOrder::DayFirst), false));
        assert_eq!(of(&["3/4/2026", "Tue 3/31/2026, 2:05 pm"]), (Some(DateOrder::MonthFirst), false));
        assert_eq!(of(&["3/4/2026"]), (None, true));
        assert_eq!(of(&["3/3/2026", "2026-03-04", "3.4.2026", "soon", ""]), (None, false));
        assert_eq!(of(&["3-4-2026", "31-3-2026", "3-31-2026"]), (None, true), "they contradict each other");
    }

    proptest! {
        #[test]
        fn a_date_is_put_in_order(day in 1..=28_u32, month in 1..=12_u32, time in "( 14:05)?", separator in "[/-]") {
            let iso = format!("2026-{month:02}-{day:02}{time}");
            let text = format!("{day}{separator}{month}{separator}2026{time}");
            prop_assert_eq!(&*in_order(&text, DateOrder::DayFirst), &iso);
            let text = format!("{month:02}{separator}{day:02}{separator}2026{time}");
            prop_assert_eq!(&*in_order(&text, DateOrder::MonthFirst), &iso);
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,20}|[0-9/ T:-]{0,20}") {
            ColumnDates::default().count(&text);
            let _ = in_order(&text, DateOrder::DayFirst);
        }
    }
}
