//! The calendar of counts: how many orders each year, month and day has.
//!
//! A period is one number: 2026 the year, 202603 its March, 20260304 that month's fourth. The three kinds
//! lie in ranges of their own, so that one key column holds them all and a range of it is "the months of
//! 2026". Any page of the list is found with three such ranges, however deep it lies.

use std::collections::BTreeMap;

use crate::order::Day;

/// All years, as a range of periods.
pub(super) const YEARS: (i32, i32) = (1, 9999);

/// The periods that count a day's orders: its year, its month and itself.
pub(super) fn periods_of(day: Day) -> [i32; 3] {
    let (year, month, day) = parts(day);
    [year, year * 100 + month, (year * 100 + month) * 100 + day]
}

/// The days of a year, as a range of periods.
pub(super) fn days_of(year: i32) -> (i32, i32) {
    (year * 10_000 + 101, year * 10_000 + 1231)
}

/// What changes in which periods, in their order, when orders are added to days or taken from them.
pub(super) fn changes(days: impl IntoIterator<Item = (Day, i64)>) -> BTreeMap<i32, i64> {
    let mut changes = BTreeMap::new();
    for (day, orders) in days {
        for period in periods_of(day) {
            *changes.entry(period).or_default() += orders;
        }
    }
    changes.retain(|_, orders| *orders != 0);
    changes
}

/// The periods that lie wholly after a day: later years, later months of its year, later days of its month.
pub(super) fn ranges_after(day: Day) -> [(i32, i32); 3] {
    let (year, month, day) = parts(day);
    let year_month = year * 100 + month;
    [
        (year + 1, YEARS.1),
        (year_month + 1, year * 100 + 12),
        (year_month * 100 + day + 1, year_month * 100 + 31),
    ]
}

/// The periods within a year or month; a day has none.
pub(super) fn ranges_within(period: i32) -> Option<(i32, i32)> {
    match period {
        ..=9999 => Some((period * 100 + 1, period * 100 + 12)),
        10_000..=999_999 => Some((period * 100 + 1, period * 100 + 31)),
        _ => None,
    }
}

/// The day of a day's period.
pub(super) fn day_of(period: i32) -> Option<Day> {
    let number = |n: i32| u32::try_from(n).ok();
    Day::new(period / 10_000, number(period / 100 % 100)?, number(period % 100)?)
}

/// Walks periods from the newest until `skip` orders are behind; `skip` is then what is left to skip
/// within the period returned. None if there are not so many orders.
pub(super) fn walk(newest_first: &[(i32, i64)], skip: &mut i64) -> Option<i32> {
    newest_first.iter().find_map(|&(period, orders)| {
        if *skip < orders {
            return Some(period);
        }
        *skip -= orders;
        None
    })
}

fn parts(day: Day) -> (i32, i32, i32) {
    let (year, month, day) = day.parts();
    // Months and days are small: the casts keep them.
    (year, month.cast_signed(), day.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_day() -> impl Strategy<Value = Day> {
        (1990..2100_i32, 1..=12_u32, 1..=31_u32)
            .prop_filter_map("a day that is none", |(y, m, d)| Day::new(y, m, d))
    }

    fn within((from, to): (i32, i32), period: i32) -> bool {
        (from..=to).contains(&period)
    }

    proptest! {
        #[test]
        fn later_days_and_only_those_are_counted_once(day in any_day(), other in any_day()) {
            let counted = periods_of(other)
                .into_iter()
                .flat_map(|period| ranges_after(day).into_iter().filter(move |range| within(*range, period)))
                .count();
            prop_assert_eq!(counted, usize::from(other > day));
        }

        #[test]
        fn a_day_lies_within_its_month_and_its_month_within_its_year(day in any_day()) {
            let [year, month, date] = periods_of(day);
            prop_assert!(within(YEARS, year) && !within(YEARS, month) && !within(YEARS, date));
            prop_assert!(within(ranges_within(year).unwrap(), month));
            prop_assert!(within(ranges_within(month).unwrap(), date));
            prop_assert_eq!(ranges_within(date), None);
            prop_assert_eq!(day_of(date), Some(day));
        }

        #[test]
        fn an_order_that_moves_changes_only_what_its_days_do_not_share(from in any_day(), to in any_day()) {
            let changes = changes([(from, -1), (to, 1)]);
            let (left, entered) = (periods_of(from), periods_of(to));
            for period in left.into_iter().chain(entered) {
                let expected = i64::from(entered.contains(&period)) - i64::from(left.contains(&period));
                prop_assert_eq!(changes.get(&period).copied().unwrap_or_default(), expected);
            }
            prop_assert_eq!(changes.is_empty(), from == to);
            prop_assert!(changes.values().all(|orders| *orders != 0));
        }

        #[test]
        fn a_walk_ends_where_a_list_of_all_orders_would(counts in prop::collection::vec(0..4_i64, 0..20), skip in 0..50_usize) {
            let periods: Vec<(i32, i64)> = (0..).zip(counts).collect();
            let all: Vec<i32> = periods.iter().flat_map(|&(p, n)| std::iter::repeat_n(p, usize::try_from(n).unwrap())).collect();
            let mut left = i64::try_from(skip).unwrap();
            let period = walk(&periods, &mut left);
            prop_assert_eq!(period, all.get(skip).copied());
            if let Some(period) = period {
                let first = all.iter().position(|&p| p == period).unwrap();
                prop_assert_eq!(usize::try_from(left).unwrap(), skip - first);
            }
        }
    }
}
