//! What the server and the driver say, in Diesel's words.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::retry::RetryClass;

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
}
