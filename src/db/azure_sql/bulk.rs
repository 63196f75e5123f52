//! Many orders at once: bulk copy into a table of this session, then one statement for each real table.
//!
//! Bulk copy takes all rows or none and skips constraints, so it cannot go to the real tables: rows whose key is
//! taken are to be left out, and every rule of the schema holds.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use diesel_mssql::{BulkRow, MssqlType, bulk_copy, date_time};

use super::Conn;
use super::queries::{imports, outbox};
use crate::db::DbError;
use crate::db::import::{ImportBatch, ImportBatchDone};
use crate::db::outbox::Outbox;
use crate::db::rows::{ADDED, InsertOrderRow};
use crate::order::{EventKind, JobId, OrderNumber, PersonId};

/// The columns of a new row, in the order of [`row`].
const COLUMNS: [&str; 23] = [
    "date_uuid",
    "user_id",
    "store_code",
    "product_code",
    "product_quantity",
    "order_date",
    "shipping_date",
    "delivery_date",
    "cancelled_at",
    "card_brand",
    "card_last4",
    "card_sealed",
    "card_seal_key",
    "card_hash",
    "card_hash_key",
    "flags",
    "note",
    "submission",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
];

/// An empty table of the same columns and types; `place` is the row's place in the batch; `client`, `person_id`
/// and `job` are for its event.
const STAGING: &str = "IF OBJECT_ID('tempdb..#new_orders') IS NOT NULL DROP TABLE #new_orders; \
    CREATE TABLE #new_orders ( \
    place INT NOT NULL, \
    client NVARCHAR(45) COLLATE Latin1_General_BIN2 NULL, \
    person_id INT NULL, \
    job BIGINT NULL, \
    date_uuid NVARCHAR(36) COLLATE Latin1_General_BIN2 NOT NULL, \
    user_id NVARCHAR(36) COLLATE Latin1_General_BIN2 NOT NULL, \
    store_code NVARCHAR(12) COLLATE Latin1_General_BIN2 NOT NULL, \
    product_code NVARCHAR(11) COLLATE Latin1_General_BIN2 NOT NULL, \
    product_quantity INT NOT NULL, \
    order_date DATETIME2(0) NOT NULL, \
    shipping_date DATETIME2(0) NULL, \
    delivery_date DATETIME2(0) NULL, \
    cancelled_at DATETIME2(0) NULL, \
    card_brand NVARCHAR(20) COLLATE Latin1_General_BIN2 NOT NULL, \
    card_last4 NVARCHAR(4) COLLATE Latin1_General_BIN2 NOT NULL, \
    card_sealed VARBINARY(64) NOT NULL, \
    card_seal_key SMALLINT NOT NULL, \
    card_hash VARBINARY(32) NOT NULL, \
    card_hash_key SMALLINT NOT NULL, \
    flags SMALLINT NOT NULL, \
    note NVARCHAR(1000) COLLATE Latin1_General_BIN2 NULL, \
    submission NVARCHAR(100) COLLATE Latin1_General_BIN2 NULL, \
    version INT NOT NULL, \
    created_at DATETIME2(0) NOT NULL, \
    created_by NVARCHAR(200) COLLATE Latin1_General_BIN2 NOT NULL, \
    updated_at DATETIME2(0) NOT NULL, \
    updated_by NVARCHAR(200) COLLATE Latin1_General_BIN2 NOT NULL, \
    PRIMARY KEY (date_uuid, user_id))";

const LEAVE_OUT_TAKEN: &str = "DELETE FROM #new_orders WHERE EXISTS (SELECT 1 FROM orders \
    WHERE orders.date_uuid = #new_orders.date_uuid AND orders.user_id = #new_orders.user_id)";

