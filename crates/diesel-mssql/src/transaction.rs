//! Transactions and savepoints, in T-SQL.

use diesel::QueryResult;
use diesel::connection::{TransactionDepthChange, TransactionManagerStatus};
use diesel::result::Error;
use diesel_async::{SimpleAsyncConnection, TransactionManager};

use super::MssqlConnection;

/// How isolated a transaction is from others.
///
/// What runs outside of transactions keeps the level of the connection's last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements see what was committed before the first: for reads of several statements that must agree.
    ///
    /// Needs `ALLOW_SNAPSHOT_ISOLATION`, which Azure SQL has on.
    Snapshot,
}

impl Isolation {
    /// The level is said each time: it would otherwise stay from the transaction before.
    fn begin(self) -> &'static str {
        match self {
            Self::ReadCommitted => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION",
            Self::Snapshot => "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION",
        }
    }
}

/// The transactions of a connection.
///
/// Where one cannot be ended properly, the connection is of no more use and says so.
#[derive(Debug, Default)]
pub struct MssqlTransactions {
    status: TransactionManagerStatus,
    pub(super) isolation: Isolation,
}

impl MssqlTransactions {
    /// How many transactions are open, one within the other; none if that is not known any more.
    pub(super) fn depth(&self) -> Option<u32> {
        self.status.transaction_depth().ok().map(|depth| depth.map_or(0, std::num::NonZero::get))
    }

    fn known_depth(&self) -> QueryResult<u32> {
        self.depth().ok_or(Error::BrokenTransactionManager)
    }

    fn change(&mut self, change: TransactionDepthChange) -> QueryResult<()> {
        self.status.transaction_state()?.change_transaction_depth(change)
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
}

impl TransactionManager<MssqlConnection> for MssqlTransactions {
    type TransactionStateData = Self;

    async fn begin_transaction(conn: &mut MssqlConnection) -> QueryResult<()> {
        let sql = match conn.transactions.known_depth()? {
            0 => conn.transactions.isolation.begin().to_owned(),
            depth => format!("SAVE TRANSACTION diesel_savepoint_{depth}"),
        };
        Self::run(conn, &sql, TransactionDepthChange::IncreaseDepth).await
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
        Self::run(conn, &sql, TransactionDepthChange::DecreaseDepth).await
    }

    async fn commit_transaction(conn: &mut MssqlConnection) -> QueryResult<()> {
        match conn.transactions.known_depth()? {
            0 => Err(Error::NotInTransaction),
            1 => Self::run(conn, "COMMIT TRANSACTION", TransactionDepthChange::DecreaseDepth).await,
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
