//! Transactions and savepoints, in T-SQL.

use diesel::QueryResult;
use diesel::connection::{TransactionDepthChange, TransactionManagerStatus};
use diesel::result::Error;

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
    pub(crate) fn begin(self) -> &'static str {
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
    pub(crate) status: TransactionManagerStatus,
    pub(crate) isolation: Isolation,
}

impl MssqlTransactions {
    /// How many transactions are open, one within the other; none if that is not known any more.
    pub(crate) fn depth(&self) -> Option<u32> {
        self.status.transaction_depth().ok().map(|depth| depth.map_or(0, std::num::NonZero::get))
    }

    pub(crate) fn known_depth(&self) -> QueryResult<u32> {
        self.depth().ok_or(Error::BrokenTransactionManager)
    }

    pub(crate) fn change(&mut self, change: TransactionDepthChange) -> QueryResult<()> {
        self.status.transaction_state()?.change_transaction_depth(change)
    }
}
