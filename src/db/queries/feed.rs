//! What happened to all orders, newest first.

use diesel::prelude::*;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::long_read::Slice;
use crate::db::rows::EventRow;
use crate::db::schema::order_events;
use crate::order::{ChangeFilter, ChangeKey, ChangePage, Event, EventKind, OrderNumber, Timestamp};

/// Entries of an index that are looked at for one page, where not all of them fit.
const LOOKED_AT: usize = 2_000;

/// Events that fit a filter, so many at most, behind one of them.
///
/// One condition leads, by an index of its own; what the others leave of its entries is picked out of a bounded number
/// of them, so a page may have few events, or none, and older ones behind it.
pub async fn list_changes(
    conn: &mut Conn,
    filter: &ChangeFilter,
    from: Option<ChangeKey>,
    wanted: usize,
) -> Result<ChangePage, DbError> {
    let conditions =
        [filter.by.is_some(), filter.kind.is_some(), filter.order.is_some(), filter.job.is_some()];
    let has_more = conditions.into_iter().filter(|is| *is).count() > 1;
    let has_rest = has_more || (filter.order.is_some() && filter.span.is_some());
    let rows = if has_rest { LOOKED_AT } else { wanted.saturating_add(1) };
    let found = behind_key(conn, filter, from, i64::try_from(rows).unwrap_or(i64::MAX)).await?;

    let is_cut = found.len() >= rows;
    let mut page = ChangePage::default();
    let mut last = None;
    for (order, row) in found {
        let event = row.into_event();
        if page.events.len() == wanted {
            page.next = last;
            return Ok(page);
        }
        last = Some(ChangeKey::of(order, &event));
        if filter.has(order, &event) {
            page.events.push((order, event));
        }
    }
    page.next = last.filter(|_| is_cut);
    Ok(page)
}

/// The events that fit a filter among the next entries of its index.
pub async fn walk_changes(
    conn: &mut Conn,
    rows: i64,
    filter: &ChangeFilter,
    from: Option<ChangeKey>,
) -> Result<Slice<Vec<(OrderNumber, Event)>, ChangeKey>, DbError> {
    let found = behind_key(conn, filter, from, rows).await?;
    let is_cut = i64::try_from(found.len()).is_ok_and(|found| found >= rows);
    let mut found: Vec<_> = found.into_iter().map(|(order, row)| (order, row.into_event())).collect();
    let last = found.last().map(|(order, event)| ChangeKey::of(*order, event));
    found.retain(|(order, event)| filter.has(*order, event));
    Ok(Slice { found, next: last.filter(|_| is_cut) })
}

/// The next entries of the index that leads, so many at most, whatever else the filter asks for.
async fn behind_key(
    conn: &mut Conn,
    filter: &ChangeFilter,
    from: Option<ChangeKey>,
    limit: i64,
) -> QueryResult<Vec<(OrderNumber, EventRow)>> {
    let (oldest, end) = filter.span.unwrap_or((Timestamp::EARLIEST, Timestamp::LATEST));
    let from = from.unwrap_or(ChangeKey::NEWEST).min(ChangeKey::before(end));
    if let Some(order) = filter.order {
        return load(of_order(order.get(), from, limit), conn).await;
    }
    if let Some(job) = filter.job {
        return load(of_job(job.get(), oldest, from, limit), conn).await;
    }
    match (filter.kind, &filter.by) {
        // Most events are such: whoever did them leads better.
        (None | Some(EventKind::Added | EventKind::Changed), Some(by)) => {
            load(of_actor(by.text().into_owned(), oldest, from, limit), conn).await
        }
        (Some(kind), _) => match kind.act() {
            Some(act) => load(of_act(kind.as_str(), act, oldest, from, limit), conn).await,
            None => load(of_kind(kind.as_str(), oldest, from, limit), conn).await,
        },
        (None, None) => load(of_all(oldest, from, limit), conn).await,
    }
}

