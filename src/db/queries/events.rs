//! The history of orders, which every write of one adds to.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, outbox};
use crate::db::DbError;
use crate::db::order_event::OrderEvent;
use crate::db::outbox::Outbox;
use crate::db::rows::EventRow;
use crate::db::schema::order_events;

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
            order_events::kind.eq(event.kind.as_str()),
            order_events::changes.eq(event.changes_text()),
            order_events::submission.eq(event.submission),
        ))
        .execute(conn)
        .await?;
    outbox::insert_messages(conn, receivers, event).await
}

pub fn history_of(number: i64) -> impl Rows<EventRow> {
    order_events::table
        .filter(order_events::order_number.eq(number))
        .order(order_events::version.desc())
        .select(EventRow::as_select())
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![("history_of", sql(&history_of(7)))]
}
