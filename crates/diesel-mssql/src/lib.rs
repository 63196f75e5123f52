//! Diesel for SQL Server and Azure SQL, over [tiberius](https://docs.rs/tiberius).
//!
//! Queries are Diesel's, connections are diesel-async's. The crate has the dialect ([`Mssql`]), connections
//! ([`MssqlConnection`]), a [`Pool`], logins by password or by access token ([`Login`]), connection strings of both
//! kinds ([`ConnectionString`]), [`bulk_copy`], and migrations that several programs may begin at once
//! ([`run_migrations`]). [`dialect`] says what Diesel offers and what is done of it here.
//!
//! A query is T-SQL:
//!
//! ```
//! use diesel::prelude::*;
//! use diesel_mssql::Mssql;
//!
//! diesel::table! {
//!     things (id) {
//!         id -> Integer,
//!         name -> Text,
//!         stock -> BigInt,
//!     }
//! }
//!
//! let sold_out = things::table
//!     .select((things::id, things::name))
//!     .filter(things::stock.le(0))
//!     .order(things::name)
//!     .limit(20);
//! assert_eq!(
//!     diesel::debug_query::<Mssql, _>(&sold_out).to_string(),
//!     "SELECT TOP (@P1) [things].[id], [things].[name] FROM [things] \
//!      WHERE ([things].[stock] <= @P2) ORDER BY [things].[name] -- binds: [20, 0]",
//! );
//! ```
//!
//! And sent by a pool's connection:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use diesel::prelude::*;
//! use diesel_async::{AsyncConnection, RunQueryDsl};
//! use diesel_mssql::{ConnectOptions, ConnectionString, Login, Pool};
//! # diesel::table! {
//! #     things (id) {
//! #         id -> Integer,
//! #         name -> Text,
//! #         stock -> BigInt,
//! #     }
//! # }
//!
//! # async fn example(url: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let url: ConnectionString = url.parse()?; // mssql://clerk:password@sql.example.com/shop
//! let credentials = url.credentials.clone().ok_or("no user")?;
//! let options = ConnectOptions { application: "shop".to_owned(), ..url.options(Login::Password(credentials)) };
//! let pool = Pool::new(options, 10, Duration::from_secs(5));
//!
//! let mut conn = pool.get().await?;
//! let sold_out: Vec<i32> = things::table.select(things::id).filter(things::stock.le(0)).load(&mut *conn).await?;
//! let order_more = conn.transaction(async |conn| {
//!     for id in &sold_out {
//!         let more = things::stock.eq(things::stock + 10);
//!         diesel::update(things::table.find(id)).set(more).execute(conn).await?;
//!     }
//!     diesel::QueryResult::Ok(())
//! });
//! order_more.await?;
//! // A connection that is dropped instead is closed.
//! pool.give_back(conn);
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Errors of the server are Diesel's kinds, with the names of constraints, tables and columns: a taken key is a
//! `UniqueViolation`, a deadlock's victim a `SerializationFailure`. What to do about a failure is a [`RetryClass`],
//! which a connection keeps beside Diesel's error ([`MssqlConnection::take_retry_class`]), and
//! [`wait_before_retry`] says when.
//!
//! # Giving up
//!
//! Any future may be dropped at any moment. Its connection is of no more use from then on and says so, because the
//! answer that is still to come belongs to the old request; the pool closes it, and the server rolls back what was
//! begun.
//!
//! # Secrets
//!
//! What travels is always encrypted. Passwords and tokens do not print and are wiped from memory. Values may be secrets
//! too: neither this crate's errors nor the `Debug` of its types say them. Diesel's `debug_query` does.

mod async_connection;
mod backend;
mod bare_conditions;
mod bind;
mod bulk;
mod connect_error;
mod connection;
mod connection_string;
pub mod dialect;
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
mod statement;
#[cfg(test)]
mod tests;
mod tls;
mod token;
mod transaction;
mod transaction_manager;
mod value;

pub use bare_conditions::bare_conditions;
pub use bulk::{BulkRow, bulk_copy};
pub use connect_error::ConnectError;
pub use connection::MssqlConnection;
pub use connection_string::{ConnectionString, ConnectionStringError};
pub use login::{Credentials, Login};
pub use migrations::{
    SqlMigration, applied_migrations, has_table, lock_migrations, run_in_transaction, run_migrations,
};
pub use mssql::{Mssql, MssqlType};
pub use options::ConnectOptions;
pub use pool::{Pool, PoolError, PoolUsage, PooledConnection};
pub use retry::{RetryClass, wait_before_retry};
pub use row::{MssqlField, MssqlRow};
pub use secret::Secret;
pub use statement::{MAX_PARAMETERS, MAX_ROWS, rows_per_insert};
pub use tls::{Encryption, Trust};
pub use token::{AccessToken, TokenError, TokenSource, Tokens};
pub use transaction::{Isolation, MssqlTransactions};
pub use value::{MssqlValue, date_time};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
