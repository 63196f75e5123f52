//! Bringing a database's schema up to date, or refusing one that does not fit.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::{Access, Options};
use crate::db::migrations::{Pending, SQLITE};
use crate::db::open::OpenError;
use crate::db::sqlite::flask::find_flask;
use crate::db::sqlite::{Conn, DB, finish};
use crate::db::{DbError, FlaskTable};

impl Options {
    /// What is missing of this program's schema; a database that is not there lacks all of it.
    pub fn pending(&self) -> Result<Pending, OpenError> {
        if self.path.exists() {
            let mut conn = self.establish(&self.path)?;
            return self.plan(&mut conn);
        }
        let all = all_migrations().map_err(|cause| self.sqlite_error(&cause))?;
        Ok(all.iter().map(|one| one.name().to_string()).collect())
    }

    /// Brings the schema up to date and returns what was missing.
    pub fn migrate(&self) -> Result<Pending, OpenError> {
        if self.path.exists() {
            self.pending()?;
        }
        let mut conn = self.connect(Access::Write)?;
        self.migrate_with(&mut conn)
    }

    /// Brings the schema up to date, in one transaction, so that programs that start together do not meet
    /// half of it.
    pub(super) fn migrate_with(&self, conn: &mut Conn) -> Result<Pending, OpenError> {
        let options = self.clone();
        finish(async {
            conn.spawn_blocking(move |conn| Ok(options.migrate_in_place(conn))).await.map_err(DbError::from)
        })
        .map_err(|error| self.sqlite_error(&error.to_string()))?
    }

    fn migrate_in_place(&self, conn: &mut SqliteConnection) -> Result<Pending, OpenError> {
        let pending = self.plan(conn)?;
        if !pending.is_empty() {
            conn.immediate_transaction(|conn| {
                conn.run_pending_migrations(SQLITE).map(drop).map_err(|cause| Fault(cause.to_string()))
            })
            .map_err(|Fault(cause)| self.sqlite_error(&cause))?;
        }
        Ok(pending)
    }

    /// What is missing, found by reading alone; an error if the schema is newer than this program or
    /// another program's.
    pub(in crate::db::sqlite) fn plan(&self, conn: &mut SqliteConnection) -> Result<Pending, OpenError> {
        let applied = applied_migrations(conn).map_err(|error| self.sqlite_error(&error.to_string()))?;
        let known = all_migrations().map_err(|cause| self.sqlite_error(&cause))?;
        let applied = match applied {
            Found::Nothing => return Ok(names(&known, |_| true)),
            Found::Foreign => return Err(self.foreign(conn)),
            Found::Versions(applied) => applied,
        };
        let is = |one: &dyn Migration<DB>, version: &String| {
            one.name().version() == MigrationVersion::from(version)
        };
        if let Some(unknown) =
            applied.iter().find(|version| !known.iter().any(|one| is(one.as_ref(), version)))
        {
            return Err(OpenError::Newer { database: self.name(), migration: unknown.clone() });
        }
        let is_pending = |one: &dyn Migration<DB>| !applied.iter().any(|version| is(one, version));
        Ok(names(&known, is_pending))
    }
}

impl Options {
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

fn names(migrations: &[Box<dyn Migration<DB>>], pick: impl Fn(&dyn Migration<DB>) -> bool) -> Pending {
    migrations.iter().filter(|one| pick(one.as_ref())).map(|one| one.name().to_string()).collect()
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

enum Found {
    Nothing,
    Foreign,
    Versions(Vec<String>),
}

/// The versions in Diesel's bookkeeping table, which a new database does not have yet.
fn applied_migrations(conn: &mut SqliteConnection) -> QueryResult<Found> {
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
    let tables: Vec<String> = sqlite_master::table.select(sqlite_master::name).load(conn)?;
    if tables.is_empty() {
        return Ok(Found::Nothing);
    }
    if !tables.iter().any(|name| name == "__diesel_schema_migrations") {
        return Ok(Found::Foreign);
    }
    __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version)
        .load(conn)
        .map(Found::Versions)
}
