//! Transactions that take the place of the one writer at once.

use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::{Conn, finish};
use crate::db::DbError;

/// Does work in a transaction that no other program's can overlap; whatever fails, nothing was done.
pub(super) async fn alone<T, E>(
    conn: &mut Conn,
    work: impl AsyncFnOnce(&mut Conn) -> Result<T, E>,
) -> Result<Result<T, E>, DbError> {
    begin(conn)?;
    let result = work(conn).await;
    if result.is_ok() {
        end(conn)?;
    } else {
        roll_back(conn);
    }
    Ok(result)
}

pub(super) fn begin(conn: &mut Conn) -> Result<(), DbError> {
    finish(async {
        // Immediate: a transaction that reads first and writes later could find itself too late to write.
        conn.spawn_blocking(|conn| AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"))
            .await
            .map_err(DbError::from)
    })
}

pub(super) fn end(conn: &mut Conn) -> Result<(), DbError> {
    finish(async {
        conn.spawn_blocking(AnsiTransactionManager::commit_transaction).await.map_err(DbError::from)
    })
}

/// Rolls back; whether that left the connection as if nothing had been begun.
pub(super) fn roll_back(conn: &mut Conn) -> bool {
    finish(async {
        conn.spawn_blocking(|conn| {
            // Out of the savepoint that broke, too.
            while AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?.is_some()
            {
                AnsiTransactionManager::rollback_transaction(conn)?;
            }
            Ok(())
        })
        .await
        .map_err(DbError::from)
    })
    .is_ok()
}
