//! How every command opens the desk's database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use diesel_mssql::{AccessToken, ConnectOptions, ConnectionString, Login, TokenError, TokenSource, Tokens};

use super::bootstrap::Bootstrap;
use super::resources;
use crate::azure::{Identity, Token, TokenFile};
use crate::clock::Clock;
use crate::config::{DatabaseUrl, Settings};
use crate::db::{AzureSqlOptions, DatabaseOptions, Outbox, SqliteOptions};

/// The application name in the server's list of sessions.
const APPLICATION_NAME: &str = concat!("orders ", env!("CARGO_PKG_VERSION"));

/// How long one statement of a command other than `serve` may take.
const COMMAND_STATEMENT_TIMEOUT: Duration = Duration::from_mins(5);
/// How long such a command retries: longer than a server takes to fail over or to resume.
const COMMAND_RETRY_TIME: Duration = Duration::from_mins(5);

/// Commands change many orders at once, and end after that.
const COMMAND_CACHE_KIB: u32 = 128 * 1024;
/// Those that bring in a file of any size have a desk beside them most often.
const IMPORT_CACHE_KIB: u32 = 30 * 1024;

/// How the desk opens its database: requests wait for it.
pub(super) fn for_serving(bootstrap: &Bootstrap) -> DatabaseOptions {
    let database = &bootstrap.settings().database;
    options(bootstrap, &database.url, database.migrate)
}

/// How a command opens it: it has more time than a request, and brings the schema up to date.
pub(super) fn for_command(bootstrap: &Bootstrap) -> DatabaseOptions {
    for_command_on(bootstrap, &bootstrap.settings().database.url)
}

/// The same for a command that brings in a file of orders.
pub(super) fn for_import(bootstrap: &Bootstrap) -> DatabaseOptions {
    match for_command(bootstrap) {
        DatabaseOptions::Sqlite(options) => {
            DatabaseOptions::Sqlite(SqliteOptions { write_cache_kib: IMPORT_CACHE_KIB, ..options })
        }
        options @ DatabaseOptions::AzureSql(_) => options,
    }
}

/// The same as [`for_command`] for another database than the configured one.
pub(super) fn for_command_on(bootstrap: &Bootstrap, url: &DatabaseUrl) -> DatabaseOptions {
    match options(bootstrap, url, true) {
        DatabaseOptions::AzureSql(mut options) => {
            options.patience = options.patience.max(COMMAND_RETRY_TIME);
            options.server.command_timeout = options.server.command_timeout.max(COMMAND_STATEMENT_TIMEOUT);
            DatabaseOptions::AzureSql(options)
        }
        DatabaseOptions::Sqlite(mut options) => {
            options.write_cache_kib = COMMAND_CACHE_KIB;
            DatabaseOptions::Sqlite(options)
        }
    }
}

fn options(bootstrap: &Bootstrap, url: &DatabaseUrl, migrate: bool) -> DatabaseOptions {
    let settings = bootstrap.settings();
    let database = &settings.database;
    match url {
        DatabaseUrl::Sqlite(path) => DatabaseOptions::Sqlite(sqlite(bootstrap, path, migrate)),
        DatabaseUrl::SqlServer(server) => DatabaseOptions::AzureSql(Box::new(AzureSqlOptions {
            server: sql_server(bootstrap, server),
            connections: database.connections,
            wait: database.wait,
            patience: database.retry,
            keys: bootstrap.keys(),
            migrate,
        })),
    }
}

/// The same for commands that need an SQLite file.
pub(super) fn sqlite_options(bootstrap: &Bootstrap) -> anyhow::Result<SqliteOptions> {
    match &bootstrap.settings().database.url {
        DatabaseUrl::Sqlite(path) => Ok(sqlite(bootstrap, path, false)),
        url @ DatabaseUrl::SqlServer(_) => {
            bail!(
                "{url} is not an SQLite file. A server makes and checks its own backups: see its point-in-time restore"
            )
        }
    }
}

/// Runs work that waits for the database, for a command that ends with it.
pub(super) fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    resources::runtime(1)?.block_on(work)
}

/// The outbox for the configured endpoints.
pub(super) fn outbox(settings: &Settings, clock: Clock) -> Outbox {
    let names = settings.webhooks.urls.iter().map(|url| url.name().to_owned());
    Outbox::new(names.collect(), clock)
}

fn sqlite(bootstrap: &Bootstrap, path: &Path, migrate: bool) -> SqliteOptions {
    let settings = bootstrap.settings();
    SqliteOptions {
        path: path.to_owned(),
        keys: bootstrap.keys(),
        readers: settings.database.readers,
        busy_timeout_ms: settings.database.busy_timeout_ms,
        migrate,
        new_database: false,
        write_cache_kib: SqliteOptions::WRITE_CACHE_KIB,
    }
}

fn sql_server(bootstrap: &Bootstrap, server: &ConnectionString) -> ConnectOptions {
    let settings = bootstrap.settings();
    ConnectOptions {
        connect_timeout: settings.database.connect_timeout,
        command_timeout: settings.database.command_timeout,
        application: APPLICATION_NAME.to_owned(),
        ..server.options(login(bootstrap, server))
    }
}

/// How to log in to a server.
pub(super) fn login(bootstrap: &Bootstrap, server: &ConnectionString) -> Login {
    match (&server.credentials, &bootstrap.settings().database.token_file, &bootstrap.identity) {
        (Some(credentials), ..) => Login::Password(credentials.clone()),
        (None, None, Some(identity)) => {
            let patience = bootstrap.settings().database.connect_timeout;
            Login::Token(Arc::new(Tokens::new(of_identity(
                Arc::clone(identity),
                scope(&server.host),
                patience,
            ))))
        }
        // Where there is no file, there is an identity.
        (None, file, _) => {
            let file = TokenFile::new(file.clone().unwrap_or_default());
            Login::Token(Arc::new(Tokens::new(Box::new(move || {
                let token = file.read();
                // The program that writes the file may be late.
                Box::pin(async { handed(token.map_err(|error| TokenError::Transient(error.to_string()))) })
            }))))
        }
    }
}

fn of_identity(identity: Arc<Identity>, scope: &'static str, patience: Duration) -> TokenSource {
    Box::new(move || {
        let identity = Arc::clone(&identity);
        Box::pin(async move {
            let token = identity.token(scope, patience).await;
            handed(token.map_err(|error| {
                let is_transient = error.is_transient();
                if is_transient {
                    TokenError::Transient(error.to_string())
                } else {
                    TokenError::Permanent(error.to_string())
                }
            }))
        })
    })
}

fn handed(token: Result<Token, TokenError>) -> Result<AccessToken, TokenError> {
    token.map(|token| AccessToken::new(token.text, token.expires))
}

/// What a token is asked for: databases of a cloud, by the end of a server's name.
fn scope(host: &str) -> &'static str {
    let is_of = |end: &str| host.to_ascii_lowercase().ends_with(end);
    if is_of(".database.chinacloudapi.cn") {
        "https://database.chinacloudapi.cn/.default"
    } else if is_of(".database.usgovcloudapi.net") {
        "https://database.usgovcloudapi.net/.default"
    } else {
        "https://database.windows.net/.default"
    }
}
