//! Why the database did not do what it was asked.

use diesel::result::{DatabaseErrorKind, Error};

use super::cards::SealError;

/// What SQLite says of a damaged file, whatever it finds there (`SQLITE_CORRUPT`, `SQLITE_NOTADB`).
pub(super) const DAMAGED: [&str; 3] =
    ["disk image is malformed", "malformed database schema", "file is not a database"];

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DbError {
    /// Another program holds the database, or more requests wait than the desk takes on.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The disk has no room.
    #[error("the disk is full: {0}")]
    Full(String),
    /// It cannot be reached, read or written.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// It was lost while it committed: what was to be stored may be there, or not.
    #[error("the database was lost while it committed: {0}")]
    Uncertain(String),
    /// What is stored contradicts itself. Nothing is stored any more until a restart.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Its file is not where it was opened: what is stored would be lost with the next start.
    #[error("the database is not in its place: {0}")]
    Displaced(String),
    /// Nobody may write to it.
    #[error("the database cannot be written to: {0}")]
    ReadOnly(String),
    /// A long read did not come to its end in the time that it was given.
    #[error("it takes too long: {0}")]
    TimedOut(String),
    /// The desk's card keys were retired, and it has not loaded newer ones.
    #[error("the desk's card keys are out of date: {0}")]
    Outdated(String),
    /// A fault of the desk's own, or of what is stored.
    #[error("the database refused: {0}")]
    Internal(String),
}

impl DbError {
    /// Whether the database cannot do it now, and no fault of the program's or of what is stored is behind it.
    pub fn is_of_the_moment(&self) -> bool {
        !matches!(self, Self::Internal(_))
    }
}

impl From<SealError> for DbError {
    fn from(error: SealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Error> for DbError {
    /// Diesel passes on SQLite's result codes as texts only (`sqlite3_errstr`). SQL Server's errors are classified by
    /// their connection (`RetryClass`).
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let says = |text: &str| message.contains(text);
        if matches!(error, Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) {
            Self::Unavailable(message)
        } else if says("database is locked") || says("database table is locked") {
            Self::Busy(message)
        } else if says("a card key is retired") {
            Self::Outdated(message)
        } else if says("disk is full") {
            Self::Full(message)
        } else if DAMAGED.into_iter().any(says) {
            Self::Damaged(message)
        } else if says("readonly database") {
            Self::ReadOnly(message)
        } else if ["disk I/O", "unable to open", "out of memory"].into_iter().any(says) {
            Self::Unavailable(message)
        } else {
            Self::Internal(message)
        }
    }
}
