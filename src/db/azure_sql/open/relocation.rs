//! Opening a database on a server to move a desk from it or to it.

use super::{AzureSqlOptions, Conn};
use crate::db::azure_sql::queries::relocation;
use crate::db::open_error::OpenError;
use crate::db::relocation::Hold;

impl AzureSqlOptions {
    /// A connection that reads all of a desk in one state, and changes nothing.
    pub(in crate::db) async fn open_source(&self, how: Hold) -> Result<Conn, OpenError> {
        let mut conn = self.connect().await?;
        self.check_isolation(&mut conn).await?;
        let plan = self.plan_with(&mut conn).await?;
        plan.check_equal(&self.name())?;
        relocation::hold(&mut conn, how).await.map_err(|error| self.failed(&error))?;
        self.check_arrival(&mut conn, &plan.pending).await?;
        self.check_keys(&mut conn, &plan.pending).await?;
        Ok(conn)
    }

    /// A connection to a database that takes a desk, with its tables made if there are none.
    pub(in crate::db) async fn open_target(&self) -> Result<Conn, OpenError> {
        let mut conn = self.connect().await?;
        self.check_isolation(&mut conn).await?;
        let plan = self.plan_with(&mut conn).await?;
        if plan.is_of_nothing() {
            self.migrate_with(&mut conn).await?;
        } else {
            plan.check_equal(&self.name())?;
        }
        Ok(conn)
    }
}
