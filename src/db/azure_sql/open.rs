//! Opening a database on a server.

mod relocation;
mod schema;

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, TransactionManager};
use diesel_mssql::{
    ConnectOptions, MssqlTransactions, Pool, has_table, lock_migrations, run_in_transaction,
    wait_before_retry,
};

use super::queries::flask;
use super::{AzureSql, Conn, flask_sql};
use crate::db::Store;
use crate::db::flask::AFTER;
use crate::db::keys::KeySource;
use crate::db::open_error::OpenError;
use crate::db::{Db, FlaskTable};
use schema::with_migrations;

/// How long opening retries: a paused serverless database takes about a minute to resume.
const OPEN_RETRY_TIME: Duration = Duration::from_mins(1);
/// How long one statement of a migration may take.
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(10);

/// How to open a database on a server.
#[derive(Debug, Clone)]
pub struct AzureSqlOptions {
    /// Where it is, and as whom.
    pub server: ConnectOptions,
    /// Connections at once.
    pub connections: usize,
    /// How long a request waits for one.
    pub wait: Duration,
    /// How long a request, or a batch of a command, is retried after transient failures.
    pub patience: Duration,
    /// Where the card keys are.
    pub keys: KeySource,
    /// Whether to bring the schema up to date, instead of refusing one that is behind.
    pub migrate: bool,
}

impl AzureSqlOptions {
    /// Opens the database, migrated where that is allowed, with the keys of its cards.
    pub async fn open(&self) -> Result<Db, OpenError> {
        self.keyring(&self.name()).read()?;
        let mut conn = self.connect().await?;
        self.check_isolation(&mut conn).await?;
        let plan = self.plan_with(&mut conn).await?;
        if !plan.pending.is_empty() && !self.migrate {
            return Err(OpenError::Behind { database: self.name(), count: plan.pending.len() });
        }
        plan.remark(&self.name());
        // Before anything is changed.
        self.check_arrival(&mut conn, &plan.pending).await?;
        self.check_keys(&mut conn, &plan.pending).await?;
        self.migrate_with(&mut conn).await?;
        let keys = self.fit_keys(&mut conn).await?;
        let store = AzureSql::new(Pool::new(self.server.clone(), self.connections, self.wait), self.patience);
        if let Err(error) = store.warm_up().await {
            // Requests retry, and report their own failures.
            tracing::warn!(%error, "no connection was opened in advance");
        }
        Ok(Db::new(Store::SqlServer(store), self.name(), keys))
    }

    /// The Flask application's table of orders, before its adoption or since.
    pub async fn find_flask(&self) -> Result<FlaskTable, OpenError> {
        self.find_flask_with(&mut self.connect().await?).await
    }

    /// Begins the adoption of the Flask application's orders, in one transaction, and returns their table.
    ///
    /// One program at a time does so; a second one finds it done. Where something fails, the connection is
    /// closed with its transaction open: nothing was done.
    pub async fn adopt(&self) -> Result<FlaskTable, OpenError> {
        self.keyring(&self.name()).check_source()?;
        let failed = |error: diesel::result::Error| self.failed(&error.into());
        let mut conn = self.connect().await?;
        self.check_isolation(&mut conn).await?;
        MssqlTransactions::begin_transaction(&mut conn).await.map_err(failed)?;
        lock_migrations(&mut conn).await.map_err(failed)?;
        let mut table = self.find_flask_with(&mut conn).await?;
        if !table.is_begun {
            if has_table(&mut conn, AFTER).await.map_err(failed)? {
                return Err(OpenError::FlaskTwice { database: self.name() });
            }
            flask_sql::rename_flask(&mut conn).await.map_err(failed)?;
            table.is_begun = true;
        }
        self.plan_with(&mut conn).await?;
        with_migrations(async |all| run_in_transaction(&mut conn, all).await).await.map_err(failed)?;
        MssqlTransactions::commit_transaction(&mut conn).await.map_err(failed)?;
        Ok(table)
    }

    /// The database, as people call it.
    pub(in crate::db) fn name(&self) -> String {
        format!("{} on {}", self.server.database, self.server.host)
    }

    /// A connection for opening and migrating, with time for long statements.
    pub(super) async fn connect(&self) -> Result<Conn, OpenError> {
        let server = ConnectOptions { command_timeout: MIGRATION_TIMEOUT, ..self.server.clone() };
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let error = match server.connect().await {
                Ok(conn) => return Ok(conn),
                Err(error) => error,
            };
            let left = OPEN_RETRY_TIME.saturating_sub(began.elapsed());
            let Some(wait) = wait_before_retry(error.retry_class(), attempt, left, fastrand::f64()) else {
                return Err(OpenError::connecting(&self.name(), &error));
            };
            tracing::warn!(%error, attempt, wait_ms = wait.as_millis(), "trying again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Pages of several queries need to see one state of the database.
    async fn check_isolation(&self, conn: &mut Conn) -> Result<(), OpenError> {
        #[derive(QueryableByName)]
        struct Isolation {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            snapshots: i32,
        }
        let found: Isolation = diesel::sql_query(
            "SELECT CAST(snapshot_isolation_state AS INT) AS snapshots FROM sys.databases WHERE database_id = DB_ID()",
        )
        .get_result(conn)
        .await
        .map_err(|error| self.failed(&error.into()))?;
        if found.snapshots == 1 {
            return Ok(());
        }
        Err(OpenError::Refused {
            database: self.name(),
            cause: "its transactions cannot read snapshots".to_owned(),
            remedy: "Have its owner run ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON (on Azure SQL it is on)",
        })
    }

    async fn find_flask_with(&self, conn: &mut Conn) -> Result<FlaskTable, OpenError> {
        flask::find_flask(conn)
            .await
            .map_err(|error| self.failed(&error.into()))?
            .ok_or_else(|| OpenError::NoFlask { database: self.name() })
    }
}
