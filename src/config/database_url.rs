//! Where orders are kept: `database.url`, the file or the server.
//!
//! Nothing here quotes a text that it refuses: any part of it may be a password.

use std::fmt;
use std::path::PathBuf;

use diesel_mssql::{ConnectionString, ConnectionStringError};
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

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
    /// On a server. Where no credentials are given, an access token logs in: that of the desk's identity, or the one
    /// in `database.token_file`.
    SqlServer(ConnectionString),
}

/// Why a text names no database, said so that the setting's name goes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// None of the three forms.
    #[error(
        "must look like sqlite:orders.db, mssql://user:password@host/database, or an ADO.NET connection string"
    )]
    Form,
    /// `sqlite:` without a file that stays.
    #[error("must name a file, as sqlite:orders.db does")]
    File,
    /// A server, but not how to reach it.
    #[error(transparent)]
    Server(ConnectionStringError),
}

impl DatabaseUrl {
    /// Reads any of the three forms.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        match sqlite(text)? {
            Some(path) => Ok(Self::Sqlite(path)),
            None => Ok(Self::SqlServer(text.parse()?)),
        }
    }
}

impl From<ConnectionStringError> for DatabaseUrlError {
    fn from(error: ConnectionStringError) -> Self {
        match error {
            ConnectionStringError::Form => Self::Form,
            error => Self::Server(error),
        }
    }
}

/// The file of a text that begins as one that names a file.
fn sqlite(text: &str) -> Result<Option<PathBuf>, DatabaseUrlError> {
    let Some(path) = text.trim().strip_prefix("sqlite:") else { return Ok(None) };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" || path.contains('?') {
        return Err(DatabaseUrlError::File);
    }
    Ok(Some(PathBuf::from(path)))
}

/// A text in its own form with `mask` in the password's place, written anew from what was understood of it.
pub(super) fn masked(text: &str, mask: &str) -> Result<String, DatabaseUrlError> {
    match sqlite(text)? {
        Some(path) => Ok(format!("sqlite:{}", path.display())),
        None => Ok(ConnectionString::masked(text, mask)?),
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::SqlServer(server) => server.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What is no text at all is not quoted either: a password alone may look like a number.
        let text =
            String::deserialize(deserializer).map_err(|_| de::Error::custom(DatabaseUrlError::Form))?;
        Self::parse(&Zeroizing::new(text)).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_is_one_by_its_scheme() {
        let file = |path: &str| Ok(DatabaseUrl::Sqlite(path.into()));
        assert_eq!(DatabaseUrl::parse("sqlite:orders.db"), file("orders.db"));
        assert_eq!(DatabaseUrl::parse(" sqlite:///data/orders.db\n"), file("/data/orders.db"));
        for text in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite:orders.db?mode=ro"] {
            assert_eq!(DatabaseUrl::parse(text), Err(DatabaseUrlError::File), "{text}");
        }
    }

    #[test]
    fn what_has_no_form_is_refused_with_all_three() {
        for text in ["", "orders.db", "hunter2", "postgres://desk:hunter2@host/db?ssl=on", "mssql:host"] {
            assert_eq!(DatabaseUrl::parse(text), Err(DatabaseUrlError::Form), "{text}");
            assert_eq!(masked(text, "•••"), Err(DatabaseUrlError::Form), "{text}");
        }
        let without_host = DatabaseUrlError::Server(ConnectionStringError::Host);
        assert_eq!(DatabaseUrl::parse("mssql://desk:hunter2@/orders"), Err(without_host));
    }

    #[test]
    fn people_see_the_database_without_its_login() {
        for (text, shown, listed) in [
            ("sqlite:data/orders.db", "data/orders.db", "sqlite:data/orders.db"),
            ("sqlite:///data/orders.db", "/data/orders.db", "sqlite:/data/orders.db"),
            (
                "mssql://desk:hunter2@sql.example.com/orders",
                "orders on sql.example.com",
                "mssql://desk:•••@sql.example.com:1433/orders",
            ),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().to_string(), shown);
            assert_eq!(masked(text, "•••").unwrap(), listed);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_read_or_refused(
            start in "(sqlite:|mssql://|Server=|Password=)?",
            rest in "([;='\"{}@:/?#&%,\\[\\]\\\\a1]|\\PC){0,30}",
        ) {
            let text = format!("{start}{rest}");
            prop_assert_eq!(DatabaseUrl::parse(&text).is_ok(), masked(&text, "•••").is_ok());
        }
    }
}
