//! Rows of a desk that moves, as SQLite has them: read and stored as they are.

use diesel::QueryResult;
use diesel::deserialize::{self, QueryableByName};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::row::{Field, NamedRow, Row as RawRow};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::SqliteType;
use diesel_async::SimpleAsyncConnection;

use super::{Conn, DB};
use crate::db::DbError;
use crate::db::relocation::{Column, Hold, Kind, Row, Table, Value};

impl QueryableByName<DB> for Row {
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for place in 0..row.field_count() {
            let field = RawRow::get(row, place).ok_or("a column is missing")?;
            values.push(match field.value() {
                None => Value::Null,
                Some(mut raw) => match raw.value_type() {
                    Some(SqliteType::Text) => Value::Text(raw.read_text().to_owned()),
                    Some(SqliteType::Binary) => Value::Bytes(raw.read_blob().to_vec()),
                    Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                        Value::Number(raw.read_long())
                    }
                    _ => return Err("a column holds a fraction".into()),
                },
            });
        }
        Ok(Self(values))
    }
}

/// What rows are read from: the table itself.
pub fn source_of(table: &Table) -> String {
    table.name.to_owned()
}

/// What stands before the columns of at most so many rows, and at the end.
pub fn at_most(rows: usize) -> (String, String) {
    (String::new(), format!(" LIMIT {rows}"))
}

/// Whether a row comes after the one with a key: row values lead SQLite into the primary key.
pub fn push_behind<'b>(
    out: &mut AstPass<'_, 'b, DB>,
    columns: &[Column],
    key: &'b [Value],
) -> QueryResult<()> {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    out.push_sql(&format!("({}) > (", names.join(", ")));
    for (nth, part) in key.iter().enumerate() {
        if nth > 0 {
            out.push_sql(", ");
        }
        push_value(out, part)?;
    }
    out.push_sql(")");
    Ok(())
}

fn push_value<'b>(out: &mut AstPass<'_, 'b, DB>, value: &'b Value) -> QueryResult<()> {
    match value {
        Value::Null => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None),
        Value::Number(number) => out.push_bind_param::<BigInt, i64>(number),
        Value::Text(text) => out.push_bind_param::<Text, String>(text),
        Value::Bytes(bytes) => out.push_bind_param::<Binary, Vec<u8>>(bytes),
    }
}

/// Begins the transaction in which all is read. It writes nothing, whatever happens.
pub async fn hold(conn: &mut Conn, hold: Hold, _tables: &[Table]) -> Result<(), DbError> {
    let begin = match hold {
        // The place of the one writer, which stays free of writes.
        Hold::ReadOnly => "BEGIN IMMEDIATE",
        Hold::Snapshot => "BEGIN",
    };
    conn.batch_execute(begin).await?;
    // The first read takes the snapshot.
    conn.batch_execute("SELECT count(*) FROM relocations; PRAGMA query_only = ON").await?;
    Ok(())
}

/// Stores rows in the transaction that is under way.
pub async fn insert_rows(conn: &mut Conn, table: &'static Table, rows: Vec<Row>) -> Result<(), DbError> {
    let insert = move |conn: &mut diesel::SqliteConnection| {
        rows.iter().try_for_each(|row| InsertRow { table, row }.execute(conn).map(drop))
    };
    Ok(conn.spawn_blocking(insert).await?)
}

/// One row into its table: a statement that SQLite keeps prepared.
struct InsertRow<'a> {
    table: &'static Table,
    row: &'a Row,
}

impl QueryFragment<DB> for InsertRow<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let names: Vec<_> = self.table.columns.iter().map(|column| column.name).collect();
        out.push_sql(&format!("INSERT INTO {} ({}) VALUES (", self.table.name, names.join(", ")));
        for (nth, (column, value)) in self.table.columns.iter().zip(&self.row.0).enumerate() {
            if nth > 0 {
                out.push_sql(", ");
            }
            match (value, column.kind) {
                // Of the column's own type: a statement is known by its text and these.
                (Value::Null, Kind::Text | Kind::Time) => {
                    out.push_bind_param::<Nullable<Text>, Option<String>>(&None)?;
                }
                (Value::Null, Kind::Bytes) => {
                    out.push_bind_param::<Nullable<Binary>, Option<Vec<u8>>>(&None)?;
                }
                (value, _) => push_value(&mut out, value)?,
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for InsertRow<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<diesel::SqliteConnection> for InsertRow<'_> {}

/// What storing rows of a table takes, for review.
#[cfg(test)]
pub fn statements(table: &'static Table) -> Vec<String> {
    let row = Row(table.columns.iter().map(|_| Value::Null).collect());
    let sql = diesel::debug_query::<DB, _>(&InsertRow { table, row: &row }).to_string();
    vec![sql.split(" -- binds").next().unwrap().to_owned()]
}
