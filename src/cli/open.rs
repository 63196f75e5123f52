//! How every command opens the desk's database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::azure::TokenFile;
use crate::config::{self, DatabaseUrl, Settings, SqlServer};
use crate::db::mssql::{AccessToken, Login, MssqlOptions, TokenError, Tokens, Trust};
use crate::db::{AzureSqlOptions, KeySource, Options, SqliteOptions};

/// What the server's list of sessions shows.
const APPLICATION: &str = concat!("orders ", env!("CARGO_PKG_VERSION"));

/// How long one statement of a command that ends by itself may take.
const LONG_COMMAND: Duration = Duration::from_mins(5);
/// How long such a command goes on trying: longer than a server takes to move or to wake.
const PATIENCE: Duration = Duration::from_mins(5);

/// How the desk opens its database: requests wait for it.
pub(super) fn for_serving(settings: &Settings) -> Options {
    options(settings, settings.database.migrate)
}

/// How a command opens it that ends by itself, and has time; the schema is brought up to date.
pub(super) fn for_command(settings: &Settings) -> Options {
    match options(settings, true) {
        Options::AzureSql(mut options) => {
            options.patience = options.patience.max(PATIENCE);
            options.server.command_timeout = options.server.command_timeout.max(LONG_COMMAND);
            Options::AzureSql(options)
        }
        options @ Options::Sqlite(_) => options,
    }
}

fn options(settings: &Settings, migrate: bool) -> Options {
    let database = &settings.database;
    match &database.url {
        DatabaseUrl::Sqlite(path) => Options::Sqlite(sqlite(settings, path, migrate)),
        DatabaseUrl::SqlServer(server) => Options::AzureSql(Box::new(AzureSqlOptions {
            server: sql_server(settings, server),
            connections: database.connections,
            wait: database.wait,
            patience: database.retry,
            keys: keys(settings),
            migrate,
        })),
    }
}

/// The same for what only a file can have done to it.
pub(super) fn sqlite_options(settings: &Settings) -> anyhow::Result<SqliteOptions> {
    match &settings.database.url {
        DatabaseUrl::Sqlite(path) => Ok(sqlite(settings, path, false)),
        DatabaseUrl::SqlServer(_) => bail!(
            "{} is not an SQLite file. A server makes its own backups: see its point-in-time restore",
            settings.database.url
        ),
    }
}

/// Runs work that waits for the database, for a command that ends with it.
pub(super) fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start threads")?
        .block_on(work)
}

/// Where the card keys are.
pub(super) fn keys(settings: &Settings) -> KeySource {
    KeySource::File(settings.key_file())
}

fn sqlite(settings: &Settings, path: &Path, migrate: bool) -> SqliteOptions {
    SqliteOptions {
        path: path.to_owned(),
        keys: keys(settings),
        readers: settings.database.readers,
        busy_timeout_ms: settings.database.busy_timeout_ms,
        migrate,
    }
}

fn sql_server(settings: &Settings, server: &SqlServer) -> MssqlOptions {
    MssqlOptions {
        host: server.host.clone(),
        port: server.port,
        database: server.database.clone(),
        login: login(settings, server),
        encryption: server.encryption.into(),
        trust: Trust::from(&server.trust),
        host_in_certificate: server.host_in_certificate.clone(),
        connect_timeout: settings.database.connect_timeout,
        command_timeout: settings.database.command_timeout,
        application: APPLICATION.to_owned(),
    }
}

fn login(settings: &Settings, server: &SqlServer) -> Login {
    match &server.login {
        config::Login::Password { user, password } => Login::password(user, password.expose()),
        config::Login::Token => {
            // Settings without a token file were refused.
            let file = TokenFile::new(settings.database.token_file.clone().unwrap_or_default());
            Login::Token(Arc::new(Tokens::new(Box::new(move || {
                let token = file.read();
                Box::pin(async {
                    let token = token.map_err(|error| TokenError(error.to_string()))?;
                    Ok(AccessToken::new(token.text, token.expires))
                })
            }))))
        }
    }
}
