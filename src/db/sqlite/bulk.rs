//! Many orders at once: one by one, each prepared statement used again.

use std::collections::BTreeMap;

use diesel::result::{DatabaseErrorKind, Error};

use super::Conn;
use super::queries::{calendar, events, insert};
use crate::db::outbox::Outbox;
use crate::db::rows::InsertOrderRow;
use crate::db::{DbError, counts};
use crate::order::Day;

/// Adds many orders; those whose key is taken are left out.
pub async fn insert_orders(conn: &mut Conn, rows: &[InsertOrderRow]) -> Result<usize, DbError> {
    let mut days = BTreeMap::<Day, i64>::new();
    let mut added = 0;
    let nobody = Outbox::silent();
    for row in rows {
        match insert::insert(conn, row).await {
            Ok(number) => {
                let number = insert::number_of_order(number)?;
                for event in row.events(number) {
                    events::record(conn, &event, &nobody).await?;
                }
                *days.entry(row.order_date.day()).or_default() += 1;
                added += 1;
            }
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    calendar::apply(conn, counts::changes(days)).await?;
    Ok(added)
}
