//! Where orders are kept: `database.url`, which has three forms.
//!
//! `url` reads `mssql://…` and `ado` the connection strings of ADO.NET; both come to the same [`SqlServer`].
//! Nothing here quotes a text that it refuses: any part of it may be a password.

mod ado;
mod error;
mod parts;
mod secret;
mod url;

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

pub use error::UrlError;
pub(super) use secret::MASK;
pub use secret::Secret;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

/// Where SQL Server and Azure SQL listen.
const PORT: u16 = 1433;

/// Where orders are kept.
///
/// `Display` is for people: the file, or the database and its host, without the login.
///
/// ```
/// use orders::config::DatabaseUrl;
/// let url = DatabaseUrl::parse("mssql://desk:s3cret@sql.example.com/orders").unwrap();
/// assert_eq!(url.to_string(), "orders on sql.example.com");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// In an SQLite file.
    Sqlite(PathBuf),
    /// On a server.
    SqlServer(SqlServer),
}

/// A database on SQL Server or Azure SQL, and how to log in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlServer {
    /// A name or an IP address; that of IPv6 without brackets.
    pub host: String,
    /// 1433, if nothing else is said.
    pub port: u16,
    /// The database's name, as the server spells it.
    pub database: String,
    /// Who the desk is.
    pub login: Login,
    /// When TLS begins.
    pub encryption: Encryption,
    /// Whose certificates are good.
    pub trust: Trust,
    /// The name to look for in the certificate, where it is not the host's.
    pub host_in_certificate: Option<String>,
}

/// How the desk shows the server who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// As a user that the server or the database knows.
    Password {
        /// The user's name.
        user: String,
        /// Never empty.
        password: Secret,
    },
    /// With an access token of Entra (Azure's directory): the desk's identity's, or that in `database.token_file`.
    Token,
}

/// When TLS begins; without it there is no talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Inside the first exchange of TDS 7.4.
    #[default]
    Required,
    /// Before the first byte of TDS 8.
    Strict,
}

/// Whose certificates are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those that Mozilla's authorities have signed, whose roots are inside the program.
    WebRoots,
    /// Those, and what the authority in this file has signed (PEM or DER).
    Ca(PathBuf),
    /// All: anybody on the way may pretend to be the server.
    Any,
}

/// A text by its form, before it is understood.
enum UrlForm<'a> {
    Sqlite(&'a str),
    Url(&'a str),
    AdoNet(&'a str),
}

impl DatabaseUrl {
    /// Reads any of the three forms.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        match UrlForm::of(text)? {
            UrlForm::Sqlite(path) => sqlite(path).map(Self::Sqlite),
            UrlForm::Url(rest) => url::parse(rest).map(Self::SqlServer),
            UrlForm::AdoNet(pairs) => ado::parse(pairs).map(Self::SqlServer),
        }
    }
}

impl<'a> UrlForm<'a> {
    fn of(text: &'a str) -> Result<Self, UrlError> {
        // Secrets that come from files bring the end of their line along.
        let text = text.trim();
        let after = |scheme| text.strip_prefix(scheme);
        if let Some(path) = after("sqlite:") {
            Ok(Self::Sqlite(path))
        } else if let Some(rest) = after("mssql://").or_else(|| after("sqlserver://")) {
            Ok(Self::Url(rest))
        } else if ado::begins(text) {
            Ok(Self::AdoNet(text))
        } else {
            Err(UrlError::Form)
        }
    }
}

fn sqlite(path: &str) -> Result<PathBuf, UrlError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" || path.contains('?') {
        return Err(UrlError::File);
    }
    Ok(PathBuf::from(path))
}

/// A text in its own form with the password masked, written anew from what was understood of it.
pub(super) fn masked(text: &str) -> Result<String, UrlError> {
    Ok(match UrlForm::of(text)? {
        UrlForm::Sqlite(path) => format!("sqlite:{}", sqlite(path)?.display()),
        UrlForm::Url(rest) => url::write(&url::parse(rest)?, secret::MASK),
        UrlForm::AdoNet(pairs) => ado::write(&ado::parse(pairs)?, secret::MASK),
    })
}

/// A host in front of a port: colons of its own stand in brackets (RFC 3986, section 3.2.2).
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A host's name or address, with or without brackets.
fn host(text: &str) -> Result<String, UrlError> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = inner.unwrap_or(text).parse::<Ipv6Addr>() {
        return Ok(address.to_string());
    }
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if is_name && text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(UrlError::Host)
    }
}

