//! Azure SQL and SQL Server: a pool of connections, and retries where they help.
//!
//! Every write recognizes by its key whether it was done already, so that it can be retried after any failure, also
//! after a COMMIT without an answer.

pub(super) mod bulk;
mod columns;
mod flask_sql;
mod job_rows;
mod keys;
mod moved_rows;
mod moved_schema;
mod open;
#[cfg(test)]
mod plans;
#[path = "queries/mod.rs"]
pub(super) mod queries;
pub(super) mod reencrypt;
pub(super) mod rewrite;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::methods::LoadQuery;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use diesel_mssql::{
    ConnectError, Isolation, Login, Mssql, MssqlConnection, MssqlTransactions, Pool, PoolError, PoolUsage,
    PooledConnection, RetryClass, wait_before_retry,
};
use keys::alone;
pub use open::AzureSqlOptions;
use open::AzureSqlOptions as Options;
use tokio::sync::Notify;

use super::DbError;
use super::long_read::LongRead;
use super::traced::{self, DatabaseSystem, waiting};
use crate::telemetry::{DatabaseTimes, DatabaseUse, Span};

pub(super) type Conn = MssqlConnection;
pub(super) type DB = Mssql;

/// The time for a readiness check: probes come often, and wait for a second or two.
const CHECK_TIMEOUT: Duration = Duration::from_millis(1500);

/// How many rows a page of the list skips at most, before it asks the calendar of counts where it begins.
///
/// Skipping reads some 250 pages of an index, for about a millisecond; the calendar takes five more round trips.
const MAX_SKIPPED: i64 = 10_000;

pub struct AzureSql {
    pool: Pool,
    /// How long one piece of work is retried after transient failures.
    patience: Duration,
    opened: Instant,
    /// When the database last answered, in milliseconds since `opened`.
    answered: AtomicU64,
    times: DatabaseTimes,
}

impl AzureSql {
    pub(super) fn new(pool: Pool, patience: Duration) -> Self {
        let times = DatabaseTimes::default();
        Self { pool, patience, opened: Instant::now(), answered: AtomicU64::new(0), times }
    }

    pub(super) fn record_times(&mut self, times: DatabaseTimes) {
        self.times = times;
    }

    /// How its connections are used now.
    pub(super) fn usage(&self) -> DatabaseUse {
        let PoolUsage { in_use, idle, allowed, waiting } = self.pool.usage();
        DatabaseUse { in_use, idle, allowed, requests_waiting: waiting, writes_waiting: 0 }
    }

    /// Opens a first connection, so that the first request finds one.
    pub(super) async fn warm_up(&self) -> Result<(), PoolError> {
        self.pool.give_back(self.pool.get().await?);
        Ok(())
    }

