//! The calendar of counts: kept by every write of an order, read by every page of the list.

use std::collections::BTreeMap;

use diesel::dsl::exists;
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

diesel::alias!(order_counts as known: KnownPeriod);

/// Adds orders of a day to its year, month and day, whose rows are there if the day's is.
macro_rules! add_to_known {
    ($periods:expr, $orders:expr) => {{
        let [_, _, day] = $periods;
        let is_known = exists(known.filter(known.field(order_counts::period).eq(day)));
        diesel::update(order_counts::table.filter(order_counts::period.eq_any($periods)).filter(is_known))
            .set(order_counts::orders.eq(order_counts::orders + $orders))
    }};
}

/// Counts an order that is added on a day, last in its transaction.
///
/// All writers hold the year's row from here to the end of their transaction: so it is one statement, but for the
/// first order of a day.
pub async fn add_order(conn: &mut Conn, day: Day) -> Result<(), DbError> {
    let periods = counts::periods_of(day);
    match add_to_known!(periods, 1_i64).execute(conn).await? {
        0 => apply(conn, counts::changes([(day, 1)])).await,
        all if all == periods.len() => Ok(()),
        // Another transaction has committed the day's rows while the statement went through them.
        _ => Err(DbError::Busy("the calendar of counts was changed at this moment".to_owned())),
    }
}

/// Changes counts, last in a transaction; periods that have no row yet get one.
///
/// The rows are locked one by one in ascending order, so that concurrent writers never wait for each other in a cycle.
pub async fn apply(conn: &mut Conn, changes: BTreeMap<i32, i64>) -> Result<(), DbError> {
    for (period, orders) in changes {
        if add_to(conn, period, orders).await? > 0 {
            continue;
        }
        match begin_count(conn, period, orders).await {
            // Another transaction was there first, and is committed.
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                add_to(conn, period, orders).await?;
            }
            begun => begun?,
        }
    }
    Ok(())
}

async fn add_to(conn: &mut Conn, period: i32, orders: i64) -> QueryResult<usize> {
    diesel::update(order_counts::table.filter(order_counts::period.eq(period)))
        .set(order_counts::orders.eq(order_counts::orders + orders))
        .execute(conn)
        .await
}

async fn begin_count(conn: &mut Conn, period: i32, orders: i64) -> QueryResult<()> {
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
    let add = add_to_known!(counts::periods_of(day), 1_i64);
    vec![
        ("orders_within", sql(&orders_within(counts::YEARS))),
        ("orders_after", sql(&orders_after(day))),
        ("periods_within", sql(&periods_within(counts::YEARS))),
        ("add_to_known", diesel::debug_query::<super::DB, _>(&add).to_string()),
    ]
}

/// The calendar without empty periods, and what it has to be: by counting the orders.
#[cfg(test)]
pub async fn kept_and_counted(conn: &mut Conn) -> Result<[BTreeMap<i32, i64>; 2], DbError> {
    use crate::db::schema::orders;
    use crate::order::LocalTime;
    let kept: Vec<(i32, i64)> = RunQueryDsl::load(order_counts::table, conn).await?;
    let dates: Vec<LocalTime> = load(orders::table.select(orders::order_date), conn).await?;
    let counted = counts::changes(dates.into_iter().map(|at| (at.day(), 1)));
    Ok([kept.into_iter().filter(|(_, orders)| *orders != 0).collect(), counted])
}
