//! Every query of the desk, in Diesel's language.
//!
//! Mounted under each database, which says what `Conn`, `DB` and `load` are there. A page of orders is
//! found by the calendar of counts (`db::counts`), so that no page costs more than the first.

use std::cmp::Ordering;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::rows::{EventRow, InsertOrderRow, KeyHolder, OrderRow};
use super::{Conn, Rows, load, number_of_last_insert, outbox_queries};
use crate::db::counts;
use crate::db::history::StoredVersions;
use crate::db::order_event::OrderEvent;
use crate::db::outbox::Outbox;
use crate::db::schema::{card_keys, order_counts, order_events, orders};
use crate::db::{DbError, Inserted};
use crate::order::{
    Day, LocalTime, Order, OrderDetails, OrderNumber, Page, PageRequest, PerPage, ProductCode, RecentCodes,
    StoreCode,
};

/// Orders whose codes are suggested on the form.
const RECENT: i64 = 500;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Diesel's own `sum` of a `BigInt` is a `Numeric`, which neither database gives.
    #[aggregate]
    fn sum(counts: diesel::sql_types::BigInt) -> diesel::sql_types::Nullable<diesel::sql_types::BigInt>;
}

/// A page of the list, newest first; beyond the last page, the last.
pub async fn list_orders(conn: &mut Conn, request: PageRequest) -> Result<Page<Order>, DbError> {
    if request.page <= 1 {
        return list_first_page(conn, request.per_page).await;
    }
    conn.transaction(async |conn| {
        let years: Vec<(i32, i64)> = load(periods_within(counts::YEARS), conn).await?;
        let total = counted(years.iter().map(|(_, orders)| *orders).sum())?;
        let per_page = u64::from(request.per_page.get());
        let pages = pages(total, request.per_page);
        let number = request.page.min(pages);
        let skip = i64::try_from((number - 1) * per_page).map_err(|_| beyond_counting())?;
        let items = match start_of_page(conn, &years, skip).await? {
            Some((before, skip)) => {
                let rows: Vec<OrderRow> =
                    load(page_of_orders(before, skip, i64::from(request.per_page.get())), conn).await?;
                rows.into_iter().map(OrderRow::into_order).collect()
            }
            None => Vec::new(),
        };
        Ok(Page { items, number, pages, total, size: request.per_page })
    })
    .await
}

/// The first page in one query: its orders, and the total beside each.
async fn list_first_page(conn: &mut Conn, per_page: PerPage) -> Result<Page<Order>, DbError> {
    let rows: Vec<(OrderRow, Option<i64>)> = load(first_page(i64::from(per_page.get())), conn).await?;
    let total = counted(rows.iter().find_map(|(_, total)| *total).unwrap_or_default())?;
    let items = rows.into_iter().map(|(row, _)| row.into_order()).collect();
    Ok(Page { items, number: 1, pages: pages(total, per_page), total, size: per_page })
}

fn pages(total: u64, per_page: PerPage) -> u64 {
    total.div_ceil(u64::from(per_page.get())).max(1)
}

/// How many orders there are.
async fn count_orders(conn: &mut Conn) -> Result<u64, DbError> {
    let total: Vec<Option<i64>> = load(orders_within(counts::YEARS), conn).await?;
    counted(total.into_iter().flatten().sum())
}

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
            order: this,
            history: history.into_iter().map(EventRow::into_event).collect(),
            newer: newer.into_iter().find_map(OrderNumber::new),
            older: older.into_iter().find_map(OrderNumber::new),
            position: before_it + 1,
            total: count_orders(conn).await?,
        }))
    })
    .await
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

/// The orders that have any of these UUIDs, each with its version; in the order of their keys.
pub async fn list_orders_with(conn: &mut Conn, uuids: &[String]) -> Result<Vec<(Order, i32)>, DbError> {
    let rows: Vec<(OrderRow, i32)> = load(orders_with(uuids.to_vec()), conn).await?;
    Ok(rows.into_iter().map(|(row, version)| (row.into_order(), version)).collect())
}

