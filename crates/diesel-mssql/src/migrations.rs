//! Bringing a schema up to date, by several programs at once if need be.
//!
//! Diesel's own bookkeeping is not T-SQL, so this keeps its own: a table `schema_migrations` with a row for each
//! migration.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::connection::MssqlConnection;

diesel::table! {
    /// The migrations that a database has had.
    schema_migrations (name) {
        name -> Text,
    }
}

/// A migration: its name, by which they are ordered, and its batches, separated by lines of `GO`.
#[derive(Debug, Clone, Copy)]
pub struct SqlMigration<'a> {
    /// Such as `2026-11-01-000001_orders`.
    pub name: &'a str,
    /// T-SQL.
    pub sql: &'a str,
}

/// One program at a time may hold this, database-wide, until its transaction ends. Others wait for a minute.
///
/// A negative result says why there is no lock (`sp_getapplock`): -1 is the end of the minute.
const LOCK: &str = "DECLARE @result INT; \
    EXEC @result = sp_getapplock @Resource = 'schema_migrations', @LockMode = 'Exclusive', \
    @LockOwner = 'Transaction', @LockTimeout = 60000; \
    IF @result < 0 THROW 50001, 'another program is migrating this database and does not come to an end', 1";

const BOOKKEEPING: &str = "IF OBJECT_ID('schema_migrations', 'U') IS NULL \
    CREATE TABLE schema_migrations ( \
    name NVARCHAR(100) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT schema_migrations_pk PRIMARY KEY, \
    applied_at DATETIME2(0) NOT NULL CONSTRAINT schema_migrations_at DEFAULT SYSUTCDATETIME())";

/// Names of the migrations that a database has had, sorted; none if it was never migrated.
pub async fn applied_migrations(conn: &mut MssqlConnection) -> QueryResult<Vec<String>> {
    if !has_table(conn, "schema_migrations").await? {
        return Ok(Vec::new());
    }
    schema_migrations::table.select(schema_migrations::name).order(schema_migrations::name).load(conn).await
}

/// Whether there is a table of this name in the schema that names without a schema mean.
pub async fn has_table(conn: &mut MssqlConnection, name: &str) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct FoundRow {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        found: i32,
    }
    let found: FoundRow =
        diesel::sql_query("SELECT CASE WHEN OBJECT_ID(@P1, 'U') IS NULL THEN 0 ELSE 1 END AS found")
            .bind::<diesel::sql_types::Text, _>(name)
            .get_result(conn)
            .await?;
    Ok(found.found == 1)
}

/// Runs the migrations that a database has not had, all or none of them, and returns their names.
///
/// Of concurrent programs one does the work; the others wait, and find it done.
pub async fn run_migrations(
    conn: &mut MssqlConnection,
    all: &[SqlMigration<'_>],
) -> QueryResult<Vec<String>> {
    conn.transaction(async |conn| {
        lock_migrations(conn).await?;
        run_in_transaction(conn, all).await
    })
    .await
}

/// Waits until no other program migrates this database; nobody else begins until the transaction ends.
pub async fn lock_migrations(conn: &mut MssqlConnection) -> QueryResult<()> {
    conn.batch_execute(LOCK).await
}

/// What [`run_migrations`] does, under the caller's lock and in the caller's transaction.
pub async fn run_in_transaction(
    conn: &mut MssqlConnection,
    all: &[SqlMigration<'_>],
) -> QueryResult<Vec<String>> {
    conn.batch_execute(BOOKKEEPING).await?;
    let applied = applied_migrations(conn).await?;
    let mut done = Vec::new();
    for migration in all.iter().filter(|one| !applied.iter().any(|name| name == one.name)) {
        for batch in batches(migration.sql) {
            conn.batch_execute(&batch).await?;
        }
        diesel::insert_into(schema_migrations::table)
            .values(schema_migrations::name.eq(migration.name))
            .execute(conn)
            .await?;
        done.push(migration.name.to_owned());
    }
    Ok(done)
}

/// The batches of a script: some statements, such as CREATE TRIGGER, must be the first of theirs.
fn batches(script: &str) -> Vec<String> {
    let mut batches = vec![String::new()];
    for line in script.lines() {
        if line.trim().eq_ignore_ascii_case("go") {
            batches.push(String::new());
        } else if let Some(batch) = batches.last_mut() {
            batch.push_str(line);
            batch.push('\n');
        }
    }
    batches.retain(|batch| !batch.trim().is_empty());
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_end_at_lines_of_go_alone() {
        assert_eq!(
            batches("CREATE TABLE go (a INT)\nGO\n\n go \nCREATE TRIGGER t\nAS\n"),
            ["CREATE TABLE go (a INT)\n", "CREATE TRIGGER t\nAS\n"]
        );
    }
}
