//! Settings: read from all their places once, checked, and typed from there on.
//!
//! `config.toml` at the root is inside the program. Over it come the working directory's `config.toml` (or
//! the file of `--config`) and `ORDERS_…` variables. Imports nothing of the house.

mod database;
mod names;
mod webhooks;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
pub use database::{DatabaseUrl, Encryption, Login, Secret, SqlServer, Trust, UrlError};
use figment::providers::{Env, Format, Toml};
use figment::value::Value;
use figment::{Figment, Metadata, Profile, Source};
use serde::Deserialize;
pub use webhooks::{SigningKeys, SigningKeysError, WebhookUrl, WebhookUrlError, Webhooks};

const EMBEDDED: &str = include_str!("../config.toml");
const FILE: &str = "config.toml";
const PREFIX: &str = "ORDERS_";
const SECOND: Duration = Duration::from_secs(1);

/// All settings; `config.toml` says what each is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Being a server.
    pub server: Server,
    /// Where orders are kept.
    pub database: Database,
    /// Where card keys are kept.
    pub cards: Cards,
    /// The business.
    pub desk: Desk,
    /// Who is told of orders.
    pub webhooks: Webhooks,
    /// What is logged.
    pub log: Log,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port; port 0 takes a free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Names to answer to besides localhost.
    pub hosts: Vec<String>,
    /// Connections at once.
    pub max_connections: usize,
    /// For the head of a request.
    #[serde(rename = "header_timeout_seconds", deserialize_with = "seconds")]
    pub header_timeout: Duration,
    /// For the rest of a request, with its answer.
    #[serde(rename = "request_timeout_seconds", deserialize_with = "seconds")]
    pub request_timeout: Duration,
    /// Of a form.
    pub max_body_bytes: usize,
    /// Serving on while `/readyz` says no.
    #[serde(rename = "drain_seconds", deserialize_with = "seconds")]
    pub drain: Duration,
    /// For open requests, after that.
    #[serde(rename = "shutdown_seconds", deserialize_with = "seconds")]
    pub shutdown: Duration,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The SQLite file, or the database on a server.
    pub url: DatabaseUrl,
    /// SQLite: requests that may read at once.
    pub readers: usize,
    /// SQLite: waiting for another program, in milliseconds.
    pub busy_timeout_ms: u32,
    /// Azure SQL: connections at once.
    pub connections: usize,
    /// Azure SQL: for reaching the server and logging in.
    #[serde(rename = "connect_timeout_seconds", deserialize_with = "seconds")]
    pub connect_timeout: Duration,
    /// Azure SQL: for one command.
    #[serde(rename = "command_timeout_seconds", deserialize_with = "seconds")]
    pub command_timeout: Duration,
    /// Azure SQL: a request's patience for a free connection.
    #[serde(rename = "wait_seconds", deserialize_with = "seconds")]
    pub wait: Duration,
    /// Azure SQL: a request's patience with what fails for a passing reason.
    #[serde(rename = "retry_seconds", deserialize_with = "seconds")]
    pub retry: Duration,
    /// Azure SQL: the file with the access token, for [`Login::Token`].
    #[serde(deserialize_with = "file_if_any")]
    pub token_file: Option<PathBuf>,
    /// Whether `serve` brings the schema up to date.
    pub migrate: bool,
}

/// `[cards]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cards {
    key_file: PathBuf,
}

/// `[desk]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Of all dates of orders.
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: Tz,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// The least that is logged.
    pub level: LogLevel,
    /// Whether each request is.
    pub requests: bool,
}

/// `log.format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `log.level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Why the settings cannot be used; names the setting and where it came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by `--config` is not there.
    #[error("there is no settings file {0}. Name one that is, or leave --config out")]
    NoFile(PathBuf),
    /// Nobody knows this name.
    #[error("{place} sets {name}, which is no setting.{}", nearest.as_ref().map(|n| format!(" Did you mean {n}?")).unwrap_or_default())]
    Unknown {
        /// File or variable.
        place: String,
        /// What it sets.
        name: String,
        /// The most similar setting.
        nearest: Option<String>,
    },
    /// A section that is in no profile.
    #[error("{place} has a section [{section}]. Settings stand in a profile: write [default.{section}]")]
    NoProfile {
        /// The file.
        place: String,
        /// The section.
        section: String,
    },
    /// Nobody knows this profile.
    #[error(
        "there is no profile {name}. Did you mean {nearest}? ORDERS_PROFILE picks one of the profiles in config.toml"
    )]
    UnknownProfile {
        /// The one asked for.
        name: String,
        /// The most similar one.
        nearest: String,
    },
    /// A value that cannot be used.
    #[error("{0}")]
    Value(String),
}

/// Settings and where each came from.
pub struct Config {
    /// The settings.
    pub settings: Settings,
    /// The profile in force.
    pub profile: String,
    figment: Figment,
}

/// A line of `orders config`.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Such as `server.listen`.
    pub name: String,
    /// As it would be written in the file.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

