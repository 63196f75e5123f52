//! Whether the history is whole: an order's version is the number of its events, one for each version.

use std::collections::BTreeMap;

use super::{Db, DbError};
use crate::order::OrderNumber;

/// An order whose events are not those of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryGap {
    pub order: OrderNumber,
    /// None where there are events of an order that is not there.
    pub version: Option<i32>,
    /// The versions that its events are of.
    pub events: Vec<i32>,
}

/// The orders with numbers in a range with their versions, and the events in it by order and version.
#[derive(Debug, Default)]
pub(super) struct StoredVersions {
    pub(super) orders: Vec<(OrderNumber, i32)>,
    pub(super) events: Vec<(OrderNumber, i32)>,
}

/// A walk through all orders, a range of numbers at a time.
pub struct HistoryWalk<'a> {
    db: &'a Db,
    batch: i64,
    after: i64,
    last: i64,
}

impl Db {
    /// Begins to compare orders with their events, so many at a time.
    pub async fn walk_history(&self, batch: u16) -> Result<HistoryWalk<'_>, DbError> {
        let with_events = self.store.last_number_in_history().await?;
        let last = self.store.last_number().await?.max(with_events);
        Ok(HistoryWalk { db: self, batch: i64::from(batch.max(1)), after: 0, last })
    }
}

impl HistoryWalk<'_> {
    /// Looks at the next orders and returns how many numbers they take and what was found; none when all are done.
    pub async fn step(&mut self) -> Result<Option<(usize, Vec<HistoryGap>)>, DbError> {
        if self.after >= self.last {
            return Ok(None);
        }
        let until = self.after.saturating_add(self.batch).min(self.last);
        let mut found = Vec::new();
        for gap in gaps(&self.db.store.list_versions((self.after + 1, until)).await?) {
            // Somebody may have changed the order between the two questions.
            let number = gap.order.get();
            found.extend(gaps(&self.db.store.list_versions((number, number)).await?));
        }
        let numbers = usize::try_from(until - self.after).unwrap_or_default();
        self.after = until;
        Ok(Some((numbers, found)))
    }

    /// The highest number that an order or an event has.
    pub fn last(&self) -> u64 {
        self.last.unsigned_abs()
    }
}

fn gaps(StoredVersions { orders, events }: &StoredVersions) -> Vec<HistoryGap> {
    let mut by_order: BTreeMap<OrderNumber, (Option<i32>, Vec<i32>)> = BTreeMap::new();
    for (order, version) in orders {
        by_order.entry(*order).or_default().0 = Some(*version);
    }
    for (order, version) in events {
        by_order.entry(*order).or_default().1.push(*version);
    }
    let is_whole = |(version, events): &(Option<i32>, Vec<i32>)| {
        version.is_some_and(|version| version > 0 && events.iter().copied().eq(1..=version))
    };
    by_order
        .into_iter()
        .filter(|(_, one)| !is_whole(one))
        .map(|(order, (version, events))| HistoryGap { order, version, events })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: i64) -> OrderNumber {
        OrderNumber::new(number).unwrap()
    }

    #[test]
    fn only_an_event_for_each_version_is_whole() {
        for (version, events, is_whole) in [
            (Some(1), &[1][..], true),
            (Some(3), &[1, 2, 3], true),
            (Some(3), &[1, 2], false),
            (Some(2), &[1, 2, 3], false),
            (Some(3), &[1, 2, 4], false),
            (Some(1), &[], false),
            (Some(0), &[], false),
            (None, &[1], false),
        ] {
            let stored = StoredVersions {
                orders: version.map(|version| (number(7), version)).into_iter().collect(),
                events: events.iter().map(|version| (number(7), *version)).collect(),
            };
            let gap = HistoryGap { order: number(7), version, events: events.to_vec() };
            assert_eq!(gaps(&stored), if is_whole { vec![] } else { vec![gap.clone()] }, "{gap:?}");
        }
    }
}
