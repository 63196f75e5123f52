//! All orders of a list, for who takes them out: a long read in slices, as fast as they are taken.
//!
//! What a walk shows while orders change: each order at most once, as it was at one moment of the walk. An order that is
//! not changed meanwhile comes for sure. One that is changed so that it moves in the list may be missed, where it moves
//! to what the walk has passed; an order that is added comes only if its place is still to come. Statuses are those of the
//! moment when the walk began.

use std::collections::HashMap;

use super::find::{Cursor, FindQuery};
use super::long_read::LongRead;
use super::{Db, DbError};
use crate::order::{JobId, ListQuery, LocalTime, Order, OrderNumber};

/// Orders of one slice. They are held in memory some times over on their way into a file: in pieces so small that the
/// allocator uses them again.
const MOST_ROWS: i64 = 250;

/// A walk that is under way. Dropped, it ends after the slice that is under way.
pub struct OrderWalk {
    way: Way,
    read: LongRead,
    /// Orders that change meanwhile may come by again.
    seen: SeenNumbers,
}

/// What a walk goes through, and how far it has come.
enum Way {
    List(FindQuery, Next),
    /// The orders of a job, behind a position; nothing at the end.
    Job(JobId, Option<i32>),
}

enum Next {
    Start,
    Behind(Box<Cursor>),
    End,
}

impl Db {
    /// Begins a walk through all orders of a list, in its order, whatever its page.
    ///
    /// Busy, where too many long reads are under way.
    pub async fn begin_walk(&self, list: &ListQuery, now: LocalTime) -> Result<OrderWalk, DbError> {
        self.begin_walk_of(list, now, MOST_ROWS).await
    }

    /// The same in slices of so many rows at most.
    pub(super) async fn begin_walk_of(
        &self,
        list: &ListQuery,
        now: LocalTime,
        most: i64,
    ) -> Result<OrderWalk, DbError> {
        let way = Way::List(self.find_query(list, now).await?, Next::Start);
        let read = self.begin_long_read(None)?.in_slices_of(most);
        Ok(OrderWalk { way, read, seen: SeenNumbers::default() })
    }

    /// Begins a walk through the orders of a job, as they are by then, in the order in which they were noted.
    ///
    /// Busy, where too many long reads are under way.
    pub fn begin_walk_of_job(&self, job: JobId) -> Result<OrderWalk, DbError> {
        let read = self.begin_long_read(None)?.in_slices_of(MOST_ROWS);
        Ok(OrderWalk { way: Way::Job(job, Some(0)), read, seen: SeenNumbers::default() })
    }

    /// The next orders of a walk, which may be none yet; nothing after the last.
    pub async fn walk_on(&self, walk: &mut OrderWalk) -> Result<Option<Vec<Order>>, DbError> {
        let OrderWalk { way, read, seen } = walk;
        if way.is_over() {
            return Ok(None);
        }
        // Of the two slices that may run at once, one stays for those whom somebody waits for.
        let _lane = self.long_reads.walks().await?;
        let mut orders = match way {
            Way::List(query, next) => {
                let from = match &next {
                    Next::Behind(cursor) => Some((**cursor).clone()),
                    Next::Start | Next::End => None,
                };
                let slice = self.store.walk_orders(read, query.clone(), from).await?;
                *next = slice.next.map_or(Next::End, |next| Next::Behind(Box::new(next)));
                slice.found
            }
            Way::Job(job, after) => {
                let slice = self.store.list_shown_orders(read, *job, after.unwrap_or(0)).await?;
                *after = slice.next;
                slice.found.into_iter().map(|shown| shown.order).collect()
            }
        };
        orders.retain(|order| seen.insert(order.number));
        Ok(Some(orders))
    }
}

impl Way {
    fn is_over(&self) -> bool {
        matches!(self, Self::List(_, Next::End) | Self::Job(_, None))
    }
}

/// A set of order numbers: a bit each, since most numbers up to the highest are orders.
#[derive(Default)]
struct SeenNumbers(HashMap<i64, Box<[u64; WORDS]>>);

/// Of a block of 65,536 numbers.
const WORDS: usize = 1024;

impl SeenNumbers {
    /// Whether it was not there yet.
    fn insert(&mut self, number: OrderNumber) -> bool {
        let (block, within) = (number.get() >> 16, number.get() & 0xFFFF);
        let block = self.0.entry(block).or_insert_with(|| Box::new([0; WORDS]));
        let Some(word) = usize::try_from(within / 64).ok().and_then(|place| block.get_mut(place)) else {
            return true;
        };
        let bit = 1 << (within % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_new_once(numbers in proptest::collection::vec(1..200_000_i64, 1..500)) {
            let (mut seen, mut known) = (SeenNumbers::default(), HashSet::new());
            for number in numbers.iter().chain(&[i64::MAX, i64::MAX]) {
                prop_assert_eq!(seen.insert(OrderNumber::new(*number).unwrap()), known.insert(*number));
            }
        }
    }
}
