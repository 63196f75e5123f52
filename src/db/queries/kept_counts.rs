//! Counts that triggers keep: sums of them.

use diesel::prelude::*;

use super::calendar::sum;
use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::counts::YEARS;
use crate::db::kept_counts::{KeptKind, KeptSums};
use crate::db::schema::kept_counts;

type Sums = (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// What is counted of all orders of a store or product.
pub async fn sum_of_code(conn: &mut Conn, kind: KeptKind, code: &str) -> Result<KeptSums, DbError> {
    sums(conn, kind, code, YEARS).await
}

/// What is counted in a range of periods.
pub async fn sums(
    conn: &mut Conn,
    kind: KeptKind,
    code: &str,
    periods: (i32, i32),
) -> Result<KeptSums, DbError> {
    let rows: Vec<Sums> = load(summed(kind, code, periods), conn).await?;
    let (orders, units, cancelled, dated, delivered) = rows.into_iter().next().unwrap_or_default();
    let number = Option::unwrap_or_default;
    Ok(KeptSums {
        orders: number(orders),
        units: number(units),
        cancelled: number(cancelled),
        dated: number(dated),
        delivered: number(delivered),
    })
}

/// What is counted in each period of a range, from the earliest.
pub async fn periods_of_code(
    conn: &mut Conn,
    kind: KeptKind,
    code: &str,
    periods: (i32, i32),
) -> Result<Vec<(i32, KeptSums)>, DbError> {
    Ok(load(in_periods(kind, code, periods), conn).await?.into_iter().map(KeptRow::into_sums).collect())
}

/// A count of a period; a session's part of it, where each counts for itself.
#[derive(Queryable)]
pub struct KeptRow {
    period: i32,
    orders: i64,
    units: i64,
    cancelled: i64,
    dated: i64,
    delivered: i64,
}

type Columns = (
    kept_counts::period,
    kept_counts::orders,
    kept_counts::units,
    kept_counts::cancelled,
    kept_counts::dated,
    kept_counts::delivered,
);

/// Those of a [`KeptRow`].
pub const COLUMNS: Columns = (
    kept_counts::period,
    kept_counts::orders,
    kept_counts::units,
    kept_counts::cancelled,
    kept_counts::dated,
    kept_counts::delivered,
);

impl KeptRow {
    pub fn into_sums(self) -> (i32, KeptSums) {
        let Self { period, orders, units, cancelled, dated, delivered } = self;
        (period, KeptSums { orders, units, cancelled, dated, delivered })
    }
}

fn summed(kind: KeptKind, code: &str, (first, last): (i32, i32)) -> impl Rows<Sums> + use<> {
    kept_counts::table
        .filter(kept_counts::kind.eq(kind.name()))
        .filter(kept_counts::code.eq(code.to_owned()))
        .filter(kept_counts::period.between(first, last))
        .select((
            sum(kept_counts::orders),
            sum(kept_counts::units),
            sum(kept_counts::cancelled),
            sum(kept_counts::dated),
            sum(kept_counts::delivered),
        ))
}

fn in_periods(kind: KeptKind, code: &str, (first, last): (i32, i32)) -> impl Rows<KeptRow> + use<> {
    kept_counts::table
        .filter(kept_counts::kind.eq(kind.name()))
        .filter(kept_counts::code.eq(code.to_owned()))
        .filter(kept_counts::period.between(first, last))
        .order(kept_counts::period)
        .select(COLUMNS)
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let march = (20_220_301, 20_220_331);
    vec![
        ("kept_sums", sql(&summed(KeptKind::Store, "HI-9B97EE4E", march))),
        ("kept_periods", sql(&in_periods(KeptKind::Store, "HI-9B97EE4E", march))),
    ]
}
