//! Many orders at once: one by one, each prepared statement used again, and counted together.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::Conn;
use super::queries::{calendar, events, imports, insert};
use crate::db::cards::SealError;
use crate::db::import::{ImportBatch, ImportBatchDone};
use crate::db::kept_counts::{self, KeptKind, KeptSums};
use crate::db::outbox::Outbox;
use crate::db::rows::InsertOrderRow;
use crate::db::{DbError, counts};
use crate::order::Day;

diesel::table! {
    /// Has a row within a transaction that counts what it adds itself: the trigger does not, then.
    counted_by_writer (id) {
        id -> Integer,
    }
}

/// Rows as they come, or why there are no more.
pub type ArrivingRows = Receiver<Result<Vec<InsertOrderRow>, SealError>>;

/// Adds many orders; those whose key is taken are left out.
pub async fn insert_orders(conn: &mut Conn, rows: &[InsertOrderRow]) -> Result<usize, DbError> {
    let rows = rows.iter().map(|row| (0, row));
    Ok(insert_counted(conn, rows, &Outbox::silent()).await?.len())
}

/// What changes when a transaction of another connection is committed (SQLite's documentation of `data_version`).
const DATA_VERSION: &str = "SELECT data_version AS version FROM pragma_data_version";

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    version: i64,
}

/// Does the next rows of an import, if its lease still holds; with a number that changes when another program writes.
pub async fn run_import_batch(
    conn: &mut Conn,
    batch: &ImportBatch,
    outbox: &Outbox,
) -> Result<(ImportBatchDone, Option<i64>), DbError> {
    let DataVersion { version } = diesel::sql_query(DATA_VERSION).get_result(conn).await?;
    let done = match imports::begin_batch(conn, batch).await? {
        Err(done) => done,
        Ok(import) => {
            let added = insert_imported(conn, &batch.add, outbox).await?;
            imports::end_batch(conn, batch, &import, added, outbox).await?
        }
    };
    Ok((done, Some(version)))
}

/// Adds many orders, each with its place in a file; those whose key is taken are left out. The places of those that were
/// added, with their numbers.
async fn insert_imported(
    conn: &mut Conn,
    rows: &[(i32, InsertOrderRow)],
    outbox: &Outbox,
) -> Result<Vec<(i32, i64)>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    insert_counted(conn, rows.iter().map(|(place, row)| (*place, row)), outbox).await
}

async fn insert_counted<'a>(
    conn: &mut Conn,
    rows: impl Iterator<Item = (i32, &'a InsertOrderRow)>,
    outbox: &Outbox,
) -> Result<Vec<(i32, i64)>, DbError> {
    let mut days = BTreeMap::<Day, i64>::new();
    let mut sums = CountSums::new();
    let mut added = Vec::new();
    diesel::insert_into(counted_by_writer::table).values(counted_by_writer::id.eq(1)).execute(conn).await?;
    for (place, row) in rows {
        match insert::insert(conn, row).await {
            Ok(number) => {
                for event in row.events(insert::number_of_order(number)?) {
                    events::record(conn, &event, outbox).await?;
                }
                *days.entry(row.order_date.day()).or_default() += 1;
                for (key, of_order) in kept_counts::of_new_order(row) {
                    *sums.entry(key).or_default() += of_order;
                }
                added.push((place, number));
            }
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    calendar::apply(conn, counts::changes(days)).await?;
    add_to_counts(conn, sums).await?;
    diesel::delete(counted_by_writer::table).execute(conn).await?;
    Ok(added)
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    sql: String,
}

/// Adds orders as they come, and builds the indexes after that. Constraints have indexes of their own, which stay.
pub async fn load(
    conn: &mut Conn,
    arriving: &ArrivingRows,
    progress: &(dyn Fn(usize) + Send),
) -> Result<usize, DbError> {
    let indexes: Vec<Index> = diesel::sql_query(
        "SELECT name, sql FROM sqlite_master \
         WHERE type = 'index' AND tbl_name IN ('orders', 'order_events') AND sql IS NOT NULL ORDER BY name",
    )
    .load(conn)
    .await?;
    for Index { name, .. } in &indexes {
        conn.batch_execute(&format!("DROP INDEX {name}")).await?;
    }
    let mut added = 0;
    for rows in arriving {
        let rows = rows?;
        added += insert_orders(conn, &rows).await?;
        progress(rows.len());
    }
    for Index { sql, .. } in &indexes {
        conn.batch_execute(sql).await?;
    }
    Ok(added)
}

/// One statement for many counts: Diesel prepares each `UPDATE` and each `ON CONFLICT` anew, which cost more
/// than all else about an order.
const ADD_TO_COUNTS: &str = "INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered) \
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7 \
    FROM json_each(?) WHERE true \
    ON CONFLICT (kind, code, period) DO UPDATE SET orders = orders + excluded.orders, units = units + excluded.units, \
    cancelled = cancelled + excluded.cancelled, dated = dated + excluded.dated, delivered = delivered + excluded.delivered";

/// Counts of one statement, of which SQLite keeps in memory what their pages were before.
const COUNTS_AT_ONCE: usize = 500;

/// What is added to which count: by kind, code and period.
type CountSums<'a> = BTreeMap<(KeptKind, &'a str, i32), KeptSums>;

async fn add_to_counts(conn: &mut Conn, sums: CountSums<'_>) -> Result<(), DbError> {
    let rows: Vec<_> = sums
        .into_iter()
        .map(|((kind, code, period), KeptSums { orders, units, cancelled, dated, delivered })| {
            (kind.name(), code, period, orders, units, cancelled, dated, delivered)
        })
        .collect();
    for some in rows.chunks(COUNTS_AT_ONCE) {
        let some = serde_json::to_string(some).map_err(|error| DbError::Internal(error.to_string()))?;
        diesel::sql_query(ADD_TO_COUNTS).bind::<diesel::sql_types::Text, _>(some).execute(conn).await?;
    }
    Ok(())
}
