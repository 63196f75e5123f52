//! Lists that are filtered or sorted: their pages, how many orders they have, and the place of an order in them.
//!
//! What leads to the orders is chosen by how many it leads to, as far as that is counted quickly. Where that is few, the
//! database sorts them. Where it is many, an index gives their order, and those that fit are picked out of it, window by
//! window, until there are enough or as many rows were looked at as a page may take.

use diesel::prelude::*;
use diesel_async::AsyncConnection;

use super::calendar::count_orders;
use super::conditions::{Comparison, Cond, compares, is_not_older, is_older, passes, passes_any};
use super::count_up_to::CountUpTo;
use super::events::history_of;
use super::order::order_numbered;
use super::{Conn, DB, Rows, load};
use crate::db::DbError;
use crate::db::column::{Column, Value};
use crate::db::find::{Asked, Clause, Cursor, FindQuery, Found, Inner, Placed, Range, Segment, Test};
use crate::db::index_hint::Hinted;
use crate::db::long_read::Slice;
use crate::db::rows::{EventRow, OrderRow};
use crate::db::schema::orders;
use crate::order::{Anchor, Order, OrderDetails, OrderNumber, PageRequest, Place, Total};

/// What was found of a page of a list; what is missing takes longer.
pub async fn list_found(
    conn: &mut Conn,
    query: &FindQuery,
    page: PageRequest,
    anchor: Option<Anchor>,
) -> Result<Found, DbError> {
    conn.transaction(async |conn| {
        let total = total(conn, query).await?;
        let at = match anchor {
            Some(Anchor::After(number) | Anchor::Before(number) | Anchor::Further { number, .. }) => {
                numbered(conn, number).await?
            }
            Some(Anchor::End) | None => None,
        };
        let at = at.map(|order| match anchor {
            Some(Anchor::Further { part, .. }) => Cursor { order, segment: part.into() },
            _ => Cursor { segment: query.segment_of(&order), order },
        });
        let asked = match anchor {
            Some(Anchor::Before(_) | Anchor::Further { backwards: true, .. }) if at.is_some() => {
                Asked::anchored(page, true)
            }
            Some(Anchor::After(_) | Anchor::Further { .. }) if at.is_some() => Asked::anchored(page, false),
            Some(Anchor::End) if !query.is_short(total) => Asked::anchored(page, true),
            Some(Anchor::End) => Asked::page(PageRequest { page: u64::MAX, ..page }, query, total),
            Some(_) | None => Asked::page(page, query, total),
        };
        let found = find(conn, query, at.as_ref(), asked, total).await?;
        // Before the first page there is none that is not full.
        if asked.reverse && found.stopped.is_none() && found.missing() > 1 {
            let first = Asked::page(PageRequest { page: 1, ..page }, query, total);
            return find(conn, query, None, first, total).await;
        }
        Ok(found)
    })
    .await
}

/// More of a list behind an order, or before it in reverse.
pub async fn look_through(
    conn: &mut Conn,
    rows: i64,
    query: &FindQuery,
    from: &Cursor,
    reverse: bool,
    wanted: usize,
) -> Result<Slice<Vec<Order>, Cursor>, DbError> {
    conn.transaction(async |conn| {
        let mut walk = Walk { query, reverse, wanted, skip: 0, looks: rows, found: Vec::new() };
        let next = walk.on(conn, Some(from)).await?;
        Ok(Slice { found: walk.found, next })
    })
    .await
}

/// How many orders a list has, as far as that is counted quickly.
pub async fn count_found(conn: &mut Conn, query: &FindQuery) -> Result<Option<Total>, DbError> {
    conn.transaction(async |conn| total(conn, query).await).await
}

