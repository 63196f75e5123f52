//! Servers and networks that say nothing: nobody waits for ever.

use std::future::Future;
use std::time::{Duration, Instant};

use diesel::result::DatabaseErrorKind;
use diesel_mssql::{ConnectError, ConnectOptions, Pool, RetryClass};
use mssql_mock_tds::{LOGIN_DELAY_KEY, QueryResponse};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::proxy::{Fault, Proxy};
use crate::queries::{echo, kind, numbers};
use crate::server::{PATIENCE, Server, column};

const SHORT: Duration = Duration::from_millis(300);
const QUERY: &str = "SELECT N FROM SLOW";
/// What the pool asks of a connection that it doubts, and does from this age on: only the clock brings it there.
const QUESTION: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";
const A_WHILE: Duration = Duration::from_millis(15_100);

/// Asserts that something takes its time, and not much more.
async fn takes_about<T>(time: Duration, what: impl Future<Output = T>) -> T {
    let before = Instant::now();
    let outcome = timeout(PATIENCE, what).await.expect("whoever waits for so long waits in vain");
    let took = before.elapsed();
    assert!(took >= time && took < time + PATIENCE / 3, "{took:?} instead of {time:?}");
    outcome
}

async fn gives_up_connecting(options: &ConnectOptions) {
    let options = ConnectOptions { connect_timeout: SHORT, ..options.clone() };
    let error = takes_about(SHORT, options.connect()).await.unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
    assert_eq!(error.retry_class(), RetryClass::Unavailable);
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    gives_up_connecting(&ConnectOptions { port, ..Server::start().await.options() }).await;
}

#[tokio::test]
async fn a_server_that_stalls_at_the_login_is_given_up() {
    let server = Server::start().await;
    server.answer_with(LOGIN_DELAY_KEY, column([]).with_delay(PATIENCE)).await;
    gives_up_connecting(&server.options()).await;
    server.until("it is gone", |sessions| sessions.iter().all(|session| !session.open)).await;
}

/// How many bytes a server sends while a connection is opened.
async fn bytes_of_connecting(server: &Server) -> usize {
    let proxy = Proxy::start(server.address).await;
    let options = ConnectOptions { port: proxy.address.port(), ..server.options() };
    options.connect().await.unwrap();
    proxy.passed()
}

#[tokio::test]
async fn a_network_that_stalls_anywhere_in_handshake_or_login_is_given_up() {
    let server = Server::start().await;
    let all = bytes_of_connecting(&server).await;
    let mut stalls = tokio::task::JoinSet::new();
    for part in 0..12 {
        let proxy = Proxy::start(server.address).await;
        // Certificates and signatures differ by some bytes in length, so the last part ends well before the end.
        proxy.fail(Fault::Stall(part * (all - 40) / 11));
        let options = ConnectOptions { port: proxy.address.port(), ..server.options() };
        stalls.spawn(async move { gives_up_connecting(&options).await });
    }
    stalls.join_all().await;
}

/// A pool of one connection through a proxy, which gives commands up soon.
fn impatient_pool(server: &Server, proxy: &Proxy) -> Pool {
    let options = ConnectOptions { port: proxy.address.port(), command_timeout: SHORT, ..server.options() };
    Pool::new(options, 1, PATIENCE)
}

/// Asserts that a query is given up, with its connection, and that the pool then has another.
async fn gives_up_a_query(
    server: &Server,
    pool: &Pool,
    break_it: impl AsyncFnOnce(),
    heal: impl AsyncFnOnce(),
) {
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 1).await, Ok(1));
    break_it().await;
    let error = takes_about(SHORT, numbers(&mut conn, QUERY)).await;
    assert!(matches!(kind(error), DatabaseErrorKind::ClosedConnection));
    assert_eq!(conn.take_retry_class(), Some(RetryClass::TimedOut));
    assert!(!conn.is_usable());
    assert!(matches!(kind(echo(&mut conn, 2).await), DatabaseErrorKind::ClosedConnection));
    pool.give_back(conn);
    heal().await;
    let mut next = pool.get().await.unwrap();
    assert_eq!(echo(&mut next, 42).await, Ok(42));
    server.until_served(1).await;
    assert_eq!(server.sessions().len(), 2);
}

#[tokio::test]
async fn a_query_without_an_answer_is_given_up_with_its_connection() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = impatient_pool(&server, &proxy);
    let slow = || async { server.answer_with(QUERY, column(0..3).with_delay(PATIENCE)).await };
    gives_up_a_query(&server, &pool, slow, async || {}).await;
}

#[tokio::test]
async fn a_query_whose_answer_stalls_in_its_middle_is_given_up_with_its_connection() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = impatient_pool(&server, &proxy);
    server.answer(QUERY, 0..1000).await;
    let stall = async || proxy.fail(Fault::Stall(500));
    gives_up_a_query(&server, &pool, stall, async || proxy.heal()).await;
}

#[tokio::test]
async fn a_request_that_the_network_does_not_take_is_given_up_with_its_connection() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let pool = impatient_pool(&server, &proxy);
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 1).await, Ok(1));
    proxy.fail(Fault::Deaf);
    let huge = format!("SELECT N FROM HUGE -- {}", "x".repeat(8 << 20));
    timeout(PATIENCE, numbers(&mut conn, &huge)).await.unwrap().unwrap_err();
    assert_eq!(conn.take_retry_class(), Some(RetryClass::TimedOut));
    assert!(!conn.is_usable());
}

/// Asserts that a pool, whose one connection nobody used for a while, lends one that works.
async fn lends_one_that_works(pool: &Pool) {
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn a_connection_that_nobody_used_for_a_while_is_asked_before_it_is_lent() {
    let (alive, gone, silent) = (Server::start().await, Server::start().await, Server::start().await);
    let proxy = Proxy::start(gone.address).await;
    let through = ConnectOptions { port: proxy.address.port(), ..gone.options() };
    let pools = [alive.options(), through, silent.options()].map(|options| Pool::new(options, 1, PATIENCE));
    for pool in &pools {
        pool.give_back(pool.get().await.unwrap());
    }
    proxy.fail(Fault::TurnAway);
    silent.answer_with(QUESTION, column([]).with_delay(PATIENCE)).await;
    tokio::time::sleep(A_WHILE).await;
    proxy.heal();
    let [of_alive, of_gone, of_silent] = &pools;
    tokio::join!(
        lends_one_that_works(of_alive),
        lends_one_that_works(of_gone),
        lends_one_that_works(of_silent)
    );
    assert_eq!(alive.sessions()[0].requests, [QUESTION, "CALL"]);
    assert_eq!([&alive, &gone, &silent].map(|server| server.sessions().len()), [1, 2, 2]);
}

#[tokio::test]
async fn a_slow_answer_within_its_time_is_read_to_its_end() {
    let server = Server::start().await;
    let slow = QueryResponse { delay: Some(SHORT / 3), ..column(0..100) };
    server.answer_with(QUERY, slow).await;
    let mut conn = server.options().connect().await.unwrap();
    assert_eq!(numbers(&mut conn, QUERY).await, Ok((0..100).collect()));
}
