//! The access log, to which rows are only added.
//!
//! What is added may be added more than once, also after it was committed: an entry is known by its id.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::rows::{AccessRow, NewAccessRow, OutcomeRow, StoredOutcome};
use crate::db::schema::{access_log, access_outcomes};
use crate::order::{Access, AccessEntry, Outcome, Timestamp};

/// Writes down what is about to be done.
pub async fn insert_access(conn: &mut Conn, access: &Access) -> Result<(), DbError> {
    let row = NewAccessRow::new(access);
    once(diesel::insert_into(access_log::table).values(&row).execute(conn).await)
}

/// Writes down how it ended; the first time counts.
pub async fn insert_outcome(
    conn: &mut Conn,
    id: Uuid,
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), DbError> {
    let row = OutcomeRow::new(id, outcome, at);
    once(diesel::insert_into(access_outcomes::table).values(&row).execute(conn).await)
}

fn once(inserted: QueryResult<usize>) -> Result<(), DbError> {
    match inserted {
        Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Entries with less than a number, newest first.
pub async fn list_accesses(
    conn: &mut Conn,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AccessEntry>, DbError> {
    let rows: Vec<(AccessRow, Option<StoredOutcome>)> =
        load(accesses_before(before.unwrap_or(i64::MAX), limit), conn).await?;
    rows.into_iter().map(|(row, outcome)| row.into_entry(outcome)).collect()
}

fn accesses_before(before: i64, limit: i64) -> impl Rows<(AccessRow, Option<StoredOutcome>)> {
    access_log::table
        .left_join(access_outcomes::table.on(access_outcomes::id.eq(access_log::id)))
        .filter(access_log::number.lt(before))
        .order(access_log::number.desc())
        .limit(limit)
        .select((
            AccessRow::as_select(),
            (
                access_outcomes::outcome,
                access_outcomes::orders,
                access_outcomes::reason,
                access_outcomes::session_id,
            )
                .nullable(),
        ))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![("accesses_before", sql(&accesses_before(99, 25)))]
}
