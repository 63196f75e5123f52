//! Many rows at once, by the driver's bulk copy.

use diesel::QueryResult;
use tiberius::TokenRow;

use crate::bind::{Parameter, Slot};
use crate::connection::MssqlConnection;
use crate::mssql::MssqlType;

/// A row for [`bulk_copy`]: a value for each column, or NULL.
#[derive(Debug, Default)]
pub struct BulkRow(Vec<Parameter>);

impl BulkRow {
    /// Adds the next column's value.
    pub fn push(&mut self, sql_type: MssqlType, value: Option<impl Into<Slot>>) {
        let value = value.and_then(|value| value.into().into_data());
        self.0.push(Parameter { sql_type, value });
    }
}

/// Copies rows into the named columns of a table, in their order; returns how many.
///
/// Both names go into the statement as they are: they must be the program's own. Rules that the server checks on
/// INSERT (CHECK, triggers) are not checked here unless the table is filled from a staging table afterwards. In a
/// transaction, all rows go with it. A TIME must have the scale of its column; a DATETIME2 is cut down to it.
pub async fn bulk_copy(
    conn: &mut MssqlConnection,
    table: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = BulkRow, IntoIter: Send> + Send,
) -> QueryResult<usize> {
    let rows = rows.into_iter();
    let copied = conn
        .request(async move |client| {
            let mut copy = client.bulk_insert_columns(table, columns).await?;
            for BulkRow(row) in rows {
                let mut values = TokenRow::with_capacity(row.len());
                for value in row {
                    values.push(value.into_data());
                }
                copy.send(values).await?;
            }
            copy.finalize().await.map(tiberius::ExecuteResult::total)
        })
        .await?;
    usize::try_from(copied).map_err(|error| diesel::result::Error::DeserializationError(error.into()))
}
