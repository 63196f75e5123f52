//! The SQL that reads the Flask application's table from an SQLite file, where any column may hold a value of any type.

use crate::order::Field;

/// Names and types of a table's columns.
pub const COLUMNS: &str = "SELECT c.name AS name, c.type AS kind FROM sqlite_master AS t \
    JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table' AND lower(t.name) = ?";

/// Columns are read as bytes, because texts need not be UTF-8.
pub type SqlText = diesel::sql_types::Binary;
pub type Value = Vec<u8>;

/// A part of a key, as a parameter.
pub fn value(part: &[u8]) -> Value {
    part.to_vec()
}

pub fn bytes(value: Value) -> Vec<u8> {
    value
}

/// What stands before the columns of at most so many rows, and at the end.
pub fn at_most(rows: usize) -> (String, String) {
    (String::new(), format!(" LIMIT {rows}"))
}

/// Values of other types sort apart from texts, so that no key of text leads past them.
pub fn is_key(column: &str) -> String {
    format!("typeof({column}) = 'text'")
}

/// A column of the key and a parameter, as they are compared.
pub fn compared(column: String, _kind: &str, parameter: usize) -> (String, String) {
    (column, format!("CAST(?{parameter} AS TEXT)"))
}

/// A whole number that was stored as REAL loses its fraction of zero.
pub fn text_of(column: &str, _field: Field) -> String {
    format!(
        "CAST(CAST(CASE WHEN typeof({column}) = 'real' AND {column} = CAST({column} AS INTEGER) \
         THEN CAST({column} AS INTEGER) ELSE {column} END AS TEXT) AS BLOB)"
    )
}

pub fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_types::Text;
    use diesel::sqlite::SqliteConnection;

    use crate::db::sqlite::queries::flask::{find_flask, list};
    use crate::db::sqlite::{Conn, InPlace};

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[tokio::test]
    async fn batches_are_found_by_the_key() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute(
            "CREATE TABLE orders (date_uuid VARCHAR(36) NOT NULL, \"User ID\" VARCHAR(36) NOT NULL, \
             \"Card Number\" VARCHAR(19), \"Store Code\" VARCHAR(12), product_code VARCHAR(11), \
             \"Product Quantity\" INTEGER, \"Order Date\" DATETIME, \"Shipping Date\" DATETIME, \
             PRIMARY KEY (date_uuid, \"User ID\"))",
        )
        .unwrap();
        let mut conn = Conn::with_runtime(conn, InPlace);
        let table = find_flask(&mut conn).await.unwrap().unwrap();
        for (is_behind, way) in [(false, "SCAN orders USING INDEX"), (true, "SEARCH orders USING INDEX")] {
            let sql = format!("EXPLAIN QUERY PLAN {}", list(&table, is_behind, 10));
            let steps: Vec<Step> = conn
                .spawn_blocking(move |conn| {
                    let query = diesel::sql_query(sql);
                    if is_behind {
                        query.bind::<Text, _>("a").bind::<Text, _>("b").load(conn)
                    } else {
                        query.load(conn)
                    }
                })
                .await
                .unwrap();
            assert_eq!(steps.len(), 1, "no step sorts");
            assert!(steps[0].detail.starts_with(way), "{}", steps[0].detail);
        }
    }
}
