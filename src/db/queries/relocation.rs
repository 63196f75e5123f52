//! Tables of a desk that moves, read in the order of their keys; and what a database notes of a desk that came to it.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Untyped};
use diesel_async::RunQueryDsl;

use super::{Conn, DB, Options, Rows, alone, load, moved_rows, moved_schema};
use crate::db::DbError;
use crate::db::job::JobState;
use crate::db::migrations::{ARRIVALS, Pending};
use crate::db::open_error::OpenError;
use crate::db::relocation::{Arrival, Hold, Key, RelocationPurpose, Row, TABLES, Table};
use crate::db::schema::{jobs, relocations};
use crate::order::Timestamp;

/// The next rows of a table, in the order of their keys.
pub async fn list_rows(
    conn: &mut Conn,
    table: &'static Table,
    after: Option<Key>,
) -> Result<Vec<Row>, DbError> {
    Ok(load(NextRows { table, after }, conn).await?)
}

/// How many rows a table has.
pub async fn count_rows(conn: &mut Conn, table: &Table) -> Result<u64, DbError> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        found: i64,
    }
    let counted: Counted = diesel::sql_query(count(table)).get_result(conn).await?;
    // A count is never below zero.
    Ok(counted.found.unsigned_abs())
}

fn count(table: &Table) -> String {
    format!("SELECT CAST(COUNT(*) AS BIGINT) AS found FROM {}", moved_rows::source_of(table))
}

/// Stores rows, in a transaction of their own.
pub async fn store_rows(conn: &mut Conn, table: &'static Table, rows: Vec<Row>) -> Result<(), DbError> {
    alone(conn, async move |conn| moved_rows::insert_rows(conn, table, rows).await).await?
}

/// What the database notes of the desk that was moved to it; nothing if none was.
pub async fn find_arrival(conn: &mut Conn) -> Result<Option<Arrival>, DbError> {
    let rows: Vec<(String, String, Timestamp, Option<Timestamp>)> = load(arrivals(), conn).await?;
    let Some((purpose, source, started_at, finished_at)) = rows.into_iter().next() else { return Ok(None) };
    let purpose = RelocationPurpose::parse(&purpose)
        .ok_or_else(|| DbError::Internal("a desk was moved here for an unknown purpose".to_owned()))?;
    Ok(Some(Arrival { purpose, source, started_at, finished_at }))
}

/// Empties the tables, puts aside what would change what comes, and notes what it is: all or nothing.
pub async fn begin_arrival(conn: &mut Conn, arrival: Arrival) -> Result<(), DbError> {
    alone(conn, async move |conn| {
        moved_schema::put_aside(conn).await?;
        moved_schema::erase(conn).await?;
        diesel::delete(relocations::table).execute(conn).await?;
        let row = (
            relocations::id.eq(1),
            relocations::purpose.eq(arrival.purpose.as_str()),
            relocations::source.eq(&arrival.source),
            relocations::started_at.eq(arrival.started_at),
            relocations::finished_at.eq(arrival.finished_at),
        );
        diesel::insert_into(relocations::table).values(row).execute(conn).await?;
        Ok(())
    })
    .await?
}

/// Puts aside again what may be back already.
pub async fn resume_arrival(conn: &mut Conn) -> Result<(), DbError> {
    alone(conn, async move |conn| moved_schema::put_aside(conn).await).await?
}

/// Puts back what was put aside when all rows are there, and goes on with numbers where the source has: all or nothing.
pub async fn complete_tables(conn: &mut Conn, counters: Vec<(String, i64)>) -> Result<(), DbError> {
    alone(conn, async move |conn| {
        moved_schema::put_back(conn).await?;
        for (table, last) in &counters {
            moved_schema::advance_counter(conn, table, *last).await?;
        }
        Ok(())
    })
    .await?
}

/// Notes that all rows were found to be the same.
pub async fn finish_arrival(conn: &mut Conn, at: Timestamp) -> Result<(), DbError> {
    alone(conn, async move |conn| {
        diesel::update(relocations::table).set(relocations::finished_at.eq(at)).execute(conn).await?;
        Ok(())
    })
    .await?
}

