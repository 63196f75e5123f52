//! The list of orders, page by page.
//!
//! Near the front a page is found by skipping rows, in one statement. Further behind the calendar of counts says where it
//! begins, so that no page costs much more than the first.

use diesel::prelude::*;
use diesel_async::AsyncConnection;

use super::calendar::{counted, periods_within, sum};
use super::{Conn, MAX_SKIPPED, Rows, load};
use crate::db::rows::OrderRow;
use crate::db::schema::{order_counts, orders};
use crate::db::{DbError, counts};
use crate::order::{
    LocalTime, Order, Page, PageRequest, PerPage, ProductCode, RecentCodes, StoreCode, Total,
};

/// Orders whose codes are suggested on the form.
const RECENT: i64 = 500;

/// A page of the list, newest first; beyond the last page, the last.
pub async fn list_orders(conn: &mut Conn, request: PageRequest) -> Result<Page<Order>, DbError> {
    if let Some(skip) = rows_before(request.page, request.per_page).filter(|skip| *skip <= MAX_SKIPPED)
        && let Some(page) = list_near_page(conn, request, skip).await?
    {
        return Ok(page);
    }
    conn.transaction(async |conn| {
        let years: Vec<(i32, i64)> = load(periods_within(counts::YEARS), conn).await?;
        let total = counted(years.iter().map(|(_, orders)| *orders).sum())?;
        let pages = Total::Exactly(total).pages(request.per_page).unwrap_or(1);
        let number = request.page.min(pages);
        let skip = rows_before(number, request.per_page).ok_or_else(beyond_counting)?;
        let items = match start_of_page(conn, &years, skip).await? {
            Some((before, skip)) => {
                let rows: Vec<OrderRow> =
                    load(page_of_orders(before, skip, i64::from(request.per_page.get())), conn).await?;
                rows.into_iter().map(OrderRow::into_order).collect()
            }
            None => Vec::new(),
        };
        Ok(page_of(items, number, total, request.per_page))
    })
    .await
}

/// A page near the front in one query: its orders, and the total beside each. None beyond the last page.
async fn list_near_page(
    conn: &mut Conn,
    PageRequest { page, per_page }: PageRequest,
    skip: i64,
) -> Result<Option<Page<Order>>, DbError> {
    let rows: Vec<(OrderRow, Option<i64>)> = load(near_page(skip, i64::from(per_page.get())), conn).await?;
    if rows.is_empty() && skip > 0 {
        return Ok(None);
    }
    let total = counted(rows.iter().find_map(|(_, total)| *total).unwrap_or_default())?;
    let items = rows.into_iter().map(|(row, _)| row.into_order()).collect();
    Ok(Some(page_of(items, page.max(1), total, per_page)))
}

fn page_of(items: Vec<Order>, number: u64, total: u64, size: PerPage) -> Page<Order> {
    let total = Total::Exactly(total);
    let has_next = total.pages(size).is_some_and(|pages| number < pages);
    Page {
        items,
        number,
        total,
        size,
        has_previous: number > 1,
        has_next,
        looked_to: None,
        is_numbered: true,
    }
}

/// How many orders lie before a page; none if there are more than can be counted.
fn rows_before(page: u64, per_page: PerPage) -> Option<i64> {
    let rows = page.saturating_sub(1).checked_mul(u64::from(per_page.get()))?;
    i64::try_from(rows).ok()
}

/// Where the page begins that has `skip` orders before it: the day's end, and how many of that day to skip.
async fn start_of_page(
    conn: &mut Conn,
    years: &[(i32, i64)],
    mut skip: i64,
) -> Result<Option<(LocalTime, i64)>, DbError> {
    let mut found = counts::walk(years, &mut skip);
    while let Some(within) = found.and_then(counts::ranges_within) {
        let periods: Vec<(i32, i64)> = load(periods_within(within), conn).await?;
        found = counts::walk(&periods, &mut skip);
    }
    Ok(found.and_then(counts::day_of).map(|day| (day.next().start(), skip)))
}

/// Codes of stores and products on the newest orders.
pub async fn list_recent_codes(conn: &mut Conn) -> Result<RecentCodes, DbError> {
    let codes = load(recent_codes(), conn).await?;
    let (mut stores, mut products): (Vec<_>, Vec<_>) = codes.into_iter().unzip();
    stores.sort_unstable();
    stores.dedup();
    products.sort_unstable();
    products.dedup();
    Ok(RecentCodes { stores, products })
}

fn near_page(skip: i64, limit: i64) -> impl Rows<(OrderRow, Option<i64>)> {
    let total = order_counts::table
        .filter(order_counts::period.between(counts::YEARS.0, counts::YEARS.1))
        .select(sum(order_counts::orders))
        .single_value();
    orders::table
        .order((orders::order_date.desc(), orders::number.desc()))
        .limit(limit)
        .offset(skip)
        .select((OrderRow::as_select(), total))
}

fn page_of_orders(before: LocalTime, skip: i64, limit: i64) -> impl Rows<OrderRow> {
    orders::table
        .filter(orders::order_date.lt(before))
        .order((orders::order_date.desc(), orders::number.desc()))
        .limit(limit)
        .offset(skip)
        .select(OrderRow::as_select())
}

fn recent_codes() -> impl Rows<(StoreCode, ProductCode)> {
    orders::table
        .order(orders::number.desc())
        .limit(RECENT)
        .select((orders::store_code, orders::product_code))
}

fn beyond_counting() -> DbError {
    DbError::Internal("there are more orders than can be counted".to_owned())
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let at = crate::order::Day::new(2022, 3, 4).unwrap().start();
    vec![
        ("near_page", sql(&near_page(75, 25))),
        ("page_of_orders", sql(&page_of_orders(at, 5, 25))),
        ("recent_codes", sql(&recent_codes())),
    ]
}
