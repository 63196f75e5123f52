//! Beginning to adopt the Flask application's orders in an SQLite file.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::{Access, SqliteOptions};
use crate::db::FlaskTable;
use crate::db::flask::{AFTER, BEFORE};
use crate::db::open_error::OpenError;
use crate::db::sqlite::Conn;
use crate::db::sqlite::queries::flask;

impl SqliteOptions {
    /// The Flask application's table of orders, before its adoption or since.
    pub fn find_flask(&self) -> Result<FlaskTable, OpenError> {
        if !self.is_there() {
            return Err(self.no_flask());
        }
        self.check_log()?;
        self.find_flask_with(&mut self.establish(&self.path)?)
    }

    /// Begins the adoption of the Flask application's orders, in one transaction, and returns their table.
    ///
    /// A program that comes second finds it done.
    pub fn adopt(&self) -> Result<FlaskTable, OpenError> {
        self.keyring(&self.name()).check_source()?;
        // Before the file is changed in any way, its journal mode included.
        self.find_flask()?;
        let mut conn = self.connect(Access::Write)?;
        self.in_transaction(&mut conn, |conn| {
            let mut table = self.find_flask_with(conn)?;
            if table.is_begun {
                self.plan_with(conn)?;
            } else {
                self.rename_flask(conn)?;
                table.is_begun = true;
            }
            self.run_migrations(conn)?;
            Ok(table)
        })
    }

    fn find_flask_with(&self, conn: &mut Conn) -> Result<FlaskTable, OpenError> {
        self.ask(flask::find_flask(conn))?.ok_or_else(|| self.no_flask())
    }

    fn rename_flask(&self, conn: &mut Conn) -> Result<(), OpenError> {
        #[derive(QueryableByName)]
        struct Named {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let named = diesel::sql_query("SELECT name FROM sqlite_master WHERE lower(name) = ?");
        let taken: Vec<Named> = self.ask(named.bind::<Text, _>(AFTER).load(conn))?;
        if taken.iter().any(|object| object.name.eq_ignore_ascii_case(AFTER)) {
            return Err(OpenError::FlaskTwice { database: self.name() });
        }
        self.ask(async { conn.batch_execute(&format!("ALTER TABLE {BEFORE} RENAME TO {AFTER}")).await })
    }

    fn no_flask(&self) -> OpenError {
        OpenError::NoFlask { database: self.name() }
    }
}
