//! Queries for the double, and giving them up.

use std::future::{Future, poll_fn};
use std::task::Poll;

use diesel::IntoSql;
use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use diesel_mssql::MssqlConnection;

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    n: i32,
}

/// Asks for a number, which the server sends back.
pub async fn echo(conn: &mut MssqlConnection, number: i32) -> QueryResult<i32> {
    diesel::select(number.into_sql::<Integer>()).get_result(conn).await
}

/// Asks for a column of numbers.
pub async fn numbers(conn: &mut MssqlConnection, query: &str) -> QueryResult<Vec<i32>> {
    let rows: Vec<Number> = diesel::sql_query(query).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.n).collect())
}

/// The kind of a database's error.
pub fn kind<T: std::fmt::Debug>(result: QueryResult<T>) -> DatabaseErrorKind {
    match result {
        Err(Error::DatabaseError(kind, _)) => kind,
        other => panic!("no error of a database: {other:?}"),
    }
}

/// Polls a future at most so many times and drops it: what it came to, if it did. Whenever it has to wait, something
/// happens.
pub async fn polled<F: Future>(times: usize, future: F, waits: impl Fn()) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        let polled = future.as_mut().poll(context).map(Some);
        if polled.is_pending() {
            if left == 0 {
                return Poll::Ready(None);
            }
            waits();
        }
        polled
    })
    .await
}
