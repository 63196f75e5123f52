//! The parts of a list that follow one another, each of them in an order that an index has.

use super::{Clause, FindQuery, Range, Test};
use crate::db::column::Column;
use crate::order::{Order, SortKey, Status};

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What is true of its orders alone; nothing, where it is the whole list.
    pub clause: Option<Clause>,
    pub inner: Inner,
}

/// Where a walk through a list stands: at an order that was looked at, whether the list has it or not, in a segment.
#[derive(Debug, Clone)]
pub struct Cursor {
    pub order: Order,
    /// The number of the segment, from 0. Not always the order's own: it may have been looked at in vain for another.
    pub segment: usize,
}

/// The order within a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inner {
    Date {
        newest_first: bool,
    },
    Number {
        highest_first: bool,
    },
    /// By a column's values, and those of one value newest first.
    Group {
        column: Column,
        descending: bool,
    },
}

const NEWEST_FIRST: Inner = Inner::Date { newest_first: true };

impl FindQuery {
    /// The segments of the list, from its start.
    pub fn segments(&self) -> Vec<Segment> {
        let descending = self.sort.descending;
        let has = |is_meant: fn(&Test) -> bool| {
            self.clauses.iter().any(|clause| clause.0.first().is_some_and(is_meant))
        };
        let whole = |inner| vec![Segment { clause: None, inner }];
        let dated = |column, is_filtered, dated: Test, other: Test| {
            let inner = Inner::Group { column, descending };
            if is_filtered {
                return whole(inner);
            }
            vec![
                Segment { clause: Some(Clause(vec![dated])), inner },
                Segment { clause: Some(Clause(vec![other])), inner: NEWEST_FIRST },
            ]
        };
        let any = Range { from: None, until: None };
        match self.sort.key {
            SortKey::Ordered => whole(Inner::Date { newest_first: descending }),
            SortKey::Number => whole(Inner::Number { highest_first: descending }),
            SortKey::Status => {
                let mut segments: Vec<Segment> = Status::ALL
                    .into_iter()
                    .map(|status| Segment {
                        clause: Some(Clause::of_statuses(&[status])),
                        inner: NEWEST_FIRST,
                    })
                    .collect();
                if descending {
                    segments.reverse();
                }
                segments
            }
            SortKey::Shipped => dated(
                Column::Shipping,
                has(|test| matches!(test, Test::Shipped(_))),
                Test::Shipped(any),
                Test::NotShipped,
            ),
            SortKey::Delivered => dated(
                Column::Delivery,
                has(|test| matches!(test, Test::Delivered(_))),
                Test::Delivered(any),
                Test::NotDelivered,
            ),
            SortKey::Store => whole(Inner::Group { column: Column::Store, descending }),
            SortKey::Product => whole(Inner::Group { column: Column::Product, descending }),
            SortKey::Quantity => whole(Inner::Group { column: Column::Quantity, descending }),
            SortKey::Card => whole(Inner::Group { column: Column::Brand, descending }),
            SortKey::Customer => whole(Inner::Group { column: Column::Customer, descending }),
            SortKey::Uuid => whole(Inner::Group { column: Column::Uuid, descending }),
        }
    }

    /// The number of the segment in which an order stands, or would stand if the list had it.
    pub fn segment_of(&self, order: &Order) -> usize {
        match self.sort.key {
            SortKey::Status => {
                let status = order.status(self.now);
                let place = Status::ALL.iter().position(|one| *one == status).unwrap_or(0);
                if self.sort.descending { Status::ALL.len() - 1 - place } else { place }
            }
            SortKey::Shipped => usize::from(order.dates.shipped().is_none()),
            SortKey::Delivered => usize::from(order.dates.delivered().is_none()),
            _ => 0,
        }
    }
}