/// Each order was added, and some were called off: their row has the version after that.
const ADD_EVENTS: &str = "INSERT INTO order_events (order_number, version, at, actor, client, person_id, job, kind) \
    SELECT orders.number, events.version, events.at, #new_orders.created_by, #new_orders.client, \
    #new_orders.person_id, #new_orders.job, events.kind \
    FROM #new_orders JOIN orders ON orders.date_uuid = #new_orders.date_uuid AND orders.user_id = #new_orders.user_id \
    CROSS APPLY (SELECT @P1 AS kind, @P2 AS version, #new_orders.created_at AS at \
    UNION ALL SELECT @P3, #new_orders.version, #new_orders.cancelled_at WHERE #new_orders.cancelled_at IS NOT NULL) AS events";

/// How many orders of the batch each year, month and day has: the periods of `db::counts`.
const PERIODS: &str = "IF OBJECT_ID('tempdb..#periods') IS NOT NULL DROP TABLE #periods; \
    CREATE TABLE #periods (period INT NOT NULL PRIMARY KEY, orders BIGINT NOT NULL); \
    INSERT INTO #periods (period, orders) SELECT period, COUNT_BIG(*) FROM ( \
    SELECT YEAR(order_date) AS period FROM #new_orders \
    UNION ALL SELECT YEAR(order_date) * 100 + MONTH(order_date) FROM #new_orders \
    UNION ALL SELECT (YEAR(order_date) * 100 + MONTH(order_date)) * 100 + DAY(order_date) FROM #new_orders \
    ) AS periods GROUP BY period";

/// Last in the transaction, and nobody else counts before it ends. Years come first, as they do for single orders,
/// for a server that takes no notice of the hint.
const COUNT: [&str; 3] = [
    "UPDATE order_counts SET orders = order_counts.orders + #periods.orders \
     FROM order_counts WITH (TABLOCKX, HOLDLOCK) JOIN #periods ON #periods.period = order_counts.period \
     WHERE #periods.period <= 9999",
    "UPDATE order_counts SET orders = order_counts.orders + #periods.orders \
     FROM order_counts JOIN #periods ON #periods.period = order_counts.period WHERE #periods.period > 9999",
    "INSERT INTO order_counts (period, orders) SELECT period, orders FROM #periods \
     WHERE NOT EXISTS (SELECT 1 FROM order_counts WHERE order_counts.period = #periods.period)",
];

/// Adds many orders; those whose key is taken are left out.
pub async fn insert_orders(conn: &mut Conn, rows: &[InsertOrderRow]) -> Result<usize, DbError> {
    let mut keys = HashSet::with_capacity(rows.len());
    let first_of_key = rows.iter().filter(|entry| keys.insert((&entry.date_uuid, &entry.user_id)));
    let staged =
        first_of_key.zip(0..).map(|(entry, place)| row(entry, place)).collect::<Result<Vec<_>, _>>()?;
    insert_staged(conn, staged).await.map_err(taken_meanwhile)
}

fn taken_meanwhile(error: Error) -> DbError {
    match error {
        // Somebody added the same at this moment: the next try finds it.
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, said) => {
            DbError::Busy(said.message().to_owned())
        }
        error => error.into(),
    }
}

/// Does the next rows of an import, if its lease still holds.
pub async fn run_import_batch(
    conn: &mut Conn,
    batch: &ImportBatch,
    outbox: &Outbox,
) -> Result<(ImportBatchDone, Option<i64>), DbError> {
    let done = match imports::begin_batch(conn, batch).await? {
        Err(done) => done,
        Ok(import) => {
            let added = insert_imported(conn, &batch.add, outbox).await?;
            imports::end_batch(conn, batch, &import, added, outbox).await?
        }
    };
    Ok((done, None))
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
    let mut keys = HashSet::with_capacity(rows.len());
    let first_of_key = rows.iter().filter(|(_, entry)| keys.insert((&entry.date_uuid, &entry.user_id)));
    let staged = first_of_key.map(|(place, entry)| row(entry, *place)).collect::<Result<Vec<_>, _>>()?;
    insert_staged(conn, staged).await.map_err(taken_meanwhile)?;
    let numbers: Vec<Placed> = diesel::sql_query(NUMBERS).load(conn).await?;
    let numbers: BTreeMap<i32, i64> = numbers.into_iter().map(|one| (one.place, one.number)).collect();
    for (place, row) in rows {
        let Some(number) = numbers.get(place).copied().and_then(OrderNumber::new) else { continue };
        for event in row.events(number) {
            outbox::insert_messages(conn, outbox, &event).await?;
        }
    }
    Ok(numbers.into_iter().collect())
}

