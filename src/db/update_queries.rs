//! Changing and cancelling an order, in Diesel's language.
//!
//! Mounted under each database, like `queries.rs`. A change may run more than once, also after it was committed:
//! it recognizes itself by the submission in the history. Rows are locked in one order: the order's, then those of its
//! history and of the outbox, then those of the calendar of counts, years first.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::rows::EventRow;
use super::update_rows::{CancelOrderRow, EditableRow, ExpectedVersion, UpdateOrderRow};
use super::{Conn, Rows, load, queries};
use crate::db::DbError;
use crate::db::edit::{Editable, Updated};
use crate::db::outbox::Outbox;
use crate::db::schema::{order_events, orders};
use crate::order::{OrderNumber, Timestamp};

/// An order with what it takes to change it.
pub async fn find_editable(conn: &mut Conn, number: OrderNumber) -> Result<Option<Editable>, DbError> {
    conn.transaction(async |conn| {
        let found: Vec<EditableRow> = load(editable_order(number.get()), conn).await?;
        let Some(row) = found.into_iter().next() else { return Ok(None) };
        let history: Vec<EventRow> = load(queries::history_of(number.get()), conn).await?;
        Ok(Some(row.with(history.into_iter().map(EventRow::into_event).collect())))
    })
    .await
}

/// Changes an order that still has the version that was seen.
pub async fn update_order(
    conn: &mut Conn,
    row: &UpdateOrderRow,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let expected = &row.expected;
    let changes = (&row.columns, row.card.as_ref());
    match diesel::update(order_as_seen(expected.number, expected.version)).set(changes).execute(conn).await {
        Ok(0) => why_not(conn, expected).await,
        Ok(_) => {
            queries::record(conn, &row.event(), outbox).await?;
            let (from, to) = (row.day_before, row.after.dates.ordered().day());
            if from != to {
                queries::move_in_counts(conn, from, to).await?;
            }
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
        return why_not(conn, &row.expected).await;
    }
    queries::record(conn, &row.event(), outbox).await?;
    Ok(Updated::Done)
}

/// Cancels an order that still has the version that was seen.
pub async fn cancel_order(
    conn: &mut Conn,
    row: &CancelOrderRow,
    outbox: &Outbox,
) -> Result<Updated, DbError> {
    let expected = &row.expected;
    let as_seen = order_as_seen(expected.number, expected.version);
    if diesel::update(as_seen).set(&row.columns).execute(conn).await? == 0 {
        return why_not(conn, expected).await;
    }
    queries::record(conn, &row.event(), outbox).await?;
    Ok(Updated::Done)
}

/// Why an order has not the version that was seen, or cannot be changed.
async fn why_not(conn: &mut Conn, expected: &ExpectedVersion) -> Result<Updated, DbError> {
    let next: Vec<Option<String>> = load(submission_of(expected.number, expected.next()), conn).await?;
    if let Some(submission) = next.into_iter().flatten().next()
        && ExpectedVersion::form(&submission) == ExpectedVersion::form(&expected.submission)
    {
        // Of this very request, it was committed by a try whose answer was lost.
        let is_own = submission == expected.submission;
        return Ok(if is_own { Updated::Done } else { Updated::DuplicateSubmission });
    }
    let cancelled: Vec<Option<Timestamp>> = load(cancellation_of(expected.number), conn).await?;
    let is_cancelled = cancelled.into_iter().flatten().next().is_some();
    Ok(if is_cancelled { Updated::Cancelled } else { Updated::VersionConflict })
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

fn editable_order(number: i64) -> impl Rows<EditableRow> {
    orders::table.filter(orders::number.eq(number)).select(EditableRow::as_select())
}

fn number_with_key(date_uuid: &str, user_id: &str) -> impl Rows<OrderNumber> + use<> {
    orders::table
        .filter(orders::date_uuid.eq(date_uuid.to_owned()))
        .filter(orders::user_id.eq(user_id.to_owned()))
        .select(orders::number)
}

fn submission_of(number: i64, version: i32) -> impl Rows<Option<String>> {
    order_events::table
        .filter(order_events::order_number.eq(number))
        .filter(order_events::version.eq(version))
        .select(order_events::submission)
}

fn cancellation_of(number: i64) -> impl Rows<Option<Timestamp>> {
    orders::table.filter(orders::number.eq(number)).select(orders::cancelled_at)
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    fn sql<U>(query: &impl Rows<U>) -> String {
        diesel::debug_query::<super::DB, _>(query).to_string()
    }
    let (edited, cancelled) = (UpdateOrderRow::sample(), CancelOrderRow::sample());
    let update = diesel::update(order_as_seen(7, 1)).set((&edited.columns, edited.card.as_ref()));
    let mask = diesel::update(order_at_version(7, 1)).set((&edited.columns, edited.card.as_ref()));
    let cancel = diesel::update(order_as_seen(7, 1)).set(&cancelled.columns);
    vec![
        ("editable_order", sql(&editable_order(7))),
        ("number_with_key", sql(&number_with_key("uuid", "user"))),
        ("submission_of", sql(&submission_of(7, 2))),
        ("cancellation_of", sql(&cancellation_of(7))),
        ("update_order", diesel::debug_query::<super::DB, _>(&update).to_string()),
        ("mask_customer", diesel::debug_query::<super::DB, _>(&mask).to_string()),
        ("cancel_order", diesel::debug_query::<super::DB, _>(&cancel).to_string()),
    ]
}
