//! Changing, cancelling and reopening an order, and taking back what was changed last.
//!
//! A change may run more than once, also after it was committed: it recognizes itself by the submission in the history.
//! Rows are locked in one order: the order's, then those of its warnings, its history and the outbox, then those of the
//! calendar of counts.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{Conn, Rows, calendar, events, load};
use crate::db::cards::SealedCard;
use crate::db::edit::{Editable, Updated};
use crate::db::outbox::Outbox;
use crate::db::rows::{CancellationRow, EditableRow, EventRow, ExpectedVersion, UpdateOrderRow};
use crate::db::schema::orders;
use crate::db::{DbError, counts};
use crate::order::{Order, OrderNumber};

/// An order with what it takes to change it.
pub async fn find_editable(conn: &mut Conn, number: OrderNumber) -> Result<Option<Editable>, DbError> {
    conn.transaction(async |conn| read_editable(conn, number.get()).await).await
}

/// An order with its sealed card.
pub async fn find_card(conn: &mut Conn, number: OrderNumber) -> Result<Option<(Order, SealedCard)>, DbError> {
    let found: Vec<EditableRow> = load(editable_order(number.get()), conn).await?;
    Ok(found.into_iter().next().map(EditableRow::into_card))
}

async fn read_editable(conn: &mut Conn, number: i64) -> Result<Option<Editable>, DbError> {
    let found: Vec<EditableRow> = load(editable_order(number), conn).await?;
    let Some(row) = found.into_iter().next() else { return Ok(None) };
    let history: Vec<EventRow> = load(events::history_of(number), conn).await?;
    Ok(Some(row.with(history)))
}

/// Changes an order that still has the version that was seen.
pub async fn update_order(
    conn: &mut Conn,
    row: &UpdateOrderRow,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let order = order_as_seen(row.expected.number, row.expected.version);
    let updated = diesel::update(order).set((&row.columns, row.card.as_ref())).execute(conn).await;
    finish_update(conn, row, updated, outbox).await
}

/// Takes back the last change of an order that still has the version that it led to, cancelled or not.
pub async fn undo_change(conn: &mut Conn, row: &UpdateOrderRow, outbox: &Outbox) -> Result<Updated, DbError> {
    let order = order_at_version(row.expected.number, row.expected.version);
    let updated = diesel::update(order).set((&row.columns, row.card.as_ref())).execute(conn).await;
    finish_update(conn, row, updated, outbox).await
}

/// What belongs to a row that was updated, or why it was not.
async fn finish_update(
    conn: &mut Conn,
    row: &UpdateOrderRow,
    updated: QueryResult<usize>,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let expected = &row.expected;
    match updated {
        Ok(0) => overtaken(conn, expected).await,
        Ok(_) => {
            if let Some(flags) = row.flags_without_renewed {
                // The triggers know a new warning by its flag.
                for flags in [flags, row.columns.flags] {
                    diesel::update(order_numbered(expected.number))
                        .set(orders::flags.eq(flags))
                        .execute(conn)
                        .await?;
                }
            }
            events::record(conn, &row.event(), outbox).await?;
            let (from, to) = (row.day_before, row.after.dates.ordered().day());
            calendar::apply(conn, counts::changes([(from, -1), (to, 1)])).await?;
            Ok(Updated::Done)
        }
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let (date_uuid, user_id) = (row.after.date_uuid, row.after.user_id);
            let holder: Vec<OrderNumber> =
                load(number_with_key(date_uuid.as_str(), user_id.as_str()), conn).await?;
            holder
                .into_iter()
                .next()
                .map(Updated::KeyConflict)
                .ok_or_else(|| DbError::Internal("a key is taken, but by no order".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Replaces the customer of an order that still has the version that was seen, cancelled or not.
pub async fn mask_customer(
    conn: &mut Conn,
    row: &UpdateOrderRow,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let order = order_at_version(row.expected.number, row.expected.version);
    if diesel::update(order).set((&row.columns, row.card.as_ref())).execute(conn).await? == 0 {
        return overtaken(conn, &row.expected).await;
    }
    events::record(conn, &row.event(), outbox).await?;
    Ok(Updated::Done)
}

/// Cancels an order that still has the version that was seen.
pub async fn cancel_order(
    conn: &mut Conn,
    row: &CancellationRow,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let expected = &row.expected;
    let as_seen = order_as_seen(expected.number, expected.version);
    if diesel::update(as_seen).set(&row.columns).execute(conn).await? == 0 {
        return overtaken(conn, expected).await;
    }
    events::record(conn, &row.event(), outbox).await?;
    Ok(Updated::Done)
}

/// Opens an order again that still has the version that was seen.
pub async fn reopen_order(
    conn: &mut Conn,
    row: &CancellationRow,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let expected = &row.expected;
    let as_seen = order_at_version(expected.number, expected.version);
    if diesel::update(as_seen).set(&row.columns).execute(conn).await? == 0 {
        return overtaken(conn, expected).await;
    }
    events::record(conn, &row.event(), outbox).await?;
    Ok(Updated::Done)
}

/// What came of a change whose order has another version by now, or is cancelled.
async fn overtaken(conn: &mut Conn, expected: &ExpectedVersion) -> Result<Updated, DbError> {
    let newest = read_editable(conn, expected.number).await?;
    let newest = newest.ok_or_else(|| DbError::Internal("an order is gone".to_owned()))?;
    Ok(newest.outcome_of(expected))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn order_as_seen(number: i64, version: i32) -> _ {
    orders::table
        .filter(orders::number.eq(number))
        .filter(orders::version.eq(version))
        .filter(orders::cancelled_at.is_null())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn order_at_version(number: i64, version: i32) -> _ {
    orders::table.filter(orders::number.eq(number)).filter(orders::version.eq(version))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn order_numbered(number: i64) -> _ {
    orders::table.filter(orders::number.eq(number))
}

fn editable_order(number: i64) -> impl Rows<EditableRow> {
    orders::table.filter(orders::number.eq(number)).select(EditableRow::as_select())
}

fn number_with_key(date_uuid: &str, user_id: &str) -> impl Rows<OrderNumber> + use<> {
    orders::table
        .filter(orders::date_uuid.eq(date_uuid.to_owned()))
        .filter(orders::user_id.eq(user_id.to_owned()))
        .select(orders::number)
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let (edited, cancelled) = (UpdateOrderRow::sample(), CancellationRow::sample());
    let update = diesel::update(order_as_seen(7, 1)).set((&edited.columns, edited.card.as_ref()));
    let mask = diesel::update(order_at_version(7, 1)).set((&edited.columns, edited.card.as_ref()));
    let flags = diesel::update(order_numbered(7)).set(orders::flags.eq(1_i16));
    let cancel = diesel::update(order_as_seen(7, 1)).set(&cancelled.columns);
    let reopen = diesel::update(order_at_version(7, 1)).set(&cancelled.columns);
    vec![
        ("editable_order", sql(&editable_order(7))),
        ("number_with_key", sql(&number_with_key("uuid", "user"))),
        ("update_order", diesel::debug_query::<super::DB, _>(&update).to_string()),
        ("set_flags", diesel::debug_query::<super::DB, _>(&flags).to_string()),
        ("mask_customer", diesel::debug_query::<super::DB, _>(&mask).to_string()),
        ("cancel_order", diesel::debug_query::<super::DB, _>(&cancel).to_string()),
        ("reopen_order", diesel::debug_query::<super::DB, _>(&reopen).to_string()),
    ]
}
