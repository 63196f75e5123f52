//! One order, and orders by their UUIDs.

use diesel::prelude::*;
use diesel_async::AsyncConnection;

use super::calendar::{count_orders, counted, orders_after};
use super::events::history_of;
use super::warnings::warnings_of;
use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::rows::{EventRow, OrderRow};
use crate::db::schema::orders;
use crate::order::{LocalTime, Order, OrderDetails, OrderNumber, Place, Total};

/// An order, its history and its place in the list.
pub async fn find_order(conn: &mut Conn, number: OrderNumber) -> Result<Option<OrderDetails>, DbError> {
    conn.transaction(async |conn| {
        let found: Vec<OrderRow> = load(order_numbered(number.get()), conn).await?;
        let Some(this) = found.into_iter().next().map(OrderRow::into_order) else { return Ok(None) };
        let history: Vec<EventRow> = load(history_of(number.get()), conn).await?;
        let at = this.dates.ordered();
        let newer: Vec<i64> = load(newer_than(at, number.get()), conn).await?;
        let older: Vec<i64> = load(older_than(at, number.get()), conn).await?;
        let later_days: Vec<Option<i64>> = load(orders_after(at.day()), conn).await?;
        let later_that_day: Vec<i64> = load(orders_later_that_day(at, number.get()), conn).await?;
        let before_it = counted(later_days.into_iter().flatten().chain(later_that_day).sum())?;
        Ok(Some(OrderDetails {
            warnings: warnings_of(conn, &this).await?,
            order: this,
            history: history.into_iter().map(EventRow::into_event).collect(),
            place: Place {
                previous: newer.into_iter().find_map(OrderNumber::new),
                next: older.into_iter().find_map(OrderNumber::new),
                position: Some(before_it + 1),
                total: Some(Total::Exactly(count_orders(conn).await?)),
            },
        }))
    })
    .await
}

/// Whether there is an order of this number.
pub async fn has_order(conn: &mut Conn, number: OrderNumber) -> Result<bool, DbError> {
    Ok(!load(same_number(number.get()), conn).await?.is_empty())
}

/// The orders that have any of these UUIDs, in the order of their keys.
pub async fn list_orders_with(conn: &mut Conn, uuids: &[String]) -> Result<Vec<Order>, DbError> {
    let rows: Vec<OrderRow> = load(orders_with(uuids.to_vec()), conn).await?;
    Ok(rows.into_iter().map(OrderRow::into_order).collect())
}

pub fn order_numbered(number: i64) -> impl Rows<OrderRow> {
    orders::table.filter(orders::number.eq(number)).select(OrderRow::as_select())
}

fn same_number(number: i64) -> impl Rows<i64> {
    orders::table.filter(orders::number.eq(number)).select(orders::number)
}

fn orders_with(uuids: Vec<String>) -> impl Rows<OrderRow> {
    orders::table
        .filter(orders::date_uuid.eq_any(uuids))
        .order((orders::date_uuid, orders::user_id))
        .select(OrderRow::as_select())
}

/// The next order towards the newest. The first condition is a range that the index seeks to.
fn newer_than(at: LocalTime, number: i64) -> impl Rows<i64> {
    orders::table
        .filter(orders::order_date.ge(at))
        .filter(orders::order_date.gt(at).or(orders::number.gt(number)))
        .order((orders::order_date.asc(), orders::number.asc()))
        .select(orders::number)
        .limit(1)
}

/// The next order towards the oldest. The first condition is a range that the index seeks to.
fn older_than(at: LocalTime, number: i64) -> impl Rows<i64> {
    orders::table
        .filter(orders::order_date.le(at))
        .filter(orders::order_date.lt(at).or(orders::number.lt(number)))
        .order((orders::order_date.desc(), orders::number.desc()))
        .select(orders::number)
        .limit(1)
}

fn orders_later_that_day(at: LocalTime, number: i64) -> impl Rows<i64> {
    orders::table
        .filter(orders::order_date.ge(at))
        .filter(orders::order_date.lt(at.day().next().start()))
        .filter(orders::order_date.gt(at).or(orders::number.gt(number)))
        .count()
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let at = crate::order::Day::new(2022, 3, 4).unwrap().start();
    vec![
        ("order_numbered", sql(&order_numbered(7))),
        ("same_number", sql(&same_number(7))),
        ("orders_with", sql(&orders_with(vec!["one".to_owned(), "two".to_owned()]))),
        ("newer_than", sql(&newer_than(at, 7))),
        ("older_than", sql(&older_than(at, 7))),
        ("orders_later_that_day", sql(&orders_later_that_day(at, 7))),
    ]
}
