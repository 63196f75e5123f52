//! Spans of database work, named after the operation, without any parameters.

use super::DbError;
use crate::telemetry::{Kind, Span};

/// Which database it is, as OpenTelemetry's semantic conventions call it.
#[derive(Debug, Clone, Copy)]
pub(super) enum DatabaseSystem {
    Sqlite,
    SqlServer,
}

impl DatabaseSystem {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::SqlServer => "microsoft.sql_server",
        }
    }
}

/// Begins the span of an operation.
pub(super) fn begin(system: DatabaseSystem, operation: &'static str) -> Span {
    let mut span = Span::part(Kind::Client, || operation.into());
    span.record(|| [("db.system.name", system.name().into())]);
    span
}

/// Ends it with what came of the work.
pub(super) fn end<T>(mut span: Span, result: Result<T, DbError>) -> Result<T, DbError> {
    if let Err(error) = &result {
        span.fail(reason(error));
    }
    result
}

/// The wait of some work for a connection, or for the one that writes.
pub(super) fn waiting(work: &Span) -> Span {
    work.inner(Kind::Internal, "wait for a connection")
}

fn reason(error: &DbError) -> &'static str {
    match error {
        DbError::Busy(_) => "busy",
        DbError::Full(_) => "full",
        DbError::Unavailable(_) => "unavailable",
        DbError::Uncertain(_) => "uncertain",
        DbError::Damaged(_) => "damaged",
        DbError::Displaced(_) => "displaced",
        DbError::ReadOnly(_) => "read-only",
        DbError::TimedOut(_) => "timed_out",
        DbError::Outdated(_) => "outdated",
        DbError::Internal(_) => "refused",
    }
}