    /// Runs queries that change nothing; those within one transaction see one state of the database.
    ///
    /// The operation names their span.
    pub(super) async fn read<T>(
        &self,
        operation: &'static str,
        work: impl AsyncFn(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let _timer = self.times.read();
        let span = traced::begin(DatabaseSystem::SqlServer, operation);
        let result = self.retry(Mode::Read, &work, &span).await;
        traced::end(span, result)
    }

    /// Runs a slice of a long read, when it is its turn.
    pub(super) async fn slice<T>(
        &self,
        operation: &'static str,
        read: &mut LongRead,
        work: impl AsyncFn(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let _timer = self.times.read();
        let span = traced::begin(DatabaseSystem::SqlServer, operation);
        let result = match read.turn(&span).await {
            Ok(_turn) => {
                let began = Instant::now();
                let result = self.retry(Mode::Read, &work, &span).await;
                result.inspect(|_| read.took(began.elapsed()))
            }
            Err(error) => Err(error),
        };
        traced::end(span, result)
    }

    /// Runs queries in a transaction of their own, which is durable when this returns.
    ///
    /// They may run more than once, also after they were committed.
    pub(super) async fn write<T>(
        &self,
        operation: &'static str,
        work: impl AsyncFn(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let _timer = self.times.write();
        let span = traced::begin(DatabaseSystem::SqlServer, operation);
        let result = self.retry(Mode::Write, &work, &span).await;
        traced::end(span, result)
    }

    /// Runs a short query once, to see whether the database answers; or has just answered others.
    pub(super) async fn check(
        &self,
        operation: &'static str,
        work: impl AsyncFn(&mut Conn) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let span = traced::begin(DatabaseSystem::SqlServer, operation);
        let answer = self.answer(&work, &span).await;
        traced::end(span, answer)
    }

    async fn answer(
        &self,
        work: &impl AsyncFn(&mut Conn) -> Result<(), DbError>,
        span: &Span,
    ) -> Result<(), DbError> {
        match tokio::time::timeout(CHECK_TIMEOUT, self.attempt(Mode::Read, work, span)).await {
            Ok(Ok(())) => Ok(()),
            // All connections are busy, but with answers: to turn requests away would not help.
            Err(_) | Ok(Err(FailedAttempt { error: DbError::Busy(_), .. }))
                if self.answered_within(CHECK_TIMEOUT) =>
            {
                Ok(())
            }
            Ok(Err(failure)) => Err(failure.error),
            Err(_) => Err(DbError::Unavailable("it does not answer".to_owned())),
        }
    }

    fn answered_within(&self, time: Duration) -> bool {
        let last = Duration::from_millis(AtomicU64::load(&self.answered, Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(last) < time
    }

    /// Notified when the server refuses the login.
    pub(super) fn login_refused(&self) -> Arc<Notify> {
        self.pool.login_refused()
    }

    /// Uses a new login from now on, if the server accepts it; returns whether it differs.
    pub(super) async fn reload_login(&self, login: Login) -> Result<bool, ConnectError> {
        self.pool.reload_login(login).await
    }

    /// Closes every connection that is idle, and the others when they come back.
    pub(super) fn close(&self) {
        self.pool.close();
    }

    /// Retries until the work is done, fails permanently, or its time is over.
    async fn retry<T>(
        &self,
        mode: Mode,
        work: &impl AsyncFn(&mut Conn) -> Result<T, DbError>,
        span: &Span,
    ) -> Result<T, DbError> {
        let began = Instant::now();
        let mut attempt = 1;
        let mut uncertain = None;
        loop {
            let FailedAttempt { error, retry_class } = match self.attempt(mode, work, span).await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            if matches!(error, DbError::Uncertain(_)) {
                uncertain.get_or_insert_with(|| error.clone());
            }
            let left = self.patience.saturating_sub(began.elapsed());
            let Some(wait) = wait_before_retry(retry_class, attempt, left, fastrand::f64()) else {
                return Err(uncertain.unwrap_or(error));
            };
            tracing::warn!(%error, ?retry_class, attempt, wait_ms = wait.as_millis(), "trying again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// A connection, and a span for the wait for it.
    async fn take(&self, span: &Span) -> Result<PooledConnection<'_>, PoolError> {
        let mut wait = waiting(span);
        self.pool.get().await.inspect_err(|_| wait.fail("no_connection"))
    }

    async fn attempt<T>(
        &self,
        mode: Mode,
        work: &impl AsyncFn(&mut Conn) -> Result<T, DbError>,
        span: &Span,
    ) -> Result<T, FailedAttempt> {
        let mut conn = self.take(span).await.map_err(|error| {
            let retry_class = error.retry_class();
            FailedAttempt { error: DbError::from(error), retry_class }
        })?;
        let result = match mode {
            Mode::Read => {
                conn.set_isolation(Isolation::Snapshot);
                work(&mut conn).await
            }
            Mode::Write => {
                conn.set_isolation(Isolation::ReadCommitted);
                in_transaction(&mut conn, work).await
            }
        };
        let retry_class = match (conn.take_retry_class(), &result) {
            (_, Err(DbError::Busy(_))) => RetryClass::Conflict,
            (retry_class, _) => retry_class.unwrap_or(RetryClass::Permanent),
        };
        if retry_class == RetryClass::Lost {
            // A failover closes them all.
            self.pool.close_idle();
        }
        if result.is_ok() {
            let since = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.answered.store(since, Ordering::Relaxed);
        }
        self.pool.give_back(conn);
        result.map_err(|error| FailedAttempt { error: in_words(error, retry_class), retry_class })
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy { .. } => Self::Busy(error.to_string()),
            PoolError::Connect(_) | PoolError::Closed => Self::Unavailable(error.to_string()),
        }
    }
}

#[derive(Clone, Copy)]
enum Mode {
    /// The work's own transactions, if it has any, see one state of the database.
    Read,
    /// All of it is one transaction.
    Write,
}

struct FailedAttempt {
    error: DbError,
    retry_class: RetryClass,
}

/// Failures of the network or the server are not reported as internal errors.
fn in_words(error: DbError, retry_class: RetryClass) -> DbError {
    match (error, retry_class) {
        (DbError::Internal(message), RetryClass::Conflict) => DbError::Busy(message),
        (
            DbError::Internal(message),
            RetryClass::Lost | RetryClass::TimedOut | RetryClass::Unavailable | RetryClass::Throttled,
        ) => DbError::Unavailable(message),
        (error, _) => error,
    }
}

async fn in_transaction<T>(
    conn: &mut Conn,
    work: &impl AsyncFn(&mut Conn) -> Result<T, DbError>,
) -> Result<T, DbError> {
    MssqlTransactions::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(done) => match MssqlTransactions::commit_transaction(conn).await {
            Ok(()) => Ok(done),
            // The server may have done it, and only its answer be lost.
            Err(error) if !conn.is_usable() => Err(DbError::Uncertain(error.to_string())),
            Err(error) => Err(error.into()),
        },
        Err(error) => {
            if let Err(failed) = MssqlTransactions::rollback_transaction(conn).await {
                // The connection is not used again, and the server rolls back as it closes.
                tracing::debug!(error = %failed, "a rollback failed");
            }
            Err(error)
        }
    }
}

/// A query whose rows are read as `U`.
pub(super) trait Rows<U>:
    LoadQuery<'static, Conn, U> + QueryFragment<DB> + QueryId + Send + 'static
{
}

impl<Q, U> Rows<U> for Q where Q: LoadQuery<'static, Conn, U> + QueryFragment<DB> + QueryId + Send + 'static {}

pub(super) async fn load<U: Send + 'static>(query: impl Rows<U>, conn: &mut Conn) -> QueryResult<Vec<U>> {
    RunQueryDsl::load(query, conn).await
}

/// The number that the last insert of this connection got.
///
/// `SCOPE_IDENTITY()` would not see it: each statement has a scope of its own. Triggers of ours insert
/// only into tables that number no rows, which leaves it as it is.
pub(super) async fn number_of_last_insert(conn: &mut Conn) -> QueryResult<i64> {
    let number = diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(@@IDENTITY AS BIGINT)");
    RunQueryDsl::get_result(diesel::select(number), conn).await
}

/// Keeps every other writer from counts until the transaction ends, in the order in which each writer of an order takes
/// them. What they have counted is committed then, and of what they have not counted nothing is.
pub(super) async fn lock_counts(conn: &mut Conn) -> QueryResult<()> {
    for table in ["kept_counts", "order_counts"] {
        conn.batch_execute(&format!(
            "DECLARE @any INT = (SELECT COUNT(*) FROM \
             (SELECT TOP (1) period FROM {table} WITH (TABLOCKX, HOLDLOCK)) AS locked)"
        ))
        .await?;
    }
    Ok(())
}
