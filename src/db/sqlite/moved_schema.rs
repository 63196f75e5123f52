//! What is put aside in an SQLite file while a desk is moved into it: triggers, which would do again what its rows say
//! already, and indexes, which are built faster when all rows are there.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::MigrationHarness;

use super::Conn;
use crate::db::DbError;
use crate::db::migrations::SQLITE;
use crate::db::relocation::{NUMBERED_AND_LEFT, TABLES};

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Puts triggers and indexes aside, in the transaction that is under way.
pub async fn put_aside(conn: &mut Conn) -> Result<(), DbError> {
    for Object { kind, name, .. } in conn.spawn_blocking(objects).await? {
        conn.batch_execute(&format!("DROP {kind} {name}")).await?;
    }
    Ok(())
}

/// Puts back what a file has that was just made, in the transaction that is under way.
pub async fn put_back(conn: &mut Conn) -> Result<(), DbError> {
    let there = conn.spawn_blocking(objects).await?;
    let wanted = made().map_err(DbError::Internal)?;
    for object in wanted.iter().filter(|object| !there.iter().any(|other| other.name == object.name)) {
        conn.batch_execute(&object.sql).await?;
    }
    Ok(())
}

/// Deletes all rows of the tables that are moved, and what numbers were given.
pub async fn erase(conn: &mut Conn) -> Result<(), DbError> {
    for table in TABLES.iter().rev() {
        conn.batch_execute(&format!("DELETE FROM {}", table.name)).await?;
    }
    conn.batch_execute(&format!("DELETE FROM sqlite_sequence WHERE name IN ({})", numbered())).await?;
    Ok(())
}

/// The last number that each table has given, by the table's name.
pub async fn list_counters(conn: &mut Conn) -> Result<Vec<(String, i64)>, DbError> {
    let query = format!("SELECT name, seq AS last FROM sqlite_sequence WHERE name IN ({})", numbered());
    let counters: Vec<Counter> = diesel::sql_query(query + " ORDER BY name").load(conn).await?;
    Ok(counters.into_iter().map(|counter| (counter.name, counter.last)).collect())
}

/// Has a table give no number up to one.
pub async fn advance_counter(conn: &mut Conn, table: &str, last: i64) -> Result<(), DbError> {
    diesel::sql_query("DELETE FROM sqlite_sequence WHERE name = ?")
        .bind::<Text, _>(table)
        .execute(conn)
        .await?;
    diesel::sql_query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)")
        .bind::<Text, _>(table)
        .bind::<BigInt, _>(last)
        .execute(conn)
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

/// Triggers and indexes of the tables that are moved; those of constraints have no text of their own, and stay.
fn objects(conn: &mut SqliteConnection) -> QueryResult<Vec<Object>> {
    let names = quoted(TABLES.iter().map(|table| table.name));
    diesel::RunQueryDsl::load(
        diesel::sql_query(format!(
            "SELECT type AS kind, name, sql FROM sqlite_master \
             WHERE type IN ('trigger', 'index') AND sql IS NOT NULL AND tbl_name IN ({names}) ORDER BY rowid"
        )),
        conn,
    )
}

/// The same of a file that was just made.
fn made() -> Result<Vec<Object>, String> {
    let mut made = SqliteConnection::establish(":memory:").map_err(|error| error.to_string())?;
    made.run_pending_migrations(SQLITE).map_err(|error| error.to_string())?;
    objects(&mut made).map_err(|error| error.to_string())
}

fn numbered() -> String {
    let moved = TABLES.iter().filter(|table| table.is_numbered).map(|table| table.name);
    quoted(moved.chain(NUMBERED_AND_LEFT))
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
