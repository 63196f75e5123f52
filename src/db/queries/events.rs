//! The history of orders, which every write of one adds to.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load, outbox};
use crate::db::DbError;
use crate::db::history::StoredVersions;
use crate::db::order_event::OrderEvent;
use crate::db::outbox::Outbox;
use crate::db::rows::EventRow;
use crate::db::schema::{order_events, orders};
use crate::order::{JobId, OrderNumber, PersonId};

/// Writes an event to the history and the outbox, in the transaction of the write itself.
///
/// Every row of `order_events` is written here, but for those of `azure_sql::insert_orders`.
pub async fn record(conn: &mut Conn, event: &OrderEvent<'_>, receivers: &Outbox) -> Result<(), DbError> {
    diesel::insert_into(order_events::table)
        .values((
            order_events::order_number.eq(event.order.number.get()),
            order_events::version.eq(event.version),
            order_events::at.eq(event.at),
            order_events::actor.eq(event.by),
            order_events::client.eq(event.client.map(|ip| ip.to_string())),
            order_events::kind.eq(event.kind.as_str()),
            order_events::act.eq(event.kind.act()),
            order_events::changes.eq(event.changes_text()),
            order_events::detail.eq(event.detail_text()),
            order_events::submission.eq(event.submission),
            order_events::person_id.eq(event.person.map(PersonId::get)),
            order_events::job.eq(event.job.map(JobId::get)),
        ))
        .execute(conn)
        .await?;
    outbox::insert_messages(conn, receivers, event).await
}

/// The versions of orders with numbers in a range, and of their events.
pub async fn list_versions(conn: &mut Conn, range: (i64, i64)) -> Result<StoredVersions, DbError> {
    Ok(StoredVersions {
        orders: load(versions_of(range), conn).await?,
        events: load(events_of(range), conn).await?,
    })
}

/// The highest number that an event is about; 0 if there is none.
pub async fn last_number(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(load(newest_event(), conn).await?.into_iter().next().unwrap_or(0))
}

pub fn history_of(number: i64) -> impl Rows<EventRow> {
    order_events::table
        .filter(order_events::order_number.eq(number))
        .order(order_events::version.desc())
        .select(EventRow::as_select())
}

/// The event that led to a version of an order.
pub fn event_of(number: i64, version: i32) -> impl Rows<EventRow> {
    order_events::table
        .filter(order_events::order_number.eq(number))
        .filter(order_events::version.eq(version))
        .select(EventRow::as_select())
}

/// From the end of the primary key.
fn newest_event() -> impl Rows<i64> {
    order_events::table
        .order((order_events::order_number.desc(), order_events::version.desc()))
        .select(order_events::order_number)
        .limit(1)
}

fn versions_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, i32)> {
    orders::table
        .filter(orders::number.between(first, last))
        .order(orders::number)
        .select((orders::number, orders::version))
}

fn events_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, i32)> {
    order_events::table
        .filter(order_events::order_number.between(first, last))
        .order((order_events::order_number, order_events::version))
        .select((order_events::order_number, order_events::version))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![
        ("history_of", sql(&history_of(7))),
        ("event_of", sql(&event_of(7, 2))),
        ("newest_event", sql(&newest_event())),
        ("versions_of", sql(&versions_of((1, 5000)))),
        ("events_of", sql(&events_of((1, 5000)))),
    ]
}
