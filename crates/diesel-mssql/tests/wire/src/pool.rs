//! The pool: how many connections there are, and who gets them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel_async::TransactionManager;
use diesel_mssql::{MssqlTransactions, Pool, PoolError, RetryClass};
use tokio::task::JoinSet;

use crate::queries::{echo, numbers, polled};
use crate::server::{PATIENCE, Server};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn no_connection_is_opened_before_it_is_needed_and_one_given_back_is_used_again() {
    let server = Server::start().await;
    let pool = server.pool(4);
    for number in 0..5 {
        assert_eq!(server.sessions().len(), usize::from(number > 0));
        let mut conn = pool.get().await.unwrap();
        assert_eq!(echo(&mut conn, number).await, Ok(number));
        pool.give_back(conn);
    }
}

#[tokio::test]
async fn a_pool_whose_connections_are_all_in_use_says_so_after_the_wait() {
    let server = Server::start().await;
    let pool = Pool::new(server.options(), 2, SHORT);
    let (one, _two) = tokio::try_join!(pool.get(), pool.get()).unwrap();
    let before = Instant::now();
    let error = pool.get().await.err().unwrap();
    assert!(before.elapsed() >= SHORT && before.elapsed() < PATIENCE / 3, "{:?}", before.elapsed());
    assert!(matches!(error, PoolError::Busy { connections: 2, wait: SHORT }), "{error:?}");
    assert_eq!(error.retry_class(), RetryClass::Permanent);
    pool.give_back(one);
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    assert_eq!(server.most_at_once(), 2);
}

#[tokio::test]
async fn a_lease_that_is_dropped_closes_its_connection() {
    let server = Server::start().await;
    let pool = server.pool(1);
    drop(pool.get().await.unwrap());
    server.until_served(0).await;
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    assert_eq!(server.sessions().len(), 2);
}

#[tokio::test]
async fn a_caller_that_panics_closes_its_connection_and_nobody_else_notices() {
    let server = Server::start().await;
    let pool = Arc::new(server.pool(1));
    let same = Arc::clone(&pool);
    let panicked = tokio::spawn(async move {
        let _conn = same.get().await.unwrap();
        std::panic::resume_unwind(Box::new("a handler has a fault"));
    });
    panicked.await.unwrap_err();
    server.until_served(0).await;
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn a_connection_given_back_with_an_open_transaction_is_closed() {
    let server = Server::start().await;
    let pool = server.pool(1);
    let mut conn = pool.get().await.unwrap();
    MssqlTransactions::begin_transaction(&mut *conn).await.unwrap();
    assert!(conn.is_usable() && !conn.is_clean());
    pool.give_back(conn);
    server.until_served(0).await;
    assert_eq!(server.sessions()[0].requests.len(), 1, "the server rolls back by itself");
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn a_closed_pool_closes_what_is_idle_at_once_and_what_is_in_use_when_it_comes_back() {
    let server = Server::start().await;
    let pool = server.pool(3);
    let (mut used, one, two) = tokio::try_join!(pool.get(), pool.get(), pool.get()).unwrap();
    pool.give_back(one);
    pool.give_back(two);
    pool.close();
    server.until_served(1).await;
    assert!(matches!(pool.get().await.err(), Some(PoolError::Closed)));
    assert_eq!(echo(&mut used, 42).await, Ok(42));
    pool.give_back(used);
    server.until_served(0).await;
}

#[tokio::test]
async fn closing_sends_away_those_who_wait() {
    let server = Server::start().await;
    let pool = server.pool(1);
    let _used = pool.get().await.unwrap();
    let (waited, ()) = tokio::join!(pool.get(), async { pool.close() });
    assert!(matches!(waited.err(), Some(PoolError::Closed)));
}

/// What a caller does with its connection in the end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    GivesBack,
    Drops,
    GivesUp,
}

/// 200 tasks on four connections, each with questions of its own, which it ends as it likes.
async fn stampede(server: &Server, end: impl Fn(i32) -> End) {
    server.answer("SELECT N FROM MANY", 0..500).await;
    let pool = Arc::new(server.pool(4));
    let mut tasks = JoinSet::new();
    for task in 0..200 {
        let (pool, end) = (Arc::clone(&pool), end(task));
        tasks.spawn(async move {
            let mut conn = pool.get().await.unwrap();
            assert_eq!(echo(&mut conn, task).await, Ok(task));
            assert_eq!(numbers(&mut conn, "SELECT N FROM MANY").await.unwrap().len(), 500);
            assert_eq!(echo(&mut conn, -task).await, Ok(-task));
            if end == End::GivesUp {
                polled(1, numbers(&mut conn, "SELECT N FROM MANY"), || {}).await;
            }
            if end != End::Drops {
                pool.give_back(conn);
            }
        });
    }
    tasks.join_all().await;
    server.until("no more than four are served", |_| server.served() <= 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_tasks_on_four_connections_each_has_its_own_answers() {
    let server = Server::start().await;
    stampede(&server, |_| End::GivesBack).await;
    assert_eq!(server.sessions().len(), 4);
}

#[tokio::test]
async fn there_are_never_more_connections_than_there_may_be_whatever_becomes_of_them() {
    let server = Server::start().await;
    stampede(&server, |task| match task % 3 {
        0 => End::GivesBack,
        1 => End::Drops,
        _ => End::GivesUp,
    })
    .await;
    assert_eq!(server.most_at_once(), 4);
    assert!(server.sessions().len() > 100);
}
