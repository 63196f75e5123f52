//! Lists that kept counts tell the length of, and the day on which each of their pages begins.

use std::collections::BTreeMap;

use super::super::kept_counts::{periods_of_code, sums};
use super::super::{Conn, load};
use super::plan::count;
use super::statements::{days_of_found, led_by};
use crate::db::find::{Clause, FindQuery, KeptList, Range, Test, ToCome};
use crate::db::kept_counts::KeptSums;
use crate::db::{DbError, counts};
use crate::order::{Day, LocalTime};

/// Where a page begins: which of the list's orders come from its day on, and how many of those come before it.
pub struct StartOfPage {
    pub from_there: FindQuery,
    pub skip: i64,
}

/// How many orders a list has, if that is kept.
pub async fn kept_total(conn: &mut Conn, query: &FindQuery) -> Result<Option<u64>, DbError> {
    let Some(list) = KeptList::of(query) else { return Ok(None) };
    let mut kept = KeptSums::default();
    for code in &list.codes {
        for periods in &list.periods {
            kept += sums(conn, list.kind, code, *periods).await?;
        }
    }
    let mut to_come = ToCome::default();
    if list.depends_on_now() {
        for stage in ToCome::STAGES {
            let (dates, rest) = but_for_stages(query);
            let many = count(conn, query, &Test::Stage(stage), dates, &rest, query.max_counted + 1).await?;
            if many > query.max_counted {
                return Ok(None);
            }
            to_come.add(stage, many);
        }
    }
    // Below zero only where something else has changed them.
    Ok(u64::try_from(list.count(&kept, to_come)).ok())
}

/// Where a page of a list by days of ordering begins that has so many orders before it; none if that is not kept.
pub async fn start_of_page(
    conn: &mut Conn,
    query: &FindQuery,
    mut skip: i64,
) -> Result<Option<StartOfPage>, DbError> {
    let Some(mut list) = KeptList::of(query).filter(|list| list.is_in_order_of(query.sort.key)) else {
        return Ok(None);
    };
    let Some(to_come) = days_to_come(conn, query, &list).await? else { return Ok(None) };
    let newest_first = query.sort.descending;
    if newest_first {
        list.periods.reverse();
    }
    for range in &list.periods {
        let mut found = walk(conn, &list, *range, newest_first, &to_come, &mut skip).await?;
        if let Some(year) = found.filter(|period| *period <= counts::YEARS.1) {
            found = walk(conn, &list, counts::days_of(year), newest_first, &to_come, &mut skip).await?;
        }
        if let Some(day) = found.and_then(counts::day_of) {
            return Ok(Some(StartOfPage { from_there: since(query, day), skip }));
        }
    }
    Ok(None)
}

/// The period of a range in which so many orders are behind; none if it does not have so many.
async fn walk(
    conn: &mut Conn,
    list: &KeptList,
    range: (i32, i32),
    newest_first: bool,
    to_come: &BTreeMap<i32, ToCome>,
    skip: &mut i64,
) -> Result<Option<i32>, DbError> {
    let mut kept: BTreeMap<i32, KeptSums> = BTreeMap::new();
    for code in &list.codes {
        for (period, sums) in periods_of_code(conn, list.kind, code, range).await? {
            *kept.entry(period).or_default() += sums;
        }
    }
    let of = |(period, sums): (&i32, &KeptSums)| {
        (*period, list.count(sums, to_come.get(period).copied().unwrap_or_default()))
    };
    let mut counted: Vec<(i32, i64)> = kept.iter().map(of).collect();
    if newest_first {
        counted.reverse();
    }
    Ok(counts::walk(&counted, skip))
}

/// The orders of a list whose dates are to come, by the periods of their own; none if those are too many.
async fn days_to_come(
    conn: &mut Conn,
    query: &FindQuery,
    list: &KeptList,
) -> Result<Option<BTreeMap<i32, ToCome>>, DbError> {
    let mut by_period: BTreeMap<i32, ToCome> = BTreeMap::new();
    if !list.depends_on_now() {
        return Ok(Some(by_period));
    }
    for stage in ToCome::STAGES {
        let (dates, rest) = but_for_stages(query);
        let conditions = led_by(query, &Test::Stage(stage), dates, &rest);
        let ordered: Vec<LocalTime> = load(days_of_found(conditions, query.max_counted + 1), conn).await?;
        if ordered.len() > usize::try_from(query.max_counted).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        for at in ordered {
            let [year, _, day] = counts::periods_of(at.day());
            for period in [year, day] {
                by_period.entry(period).or_default().add(stage, 1);
            }
        }
    }
    Ok(Some(by_period))
}

fn but_for_stages(query: &FindQuery) -> (Option<Range>, Vec<Clause>) {
    let (mut clauses, dates) = query.split(None);
    clauses.retain(|clause| !matches!(clause.0.first(), Some(Test::Stage(_))));
    (dates, clauses)
}

/// The orders of a list from a day on, in its own order.
fn since(query: &FindQuery, day: Day) -> FindQuery {
    let range = if query.sort.descending {
        Range { from: None, until: Some(day.next().start()) }
    } else {
        Range { from: Some(day.start()), until: None }
    };
    query.and(&Clause(vec![Test::Ordered(range)]))
}