/// The orders of the batch that were added.
const NUMBERS: &str = "SELECT #new_orders.place, orders.number FROM #new_orders \
    JOIN orders ON orders.date_uuid = #new_orders.date_uuid AND orders.user_id = #new_orders.user_id";

#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = Integer)]
    place: i32,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn insert_staged(conn: &mut Conn, staged: Vec<BulkRow>) -> QueryResult<usize> {
    conn.batch_execute(STAGING).await?;
    let columns = [&["place", "client", "person_id", "job"], COLUMNS.as_slice()].concat();
    bulk_copy(conn, "#new_orders", &columns, staged).await?;
    conn.batch_execute(LEAVE_OUT_TAKEN).await?;
    let columns = COLUMNS.join(", ");
    let added = diesel::sql_query(format!(
        "INSERT INTO orders ({columns}) SELECT {columns} FROM #new_orders ORDER BY place"
    ))
    .execute(conn)
    .await?;
    diesel::sql_query(ADD_EVENTS)
        .bind::<Text, _>(EventKind::Added.as_str())
        .bind::<Integer, _>(ADDED)
        .bind::<Text, _>(EventKind::Cancelled.as_str())
        .execute(conn)
        .await?;
    conn.batch_execute(PERIODS).await?;
    for count in COUNT {
        conn.batch_execute(count).await?;
    }
    Ok(added)
}

fn row(entry: &InsertOrderRow, place: i32) -> Result<BulkRow, DbError> {
    let time =
        |time: chrono::NaiveDateTime| date_time(time).map_err(|error| DbError::Internal(error.to_string()));
    let text = MssqlType::NVarChar;
    let mut row = BulkRow::default();
    row.push(MssqlType::Int, Some(place));
    row.push(text, entry.client.map(|ip| ip.to_string()));
    row.push(MssqlType::Int, entry.person.map(PersonId::get));
    row.push(MssqlType::BigInt, entry.job.map(JobId::get));
    row.push(text, Some(entry.date_uuid.clone()));
    row.push(text, Some(entry.user_id.clone()));
    row.push(text, Some(entry.store_code.clone()));
    row.push(text, Some(entry.product_code.clone()));
    row.push(MssqlType::Int, Some(entry.product_quantity));
    row.push(MssqlType::DateTime2, Some(time(entry.order_date.get())?));
    for date in [entry.shipping_date, entry.delivery_date] {
        row.push(MssqlType::DateTime2, date.map(|date| time(date.get())).transpose()?);
    }
    row.push(MssqlType::DateTime2, entry.cancelled_at.map(|at| time(at.get())).transpose()?);
    row.push(text, Some(entry.card_brand.to_owned()));
    row.push(text, Some(entry.card_last4.clone()));
    row.push(MssqlType::VarBinary, Some(entry.card_sealed.clone()));
    row.push(MssqlType::SmallInt, Some(entry.card_seal_key));
    row.push(MssqlType::VarBinary, Some(entry.card_hash.clone()));
    row.push(MssqlType::SmallInt, Some(entry.card_hash_key));
    row.push(MssqlType::SmallInt, Some(entry.flags));
    row.push(text, entry.note.clone());
    row.push(text, entry.submission.clone());
    row.push(MssqlType::Int, Some(entry.version));
    row.push(MssqlType::DateTime2, Some(time(entry.created_at.get())?));
    row.push(text, Some(entry.created_by.clone()));
    row.push(MssqlType::DateTime2, Some(time(entry.updated_at.get())?));
    row.push(text, Some(entry.updated_by.clone()));
    Ok(row)
}
