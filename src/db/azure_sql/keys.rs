//! The card keys of a database on a server.

use diesel_async::TransactionManager;
use diesel_mssql::{MssqlTransactions, lock_migrations};

use super::{AzureSqlOptions, Conn};
use crate::db::DbError;
use crate::db::cards::Purpose;
use crate::db::keys::{KeyUses, KnownKey, NotRetired};
use crate::db::open_error::OpenError;
use crate::order::{Access, Timestamp};

impl AzureSqlOptions {
    /// What the database knows of keys, and which orders use them; found by reading alone.
    pub(in crate::db) async fn look_at_keys(&self) -> Result<(Vec<KnownKey>, Vec<KeyUses>), OpenError> {
        let mut conn = self.connect().await?;
        let plan = self.plan_with(&mut conn).await?;
        self.look_at_keys_with(&mut conn, &plan.pending).await
    }

    /// Notes that nobody has to have a key any more; not if an order came to use it, unless it is lost.
    pub(in crate::db) async fn retire_key(
        &self,
        key: (Purpose, i16),
        is_lost: bool,
        noted: (Timestamp, Option<&Access>),
    ) -> Result<(), NotRetired> {
        let mut conn = self.connect().await?;
        NotRetired::unless_current(&self.name(), &self.plan_with(&mut conn).await?)?;
        self.retire_key_with(&mut conn, key, is_lost, noted).await
    }

    /// The sentence for a query that failed while the database was being opened.
    pub(super) fn failed(&self, error: &DbError) -> OpenError {
        OpenError::Away { database: self.name(), cause: error.to_string() }
    }
}

/// Does work while no other program migrates or gives keys.
///
/// Where something fails, the connection has to be closed, with its transaction open: nothing was done.
pub(super) async fn alone<T, E>(
    conn: &mut Conn,
    work: impl AsyncFnOnce(&mut Conn) -> Result<T, E>,
) -> Result<Result<T, E>, DbError> {
    MssqlTransactions::begin_transaction(conn).await?;
    lock_migrations(conn).await?;
    let result = work(conn).await;
    if result.is_ok() {
        MssqlTransactions::commit_transaction(conn).await?;
    }
    Ok(result)
}