/// An order with its history, and where it stands in a list; the neighbours that are missing take longer.
pub async fn find_place(
    conn: &mut Conn,
    query: &FindQuery,
    number: OrderNumber,
) -> Result<Option<Placed>, DbError> {
    conn.transaction(async |conn| {
        let Some(order) = numbered(conn, number).await? else { return Ok(None) };
        let history: Vec<EventRow> = load(history_of(number.get()), conn).await?;
        let total = total(conn, query).await?;
        let [previous, next] =
            [neighbour(conn, query, &order, true).await?, neighbour(conn, query, &order, false).await?];
        let place = Place {
            position: position(conn, query, &order, total).await?,
            total,
            previous: previous.0,
            next: next.0,
        };
        let history = history.into_iter().map(EventRow::into_event).collect();
        Ok(Some(Placed { details: OrderDetails { order, history, place }, missing: [previous.1, next.1] }))
    })
    .await
}

/// The next order of a list behind one, or before it in reverse; and where to look further for it.
async fn neighbour(
    conn: &mut Conn,
    query: &FindQuery,
    order: &Order,
    reverse: bool,
) -> Result<(Option<OrderNumber>, Option<Cursor>), DbError> {
    let mut walk =
        Walk { query, reverse, wanted: 1, skip: 0, looks: query.max_looked_at(), found: Vec::new() };
    let from = Cursor { order: order.clone(), segment: query.segment_of(order) };
    let stopped = walk.on(conn, Some(&from)).await?;
    let found = walk.found.first().map(|order| order.number);
    Ok((found, stopped.filter(|_| found.is_none())))
}

async fn numbered(conn: &mut Conn, number: OrderNumber) -> Result<Option<Order>, DbError> {
    let rows: Vec<OrderRow> = load(order_numbered(number.get()), conn).await?;
    Ok(rows.into_iter().next().map(OrderRow::into_order))
}

async fn find(
    conn: &mut Conn,
    query: &FindQuery,
    from: Option<&Cursor>,
    asked: Asked,
    total: Option<Total>,
) -> Result<Found, DbError> {
    let wanted = asked.wanted();
    let mut walk = Walk {
        query,
        reverse: asked.reverse,
        wanted,
        skip: asked.skip,
        looks: query.max_looked_at(),
        found: Vec::new(),
    };
    let stopped = walk.on(conn, from).await?;
    // What the database has skipped is not among what it found.
    let asked = Asked { skip: walk.skip, ..asked };
    Ok(Found { orders: walk.found, stopped, total, asked })
}

/// How the orders of a segment are reached.
enum Plan {
    /// By each test of one clause, which leads to few orders, or has them in order.
    Led { tests: Vec<Test>, dates: Option<Range>, rest: Vec<Clause> },
    /// Through all in the segment's order, or all that pass one test and come so.
    Through { path: Option<Test>, dates: Option<Range>, rest: Vec<Clause> },
}

/// Chooses a plan by counting, as far as it has to.
async fn plan(conn: &mut Conn, query: &FindQuery, segment: &Segment) -> Result<Plan, DbError> {
    let (mut clauses, dates) = query.split(segment.clause.as_ref());
    let is_by_date = matches!(segment.inner, Inner::Date { .. });
    // The column's own index has them in order already.
    if let Inner::Group { column, .. } = segment.inner
        && let [Clause(tests)] = &clauses[..]
        && let [test] = &tests[..]
        && column.is_of(test)
        && dates.is_none()
    {
        return Ok(Plan::Through { path: Some(test.clone()), dates, rest: Vec::new() });
    }
    clauses.sort_by_key(Clause::rank);
    let mut best: Option<(i64, usize)> = None;
    for (at, clause) in clauses.iter().enumerate() {
        if clause.rank().is_none() {
            continue;
        }
        let is_alone = clauses.len() == 1;
        let mut size = 0;
        for test in &clause.0 {
            if !(is_alone && is_by_date && test.comes_by_date()) {
                let room = query.max_sorted() + 1 - size;
                size += count(conn, query, test, dates, &[], room).await?;
            }
            if size > query.max_sorted() {
                break;
            }
        }
        if size <= query.max_sorted() && best.is_none_or(|(least, _)| size < least) {
            best = Some((size, at));
        }
        // Not worth looking for fewer.
        if best.is_some_and(|(size, _)| size <= query.max_sorted() / 8) {
            break;
        }
    }
    if let Some((_, at)) = best {
        let tests = clauses.remove(at).0;
        return Ok(Plan::Led { tests, dates, rest: clauses });
    }
    if let Some(range) = dates {
        let test = Test::Ordered(range);
        let is_few = async |conn| -> Result<bool, DbError> {
            let room = query.max_sorted() + 1;
            Ok(count(conn, query, &test, None, &[], room).await? <= query.max_sorted())
        };
        if clauses.is_empty() && is_by_date || is_few(conn).await? {
            return Ok(Plan::Led { tests: vec![test], dates: None, rest: clauses });
        }
    }
    let leads = |clause: &Clause| match (&clause.0[..], segment.inner) {
        ([test], Inner::Date { .. }) => test.comes_by_date(),
        ([test], Inner::Group { column, .. }) => column.is_of(test),
        _ => false,
    };
    let path = clauses
        .iter()
        .position(leads)
        .map(|at| clauses.remove(at))
        .and_then(|clause| clause.0.into_iter().next());
    Ok(Plan::Through { path, dates, rest: clauses })
}

