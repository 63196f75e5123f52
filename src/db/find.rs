//! What a list's filter asks of the database.
//!
//! A filter becomes clauses that all have to hold; a clause is a list of tests of one kind, of which no order passes two.
//! Each test but one is something that an index leads to.

mod found;
mod kept;
#[cfg(test)]
pub mod sample;
mod segment;

pub use found::{Asked, Found};
pub use kept::{KeptList, ToCome};
pub use segment::{Cursor, Inner, Segment};

use super::column::Column;
use crate::order::{
    Actor, ActorName, Beginning, Brand, Condition, JobId, LastFour, LocalTime, OrderDetails, OrderFilter,
    Period, Quantity, Sort, Status, Total, Warning, WarningFilter, older_than,
};

/// Which orders are looked for, and how they are sorted.
#[derive(Debug, Clone)]
pub struct FindQuery {
    pub clauses: Vec<Clause>,
    pub sort: Sort,
    pub now: LocalTime,
    /// No more rows than this are counted, or sorted without an index.
    pub max_counted: i64,
    /// How common some values are that lead to orders.
    pub classes: Vec<(Test, ValueClass)>,
}

/// Whether few orders have a value, or many: a plan that is good for one is bad for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueClass {
    Rare,
    Common,
}

impl ValueClass {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rare => "rare",
            Self::Common => "common",
        }
    }
}

/// Tests of one kind. An order has to pass one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause(pub Vec<Test>);

/// What an order may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    Stage(Stage),
    Store(Beginning),
    Product(Beginning),
    Customer(Beginning),
    Uuid(Beginning),
    Brand(Brand),
    LastFour(LastFour),
    /// Paid with a card that has these last four digits and, under each hash key, this hash.
    Card(LastFour, Vec<(i16, Vec<u8>)>),
    Ordered(Range),
    Shipped(Range),
    NotShipped,
    Delivered(Range),
    NotDelivered,
    Quantity(i32, i32),
    /// It has warnings that nobody has seen.
    ToCheck,
    /// Nobody has seen a warning of any of these kinds. As a path it leads to so many warnings at most: where there are
    /// more, their orders are too many to be sorted.
    Warning {
        kinds: Vec<Warning>,
        most: i64,
    },
    ChangedBy(String),
    /// An import has added or changed it. As a path it leads to so many of them at most, as warnings do.
    Import {
        id: JobId,
        most: i64,
    },
}

/// From a moment until before another; open where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub from: Option<LocalTime>,
    pub until: Option<LocalTime>,
}

/// A part of the orders that have a status, and that an index has in the order of their dates, or has few of.
///
/// Dates to come stand for themselves: who reads them later finds them past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// To ship, without any date.
    Open,
    /// To ship, and it is known when.
    ShipsLater,
    /// To ship, and only the delivery has a date, which is to come.
    ArrivesUnshipped,
    /// Shipped, without a delivery date.
    UnderWay,
    /// Shipped, and it is known when it is delivered.
    ArrivesLater,
    /// Not delivered, and it is known when it will be; shipped or not. Part of several statuses.
    Arriving,
    Delivered,
    Cancelled,
}

impl Stage {
    /// The stages of a status.
    pub fn of(status: Status) -> &'static [Self] {
        match status {
            Status::ToShip => &[Self::Open, Self::ShipsLater, Self::ArrivesUnshipped],
            Status::Shipped => &[Self::UnderWay, Self::ArrivesLater],
            Status::Delivered => &[Self::Delivered],
            Status::Cancelled => &[Self::Cancelled],
        }
    }
}

impl Clause {
    /// The orders that have any of some statuses.
    pub fn of_statuses(statuses: &[Status]) -> Self {
        Self(statuses.iter().flat_map(|status| Stage::of(*status)).copied().map(Test::Stage).collect())
    }

    /// How few orders it is likely to have; none where no index leads to them.
    pub fn rank(&self) -> Option<u8> {
        self.0.iter().map(Test::rank).try_fold(0, |highest, rank| rank.map(|rank| highest.max(rank)))
    }

    /// Whether an order's entry in a wide index says if it passes.
    pub fn is_in_wide_index(&self) -> bool {
        self.0.iter().all(Test::is_in_wide_index)
    }

    /// Only those of its tests that another clause of stages or ranges of dates leaves.
    fn and(&self, other: &Self) -> Self {
        let both = self.0.iter().flat_map(|one| other.0.iter().filter_map(|other| one.and(other)));
        Self(both.collect())
    }
}

