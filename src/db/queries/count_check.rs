//! Kept counts beside what counting gives.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::kept_counts::{COLUMNS, KeptRow, periods_of_code};
use super::{Conn, DB, Rows, load, lock_counts};
use crate::db::DbError;
use crate::db::count_check::{
    ComparedCounts, CountSlice, Counts, Part, WrongCount, day_of, differences, with_their_days,
};
use crate::db::counts::{YEARS, day_of as day_of_period};
use crate::db::index_hint::Hinted;
use crate::db::kept_counts::{KeptKind, KeptSums};
use crate::db::schema::{kept_counts, order_counts, orders};
use crate::order::{Day, LocalTime, Timestamp};

/// Every period: years, months and days.
const ALL: (i32, i32) = (YEARS.0, i32::MAX);
/// Days, among the periods.
const DAYS: (i32, i32) = (1_000_000, i32::MAX);

/// Compares kept counts with the orders, or with the counts that they are made of, in one state of the database.
pub async fn compare_counts(conn: &mut Conn, slice: &CountSlice) -> Result<ComparedCounts, DbError> {
    conn.transaction(async |conn| compare(conn, slice).await).await
}

/// Does so alone, and puts right what differs; that.
pub async fn mend_counts(conn: &mut Conn, slice: &CountSlice) -> Result<Vec<WrongCount>, DbError> {
    lock_counts(conn).await?;
    let ComparedCounts { wrong, .. } = compare(conn, slice).await?;
    for count in &wrong {
        match count.kind {
            Some(kind) => replace_kept(conn, kind, count).await?,
            None => replace_in_calendar(conn, count).await?,
        }
    }
    Ok(wrong)
}

async fn compare(conn: &mut Conn, slice: &CountSlice) -> Result<ComparedCounts, DbError> {
    match slice.part {
        Part::Days(kind) => compare_days(conn, kind, slice).await,
        Part::Years(kind) => compare_years(conn, kind, slice).await,
        Part::Calendar => {
            let all = load(calendar_between(ALL), conn).await?.into_iter().map(in_calendar).collect();
            let (kept, counted) = with_their_days(all, |[year, month, _]| vec![year, month]);
            Ok(ComparedCounts { wrong: differences(None, &kept, &counted), next: None })
        }
    }
}

async fn compare_days(
    conn: &mut Conn,
    kind: KeptKind,
    slice: &CountSlice,
) -> Result<ComparedCounts, DbError> {
    let from = &slice.from;
    let at = day_of_period(from.1).map(Day::start);
    let mut most = slice.orders;
    let (mut counted, mut end) = (Counts::new(), None);
    loop {
        let rows = load_facts(conn, kind, &from.0, at, most).await?;
        let is_all = i64::try_from(rows.len()).is_ok_and(|rows| rows < most);
        counted.clear();
        for Facts { code, at, sums } in rows {
            *counted.entry((code, day_of(at))).or_default() += sums;
        }
        if is_all {
            break;
        }
        // The last day may not be whole; of a very long one more is read.
        if counted.len() > 1 {
            end = counted.pop_last().map(|(key, _)| key);
            break;
        }
        most *= 4;
    }
    let kept = load(kept_between(kind, from, end.as_ref()), conn).await?;
    let mut here = Counts::new();
    for (code, row) in kept {
        let (period, sums) = row.into_sums();
        let key = (code, period);
        if key >= *from && end.as_ref().is_none_or(|end| key < *end) {
            *here.entry(key).or_default() += sums;
        }
    }
    let mut wrong = differences(Some(kind), &here, &counted);
    if kind == KeptKind::Order {
        let days = (from.1.max(DAYS.0), end.as_ref().map_or(DAYS.1, |(_, day)| day - 1));
        let calendar = load(calendar_between(days), conn).await?.into_iter().map(in_calendar).collect();
        let counted = counted.into_iter().map(|(key, sums)| (key, orders_alone(sums.orders))).collect();
        wrong.extend(differences(None, &calendar, &counted));
    }
    Ok(ComparedCounts { wrong, next: end })
}

async fn compare_years(
    conn: &mut Conn,
    kind: KeptKind,
    slice: &CountSlice,
) -> Result<ComparedCounts, DbError> {
    let code = load(next_code(kind, &slice.from), conn).await?.pop();
    let Some(code) = code else { return Ok(ComparedCounts::default()) };
    let mut all = Counts::new();
    for (period, sums) in periods_of_code(conn, kind, &code, ALL).await? {
        *all.entry((code.clone(), period)).or_default() += sums;
    }
    let (kept, counted) = with_their_days(all, |[year, _, _]| vec![year]);
    let wrong = differences(Some(kind), &kept, &counted);
    Ok(ComparedCounts { wrong, next: Some((code, DAYS.1)) })
}

