//! Diesel for SQL Server and Azure SQL, over tiberius. It knows nothing of orders.
//!
//! Queries are Diesel's, connections are diesel-async's. The dialect ([`Mssql`]) has:
//!
//! - SELECT with joins, WHERE, GROUP BY, HAVING, ORDER BY and DISTINCT; `.limit()` is `TOP (n)`, with `.offset()`
//!   it is `OFFSET … FETCH` (ordered by nothing where the query says no order, or by its first column if it is
//!   distinct); boxed queries; subqueries; `exists` in conditions; aggregates over windows;
//! - INSERT of one row, of many ([`MAX_ROWS`], [`MAX_PARAMETERS`]), of a query and of defaults; UPDATE; DELETE;
//! - `Bool`, `SmallInt`, `Integer`, `BigInt`, `Float`, `Double`, `Text`, `Binary`, `Date`, `Time`, `Timestamp`, each
//!   nullable, the last three as types of the program's own around chrono's (or as chrono's, with Diesel's feature
//!   for them). `COUNT(*)` is an INT in T-SQL and is read as a `BigInt`; [`functions`] has a sum and a count that
//!   are BIGINTs on the server too;
//! - transactions and savepoints, with a choice of [`Isolation`]; errors as Diesel's kinds, with the names of
//!   constraints; what to do about a failure as a [`RetryClass`];
//! - bulk copy, migrations that several programs may begin at once, and a pool.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use diesel::prelude::*;
//! use diesel_async::{AsyncConnection, RunQueryDsl};
//! use diesel_mssql::{Encryption, Login, ConnectOptions, Pool, Trust};
//!
//! diesel::table! {
//!     things (id) {
//!         id -> Integer,
//!         name -> Text,
//!         stock -> BigInt,
//!     }
//! }
//!
//! # async fn example(password: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let options = ConnectOptions {
//!     host: "example.database.windows.net".to_owned(),
//!     port: 1433,
//!     database: "things".to_owned(),
//!     login: Login::password("keeper", password),
//!     encryption: Encryption::Strict,
//!     trust: Trust::WebRoots,
//!     host_in_certificate: None,
//!     connect_timeout: Duration::from_secs(15),
//!     command_timeout: Duration::from_secs(30),
//!     application: "things".to_owned(),
//! };
//! let pool = Pool::new(options, 10, Duration::from_secs(5));
//! let mut conn = pool.get().await?;
//! let sold_out: Vec<(i32, String)> = things::table
//!     .select((things::id, things::name))
//!     .filter(things::stock.le(0))
//!     .order(things::name)
//!     .limit(20)
//!     .load(&mut *conn)
//!     .await?;
//! let order_more = conn.transaction(async |conn| {
//!     for (id, _) in &sold_out {
//!         let more = things::stock.eq(things::stock + 10);
//!         diesel::update(things::table.find(id)).set(more).execute(conn).await?;
//!     }
//!     diesel::result::QueryResult::Ok(())
//! });
//! order_more.await?;
//! // A connection that is dropped instead is closed.
//! pool.give_back(conn);
//! # Ok(())
//! # }
//! ```
//!
//! It has not:
//!
//! - RETURNING, ON CONFLICT, FOR UPDATE: they do not compile. (T-SQL's OUTPUT disagrees with triggers, its MERGE
//!   with concurrency.)
//!
//!   ```compile_fail,E0277
//!   # use diesel::prelude::*;
//!   # use diesel::query_builder::QueryFragment;
//!   # use diesel_mssql::Mssql;
//!   # diesel::table! { things (id) { id -> Integer, } }
//!   # fn send(_: impl QueryFragment<Mssql>) {}
//!   let insert = diesel::insert_into(things::table).values(things::id.eq(1));
//!   send(insert.returning(things::id));
//!   ```
//!
//!   ```compile_fail,E0277
//!   # use diesel::prelude::*;
//!   # use diesel::query_builder::QueryFragment;
//!   # use diesel_mssql::Mssql;
//!   # diesel::table! { things (id) { id -> Integer, } }
//!   # fn send(_: impl QueryFragment<Mssql>) {}
//!   let insert = diesel::insert_into(things::table).values(things::id.eq(1));
//!   send(insert.on_conflict_do_nothing());
//!   ```
//!
//!   ```compile_fail,E0277
//!   # use diesel::prelude::*;
//!   # use diesel::query_builder::QueryFragment;
//!   # use diesel_mssql::Mssql;
//!   # diesel::table! { things (id) { id -> Integer, } }
//!   # fn send(_: impl QueryFragment<Mssql>) {}
//!   let select = things::table.select(things::id);
//!   send(select.for_update());
//!   ```
//! - `rank` and its like, which T-SQL has in ordered windows only: they do not compile. (`row_number` does, and SQL
//!   Server refuses it without an order.) Nor do UNION, INTERSECT, EXCEPT and casts.
//!
//!   ```compile_fail,E0277
//!   # use diesel::dsl::{rank, row_number};
//!   # use diesel::prelude::*;
//!   # use diesel::query_builder::QueryFragment;
//!   # use diesel_mssql::Mssql;
//!   # diesel::table! { things (id) { id -> Integer, } }
//!   # fn send(_: impl QueryFragment<Mssql>) {}
//!   send(things::table.select(row_number().window_order(things::id)));
//!   send(things::table.select(rank().over()));
//!   ```
//! - conditions as values: a Bool in WHERE must be compared (`flag.eq(true)`; a bare one compiles, and SQL Server
//!   refuses it), and `exists` in a select list must stand in `case_when`;
//! - numeric, JSON, UUID and money types; statements kept prepared (the server keeps plans by their text); and
//!   instrumentation.
//!
//! What else is T-SQL's own: an ORDER BY in a subquery needs a limit or an offset; a limit of 0 must be without an
//! offset; `None` in an `Insertable` is DEFAULT, which an IDENTITY column does not take; `[` in a pattern of
//! `like` begins a set of characters; sums and averages of a `Float` are FLOATs, which are not read as a `Float`;
//! and rows that a trigger changes are counted with the statement's own unless it has SET NOCOUNT ON.
//!
//! Values may be secrets: neither this library's errors nor the `Debug` of its types say them. Diesel's
//! `debug_query` does.

