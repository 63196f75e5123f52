//! The orders of jobs: noted at the versions that were shown, and listed with what came of them.

use diesel::prelude::*;

use super::{Conn, Rows, job_rows, load};
use crate::db::DbError;
use crate::db::job::{JobOrder, JobOutcome, SeenOrder, ShownOrder};
use crate::db::long_read::Slice;
use crate::db::rows::{JobOrderRow, NewJobOrderRow, OrderRow};
use crate::db::schema::{job_orders, orders};
use crate::order::JobId;

/// Notes orders of a job behind so many others; those that are noted already are left as they are.
pub async fn add_orders(
    conn: &mut Conn,
    id: JobId,
    behind: i32,
    orders: &[SeenOrder],
) -> Result<(), DbError> {
    let known: Vec<JobOrderRow> = load(orders_of_job(id.get(), behind, 1), conn).await?;
    if !known.is_empty() {
        return Ok(());
    }
    insert_orders(conn, id, behind, orders).await
}

pub async fn insert_orders(
    conn: &mut Conn,
    id: JobId,
    behind: i32,
    orders: &[SeenOrder],
) -> Result<(), DbError> {
    let row = |(position, (number, version)): (i32, &SeenOrder)| NewJobOrderRow {
        job_id: id.get(),
        position,
        order_number: number.get(),
        version: *version,
        outcome: None,
        reason: None,
    };
    let rows: Vec<NewJobOrderRow> = (behind.saturating_add(1)..).zip(orders).map(row).collect();
    job_rows::insert_job_orders(conn, &rows).await
}

/// Orders of a job behind a position; those alone that have an outcome, if one is given.
pub async fn list_job_orders(
    conn: &mut Conn,
    id: JobId,
    outcome: Option<JobOutcome>,
    after: i32,
    limit: i64,
) -> Result<Vec<JobOrder>, DbError> {
    let rows: Vec<JobOrderRow> = match outcome {
        Some(outcome) => load(orders_with_outcome(id.get(), outcome.as_str(), after, limit), conn).await?,
        None => load(orders_of_job(id.get(), after, limit), conn).await?,
    };
    Ok(rows.into_iter().map(JobOrderRow::into_order).collect())
}

/// Orders of a job behind a position, as they are now.
pub async fn list_shown_orders(
    conn: &mut Conn,
    rows: i64,
    id: JobId,
    after: i32,
) -> Result<Slice<Vec<ShownOrder>, i32>, DbError> {
    let found = shown(conn, id, after, rows).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|found| found >= rows);
    let next = found.last().map(|shown| shown.position).filter(|_| is_full);
    Ok(Slice { found, next })
}

/// The first orders of a job, as they are now.
pub async fn list_first_shown(conn: &mut Conn, id: JobId, limit: i64) -> Result<Vec<ShownOrder>, DbError> {
    shown(conn, id, 0, limit).await
}

async fn shown(conn: &mut Conn, id: JobId, after: i32, limit: i64) -> Result<Vec<ShownOrder>, DbError> {
    let found: Vec<(i32, i32, OrderRow)> = load(shown_orders(id.get(), after, limit), conn).await?;
    let shown =
        |(position, seen, row): (i32, i32, OrderRow)| ShownOrder { position, seen, order: row.into_order() };
    Ok(found.into_iter().map(shown).collect())
}

pub fn orders_of_job(id: i64, after: i32, limit: i64) -> impl Rows<JobOrderRow> {
    job_orders::table
        .filter(job_orders::job_id.eq(id))
        .filter(job_orders::position.gt(after))
        .order(job_orders::position)
        .limit(limit)
        .select(JobOrderRow::as_select())
}

pub fn orders_with_outcome(id: i64, outcome: &'static str, after: i32, limit: i64) -> impl Rows<JobOrderRow> {
    job_orders::table
        .filter(job_orders::job_id.eq(id))
        .filter(job_orders::position.gt(after))
        .filter(job_orders::outcome.eq(outcome))
        .order(job_orders::position)
        .limit(limit)
        .select(JobOrderRow::as_select())
}

fn shown_orders(id: i64, after: i32, limit: i64) -> impl Rows<(i32, i32, OrderRow)> {
    job_orders::table
        .inner_join(orders::table.on(orders::number.eq(job_orders::order_number)))
        .filter(job_orders::job_id.eq(id))
        .filter(job_orders::position.gt(after))
        .order(job_orders::position)
        .limit(limit)
        .select((job_orders::position, job_orders::version, OrderRow::as_select()))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![
        ("orders_of_job", sql(&orders_of_job(3, 25, 25))),
        ("orders_with_outcome", sql(&orders_with_outcome(3, JobOutcome::Changed.as_str(), 25, 25))),
        ("shown_orders", sql(&shown_orders(3, 25, 500))),
    ]
}