async fn replace_kept(conn: &mut Conn, kind: KeptKind, count: &WrongCount) -> Result<(), DbError> {
    let WrongCount { code, period, counted, .. } = count;
    diesel::delete(kept_count(kind, code, *period)).execute(conn).await?;
    if *counted == KeptSums::default() {
        return Ok(());
    }
    diesel::insert_into(kept_counts::table)
        .values((
            kept_counts::kind.eq(kind.name()),
            kept_counts::code.eq(code),
            kept_counts::period.eq(period),
            kept_counts::orders.eq(counted.orders),
            kept_counts::units.eq(counted.units),
            kept_counts::cancelled.eq(counted.cancelled),
            kept_counts::dated.eq(counted.dated),
            kept_counts::delivered.eq(counted.delivered),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

async fn replace_in_calendar(conn: &mut Conn, count: &WrongCount) -> Result<(), DbError> {
    let orders = count.counted.orders;
    let known = order_counts::table.filter(order_counts::period.eq(count.period));
    if diesel::update(known).set(order_counts::orders.eq(orders)).execute(conn).await? == 0 {
        diesel::insert_into(order_counts::table)
            .values((order_counts::period.eq(count.period), order_counts::orders.eq(orders)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn kept_count<'a>(kind: KeptKind, code: &'a str, period: i32) -> _ {
    let name: &'a str = kind.name();
    kept_counts::table
        .filter(kept_counts::kind.eq(name))
        .filter(kept_counts::code.eq(code))
        .filter(kept_counts::period.eq(period))
}

fn orders_alone(orders: i64) -> KeptSums {
    KeptSums { orders, ..KeptSums::default() }
}

fn in_calendar((period, orders): (i32, i64)) -> ((String, i32), KeptSums) {
    ((String::new(), period), orders_alone(orders))
}

/// What of an order is counted under a code on a day.
struct Facts {
    code: String,
    at: LocalTime,
    sums: KeptSums,
}

impl Facts {
    fn of_cancelled((units, at): CancelledColumns) -> Self {
        let sums = KeptSums { orders: 1, units: units.into(), cancelled: 1, ..KeptSums::default() };
        Self { code: String::new(), at: LocalTime::new(at.get()), sums }
    }
}

type FactColumns = (String, LocalTime, i32, Option<LocalTime>, Option<LocalTime>, Option<Timestamp>);
type CancelledColumns = (i32, Timestamp);

/// The next orders in the order of a kind: no more than so many.
async fn load_facts(
    conn: &mut Conn,
    kind: KeptKind,
    code: &str,
    at: Option<LocalTime>,
    most: i64,
) -> Result<Vec<Facts>, DbError> {
    if kind == KeptKind::Cancellation {
        return Ok(load(cancelled_facts(at, most), conn)
            .await?
            .into_iter()
            .map(Facts::of_cancelled)
            .collect());
    }
    let rows = load(facts(kind, code, at, most), conn).await?;
    let has_code = matches!(kind, KeptKind::Store | KeptKind::Product);
    Ok(rows
        .into_iter()
        .map(|(code, at, units, shipping, delivery, cancelled): FactColumns| {
            let is = |is: bool| i64::from(is);
            let is_cancelled = cancelled.is_some();
            Facts {
                code: if has_code { code } else { String::new() },
                at,
                sums: KeptSums {
                    orders: 1,
                    units: units.into(),
                    cancelled: is(is_cancelled),
                    dated: is(!is_cancelled && shipping.or(delivery).is_some()),
                    delivered: is(!is_cancelled && delivery.is_some()),
                },
            }
        })
        .collect())
}

fn facts(kind: KeptKind, code: &str, at: Option<LocalTime>, most: i64) -> impl Rows<FactColumns> + use<> {
    let query = orders::table.limit(most).into_boxed::<DB>();
    let code = code.to_owned();
    macro_rules! by_code {
        ($column:ident) => {{
            let query = query.filter(orders::$column.ge(code.clone()));
            let query = match at {
                Some(at) => {
                    // Neither of the two leads.
                    let (column, date) =
                        (Hinted::new(orders::$column, false), Hinted::new(orders::order_date, false));
                    query.filter(column.gt(code).or(date.ge(at)))
                }
                None => query,
            };
            query.order((orders::$column, orders::order_date)).select((
                orders::$column,
                orders::order_date,
                orders::product_quantity,
                orders::shipping_date,
                orders::delivery_date,
                orders::cancelled_at,
            ))
        }};
    }
    macro_rules! by_day {
        ($query:expr, $column:expr) => {{
            let query = match at {
                Some(at) => $query.filter($column.ge(at)),
                None => $query,
            };
            query.order($column).select((
                orders::store_code,
                $column,
                orders::product_quantity,
                orders::shipping_date,
                orders::delivery_date,
                orders::cancelled_at,
            ))
        }};
    }
    match kind {
        KeptKind::Store => by_code!(store_code),
        KeptKind::Product => by_code!(product_code),
        KeptKind::Order => by_day!(query, orders::order_date),
        KeptKind::Shipping => {
            let query = query.filter(orders::shipping_date.is_not_null());
            by_day!(query, orders::shipping_date.assume_not_null())
        }
        // Cancelled ones are asked for by themselves.
        KeptKind::Delivery | KeptKind::Cancellation => {
            let query = query.filter(orders::delivery_date.is_not_null());
            by_day!(query, orders::delivery_date.assume_not_null())
        }
    }
}

/// The next cancelled orders, in the order of cancellation.
fn cancelled_facts(at: Option<LocalTime>, most: i64) -> impl Rows<CancelledColumns> + use<> {
    let query = orders::table
        .filter(Hinted::new(orders::cancelled_at, false).is_not_null())
        .limit(most)
        .into_boxed::<DB>();
    let query = match at {
        Some(at) => query.filter(orders::cancelled_at.ge(Timestamp::new(at.get()))),
        None => query,
    };
    query
        .order(orders::cancelled_at)
        .select((orders::product_quantity, orders::cancelled_at.assume_not_null()))
}

/// The days of codes from one to another, and some more.
fn kept_between(
    kind: KeptKind,
    from: &(String, i32),
    end: Option<&(String, i32)>,
) -> impl Rows<(String, KeptRow)> + use<> {
    let query = kept_counts::table
        .filter(kept_counts::kind.eq(kind.name()))
        .order((kept_counts::code, kept_counts::period))
        .into_boxed::<DB>();
    let days = |first: i32, last| kept_counts::period.between(first.max(DAYS.0), last);
    let query = match end {
        Some((code, day)) if *code == from.0 => {
            query.filter(kept_counts::code.eq(code.clone())).filter(days(from.1, *day))
        }
        Some((code, _)) => {
            query.filter(kept_counts::code.between(from.0.clone(), code.clone())).filter(days(DAYS.0, DAYS.1))
        }
        None => query.filter(kept_counts::code.ge(from.0.clone())).filter(days(DAYS.0, DAYS.1)),
    };
    query.select((kept_counts::code, COLUMNS))
}

/// The first code of all, or the one behind another of which no day is left.
fn next_code(kind: KeptKind, (code, day): &(String, i32)) -> impl Rows<String> + use<> {
    let query = kept_counts::table
        .filter(kept_counts::kind.eq(kind.name()))
        .order((kept_counts::code, kept_counts::period))
        .limit(1)
        .into_boxed::<DB>();
    let query = if *day == DAYS.1 { query.filter(kept_counts::code.gt(code.clone())) } else { query };
    query.select(kept_counts::code)
}

fn calendar_between((first, last): (i32, i32)) -> impl Rows<(i32, i64)> {
    order_counts::table
        .filter(order_counts::period.between(first, last))
        .order(order_counts::period)
        .select((order_counts::period, order_counts::orders))
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let at = crate::order::Day::new(2022, 3, 4).unwrap().start();
    let code = "HI-9B97EE4E";
    let key = |code: &str| (code.to_owned(), 20_220_304);
    let delete = diesel::delete(kept_count(KeptKind::Store, code, 2022));
    vec![
        ("facts_by_order", sql(&facts(KeptKind::Order, "", Some(at), 1000))),
        ("facts_by_store", sql(&facts(KeptKind::Store, code, Some(at), 1000))),
        ("facts_by_product", sql(&facts(KeptKind::Product, "R7-3126933h", Some(at), 1000))),
        ("facts_by_shipping", sql(&facts(KeptKind::Shipping, "", Some(at), 1000))),
        ("facts_by_cancellation", sql(&cancelled_facts(Some(at), 1000))),
        ("facts_by_delivery", sql(&facts(KeptKind::Delivery, "", Some(at), 1000))),
        ("kept_of_code", sql(&kept_between(KeptKind::Store, &key(code), Some(&key(code))))),
        ("kept_of_codes", sql(&kept_between(KeptKind::Store, &key(code), Some(&key("HI-9B97EE4F"))))),
        ("kept_from_code", sql(&kept_between(KeptKind::Store, &key(code), None))),
        ("next_code", sql(&next_code(KeptKind::Store, &(code.to_owned(), DAYS.1)))),
        ("calendar_between", sql(&calendar_between(ALL))),
        ("delete_kept", diesel::debug_query::<DB, _>(&delete).to_string()),
    ]
}