/// Tests that lead to all orders of a list, each to others, and what else has to be true of those.
struct Reach {
    tests: Vec<Test>,
    dates: Option<Range>,
    rest: Vec<Clause>,
}

/// What leads to the orders of a list, or of a segment of it, without many others; none if nothing does.
async fn reach(conn: &mut Conn, query: &FindQuery, and: Option<&Clause>) -> Result<Option<Reach>, DbError> {
    let (clauses, dates) = query.split(and);
    let alone = |tests, dates| Some(Reach { tests, dates, rest: Vec::new() });
    Ok(match (&clauses[..], dates) {
        ([], None) => alone(vec![Test::Ordered(Range { from: None, until: None })], None),
        ([], Some(range)) => alone(vec![Test::Ordered(range)], None),
        ([clause], None) if clause.rank().is_some() => alone(clause.0.clone(), None),
        ([Clause(tests)], Some(_)) if tests.iter().all(Test::comes_by_date) => alone(tests.clone(), dates),
        _ => {
            let whole = Segment { clause: and.cloned(), inner: Inner::Date { newest_first: true } };
            match plan(conn, query, &whole).await? {
                Plan::Led { tests, dates, rest } => Some(Reach { tests, dates, rest }),
                Plan::Through { .. } => None,
            }
        }
    })
}

/// How many orders a list has; none if that would take long to count.
async fn total(conn: &mut Conn, query: &FindQuery) -> Result<Option<Total>, DbError> {
    if query.is_empty() {
        return Ok(Some(Total::Exactly(0)));
    }
    if query.clauses.is_empty() {
        return Ok(Some(Total::Exactly(count_orders(conn).await?)));
    }
    let Some(Reach { tests, dates, rest }) = reach(conn, query, None).await? else { return Ok(None) };
    let mut counted = 0;
    for test in tests {
        counted += count(conn, query, &test, dates, &rest, query.max_counted + 1 - counted).await?;
        if counted > query.max_counted {
            return Ok(Some(Total::MoreThan(query.max_counted.unsigned_abs())));
        }
    }
    Ok(Some(Total::Exactly(counted.unsigned_abs())))
}

/// How many orders a test leads to that pass the rest, too; no more than so many.
async fn count(
    conn: &mut Conn,
    query: &FindQuery,
    test: &Test,
    dates: Option<Range>,
    rest: &[Clause],
    most: i64,
) -> Result<i64, DbError> {
    let conditions = led_by(query, test, dates, rest);
    Ok(load(counted(conditions, most), conn).await?.into_iter().next().unwrap_or(0))
}

