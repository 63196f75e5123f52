//! The Flask application's table on a server.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::Conn;
use crate::db::DbError;
use crate::db::flask::{self, AFTER, BEFORE, Column, FlaskKey, FlaskRow, FlaskTable, whole_keys};
use crate::order::Field;

/// Names of this program's constraints on `orders`. Such names are unique in a schema, so that an old table may not
/// keep one.
const CONSTRAINTS: [&str; 2] = ["orders_pk", "orders_key"];

/// The table, before its adoption or since.
pub(super) async fn find_flask(conn: &mut Conn) -> QueryResult<Option<FlaskTable>> {
    match find_flask_once(conn).await {
        // Another program may have begun its adoption between two of the questions.
        Err(_) => find_flask_once(conn).await,
        found => found,
    }
}

async fn find_flask_once(conn: &mut Conn) -> QueryResult<Option<FlaskTable>> {
    match find_table(conn, BEFORE).await? {
        None => find_table(conn, AFTER).await,
        found => Ok(found),
    }
}

/// Gives the table its new name, and constraints of it that are in the way.
pub(super) async fn rename_flask(conn: &mut Conn) -> QueryResult<()> {
    for constraint in CONSTRAINTS {
        conn.batch_execute(&format!(
            "IF EXISTS (SELECT 1 FROM sys.objects WHERE name = N'{constraint}' AND parent_object_id = OBJECT_ID(N'{BEFORE}', N'U')) \
             EXEC sp_rename N'{constraint}', N'{AFTER}_{constraint}', N'OBJECT'"
        ))
        .await?;
    }
    conn.batch_execute(&format!("EXEC sp_rename N'{BEFORE}', N'{AFTER}', N'OBJECT'")).await
}

/// Rows in the order of their keys, behind a key; rows without a key are none of them.
pub async fn list_flask_orders(
    conn: &mut Conn,
    table: &FlaskTable,
    after: Option<&FlaskKey>,
    limit: usize,
) -> Result<Vec<FlaskRow>, DbError> {
    let query = diesel::sql_query(list(table, after.is_some(), limit + 1));
    let rows: Vec<Raw> = match after {
        None => query.load(conn).await?,
        Some(key) => {
            let [date_uuid, user_id] =
                [&key.date_uuid, &key.user_id].map(|part| String::from_utf8_lossy(part));
            query.bind::<Text, _>(date_uuid).bind::<Text, _>(user_id).load(conn).await?
        }
    };
    Ok(whole_keys(rows.into_iter().map(Raw::into_row).collect(), limit))
}

flask::raw_row!(Text, String);

async fn find_table(conn: &mut Conn, name: &str) -> QueryResult<Option<FlaskTable>> {
    let columns: Vec<ServerColumnRow> = diesel::sql_query(
        "SELECT name, TYPE_NAME(system_type_id) AS kind FROM sys.columns WHERE object_id = OBJECT_ID(@P1, N'U')",
    )
    .bind::<Text, _>(name)
    .load(conn)
    .await?;
    let columns: Vec<Column> =
        columns.into_iter().map(|ServerColumnRow { name, kind }| Column { name, kind }).collect();
    let Some(mut table) = FlaskTable::of(&columns, name == AFTER) else { return Ok(None) };
    table.rows = count(conn, &table, "1 = 1").await?;
    table.without_key = count(conn, &table, &format!("NOT ({})", has_key(&table))).await?;
    Ok(Some(table))
}

#[derive(QueryableByName)]
struct ServerColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct ServerRowCount {
    #[diesel(sql_type = BigInt)]
    orders: i64,
}

async fn count(conn: &mut Conn, table: &FlaskTable, condition: &str) -> QueryResult<u64> {
    let sql = format!("SELECT COUNT_BIG(*) AS orders FROM {} WHERE {condition}", table.name());
    let counted: ServerRowCount = diesel::sql_query(sql).get_result(conn).await?;
    // A count is never below zero.
    Ok(counted.orders.unsigned_abs())
}

fn list(table: &FlaskTable, is_behind: bool, limit: usize) -> String {
    let columns = Field::ALL.map(|field| format!("{} AS {}", text_of(table, field), field.name())).join(", ");
    let [(date_uuid, date_uuid_after), (user_id, user_id_after)] =
        [(Field::DateUuid, "@P1"), (Field::UserId, "@P2")]
            .map(|(field, value)| compared(table, field, value));
    // The first condition is a range that the key's index seeks to.
    let behind = if is_behind {
        format!(
            "{date_uuid} >= {date_uuid_after} AND ({date_uuid} > {date_uuid_after} OR {user_id} > {user_id_after}) AND "
        )
    } else {
        String::new()
    };
    format!(
        "SELECT TOP ({limit}) {columns} FROM {} WHERE {behind}{} ORDER BY {date_uuid}, {user_id}",
        table.name(),
        has_key(table)
    )
}

fn has_key(table: &FlaskTable) -> String {
    [Field::DateUuid, Field::UserId]
        .map(|field| format!("{} IS NOT NULL", quoted(table, field)))
        .join(" AND ")
}

/// A column of the key and a parameter, compared as what the column is: a column converted row by row would have
/// no index, and SQL Server sorts VARCHAR and NVARCHAR by different rules.
fn compared(table: &FlaskTable, field: Field, value: &str) -> (String, String) {
    let column = quoted(table, field);
    match table.column(field).map_or("", |(_, kind)| kind) {
        "varchar" | "char" => (column, format!("CAST({value} AS VARCHAR(8000))")),
        "nvarchar" | "nchar" => (column, value.to_owned()),
        "uniqueidentifier" => (column, format!("CAST({value} AS UNIQUEIDENTIFIER)")),
        _ => (format!("CONVERT(NVARCHAR(4000), {column})"), value.to_owned()),
    }
}

/// Dates as `YYYY-MM-DD HH:MM:SS` (style 120), all else as it is.
fn text_of(table: &FlaskTable, field: Field) -> String {
    let style = match field {
        Field::OrderDate | Field::ShippingDate | Field::DeliveryDate => ", 120",
        _ => "",
    };
    format!("CONVERT(NVARCHAR(4000), {}{style})", quoted(table, field))
}

/// A column; with its table's name, because in ORDER BY the names that the result gives its columns come first.
fn quoted(table: &FlaskTable, field: Field) -> String {
    let column = table.column(field);
    column.map_or_else(|| "NULL".to_owned(), |(name, _)| format!("{}.[{name}]", table.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
