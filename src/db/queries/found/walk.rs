//! The walk through a list, segment by segment, until there are enough orders.

use super::super::Conn;
use super::super::conditions::{Comparison, Cond, compares, leads, passes, passes_any};
use super::plan::{Plan, plan};
use super::statements::{Ordering, behind, led_by, select, until};
use crate::db::DbError;
use crate::db::column::{Column, Value};
use crate::db::find::{Clause, Cursor, FindQuery, Inner, Range, Segment, Test};
use crate::order::Order;

/// A walk through a list, from an order or an end.
pub struct Walk<'a> {
    pub query: &'a FindQuery,
    pub reverse: bool,
    pub wanted: usize,
    /// How many of the first that are found nobody wants; none, once the database skips them.
    pub skip: usize,
    /// How many rows it may look at that may not fit.
    pub looks: i64,
    pub found: Vec<Order>,
}

impl Walk<'_> {
    /// Goes on until there are enough; where it has to go on, if there may be more.
    pub async fn on(&mut self, conn: &mut Conn, from: Option<&Cursor>) -> Result<Option<Cursor>, DbError> {
        if self.query.is_empty() {
            return Ok(None);
        }
        let mut segments: Vec<(usize, Segment)> = self.query.segments().into_iter().enumerate().collect();
        let own = from.map(|cursor| cursor.segment);
        let is_one = segments.len() == 1;
        if self.reverse {
            segments.reverse();
        }
        for (at, segment) in segments {
            match own {
                Some(own) if self.reverse && at > own || !self.reverse && at < own => continue,
                _ => {}
            }
            let start = from.filter(|cursor| cursor.segment == at).map(|cursor| &cursor.order);
            let stopped = match plan(conn, self.query, &segment).await? {
                Plan::Led { tests, dates, rest } => {
                    self.led(conn, &segment, start, (&tests, dates, &rest), is_one).await?;
                    None
                }
                Plan::Through { path, dates, rest } => {
                    let through = Through { path: path.as_ref(), dates, rest: &rest };
                    match segment.inner {
                        Inner::Group { column, descending } => {
                            self.through_groups(conn, through, column, descending != self.reverse, start)
                                .await?
                        }
                        inner => self.through(conn, through, inner, None, start, is_one).await?,
                    }
                }
            };
            if self.is_done() || stopped.is_some() {
                return Ok(stopped.map(|order| Cursor { order, segment: at }));
            }
        }
        Ok(None)
    }

    fn missing(&self) -> i64 {
        i64::try_from(self.wanted.saturating_sub(self.found.len())).unwrap_or(i64::MAX)
    }

    fn is_done(&self) -> bool {
        self.found.len() >= self.wanted
    }

    /// Leaves it to the database to skip what nobody wants, where one statement finds all.
    fn offset(&mut self, may_skip: bool) -> i64 {
        if !may_skip || !self.found.is_empty() {
            return 0;
        }
        let skip = std::mem::take(&mut self.skip);
        self.wanted -= skip;
        i64::try_from(skip).unwrap_or(i64::MAX)
    }

    /// All that the tests lead to, put together.
    async fn led(
        &mut self,
        conn: &mut Conn,
        segment: &Segment,
        start: Option<&Order>,
        (tests, dates, rest): (&[Test], Option<Range>, &[Clause]),
        is_one: bool,
    ) -> Result<(), DbError> {
        let offset = self.offset(is_one && tests.len() == 1);
        let mut all: Vec<Order> = Vec::new();
        for test in tests {
            let in_order = matches!(segment.inner, Inner::Date { .. }) && test.comes_by_date();
            let mut conditions = led_by(self.query, test, dates, rest);
            conditions.extend(start.map(|order| behind(order, segment.inner, self.reverse, in_order)));
            let order = Ordering::of(segment.inner, self.reverse, in_order);
            all.extend(select(conn, conditions, order, self.missing(), offset).await?);
        }
        if tests.len() > 1 {
            let (sort, now) = (self.query.sort, self.query.now);
            all.sort_by(|one, other| {
                let ordering = sort.compare(one, other, now);
                if self.reverse { ordering.reverse() } else { ordering }
            });
        }
        all.truncate(usize::try_from(self.missing()).unwrap_or(usize::MAX));
        self.found.append(&mut all);
        Ok(())
    }

    /// Those that fit of all that come in the order of dates or numbers; of one value, where a group is given.
    async fn through(
        &mut self,
        conn: &mut Conn,
        through: Through<'_>,
        inner: Inner,
        group: Option<(Column, &Value)>,
        start: Option<&Order>,
        is_one: bool,
    ) -> Result<Option<Order>, DbError> {
        let mut at = start.cloned();
        let mut window = self.query.first_window();
        let in_order = Ordering::of(inner, self.reverse, true);
        loop {
            let path = |at: Option<&Order>| {
                let own = through.path.map(|test| leads(test, self.query.now, self.query.class_of(test)));
                let may_lead = !matches!(inner, Inner::Number { .. });
                let dates =
                    through.dates.map(|range| passes(&Test::Ordered(range), self.query.now, may_lead));
                let group = group.map(|(column, value)| compares(column, Comparison::Is, value, true));
                let behind = at.map(|order| behind(order, inner, self.reverse, true));
                own.into_iter().chain(dates).chain(group).chain(behind).collect::<Vec<Cond>>()
            };
            if through.rest.is_empty() {
                let conditions = path(at.as_ref());
                let offset = self.offset(is_one && start.is_none() && group.is_none());
                let mut rows = select(conn, conditions, in_order, self.missing(), offset).await?;
                self.found.append(&mut rows);
                return Ok(None);
            }
            if self.looks <= 0 {
                return Ok(at);
            }
            window = window.min(self.looks);
            let end = select(conn, path(at.as_ref()), in_order, 1, window - 1).await?.pop();
            let mut conditions = path(at.as_ref());
            conditions.extend(end.as_ref().map(|end| until(end, inner, self.reverse)));
            conditions.extend(through.rest.iter().map(|clause| passes_any(clause, self.query.now)));
            let mut rows = select(conn, conditions, in_order, self.missing(), 0).await?;
            self.found.append(&mut rows);
            if self.is_done() || end.is_none() {
                return Ok(None);
            }
            self.looks -= window;
            window *= 2;
            at = end;
        }
    }

    /// The same in the order of a column's values, and of each value the newest first.
    ///
    /// An index has both orders, but not this mixture of them. So some whole groups are sorted at a time, or one large group
    /// is walked through for itself.
    async fn through_groups(
        &mut self,
        conn: &mut Conn,
        through: Through<'_>,
        column: Column,
        descending: bool,
        start: Option<&Order>,
    ) -> Result<Option<Order>, DbError> {
        let newest_first = Inner::Date { newest_first: true };
        let (behind, not_behind) = if descending {
            (Comparison::Below, Comparison::NotAbove)
        } else {
            (Comparison::Above, Comparison::NotBelow)
        };
        let before = if descending { Comparison::Above } else { Comparison::Below };
        let presented = Ordering::Group { column, descending, newest_first: !self.reverse, may_lead: true };
        let indexed = Ordering::Group { column, descending, newest_first: descending, may_lead: true };
        let mut bound = None;
        if let Some((order, value)) = start.and_then(|order| Some((order, column.value(order)?))) {
            let group = Some((column, &value));
            let stopped = self.through(conn, through, newest_first, group, Some(order), false).await?;
            if self.is_done() || stopped.is_some() {
                return Ok(stopped);
            }
            bound = Some((behind, value));
        }
        loop {
            let path = |bound: &Option<(Comparison, Value)>| {
                let own = through.path.map(|test| leads(test, self.query.now, self.query.class_of(test)));
                let dates = through.dates.map(|range| passes(&Test::Ordered(range), self.query.now, false));
                let bound =
                    bound.as_ref().map(|(comparison, value)| compares(column, *comparison, value, true));
                own.into_iter().chain(dates).chain(bound).collect::<Vec<Cond>>()
            };
            let fits = || through.rest.iter().map(|clause| passes_any(clause, self.query.now));
            let window = if through.rest.is_empty() && through.dates.is_none() {
                self.missing() * 2
            } else {
                self.looks.min(self.query.max_looked_at() / 2).max(1)
            };
            let end = select(conn, path(&bound), indexed, 1, window).await?.pop();
            let Some(end) = end.and_then(|end| column.value(&end)) else {
                let mut conditions = path(&bound);
                conditions.extend(fits());
                let mut rows = select(conn, conditions, presented, self.missing(), 0).await?;
                self.found.append(&mut rows);
                return Ok(None);
            };
            let first = select(conn, path(&bound), indexed, 1, 0).await?.pop();
            let first = first.and_then(|first| column.value(&first));
            if first.as_ref() == Some(&end) {
                let group = Some((column, &end));
                let stopped = self.through(conn, through, newest_first, group, None, false).await?;
                if self.is_done() || stopped.is_some() {
                    return Ok(stopped);
                }
                bound = Some((behind, end));
                continue;
            }
            let within = |conditions: &mut Vec<Cond>| conditions.push(compares(column, before, &end, true));
            let mut conditions = path(&bound);
            within(&mut conditions);
            conditions.extend(fits());
            let mut rows = select(conn, conditions, presented, self.missing(), 0).await?;
            self.found.append(&mut rows);
            if self.is_done() {
                return Ok(None);
            }
            if !through.rest.is_empty() {
                self.looks -= window;
                if self.looks <= 0 {
                    let mut conditions = path(&bound);
                    within(&mut conditions);
                    return Ok(select(conn, conditions, presented.reversed(), 1, 0).await?.pop());
                }
            }
            bound = Some((not_behind, end));
        }
    }
}

/// All that is walked through, and what has to be true of what fits.
#[derive(Clone, Copy)]
struct Through<'a> {
    path: Option<&'a Test>,
    dates: Option<Range>,
    rest: &'a [Clause],
}
