//! What goes wrong: in Diesel's words, and what to do about it.

use std::io::ErrorKind;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::token::TokenError;

/// What a caller can do about a failure.
///
/// The numbers are those of Microsoft's "Troubleshoot transient connection errors" and "Database engine events
/// and errors".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// The connection is lost; whether the last command was carried out is unknown.
    Lost,
    /// The server did not answer in time; it may still carry the command out.
    TimedOut,
    /// The server cannot do it now: connect again, later.
    Unavailable,
    /// The server has too much to do: wait ten seconds or more.
    Throttled,
    /// The transaction is rolled back to let another pass: run it again.
    Conflict,
    /// Trying again would change nothing.
    Permanent,
}

impl RetryClass {
    /// What a driver's error asks for.
    pub(crate) fn of(error: &tiberius::error::Error) -> Self {
        match error {
            tiberius::error::Error::Server(said) => match Self::numbered(said.code()) {
                Self::Permanent if ends_connection(error) => Self::Lost,
                retry_class => retry_class,
            },
            tiberius::error::Error::Io { kind: ErrorKind::TimedOut, .. } => Self::TimedOut,
            tiberius::error::Error::Io { .. }
            | tiberius::error::Error::Protocol(_)
            | tiberius::error::Error::Routing { .. } => Self::Lost,
            _ => Self::Permanent,
        }
    }

    /// What an error number of the server asks for.
    pub fn numbered(number: u32) -> Self {
        match number {
            40501 => Self::Throttled,
            233 | 4060 | 4221 | 10928 | 10929 | 40143 | 40197 | 40540 | 40613 | 42108 | 42109 | 49918
            | 49919 | 49920 => Self::Unavailable,
            1204 | 1205 | 1222 | 3960 | 41301 | 41302 | 41305 | 41325 | 41839 => Self::Conflict,
            _ => Self::Permanent,
        }
    }
}

/// Whether the server ended the connection with this error (class 20 and up), or the driver lost its place in
/// the answer.
pub(crate) fn ends_connection(error: &tiberius::error::Error) -> bool {
    !matches!(error, tiberius::error::Error::Server(said) if said.class() < 20)
}

/// An error in Diesel's words.
pub(crate) fn to_diesel(error: tiberius::error::Error) -> Error {
    let said = match error {
        tiberius::error::Error::Server(said) => said,
        error => {
            return Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection,
                Box::new(without_values(&error)),
            );
        }
    };
    let said = Said::new(said.code(), said.message());
    Error::DatabaseError(said.kind(), Box::new(said))
}

/// What the driver says. Of a value that does not fit its column, it goes on to quote the value.
fn without_values(error: &tiberius::error::Error) -> String {
    let said = error.to_string();
    match error {
        tiberius::error::Error::BulkInput(_) => {
            said.split(" but found").next().unwrap_or_default().to_owned()
        }
        _ => said,
    }
}

/// An error of the server, taken apart.
#[derive(Debug)]
struct Said {
    number: u32,
    message: String,
    constraint: Option<String>,
    table: Option<String>,
    column: Option<String>,
}

impl Said {
    fn new(number: u32, message: &str) -> Self {
        // What follows quotes the row itself.
        let quotation = match number {
            2601 | 2627 => Some(" The duplicate key value is"),
            2628 => Some(" Truncated value:"),
            244 | 245 | 248 => Some(" '"),
            _ => None,
        };
        let message = quotation.and_then(|begin| message.split_once(begin)).map_or(message, |(said, _)| said);
        // Names stand in quotes, in whatever language the rest is.
        let mut names = message.split(['\'', '"']).skip(1).step_by(2).map(str::to_owned);
        let (constraint, table, column) = match number {
            2627 => (names.next(), names.next(), None),
            2601 => {
                let table = names.next();
                (names.next(), table, None)
            }
            547 => (names.next(), names.nth(1), names.next()),
            515 => {
                let column = names.next();
                (None, names.next(), column)
            }
            _ => (None, None, None),
        };
        Self { number, message: format!("{message} (error {number})"), constraint, table, column }
    }

    fn kind(&self) -> DatabaseErrorKind {
        match self.number {
            2601 | 2627 => DatabaseErrorKind::UniqueViolation,
            547 if self.message.contains("CHECK") => DatabaseErrorKind::CheckViolation,
            547 => DatabaseErrorKind::ForeignKeyViolation,
            515 => DatabaseErrorKind::NotNullViolation,
            3906 => DatabaseErrorKind::ReadOnlyTransaction,
            number if RetryClass::numbered(number) == RetryClass::Conflict => {
                DatabaseErrorKind::SerializationFailure
            }
            _ => DatabaseErrorKind::Unknown,
        }
    }
}

