//! Beginning and ending transactions on a connection.

use diesel::QueryResult;
use diesel::connection::{TransactionDepthChange, TransactionManagerStatus};
use diesel::result::Error;
use diesel_async::{SimpleAsyncConnection, TransactionManager};

use crate::connection::MssqlConnection;
use crate::transaction::MssqlTransactions;

impl TransactionManager<MssqlConnection> for MssqlTransactions {
    type TransactionStateData = Self;

    async fn begin_transaction(conn: &mut MssqlConnection) -> QueryResult<()> {
        let sql = match conn.transactions.known_depth()? {
            0 => conn.transactions.isolation.begin().to_owned(),
            depth => format!("SAVE TRANSACTION diesel_savepoint_{depth}"),
        };
        run(conn, &sql, TransactionDepthChange::IncreaseDepth).await
    }

    async fn rollback_transaction(conn: &mut MssqlConnection) -> QueryResult<()> {
        if !conn.is_usable() {
            // The server rolls back as the connection closes. What ended it is Diesel's answer to this error.
            conn.transactions.status.set_in_error();
        }
        let sql = match conn.transactions.known_depth()? {
            0 => return Err(Error::NotInTransaction),
            // The server may have rolled it back already: a deadlock's victim, for one.
            1 => "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION".to_owned(),
            // A transaction that the server has given up (XACT_STATE -1) has no way back to a savepoint.
            depth => format!(
                "IF XACT_STATE() = 1 ROLLBACK TRANSACTION diesel_savepoint_{} \
                 ELSE THROW 50000, 'the transaction around the savepoint has ended', 1",
                depth - 1
            ),
        };
        run(conn, &sql, TransactionDepthChange::DecreaseDepth).await
    }

    async fn commit_transaction(conn: &mut MssqlConnection) -> QueryResult<()> {
        match conn.transactions.known_depth()? {
            0 => Err(Error::NotInTransaction),
            1 => run(conn, "COMMIT TRANSACTION", TransactionDepthChange::DecreaseDepth).await,
            // T-SQL has nothing to say when a savepoint is no longer needed.
            _ => conn.transactions.change(TransactionDepthChange::DecreaseDepth),
        }
    }

    fn transaction_manager_status_mut(conn: &mut MssqlConnection) -> &mut TransactionManagerStatus {
        &mut conn.transactions.status
    }

    fn is_broken_transaction_manager(conn: &mut MssqlConnection) -> bool {
        !conn.is_clean()
    }
}

/// Runs what begins or ends a transaction. Where it fails, nobody knows what is open.
async fn run(conn: &mut MssqlConnection, sql: &str, change: TransactionDepthChange) -> QueryResult<()> {
    let done = conn.batch_execute(sql).await;
    if done.is_ok() {
        conn.transactions.change(change)
    } else {
        conn.transactions.status.set_in_error();
        done
    }
}