/// The first condition on the time is a range that the index seeks to.
#[diesel::dsl::auto_type(no_type_alias)]
fn behind(oldest: Timestamp, from: ChangeKey) -> _ {
    let at: Timestamp = from.at;
    let order: i64 = from.order;
    let version: i32 = from.version;
    order_events::at.ge(oldest).and(order_events::at.le(at)).and(
        order_events::at.lt(at).or(order_events::order_number
            .lt(order)
            .or(order_events::order_number.eq(order).and(order_events::version.lt(version)))),
    )
}

fn of_all(oldest: Timestamp, from: ChangeKey, limit: i64) -> impl Rows<(OrderNumber, EventRow)> {
    order_events::table
        .filter(behind(oldest, from))
        .order((order_events::at.desc(), order_events::order_number.desc(), order_events::version.desc()))
        .limit(limit)
        .select((order_events::order_number, EventRow::as_select()))
}

fn of_actor(
    actor: String,
    oldest: Timestamp,
    from: ChangeKey,
    limit: i64,
) -> impl Rows<(OrderNumber, EventRow)> {
    order_events::table
        .filter(order_events::actor.eq(actor))
        .filter(behind(oldest, from))
        .order((order_events::at.desc(), order_events::order_number.desc(), order_events::version.desc()))
        .limit(limit)
        .select((order_events::order_number, EventRow::as_select()))
}

fn of_kind(
    kind: &'static str,
    oldest: Timestamp,
    from: ChangeKey,
    limit: i64,
) -> impl Rows<(OrderNumber, EventRow)> {
    order_events::table
        .filter(order_events::kind.eq(kind))
        .filter(order_events::act.is_null())
        .filter(behind(oldest, from))
        .order((order_events::at.desc(), order_events::order_number.desc(), order_events::version.desc()))
        .limit(limit)
        .select((order_events::order_number, EventRow::as_select()))
}

fn of_act(
    kind: &'static str,
    act: &'static str,
    oldest: Timestamp,
    from: ChangeKey,
    limit: i64,
) -> impl Rows<(OrderNumber, EventRow)> {
    order_events::table
        .filter(order_events::kind.eq(kind))
        .filter(order_events::act.eq(act))
        .filter(behind(oldest, from))
        .order((order_events::at.desc(), order_events::order_number.desc(), order_events::version.desc()))
        .limit(limit)
        .select((order_events::order_number, EventRow::as_select()))
}

fn of_job(job: i64, oldest: Timestamp, from: ChangeKey, limit: i64) -> impl Rows<(OrderNumber, EventRow)> {
    order_events::table
        .filter(order_events::job.eq(job))
        .filter(behind(oldest, from))
        .order((order_events::at.desc(), order_events::order_number.desc(), order_events::version.desc()))
        .limit(limit)
        .select((order_events::order_number, EventRow::as_select()))
}

/// By their versions, which is the order in which they happened.
fn of_order(order: i64, from: ChangeKey, limit: i64) -> impl Rows<(OrderNumber, EventRow)> {
    // A key of another order is where nobody has been yet.
    let version = if from.order == order { from.version } else { i32::MAX };
    order_events::table
        .filter(order_events::order_number.eq(order))
        .filter(order_events::version.lt(version))
        .order(order_events::version.desc())
        .limit(limit)
        .select((order_events::order_number, EventRow::as_select()))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let (oldest, from) = (Timestamp::EARLIEST, ChangeKey { at: Timestamp::LATEST, order: 7, version: 3 });
    vec![
        ("changes", sql(&of_all(oldest, from, 51))),
        ("changes_of_actor", sql(&of_actor("desk".to_owned(), oldest, from, 51))),
        ("changes_of_kind", sql(&of_kind("shipped", oldest, from, 51))),
        ("changes_of_act", sql(&of_act("changed", "undone", oldest, from, 51))),
        ("changes_of_job", sql(&of_job(3, oldest, from, 51))),
        ("changes_of_order", sql(&of_order(7, from, 51))),
    ]
}
