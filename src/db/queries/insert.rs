//! Adding an order.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, calendar, events, load, number_of_last_insert};
use crate::db::outbox::Outbox;
use crate::db::rows::{InsertOrderRow, KeyHolder};
use crate::db::schema::orders;
use crate::db::{DbError, Inserted};
use crate::order::OrderNumber;

/// Adds an order with what its history begins with.
pub async fn insert_order(
    conn: &mut Conn,
    row: &InsertOrderRow,
    outbox: &Outbox,
) -> Result<Inserted, DbError> {
    match insert(conn, row).await {
        Ok(number) => {
            let number = number_of_order(number)?;
            for event in row.events(number) {
                events::record(conn, &event, outbox).await?;
            }
            calendar::add_order(conn, row.order_date.day()).await?;
            Ok(Inserted::Added(number))
        }
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let earlier: Vec<KeyHolder> = load(order_with_key(&row.date_uuid, &row.user_id), conn).await?;
            let earlier = earlier
                .into_iter()
                .next()
                .ok_or_else(|| DbError::Internal("a key is taken, but by no order".to_owned()))?;
            let number = number_of_order(earlier.number)?;
            // No card is sealed twice alike: this very row was committed by a try whose answer was lost.
            let ours = row.card_sealed == earlier.card_sealed;
            let same_form = row.submission.is_some() && row.submission == earlier.submission;
            Ok(match (ours, same_form && row.has_card_of(&earlier)) {
                (true, _) => Inserted::Added(number),
                (false, true) => Inserted::DuplicateSubmission(number),
                (false, false) => Inserted::KeyConflict(number),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// The row; the order's number.
pub async fn insert(conn: &mut Conn, row: &InsertOrderRow) -> QueryResult<i64> {
    diesel::insert_into(orders::table).values(row).execute(conn).await?;
    number_of_last_insert(conn).await
}

pub fn order_with_key(date_uuid: &str, user_id: &str) -> impl Rows<KeyHolder> + use<> {
    orders::table
        .filter(orders::date_uuid.eq(date_uuid.to_owned()))
        .filter(orders::user_id.eq(user_id.to_owned()))
        .select(KeyHolder::as_select())
}

pub fn number_of_order(number: i64) -> Result<OrderNumber, DbError> {
    OrderNumber::new(number)
        .ok_or_else(|| DbError::Internal(format!("the database numbered an order {number}")))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![("order_with_key", sql(&order_with_key("uuid", "user")))]
}