/// The versions of orders with numbers in a range, and of their events.
pub async fn list_versions(conn: &mut Conn, range: (i64, i64)) -> Result<StoredVersions, DbError> {
    Ok(StoredVersions {
        orders: load(versions_of(range), conn).await?,
        events: load(events_of(range), conn).await?,
    })
}

/// The highest number that an event is about; 0 if there is none.
pub async fn last_number_in_history(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(load(newest_event(), conn).await?.into_iter().next().unwrap_or(0))
}

/// Whether the database answers, with the tables that this program knows.
pub async fn check(conn: &mut Conn) -> Result<(), DbError> {
    let _: Vec<i16> = load(any_card_key(), conn).await?;
    Ok(())
}

/// Adds an order with the first entry of its history.
pub async fn insert_order(
    conn: &mut Conn,
    row: &InsertOrderRow,
    outbox: &Outbox,
) -> Result<Inserted, DbError> {
    match insert(conn, row).await {
        Ok(number) => {
            let number = number_of_order(number)?;
            record(conn, &row.event(number), outbox).await?;
            add_to_counts(conn, row.order_date.day(), 1).await?;
            Ok(Inserted::Added(number))
        }
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let earlier: Vec<KeyHolder> = load(order_with_key(&row.date_uuid, &row.user_id), conn).await?;
            let earlier = earlier
                .into_iter()
                .next()
                .ok_or_else(|| DbError::Internal("a key is taken, but by no order".to_owned()))?;
            let number = number_of_order(earlier.number)?;
            // No card is sealed twice alike: this very row was committed by a try whose answer was lost.
            let ours = row.card_sealed == earlier.card_sealed;
            let same_form = row.submission.is_some() && row.submission == earlier.submission;
            Ok(match (ours, same_form && row.has_card_of(&earlier)) {
                (true, _) => Inserted::Added(number),
                (false, true) => Inserted::DuplicateSubmission(number),
                (false, false) => Inserted::KeyConflict(number),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// The row; the order's number.
pub async fn insert(conn: &mut Conn, row: &InsertOrderRow) -> QueryResult<i64> {
    diesel::insert_into(orders::table).values(row).execute(conn).await?;
    number_of_last_insert(conn).await
}

/// Writes an event to the history and the outbox, in the transaction of the write itself.
///
/// Every row of `order_events` is written here, but for those of `azure_sql::insert_orders`.
pub async fn record(conn: &mut Conn, event: &OrderEvent<'_>, outbox: &Outbox) -> Result<(), DbError> {
    diesel::insert_into(order_events::table)
        .values((
            order_events::order_number.eq(event.order.number.get()),
            order_events::version.eq(event.version),
            order_events::at.eq(event.at),
            order_events::actor.eq(event.by),
            order_events::kind.eq(event.kind.as_str()),
            order_events::changes.eq(event.changes_text()),
            order_events::submission.eq(event.submission),
        ))
        .execute(conn)
        .await?;
    outbox_queries::insert_messages(conn, outbox, event).await
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

fn first_page(limit: i64) -> impl Rows<(OrderRow, Option<i64>)> {
    let total = order_counts::table
        .filter(order_counts::period.between(counts::YEARS.0, counts::YEARS.1))
        .select(sum(order_counts::orders))
        .single_value();
    orders::table
        .order((orders::order_date.desc(), orders::number.desc()))
        .limit(limit)
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

fn order_numbered(number: i64) -> impl Rows<OrderRow> {
    orders::table.filter(orders::number.eq(number)).select(OrderRow::as_select())
}

fn order_with_key(date_uuid: &str, user_id: &str) -> impl Rows<KeyHolder> + use<> {
    orders::table
        .filter(orders::date_uuid.eq(date_uuid.to_owned()))
        .filter(orders::user_id.eq(user_id.to_owned()))
        .select(KeyHolder::as_select())
}

fn orders_with(uuids: Vec<String>) -> impl Rows<(OrderRow, i32)> {
    orders::table
        .filter(orders::date_uuid.eq_any(uuids))
        .order((orders::date_uuid, orders::user_id))
        .select((OrderRow::as_select(), orders::version))
}

pub fn history_of(number: i64) -> impl Rows<EventRow> {
    order_events::table
        .filter(order_events::order_number.eq(number))
        .order(order_events::version.desc())
        .select(EventRow::as_select())
}

/// From the end of the primary key.
fn newest_event() -> impl Rows<i64> {
    order_events::table
        .order((order_events::order_number.desc(), order_events::version.desc()))
        .select(order_events::order_number)
        .limit(1)
}

fn versions_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, i32)> {
    orders::table
        .filter(orders::number.between(first, last))
        .order(orders::number)
        .select((orders::number, orders::version))
}

fn events_of((first, last): (i64, i64)) -> impl Rows<(OrderNumber, i32)> {
    order_events::table
        .filter(order_events::order_number.between(first, last))
        .order((order_events::order_number, order_events::version))
        .select((order_events::order_number, order_events::version))
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

fn orders_within(range: (i32, i32)) -> impl Rows<Option<i64>> {
    order_counts::table
        .filter(order_counts::period.between(range.0, range.1))
        .select(sum(order_counts::orders))
}

fn orders_after(day: Day) -> impl Rows<Option<i64>> {
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

fn periods_within(range: (i32, i32)) -> impl Rows<(i32, i64)> {
    order_counts::table
        .filter(order_counts::period.between(range.0, range.1))
        .order(order_counts::period.desc())
}

fn any_card_key() -> impl Rows<i16> {
    card_keys::table.order((card_keys::purpose, card_keys::id)).select(card_keys::id).limit(1)
}

fn recent_codes() -> impl Rows<(StoreCode, ProductCode)> {
    orders::table
        .order(orders::number.desc())
        .limit(RECENT)
        .select((orders::store_code, orders::product_code))
}

fn counted(orders: i64) -> Result<u64, DbError> {
    u64::try_from(orders).map_err(|_| DbError::Internal("the counts of orders are below zero".to_owned()))
}

pub fn number_of_order(number: i64) -> Result<OrderNumber, DbError> {
    OrderNumber::new(number)
        .ok_or_else(|| DbError::Internal(format!("the database numbered an order {number}")))
}

fn beyond_counting() -> DbError {
    DbError::Internal("there are more orders than can be counted".to_owned())
}

/// The SQL of every query that reads, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    fn sql<U>(query: &impl Rows<U>) -> String {
        diesel::debug_query::<super::DB, _>(query).to_string()
    }
    let at = Day::new(2022, 3, 4).unwrap().start();
    vec![
        ("first_page", sql(&first_page(25))),
        ("page_of_orders", sql(&page_of_orders(at, 5, 25))),
        ("order_numbered", sql(&order_numbered(7))),
        ("order_with_key", sql(&order_with_key("uuid", "user"))),
        ("orders_with", sql(&orders_with(vec!["one".to_owned(), "two".to_owned()]))),
        ("history_of", sql(&history_of(7))),
        ("newest_event", sql(&newest_event())),
        ("versions_of", sql(&versions_of((1, 5000)))),
        ("events_of", sql(&events_of((1, 5000)))),
        ("newer_than", sql(&newer_than(at, 7))),
        ("older_than", sql(&older_than(at, 7))),
        ("orders_later_that_day", sql(&orders_later_that_day(at, 7))),
        ("orders_within", sql(&orders_within(counts::YEARS))),
        ("orders_after", sql(&orders_after(at.day()))),
        ("periods_within", sql(&periods_within(counts::YEARS))),
        ("recent_codes", sql(&recent_codes())),
        ("any_card_key", sql(&any_card_key())),
    ]
}
