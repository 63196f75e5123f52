//! Bringing a database's schema up to date, or refusing one that does not fit.

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::{Access, SqliteOptions};
use crate::db::FlaskTable;
use crate::db::migrations::{Plan, SQLITE, is_compatible};
use crate::db::open_error::OpenError;
use crate::db::sqlite::queries::flask;
use crate::db::sqlite::{Conn, DB};

impl SqliteOptions {
    /// How the schema differs from this program's; a database that is not there lacks all of it.
    pub fn plan(&self) -> Result<Plan, OpenError> {
        if self.is_there() {
            self.check_log()?;
            return self.plan_with(&mut self.establish(&self.path)?);
        }
        Ok(Plan::new(&self.known()?, &[]))
    }

    /// Brings the schema up to date and returns how it differed.
    pub fn migrate(&self) -> Result<Plan, OpenError> {
        self.check_lost()?;
        if self.is_there() {
            self.plan()?;
        }
        let mut conn = self.connect(Access::Write)?;
        self.migrate_with(&mut conn)
    }

    /// Brings the schema up to date, in one transaction, so that programs that start together do not meet
    /// half of it.
    pub(super) fn migrate_with(&self, conn: &mut Conn) -> Result<Plan, OpenError> {
        let plan = self.plan_with(conn)?;
        if !plan.pending.is_empty() {
            self.in_transaction(conn, |conn| self.run_migrations(conn))?;
        }
        Ok(plan)
    }

    /// Those that a concurrent program has run are left out.
    pub(super) fn run_migrations(&self, conn: &mut Conn) -> Result<(), OpenError> {
        let run = |conn: &mut SqliteConnection| {
            Ok(conn.run_pending_migrations(SQLITE).map(drop).map_err(|cause| cause.to_string()))
        };
        self.ask(conn.spawn_blocking(run))?.map_err(|cause| self.sqlite_error(&cause))
    }

    /// The plan by reading alone; an error if the schema is another program's, or too new for this one.
    pub(in crate::db::sqlite) fn plan_with(&self, conn: &mut Conn) -> Result<Plan, OpenError> {
        let known = self.known()?;
        let applied = match self.ask(conn.spawn_blocking(applied_migrations))? {
            SchemaOwner::Nothing => Vec::new(),
            SchemaOwner::Foreign => return Err(self.foreign(conn)),
            SchemaOwner::Versions(applied) => applied,
        };
        let plan = Plan::new(&known, &applied);
        if let Some(migration) = plan.unknown.last()
            && !is_compatible(&known, self.ask(conn.spawn_blocking(works_with))?)
        {
            return Err(OpenError::Newer { database: self.name(), migration: migration.clone() });
        }
        Ok(plan)
    }

    /// The names of this program's migrations, oldest first.
    fn known(&self) -> Result<Vec<String>, OpenError> {
        let all = MigrationSource::<DB>::migrations(&SQLITE);
        let all = all.map_err(|error| self.sqlite_error(&error.to_string()))?;
        let mut names: Vec<String> = all.iter().map(|one| one.name().to_string()).collect();
        names.sort_unstable();
        Ok(names)
    }
}

impl SqliteOptions {
    /// What to call a database that has none of this program's tables.
    fn foreign(&self, conn: &mut Conn) -> OpenError {
        let database = self.name();
        match self.ask(flask::find_flask(conn)) {
            Ok(Some(FlaskTable { is_begun: false, rows, .. })) => OpenError::Flask { database, rows },
            Ok(_) => OpenError::Foreign { database },
            Err(error) => error,
        }
    }
}

/// Since which migration programs may work with the schema; none where it does not say.
fn works_with(conn: &mut SqliteConnection) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Said {
        #[diesel(sql_type = Nullable<BigInt>)]
        works_with: Option<i64>,
    }
    if !tables(conn)?.iter().any(|name| name == "schema_compatibility") {
        return Ok(None);
    }
    let said: Said = diesel::sql_query("SELECT max(works_with) AS works_with FROM schema_compatibility")
        .get_result(conn)?;
    Ok(said.works_with)
}

enum SchemaOwner {
    Nothing,
    Foreign,
    Versions(Vec<String>),
}

/// The versions in Diesel's bookkeeping table, which a new database does not have yet.
fn applied_migrations(conn: &mut SqliteConnection) -> QueryResult<SchemaOwner> {
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
    let tables = tables(conn)?;
    if tables.is_empty() {
        return Ok(SchemaOwner::Nothing);
    }
    if !tables.iter().any(|name| name == "__diesel_schema_migrations") {
        return Ok(SchemaOwner::Foreign);
    }
    __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version)
        .load(conn)
        .map(SchemaOwner::Versions)
}

/// The names of all tables and what belongs to them.
fn tables(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    diesel::table! {
        sqlite_master (name) {
            name -> Text,
        }
    }
    sqlite_master::table.select(sqlite_master::name).load(conn)
}
