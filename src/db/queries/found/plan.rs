//! How the orders of a list are reached.

use super::super::{Conn, load};
use super::statements::{counted, led_by};
use crate::db::DbError;
use crate::db::find::{Clause, FindQuery, Inner, Range, Segment, Test};

/// How the orders of a segment are reached.
pub enum Plan {
    /// By each test of one clause, which leads to few orders, or has them in order.
    Led { tests: Vec<Test>, dates: Option<Range>, rest: Vec<Clause> },
    /// Through all in the segment's order, or all that pass one test and come so.
    Through { path: Option<Test>, dates: Option<Range>, rest: Vec<Clause> },
}

/// Clauses from this rank on hold for too many orders to be worth counting, where another one leads already.
const COMMON: u8 = 8;

/// About so many entries of an index are passed over in the time that it takes to look at one order.
const PER_ROW: i64 = 10;

/// Chooses a plan by counting, as far as it has to.
pub async fn plan(conn: &mut Conn, query: &FindQuery, segment: &Segment) -> Result<Plan, DbError> {
    let (mut clauses, dates) = query.split(segment.clause.as_ref());
    let is_by_date = matches!(segment.inner, Inner::Date { .. });
    // The column's own index has them in order already.
    if let Inner::Group { column, .. } = segment.inner
        && let [Clause(tests)] = &clauses[..]
        && let [test] = &tests[..]
        && test.is_about(column)
        && dates.is_none()
    {
        return Ok(Plan::Through { path: Some(test.clone()), dates, rest: Vec::new() });
    }
    clauses.sort_by_key(Clause::rank);
    let mut best: Option<(i64, usize)> = None;
    for (at, clause) in clauses.iter().enumerate() {
        let Some(rank) = clause.rank() else { continue };
        // Not worth looking for fewer, least of all among what most orders are.
        if best.is_some_and(|(size, _)| size <= query.max_sorted() / 4 || rank >= COMMON) {
            break;
        }
        let is_alone = clauses.len() == 1;
        let others = || clauses.iter().enumerate().filter(|(other, _)| *other != at);
        let is_looked_up = |test: &Test| {
            is_by_date && test.has_wide_index() && others().all(|(_, other)| other.is_in_wide_index())
        };
        let mut size = 0;
        for test in &clause.0 {
            if !(is_alone && is_by_date && test.comes_by_date()) {
                let per_row = if is_looked_up(test) { PER_ROW } else { 1 };
                let room = (query.max_sorted() + 1 - size) * per_row;
                let dates = dates.filter(|_| !test.is_bounded());
                size += count(conn, query, test, dates, &[], room).await? / per_row;
            }
            if size > query.max_sorted() {
                break;
            }
        }
        if size <= query.max_sorted() && best.is_none_or(|(least, _)| size < least) {
            best = Some((size, at));
        }
    }
    if let Some((_, at)) = best {
        let tests = clauses.remove(at).0;
        return Ok(Plan::Led { tests, dates, rest: clauses });
    }
    if let Some(range) = dates {
        let test = Test::Ordered(range);
        let is_few = async |conn| -> Result<bool, DbError> {
            let room = query.max_sorted() + 1;
            Ok(count(conn, query, &test, None, &[], room).await? <= query.max_sorted())
        };
        if clauses.is_empty() && is_by_date || is_few(conn).await? {
            return Ok(Plan::Led { tests: vec![test], dates: None, rest: clauses });
        }
    }
    let leads = |clause: &Clause| match (&clause.0[..], segment.inner) {
        ([test], Inner::Date { .. }) => test.comes_by_date(),
        ([test], Inner::Group { column, .. }) => test.is_about(column),
        _ => false,
    };
    let path = clauses
        .iter()
        .position(leads)
        .map(|at| clauses.remove(at))
        .and_then(|clause| clause.0.into_iter().next());
    Ok(Plan::Through { path, dates, rest: clauses })
}

/// How many orders a test leads to that pass the rest, too; no more than so many.
pub async fn count(
    conn: &mut Conn,
    query: &FindQuery,
    test: &Test,
    dates: Option<Range>,
    rest: &[Clause],
    most: i64,
) -> Result<i64, DbError> {
    let conditions = led_by(query, test, dates, rest);
    Ok(load(counted(conditions, most), conn).await?.into_iter().next().unwrap_or(0))
}
