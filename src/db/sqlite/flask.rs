//! The Flask application's table in an SQLite file, where any column may hold a value of any type.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::Conn;
use crate::db::DbError;
use crate::db::flask::{self, AFTER, BEFORE, Column, FlaskKey, FlaskRow, FlaskTable, whole_keys};
use crate::order::Field;

/// The table, before its adoption or since.
///
/// In a transaction: another program may begin its adoption between two of these questions.
pub(super) fn find_flask(conn: &mut SqliteConnection) -> QueryResult<Option<FlaskTable>> {
    conn.transaction(|conn| match find_table(conn, BEFORE)? {
        None => find_table(conn, AFTER),
        found => Ok(found),
    })
}

/// Rows in the order of their keys, behind a key; rows without a key of text are none of them.
pub async fn list_flask_orders(
    conn: &mut Conn,
    table: &FlaskTable,
    after: Option<&FlaskKey>,
    limit: usize,
) -> Result<Vec<FlaskRow>, DbError> {
    let sql = list(table, after.is_some(), limit + 1);
    let key = after.map(|key| (key.date_uuid.to_vec(), key.user_id.to_vec())).unwrap_or_default();
    let rows = conn
        .spawn_blocking(move |conn| {
            let query = diesel::sql_query(sql);
            query.bind::<Binary, _>(key.0).bind::<Binary, _>(key.1).load::<Raw>(conn)
        })
        .await?;
    Ok(whole_keys(rows.into_iter().map(Raw::into_row).collect(), limit))
}

flask::raw_row!(Binary, Vec<u8>);

fn find_table(conn: &mut SqliteConnection, name: &str) -> QueryResult<Option<FlaskTable>> {
    let columns: Vec<ColumnRow> = diesel::sql_query(
        "SELECT c.name AS name, c.type AS kind FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND lower(t.name) = ?",
    )
    .bind::<Text, _>(name)
    .load(conn)?;
    let columns: Vec<Column> =
        columns.into_iter().map(|ColumnRow { name, kind }| Column { name, kind }).collect();
    let Some(mut table) = FlaskTable::of(&columns, name == AFTER) else { return Ok(None) };
    table.rows = count(conn, &table, "1")?;
    table.without_key = count(conn, &table, &format!("NOT ({})", has_key(&table)))?;
    Ok(Some(table))
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct RowCount {
    #[diesel(sql_type = BigInt)]
    orders: i64,
}

fn count(conn: &mut SqliteConnection, table: &FlaskTable, condition: &str) -> QueryResult<u64> {
    let sql = format!("SELECT count(*) AS orders FROM {} WHERE {condition}", table.name());
    let counted: RowCount = diesel::sql_query(sql).get_result(conn)?;
    // A count is never below zero.
    Ok(counted.orders.unsigned_abs())
}

fn list(table: &FlaskTable, is_behind: bool, limit: usize) -> String {
    let columns = Field::ALL.map(|field| format!("{} AS {}", text_of(table, field), field.name())).join(", ");
    let [date_uuid, user_id] = key_of(table);
    // The first condition is a range that the key's index seeks to.
    let behind = if is_behind {
        format!(
            "{date_uuid} >= CAST(?1 AS TEXT) AND ({date_uuid} > CAST(?1 AS TEXT) OR {user_id} > CAST(?2 AS TEXT))"
        )
    } else {
        // Uses both parameters, whatever they are.
        "?1 IS ?1 AND ?2 IS ?2".to_owned()
    };
    format!(
        "SELECT {columns} FROM {} WHERE {behind} AND {} ORDER BY {date_uuid}, {user_id} LIMIT {limit}",
        table.name(),
        has_key(table)
    )
}

/// Values of other types sort apart from texts, so that no key of text leads past them.
fn has_key(table: &FlaskTable) -> String {
    key_of(table).map(|column| format!("typeof({column}) = 'text'")).join(" AND ")
}

fn key_of(table: &FlaskTable) -> [String; 2] {
    [Field::DateUuid, Field::UserId].map(|field| quoted(table, field))
}

/// As bytes, because texts need not be UTF-8. A whole number that was stored as REAL loses its fraction of zero.
fn text_of(table: &FlaskTable, field: Field) -> String {
    let column = quoted(table, field);
    format!(
        "CAST(CAST(CASE WHEN typeof({column}) = 'real' AND {column} = CAST({column} AS INTEGER) \
         THEN CAST({column} AS INTEGER) ELSE {column} END AS TEXT) AS BLOB)"
    )
}

/// A column; with its table's name, because in ORDER BY the names that the result gives its columns come first.
fn quoted(table: &FlaskTable, field: Field) -> String {
    let column = table.column(field);
    column.map_or_else(|| "NULL".to_owned(), |(name, _)| format!("{}.\"{name}\"", table.name()))
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn batches_are_found_by_the_key() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute(
            "CREATE TABLE orders (date_uuid VARCHAR(36) NOT NULL, \"User ID\" VARCHAR(36) NOT NULL, \
             \"Card Number\" VARCHAR(19), \"Store Code\" VARCHAR(12), product_code VARCHAR(11), \
             \"Product Quantity\" INTEGER, \"Order Date\" DATETIME, \"Shipping Date\" DATETIME, \
             PRIMARY KEY (date_uuid, \"User ID\"))",
        )
        .unwrap();
        let table = find_flask(&mut conn).unwrap().unwrap();
        for (is_behind, way) in [(false, "SCAN orders USING INDEX"), (true, "SEARCH orders USING INDEX")] {
            let sql = format!("EXPLAIN QUERY PLAN {}", list(&table, is_behind, 10));
            let bound = diesel::sql_query(sql).bind::<Text, _>("a").bind::<Text, _>("b");
            let steps: Vec<Step> = bound.load(&mut conn).unwrap();
            assert_eq!(steps.len(), 1, "no step sorts");
            assert!(steps[0].detail.starts_with(way), "{}", steps[0].detail);
        }
    }
}
