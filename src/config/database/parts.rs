//! What both forms say of a server, word by word and then as a whole.

use std::path::PathBuf;

use super::{Encryption, Login, PORT, Secret, SqlServer, Trust, UrlError, host};

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
    pub(super) fn into_server(self) -> Result<SqlServer, UrlError> {
        Ok(SqlServer {
            host: self.host.ok_or(UrlError::Host)?,
            port: self.port.unwrap_or(PORT),
            database: self.database.filter(|name| !name.is_empty()).ok_or(UrlError::Database)?,
            login: login(self.user, self.password)?,
            encryption: self.encryption,
            trust: trust(self.ca, self.trusts_any)?,
            host_in_certificate: self.host_in_certificate,
        })
    }
}

fn login(user: Option<String>, password: Option<Secret>) -> Result<Login, UrlError> {
    match (user, password) {
        (None, None) => Ok(Login::Token),
        (Some(user), Some(password)) if !user.is_empty() && !password.expose().is_empty() => {
            Ok(Login::Password { user, password })
        }
        _ => Err(UrlError::Login),
    }
}

fn trust(ca: Option<PathBuf>, any: bool) -> Result<Trust, UrlError> {
    match (ca, any) {
        (Some(_), true) => Err(UrlError::Trust),
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
    pub(super) fn add(&mut self, word: &'static str, value: Secret) -> Result<(), UrlError> {
        if self.0.iter().any(|(known, _)| *known == word) {
            return Err(UrlError::Twice(word));
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
        read: impl FnOnce(&str) -> Result<T, UrlError>,
    ) -> Result<Option<T>, UrlError> {
        self.get(word).map(|value| read(value.expose())).transpose()
    }

    /// The value of a word that is no secret.
    pub(super) fn text(&self, word: &str) -> Option<String> {
        self.get(word).map(|value| value.expose().to_owned())
    }
}

/// How ADO.NET and its relatives say when TLS begins.
pub(super) fn encryption(word: &'static str, value: &str) -> Result<Encryption, UrlError> {
    match value.to_ascii_lowercase().as_str() {
        "required" | "true" | "mandatory" | "yes" => Ok(Encryption::Required),
        "strict" => Ok(Encryption::Strict),
        "false" | "optional" | "no" => Err(UrlError::Unencrypted),
        _ => Err(UrlError::Value { word, wanted: "true or strict" }),
    }
}

/// The name to look for in the certificate.
pub(super) fn host_name(word: &'static str, value: &str) -> Result<String, UrlError> {
    host(value).map_err(|_| UrlError::Value { word, wanted: "a host's name" })
}
