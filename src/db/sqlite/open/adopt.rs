//! Beginning to adopt the Flask application's orders in an SQLite file.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::{Access, SqliteOptions};
use crate::db::flask::{AFTER, BEFORE};
use crate::db::migrations::SQLITE;
use crate::db::open_error::OpenError;
use crate::db::sqlite::finish;
use crate::db::sqlite::flask::find_flask;
use crate::db::{DbError, FlaskTable};

impl SqliteOptions {
    /// The Flask application's table of orders, before its adoption or since.
    pub fn find_flask(&self) -> Result<FlaskTable, OpenError> {
        if !self.is_there() {
            return Err(self.no_flask());
        }
        self.check_log()?;
        find_flask(&mut self.establish(&self.path)?)
            .map_err(|error| self.sqlite_error(&error.to_string()))?
            .ok_or_else(|| self.no_flask())
    }

    /// Begins the adoption of the Flask application's orders, in one transaction, and returns their table.
    ///
    /// A program that comes second finds it done.
    pub fn adopt(&self) -> Result<FlaskTable, OpenError> {
        self.keyring(&self.name()).check_source()?;
        // Before the file is changed in any way, its journal mode included.
        self.find_flask()?;
        let mut conn = self.connect(Access::Write)?;
        let options = self.clone();
        finish(async {
            conn.spawn_blocking(move |conn| Ok(options.adopt_in_place(conn))).await.map_err(DbError::from)
        })
        .map_err(|error| self.sqlite_error(&error.to_string()))?
    }

    fn adopt_in_place(&self, conn: &mut SqliteConnection) -> Result<FlaskTable, OpenError> {
        conn.immediate_transaction(|conn| {
            let mut table = find_flask(conn)?.ok_or_else(|| self.no_flask())?;
            if table.is_begun {
                self.plan_with(conn)?;
            } else {
                self.rename_flask(conn)?;
                table.is_begun = true;
            }
            conn.run_pending_migrations(SQLITE).map_err(|cause| self.sqlite_error(&cause.to_string()))?;
            Ok(table)
        })
        .map_err(|fault| match fault {
            AdoptFault::Open(error) => error,
            AdoptFault::Sqlite(cause) => self.sqlite_error(&cause),
        })
    }

    fn rename_flask(&self, conn: &mut SqliteConnection) -> Result<(), AdoptFault> {
        let taken: Vec<Named> = diesel::sql_query("SELECT name FROM sqlite_master WHERE lower(name) = ?")
            .bind::<Text, _>(AFTER)
            .load(conn)?;
        if taken.iter().any(|object| object.name.eq_ignore_ascii_case(AFTER)) {
            return Err(OpenError::FlaskTwice { database: self.name() }.into());
        }
        Ok(conn.batch_execute(&format!("ALTER TABLE {BEFORE} RENAME TO {AFTER}"))?)
    }

    fn no_flask(&self) -> OpenError {
        OpenError::NoFlask { database: self.name() }
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

enum AdoptFault {
    Open(OpenError),
    Sqlite(String),
}

impl From<OpenError> for AdoptFault {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<diesel::result::Error> for AdoptFault {
    fn from(error: diesel::result::Error) -> Self {
        Self::Sqlite(error.to_string())
    }
}