impl Config {
    /// Reads the settings of the profile that `ORDERS_PROFILE` names.
    ///
    /// `file` is read instead of the working directory's `config.toml`, and must then be there.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let profile = Env::var("ORDERS_PROFILE").unwrap_or_else(|| "dev".to_owned());
        let file = match file {
            Some(file) if !file.is_file() => return Err(ConfigError::NoFile(file.to_owned())),
            Some(file) => file.to_owned(),
            None => PathBuf::from(FILE),
        };
        let built_in = Figment::from(Toml::string(EMBEDDED).nested());
        let from_file = Figment::from(Toml::file_exact(&file).nested());
        let from_file = if file.is_file() { from_file } else { Figment::new() };
        let known = names::of_profile(&built_in, &Profile::Default)?;
        names::check_file(&from_file, &known, &file.display().to_string())?;
        names::check_profile(&profile, &[&built_in, &from_file])?;
        names::check_variables(&known)?;

        let variables = Env::prefixed(PREFIX).filter_map(|name| {
            // Settings have sections; ORDERS_PROFILE and what others put there do not.
            name.as_str().contains("__").then(|| name.into())
        });
        let figment =
            built_in.merge(from_file).merge(variables.split("__").global()).select(Profile::new(&profile));
        let settings: Settings = figment.extract().map_err(|error| ConfigError::Value(in_words(&error)))?;
        settings.check(&profile)?;
        Ok(Self { settings, profile, figment })
    }

    /// Every setting with its value and source; secrets are masked.
    pub fn list(&self) -> Result<Vec<Setting>, ConfigError> {
        names::of_profile(&self.figment, self.figment.profile())?
            .into_iter()
            .map(|name| {
                let value =
                    self.figment.find_value(&name).map_err(|error| ConfigError::Value(in_words(&error)))?;
                Ok(Setting {
                    value: shown(&name, &value)?,
                    source: source_of(self.figment.get_metadata(value.tag()), &name),
                    name,
                })
            })
            .collect()
    }
}

impl Settings {
    /// The file with the card keys.
    pub fn key_file(&self) -> PathBuf {
        match &self.database.url {
            DatabaseUrl::Sqlite(path) if self.cards.is_unnamed() => path.with_extension("keys"),
            _ => self.cards.key_file.clone(),
        }
    }

    fn check(&self, profile: &str) -> Result<(), ConfigError> {
        self.server
            .check()
            .and_then(|()| self.database.check())
            .and_then(|()| self.webhooks.check())
            .and_then(|()| match &self.database.url {
                DatabaseUrl::Sqlite(path) => self.check_file(path),
                DatabaseUrl::SqlServer(server) => self.check_server(server, profile),
            })
            .map_err(|sentence| ConfigError::Value(sentence.to_owned()))
    }

    fn check_file(&self, database: &Path) -> Result<(), &'static str> {
        if self.key_file() == database {
            return Err(
                "cards.key_file and database.url name the same file: keys belong in a file of their own",
            );
        }
        Ok(())
    }

    fn check_server(&self, server: &SqlServer, profile: &str) -> Result<(), &'static str> {
        if self.cards.is_unnamed() {
            return Err("cards.key_file must name the key file where database.url is not an SQLite file");
        }
        if server.trust == Trust::Any && profile.eq_ignore_ascii_case("prod") {
            return Err(
                "database.url trusts any certificate, which the profile prod does not allow. Name the file of the server's authority instead: ca=FILE in a URL, ServerCertificate=FILE in a connection string",
            );
        }
        match (&server.login, &self.database.token_file) {
            (Login::Token, None) => Err(
                "database.url says nothing to log in with: give a user and password, or set database.token_file",
            ),
            (Login::Password { .. }, Some(_)) => Err(
                "database.url has a user and password, and database.token_file is another login: keep one of them",
            ),
            _ => Ok(()),
        }
    }
}

impl Server {
    fn check(&self) -> Result<(), &'static str> {
        if self.max_connections == 0 {
            return Err("server.max_connections must be 1 or more");
        }
        if !(1024..=16 * 1024 * 1024).contains(&self.max_body_bytes) {
            return Err("server.max_body_bytes must be from 1024 to 16777216");
        }
        Ok(())
    }
}

impl Database {
    fn check(&self) -> Result<(), &'static str> {
        if !(1..=64).contains(&self.readers) {
            return Err("database.readers must be from 1 to 64");
        }
        if !(1..=200).contains(&self.connections) {
            return Err("database.connections must be from 1 to 200");
        }
        if self.connect_timeout < SECOND {
            return Err("database.connect_timeout_seconds must be 1 or more");
        }
        if self.command_timeout < SECOND {
            return Err("database.command_timeout_seconds must be 1 or more");
        }
        Ok(())
    }
}

impl Cards {
    fn is_unnamed(&self) -> bool {
        self.key_file.as_os_str().is_empty()
    }
}

/// A value as the file writes it, without a password.
fn shown(name: &str, value: &Value) -> Result<String, ConfigError> {
    match value.as_str() {
        Some(text) if name == "database.url" => {
            let masked = database::masked(text)
                .map_err(|error| ConfigError::Value(format!("setting {name} {error}")))?;
            Ok(format!("{masked:?}"))
        }
        _ => Ok(webhooks::masked(name, &texts_of(value)).unwrap_or_else(|| names::shown(value))),
    }
}

