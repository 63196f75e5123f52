//! Futures that are dropped, at every place where they wait: so it is whenever a browser hangs up.

use std::sync::Arc;

use diesel::result::DatabaseErrorKind;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use diesel_mssql::{MssqlConnection, Pool, PooledConnection};
use tokio::sync::Semaphore;

use crate::message::Delivery;
use crate::queries::{echo, kind, numbers, polled};
use crate::server::Server;

const QUERY: &str = "SELECT N FROM NUMBERS";

/// A server that sends answers in pieces, one whenever the future under test has waited.
struct Piecemeal {
    server: Server,
    pool: Pool,
}

impl Piecemeal {
    async fn start() -> Self {
        let server = Server::start().await;
        server.answer(QUERY, 0..20).await;
        let pool = server.pool(1);
        Self { server, pool }
    }

    /// Polls so often what is done with a connection, and drops it: the connection, and what it came to.
    async fn drop_after<T>(
        &self,
        polls: usize,
        what: impl AsyncFnOnce(&mut MssqlConnection) -> T,
    ) -> (PooledConnection<'_>, Option<T>) {
        let mut conn = self.pool.get().await.unwrap();
        let pace = Arc::new(Semaphore::new(0));
        self.server.deliver(Delivery::Paced(Arc::clone(&pace)));
        let outcome = polled(polls, what(&mut conn), || pace.add_permits(1)).await;
        self.server.deliver(Delivery::Whole);
        pace.close();
        (conn, outcome)
    }

    /// Asserts that the next one to come has a connection that answers what it is asked.
    async fn serves_the_next(&self, after: usize) {
        let mut next = self.pool.get().await.unwrap();
        assert_eq!(echo(&mut next, 42).await, Ok(42), "after {after} polls");
        self.pool.give_back(next);
        self.server.until_served(1).await;
    }
}

#[tokio::test]
async fn a_query_dropped_anywhere_spoils_its_connection_and_no_other_answer() {
    let double = Piecemeal::start().await;
    for polls in 0.. {
        let (mut conn, outcome) = double.drop_after(polls, async |conn| numbers(conn, QUERY).await).await;
        if let Some(rows) = outcome {
            assert_eq!(rows, Ok((0..20).collect()));
            assert!(polls > 30, "{polls}");
            assert!(conn.is_clean());
            return;
        }
        assert_eq!(conn.is_usable(), polls == 0);
        if polls > 0 {
            assert!(matches!(kind(echo(&mut conn, 1).await), DatabaseErrorKind::ClosedConnection));
        }
        double.pool.give_back(conn);
        double.serves_the_next(polls).await;
    }
}

#[tokio::test]
async fn a_statement_dropped_anywhere_spoils_its_connection_and_no_other_answer() {
    let double = Piecemeal::start().await;
    for polls in 0.. {
        let delete = async |conn: &mut MssqlConnection| conn.batch_execute("DELETE FROM NUMBERS").await;
        let (conn, outcome) = double.drop_after(polls, delete).await;
        if let Some(done) = outcome {
            return assert_eq!(done, Ok(()));
        }
        assert_eq!(conn.is_usable(), polls == 0);
        double.pool.give_back(conn);
        double.serves_the_next(polls).await;
    }
}

#[tokio::test]
async fn a_transaction_dropped_anywhere_is_not_committed_by_anybody_else() {
    let double = Piecemeal::start().await;
    for polls in 0.. {
        let work = async |conn: &mut MssqlConnection| {
            conn.transaction(async |conn| {
                let rows = numbers(conn, QUERY).await?;
                conn.batch_execute("DELETE FROM NUMBERS").await?;
                Ok::<_, diesel::result::Error>(rows)
            })
            .await
        };
        let (conn, outcome) = double.drop_after(polls, work).await;
        if let Some(rows) = outcome {
            assert_eq!(rows, Ok((0..20).collect()));
            assert!(polls > 30, "{polls}");
            assert!(conn.is_clean());
            return;
        }
        assert_eq!(conn.is_clean(), polls == 0);
        double.pool.give_back(conn);
        double.serves_the_next(polls).await;
        assert_nothing_follows_what_was_dropped(&double.server);
    }
}

/// Whoever began and did not commit was closed, and asked for nothing else in between.
fn assert_nothing_follows_what_was_dropped(server: &Server) {
    let whole = [
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION",
        "CALL",
        "DELETE FROM NUMBERS",
        "COMMIT TRANSACTION",
    ];
    for session in server.sessions() {
        let begin = session.requests.iter().position(|request| request.ends_with("BEGIN TRANSACTION"));
        let Some(begin) = begin else { continue };
        assert!(!session.open, "{session:?}");
        assert!(whole.map(str::to_owned).starts_with(&session.requests[begin..]), "{session:?}");
    }
}

#[tokio::test]
async fn a_wait_for_a_connection_dropped_anywhere_takes_none_from_the_pool() {
    let server = Server::start().await;
    let pool = server.pool(1);
    for polls in 0.. {
        let done = polled(polls, pool.get(), || {}).await;
        if let Some(conn) = done {
            assert_eq!(echo(&mut conn.unwrap(), 42).await, Ok(42));
            assert!(polls > 2, "{polls}");
            return;
        }
        server.until("it is gone", |sessions| sessions.iter().all(|session| !session.open)).await;
    }
}
