//! The server that is measured: a database of the benchmark's own on it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use orders::clock::Clock;
use orders::config::{self, DatabaseUrl};
use orders::db::mssql::{MssqlLogin, MssqlOptions, MssqlTrust};
use orders::db::{AzureSqlOptions, DatabaseOptions, Db, InsertOrder, KeySource};
use orders::order::{Actor, SystemTask};
use orders::transfer::Demo;
use tempfile::TempDir;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

const BATCH: usize = 10_000;

pub struct Server {
    url: config::SqlServer,
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
        let (user, password) = self.login()?;
        let options = AzureSqlOptions {
            server: MssqlOptions {
                host: self.url.host.clone(),
                port: self.url.port,
                database: self.database.clone(),
                login: MssqlLogin::password(user, password),
                encryption: self.url.encryption.into(),
                trust: MssqlTrust::from(&self.url.trust),
                host_in_certificate: self.url.host_in_certificate.clone(),
                connect_timeout: Duration::from_secs(15),
                command_timeout: Duration::from_secs(30),
                application: "orders bench".to_owned(),
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
        let (user, password) = self.login()?;
        let mut config = Config::new();
        config.host(&self.url.host);
        config.port(self.url.port);
        config.database(database);
        config.authentication(AuthMethod::sql_server(user, password));
        config.encryption(EncryptionLevel::Required);
        match &self.url.trust {
            config::Trust::WebRoots => config.trust_webpki_roots(),
            config::Trust::Ca(file) => config.trust_cert_ca(file.display()),
            config::Trust::Any => config.trust_cert(),
        }
        let stream = TcpStream::connect((self.url.host.as_str(), self.url.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Box::pin(Client::connect(config, stream.compat_write())).await?)
    }

    fn login(&self) -> Result<(&str, &str)> {
        match &self.url.login {
            config::Login::Password { user, password } => Ok((user, password.expose())),
            config::Login::Token => bail!("ORDERS_TEST_MSSQL_URL names no user"),
        }
    }
}

/// Fills the database with demo orders; how long that took.
pub async fn seed(db: &Db, rows: u64) -> Result<Duration> {
    let began = Instant::now();
    let at = Clock::new(chrono_tz::UTC).utc();
    let mut orders = Demo::new(rows, 1, false);
    loop {
        let batch: Vec<InsertOrder> = orders
            .by_ref()
            .take(BATCH)
            .map(|order| InsertOrder { order, by: Actor::System(SystemTask::Seed), at, submission: None })
            .collect();
        if batch.is_empty() {
            return Ok(began.elapsed());
        }
        db.insert_orders(&batch).await.context("cannot seed")?;
    }
}
