//! Bringing a database's schema up to date, or refusing one that does not fit.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::{Access, OpenError, Options};
use crate::db::DbError;
use crate::db::migrations::{Pending, SQLITE};
use crate::db::sqlite::{Conn, DB, finish};

impl Options {
    /// What is missing of this program's schema; a database that is not there lacks all of it.
    pub fn pending(&self) -> Result<Pending, OpenError> {
        if !self.path.exists() {
            return all_migrations()
                .map(|all| all.iter().map(|one| one.name().to_string()).collect())
                .map_err(|cause| OpenError::Corrupt { path: self.path.clone(), cause });
        }
        let mut conn = self.establish(&self.path)?;
        self.plan(&mut conn)
    }

    /// Brings the schema up to date and returns what was missing.
    pub fn migrate(&self) -> Result<Pending, OpenError> {
        let mut conn = self.connect(Access::Write)?;
        self.migrate_with(&mut conn, true)
    }

    /// Brings the schema up to date if that is allowed; all in one transaction, so that programs that start
    /// together do not meet half of it.
    pub(super) fn migrate_with(&self, conn: &mut Conn, allowed: bool) -> Result<Pending, OpenError> {
        let result = finish(async {
            conn.spawn_blocking({
                let options = self.clone();
                move |conn| Ok(options.migrate_in_place(conn, allowed))
            })
            .await
            .map_err(DbError::from)
        });
        result.map_err(|error| self.sqlite_error(&error.to_string()))?
    }

    fn migrate_in_place(&self, conn: &mut SqliteConnection, allowed: bool) -> Result<Pending, OpenError> {
        let pending = self.plan(conn)?;
        if pending.is_empty() {
            return Ok(pending);
        }
        if !allowed {
            return Err(OpenError::Behind { path: self.path.clone(), count: pending.len() });
        }
        conn.immediate_transaction(|conn| {
            conn.run_pending_migrations(SQLITE).map(drop).map_err(|cause| Fault(cause.to_string()))
        })
        .map_err(|Fault(cause)| self.sqlite_error(&cause))?;
        Ok(pending)
    }

    /// What is missing, found by reading alone; an error if the schema is newer than this program.
    fn plan(&self, conn: &mut SqliteConnection) -> Result<Pending, OpenError> {
        let applied = applied_migrations(conn).map_err(|error| self.sqlite_error(&error.to_string()))?;
        let known =
            all_migrations().map_err(|cause| OpenError::Corrupt { path: self.path.clone(), cause })?;
        let is_known = |version: &String| {
            known.iter().any(|one| one.name().version() == MigrationVersion::from(version))
        };
        if let Some(migration) = applied.iter().find(|version| !is_known(version)) {
            return Err(OpenError::Newer { path: self.path.clone(), migration: migration.clone() });
        }
        let is_applied = |one: &dyn Migration<DB>| {
            applied.iter().any(|version| one.name().version() == MigrationVersion::from(version))
        };
        Ok(known.iter().filter(|one| !is_applied(one.as_ref())).map(|one| one.name().to_string()).collect())
    }
}

struct Fault(String);

impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

fn all_migrations() -> Result<Vec<Box<dyn Migration<DB>>>, String> {
    let mut all = MigrationSource::<DB>::migrations(&SQLITE).map_err(|error| error.to_string())?;
    all.sort_unstable_by(|a, b| a.name().version().cmp(&b.name().version()));
    Ok(all)
}

/// The versions in Diesel's bookkeeping table, which a new database does not have yet.
fn applied_migrations(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    diesel::table! {
        sqlite_master (name) {
            name -> Text,
        }
    }
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
    let tables: i64 = sqlite_master::table
        .filter(sqlite_master::name.eq("__diesel_schema_migrations"))
        .count()
        .get_result(conn)?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version)
        .load(conn)
}
