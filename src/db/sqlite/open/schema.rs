//! Bringing a database's schema up to date, or refusing one that does not fit.

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::{Access, SqliteOptions};
use crate::db::migrations::{Plan, SQLITE, is_compatible};
use crate::db::open_error::OpenError;
use crate::db::sqlite::flask::find_flask;
use crate::db::sqlite::{Conn, DB, finish};
use crate::db::{DbError, FlaskTable};

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
        let options = self.clone();
        finish(async {
            conn.spawn_blocking(move |conn| Ok(options.migrate_in_place(conn))).await.map_err(DbError::from)
        })
        .map_err(|error| self.sqlite_error(&error.to_string()))?
    }

    fn migrate_in_place(&self, conn: &mut SqliteConnection) -> Result<Plan, OpenError> {
        let plan = self.plan_with(conn)?;
        if !plan.pending.is_empty() {
            conn.immediate_transaction(|conn| {
                conn.run_pending_migrations(SQLITE)
                    .map(drop)
                    .map_err(|cause| MigrationFault(cause.to_string()))
            })
            .map_err(|MigrationFault(cause)| self.sqlite_error(&cause))?;
        }
        Ok(plan)
    }

    /// The same by reading alone; an error if the schema is another program's, or too new for this one.
    pub(in crate::db::sqlite) fn plan_with(&self, conn: &mut SqliteConnection) -> Result<Plan, OpenError> {
        let failed = |error: diesel::result::Error| self.sqlite_error(&error.to_string());
        let known = self.known()?;
        let applied = match applied_migrations(conn).map_err(failed)? {
            SchemaOwner::Nothing => Vec::new(),
            SchemaOwner::Foreign => return Err(self.foreign(conn)),
            SchemaOwner::Versions(applied) => applied,
        };
        let plan = Plan::new(&known, &applied);
        if let Some(migration) = plan.unknown.last()
            && !is_compatible(&known, works_with(conn).map_err(failed)?)
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
    fn foreign(&self, conn: &mut SqliteConnection) -> OpenError {
        let database = self.name();
        match find_flask(conn) {
            Ok(Some(FlaskTable { is_begun: false, rows, .. })) => OpenError::Flask { database, rows },
            Ok(_) => OpenError::Foreign { database },
            Err(error) => self.sqlite_error(&error.to_string()),
        }
    }
}

struct MigrationFault(String);

impl From<diesel::result::Error> for MigrationFault {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
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
