//! Logging in: whom the client trusts, and as whom it comes.

use diesel::ConnectionError;
use diesel_async::AsyncConnection;
use diesel_mssql::{
    ConnectError, ConnectOptions, ConnectionString, Encryption, Login, MssqlConnection, RetryClass, Trust,
};
use mssql_mock_tds::{MockTdsServer, TerminalError};

use crate::certificate;
use crate::queries::echo;
use crate::server::{PASSWORD, Server, USER};

/// Asserts that a connection is refused for its certificate, before the server hears of any login.
async fn distrusts(server: &Server, options: &ConnectOptions, cause: &str) {
    let error = options.connect().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Certificate { host, .. } if *host == options.host), "{error:?}");
    assert_eq!(error.retry_class(), RetryClass::Permanent);
    assert!(error.to_string().contains(cause), "{error}");
    assert!(server.sessions().iter().all(|session| session.login.is_none()));
}

#[tokio::test]
async fn user_password_and_database_arrive_over_tls_of_our_own_authority() {
    let server = Server::start().await;
    let mut conn = server.options().connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    let session = &server.sessions()[0];
    assert_eq!(session.login, Some((USER.to_owned(), PASSWORD.to_owned())));
    assert_eq!(session.database.as_deref(), Some("orders"));
    assert_eq!(session.token, None);
}

#[tokio::test]
async fn a_connection_opens_by_its_string_alone() {
    let server = Server::start().await;
    let ca = certificate::authority_file();
    let url =
        |login: &str| format!("mssql://{login}{}/orders?encrypt=strict&ca={}", server.address, ca.display());
    let ado = format!(
        "Server=tcp:127.0.0.1,{};Database=orders;UID={USER};PWD={{{PASSWORD}}};Encrypt=Strict;ServerCertificate={}",
        server.address.port(),
        ca.display()
    );
    for string in [url(&format!("{USER}:{PASSWORD}@")), ado] {
        assert_eq!(string.parse::<ConnectionString>().unwrap().port, server.address.port());
        let mut conn = MssqlConnection::establish(&string).await.unwrap();
        assert_eq!(echo(&mut conn, 42).await, Ok(42));
    }
    let as_desk = Some((USER.to_owned(), PASSWORD.to_owned()));
    assert_eq!(server.sessions().iter().filter(|session| session.login == as_desk).count(), 2);

    for unusable in [url(""), url(&format!("{USER}:{PASSWORD}/@"))] {
        let error = MssqlConnection::establish(&unusable).await.unwrap_err();
        assert!(matches!(error, ConnectionError::InvalidConnectionUrl(_)), "{error:?}");
        assert!(!error.to_string().contains(PASSWORD), "{error}");
    }
    let elsewhere =
        url(&format!("{USER}:{PASSWORD}@")).replace("/orders?", "/orders?hostname=elsewhere.example&");
    let error = MssqlConnection::establish(&elsewhere).await.unwrap_err();
    assert!(matches!(error, ConnectionError::BadConnection(_)), "{error:?}");
    assert_eq!(server.sessions().len(), 3, "the last of them went away before its login");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let server = Server::start().await;
    let options = ConnectOptions { trust: Trust::WebRoots, ..server.options() };
    distrusts(&server, &options, "UnknownIssuer").await;
}

#[tokio::test]
async fn a_certificate_for_another_host_is_not_trusted() {
    let server = Server::named("database.example").await;
    distrusts(&server, &server.options(), "not valid for name").await;
}

#[tokio::test]
async fn a_certificate_may_have_the_name_that_the_options_say_and_no_other() {
    let server = Server::named("database.example").await;
    let named =
        |name: &str| ConnectOptions { host_in_certificate: Some(name.to_owned()), ..server.options() };
    distrusts(&server, &named("elsewhere.example"), "not valid for name").await;
    let mut conn = named("database.example").connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn whoever_trusts_anybody_takes_any_certificate() {
    let server = Server::named("database.example").await;
    let options = ConnectOptions { trust: Trust::Any, ..server.options() };
    let mut conn = options.connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn an_authority_whose_file_is_missing_is_said_to_be_the_trouble() {
    let server = Server::start().await;
    let options = ConnectOptions { trust: Trust::Ca("nowhere/ca.pem".into()), ..server.options() };
    let error = options.connect().await.unwrap_err();
    assert!(error.to_string().contains("nowhere/ca.pem"), "{error}");
    assert_eq!(error.retry_class(), RetryClass::Permanent);
}

#[tokio::test]
async fn no_login_travels_in_the_clear() {
    let server = MockTdsServer::new("127.0.0.1:0").await.unwrap();
    let (address, store) = (server.local_addr(), server.connection_store());
    tokio::spawn(server.run());
    let options = ConnectOptions {
        port: address.port(),
        encryption: Encryption::Required,
        trust: Trust::Any,
        ..Server::start().await.options()
    };
    let error = options.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Certificate { .. }), "{error:?}");
    assert!(store.lock().await.all().values().all(|visit| !visit.authenticated));
}

#[tokio::test]
async fn what_a_server_says_to_a_login_decides_whether_to_try_again() {
    let refused = async |number, class| {
        let server = Server::start().await;
        server.refuse_logins(TerminalError::new(number, class, "no entry"));
        let error = server.options().connect().await.unwrap_err();
        assert!(error.to_string().contains("no entry"), "{error}");
        server.until_served(0).await;
        error
    };
    let wrong = refused(18456, 14).await;
    assert!(matches!(wrong, ConnectError::Login { .. }), "{wrong:?}");
    assert_eq!(wrong.retry_class(), RetryClass::Permanent);
    for (number, class, retry_class) in [
        (4060, 11, RetryClass::Unavailable),
        (40613, 17, RetryClass::Unavailable),
        (40501, 20, RetryClass::Throttled),
    ] {
        let error = refused(number, class).await;
        assert!(matches!(&error, ConnectError::Server { number: said, .. } if *said == number), "{error:?}");
        assert_eq!(error.retry_class(), retry_class, "{number}");
    }
}

#[tokio::test]
async fn options_and_logins_print_no_password() {
    let server = Server::start().await;
    let options = server.options();
    let conn = options.connect().await.unwrap();
    let printed = format!("{options:?} {:?} {:?} {conn:?}", Login::password(USER, PASSWORD), server.pool(1));
    assert!(!printed.contains(PASSWORD), "{printed}");
}
