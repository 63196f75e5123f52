//! Bringing the schema of a database on a server up to date, or refusing one that does not fit.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;
use diesel_mssql::{SqlMigration, applied_migrations, has_table, run_migrations};

use super::super::Conn;
use super::super::queries::flask;
use super::AzureSqlOptions;
use crate::db::FlaskTable;
use crate::db::migrations::{Plan, is_compatible, sql_server};
use crate::db::open_error::OpenError;

impl AzureSqlOptions {
    /// How the schema differs from this program's.
    pub async fn plan(&self) -> Result<Plan, OpenError> {
        self.plan_with(&mut self.connect().await?).await
    }

    /// Brings the schema up to date and returns how it differed.
    pub async fn migrate(&self) -> Result<Plan, OpenError> {
        self.migrate_with(&mut self.connect().await?).await
    }

    /// Migrations that a concurrent program has run are left out.
    pub(super) async fn migrate_with(&self, conn: &mut Conn) -> Result<Plan, OpenError> {
        let plan = self.plan_with(conn).await?;
        if plan.pending.is_empty() {
            return Ok(plan);
        }
        let done = with_migrations(async |all| run_migrations(conn, all).await).await;
        Ok(Plan { pending: done.map_err(|error| self.failed(&error.into()))?, ..plan })
    }

    /// The plan by reading alone; an error if the schema is another program's, or too new for this one.
    pub(in crate::db::azure_sql) async fn plan_with(&self, conn: &mut Conn) -> Result<Plan, OpenError> {
        let failed = |error: diesel::result::Error| self.failed(&error.into());
        let applied = applied_migrations(conn).await.map_err(failed)?;
        if applied.is_empty() && has_table(conn, "orders").await.map_err(failed)? {
            return Err(self.foreign(conn).await);
        }
        let known: Vec<String> = sql_server().into_iter().map(|(name, _)| name).collect();
        let plan = Plan::new(&known, &applied);
        if let Some(migration) = plan.unknown.last()
            && !is_compatible(&known, works_with(conn).await.map_err(failed)?)
        {
            return Err(OpenError::Newer { database: self.name(), migration: migration.clone() });
        }
        Ok(plan)
    }

    /// What to call a database that has a table `orders`, and not this program's.
    async fn foreign(&self, conn: &mut Conn) -> OpenError {
        let database = self.name();
        match flask::find_flask(conn).await {
            Ok(Some(FlaskTable { is_begun: false, rows, .. })) => OpenError::Flask { database, rows },
            Ok(_) => OpenError::Foreign { database },
            Err(error) => self.failed(&error.into()),
        }
    }
}

/// Since which migration programs may work with the schema; none where it does not say.
async fn works_with(conn: &mut Conn) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Said {
        #[diesel(sql_type = Nullable<BigInt>)]
        works_with: Option<i64>,
    }
    if !has_table(conn, "schema_compatibility").await? {
        return Ok(None);
    }
    let said: Said = diesel::sql_query("SELECT MAX(works_with) AS works_with FROM schema_compatibility")
        .get_result(conn)
        .await?;
    Ok(said.works_with)
}

/// Does something with all migrations.
pub(super) async fn with_migrations<T>(work: impl AsyncFnOnce(&[SqlMigration<'_>]) -> T) -> T {
    let all = sql_server();
    let all: Vec<SqlMigration<'_>> = all.iter().map(|(name, sql)| SqlMigration { name, sql }).collect();
    work(&all).await
}
