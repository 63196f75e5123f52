//! Why the database did not do what it was asked.

use diesel::result::{DatabaseErrorKind, Error};

use super::cards::SealError;

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
        } else if ["disk I/O", "unable to open", "readonly", "malformed", "not a database", "out of memory"]
            .into_iter()
            .any(says)
        {
            Self::Unavailable(message)
        } else {
            Self::Internal(message)
        }
    }
}
