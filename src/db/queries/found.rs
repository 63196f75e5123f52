//! Lists that are filtered or sorted: their pages, how many orders they have, and the place of an order in them.
//!
//! What leads to the orders is chosen by how many it leads to, as far as that is counted quickly. Where that is few, the
//! database sorts them. Where it is many, an index gives their order, and those that fit are picked out of it, window by
//! window, until there are enough or as many rows were looked at as a page may take.

mod kept;
mod plan;
mod statements;
mod walk;

use diesel::prelude::*;
use diesel_async::AsyncConnection;

use super::calendar::count_orders;
use super::events::history_of;
use super::order::order_numbered;
use super::warnings::warnings_of;
use super::{Conn, load};
use crate::db::DbError;
use crate::db::find::{Asked, Clause, Cursor, FindQuery, Found, Inner, Placed, Range, Segment, Test};
use crate::db::long_read::Slice;
use crate::db::rows::{EventRow, OrderRow};
use crate::db::schema::orders;
use crate::db::totals::Counted;
use crate::order::{Anchor, Order, OrderDetails, OrderNumber, PageRequest, Place, Total};
use kept::{StartOfPage, kept_total, start_of_page};
use plan::{Plan, count, plan};
#[cfg(test)]
pub use statements::all;
use statements::{behind, counted, led_by};
use walk::Walk;

/// What was found of a page of a list; what is missing takes longer.
pub async fn list_found(
    conn: &mut Conn,
    query: &FindQuery,
    page: PageRequest,
    anchor: Option<Anchor>,
    counted: Option<Counted>,
) -> Result<Found, DbError> {
    conn.transaction(async |conn| {
        let total = match counted {
            Some(Counted(total)) => total,
            None => total(conn, query).await?,
        };
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
            Some(Anchor::End) if !query.is_numbered(total) => Asked::anchored(page, true),
            Some(Anchor::End) => Asked::page(PageRequest { page: u64::MAX, ..page }, query, total),
            Some(_) | None => Asked::page(page, query, total),
        };
        if query.skips_by_day(asked.skip, total) {
            return find_deep(conn, query, asked, total).await;
        }
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

/// The next orders of a walk through all of a list, from its start or behind an order.
pub async fn walk_orders(
    conn: &mut Conn,
    rows: i64,
    query: &FindQuery,
    from: Option<&Cursor>,
) -> Result<Slice<Vec<Order>, Cursor>, DbError> {
    conn.transaction(async |conn| {
        let wanted = usize::try_from(rows).unwrap_or(usize::MAX);
        let mut walk = Walk { query, reverse: false, wanted, skip: 0, looks: rows, found: Vec::new() };
        let stopped = walk.on(conn, from).await?;
        let is_full = walk.found.len() >= wanted;
        let last = walk.found.last().filter(|_| is_full);
        let behind = || last.map(|order| Cursor { segment: query.segment_of(order), order: order.clone() });
        let next = stopped.or_else(behind);
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
        let warnings = warnings_of(conn, &order).await?;
        let history = history.into_iter().map(EventRow::into_event).collect();
        let details = OrderDetails { order, warnings, history, place };
        Ok(Some(Placed { details, missing: [previous.1, next.1] }))
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

/// A page so deep that it begins on a day of its own; the last that is near, if nobody can tell which day.
async fn find_deep(
    conn: &mut Conn,
    query: &FindQuery,
    asked: Asked,
    total: Option<Total>,
) -> Result<Found, DbError> {
    let start = start_of_page(conn, query, i64::try_from(asked.skip).unwrap_or(i64::MAX)).await?;
    if let Some(StartOfPage { from_there, skip }) = start
        && let Ok(skip) = usize::try_from(skip)
    {
        let asked = Asked { skip, before: asked.skip - skip, ..asked };
        let found = find(conn, &from_there, None, asked, total).await?;
        return Ok(Found { is_numbered: true, ..found });
    }
    find(conn, query, None, Asked::near(asked, query), total).await
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
    Ok(Found { orders: walk.found, stopped, total, asked, is_numbered: query.is_numbered(total) })
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
    if let Some(total) = kept_total(conn, query).await? {
        return Ok(Some(Total::Exactly(total)));
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
