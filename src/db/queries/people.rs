//! People, by name, and who of them may not sign in.
//!
//! Every change may run more than once, also after it was committed: it is done where things are as it would make them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::sessions::{enabled, end_sessions_of};
use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::people::{DisableOutcome, Disabled, PeoplePage, PeopleQuery, StoredPerson};
use crate::db::rows::PersonRow;
use crate::db::schema::{people, sessions};
use crate::db::sessions::LiveSince;
use crate::order::{PersonId, Timestamp};

/// People that are looked at for one page, where some name is looked for.
const LOOKED_AT: usize = 2_000;

/// People whose name has a text in it, by name, so many at most, behind one of them.
///
/// The names of a bounded number are looked at, so a page may have few people, or none, and others behind it.
pub async fn list_people(conn: &mut Conn, query: &PeopleQuery) -> Result<PeoplePage, DbError> {
    let PeopleQuery { name, after, wanted, live } = query;
    let rows = if name.is_empty() { wanted.saturating_add(1) } else { LOOKED_AT };
    let behind = match after {
        Some(id) => load::<PersonRow>(person_numbered(id.get()), conn).await?.into_iter().next(),
        None => None,
    };
    let behind = behind.map_or((String::new(), 0), |row| (row.name, row.id));
    let limit = i64::try_from(rows).unwrap_or(i64::MAX);
    let found: Vec<PersonRow> = load(people_behind(behind, limit), conn).await?;
    let is_cut = found.len() >= rows;
    let wanted_name = name.to_lowercase();
    let (mut some, mut last) = (Vec::new(), None);
    for row in found {
        if some.len() == *wanted {
            return with_sessions(conn, some, last, *live).await;
        }
        last = PersonId::new(row.id);
        if row.name.to_lowercase().contains(&wanted_name) {
            some.extend(row.into_person());
        }
    }
    with_sessions(conn, some, last.filter(|_| is_cut), *live).await
}

async fn with_sessions(
    conn: &mut Conn,
    some: Vec<StoredPerson>,
    next: Option<PersonId>,
    live: LiveSince,
) -> Result<PeoplePage, DbError> {
    let ids: Vec<i32> = some.iter().map(|person| person.id.get()).collect();
    // One row for each session.
    let owners: Vec<i32> =
        if ids.is_empty() { Vec::new() } else { load(live_sessions(ids, live), conn).await? };
    let count = |person: &StoredPerson| owners.iter().filter(|owner| **owner == person.id.get()).count();
    let people = some.into_iter().map(|person| (count(&person), person)).map(|(count, one)| (one, count));
    Ok(PeoplePage { people: people.collect(), next })
}

/// A person; none if there is no such number.
pub async fn find_person(conn: &mut Conn, id: PersonId) -> Result<Option<StoredPerson>, DbError> {
    let found: Vec<PersonRow> = load(person_numbered(id.get()), conn).await?;
    Ok(found.into_iter().next().and_then(PersonRow::into_person))
}

/// Keeps somebody from signing in, and ends all of their sessions.
///
/// The person's row comes first, as where a session begins: one that begins meanwhile is ended here, or refused there.
pub async fn disable_person(
    conn: &mut Conn,
    id: PersonId,
    disabled: &Disabled,
) -> Result<DisableOutcome, DbError> {
    let Disabled { at, by, reason } = disabled;
    let changes = (
        people::disabled_at.eq(*at),
        people::disabled_by.eq(by.text().into_owned()),
        people::disabled_reason.eq(reason.as_ref().map(|reason| reason.as_str().to_owned())),
    );
    if diesel::update(enabled(id.get())).set(changes).execute(conn).await? == 0 {
        let found: Vec<PersonRow> = load(person_numbered(id.get()), conn).await?;
        return Ok(match found.into_iter().next() {
            None => DisableOutcome::Gone,
            Some(row) if row.is_disabled_as(disabled) => DisableOutcome::Done,
            Some(_) => DisableOutcome::Before,
        });
    }
    end_sessions_of(conn, id, *at).await?;
    Ok(DisableOutcome::Done)
}

/// Lets somebody sign in again, in new sessions; whether there is such a person.
pub async fn enable_person(conn: &mut Conn, id: PersonId, at: Timestamp) -> Result<bool, DbError> {
    let changes = (
        people::disabled_at.eq(None::<Timestamp>),
        people::disabled_by.eq(None::<String>),
        people::disabled_reason.eq(None::<String>),
    );
    let this = people::table.filter(people::id.eq(id.get())).filter(people::disabled_at.is_not_null());
    if diesel::update(this).set(changes).execute(conn).await? > 0 {
        // Of a release that did not know that they were disabled.
        end_sessions_of(conn, id, at).await?;
        return Ok(true);
    }
    Ok(find_person(conn, id).await?.is_some())
}

fn people_behind((name, id): (String, i32), limit: i64) -> impl Rows<PersonRow> {
    people::table
        .filter(people::name.ge(name.clone()).and(people::name.gt(name).or(people::id.gt(id))))
        .order((people::name, people::id))
        .limit(limit)
        .select(PersonRow::as_select())
}

fn person_numbered(id: i32) -> impl Rows<PersonRow> {
    people::table.filter(people::id.eq(id)).select(PersonRow::as_select())
}

/// Whose the sessions are of these people that are not over.
fn live_sessions(people: Vec<i32>, LiveSince { now, used_after }: LiveSince) -> impl Rows<i32> {
    sessions::table
        .filter(sessions::person_id.eq_any(people))
        .filter(sessions::ends_at.gt(now))
        .filter(sessions::seen_at.gt(used_after))
        .order(sessions::person_id)
        .select(sessions::person_id)
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::{DB, sql};
    let now = Timestamp::parse("2026-11-30 08:00:00").unwrap();
    let disable = diesel::update(enabled(3)).set(people::disabled_at.eq(now));
    vec![
        ("people_behind", sql(&people_behind(("Anna".to_owned(), 3), 51))),
        ("person_numbered", sql(&person_numbered(3))),
        ("live_sessions", sql(&live_sessions(vec![3, 4], LiveSince { now, used_after: now }))),
        ("disable_person", diesel::debug_query::<DB, _>(&disable).to_string()),
    ]
}
