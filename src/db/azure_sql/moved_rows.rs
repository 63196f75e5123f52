//! Rows of a desk that moves, as SQL Server has them: read and stored as they are.
//!
//! They are stored by bulk copy into a table of this session, then by one statement into their own: so every rule of
//! the schema holds. What numbers its rows by itself takes the numbers that they have.

use chrono::NaiveDateTime;
use diesel::QueryResult;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::query_builder::AstPass;
use diesel::row::{Field, NamedRow, Row as RawRow};
use diesel::sql_types::{BigInt, Binary, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use diesel_mssql::{BulkRow, Isolation, MssqlTransactions, MssqlType, MssqlValue, bulk_copy, date_time};

use super::{Conn, DB};
use crate::db::DbError;
use crate::db::relocation::{Column, Hold, Kind, Row, Table, Value};

/// As SQLite stores times.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

impl QueryableByName<DB> for Row {
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for place in 0..row.field_count() {
            let field = RawRow::get(row, place).ok_or("a column is missing")?;
            values.push(field.value().map_or(Ok(Value::Null), value)?);
        }
        Ok(Self(values))
    }
}

fn value(raw: MssqlValue<'_>) -> deserialize::Result<Value> {
    if let Ok(text) = raw.text() {
        return Ok(Value::Text(text.to_owned()));
    }
    if let Ok(time) = raw.date_time() {
        return Ok(Value::Text(time.format(TIME).to_string()));
    }
    if let Ok(number) = <i64 as FromSql<BigInt, DB>>::from_sql(raw) {
        return Ok(Value::Number(number));
    }
    <Vec<u8> as FromSql<Binary, DB>>::from_sql(raw).map(Value::Bytes)
}

/// What rows are read from: the table, or the sums of the rows in which each session counts for itself.
pub fn source_of(table: &Table) -> String {
    if table.name != "kept_counts" {
        return table.name.to_owned();
    }
    let sums =
        table.columns.iter().skip(table.key).map(|Column { name, .. }| format!("SUM({name}) AS {name}"));
    let keys = || table.key_columns().iter().map(|column| column.name.to_owned());
    let columns = keys().chain(sums).collect::<Vec<_>>().join(", ");
    let keys = keys().collect::<Vec<_>>().join(", ");
    format!("(SELECT {columns} FROM kept_counts GROUP BY {keys}) AS kept_counts")
}

/// What stands before the columns of at most so many rows, and at the end.
pub fn at_most(rows: usize) -> (String, String) {
    (format!("TOP ({rows}) "), String::new())
}

/// Whether a row comes after the one with a key: the first condition is a range that the primary key seeks to.
pub fn push_behind<'b>(
    out: &mut AstPass<'_, 'b, DB>,
    columns: &[Column],
    key: &'b [Value],
) -> QueryResult<()> {
    let Some(((column, more), (part, rest))) = columns.split_first().zip(key.split_first()) else {
        return Ok(());
    };
    let Column { name, .. } = column;
    if more.is_empty() {
        out.push_sql(&format!("{name} > "));
        return push_value(out, part);
    }
    out.push_sql(&format!("{name} >= "));
    push_value(out, part)?;
    out.push_sql(&format!(" AND ({name} > "));
    push_value(out, part)?;
    out.push_sql(" OR ");
    push_behind(out, more, rest)?;
    out.push_sql(")");
    Ok(())
}

fn push_value<'b>(out: &mut AstPass<'_, 'b, DB>, value: &'b Value) -> QueryResult<()> {
    match value {
        Value::Number(number) => out.push_bind_param::<BigInt, i64>(number),
        Value::Text(text) => out.push_bind_param::<Text, String>(text),
        Value::Bytes(bytes) => out.push_bind_param::<Binary, Vec<u8>>(bytes),
        // No key has one.
        Value::Null => {
            out.push_sql("NULL");
            Ok(())
        }
    }
}

/// Begins the transaction in which all is read.
pub async fn hold(conn: &mut Conn, hold: Hold, tables: &[Table]) -> Result<(), DbError> {
    conn.set_isolation(match hold {
        Hold::ReadOnly => Isolation::ReadCommitted,
        Hold::Snapshot => Isolation::Snapshot,
    });
    MssqlTransactions::begin_transaction(conn).await?;
    if hold == Hold::ReadOnly {
        for table in tables {
            conn.batch_execute(&lock(table)).await?;
        }
    }
    Ok(())
}