fn port(text: &str) -> Result<u16, UrlError> {
    text.parse().ok().filter(|port| *port > 0).ok_or(UrlError::Port)
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::SqlServer(server) if server.port == PORT => {
                write!(f, "{} on {}", server.database, server.host)
            }
            Self::SqlServer(server) => {
                write!(f, "{} on {}:{}", server.database, bracketed(&server.host), server.port)
            }
        }
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What is no text at all is not quoted either: a password alone may look like a number.
        let text = String::deserialize(deserializer).map_err(|_| de::Error::custom(UrlError::Form))?;
        Self::parse(&Zeroizing::new(text)).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whatever may stand in a server's settings.
    pub(super) fn any_server() -> impl Strategy<Value = SqlServer> {
        let login = prop_oneof![
            ("\\PC{1,12}", "\\PC{1,20}")
                .prop_map(|(user, password)| Login::Password { user, password: Secret::new(password) }),
            Just(Login::Token),
        ];
        let trust = prop_oneof![
            Just(Trust::WebRoots),
            Just(Trust::Any),
            "/\\PC{1,12}".prop_map(|file| Trust::Ca(file.into())),
        ];
        let encryption = prop_oneof![Just(Encryption::Required), Just(Encryption::Strict)];
        let named = proptest::option::of("[a-z0-9][a-z0-9.-]{0,12}");
        (any_host(), 1..=u16::MAX, "\\PC{1,12}", login, encryption, trust, named).prop_map(
            |(host, port, database, login, encryption, trust, host_in_certificate)| SqlServer {
                host,
                port,
                database,
                login,
                encryption,
                trust,
                host_in_certificate,
            },
        )
    }

    fn any_host() -> impl Strategy<Value = String> {
        prop_oneof![
            "[A-Za-z0-9][A-Za-z0-9._-]{0,20}",
            any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
            any::<Ipv6Addr>().prop_map(|address| address.to_string()),
        ]
    }

    /// The server of a text that has one.
    pub(super) fn server(text: &str) -> SqlServer {
        match DatabaseUrl::parse(text).unwrap() {
            DatabaseUrl::SqlServer(server) => server,
            DatabaseUrl::Sqlite(path) => panic!("{} is a file", path.display()),
        }
    }

    /// A server of which nothing was said that need not be.
    pub(super) fn plain(host: &str, login: Login) -> SqlServer {
        SqlServer {
            host: host.to_owned(),
            port: 1433,
            database: "orders".to_owned(),
            login,
            encryption: Encryption::Required,
            trust: Trust::WebRoots,
            host_in_certificate: None,
        }
    }

    pub(super) fn password(user: &str, password: &str) -> Login {
        Login::Password { user: user.to_owned(), password: Secret::new(password.to_owned()) }
    }

    #[test]
    fn a_file_is_one_by_its_scheme() {
        let file = |path: &str| Ok(DatabaseUrl::Sqlite(path.into()));
        assert_eq!(DatabaseUrl::parse("sqlite:orders.db"), file("orders.db"));
        assert_eq!(DatabaseUrl::parse("sqlite:///data/orders.db"), file("/data/orders.db"));
        for text in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite:orders.db?mode=ro"] {
            assert_eq!(DatabaseUrl::parse(text), Err(UrlError::File), "{text}");
        }
    }

    #[test]
    fn what_has_no_form_is_refused() {
        for text in
            ["", "orders.db", "hunter2", "postgres://desk:hunter2@host/db?ssl=on", "mssql:host", "=", "a b"]
        {
            assert_eq!(DatabaseUrl::parse(text), Err(UrlError::Form), "{text}");
        }
    }

    #[test]
    fn people_see_the_database_without_its_login() {
        for (text, shown) in [
            ("sqlite:data/orders.db", "data/orders.db"),
            ("mssql://desk:hunter2@sql.example.com/orders", "orders on sql.example.com"),
            ("mssql://desk:hunter2@sql.example.com:1434/orders", "orders on sql.example.com:1434"),
            ("Server=tcp:::1,1434;Database=my orders;UID=desk;PWD=hunter2", "my orders on [::1]:1434"),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_does_not_depend_on_the_password(
            server in any_server(),
            user in "\\PC{1,12}",
            passwords in ("\\PC{1,20}", "\\PC{1,20}"),
        ) {
            let [one, two] = [passwords.0, passwords.1].map(|text| {
                let login = password(&user, &text);
                SqlServer { login, ..server.clone() }
            });
            let shown = |server: &SqlServer| -> [String; 4] {
                let [url, ado] = [url::plainly(server), ado::plainly(server)];
                let parsed = DatabaseUrl::parse(&url).unwrap();
                [masked(&url).unwrap(), masked(&ado).unwrap(), parsed.to_string(), format!("{parsed:?}")]
            };
            prop_assert_eq!(shown(&one), shown(&two));
        }

        #[test]
        fn no_text_is_too_strange_to_be_read_or_refused(
            start in "(sqlite:|mssql://|sqlserver://|Server=|Password=)?",
            rest in "([;='\"{}@:/?#&%,\\[\\]\\\\a1]|\\PC){0,30}",
        ) {
            let text = format!("{start}{rest}");
            prop_assert_eq!(DatabaseUrl::parse(&text).is_ok(), masked(&text).is_ok());
        }
    }
}