/// The place of an order in a list that is short enough to count, from 1.
async fn position(
    conn: &mut Conn,
    query: &FindQuery,
    order: &Order,
    total: Option<Total>,
) -> Result<Option<u64>, DbError> {
    if !query.is_short(total) {
        return Ok(None);
    }
    let segments = query.segments();
    let own = query.segment_of(order);
    let (mut before, mut is_there) = (0, false);
    for (at, segment) in segments.iter().enumerate().take(own + 1) {
        let Some(Reach { tests, dates, rest }) = reach(conn, query, segment.clause.as_ref()).await? else {
            return Ok(None);
        };
        for test in &tests {
            let mut conditions = led_by(query, test, dates, &rest);
            if at == own {
                let mut this = led_by(query, test, dates, &rest);
                this.push(Box::new(orders::number.eq(order.number.get())));
                is_there |= load(counted(this, 1), conn).await?.contains(&1);
                conditions.push(behind(order, segment.inner, true, false));
            }
            before += load(counted(conditions, query.max_counted + 1), conn).await?.into_iter().sum::<i64>();
        }
    }
    Ok(is_there.then_some(before.unsigned_abs() + 1))
}

/// The conditions of what a test leads to.
fn led_by(query: &FindQuery, test: &Test, dates: Option<Range>, rest: &[Clause]) -> Vec<Cond> {
    let own = passes(test, query.now, true);
    let dates = dates.map(|range| passes(&Test::Ordered(range), query.now, test.comes_by_date()));
    [own].into_iter().chain(dates).chain(rest.iter().map(|clause| passes_any(clause, query.now))).collect()
}

/// A walk through a list, from an order or an end.
struct Walk<'a> {
    query: &'a FindQuery,
    reverse: bool,
    wanted: usize,
    /// How many of the first that are found nobody wants; none, once the database skips them.
    skip: usize,
    /// How many rows it may look at that may not fit.
    looks: i64,
    found: Vec<Order>,
}

