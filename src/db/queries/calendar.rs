//! The calendar of counts: kept by every write of an order, read by every page of the list.

use std::cmp::Ordering;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load};
use crate::db::schema::order_counts;
use crate::db::{DbError, counts};
use crate::order::Day;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Diesel's own `sum` of a `BigInt` is a `Numeric`, which neither database gives.
    #[aggregate]
    fn sum(counts: diesel::sql_types::BigInt) -> diesel::sql_types::Nullable<diesel::sql_types::BigInt>;
}

/// How many orders there are.
pub async fn count_orders(conn: &mut Conn) -> Result<u64, DbError> {
    let total: Vec<Option<i64>> = load(orders_within(counts::YEARS), conn).await?;
    counted(total.into_iter().flatten().sum())
}

/// Counts orders in their year, month and day; periods that have no row yet get one.
///
/// The year's row is locked first, so that concurrent writers never wait for each other in a cycle.
pub async fn add_to_counts(conn: &mut Conn, day: Day, orders: i64) -> Result<(), DbError> {
    let [year, month, date] = counts::periods_of(day);
    add_to_year(conn, year, orders).await?;
    add_within_year(conn, [month, date], orders).await
}

/// Counts an order on another day than before.
///
/// Years are locked first, the earlier one before the later: concurrent moves between the same years do not
/// deadlock. A year that stays the same is locked, too.
pub async fn move_in_counts(conn: &mut Conn, from: Day, to: Day) -> Result<(), DbError> {
    let [[old_year, old_month, old_date], [year, month, date]] = [from, to].map(counts::periods_of);
    match old_year.cmp(&year) {
        Ordering::Less => {
            add_to_year(conn, old_year, -1).await?;
            add_to_year(conn, year, 1).await?;
        }
        Ordering::Equal => add_to_year(conn, year, 0).await?,
        Ordering::Greater => {
            add_to_year(conn, year, 1).await?;
            add_to_year(conn, old_year, -1).await?;
        }
    }
    add_within_year(conn, [month, date], 1).await?;
    add_within_year(conn, [old_month, old_date], -1).await
}

async fn add_to_year(conn: &mut Conn, year: i32, orders: i64) -> Result<(), DbError> {
    if add_to([year, year], orders, conn).await? > 0 {
        return Ok(());
    }
    match begin_count(year, orders, conn).await {
        // Another transaction was there first, and is committed.
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            add_to([year, year], orders, conn).await?;
        }
        begun => begun?,
    }
    Ok(())
}

/// Counts within a year whose row this transaction has.
async fn add_within_year(conn: &mut Conn, periods: [i32; 2], orders: i64) -> Result<(), DbError> {
    let counted = add_to(periods, orders, conn).await?;
    // The month's row is there before the day's.
    for new in periods.into_iter().skip(counted) {
        begin_count(new, orders, conn).await?;
    }
    Ok(())
}

/// Adds to the rows of the periods, and says how many there are.
async fn add_to([one, other]: [i32; 2], orders: i64, conn: &mut Conn) -> QueryResult<usize> {
    let period = order_counts::period;
    diesel::update(order_counts::table.filter(period.eq(one).or(period.eq(other))))
        .set(order_counts::orders.eq(order_counts::orders + orders))
        .execute(conn)
        .await
}

async fn begin_count(period: i32, orders: i64, conn: &mut Conn) -> QueryResult<()> {
    diesel::insert_into(order_counts::table)
        .values((order_counts::period.eq(period), order_counts::orders.eq(orders)))
        .execute(conn)
        .await
        .map(drop)
}

fn orders_within(range: (i32, i32)) -> impl Rows<Option<i64>> {
    order_counts::table
        .filter(order_counts::period.between(range.0, range.1))
        .select(sum(order_counts::orders))
}

pub fn orders_after(day: Day) -> impl Rows<Option<i64>> {
    let [years, months, days] = counts::ranges_after(day);
    order_counts::table
        .filter(
            order_counts::period
                .between(years.0, years.1)
                .or(order_counts::period.between(months.0, months.1))
                .or(order_counts::period.between(days.0, days.1)),
        )
        .select(sum(order_counts::orders))
}

pub fn periods_within(range: (i32, i32)) -> impl Rows<(i32, i64)> {
    order_counts::table
        .filter(order_counts::period.between(range.0, range.1))
        .order(order_counts::period.desc())
}

pub fn counted(orders: i64) -> Result<u64, DbError> {
    u64::try_from(orders).map_err(|_| DbError::Internal("the counts of orders are below zero".to_owned()))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let day = Day::new(2022, 3, 4).unwrap();
    vec![
        ("orders_within", sql(&orders_within(counts::YEARS))),
        ("orders_after", sql(&orders_after(day))),
        ("periods_within", sql(&periods_within(counts::YEARS))),
    ]
}
