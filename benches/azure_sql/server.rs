//! The server that is measured: a database of the benchmark's own on it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use diesel_mssql::{ConnectOptions, ConnectionString, Credentials, Login, Trust};
use orders::clock::Clock;
use orders::config::DatabaseUrl;
use orders::db::{AzureSqlOptions, DatabaseOptions, Db, InsertOrder, KeySource};
use orders::order::SystemTask;
use orders::transfer::Demo;
use tempfile::TempDir;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

const BATCH: usize = 10_000;

pub struct Server {
    url: ConnectionString,
    pub database: String,
    connections: usize,
    keys: TempDir,
}

impl Server {
    /// Makes a database that nobody else uses.
    pub async fn with_database(url: &str, connections: usize) -> Result<Self> {
        let DatabaseUrl::SqlServer(url) = DatabaseUrl::parse(url)? else {
            bail!("ORDERS_TEST_MSSQL_URL names no server");
        };
        let database = format!("orders_bench_{}", std::process::id());
        let server = Self { url, database, connections, keys: tempfile::tempdir()? };
        server.run(&format!("CREATE DATABASE {}", server.database)).await?;
        Ok(server)
    }

    pub async fn drop_database(&self) -> Result<()> {
        self.run(&format!("DROP DATABASE {}", self.database)).await
    }

    async fn run(&self, sql: &str) -> Result<()> {
        self.client(&self.url.database).await?.simple_query(sql).await?.into_results().await?;
        Ok(())
    }

    /// The desk's own way to the database.
    pub async fn open(&self) -> Result<Db> {
        let options = AzureSqlOptions {
            server: ConnectOptions {
                database: self.database.clone(),
                application: "orders bench".to_owned(),
                ..self.url.options(Login::Password(self.credentials()?.clone()))
            },
            connections: self.connections,
            wait: Duration::from_secs(5),
            patience: Duration::from_secs(8),
            keys: KeySource::File(self.keys.path().join("orders.keys")),
            migrate: true,
        };
        Ok(DatabaseOptions::AzureSql(Box::new(options)).open().await?)
    }

    /// The driver's own way, as its documentation shows it.
    pub async fn client(&self, database: &str) -> Result<Client<Compat<TcpStream>>> {
        let Credentials { user, password } = self.credentials()?;
        let mut config = Config::new();
        config.host(&self.url.host);
        config.port(self.url.port);
        config.database(database);
        config.authentication(AuthMethod::sql_server(user, password.expose()));
        config.encryption(EncryptionLevel::Required);
        match &self.url.trust {
            Trust::WebRoots => config.trust_webpki_roots(),
            Trust::Ca(file) => config.trust_cert_ca(file.display()),
            Trust::Any => config.trust_cert(),
        }
        let stream = TcpStream::connect((self.url.host.as_str(), self.url.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Box::pin(Client::connect(config, stream.compat_write())).await?)
    }

    fn credentials(&self) -> Result<&Credentials> {
        self.url.credentials.as_ref().context("ORDERS_TEST_MSSQL_URL names no user")
    }
}

/// Fills the database with demo orders; how long that took.
pub async fn seed(db: &Db, rows: u64) -> Result<Duration> {
    let began = Instant::now();
    let clock = Clock::new(chrono_tz::UTC);
    let at = clock.utc();
    let mut orders = Demo::new(rows, 1, false, clock.local()).map(|made| made.order);
    loop {
        let batch: Vec<InsertOrder> = orders
            .by_ref()
            .take(BATCH)
            .map(|order| InsertOrder::by_system(SystemTask::Seed, order, at))
            .collect();
        if batch.is_empty() {
            return Ok(began.elapsed());
        }
        db.insert_orders(&batch).await.context("cannot seed")?;
    }
}