impl DatabaseErrorInformation for Said {
    fn message(&self) -> &str {
        &self.message
    }

    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        None
    }

    fn table_name(&self) -> Option<&str> {
        self.table.as_deref()
    }

    fn column_name(&self) -> Option<&str> {
        self.column.as_deref()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        None
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectError {
    /// Nothing answers at the address, or the connection breaks.
    #[error("{host}:{port} cannot be reached ({cause})")]
    Unreachable {
        /// The host that was asked.
        host: String,
        /// Its port.
        port: u16,
        /// What the network says.
        cause: String,
    },
    /// The time for connecting ran out.
    #[error("{host}:{port} did not let us in within {seconds} seconds")]
    TimedOut {
        /// The host that was asked first.
        host: String,
        /// Its port.
        port: u16,
        /// The time it had.
        seconds: u64,
    },
    /// The server's certificate is not trusted, or there is no encryption to be had.
    #[error("the certificate of {host} is not trusted ({cause})")]
    Certificate {
        /// The host that was asked.
        host: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The server does not know the user, or the password or token is wrong.
    #[error("{host} refused the login: {message}")]
    Login {
        /// The host that was asked.
        host: String,
        /// What it says.
        message: String,
    },
    /// The server refuses this database, for good or for now.
    #[error("{host} did not open the database: {message}")]
    Server {
        /// The host that was asked.
        host: String,
        /// Its error number.
        number: u32,
        /// What it says.
        message: String,
    },
    /// Gateways redirected more often than is allowed.
    #[error("{host} sent us on more than {limit} times, last to {last}")]
    Redirects {
        /// The host that was asked first.
        host: String,
        /// The limit.
        limit: usize,
        /// The last redirect, which was not followed.
        last: String,
    },
    /// There is no access token to log in with.
    #[error("no access token: {0}")]
    Token(TokenError),
}

impl ConnectError {
    /// What is to be done about it.
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Token(TokenError::Transient(_)) => {
                RetryClass::Unavailable
            }
            Self::Server { number, .. } => RetryClass::numbered(*number),
            Self::Certificate { .. }
            | Self::Login { .. }
            | Self::Redirects { .. }
            | Self::Token(TokenError::Permanent(_)) => RetryClass::Permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: u32, message: &str) -> Said {
        Said::new(number, message)
    }

    #[test]
    fn a_taken_key_is_a_unique_violation_by_its_constraint_and_without_the_row() {
        let error = said(
            2627,
            "Violation of UNIQUE KEY constraint 'orders_key'. Cannot insert duplicate key in object 'dbo.orders'. \
             The duplicate key value is (9b2e, 4111).",
        );
        assert_eq!(error.constraint_name(), Some("orders_key"));
        assert_eq!(error.table_name(), Some("dbo.orders"));
        assert!(matches!(error.kind(), DatabaseErrorKind::UniqueViolation));
        assert!(!error.message().contains("4111"), "{}", error.message());

        let error =
            said(2601, "Cannot insert duplicate key row in object 'dbo.t' with unique index 'by_name'.");
        assert_eq!((error.table_name(), error.constraint_name()), (Some("dbo.t"), Some("by_name")));
    }

    #[test]
    fn a_value_that_does_not_fit_is_not_quoted() {
        let error = said(
            2628,
            "String or binary data would be truncated in table 'orders.dbo.t', column 'n'. Truncated value: '4111'.",
        );
        assert!(error.message().contains("column 'n'"), "{}", error.message());
        assert!(!error.message().contains("4111"), "{}", error.message());
        let error =
            said(245, "Conversion failed when converting the nvarchar value '4111' to data type int.");
        assert!(!error.message().contains("4111"), "{}", error.message());
    }

    #[test]
    fn foreign_keys_checks_and_nulls_are_told_apart() {
        let conflict = |kind: &str| {
            format!(
                "The INSERT statement conflicted with the {kind} constraint \"c\". The conflict occurred in database \
                 \"orders\", table \"dbo.t\", column 'n'."
            )
        };
        let foreign = said(547, &conflict("FOREIGN KEY"));
        assert!(matches!(foreign.kind(), DatabaseErrorKind::ForeignKeyViolation));
        assert_eq!(foreign.constraint_name(), Some("c"));
        assert_eq!(foreign.table_name(), Some("dbo.t"));
        assert_eq!(foreign.column_name(), Some("n"));
        assert!(matches!(said(547, &conflict("CHECK")).kind(), DatabaseErrorKind::CheckViolation));
        let null = said(
            515,
            "Cannot insert the value NULL into column 'n', table 'orders.dbo.t'; column does not allow nulls.",
        );
        assert!(matches!(null.kind(), DatabaseErrorKind::NotNullViolation));
        assert_eq!((null.column_name(), null.table_name()), (Some("n"), Some("orders.dbo.t")));
    }

    #[test]
    fn a_value_that_does_not_fit_its_column_is_not_quoted() {
        let error = to_diesel(tiberius::error::Error::BulkInput(
            "invalid data type, expecting Some(Int4) but found String(Some(\"4111\"))".into(),
        ));
        assert!(error.to_string().contains("expecting Some(Int4)"), "{error}");
        assert!(!error.to_string().contains("4111"), "{error}");
    }

    #[test]
    fn numbers_ask_for_what_their_table_says() {
        for (number, retry_class) in [
            (1205, RetryClass::Conflict),
            (40501, RetryClass::Throttled),
            (40613, RetryClass::Unavailable),
            (18456, RetryClass::Permanent),
            (208, RetryClass::Permanent),
        ] {
            assert_eq!(RetryClass::numbered(number), retry_class, "{number}");
        }
    }
}
