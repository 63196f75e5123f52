//! The access log, to which rows are only added; what is old enough goes.
//!
//! What is added may be added more than once, also after it was committed: an entry is known by its id.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::long_read::Slice;
use crate::db::rows::{AccessRow, NewAccessRow, OutcomeRow, StoredOutcome};
use crate::db::schema::{access_log, access_outcomes, access_states};
use crate::order::{
    Access, AccessBy, AccessEntry, AccessFilter, AccessKey, AccessPage, AccessState, End, Outcome, Timestamp,
};

/// Entries of an index that are looked at for one page, where not all of them fit.
const LOOKED_AT: usize = 2_000;

/// Writes down what is about to be done.
pub async fn insert_access(conn: &mut Conn, access: &Access) -> Result<(), DbError> {
    let row = NewAccessRow::new(access);
    once(diesel::insert_into(access_log::table).values(&row).execute(conn).await)
}

/// Writes down how it ended; the first time counts.
pub async fn insert_outcome(
    conn: &mut Conn,
    id: Uuid,
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), DbError> {
    let row = OutcomeRow::new(id, outcome, at);
    once(diesel::insert_into(access_outcomes::table).values(&row).execute(conn).await)
}

/// Writes down what was not let happen, with why.
pub async fn insert_refusal(conn: &mut Conn, access: &Access, outcome: Outcome) -> Result<(), DbError> {
    insert_access(conn, access).await?;
    insert_outcome(conn, access.id, outcome, access.at).await
}

