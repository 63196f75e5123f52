//! What both forms say of a server, word by word and then as a whole.

use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::ConnectionString;
use super::error::ConnectionStringError;
use crate::login::Credentials;
use crate::options::PORT;
use crate::secret::Secret;
use crate::tls::{Encryption, Trust};

/// What was said of a server, before it is known to be enough and to fit together.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) database: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) encryption: Encryption,
    pub(super) ca: Option<PathBuf>,
    pub(super) trusts_any: bool,
    pub(super) host_in_certificate: Option<String>,
}

impl Parts {
    /// The server, if nothing is missing and nothing contradicts.
    pub(super) fn into_server(self) -> Result<ConnectionString, ConnectionStringError> {
        Ok(ConnectionString {
            host: self.host.ok_or(ConnectionStringError::Host)?,
            port: self.port.unwrap_or(PORT),
            database: self.database.filter(|name| !name.is_empty()).ok_or(ConnectionStringError::Database)?,
            credentials: credentials(self.user, self.password)?,
            encryption: self.encryption,
            trust: trust(self.ca, self.trusts_any)?,
            host_in_certificate: self.host_in_certificate,
        })
    }
}

fn credentials(
    user: Option<String>,
    password: Option<Secret>,
) -> Result<Option<Credentials>, ConnectionStringError> {
    match (user, password) {
        (None, None) => Ok(None),
        (Some(user), Some(password)) if !user.is_empty() && !password.expose().is_empty() => {
            Ok(Some(Credentials { user, password }))
        }
        _ => Err(ConnectionStringError::Login),
    }
}

fn trust(ca: Option<PathBuf>, any: bool) -> Result<Trust, ConnectionStringError> {
    match (ca, any) {
        (Some(_), true) => Err(ConnectionStringError::Trust),
        (Some(file), false) => Ok(Trust::Ca(file)),
        (None, true) => Ok(Trust::Any),
        (None, false) => Ok(Trust::WebRoots),
    }
}

/// Words with their values, each word at most once.
///
/// Every value is kept as a secret, since only its word tells whether it is one.
#[derive(Default)]
pub(super) struct KeyValues(Vec<(&'static str, Secret)>);

impl KeyValues {
    pub(super) fn add(&mut self, word: &'static str, value: Secret) -> Result<(), ConnectionStringError> {
        if self.0.iter().any(|(known, _)| *known == word) {
            return Err(ConnectionStringError::Twice(word));
        }
        self.0.push((word, value));
        Ok(())
    }

    /// A word's value, if it was said.
    pub(super) fn get(&self, word: &str) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| *known == word).map(|(_, value)| value)
    }

    /// A word's value, read by what its kind of value is.
    pub(super) fn read<T>(
        &self,
        word: &str,
        read: impl FnOnce(&str) -> Result<T, ConnectionStringError>,
    ) -> Result<Option<T>, ConnectionStringError> {
        self.get(word).map(|value| read(value.expose())).transpose()
    }

    /// The value of a word that is no secret.
    pub(super) fn text(&self, word: &str) -> Option<String> {
        self.get(word).map(|value| value.expose().to_owned())
    }
}

/// How ADO.NET and its relatives say when TLS begins.
pub(super) fn encryption(word: &'static str, value: &str) -> Result<Encryption, ConnectionStringError> {
    match value.to_ascii_lowercase().as_str() {
        "required" | "true" | "mandatory" | "yes" => Ok(Encryption::Required),
        "strict" => Ok(Encryption::Strict),
        "false" | "optional" | "no" => Err(ConnectionStringError::Unencrypted),
        _ => Err(ConnectionStringError::Value { word, wanted: "true or strict" }),
    }
}

/// The name to look for in the certificate.
pub(super) fn host_name(word: &'static str, value: &str) -> Result<String, ConnectionStringError> {
    host(value).map_err(|_| ConnectionStringError::Value { word, wanted: "a host's name" })
}

/// A host in front of a port: colons of its own stand in brackets (RFC 3986, section 3.2.2).
pub(super) fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A host's name or address, with or without brackets.
pub(super) fn host(text: &str) -> Result<String, ConnectionStringError> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = inner.unwrap_or(text).parse::<Ipv6Addr>() {
        return Ok(address.to_string());
    }
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if is_name && text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(ConnectionStringError::Host)
    }
}

pub(super) fn port(text: &str) -> Result<u16, ConnectionStringError> {
    text.parse().ok().filter(|port| *port > 0).ok_or(ConnectionStringError::Port)
}
