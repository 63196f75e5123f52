//! `[database]`: where orders are kept, and how the desk reaches them.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::database_url::DatabaseUrl;
use super::values::{file_if_any, seconds};

const SECOND: Duration = Duration::from_secs(1);

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
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
    /// Azure SQL: how long a request waits for a free connection.
    #[serde(rename = "wait_seconds", deserialize_with = "seconds")]
    pub wait: Duration,
    /// Azure SQL: how long a request retries after transient failures.
    #[serde(rename = "retry_seconds", deserialize_with = "seconds")]
    pub retry: Duration,
    /// Azure SQL: the file with the access token, where the URL has no credentials; without it, the desk's identity has one.
    #[serde(deserialize_with = "file_if_any")]
    pub token_file: Option<PathBuf>,
    /// Whether `serve` brings the schema up to date.
    pub migrate: bool,
}

impl DatabaseSettings {
    pub(super) fn check(&self) -> Result<(), &'static str> {
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