mod backend;
mod bare_conditions;
mod bind;
mod bulk;
mod connection;
mod connection_string;
mod error;
pub mod functions;
mod login;
mod migrations;
mod mssql;
mod options;
mod pool;
mod query_builder;
mod retry;
mod row;
mod secret;
mod select;
#[cfg(test)]
mod tests;
mod tls;
mod token;
mod transaction;
mod transaction_manager;
mod value;

pub use bare_conditions::bare_conditions;
pub use bulk::{BulkRow, bulk_copy};
pub use connection::{MAX_PARAMETERS, MssqlConnection};
pub use connection_string::{ConnectionString, ConnectionStringError};
pub use error::{ConnectError, RetryClass};
pub use login::{Credentials, Login};
pub use migrations::{
    SqlMigration, applied_migrations, has_table, lock_migrations, run_in_transaction, run_migrations,
};
pub use mssql::{Mssql, MssqlType};
pub use options::ConnectOptions;
pub use pool::{Pool, PoolError, PoolUsage, PooledConnection};
pub use retry::wait_before_retry;
pub use row::{MssqlField, MssqlRow};
pub use secret::Secret;
pub use tls::{Encryption, Trust};
pub use token::{AccessToken, TokenError, TokenSource, Tokens};
pub use transaction::{Isolation, MssqlTransactions};
pub use value::{MssqlValue, date_time};

/// Rows that one INSERT … VALUES may have. [`rows_per_insert`] keeps this limit and [`MAX_PARAMETERS`].
pub const MAX_ROWS: usize = 1_000;

/// How many rows of so many columns one INSERT may have; at least one.
///
/// ```
/// use diesel_mssql::rows_per_insert;
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
