//! What is put aside on a server while a desk is moved there: triggers, which would do again what its rows say already.
//! It takes the right to alter tables.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::Conn;
use crate::db::DbError;
use crate::db::relocation::{NUMBERED_AND_LEFT, TABLES};

/// Rows that one statement deletes, so that none takes longer than a statement may.
const DELETED_AT_ONCE: usize = 10_000;

/// Turns triggers off, in the transaction that is under way.
pub async fn put_aside(conn: &mut Conn) -> Result<(), DbError> {
    turn_triggers(conn, "DISABLE").await
}

/// Turns triggers on, in the transaction that is under way.
pub async fn put_back(conn: &mut Conn) -> Result<(), DbError> {
    turn_triggers(conn, "ENABLE").await
}

async fn turn_triggers(conn: &mut Conn, turn: &str) -> Result<(), DbError> {
    for table in &TABLES {
        conn.batch_execute(&format!("ALTER TABLE {} {turn} TRIGGER ALL", table.name)).await?;
    }
    Ok(())
}

/// Deletes all rows of the tables that are moved. What numbers were given stays given.
pub async fn erase(conn: &mut Conn) -> Result<(), DbError> {
    for table in TABLES.iter().rev() {
        let delete = format!("DELETE TOP ({DELETED_AT_ONCE}) FROM {}", table.name);
        while diesel::sql_query(&delete).execute(conn).await? > 0 {}
    }
    Ok(())
}

/// The last number that each table has given, by the table's name.
pub async fn list_counters(conn: &mut Conn) -> Result<Vec<(String, i64)>, DbError> {
    let query = "SELECT tables.name AS name, CAST(columns.last_value AS BIGINT) AS last \
        FROM sys.identity_columns AS columns JOIN sys.tables AS tables ON tables.object_id = columns.object_id \
        WHERE columns.last_value IS NOT NULL ORDER BY tables.name";
    let counters: Vec<Counter> = diesel::sql_query(query).load(conn).await?;
    let is_known = |name: &str| {
        NUMBERED_AND_LEFT.contains(&name)
            || TABLES.iter().any(|table| table.is_numbered && table.name == name)
    };
    Ok(counters.into_iter().filter(|one| is_known(&one.name)).map(|one| (one.name, one.last)).collect())
}

/// Has a table give no number up to one. A table that has given none begins with the number that it is told; another
/// goes on behind it.
pub async fn advance_counter(conn: &mut Conn, table: &str, last: i64) -> Result<(), DbError> {
    let next = last.saturating_add(1);
    conn.batch_execute(&format!(
        "DECLARE @last BIGINT = (SELECT CAST(last_value AS BIGINT) FROM sys.identity_columns \
         WHERE object_id = OBJECT_ID(N'{table}')); \
         IF @last IS NULL DBCC CHECKIDENT (N'{table}', RESEED, {next}) WITH NO_INFOMSGS; \
         IF @last < {last} DBCC CHECKIDENT (N'{table}', RESEED, {last}) WITH NO_INFOMSGS;"
    ))
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Counter {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    last: i64,
}
