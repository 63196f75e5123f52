//! Whether kept counts are what counting gives; and mending those that are not.
//!
//! The days of each kind are compared with the orders, some at a time. Longer periods are compared with their days: both
//! are read in one state of the database. What differs is compared once more, alone with the database, and put right.

use std::collections::{BTreeMap, BTreeSet};

use super::kept_counts::{KeptKind, KeptSums};
use super::{Db, DbError, counts};
use crate::order::LocalTime;

/// A count that was not what counting gives, and is by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongCount {
    /// None in the calendar of counts, which has orders alone.
    pub kind: Option<KeptKind>,
    /// Of the store or product; else empty.
    pub code: String,
    /// A year, month or day: 2026, 202603, 20260304.
    pub period: i32,
    pub kept: KeptSums,
    pub counted: KeptSums,
}

/// What of the counts is compared at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountSlice {
    pub part: Part,
    /// The code and the day from which on.
    pub from: (String, i32),
    /// How many orders, about.
    pub orders: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The days of a kind, and those of the calendar beside the days of ordering.
    Days(KeptKind),
    /// The years of one code of a kind.
    Years(KeptKind),
    /// The months and years of the calendar.
    Calendar,
}

/// What came of comparing a slice.
#[derive(Debug, Default)]
pub struct ComparedCounts {
    pub wrong: Vec<WrongCount>,
    /// Where the part goes on; none at its end.
    pub next: Option<(String, i32)>,
}

/// Goes through all counts, a slice at a time.
pub struct CountWalk<'a> {
    db: &'a Db,
    next: Option<CountSlice>,
}

impl Db {
    /// Begins to compare all kept counts with so many orders at a time.
    pub fn walk_counts(&self, orders: u16) -> CountWalk<'_> {
        let first = CountSlice {
            part: Part::Days(KeptKind::Order),
            from: <(String, i32)>::default(),
            orders: i64::from(orders.max(1)),
        };
        CountWalk { db: self, next: Some(first) }
    }
}

impl CountWalk<'_> {
    /// Compares the next slice, and mends what differs: those counts. None when all are done.
    pub async fn step(&mut self) -> Result<Option<Vec<WrongCount>>, DbError> {
        let Some(slice) = self.next.take() else { return Ok(None) };
        let ComparedCounts { wrong, next } = self.db.store.compare_counts(slice.clone()).await?;
        let wrong = if wrong.is_empty() { wrong } else { self.db.store.mend_counts(slice.clone()).await? };
        self.next = match next {
            Some(from) => Some(CountSlice { from, ..slice }),
            None => {
                slice.part.next().map(|part| CountSlice { part, from: <(String, i32)>::default(), ..slice })
            }
        };
        Ok(Some(wrong))
    }
}

impl Part {
    fn next(self) -> Option<Self> {
        let after = |kind| {
            let place = KeptKind::ALL.iter().position(|one| *one == kind)?;
            KeptKind::ALL.get(place + 1).copied()
        };
        match self {
            Self::Days(kind) => Some(after(kind).map_or(Self::Years(KeptKind::Order), Self::Days)),
            Self::Years(kind) => Some(after(kind).map_or(Self::Calendar, Self::Years)),
            Self::Calendar => None,
        }
    }
}

/// Counts of one kind by code and period.
pub type Counts = BTreeMap<(String, i32), KeptSums>;

/// Those that differ; what is not there is zero.
pub fn differences(kind: Option<KeptKind>, kept: &Counts, counted: &Counts) -> Vec<WrongCount> {
    let keys: BTreeSet<_> = kept.keys().chain(counted.keys()).collect();
    let of = |counts: &Counts, key| counts.get(key).copied().unwrap_or_default();
    keys.into_iter()
        .map(|key| (key, of(kept, key), of(counted, key)))
        .filter(|(_, kept, counted)| kept != counted)
        .map(|((code, period), kept, counted)| WrongCount {
            kind,
            code: code.clone(),
            period: *period,
            kept,
            counted,
        })
        .collect()
}

/// The longer periods of some counts, which are kept, and what their days are together.
pub fn with_their_days(all: Counts, periods: fn([i32; 3]) -> Vec<i32>) -> (Counts, Counts) {
    let (days, kept): (Counts, Counts) = all.into_iter().partition(|((_, period), _)| *period > 999_999);
    let mut counted = Counts::new();
    for ((code, day), sums) in days {
        for period in periods([day / 10_000, day / 100, day]) {
            *counted.entry((code.clone(), period)).or_default() += sums;
        }
    }
    (kept, counted)
}

/// The period of the day of a moment.
pub fn day_of(at: LocalTime) -> i32 {
    counts::periods_of(at.day())[2]
}