/// Keeps everybody from writing to a table until the transaction ends. Readers of snapshots go on.
fn lock(Table { name, .. }: &Table) -> String {
    format!(
        "DECLARE @any INT = (SELECT COUNT(*) FROM \
         (SELECT TOP (1) 1 AS one FROM {name} WITH (TABLOCK, HOLDLOCK)) AS locked)"
    )
}

/// Stores rows in the transaction that is under way.
pub async fn insert_rows(conn: &mut Conn, table: &'static Table, rows: Vec<Row>) -> Result<(), DbError> {
    let rows: Vec<BulkRow> = rows.into_iter().map(|row| bulk_row(table, row)).collect::<Result<_, _>>()?;
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    conn.batch_execute(&staging(table)).await?;
    bulk_copy(conn, "#moved", &columns, rows).await?;
    if table.is_numbered {
        conn.batch_execute(&format!("SET IDENTITY_INSERT {} ON", table.name)).await?;
    }
    diesel::sql_query(store(table)).execute(conn).await?;
    if table.is_numbered {
        conn.batch_execute(&format!("SET IDENTITY_INSERT {} OFF", table.name)).await?;
    }
    Ok(())
}

/// An empty table of the same columns and types. The join keeps it from numbering its rows.
fn staging(table: &Table) -> String {
    let of_one = table.columns.iter().map(|column| format!("one.{}", column.name));
    format!(
        "IF OBJECT_ID('tempdb..#moved') IS NOT NULL DROP TABLE #moved; \
         SELECT TOP (0) {} INTO #moved FROM {name} AS one LEFT JOIN {name} AS other ON 1 = 0",
        of_one.collect::<Vec<_>>().join(", "),
        name = table.name
    )
}

fn store(table: &Table) -> String {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    let columns = names(table.columns);
    let key = names(table.key_columns());
    format!("INSERT INTO {} ({columns}) SELECT {columns} FROM #moved ORDER BY {key}", table.name)
}

fn bulk_row(table: &Table, row: Row) -> Result<BulkRow, DbError> {
    let misfit =
        |column: &Column| DbError::Internal(format!("{}.{} holds what it cannot", table.name, column.name));
    let mut bulk = BulkRow::default();
    for (column, value) in table.columns.iter().zip(row.0) {
        let wrong = || misfit(column);
        match (column.kind, value) {
            (kind, Value::Null) => bulk.push(sql_type(kind), None::<i64>),
            (Kind::Small, Value::Number(number)) => {
                bulk.push(MssqlType::SmallInt, Some(i16::try_from(number).map_err(|_| wrong())?));
            }
            (Kind::Integer, Value::Number(number)) => {
                bulk.push(MssqlType::Int, Some(i32::try_from(number).map_err(|_| wrong())?));
            }
            (Kind::Big, Value::Number(number)) => bulk.push(MssqlType::BigInt, Some(number)),
            (Kind::Text, Value::Text(text)) => bulk.push(MssqlType::NVarChar, Some(text)),
            (Kind::Time, Value::Text(text)) => {
                let time = NaiveDateTime::parse_from_str(&text, TIME).map_err(|_| wrong())?;
                bulk.push(MssqlType::DateTime2, Some(date_time(time).map_err(|_| wrong())?));
            }
            (Kind::Bytes, Value::Bytes(bytes)) => bulk.push(MssqlType::VarBinary, Some(bytes)),
            _ => return Err(wrong()),
        }
    }
    Ok(bulk)
}

fn sql_type(kind: Kind) -> MssqlType {
    match kind {
        Kind::Small => MssqlType::SmallInt,
        Kind::Integer => MssqlType::Int,
        Kind::Big => MssqlType::BigInt,
        Kind::Text => MssqlType::NVarChar,
        Kind::Time => MssqlType::DateTime2,
        Kind::Bytes => MssqlType::VarBinary,
    }
}

/// What storing rows of a table takes, for review; and what keeps others from it.
#[cfg(test)]
pub fn statements(table: &'static Table) -> Vec<String> {
    vec![lock(table), staging(table), store(table)]
}
