//! Warnings about orders, and who has seen them.
//!
//! Triggers keep the rows by the order's flags, whichever release writes those: a warning that is gone has none, and a new
//! one is unseen. `orders.unseen` has those that nobody has seen as flags, for an index in the order of lists.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::rows::WarningRow;
use crate::db::schema::{order_warnings, orders};
use crate::order::{Order, OrderNumber, Timestamp, WarningRecord};

/// The warnings about an order, in the order of their bits.
pub async fn warnings_of(conn: &mut Conn, order: &Order) -> Result<Vec<WarningRecord>, DbError> {
    if order.flags.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<WarningRow> = load(warnings_about(order.number.get()), conn).await?;
    let mut warnings: Vec<WarningRecord> = rows.into_iter().filter_map(WarningRow::into_record).collect();
    warnings.sort_by_key(|record| record.warning);
    Ok(warnings)
}

/// Notes who has seen the warnings that nobody had, the order's row first; whether there were any.
pub async fn mark_seen(
    conn: &mut Conn,
    number: OrderNumber,
    by: &str,
    at: Timestamp,
) -> Result<bool, DbError> {
    let number = number.get();
    let was_unseen = diesel::update(to_check(number)).set(orders::unseen.eq(0_i16)).execute(conn).await? > 0;
    let seen = (order_warnings::seen_by.eq(by), order_warnings::seen_at.eq(at));
    diesel::update(unseen_about(number)).set(seen).execute(conn).await?;
    Ok(was_unseen)
}

fn warnings_about(number: i64) -> impl Rows<WarningRow> {
    order_warnings::table
        .filter(order_warnings::order_number.eq(number))
        .order(order_warnings::kind)
        .select(WarningRow::as_select())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn to_check(number: i64) -> _ {
    orders::table.filter(orders::number.eq(number)).filter(orders::unseen.gt(0_i16))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn unseen_about(number: i64) -> _ {
    order_warnings::table
        .filter(order_warnings::order_number.eq(number))
        .filter(order_warnings::seen_at.is_null())
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
    let order = diesel::update(to_check(7)).set(orders::unseen.eq(0_i16));
    let seen = (order_warnings::seen_by.eq("desk"), order_warnings::seen_at.eq(at));
    let warnings = diesel::update(unseen_about(7)).set(seen);
    vec![
        ("warnings_about", sql(&warnings_about(7))),
        ("mark_order_seen", diesel::debug_query::<super::DB, _>(&order).to_string()),
        ("mark_warnings_seen", diesel::debug_query::<super::DB, _>(&warnings).to_string()),
    ]
}
