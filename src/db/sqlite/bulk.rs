//! Many orders at once: one by one, each prepared statement used again.

use std::collections::BTreeMap;

use diesel::result::{DatabaseErrorKind, Error};

use super::Conn;
use super::queries::{calendar, events, insert};
use crate::db::outbox::Outbox;
use crate::db::rows::InsertOrderRow;
use crate::db::{DbError, counts};
use crate::order::Day;

/// Adds many orders, each with its place in a file; those whose key is taken are left out. The places of those that were
/// added, with their numbers.
pub async fn insert_imported(
    conn: &mut Conn,
    rows: &[(i32, InsertOrderRow)],
    outbox: &Outbox,
) -> Result<Vec<(i32, i64)>, DbError> {
    let mut days = BTreeMap::<Day, i64>::new();
    let mut added = Vec::with_capacity(rows.len());
    for (place, row) in rows {
        if let Some(number) = insert_one(conn, row, outbox).await? {
            *days.entry(row.order_date.day()).or_default() += 1;
            added.push((*place, number));
        }
    }
    calendar::apply(conn, counts::changes(days)).await?;
    Ok(added)
}

/// Adds many orders; those whose key is taken are left out.
pub async fn insert_orders(conn: &mut Conn, rows: &[InsertOrderRow]) -> Result<usize, DbError> {
    let mut days = BTreeMap::<Day, i64>::new();
    let mut added = 0;
    let nobody = Outbox::silent();
    for row in rows {
        if insert_one(conn, row, &nobody).await?.is_some() {
            *days.entry(row.order_date.day()).or_default() += 1;
            added += 1;
        }
    }
    calendar::apply(conn, counts::changes(days)).await?;
    Ok(added)
}

/// An order's number; none if its key is taken.
async fn insert_one(conn: &mut Conn, row: &InsertOrderRow, outbox: &Outbox) -> Result<Option<i64>, DbError> {
    match insert::insert(conn, row).await {
        Ok(number) => {
            for event in row.events(insert::number_of_order(number)?) {
                events::record(conn, &event, outbox).await?;
            }
            Ok(Some(number))
        }
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
