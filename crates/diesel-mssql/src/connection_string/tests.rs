//! What both forms promise, and the servers that the tests of each form use.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::secret::Secret;

/// Whatever may stand in a connection string.
pub(super) fn any_server() -> impl Strategy<Value = ConnectionString> {
    let credentials = proptest::option::of(
        ("\\PC{1,12}", "\\PC{1,20}")
            .prop_map(|(user, password)| Credentials { user, password: Secret::new(password) }),
    );
    let trust = prop_oneof![
        Just(Trust::WebRoots),
        Just(Trust::Any),
        "/\\PC{1,12}".prop_map(|file| Trust::Ca(file.into())),
    ];
    let encryption = prop_oneof![Just(Encryption::Required), Just(Encryption::Strict)];
    let named = proptest::option::of("[a-z0-9][a-z0-9.-]{0,12}");
    (any_host(), 1..=u16::MAX, "\\PC{1,12}", credentials, encryption, trust, named).prop_map(
        |(host, port, database, credentials, encryption, trust, host_in_certificate)| ConnectionString {
            host,
            port,
            database,
            credentials,
            encryption,
            trust,
            host_in_certificate,
        },
    )
}

fn any_host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9][A-Za-z0-9._-]{0,20}",
        any::<Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<Ipv6Addr>().prop_map(|address| address.to_string()),
    ]
}

pub(super) fn parse(text: &str) -> Result<ConnectionString, ConnectionStringError> {
    text.parse()
}

/// The server of a text that has one.
pub(super) fn server(text: &str) -> ConnectionString {
    parse(text).unwrap()
}

/// A server of which nothing was said that need not be.
pub(super) fn plain(host: &str, credentials: Option<Credentials>) -> ConnectionString {
    ConnectionString {
        host: host.to_owned(),
        port: 1433,
        database: "orders".to_owned(),
        credentials,
        encryption: Encryption::Required,
        trust: Trust::WebRoots,
        host_in_certificate: None,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "as a connection string has it")]
pub(super) fn password(user: &str, password: &str) -> Option<Credentials> {
    Some(Credentials { user: user.to_owned(), password: Secret::new(password.to_owned()) })
}

pub(super) fn masked(text: &str) -> Result<String, ConnectionStringError> {
    ConnectionString::masked(text, "•••")
}

#[test]
fn what_has_no_form_is_refused() {
    for text in [
        "",
        "orders.db",
        "hunter2",
        "sqlite:orders.db",
        "postgres://desk:hunter2@host/db?ssl=on",
        "mssql:host",
        "=",
        "a b",
    ] {
        assert_eq!(parse(text), Err(ConnectionStringError::Form), "{text}");
    }
}

#[test]
fn people_see_the_database_without_its_login() {
    for (text, shown) in [
        ("mssql://desk:hunter2@sql.example.com/orders", "orders on sql.example.com"),
        ("mssql://desk:hunter2@sql.example.com:1434/orders", "orders on sql.example.com:1434"),
        ("Server=tcp:::1,1434;Database=my orders;UID=desk;PWD=hunter2", "my orders on [::1]:1434"),
    ] {
        assert_eq!(server(text).to_string(), shown);
    }
}

proptest! {
    #[test]
    fn all_that_a_text_says_of_a_server_is_in_its_options(given in any_server()) {
        let login = Login::password("desk", "hunter2");
        let ConnectOptions { host, port, database, encryption, trust, host_in_certificate, .. } =
            given.options(login);
        let credentials = given.credentials.clone();
        let there = ConnectionString { host, port, database, credentials, encryption, trust, host_in_certificate };
        prop_assert_eq!(there, given);
    }

    #[test]
    fn what_is_shown_does_not_depend_on_the_password(
        server in any_server(),
        user in "\\PC{1,12}",
        passwords in ("\\PC{1,20}", "\\PC{1,20}"),
    ) {
        let [one, two] = [passwords.0, passwords.1].map(|text| {
            ConnectionString { credentials: password(&user, &text), ..server.clone() }
        });
        let shown = |server: &ConnectionString| -> [String; 4] {
            let [url, ado] = [url::plainly(server), ado::plainly(server)];
            let parsed = parse(&url).unwrap();
            [masked(&url).unwrap(), masked(&ado).unwrap(), parsed.to_string(), format!("{parsed:?}")]
        };
        prop_assert_eq!(shown(&one), shown(&two));
    }

    #[test]
    fn no_text_is_too_strange_to_be_read_or_refused(
        start in "(mssql://|sqlserver://|Server=|Password=)?",
        rest in "([;='\"{}@:/?#&%,\\[\\]\\\\a1]|\\PC){0,30}",
    ) {
        let text = format!("{start}{rest}");
        prop_assert_eq!(parse(&text).is_ok(), masked(&text).is_ok());
    }
}
