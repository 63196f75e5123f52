//! Why a database cannot be opened: one sentence for each thing that can be wrong with it or its keys.

use diesel_mssql::ConnectError;

use super::cards::Purpose;
use crate::order::counted;

/// Why a database cannot be opened. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be read or written.
    #[error("cannot open the database {database}: {cause}. {remedy}, or set database.url to another file")]
    File {
        database: String,
        cause: String,
        /// What to do about it, as the beginning of a sentence.
        remedy: &'static str,
    },
    /// Its tables cannot be made, changed or read: something is missing, or in the way.
    #[error(
        "the tables of {database} are not what this program makes: {cause}. No table was changed; put back what is missing, rename or drop what is in the way, or set database.url to another database"
    )]
    Schema { database: String, cause: String },
    #[error(
        "the database {database} is locked by another program. Stop that program, or set database.url to another file"
    )]
    Locked { database: String },
    /// It is no SQLite database, or a damaged one.
    #[error(
        "{database} is damaged or not an SQLite database ({cause}). Put a backup in its place with `orders restore FILE`, or set database.url to another file"
    )]
    Corrupt { database: String, cause: String },
    /// It has tables, but none of this program's.
    #[error("{database} is the database of another program. Set database.url to another one")]
    Foreign { database: String },
    /// A newer program made it, and does not declare this one compatible.
    #[error(
        "the database {database} is from a newer version of orders, with which this one does not work (its migration {migration} is unknown here). Run that version, or set database.url to another database"
    )]
    Newer { database: String, migration: String },
    /// It is not there and this start may not make it.
    #[error(
        "there is no database {database}. Run `orders migrate` to make it, or set database.url to one that is there"
    )]
    Missing { database: String },
    /// It is not there, and its keys are.
    #[error(
        "there is no database {database}, but its keys {keys} are there: it was moved or deleted. Put it back, or a backup in its place with `orders restore FILE`. `orders migrate --new-database` begins an empty one for these keys"
    )]
    LostBesideKeys { database: String, keys: String },
    /// It is not there, and its log is.
    #[error(
        "there is no database {database}, but {log} is there, which has its newest orders: it was moved or deleted. Put it back beside the log, or a backup in its place with `orders restore FILE`. To begin an empty one, move {log} away"
    )]
    LostBesideLog { database: String, log: String },
    /// The log beside it is another database's.
    #[error(
        "{log} is the log of another database, and would undo {database}: a backup was put here by hand. Move {log} away; `orders restore FILE` does so by itself"
    )]
    StrayLog { database: String, log: String },
    /// Its schema is behind and this start may not change it.
    #[error(
        "the database {database} lacks {count} of this program's migrations. Run `orders migrate`, then start again"
    )]
    Behind { database: String, count: usize },
    /// The keys cannot be read or written.
    #[error("cannot use {place}: {cause}. {remedy}")]
    Keys {
        place: String,
        cause: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The database was written with keys that are not there.
    #[error("{place} does not fit the database {database}: {cause}. {remedy}")]
    KeysDoNotFit {
        /// Where keys were looked for.
        place: String,
        database: String,
        /// Which keys are missing.
        cause: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// There is no key to write with.
    #[error(
        "{place} holds no {purpose} key that the database {database} could write with. Run `orders key new` to make one"
    )]
    NoKey {
        /// Where keys were looked for.
        place: String,
        database: String,
        /// What the key would be for.
        purpose: Purpose,
    },
    /// An open database does not say which keys it knows.
    #[error("the database {database} does not say which card keys it knows: {cause}")]
    Unknown { database: String, cause: String },
    /// It has the tables of the application that this program replaces.
    #[error(
        "the database {database} holds the orders of the Flask application: {} in a table of its own shape. Nothing was changed; run `orders adopt` to take them over",
        counted(*rows, "row")
    )]
    Flask {
        database: String,
        /// How many rows its table has.
        rows: u64,
    },
    /// There is nothing to adopt.
    #[error(
        "{database} has no table with the columns of the Flask application's orders. Set database.url to the database that it used"
    )]
    NoFlask { database: String },
    /// The name that the Flask application's table is to have is taken.
    #[error(
        "{database} has a table orders_flask beside the Flask application's table orders, which is to have that name. Rename orders_flask, then run `orders adopt` again"
    )]
    FlaskTwice { database: String },
    /// A desk is being moved to it.
    #[error(
        "{database} is to take the desk of {source_database}, and has not all of it yet. Run the same `orders move` again, or set database.url to another database"
    )]
    Arriving { database: String, source_database: String },
    /// It has a desk that was moved to it for trying that out.
    #[error(
        "{database} has a rehearsal of a move from {source_database}, which is not to be served. Run `orders move` without --rehearse, or set database.url to another database"
    )]
    Rehearsed { database: String, source_database: String },
    /// The server cannot be reached, or refuses connections for now.
    #[error(
        "cannot open {database}: {cause}. Look whether the server is up and reachable from here, then start again"
    )]
    Away {
        database: String,
        /// Why it cannot be used.
        cause: String,
    },
    /// The server is there, and refuses.
    #[error("cannot open {database}: {cause}. {remedy}")]
    Refused {
        database: String,
        cause: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

impl OpenError {
    /// The sentence for a connection that did not come about.
    pub(super) fn connecting(database: &str, error: &ConnectError) -> Self {
        let (database, cause) = (database.to_owned(), error.to_string());
        let remedy = match error {
            ConnectError::Certificate { .. } => {
                "Name the certificate authority's file in database.url (ca=FILE), or the certificate's own host name (hostname=NAME)"
            }
            ConnectError::Login { .. } => {
                "Check the user and password in database.url; or, where a token logs in, whose it is and that the database has a user for it"
            }
            ConnectError::Token(_) => "Check azure.identity, or database.token_file if that is set",
            ConnectError::Redirects { .. } => "Check the host in database.url",
            ConnectError::Server { .. } => {
                "Check the database's name in database.url, and what the user may do there"
            }
            ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. } => {
                return Self::Away { database, cause };
            }
        };
        Self::Refused { database, cause, remedy }
    }
}
