//! Diesel for SQL Server and Azure SQL, over tiberius. It knows nothing of orders.
//!
//! Queries are Diesel's, connections are diesel-async's. The dialect ([`Mssql`]) has:
//!
//! - SELECT with joins, WHERE, GROUP BY, HAVING, ORDER BY and DISTINCT; `.limit()` is `TOP (n)`, with `.offset()`
//!   it is `OFFSET … FETCH` (ordered by nothing where the query says no order); boxed queries; subqueries; `exists`
//!   in conditions;
//! - INSERT of one row, of many ([`MAX_ROWS`], [`MAX_PARAMETERS`]), of a query and of defaults; UPDATE; DELETE;
//! - `Bool`, `SmallInt`, `Integer`, `BigInt`, `Float`, `Double`, `Text`, `Binary`, `Date`, `Time`, `Timestamp`, each
//!   nullable, the last three as chrono's types. `COUNT(*)` is an INT in T-SQL and is read as a `BigInt`;
//!   [`functions`] has sums and counts that cannot overflow;
//! - transactions and savepoints, with a choice of [`Isolation`]; errors as Diesel's kinds, with the names of
//!   constraints; what to do about a failure as a [`Trouble`];
//! - bulk copy, migrations that several programs may begin at once, and a pool.
//!
//! It has not:
//!
//! - RETURNING, ON CONFLICT, FOR UPDATE: they do not compile. (T-SQL's OUTPUT disagrees with triggers, its MERGE
//!   with concurrency.)
//! - conditions as values: a Bool in WHERE must be compared (`flag.eq(true)`; a bare one compiles, and SQL Server
//!   refuses it), and `exists` in a select list must stand in `case_when`;
//! - numeric, JSON, UUID and money types; statements kept prepared (the server keeps plans by their text); and
//!   instrumentation.

mod backend;
mod bind;
mod bulk;
mod connection;
mod error;
pub mod functions;
mod migrations;
mod options;
mod pool;
mod query_builder;
mod retry;
mod row;
mod select;
#[cfg(test)]
mod tests;
mod token;
mod transaction;
mod value;

pub use backend::{Mssql, MssqlType};
pub use bulk::{BulkRow, bulk_copy};
pub use connection::{MAX_PARAMETERS, MssqlConnection};
pub use error::{ConnectError, Trouble};
pub use migrations::{
    SqlMigration, applied_migrations, has_table, lock_migrations, run_in_transaction, run_migrations,
};
pub use options::{Encryption, Login, MssqlOptions, Trust};
pub use pool::{Lease, Pool, PoolError};
pub use retry::wait_before_retry;
pub use row::{MssqlField, MssqlRow};
pub use token::{AccessToken, TokenError, TokenSource, Tokens};
pub use transaction::{Isolation, MssqlTransactions};
pub use value::{MssqlValue, date_time};

#[cfg(test)]
pub(crate) use tests::bare_bool::bare_conditions;

/// Rows that one INSERT … VALUES may have. [`rows_per_insert`] keeps this limit and [`MAX_PARAMETERS`].
pub const MAX_ROWS: usize = 1_000;

/// How many rows of so many columns one INSERT may have; at least one.
///
/// ```
/// use orders::db::mssql::rows_per_insert;
///
/// assert_eq!(rows_per_insert(2), 1_000);
/// assert_eq!(rows_per_insert(14), 149);
/// ```
///
/// A row that has more than [`MAX_PARAMETERS`] columns by itself is refused when it is sent.
pub const fn rows_per_insert(columns: usize) -> usize {
    match MAX_PARAMETERS.checked_div(columns) {
        None | Some(MAX_ROWS..) => MAX_ROWS,
        Some(0) => 1,
        Some(rows) => rows,
    }
}

/// The moment by the system's clock: tokens say theirs by it.
#[allow(clippy::disallowed_methods, reason = "when a token expires is no rule of the trade")]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
