//! The SQL that reads the Flask application's table on a server, and gives it another name.

use diesel::QueryResult;
use diesel_async::SimpleAsyncConnection;

use super::Conn;
use crate::db::flask::{AFTER, BEFORE};
use crate::order::Field;

/// Names of this program's constraints on `orders`. Such names are unique in a schema, so that an old table may not
/// keep one.
const CONSTRAINTS: [&str; 2] = ["orders_pk", "orders_key"];

/// Names and types of a table's columns.
pub const COLUMNS: &str = "SELECT name, TYPE_NAME(system_type_id) AS kind FROM sys.columns \
    WHERE object_id = OBJECT_ID(@P1, N'U')";

pub type SqlText = diesel::sql_types::Text;
pub type Value = String;

/// A part of a key, as a parameter.
pub fn value(part: &[u8]) -> Value {
    String::from_utf8_lossy(part).into_owned()
}

pub fn bytes(value: Value) -> Vec<u8> {
    value.into_bytes()
}

/// What stands before the columns of at most so many rows, and at the end.
pub fn at_most(rows: usize) -> (String, String) {
    (format!("TOP ({rows}) "), String::new())
}

pub fn is_key(column: &str) -> String {
    format!("{column} IS NOT NULL")
}

/// A column of the key and a parameter, compared as what the column is: a column converted row by row would have
/// no index, and SQL Server sorts VARCHAR and NVARCHAR by different rules.
pub fn compared(column: String, kind: &str, parameter: usize) -> (String, String) {
    let value = format!("@P{parameter}");
    match kind {
        "varchar" | "char" => (column, format!("CAST({value} AS VARCHAR(8000))")),
        "nvarchar" | "nchar" => (column, value),
        "uniqueidentifier" => (column, format!("CAST({value} AS UNIQUEIDENTIFIER)")),
        _ => (format!("CONVERT(NVARCHAR(4000), {column})"), value),
    }
}

/// Dates as `YYYY-MM-DD HH:MM:SS` (style 120), all else as it is.
pub fn text_of(column: &str, field: Field) -> String {
    let style = match field {
        Field::OrderDate | Field::ShippingDate | Field::DeliveryDate => ", 120",
        _ => "",
    };
    format!("CONVERT(NVARCHAR(4000), {column}{style})")
}

pub fn quoted(name: &str) -> String {
    format!("[{name}]")
}

/// Gives the table its new name, and constraints of it that are in the way.
pub async fn rename_flask(conn: &mut Conn) -> QueryResult<()> {
    for constraint in CONSTRAINTS {
        conn.batch_execute(&format!(
            "IF EXISTS (SELECT 1 FROM sys.objects WHERE name = N'{constraint}' AND parent_object_id = OBJECT_ID(N'{BEFORE}', N'U')) \
             EXEC sp_rename N'{constraint}', N'{AFTER}_{constraint}', N'OBJECT'"
        ))
        .await?;
    }
    conn.batch_execute(&format!("EXEC sp_rename N'{BEFORE}', N'{AFTER}', N'OBJECT'")).await
}

#[cfg(test)]
mod tests {
    use crate::db::azure_sql::queries::flask::list;
    use crate::db::flask::{Column, FlaskTable};

    #[test]
    fn keys_are_compared_as_what_their_columns_are() {
        let column = |name: &str, kind: &str| Column { name: name.to_owned(), kind: kind.to_owned() };
        let mut columns = vec![column("date_uuid", "uniqueidentifier"), column("User ID", "varchar")];
        let others =
            ["Card Number", "Store Code", "product_code", "Product Quantity", "Order Date", "Shipping Date"];
        columns.extend(others.map(|name| column(name, "varchar")));
        let table = FlaskTable::of(&columns, true).unwrap();
        insta::assert_snapshot!("flask_orders", list(&table, true, 5001));
    }
}
