//! Another login while the pool is in use, as when a password is changed on the server.

use std::time::Duration;

use diesel_mssql::{ConnectError, Login, Pool, PoolError};
use mssql_mock_tds::TerminalError;
use tokio::time::timeout;

use crate::queries::echo;
use crate::server::{PASSWORD, Server, USER};

const NEW: &str = "Kardamom-0815";

/// With which password each connection that is served came.
fn passwords(server: &Server) -> Vec<String> {
    let accepted = server.sessions().into_iter().filter(crate::server::Session::is_served);
    accepted.filter_map(|session| session.login).map(|(_, password)| password).collect()
}

/// Whether the pool has told of a refusal since it was asked last.
async fn has_heard(pool: &Pool) -> bool {
    timeout(Duration::ZERO, pool.login_refused().notified()).await.is_ok()
}

#[tokio::test]
async fn a_new_login_is_tried_first_and_used_from_then_on() {
    let server = Server::start().await;
    let pool = server.pool(4);
    let (mut used, idle) = tokio::try_join!(pool.get(), pool.get()).unwrap();
    pool.give_back(idle);
    assert!(pool.reload_login(Login::password(USER, NEW)).await.unwrap());
    server.until("what was idle is closed", |_| passwords(&server) == [PASSWORD]).await;
    // Whoever is in the middle of something goes on.
    assert_eq!(echo(&mut used, 42).await, Ok(42));
    pool.give_back(used);
    server.until_served(0).await;
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 43).await, Ok(43));
    assert_eq!(passwords(&server), [NEW]);
    pool.give_back(conn);
    let sessions = server.sessions().len();
    assert!(!pool.reload_login(Login::password(USER, NEW)).await.unwrap(), "it is no other");
    let conn = pool.get().await.unwrap();
    assert_eq!(server.sessions().len(), sessions, "its connections stay");
    drop(conn);
}

#[tokio::test]
async fn a_new_login_that_the_server_refuses_changes_nothing() {
    let server = Server::start().await;
    let pool = server.pool(2);
    let conn = pool.get().await.unwrap();
    pool.give_back(conn);
    server.refuse_logins(TerminalError::new(18456, 14, "no entry"));
    let refused = pool.reload_login(Login::password(USER, NEW)).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Login { .. }), "{refused:?}");
    assert!(!has_heard(&pool).await, "the one in use was not refused");
    assert_eq!(passwords(&server), [PASSWORD]);
    let mut conn = pool.get().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    assert_eq!(server.sessions().len(), 2, "the open connection is as good as before");
}

#[tokio::test]
async fn who_waits_for_it_hears_that_the_login_is_refused() {
    let server = Server::start().await;
    let pool = server.pool(2);
    server.refuse_logins(TerminalError::new(40613, 17, "not now"));
    assert!(pool.get().await.is_err());
    assert!(!has_heard(&pool).await, "that was about something else");
    server.refuse_logins(TerminalError::new(18456, 14, "no entry"));
    let error = pool.get().await.err().unwrap();
    assert!(matches!(error, PoolError::Connect(ConnectError::Login { .. })), "{error:?}");
    assert!(has_heard(&pool).await);
    assert!(!has_heard(&pool).await, "once");
}