/// The last number that each table has given.
pub async fn list_counters(conn: &mut Conn) -> Result<Vec<(String, i64)>, DbError> {
    moved_schema::list_counters(conn).await
}

/// Begins the transaction in which all tables are read.
pub async fn hold(conn: &mut Conn, how: Hold) -> Result<(), DbError> {
    moved_rows::hold(conn, how, &TABLES).await
}

/// Jobs of people's that run, with their kinds.
pub async fn list_running_jobs(conn: &mut Conn) -> Result<Vec<(i64, String)>, DbError> {
    Ok(load(running_jobs(), conn).await?)
}

impl Options {
    /// An error if the database is filled with a desk that is not to be served.
    pub(in crate::db) async fn check_arrival(
        &self,
        conn: &mut Conn,
        pending: &Pending,
    ) -> Result<(), OpenError> {
        if pending.iter().any(|migration| migration == ARRIVALS) {
            return Ok(());
        }
        let arrival = find_arrival(conn).await.map_err(|error| self.failed(&error))?;
        let database = self.name();
        match arrival {
            None | Some(Arrival { purpose: RelocationPurpose::Move, finished_at: Some(_), .. }) => Ok(()),
            Some(Arrival { purpose: RelocationPurpose::Move, source, .. }) => {
                Err(OpenError::Arriving { database, source_database: source })
            }
            Some(Arrival { purpose: RelocationPurpose::Rehearsal, source, .. }) => {
                Err(OpenError::Rehearsed { database, source_database: source })
            }
        }
    }
}

fn arrivals() -> impl Rows<(String, String, Timestamp, Option<Timestamp>)> {
    // There is one at most.
    relocations::table.filter(relocations::id.eq(1)).order(relocations::id).select((
        relocations::purpose,
        relocations::source,
        relocations::started_at,
        relocations::finished_at,
    ))
}

fn running_jobs() -> impl Rows<(i64, String)> {
    jobs::table
        .filter(jobs::state.eq(JobState::Running.as_str()))
        // The purge has number 0, and is never over.
        .filter(jobs::id.gt(0))
        .order(jobs::id)
        .select((jobs::id, jobs::kind))
}

/// Reads a table on from a key.
struct NextRows {
    table: &'static Table,
    after: Option<Key>,
}

impl QueryFragment<DB> for NextRows {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (first, last) = moved_rows::at_most(self.table.batch);
        let columns: Vec<_> = self.table.columns.iter().map(|column| column.name).collect();
        out.push_sql(&format!("SELECT {first}{} FROM ", columns.join(", ")));
        out.push_sql(&moved_rows::source_of(self.table));
        if let Some(Key(key)) = &self.after {
            out.push_sql(" WHERE ");
            moved_rows::push_behind(&mut out, self.table.key_columns(), key)?;
        }
        let key: Vec<_> = self.table.key_columns().iter().map(|column| column.name).collect();
        out.push_sql(&format!(" ORDER BY {}{last}", key.join(", ")));
        Ok(())
    }
}

impl QueryId for NextRows {
    type QueryId = ();
    // Another table is another text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for NextRows {
    type SqlType = Untyped;
}

impl<C> diesel::RunQueryDsl<C> for NextRows {}

/// The SQL of every query of one statement, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![("arrivals", sql(&arrivals())), ("running_jobs", sql(&running_jobs()))]
}

/// What is done with each table.
#[cfg(test)]
pub fn of_tables() -> Vec<(&'static str, Vec<String>)> {
    use super::sql;
    use crate::db::relocation::{Kind, Value};
    let of_table = |table: &'static Table| {
        let value = |kind| if kind == Kind::Text { Value::Text(String::new()) } else { Value::Number(0) };
        let key = Key(table.key_columns().iter().map(|column| value(column.kind)).collect());
        let next = [None, Some(key)].map(|after| sql::<Row>(&NextRows { table, after }));
        let next = next.iter().map(|sql| sql.split(" -- binds").next().unwrap().to_owned());
        (table.name, next.chain([count(table)]).chain(moved_rows::statements(table)).collect())
    };
    TABLES.iter().map(of_table).collect()
}
