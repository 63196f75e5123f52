//! The table of the Flask application: found by its columns, and read in the order of its keys.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;

use super::Conn;
use super::flask_sql::{self, COLUMNS, SqlText, Value};
use crate::db::DbError;
use crate::db::flask::{AFTER, BEFORE, Column, FlaskKey, FlaskRow, FlaskTable, whole_keys};
use crate::db::long_read::Slice;
use crate::order::Field;

/// Rows of a slice at least: so many of one key are told apart.
const LEAST: usize = 1_000;
/// Rows of a slice at most: they are copied in one transaction.
const MOST: usize = 5_000;

/// The table, before its adoption or since.
pub async fn find_flask(conn: &mut Conn) -> QueryResult<Option<FlaskTable>> {
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

/// Rows in the order of their keys, behind a key; rows without a key of text are none of them.
pub async fn list_flask_orders(
    conn: &mut Conn,
    rows: i64,
    table: &FlaskTable,
    after: Option<&FlaskKey>,
) -> Result<Slice<Vec<FlaskRow>, FlaskKey>, DbError> {
    let limit = usize::try_from(rows).unwrap_or_default().clamp(LEAST, MOST);
    let query = diesel::sql_query(list(table, after.is_some(), limit + 1));
    let found: Vec<Raw> = match after {
        None => query.load(conn).await?,
        Some(FlaskKey { date_uuid, user_id }) => {
            let [date_uuid, user_id] = [date_uuid, user_id].map(|part| flask_sql::value(part));
            query.bind::<SqlText, _>(date_uuid).bind::<SqlText, _>(user_id).load(conn).await?
        }
    };
    let has_more = found.len() > limit;
    let found = whole_keys(found.into_iter().map(Raw::into_row).collect(), limit);
    Ok(Slice { next: found.last().filter(|_| has_more).map(FlaskRow::key), found })
}

async fn find_table(conn: &mut Conn, name: &str) -> QueryResult<Option<FlaskTable>> {
    let columns: Vec<Column> = diesel::sql_query(COLUMNS).bind::<Text, _>(name).load(conn).await?;
    let Some(mut table) = FlaskTable::of(&columns, name == AFTER) else { return Ok(None) };
    table.rows = count(conn, &table, "1 = 1").await?;
    table.without_key = count(conn, &table, &format!("NOT ({})", has_key(&table))).await?;
    Ok(Some(table))
}

async fn count(conn: &mut Conn, table: &FlaskTable, condition: &str) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct RowCount {
        #[diesel(sql_type = BigInt)]
        orders: i64,
    }
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS orders FROM {} WHERE {condition}", table.name());
    let counted: RowCount = diesel::sql_query(sql).get_result(conn).await?;
    // A count is never below zero.
    Ok(counted.orders.unsigned_abs())
}

/// The SQL of a slice, at most so many rows.
pub fn list(table: &FlaskTable, is_behind: bool, limit: usize) -> String {
    let text_of = |field| format!("{} AS {}", flask_sql::text_of(&column(table, field), field), field.name());
    let columns = Field::ALL.map(text_of).join(", ");
    let [(date_uuid, date_uuid_after), (user_id, user_id_after)] = [(Field::DateUuid, 1), (Field::UserId, 2)]
        .map(|(field, parameter)| {
            let kind = table.column(field).map_or("", |(_, kind)| kind);
            flask_sql::compared(column(table, field), kind, parameter)
        });
    // The first condition is a range that the key's index seeks to.
    let behind = if is_behind {
        format!(
            "{date_uuid} >= {date_uuid_after} AND ({date_uuid} > {date_uuid_after} OR {user_id} > {user_id_after}) AND "
        )
    } else {
        String::new()
    };
    let (name, has_key) = (table.name(), has_key(table));
    let (top, limit) = flask_sql::at_most(limit);
    format!(
        "SELECT {top}{columns} FROM {name} WHERE {behind}{has_key} ORDER BY {date_uuid}, {user_id}{limit}"
    )
}

fn has_key(table: &FlaskTable) -> String {
    [Field::DateUuid, Field::UserId].map(|field| flask_sql::is_key(&column(table, field))).join(" AND ")
}

/// A column; with its table's name, because in ORDER BY the names that the result gives its columns come first.
fn column(table: &FlaskTable, field: Field) -> String {
    let column = table.column(field);
    column.map_or_else(
        || "NULL".to_owned(),
        |(name, _)| format!("{}.{}", table.name(), flask_sql::quoted(name)),
    )
}

/// A row whose columns are all read as one type.
#[derive(QueryableByName)]
struct Raw {
    #[diesel(sql_type = Nullable<SqlText>)]
    order_date: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    shipping_date: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    delivery_date: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    store_code: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    product_code: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    product_quantity: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    user_id: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    card_number: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    note: Option<Value>,
    #[diesel(sql_type = Nullable<SqlText>)]
    date_uuid: Option<Value>,
}

impl Raw {
    fn into_row(self) -> FlaskRow {
        let dates = [self.order_date, self.shipping_date, self.delivery_date];
        let goods = [self.store_code, self.product_code, self.product_quantity];
        let customer = [self.user_id, self.card_number];
        let rest = [self.note, self.date_uuid];
        let mut values = dates.into_iter().chain(goods).chain(customer).chain(rest);
        FlaskRow::new(std::array::from_fn(|_| values.next().flatten().map(flask_sql::bytes)))
    }
}