fn once(inserted: QueryResult<usize>) -> Result<(), DbError> {
    match inserted {
        Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Entries that fit a filter, newest first, so many at most, behind one of them.
///
/// One condition leads, by an index of its own; what the others leave of its entries is picked out of a bounded number of
/// them, so a page may have few entries, or none, and older ones behind it.
pub async fn list_accesses(
    conn: &mut Conn,
    filter: &AccessFilter,
    from: Option<AccessKey>,
    wanted: usize,
) -> Result<AccessPage, DbError> {
    let rows = if filter.conditions() > 1 { LOOKED_AT } else { wanted.saturating_add(1) };
    let found = look_at(conn, filter, from, i64::try_from(rows).unwrap_or(i64::MAX)).await?;
    let is_cut = found.len() >= rows;
    let mut page = AccessPage::default();
    let mut last = None;
    for entry in found {
        if page.entries.len() == wanted {
            page.next = last;
            return Ok(page);
        }
        last = Some(AccessKey::of(&entry));
        if filter.has(&entry) {
            page.entries.push(entry);
        }
    }
    page.next = last.filter(|_| is_cut);
    Ok(page)
}

/// The next entries that fit a filter, behind one of them; so many are looked at.
pub async fn walk_accesses(
    conn: &mut Conn,
    rows: i64,
    filter: &AccessFilter,
    from: Option<AccessKey>,
) -> Result<Slice<Vec<AccessEntry>, AccessKey>, DbError> {
    let mut found = look_at(conn, filter, from, rows).await?;
    let is_cut = i64::try_from(found.len()).unwrap_or(i64::MAX) >= rows;
    let next = found.last().map(AccessKey::of).filter(|_| is_cut);
    found.retain(|entry| filter.has(entry));
    Ok(Slice { found, next })
}

/// Entries of the index that leads.
async fn look_at(
    conn: &mut Conn,
    filter: &AccessFilter,
    from: Option<AccessKey>,
    limit: i64,
) -> Result<Vec<AccessEntry>, DbError> {
    let (oldest, end) = filter.span.unwrap_or((Timestamp::EARLIEST, Timestamp::LATEST));
    let from = from.unwrap_or(AccessKey::NEWEST).min(AccessKey::before(end));
    let finished = AccessState::Ended(End::Finished);
    let found: Vec<(AccessRow, Option<StoredOutcome>)> = match filter {
        AccessFilter { client: Some(client), .. } => {
            load(of_client(client.to_string(), oldest, from, limit), conn).await?
        }
        // What finished is nearly all there is: whatever else is asked for leads better.
        AccessFilter { state: Some(state), .. } if *state != finished => {
            load(in_state(state.word(), oldest, from, limit), conn).await?
        }
        AccessFilter { by: Some(AccessBy::Actor(by)), .. } => {
            load(of_actor(by.text().into_owned(), oldest, from, limit), conn).await?
        }
        AccessFilter { by: Some(AccessBy::Person(person)), .. } => {
            load(of_person(person.get(), oldest, from, limit), conn).await?
        }
        AccessFilter { kind: Some(kind), .. } => {
            load(of_kind(kind.word(), oldest, from, limit), conn).await?
        }
        AccessFilter { state: Some(state), .. } => {
            load(in_state(state.word(), oldest, from, limit), conn).await?
        }
        _ => load(of_all(oldest, from, limit), conn).await?,
    };
    found.into_iter().map(|(row, outcome)| row.into_entry(outcome)).collect()
}

/// The first condition on the time is a range that the index seeks to.
#[diesel::dsl::auto_type(no_type_alias)]
fn behind(oldest: Timestamp, from: AccessKey) -> _ {
    let at: Timestamp = from.at;
    let number: i64 = from.number;
    access_log::at
        .ge(oldest)
        .and(access_log::at.le(at))
        .and(access_log::at.lt(at).or(access_log::number.lt(number)))
}

/// What [`StoredOutcome`] is read from.
macro_rules! outcome {
    () => {
        (
            access_outcomes::outcome,
            access_outcomes::orders,
            access_outcomes::reason,
            access_outcomes::session_id,
        )
            .nullable()
    };
}
/// What is read of entries that some condition holds for.
macro_rules! entries {
    ($oldest:ident, $from:ident, $limit:ident $(; $condition:expr)?) => {
        access_log::table
            .left_join(access_outcomes::table.on(access_outcomes::id.eq(access_log::id)))
            $(.filter($condition))?
            .filter(behind($oldest, $from))
            .order((access_log::at.desc(), access_log::number.desc()))
            .limit($limit)
            .select((AccessRow::as_select(), outcome!()))
    };
}

type Entry = (AccessRow, Option<StoredOutcome>);

fn of_all(oldest: Timestamp, from: AccessKey, limit: i64) -> impl Rows<Entry> {
    entries!(oldest, from, limit)
}

fn of_client(client: String, oldest: Timestamp, from: AccessKey, limit: i64) -> impl Rows<Entry> {
    entries!(oldest, from, limit; access_log::client.eq(client))
}

fn of_actor(actor: String, oldest: Timestamp, from: AccessKey, limit: i64) -> impl Rows<Entry> {
    entries!(oldest, from, limit; access_log::actor.eq(actor))
}

fn of_person(person: i32, oldest: Timestamp, from: AccessKey, limit: i64) -> impl Rows<Entry> {
    entries!(oldest, from, limit; access_log::person_id.eq(person))
}

fn of_kind(kind: &'static str, oldest: Timestamp, from: AccessKey, limit: i64) -> impl Rows<Entry> {
    entries!(oldest, from, limit; access_log::kind.eq(kind))
}

fn in_state(state: &'static str, oldest: Timestamp, from: AccessKey, limit: i64) -> impl Rows<Entry> {
    let AccessKey { at, number } = from;
    access_states::table
        .inner_join(access_log::table.on(access_log::number.eq(access_states::number)))
        .left_join(access_outcomes::table.on(access_outcomes::id.eq(access_log::id)))
        .filter(access_states::state.eq(state))
        .filter(access_states::at.ge(oldest).and(access_states::at.le(at)))
        .filter(access_states::at.lt(at).or(access_states::number.lt(number)))
        .order((access_states::at.desc(), access_states::number.desc()))
        .limit(limit)
        .select((AccessRow::as_select(), outcome!()))
}

/// Whether an entry is older than a moment.
pub async fn has_old(conn: &mut Conn, before: Timestamp) -> Result<bool, DbError> {
    let found: Vec<(i64, String)> = load(older_than(before, 1), conn).await?;
    Ok(!found.is_empty())
}

/// Deletes some entries that are older than a moment; how many.
pub async fn delete_old(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<usize, DbError> {
    let found: Vec<(i64, String)> = load(older_than(before, limit), conn).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let (numbers, ids): (Vec<i64>, Vec<String>) = found.into_iter().unzip();
    diesel::delete(access_outcomes::table.filter(access_outcomes::id.eq_any(ids))).execute(conn).await?;
    Ok(diesel::delete(access_log::table.filter(access_log::number.eq_any(numbers))).execute(conn).await?)
}

fn older_than(before: Timestamp, limit: i64) -> impl Rows<(i64, String)> {
    access_log::table
        .filter(access_log::at.lt(before))
        .order((access_log::at, access_log::number))
        .limit(limit)
        .select((access_log::number, access_log::id))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let (oldest, from) = (Timestamp::EARLIEST, AccessKey { at: Timestamp::LATEST, number: 99 });
    vec![
        ("accesses", sql(&of_all(oldest, from, 51))),
        ("accesses_of_client", sql(&of_client("192.0.2.7".to_owned(), oldest, from, 51))),
        ("accesses_of_actor", sql(&of_actor("desk".to_owned(), oldest, from, 51))),
        ("accesses_of_person", sql(&of_person(7, oldest, from, 51))),
        ("accesses_of_kind", sql(&of_kind("sign-in", oldest, from, 51))),
        ("accesses_in_state", sql(&in_state("refused", oldest, from, 51))),
        ("accesses_older_than", sql(&older_than(Timestamp::LATEST, 200))),
    ]
}