/// The texts of a text or a list.
fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(_, values) => values.iter().filter_map(Value::as_str).collect(),
        _ => value.as_str().into_iter().collect(),
    }
}

fn source_of(metadata: Option<&Metadata>, name: &str) -> String {
    match metadata {
        Some(Metadata { source: Some(Source::File(path)), .. }) => path.display().to_string(),
        Some(metadata) if metadata.name.contains("environment") => names::variable(name),
        _ => "built in".to_owned(),
    }
}

/// The setting, the mistake and the place, in a sentence.
fn in_words(error: &figment::Error) -> String {
    let name = error.path.join(".");
    let place = source_of(error.metadata.as_ref(), &name);
    let mistake = match &error.kind {
        figment::error::Kind::InvalidType(found, expected) => format!("must be {expected}, and is {found}"),
        figment::error::Kind::Message(message) => message.clone(),
        kind => kind.to_string(),
    };
    if name.is_empty() { mistake } else { format!("setting {name} {mistake} (set in {place})") }
}

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if (0.0..=3600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(serde::de::Error::custom("must be from 0 to 3600 seconds"))
    }
}

fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("must be an address and port, like 127.0.0.1:5000, and is {text:?}"))
    })
}

fn file_if_any<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let file = PathBuf::deserialize(deserializer)?;
    Ok((!file.as_os_str().is_empty()).then_some(file))
}

fn time_zone<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(|_| {
        let nearest = names::nearest(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = nearest.map(|zone| format!("; did you mean {zone}?")).unwrap_or_default();
        serde::de::Error::custom(format!(
            "must be an IANA time zone, like Europe/Berlin, and is {name:?}{hint}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "mssql://desk:hunter2@sql.example.com/orders";

    /// The built-in settings with some of `[default]` changed.
    fn settings(changes: &[(&str, &str)]) -> Settings {
        let mut figment = Figment::from(Toml::string(EMBEDDED).nested());
        for (name, value) in changes {
            figment = figment.merge((*name, *value));
        }
        figment.extract().unwrap()
    }

    fn refusal(changes: &[(&str, &str)], profile: &str) -> String {
        settings(changes).check(profile).unwrap_err().to_string()
    }

    #[test]
    fn what_is_built_in_is_allowed() {
        settings(&[]).check("dev").unwrap();
        assert_eq!(settings(&[]).key_file(), Path::new("orders.keys"));
    }

    #[test]
    fn debug_shows_no_password() {
        for url in [SERVER, "Server=sql.example.com;Database=orders;User ID=desk;Password={hunter2}"] {
            let shown = format!("{:?}", settings(&[("database.url", url)]));
            assert!(shown.contains("sql.example.com") && shown.contains("•••"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_server_wants_a_key_file_that_is_named() {
        assert!(
            refusal(&[("database.url", SERVER)], "dev").starts_with("cards.key_file must name the key file")
        );
        let named = settings(&[("database.url", SERVER), ("cards.key_file", "desk.keys")]);
        named.check("prod").unwrap();
        assert_eq!(named.key_file(), Path::new("desk.keys"));
    }

    #[test]
    fn a_server_has_one_login() {
        let keys = ("cards.key_file", "desk.keys");
        let token_file = ("database.token_file", "token");
        let without_user = ("database.url", "mssql://sql.example.com/orders");
        assert!(refusal(&[keys, without_user], "dev").ends_with("or set database.token_file"));
        settings(&[keys, without_user, token_file]).check("prod").unwrap();
        assert!(refusal(&[keys, ("database.url", SERVER), token_file], "dev").ends_with("keep one of them"));
        settings(&[token_file]).check("dev").unwrap();
    }

    #[test]
    fn webhooks_want_a_key() {
        let url = ("webhooks.urls", "https://hooks.example.com/orders");
        let key = ("webhooks.signing_key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(refusal(&[url], "dev").starts_with("webhooks.urls is set, but webhooks.signing_key is not"));
        settings(&[key]).check("dev").unwrap();
        settings(&[url, key]).check("prod").unwrap();
        assert_eq!(settings(&[url, key]).webhooks.urls.len(), 1);
        let twice = ("webhooks.urls", "https://a.example/?one https://a.example/?two");
        assert!(refusal(&[twice, key], "dev").contains("has a URL twice"));
        let many = (1..12).map(|n| format!("https://a.example/{n}")).collect::<Vec<_>>().join(" ");
        assert!(refusal(&[("webhooks.urls", &many), key], "dev").contains("10 URLs at most"));
    }

    #[test]
    fn production_trusts_not_just_any_certificate() {
        let url = format!("{SERVER}?trust=any");
        let changes = [("database.url", url.as_str()), ("cards.key_file", "desk.keys")];
        settings(&changes).check("dev").unwrap();
        assert!(refusal(&changes, "prod").contains("which the profile prod does not allow"));
        assert!(refusal(&changes, "Prod").contains("which the profile prod does not allow"));
    }
}
