//! One of the two databases of a move: a connection, and what is asked of it.

use crate::db::open_error::OpenError;
use crate::db::relocation::{Arrival, Hold, Key, Row, Table};
use crate::db::{DatabaseOptions, DbError, azure_sql, sqlite};
use crate::order::Timestamp;

/// A database, as people call it, and the one connection to it.
pub struct Side {
    pub name: String,
    conn: Conn,
}

enum Conn {
    Sqlite(Box<sqlite::Conn>),
    /// Not closed before the program ends: whoever closes a file last puts its log into it.
    SqliteLeftOpen(&'static mut sqlite::Conn),
    SqlServer(Box<azure_sql::Conn>),
}

/// Makes a method of each query: its text as it is mounted under the database.
macro_rules! queries {
    ($($(#[$documentation:meta])* $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {$(
        $(#[$documentation])*
        pub async fn $name(&mut self, $($parameter: $type),*) -> Result<$result, DbError> {
            match &mut self.conn {
                Conn::Sqlite(conn) => sqlite::queries::relocation::$name(conn, $($parameter),*).await,
                Conn::SqliteLeftOpen(conn) => sqlite::queries::relocation::$name(conn, $($parameter),*).await,
                Conn::SqlServer(conn) => azure_sql::queries::relocation::$name(conn, $($parameter),*).await,
            }
        }
    )*};
}

impl Side {
    /// A desk that is read in one state.
    pub async fn open_source(options: &DatabaseOptions, how: Hold) -> Result<Self, OpenError> {
        Ok(match options {
            DatabaseOptions::Sqlite(options) => {
                let has_log = options.has_log();
                let conn = Box::new(options.open_source(how)?);
                let conn = if has_log { Conn::SqliteLeftOpen(Box::leak(conn)) } else { Conn::Sqlite(conn) };
                Self { name: options.name(), conn }
            }
            DatabaseOptions::AzureSql(options) => {
                let conn = options.open_source(how).await?;
                Self { name: options.name(), conn: Conn::SqlServer(Box::new(conn)) }
            }
        })
    }

    /// A database that a desk comes to.
    pub async fn open_target(options: &DatabaseOptions) -> Result<Self, OpenError> {
        Ok(match options {
            DatabaseOptions::Sqlite(options) => {
                Self { name: options.name(), conn: Conn::Sqlite(Box::new(options.open_target()?)) }
            }
            DatabaseOptions::AzureSql(options) => {
                let conn = options.open_target().await?;
                Self { name: options.name(), conn: Conn::SqlServer(Box::new(conn)) }
            }
        })
    }

    queries! {
        /// The next rows of a table, in the order of their keys.
        list_rows(table: &'static Table, after: Option<Key>) -> Vec<Row>;

        /// How many rows a table has.
        count_rows(table: &'static Table) -> u64;

        /// Stores rows, in a transaction of their own.
        store_rows(table: &'static Table, rows: Vec<Row>) -> ();

        /// The last number that each table has given.
        list_counters() -> Vec<(String, i64)>;

        /// Jobs of people's that run, with their kinds.
        list_running_jobs() -> Vec<(i64, String)>;

        /// What is noted of a desk that was moved here.
        find_arrival() -> Option<Arrival>;

        /// Empties the tables and notes what comes.
        begin_arrival(arrival: Arrival) -> ();

        /// Goes on with what was begun.
        resume_arrival() -> ();

        /// Puts back what was put aside when all rows are there.
        complete_tables(counters: Vec<(String, i64)>) -> ();

        /// Notes that all rows were found to be the same.
        finish_arrival(at: Timestamp) -> ();
    }
}
