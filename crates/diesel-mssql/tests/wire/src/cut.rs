//! Connections that break in the middle of something.

use diesel::result::DatabaseErrorKind;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use diesel_mssql::{ConnectError, ConnectOptions, MssqlConnection, Pool, PoolError, RetryClass};

use crate::message::Delivery;
use crate::proxy::{Fault, Proxy};
use crate::queries::{echo, kind, numbers};
use crate::server::{PATIENCE, Server};

const QUERY: &str = "SELECT N FROM NUMBERS";

fn pool(server: &Server, proxy: &Proxy, connections: usize) -> Pool {
    let options = ConnectOptions { port: proxy.address.port(), ..server.options() };
    Pool::new(options, connections, PATIENCE)
}

/// Asserts that a connection has been lost by a query.
fn is_lost(conn: &mut MssqlConnection, outcome: diesel::QueryResult<Vec<i32>>, place: usize) {
    assert!(matches!(kind(outcome), DatabaseErrorKind::ClosedConnection), "cut after {place} bytes");
    assert_eq!(conn.take_retry_class(), Some(RetryClass::Lost), "cut after {place} bytes");
    assert!(!conn.is_usable());
}

/// Cuts an answer after 0, 1, 2, … bytes, until the query is answered; returns how many places there were.
async fn cut_everywhere(server: &Server, pool: &Pool, cut: impl Fn(usize), heal: impl Fn()) -> usize {
    server.answer(QUERY, 0..8).await;
    for place in 0.. {
        let mut conn = pool.get().await.unwrap();
        cut(place);
        let outcome = numbers(&mut conn, QUERY).await;
        heal();
        if let Ok(rows) = outcome {
            assert_eq!(rows, (0..8).collect::<Vec<_>>());
            return place;
        }
        is_lost(&mut conn, outcome, place);
        pool.give_back(conn);
        let mut next = pool.get().await.unwrap();
        assert_eq!(echo(&mut next, 42).await, Ok(42), "cut after {place} bytes");
        pool.give_back(next);
        server.until_served(1).await;
    }
    unreachable!("every answer has an end")
}

#[tokio::test]
async fn an_answer_cut_anywhere_is_lost_and_the_pool_has_another_connection() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = pool(&server, &proxy, 1);
    let places = cut_everywhere(&server, &pool, |place| proxy.fail(Fault::Cut(place)), || proxy.heal()).await;
    assert!(places > 100, "{places}");
}

#[tokio::test]
async fn an_answer_reset_anywhere_is_lost_and_the_pool_has_another_connection() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = pool(&server, &proxy, 1);
    let places =
        cut_everywhere(&server, &pool, |place| proxy.fail(Fault::Reset(place)), || proxy.heal()).await;
    assert!(places > 100, "{places}");
}

#[tokio::test]
async fn an_answer_that_its_server_ends_anywhere_with_a_proper_goodbye_is_lost_all_the_same() {
    let server = Server::start().await;
    let pool = server.pool(1);
    let cut = |place| server.deliver(Delivery::CutAfter(place));
    let places = cut_everywhere(&server, &pool, cut, || server.deliver(Delivery::Whole)).await;
    assert!(places > 80, "{places}");
}

#[tokio::test]
async fn connecting_fails_wherever_it_is_cut_and_takes_no_connection_from_the_pool() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = pool(&server, &proxy, 1);
    let mut failures = 0;
    for place in (0..).step_by(16) {
        proxy.fail(Fault::Cut(place));
        match pool.get().await {
            Ok(_) => break,
            Err(PoolError::Connect(error @ ConnectError::Unreachable { .. })) => {
                assert_eq!(error.retry_class(), RetryClass::Unavailable);
            }
            Err(other) => panic!("cut after {place} bytes: {other:?}"),
        }
        failures += 1;
    }
    assert!(failures > 20, "{failures}");
    proxy.heal();
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn what_turns_the_desk_away_is_unreachable_until_it_comes_back() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = pool(&server, &proxy, 1);
    proxy.fail(Fault::TurnAway);
    for _ in 0..5 {
        let error = pool.get().await.err().unwrap();
        assert!(matches!(error, PoolError::Connect(ConnectError::Unreachable { .. })), "{error:?}");
        assert_eq!(error.retry_class(), RetryClass::Unavailable);
    }
    proxy.heal();
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn connections_that_die_while_idle_cost_one_query_if_the_others_are_then_closed() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = pool(&server, &proxy, 3);
    let (one, two, three) = tokio::try_join!(pool.get(), pool.get(), pool.get()).unwrap();
    for conn in [one, two, three] {
        pool.give_back(conn);
    }
    proxy.fail(Fault::TurnAway);
    server.until_served(0).await;
    proxy.heal();
    let mut conn = pool.get().await.unwrap();
    let outcome = numbers(&mut conn, QUERY).await;
    is_lost(&mut conn, outcome, 0);
    pool.give_back(conn);
    pool.close_idle();
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_neither_done_nor_undone() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = pool(&server, &proxy, 1);
    let mut conn = pool.get().await.unwrap();
    let outcome = conn
        .transaction(async |conn| {
            conn.batch_execute("DELETE FROM NUMBERS").await?;
            proxy.fail(Fault::Cut(0));
            Ok::<_, diesel::result::Error>(Vec::new())
        })
        .await;
    is_lost(&mut conn, outcome, 0);
    pool.give_back(conn);
    server.until_served(0).await;
    assert_eq!(server.sessions()[0].requests.last().unwrap(), "COMMIT TRANSACTION");
}
