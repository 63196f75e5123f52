//! Opening a file to move a desk from it or to it.

use super::{Access, SqliteOptions};
use crate::db::open_error::OpenError;
use crate::db::relocation::Hold;
use crate::db::sqlite::Conn;
use crate::db::sqlite::queries::relocation;

impl SqliteOptions {
    /// A connection that reads all of a desk in one state, and changes nothing: neither the schema nor the way in which
    /// the file is written.
    pub(in crate::db) fn open_source(&self, how: Hold) -> Result<Conn, OpenError> {
        if !self.is_there() {
            return Err(OpenError::Missing { database: self.name() });
        }
        self.check_log()?;
        let mut conn = self.establish(&self.path)?;
        let plan = self.plan_with(&mut conn)?;
        plan.check_equal(&self.name())?;
        self.ask(relocation::hold(&mut conn, how))?;
        self.at_once(self.check_arrival(&mut conn, &plan.pending))?;
        self.at_once(self.check_keys(&mut conn, &plan.pending))?;
        Ok(conn)
    }

    /// A connection to a file that takes a desk, made if it is not there.
    pub(in crate::db) fn open_target(&self) -> Result<Conn, OpenError> {
        if self.is_there() {
            let plan = self.plan()?;
            if !plan.is_of_nothing() {
                plan.check_equal(&self.name())?;
            }
        }
        self.migrate()?;
        self.connect(Access::Write)
    }
}
