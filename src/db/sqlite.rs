//! SQLite: one file, several readers, one writer.
//!
//! Write-ahead logging lets readers go on while the writer commits. What Diesel runs here runs on the
//! thread that asks, so that a function of `queries` is one uninterrupted piece of work.

mod backup;
pub(super) mod bulk;
mod columns;
mod flask_sql;
mod guard;
mod integrity;
mod job_rows;
mod long_readers;
mod moved_rows;
mod moved_schema;
mod open;
#[cfg(test)]
mod plans;
#[path = "queries/mod.rs"]
pub(super) mod queries;
mod readers;
pub(super) mod reencrypt;
mod restore;
pub(super) mod rewrite;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

use std::error::Error as StdError;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;
use diesel::sqlite::SqliteConnection;
use diesel_async::SimpleAsyncConnection;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
pub use open::SqliteOptions;
use open::SqliteOptions as Options;

use super::DbError;
use super::long_read::LongRead;
use super::traced::{self, DatabaseSystem};
use crate::telemetry::{DatabaseTimes, DatabaseUse};
use guard::Guard;
use long_readers::LongReaders;
use readers::Readers;
use transaction::alone;
use writer::Writer;

/// A connection as diesel-async sees it; its work is done when a call returns.
pub(super) type Conn = SyncConnectionWrapper<SqliteConnection, InPlace>;
pub(super) type DB = diesel::sqlite::Sqlite;

/// How many rows a page of the list skips at most, before it asks the calendar of counts where it begins.
///
/// The calendar's three queries take as long as skipping this many entries of an index.
const MAX_SKIPPED: i64 = 500;

pub struct Sqlite {
    readers: Readers,
    long_readers: LongReaders,
    writer: Writer,
    guard: Arc<Guard>,
    times: DatabaseTimes,
}

impl Sqlite {
    fn new(readers: Readers, long_readers: LongReaders, writer: Writer, guard: Arc<Guard>) -> Self {
        Self { readers, long_readers, writer, guard, times: DatabaseTimes::default() }
    }

    /// Whether damage was found since the start.
    pub(super) fn is_damaged(&self) -> bool {
        self.guard.is_damaged()
    }

    pub(super) fn record_times(&mut self, times: DatabaseTimes) {
        self.times = times;
    }

    pub(super) fn usage(&self) -> DatabaseUse {
        DatabaseUse { writes_waiting: self.writer.waiting(), ..self.readers.usage() }
    }

    /// Runs queries that change nothing; the operation names their span.
    pub(super) async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T, DbError>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError>,
    {
        let _timer = self.times.read();
        let span = traced::begin(DatabaseSystem::Sqlite, operation);
        let result = self.readers.run(work, &span).await.inspect_err(|error| self.guard.observe(error));
        traced::end(span, result)
    }

    /// Runs a slice of a long read, when it is its turn, on a thread that requests do without.
    pub(super) async fn slice<T, F>(
        &self,
        operation: &'static str,
        read: &mut LongRead,
        work: F,
    ) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    {
        let _timer = self.times.read();
        let span = traced::begin(DatabaseSystem::Sqlite, operation);
        let result = match read.turn(&span).await {
            Ok(turn) => {
                let (result, took) = self.long_readers.run(turn, work).await;
                result.inspect(|_| read.took(took))
            }
            Err(error) => Err(error),
        };
        traced::end(span, result)
    }

    /// Runs queries in a transaction of their own, which is durable when this returns.
    pub(super) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    {
        let _timer = self.times.write();
        let span = traced::begin(DatabaseSystem::Sqlite, operation);
        let result = self.writer.run(work, &span).await.inspect_err(|error| self.guard.observe(error));
        traced::end(span, result)
    }

    /// Whether it answers, and takes what is written.
    ///
    /// Where the newest write was refused, one is tried that changes nothing: nobody sends orders to a desk that says
    /// it is not ready.
    pub(super) async fn check<F>(&self, operation: &'static str, work: F) -> Result<(), DbError>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<(), DbError>,
    {
        let guard = Arc::clone(&self.guard);
        self.read(operation, async move |conn| {
            guard.check(conn)?;
            work(conn).await
        })
        .await?;
        match self.guard.refusal() {
            None => Ok(()),
            Some(_) => self.write(operation, async |conn| touch(conn).await).await,
        }
    }

    /// Lets the writer finish what it was given, then closes every connection.
    pub(super) fn close(&self) {
        self.writer.close();
        self.readers.close();
        self.long_readers.close();
    }
}

/// Writes a page as it is.
async fn touch(conn: &mut Conn) -> Result<(), DbError> {
    Ok(conn.batch_execute("PRAGMA user_version = 0").await?)
}

/// Runs the blocking work of diesel-async's wrapper where it is asked for: the wrapped connection already
/// lives on a thread that may block.
pub(super) struct InPlace;

impl SpawnBlocking for InPlace {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn StdError + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        std::future::ready(Ok(task())).boxed()
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// A query whose rows are read as `U`.
pub(super) trait Rows<U>:
    LoadQuery<'static, SqliteConnection, U> + QueryFragment<DB> + QueryId + Send + 'static
{
}

impl<Q, U> Rows<U> for Q where
    Q: LoadQuery<'static, SqliteConnection, U> + QueryFragment<DB> + QueryId + Send + 'static
{
}

/// Loads a query's rows straight into values.
///
/// diesel-async would copy each row into an owned one first, to carry it to another thread; nothing
/// here goes to another thread, and the copies were a third of a page's time in the database.
pub(super) async fn load<U: Send + 'static>(query: impl Rows<U>, conn: &mut Conn) -> QueryResult<Vec<U>> {
    conn.spawn_blocking(|conn| query.load(conn)).await
}

/// The number that the last insert of this connection got.
pub(super) async fn number_of_last_insert(conn: &mut Conn) -> QueryResult<i64> {
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn last_insert_rowid() -> diesel::sql_types::BigInt;
    }
    conn.spawn_blocking(|conn| diesel::select(last_insert_rowid()).get_result(conn)).await
}

/// Keeps every other writer from counts, which the one writer does anyway.
#[allow(clippy::unused_async, reason = "on a server it takes a statement")]
pub(super) async fn lock_counts(_: &mut Conn) -> QueryResult<()> {
    Ok(())
}

/// Polls work that never waits for anything but SQLite.
fn finish<T>(work: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    work.now_or_never()
        .unwrap_or_else(|| Err(DbError::Internal("a query waited for something else".to_owned())))
}