impl Test {
    /// Whether an index has its orders in the order of their dates.
    pub fn comes_by_date(&self) -> bool {
        match self {
            Self::Stage(stage) => {
                matches!(stage, Stage::Open | Stage::UnderWay | Stage::Delivered | Stage::Cancelled)
            }
            Self::Store(text) | Self::Product(text) | Self::Customer(text) => text.is_whole(),
            Self::Brand(_)
            | Self::LastFour(_)
            | Self::Card(..)
            | Self::Ordered(_)
            | Self::NotShipped
            | Self::NotDelivered
            | Self::ToCheck => true,
            Self::Quantity(from, to) => from == to,
            Self::Uuid(_)
            | Self::Shipped(_)
            | Self::Delivered(_)
            | Self::Warning { .. }
            | Self::ChangedBy(_)
            | Self::Import { .. } => false,
        }
    }

    /// How few orders it is likely to have; none where no index leads to them.
    pub fn rank(&self) -> Option<u8> {
        match self {
            Self::Uuid(_) => Some(0),
            Self::Card(..) => Some(1),
            Self::Customer(_) => Some(2),
            Self::LastFour(_) | Self::Warning { .. } | Self::Import { .. } => Some(3),
            Self::ChangedBy(_) => None,
            Self::Stage(Stage::Delivered) => Some(13),
            Self::Stage(_) | Self::ToCheck => Some(4),
            Self::Product(_) => Some(5),
            Self::Store(_) => Some(6),
            Self::Ordered(_) => Some(7),
            Self::Shipped(_) => Some(8),
            Self::Delivered(_) => Some(9),
            Self::Brand(_) => Some(10),
            Self::Quantity(..) => Some(11),
            Self::NotShipped | Self::NotDelivered => Some(12),
        }
    }

    /// Whether its index has what lists of work are filtered by, too, so that orders are passed over without reading them.
    pub fn has_wide_index(&self) -> bool {
        matches!(self, Self::Stage(Stage::Open | Stage::UnderWay))
    }

    fn is_in_wide_index(&self) -> bool {
        match self {
            Self::Stage(_)
            | Self::Store(_)
            | Self::Product(_)
            | Self::Brand(_)
            | Self::Ordered(_)
            | Self::Shipped(_)
            | Self::NotShipped
            | Self::Delivered(_)
            | Self::NotDelivered
            | Self::Quantity(..) => true,
            Self::Customer(_)
            | Self::Uuid(_)
            | Self::LastFour(_)
            | Self::Card(..)
            | Self::ToCheck
            | Self::Warning { .. }
            | Self::ChangedBy(_)
            | Self::Import { .. } => false,
        }
    }

    /// Whether it is about one store, product or customer.
    pub fn has_class(&self) -> bool {
        matches!(self, Self::Store(text) | Self::Product(text) | Self::Customer(text) if text.is_whole())
    }

    /// Whether it has to be counted by itself, since it leads to so many at most.
    pub fn is_bounded(&self) -> bool {
        matches!(self, Self::Warning { .. } | Self::Import { .. })
    }

    /// Whether it is about a column, whose index has its orders side by side.
    pub fn is_about(&self, column: Column) -> bool {
        matches!(
            (column, self),
            (Column::Store, Self::Store(_))
                | (Column::Product, Self::Product(_))
                | (Column::Quantity, Self::Quantity(..))
                | (Column::Brand, Self::Brand(_))
                | (Column::Shipping, Self::Shipped(_))
                | (Column::Delivery, Self::Delivered(_))
                | (Column::Customer, Self::Customer(_))
                | (Column::Uuid, Self::Uuid(_))
        )
    }

    fn and(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Ordered(one), Self::Ordered(other)) => one.and(*other).map(Self::Ordered),
            (one, other) => (one == other).then(|| one.clone()),
        }
    }
}

impl Range {
    fn and(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let is_empty = matches!((from, until), (Some(from), Some(until)) if until <= from);
        (!is_empty).then_some(Self { from, until })
    }
}