impl Walk<'_> {
    /// Goes on until there are enough; where it has to go on, if there may be more.
    async fn on(&mut self, conn: &mut Conn, from: Option<&Cursor>) -> Result<Option<Cursor>, DbError> {
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
        let in_order = Ordering::of(inner, self.reverse, true);
        loop {
            let path = |at: Option<&Order>| {
                let own = through.path.map(|test| passes(test, self.query.now, true));
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
            let window = self.looks.min(self.query.max_looked_at() / 2);
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
                let own = through.path.map(|test| passes(test, self.query.now, true));
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

/// An order of rows, which an index may give or none may.
#[derive(Clone, Copy)]
enum Ordering {
    Date { newest_first: bool, may_lead: bool },
    Number { highest_first: bool, may_lead: bool },
    Group { column: Column, descending: bool, newest_first: bool, may_lead: bool },
}

impl Ordering {
    fn of(inner: Inner, reverse: bool, may_lead: bool) -> Self {
        match inner {
            Inner::Date { newest_first } => Self::Date { newest_first: newest_first != reverse, may_lead },
            Inner::Number { highest_first } => {
                Self::Number { highest_first: highest_first != reverse, may_lead }
            }
            Inner::Group { column, descending } => {
                Self::Group { column, descending: descending != reverse, newest_first: !reverse, may_lead }
            }
        }
    }

    fn reversed(self) -> Self {
        match self {
            Self::Date { newest_first, may_lead } => Self::Date { newest_first: !newest_first, may_lead },
            Self::Number { highest_first, may_lead } => {
                Self::Number { highest_first: !highest_first, may_lead }
            }
            Self::Group { column, descending, newest_first, may_lead } => {
                Self::Group { column, descending: !descending, newest_first: !newest_first, may_lead }
            }
        }
    }
}

/// What comes behind an order within its segment, or before it in reverse.
fn behind(order: &Order, inner: Inner, reverse: bool, may_lead: bool) -> Cond {
    let (ordered, number) = (order.dates.ordered(), order.number.get());
    match inner {
        Inner::Date { newest_first } => is_older(ordered, number, newest_first == reverse, may_lead),
        Inner::Number { highest_first } => {
            let column = Hinted::new(orders::number, may_lead);
            if highest_first == reverse { Box::new(column.gt(number)) } else { Box::new(column.lt(number)) }
        }
        Inner::Group { column, descending } => {
            let Some(value) = column.value(order) else { return Box::new(orders::number.lt(0)) };
            let comparison = if descending == reverse { Comparison::Above } else { Comparison::Below };
            let in_group = compares(column, Comparison::Is, &value, false);
            let older = in_group.and(is_older(ordered, number, reverse, false));
            Box::new(compares(column, comparison, &value, false).or(older))
        }
    }
}

/// What comes before an order in the order of dates or numbers, or is the order; or behind it in reverse.
fn until(order: &Order, inner: Inner, reverse: bool) -> Cond {
    let (ordered, number) = (order.dates.ordered(), order.number.get());
    match inner {
        Inner::Number { highest_first } if highest_first == reverse => Box::new(orders::number.le(number)),
        Inner::Number { .. } => Box::new(orders::number.ge(number)),
        Inner::Date { newest_first } => is_not_older(ordered, number, newest_first == reverse),
        Inner::Group { .. } => is_not_older(ordered, number, reverse),
    }
}

async fn select(
    conn: &mut Conn,
    conditions: Vec<Cond>,
    ordering: Ordering,
    limit: i64,
    offset: i64,
) -> Result<Vec<Order>, DbError> {
    let rows: Vec<OrderRow> = load(selected(conditions, ordering, limit, offset), conn).await?;
    Ok(rows.into_iter().map(OrderRow::into_order).collect())
}

type Boxed = orders::BoxedQuery<'static, DB>;

fn selected(conditions: Vec<Cond>, ordering: Ordering, limit: i64, offset: i64) -> impl Rows<OrderRow> {
    let query = ordered(filtered(conditions), ordering).limit(limit);
    let query = if offset > 0 { query.offset(offset) } else { query };
    query.select(OrderRow::as_select())
}

fn counted(conditions: Vec<Cond>, most: i64) -> impl Rows<i64> {
    CountUpTo::new(filtered(conditions).limit(most).select(orders::number))
}

fn filtered(conditions: Vec<Cond>) -> Boxed {
    conditions.into_iter().fold(orders::table.into_boxed(), Boxed::filter)
}

/// Sorted; an index may give the order or none may.
fn ordered(query: Boxed, ordering: Ordering) -> Boxed {
    let date = |may_lead| Hinted::new(orders::order_date, may_lead);
    macro_rules! sorted_by {
        ($column:expr, $descending:expr, $newest_first:expr, $may_lead:expr) => {{
            let column = Hinted::new($column, $may_lead);
            match ($descending, $newest_first) {
                (true, true) => {
                    query.order((column.desc(), orders::order_date.desc(), orders::number.desc()))
                }
                (true, false) => query.order((column.desc(), orders::order_date.asc(), orders::number.asc())),
                (false, true) => {
                    query.order((column.asc(), orders::order_date.desc(), orders::number.desc()))
                }
                (false, false) => query.order((column.asc(), orders::order_date.asc(), orders::number.asc())),
            }
        }};
    }
    match ordering {
        Ordering::Date { newest_first: true, may_lead } => {
            query.order((date(may_lead).desc(), orders::number.desc()))
        }
        Ordering::Date { newest_first: false, may_lead } => {
            query.order((date(may_lead).asc(), orders::number.asc()))
        }
        Ordering::Number { highest_first: true, may_lead } => {
            query.order(Hinted::new(orders::number, may_lead).desc())
        }
        Ordering::Number { highest_first: false, may_lead } => {
            query.order(Hinted::new(orders::number, may_lead).asc())
        }
        Ordering::Group { column, descending, newest_first, may_lead } => match column {
            Column::Store => sorted_by!(orders::store_code, descending, newest_first, may_lead),
            Column::Product => sorted_by!(orders::product_code, descending, newest_first, may_lead),
            Column::Quantity => sorted_by!(orders::product_quantity, descending, newest_first, may_lead),
            Column::Brand => sorted_by!(orders::card_brand, descending, newest_first, may_lead),
            Column::Shipping => sorted_by!(orders::shipping_date, descending, newest_first, may_lead),
            Column::Delivery => sorted_by!(orders::delivery_date, descending, newest_first, may_lead),
            Column::Customer => sorted_by!(orders::user_id, descending, newest_first, may_lead),
            Column::Uuid => sorted_by!(orders::date_uuid, descending, newest_first, may_lead),
        },
    }
}
