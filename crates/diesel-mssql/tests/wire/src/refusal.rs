//! Errors that the server answers with.

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::AsyncConnection;
use diesel_mssql::{MssqlConnection, RetryClass};
use mssql_mock_tds::TerminalError;

use crate::queries::{echo, kind, numbers};
use crate::server::{Server, column};

const QUERY: &str = "SELECT N FROM REFUSED";

struct Refusal {
    number: u32,
    class: u8,
    message: &'static str,
    kind: DatabaseErrorKind,
    retry_class: RetryClass,
}

const fn refusal(
    number: u32,
    class: u8,
    message: &'static str,
    kind: DatabaseErrorKind,
    retry_class: RetryClass,
) -> Refusal {
    Refusal { number, class, message, kind, retry_class }
}

const REFUSALS: [Refusal; 14] = [
    refusal(1205, 13, "deadlock victim", DatabaseErrorKind::SerializationFailure, RetryClass::Conflict),
    refusal(3960, 16, "snapshot conflict", DatabaseErrorKind::SerializationFailure, RetryClass::Conflict),
    refusal(40613, 17, "not currently available", DatabaseErrorKind::Unknown, RetryClass::Unavailable),
    refusal(40197, 17, "please try again", DatabaseErrorKind::Unknown, RetryClass::Unavailable),
    refusal(4060, 11, "cannot open database", DatabaseErrorKind::Unknown, RetryClass::Unavailable),
    refusal(40501, 16, "currently busy", DatabaseErrorKind::Unknown, RetryClass::Throttled),
    refusal(2627, 14, "UNIQUE KEY constraint 'k'", DatabaseErrorKind::UniqueViolation, RetryClass::Permanent),
    refusal(2601, 14, "unique index 'i'", DatabaseErrorKind::UniqueViolation, RetryClass::Permanent),
    refusal(547, 16, "FOREIGN KEY constraint", DatabaseErrorKind::ForeignKeyViolation, RetryClass::Permanent),
    refusal(547, 16, "CHECK constraint", DatabaseErrorKind::CheckViolation, RetryClass::Permanent),
    refusal(515, 16, "the value NULL", DatabaseErrorKind::NotNullViolation, RetryClass::Permanent),
    refusal(18456, 14, "login failed", DatabaseErrorKind::Unknown, RetryClass::Permanent),
    refusal(208, 16, "invalid object name", DatabaseErrorKind::Unknown, RetryClass::Permanent),
    refusal(50000, 19, "as bad as may be survived", DatabaseErrorKind::Unknown, RetryClass::Permanent),
];

fn same(one: DatabaseErrorKind, other: DatabaseErrorKind) -> bool {
    std::mem::discriminant(&one) == std::mem::discriminant(&other)
}

#[tokio::test]
async fn an_error_s_number_decides_its_kind_and_what_to_do_and_the_connection_stays() {
    let server = Server::start().await;
    let pool = server.pool(1);
    for refusal in REFUSALS {
        server.refuse(QUERY, TerminalError::new(refusal.number, refusal.class, refusal.message)).await;
        let mut conn = pool.get().await.unwrap();
        let kind = kind(numbers(&mut conn, QUERY).await);
        assert!(same(kind, refusal.kind), "{}: {kind:?}", refusal.number);
        assert_eq!(conn.take_retry_class(), Some(refusal.retry_class), "{}", refusal.number);
        assert_eq!(conn.take_retry_class(), None, "it is reported once");
        assert!(conn.is_clean());
        assert_eq!(echo(&mut conn, 42).await, Ok(42));
        pool.give_back(conn);
    }
    assert_eq!(server.sessions().len(), 1);
}

#[tokio::test]
async fn an_error_of_class_20_and_up_ends_the_connection() {
    let server = Server::start().await;
    let pool = server.pool(1);
    for (number, class, retry_class) in [
        (40501, 20, RetryClass::Throttled),
        (40613, 20, RetryClass::Unavailable),
        (596, 21, RetryClass::Lost),
        (823, 24, RetryClass::Lost),
    ] {
        server.refuse(QUERY, TerminalError::new(number, class, "the end")).await;
        let mut conn = pool.get().await.unwrap();
        let before = server.sessions().len();
        numbers(&mut conn, QUERY).await.unwrap_err();
        assert_eq!(conn.take_retry_class(), Some(retry_class), "{number}");
        assert!(!conn.is_usable());
        assert!(matches!(kind(echo(&mut conn, 1).await), DatabaseErrorKind::ClosedConnection));
        pool.give_back(conn);
        server.until_served(0).await;
        let mut next = pool.get().await.unwrap();
        assert_eq!(echo(&mut next, 42).await, Ok(42));
        assert_eq!(server.sessions().len(), before + 1);
        pool.give_back(next);
    }
}

#[tokio::test]
async fn an_error_after_rows_counts_and_so_does_one_before_them() {
    let server = Server::start().await;
    let leading = mssql_mock_tds::LeadingError::new(1205, 13, "deadlock victim");
    server.answer_with(QUERY, column(0..3).with_leading_error(leading)).await;
    let mut conn = server.options().connect().await.unwrap();
    assert!(matches!(kind(numbers(&mut conn, QUERY).await), DatabaseErrorKind::SerializationFailure));
    assert_eq!(conn.take_retry_class(), Some(RetryClass::Conflict));
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

/// A transaction of one query.
async fn transaction(conn: &mut MssqlConnection) -> Result<Vec<i32>, Error> {
    conn.transaction(async |conn| numbers(conn, QUERY).await).await
}

#[tokio::test]
async fn a_transaction_that_gave_way_is_rolled_back_and_its_connection_stays() {
    let server = Server::start().await;
    let pool = server.pool(1);
    server.refuse(QUERY, TerminalError::new(1205, 13, "deadlock victim")).await;
    let mut conn = pool.get().await.unwrap();
    assert!(matches!(kind(transaction(&mut conn).await), DatabaseErrorKind::SerializationFailure));
    assert_eq!(conn.take_retry_class(), Some(RetryClass::Conflict));
    pool.give_back(conn);
    server.answer(QUERY, [7]).await;
    let mut conn = pool.get().await.unwrap();
    assert_eq!(transaction(&mut conn).await, Ok(vec![7]));
    let sessions = server.sessions();
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].requests[2].contains("ROLLBACK"), "{sessions:?}");
    assert_eq!(sessions[0].requests.last().unwrap(), "COMMIT TRANSACTION");
}

#[tokio::test]
async fn what_ended_a_transaction_s_connection_is_what_its_caller_hears() {
    let server = Server::start().await;
    server.refuse(QUERY, TerminalError::new(596, 21, "the session is in the kill state")).await;
    let mut conn = server.options().connect().await.unwrap();
    let error = transaction(&mut conn).await.unwrap_err();
    assert!(error.to_string().contains("the session is in the kill state"), "{error}");
    assert_eq!(conn.take_retry_class(), Some(RetryClass::Lost));
    assert!(!conn.is_clean());
}

#[tokio::test]
async fn a_commit_that_fails_leaves_no_connection_behind() {
    let server = Server::start().await;
    let pool = server.pool(1);
    server.answer(QUERY, [7]).await;
    server.refuse("COMMIT TRANSACTION", TerminalError::new(3960, 16, "snapshot conflict")).await;
    let mut conn = pool.get().await.unwrap();
    assert!(matches!(kind(transaction(&mut conn).await), DatabaseErrorKind::SerializationFailure));
    assert_eq!(conn.take_retry_class(), Some(RetryClass::Conflict));
    assert!(!conn.is_clean());
    pool.give_back(conn);
    server.until_served(0).await;
}
