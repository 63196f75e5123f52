//! Connection strings: URLs (`mssql://…`) and those of ADO.NET. Both say the same, a [`ConnectionString`].
//!
//! Nothing here quotes a text that it refuses: any part of it may be a password.

mod ado;
mod error;
mod nearest;
mod parts;
mod url;

use std::fmt;
use std::str::FromStr;

pub use error::ConnectionStringError;
use parts::bracketed;

use crate::login::{Credentials, Login};
use crate::options::{ConnectOptions, PORT};
use crate::tls::{Encryption, Trust};

/// A database on SQL Server or Azure SQL, as a connection string names it.
///
/// Two forms are read: a URL, and what Azure's portal shows for ADO.NET. `Display` is for people: the database and
/// its host, without the login.
///
/// ```
/// use diesel_mssql::{ConnectionString, Encryption, Trust};
///
/// let url: ConnectionString = "mssql://clerk:s3cret@sql.example.com/shop?encrypt=strict&ca=ca.pem".parse()?;
/// assert_eq!(url.to_string(), "shop on sql.example.com");
/// assert_eq!((url.port, url.encryption), (1433, Encryption::Strict));
/// assert_eq!(url.trust, Trust::Ca("ca.pem".into()));
///
/// let ado: ConnectionString = "Server=tcp:sql.example.com,1433;Initial Catalog=shop;User ID=clerk;\
///     Password={s3cret};Encrypt=Strict;ServerCertificate=ca.pem".parse()?;
/// assert_eq!(ado, url);
/// # Ok::<(), diesel_mssql::ConnectionStringError>(())
/// ```
///
/// The URL is `mssql://user:password@host:1433/database`, or `sqlserver://…`. Behind a `?` it may have `encrypt`
/// (`required`, `strict`), `ca` (a file, for [`Trust::Ca`]), `trust=any` and `hostname` (a name to look for in the
/// certificate).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// A name or an IP address; that of IPv6 without brackets.
    pub host: String,
    /// 1433 where the text gives none.
    pub port: u16,
    /// The database's name, as the server spells it.
    pub database: String,
    /// A user and password; none where an access token logs in.
    pub credentials: Option<Credentials>,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// The name to look for in the certificate, where it is not the host's.
    pub host_in_certificate: Option<String>,
}

impl ConnectionString {
    /// How to connect to it with this login: its own credentials, or a source of tokens.
    pub fn options(&self, login: Login) -> ConnectOptions {
        ConnectOptions {
            port: self.port,
            encryption: self.encryption,
            trust: self.trust.clone(),
            host_in_certificate: self.host_in_certificate.clone(),
            ..ConnectOptions::new(&self.host, &self.database, login)
        }
    }

    /// A text in its own form, written anew from what was understood of it, with `mask` in the password's place.
    ///
    /// ```
    /// use diesel_mssql::ConnectionString;
    ///
    /// let shown = ConnectionString::masked("mssql://clerk:s3cret@sql.example.com/shop", "***")?;
    /// assert_eq!(shown, "mssql://clerk:***@sql.example.com:1433/shop");
    /// # Ok::<(), diesel_mssql::ConnectionStringError>(())
    /// ```
    pub fn masked(text: &str, mask: &str) -> Result<String, ConnectionStringError> {
        Ok(match Form::of(text)? {
            Form::Url(rest) => url::write(&url::parse(rest)?, mask),
            Form::AdoNet(pairs) => ado::write(&ado::parse(pairs)?, mask),
        })
    }
}

impl FromStr for ConnectionString {
    type Err = ConnectionStringError;

    fn from_str(text: &str) -> Result<Self, ConnectionStringError> {
        match Form::of(text)? {
            Form::Url(rest) => url::parse(rest),
            Form::AdoNet(pairs) => ado::parse(pairs),
        }
    }
}

impl fmt::Display for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.port == PORT {
            write!(f, "{} on {}", self.database, self.host)
        } else {
            write!(f, "{} on {}:{}", self.database, bracketed(&self.host), self.port)
        }
    }
}

/// A text by its form, before it is understood.
enum Form<'a> {
    /// What stands behind the scheme.
    Url(&'a str),
    AdoNet(&'a str),
}

impl<'a> Form<'a> {
    fn of(text: &'a str) -> Result<Self, ConnectionStringError> {
        // Secrets that come from files bring the end of their line along.
        let text = text.trim();
        let url = text.strip_prefix("mssql://").or_else(|| text.strip_prefix("sqlserver://"));
        match url {
            Some(rest) => Ok(Self::Url(rest)),
            None if ado::begins(text) => Ok(Self::AdoNet(text)),
            None => Err(ConnectionStringError::Form),
        }
    }
}

#[cfg(test)]
mod tests;
