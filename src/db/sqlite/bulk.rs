//! Many orders at once: one by one, each prepared statement used again.

use std::collections::BTreeMap;

use diesel::result::{DatabaseErrorKind, Error};

use super::rows::EntryRow;
use super::{Conn, queries};
use crate::db::DbError;
use crate::db::announcer::Announcer;
use crate::order::Day;

/// Adds many orders; those whose key is taken are left out.
pub async fn insert_orders(conn: &mut Conn, rows: &[EntryRow]) -> Result<usize, DbError> {
    let mut days = BTreeMap::<Day, i64>::new();
    let mut added = 0;
    let nobody = Announcer::silent();
    for row in rows {
        match queries::insert(conn, row).await {
            Ok(number) => {
                queries::record(conn, &row.happening(number), &nobody).await?;
                *days.entry(row.order_date.day()).or_default() += 1;
                added += 1;
            }
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for (day, orders) in days {
        queries::add_to_counts(conn, day, orders).await?;
    }
    Ok(added)
}
