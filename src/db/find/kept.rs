//! Lists whose orders are counted by what is kept.
//!
//! How many orders have a status follows from kept counts and from the few dates that are still to come.

use super::{Clause, FindQuery, Range, Stage, Test};
use crate::db::counts;
use crate::db::kept_counts::{KeptKind, KeptSums};
use crate::order::{Beginning, Day, LocalTime, SortKey, Status};

/// How many orders that are not cancelled have dates which are still to come, so that those say nothing of them yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToCome {
    /// None of their dates is past.
    pub dated: i64,
    /// They are not delivered yet, but it is known when.
    pub delivered: i64,
}

/// A list whose orders are counted by what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptList {
    pub kind: KeptKind,
    /// Of stores or products; a single empty one for the other kinds.
    pub codes: Vec<String>,
    /// Ranges of years and of days, from the earliest, that no day is in two of.
    pub periods: Vec<(i32, i32)>,
    /// None where any status will do.
    pub statuses: Option<Vec<Status>>,
}

impl KeptSums {
    /// How many of the orders have a status.
    pub fn with_status(&self, status: Status, to_come: ToCome) -> i64 {
        let begun = self.dated - to_come.dated;
        let delivered = self.delivered - to_come.delivered;
        match status {
            Status::ToShip => self.orders - self.cancelled - begun,
            Status::Shipped => begun - delivered,
            Status::Delivered => delivered,
            Status::Cancelled => self.cancelled,
        }
    }
}

impl ToCome {
    /// Those of such orders.
    pub const STAGES: [Stage; 3] = [Stage::ShipsLater, Stage::ArrivesUnshipped, Stage::Arriving];

    /// Adds orders of one of these stages.
    pub fn add(&mut self, stage: Stage, orders: i64) {
        if stage == Stage::Arriving {
            self.delivered += orders;
        } else {
            self.dated += orders;
        }
    }
}

impl KeptList {
    /// What a list asks for, if it asks for nothing but what is kept, and not for all orders.
    pub fn of(query: &FindQuery) -> Option<Self> {
        let mut kind = None;
        let mut codes = Vec::new();
        let (mut periods, mut statuses) = (None, None);
        let mut has_own_days = false;
        for Clause(tests) in &query.clauses {
            match tests.first()? {
                Test::Stage(_) => statuses = Some(statuses_of(tests)),
                Test::Ordered(_) => periods = Some(periods_of(tests)?),
                Test::Store(_) if kind.is_none() => {
                    (kind, codes) = (Some(KeptKind::Store), codes_of(tests)?);
                }
                Test::Product(_) if kind.is_none() => {
                    (kind, codes) = (Some(KeptKind::Product), codes_of(tests)?);
                }
                first @ (Test::Shipped(_) | Test::Delivered(_)) if query.clauses.len() == 1 => {
                    let is_shipping = matches!(first, Test::Shipped(_));
                    kind = Some(if is_shipping { KeptKind::Shipping } else { KeptKind::Delivery });
                    periods = Some(periods_of(tests)?);
                    has_own_days = true;
                }
                _ => return None,
            }
        }
        if query.clauses.is_empty() {
            return None;
        }
        if kind.is_none() || has_own_days {
            codes = vec![String::new()];
        }
        Some(Self {
            kind: kind.unwrap_or(KeptKind::Order),
            codes,
            periods: periods.unwrap_or_else(|| vec![counts::YEARS]),
            statuses,
        })
    }

    /// Whether the days of its orders are those by which a list is sorted.
    pub fn is_in_order_of(&self, key: SortKey) -> bool {
        key == SortKey::Ordered && !matches!(self.kind, KeptKind::Shipping | KeptKind::Delivery)
    }

    /// How many of some orders the list has.
    pub fn count(&self, sums: &KeptSums, to_come: ToCome) -> i64 {
        match &self.statuses {
            None => sums.orders,
            Some(statuses) => statuses.iter().map(|status| sums.with_status(*status, to_come)).sum(),
        }
    }

    /// Whether dates to come make a difference.
    pub fn depends_on_now(&self) -> bool {
        let asks_for = |status| self.statuses.as_ref().is_some_and(|all| all.contains(&status));
        Status::ALL.into_iter().any(|status| status != Status::Cancelled && asks_for(status))
    }
}

fn statuses_of(tests: &[Test]) -> Vec<Status> {
    let has = |stage: &Stage| tests.contains(&Test::Stage(*stage));
    Status::ALL.into_iter().filter(|status| Stage::of(*status).iter().all(has)).collect()
}