/// Ranges that no moment is in two of, from the earliest.
fn disjoint(mut ranges: Vec<Range>) -> Vec<Range> {
    // No start is before every other.
    ranges.sort_by_key(|range| range.from);
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if last.until.is_none_or(|until| range.from.is_none_or(|from| from <= until)) => {
                last.until = last.until.zip(range.until).map(|(one, other)| one.max(other));
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Where an order stands in a list.
#[derive(Debug)]
pub struct Placed {
    pub details: OrderDetails,
    /// Where to look further for the order before it, and for the one behind it.
    pub missing: [Option<Cursor>; 2],
}

/// The card of the order that a filter names, as far as it takes to find others with it.
#[derive(Debug)]
pub struct NamedCard {
    /// What rows may have as its last four digits.
    pub last_fours: Vec<LastFour>,
    pub hashes: Vec<(i16, Vec<u8>)>,
}

impl NamedCard {
    /// The orders that were paid with it.
    pub fn clause(&self) -> Clause {
        Clause(self.last_fours.iter().map(|digits| Test::Card(*digits, self.hashes.clone())).collect())
    }
}

impl FindQuery {
    /// Of a filter, whose named order had this card, if there is such an order.
    pub fn new(
        filter: &OrderFilter,
        card: Option<&NamedCard>,
        sort: Sort,
        now: LocalTime,
        max_counted: i64,
    ) -> Self {
        let mut query = Self { clauses: Vec::new(), sort, now, max_counted, classes: Vec::new() };
        let mut add = |clause| query.add(clause);
        for kind in crate::order::Kind::ALL {
            let conditions: Vec<&Condition> = filter.of_kind(kind).collect();
            let Some(first) = conditions.first() else { continue };
            let ranges = || {
                let periods = conditions.iter().filter_map(|condition| match condition {
                    Condition::Ordered(period)
                    | Condition::Shipped(period)
                    | Condition::Delivered(period) => Some(range(*period, now)),
                    _ => None,
                });
                disjoint(periods.collect())
            };
            match first {
                Condition::Status(_) => {
                    let statuses: Vec<Status> = conditions
                        .iter()
                        .filter_map(|condition| match condition {
                            Condition::Status(status) => Some(*status),
                            _ => None,
                        })
                        .collect();
                    if statuses.len() < Status::ALL.len() {
                        add(Clause::of_statuses(&statuses));
                    }
                }
                Condition::OlderThan(days) => {
                    add(Clause::of_statuses(&[Status::ToShip]));
                    let until = Some(older_than(*days, now));
                    add(Clause(vec![Test::Ordered(Range { from: None, until })]));
                }
                Condition::Warning(_) => {
                    add(Clause(vec![Test::ToCheck]));
                    let kinds = conditions.iter().map(|condition| match condition {
                        Condition::Warning(WarningFilter::Kind(warning)) => Some(*warning),
                        _ => None,
                    });
                    // None of them where any warning will do.
                    if let Some(kinds) = kinds.collect::<Option<Vec<_>>>() {
                        // One more than may be sorted, were each order there with every kind.
                        let most = kinds.iter().map(|_| max_sorted(max_counted)).sum::<i64>() + 1;
                        add(Clause(vec![Test::Warning { kinds, most }]));
                    }
                }
                Condition::Import(_) => {
                    let most = max_sorted(max_counted) + 1;
                    let ids = conditions.iter().filter_map(|condition| match condition {
                        Condition::Import(id) => Some(Test::Import { id: *id, most }),
                        _ => None,
                    });
                    add(Clause(ids.collect()));
                }
                Condition::Ordered(_) => add(Clause(ranges().into_iter().map(Test::Ordered).collect())),
                Condition::Shipped(_) => add(Clause(ranges().into_iter().map(Test::Shipped).collect())),
                Condition::Delivered(_) => add(Clause(ranges().into_iter().map(Test::Delivered).collect())),
                Condition::SameCardAs(_) => add(card.map_or(Clause(Vec::new()), NamedCard::clause)),
                Condition::ChangedBy(_) => {
                    add(Clause(conditions.iter().flat_map(|condition| changed_by(condition)).collect()));
                }
                _ => add(Clause(conditions.iter().filter_map(|condition| test(condition)).collect())),
            }
        }
        query
    }

    /// How many rows may be sorted, or looked at one by one, where no index gives their order.
    pub fn max_sorted(&self) -> i64 {
        max_sorted(self.max_counted)
    }

    /// How many rows a page looks at one by one, before the rest is left to a long read.
    pub fn max_looked_at(&self) -> i64 {
        (self.max_counted * 2 / 5).max(2)
    }

    /// How many of them at first: most often there are enough among a few.
    pub fn first_window(&self) -> i64 {
        (self.max_counted / 20).max(1)
    }

    /// How common the value of a test is, where that is known.
    pub fn class_of(&self, test: &Test) -> Option<ValueClass> {
        self.classes.iter().find(|(one, _)| one == test).map(|(_, class)| *class)
    }

    /// The tests of whole codes and IDs, of which some have very many orders and others few.
    pub fn tests_with_class(&self) -> impl Iterator<Item = &Test> {
        self.clauses.iter().flat_map(|clause| &clause.0).filter(|test| test.has_class())
    }

    /// Whether each page of a list is found by its number, however deep it lies.
    pub fn is_numbered(&self, total: Option<Total>) -> bool {
        self.is_short(total) || matches!(total, Some(Total::Exactly(_))) && self.is_kept_by_day()
    }

    /// Whether so many orders are skipped at once by the day on which a page begins.
    pub fn skips_by_day(&self, skip: usize, total: Option<Total>) -> bool {
        let is_far = |most: i64| i64::try_from(skip).unwrap_or(i64::MAX) > most;
        is_far(self.max_counted)
            || is_far(self.max_looked_at()) && !self.is_short(total) && self.is_kept_by_day()
    }

    fn is_kept_by_day(&self) -> bool {
        KeptList::of(self).is_some_and(|list| list.is_in_order_of(self.sort.key))
    }

    /// Whether a list is known to have no more orders than are counted.
    pub fn is_short(&self, total: Option<Total>) -> bool {
        matches!(total, Some(Total::Exactly(all)) if all <= self.max_counted.unsigned_abs())
    }

    /// The clauses, but for the dates of ordering if they are one range: that goes with any other that comes by date.
    pub fn split(&self, and: Option<&Clause>) -> (Vec<Clause>, Option<Range>) {
        let (mut clauses, mut dates) = (Vec::new(), None);
        for clause in self.clauses.iter().chain(and) {
            match clause.0[..] {
                [Test::Ordered(range)] => dates = Some(range),
                _ => clauses.push(clause.clone()),
            }
        }
        (clauses, dates)
    }

    /// The orders of the list that pass another clause of stages or dates of ordering.
    pub fn and(&self, clause: &Clause) -> Self {
        let mut query = self.clone();
        query.add(clause.clone());
        query
    }

    fn add(&mut self, clause: Clause) {
        let is_alike = |one: &&mut Clause| {
            use Test::{Ordered, Stage};
            matches!(
                (one.0.first(), clause.0.first()),
                (Some(Stage(_)), Some(Stage(_))) | (Some(Ordered(_)), Some(Ordered(_)))
            )
        };
        match self.clauses.iter_mut().find(is_alike) {
            Some(one) => *one = one.and(&clause),
            None => self.clauses.push(clause),
        }
    }

    /// Whether it is told beforehand that no order can be found.
    pub fn is_empty(&self) -> bool {
        self.clauses.iter().any(|clause| clause.0.is_empty())
    }
}

fn max_sorted(max_counted: i64) -> i64 {
    (max_counted / 10).max(1)
}

fn range(period: Period, now: LocalTime) -> Range {
    let (from, until) = period.range(now.day());
    Range { from, until }
}

/// An actor as histories keep it; of a name alone, whoever has signed in under it, too.
fn changed_by(condition: &Condition) -> Vec<Test> {
    let Condition::ChangedBy(text) = condition else { return Vec::new() };
    let is_name = matches!(Actor::stored(text), Actor::Other(_));
    let user = is_name.then(|| ActorName::parse(text)).flatten().map(|name| Actor::User(name, None));
    let user = user.map(|user| Test::ChangedBy(user.text().into_owned()));
    [Test::ChangedBy(text.clone())].into_iter().chain(user).collect()
}

/// The test of a condition that is one.
fn test(condition: &Condition) -> Option<Test> {
    let quantity = |end: Option<Quantity>, open| end.map_or(open, Quantity::get);
    Some(match condition {
        Condition::Store(text) => Test::Store(text.clone()),
        Condition::Product(text) => Test::Product(text.clone()),
        Condition::Customer(text) => Test::Customer(text.clone()),
        Condition::Uuid(text) => Test::Uuid(text.clone()),
        Condition::Quantity { from, to } => Test::Quantity(quantity(*from, 1), quantity(*to, Quantity::MAX)),
        Condition::Brand(brand) => Test::Brand(*brand),
        Condition::LastFour(digits) => Test::LastFour(*digits),
        Condition::ChangedBy(_)
        | Condition::Status(_)
        | Condition::Ordered(_)
        | Condition::Shipped(_)
        | Condition::Delivered(_)
        | Condition::SameCardAs(_)
        | Condition::OlderThan(_)
        | Condition::Warning(_)
        | Condition::Import(_) => return None,
    })
}