/// Whole codes; none where one is the beginning of many.
fn codes_of(tests: &[Test]) -> Option<Vec<String>> {
    let whole = |text: &Beginning| text.is_whole().then(|| text.as_str().to_owned());
    tests
        .iter()
        .map(|test| match test {
            Test::Store(text) | Test::Product(text) => whole(text),
            _ => None,
        })
        .collect()
}

/// The periods of ranges of whole days, from the earliest; none where one begins or ends within a day.
fn periods_of(tests: &[Test]) -> Option<Vec<(i32, i32)>> {
    let range = |test: &Test| match test {
        Test::Ordered(range) | Test::Shipped(range) | Test::Delivered(range) => Some(*range),
        _ => None,
    };
    let mut ranges: Vec<Range> = tests.iter().map(range).collect::<Option<_>>()?;
    ranges.sort_unstable_by_key(|range| range.from);
    let periods: Vec<_> = ranges.into_iter().map(periods_within).collect::<Option<_>>()?;
    Some(periods.concat())
}

/// The years and days of a range of whole days, from the earliest: no more days than are not of whole years.
fn periods_within(Range { from, until }: Range) -> Option<Vec<(i32, i32)>> {
    if from.into_iter().chain(until).any(|at| at != at.day().start()) {
        return None;
    }
    let (first, last) = (from.map(LocalTime::day), until.map(|at| at.day().previous()));
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        return Some(Vec::new());
    }
    let day = |day: Day| counts::periods_of(day)[2];
    let year = |day: Day| day.parts().0;
    let (starts, ends) =
        (first.filter(|day| !is_first_of_year(*day)), last.filter(|day| !is_last_of_year(*day)));
    // Both within one year.
    if let (Some(first), Some(last)) = (first, last)
        && year(first) == year(last)
        && (starts.is_some() || ends.is_some())
    {
        return Some(vec![(day(first), day(last))]);
    }
    let first_year = first.map_or(counts::YEARS.0, |day| year(day) + i32::from(starts.is_some()));
    let last_year = last.map_or(counts::YEARS.1, |day| year(day) - i32::from(ends.is_some()));
    let mut periods = Vec::new();
    periods.extend(starts.map(|first| (day(first), counts::days_of(year(first)).1)));
    if first_year <= last_year {
        periods.push((first_year, last_year));
    }
    periods.extend(ends.map(|last| (counts::days_of(year(last)).0, day(last))));
    Some(periods)
}

fn is_first_of_year(day: Day) -> bool {
    let (_, month, day) = day.parts();
    (month, day) == (1, 1)
}

fn is_last_of_year(day: Day) -> bool {
    let (_, month, day) = day.parts();
    (month, day) == (12, 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_day() -> impl Strategy<Value = Day> {
        let ends = prop::sample::select(vec![(1, 1), (1, 2), (12, 30), (12, 31)]);
        let some = prop_oneof![ends, (1..=12_u32, 1..=28_u32)];
        (2019..=2022_i32, some).prop_map(|(year, (month, day))| Day::new(year, month, day).unwrap())
    }

    proptest! {
        #[test]
        fn the_periods_of_a_range_have_each_of_its_days_once_and_no_other(
            from in prop::option::of(any_day()), last in prop::option::of(any_day()), day in any_day()
        ) {
            let range = Range { from: from.map(Day::start), until: last.map(|day| day.next().start()) };
            let periods = periods_within(range).unwrap();
            let [year, _, own] = counts::periods_of(day);
            let times: usize = [year, own]
                .into_iter()
                .map(|period| periods.iter().filter(|(a, b)| (*a..=*b).contains(&period)).count())
                .sum();
            let is_within = from.is_none_or(|from| from <= day) && last.is_none_or(|last| day <= last);
            prop_assert_eq!(times, usize::from(is_within), "{:?}", periods);
            let days: i32 = periods.iter().filter(|(a, _)| *a > 9999).map(|(a, b)| b - a).sum();
            prop_assert!(periods.len() <= 3 && days <= 2 * 1231, "{:?}", periods);
        }
    }

    #[test]
    fn a_range_that_ends_within_a_day_is_not_kept() {
        let noon = crate::order::LocalTime::parse("2026-03-04 12:00:00");
        assert_eq!(periods_within(Range { from: None, until: noon }), None);
        assert_eq!(periods_within(Range { from: noon, until: None }), None);
    }
}
