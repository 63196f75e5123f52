//! People, sessions, and sign-ins that were begun.
//!
//! Every change may run more than once, also after it was committed: it is done where things are as it would make them.

use std::time::Duration;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::rows::{FormRow, NewPersonRow, NewSessionRow, NewSignInRow, SessionRow, SignInRow};
use crate::db::schema::{people, sessions, sign_ins};
use crate::db::sessions::{
    BegunSignIn, KnownPerson, NewPerson, NewSession, NewSignIn, SealedForm, SessionBegun, StoredSession,
    TokenHash,
};
use crate::order::{PersonId, Timestamp};

/// How many rows that are over go with one that is new: more than one, so that they get fewer.
const PURGED_AT_ONCE: i64 = 100;

/// For how long it is known whose a session was that is over: what was sent in it is theirs.
const KNOWN_FOR: Duration = Duration::from_hours(24);

/// Keeps what a sign-in begins with. A form that waits in this browser goes on waiting with it: the request that had it
/// until now may be one that is sent twice, so it keeps its own.
pub async fn insert_sign_in(conn: &mut Conn, sign_in: &NewSignIn) -> Result<(), DbError> {
    delete_sign_ins_over(conn, sign_in.at).await?;
    let mut form = sign_in.form.clone();
    if let Some(replaced) = sign_in.replaces {
        if form.is_some() {
            diesel::delete(waiting_in(replaced)).execute(conn).await?;
        } else {
            form = find_waiting_form(conn, replaced, sign_in.at).await?;
        }
    }
    match diesel::insert_into(sign_ins::table).values(NewSignInRow::new(sign_in, form)).execute(conn).await {
        // Its token is random: this very one was stored before.
        Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What a sign-in was begun with, for the one request that claims it first; none if it is used, over, or was never begun.
pub async fn claim_sign_in(
    conn: &mut Conn,
    token_hash: TokenHash,
    claim: i64,
    now: Timestamp,
) -> Result<Option<BegunSignIn>, DbError> {
    diesel::update(unclaimed(token_hash, now)).set(sign_ins::claim.eq(claim)).execute(conn).await?;
    let claimed: Vec<SignInRow> = load(claimed_by(token_hash, claim), conn).await?;
    Ok(claimed.into_iter().next().map(SignInRow::into_sign_in))
}

/// The form that waits in a browser.
pub async fn find_waiting_form(
    conn: &mut Conn,
    token_hash: TokenHash,
    now: Timestamp,
) -> Result<Option<SealedForm>, DbError> {
    let found: Vec<FormRow> = load(waiting_form(token_hash, now), conn).await?;
    Ok(found.into_iter().next().and_then(FormRow::into_form))
}

/// Begins a session, unless the person is disabled, who is added, or takes the name and roles that the provider says now.
pub async fn insert_session(conn: &mut Conn, session: &NewSession) -> Result<SessionBegun, DbError> {
    let Some(person) = person_of(conn, session).await? else { return Ok(SessionBegun::Disabled) };
    delete_sessions_over(conn, session.at).await?;
    if let Some(replaced) = session.replaces {
        diesel::delete(with_token(replaced)).execute(conn).await?;
    }
    let row = NewSessionRow::new(session, person);
    match diesel::insert_into(sessions::table).values(row).execute(conn).await {
        // Its token is random: this very one was stored before.
        Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
        Err(error) => return Err(error.into()),
    }
    let begun = find_session(conn, session.token_hash).await?;
    begun
        .map(SessionBegun::Begun)
        .ok_or_else(|| DbError::Internal("a session is not there that was just stored".to_owned()))
}

/// Deletes some sessions and sign-ins that are over; how many.
pub async fn delete_over(conn: &mut Conn, now: Timestamp) -> Result<usize, DbError> {
    Ok(delete_sign_ins_over(conn, now).await? + delete_sessions_over(conn, now).await?)
}

async fn delete_sign_ins_over(conn: &mut Conn, now: Timestamp) -> Result<usize, DbError> {
    let over: Vec<i32> = load(sign_ins_over(now), conn).await?;
    if over.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(sign_ins::table.filter(sign_ins::id.eq_any(over))).execute(conn).await?)
}

/// Those of which nobody asks any more whose they were.
async fn delete_sessions_over(conn: &mut Conn, now: Timestamp) -> Result<usize, DbError> {
    let over: Vec<i32> = load(sessions_over(now.before(KNOWN_FOR)), conn).await?;
    if over.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(over))).execute(conn).await?)
}

/// Who signs in, as they are called and what they may do now; none, if they are disabled.
async fn person_of(conn: &mut Conn, session: &NewSession) -> Result<Option<i32>, DbError> {
    let NewSession { issuer, subject, name, roles, at, .. } = session;
    let person = NewPerson { issuer: issuer.clone(), subject: subject.clone(), name: name.clone(), at: *at };
    let id = insert_person(conn, &person).await?.get();
    let changes =
        (people::name.eq(name.clone()), people::seen_at.eq(*at), people::last_roles.eq(Some(roles.clone())));
    let is_enabled = diesel::update(enabled(id)).set(changes).execute(conn).await? > 0;
    Ok(is_enabled.then_some(id))
}

/// Who somebody is whom a provider vouches for; none if they were never here.
pub async fn find_known_person(
    conn: &mut Conn,
    issuer: &str,
    subject: &str,
) -> Result<Option<KnownPerson>, DbError> {
    let found: Vec<(i32, Option<String>, Option<Timestamp>)> =
        load(person_with(issuer, subject), conn).await?;
    let known = |(id, last_roles, disabled_at): (_, _, Option<Timestamp>)| {
        Some(KnownPerson { id: PersonId::new(id)?, last_roles, is_disabled: disabled_at.is_some() })
    };
    Ok(found.into_iter().next().and_then(known))
}

/// Adds somebody who is about to sign in for the first time, unless they are there.
pub async fn insert_person(conn: &mut Conn, person: &NewPerson) -> Result<PersonId, DbError> {
    if let Some(known) = find_known_person(conn, &person.issuer, &person.subject).await? {
        return Ok(known.id);
    }
    match diesel::insert_into(people::table).values(NewPersonRow::new(person)).execute(conn).await {
        // They signed in twice at once.
        Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
        Err(error) => return Err(error.into()),
    }
    let added = find_known_person(conn, &person.issuer, &person.subject).await?;
    let added = added.map(|known| known.id);
    added.ok_or_else(|| DbError::Internal("a person is not there who was just stored".to_owned()))
}

/// A browser's session, whether it is over or not.
pub async fn find_session(conn: &mut Conn, token_hash: TokenHash) -> Result<Option<StoredSession>, DbError> {
    let found: Vec<SessionRow> = load(session_with(token_hash), conn).await?;
    Ok(found.into_iter().next().and_then(SessionRow::into_session))
}

/// A person's sessions, the newest first, whether they are over or not.
pub async fn list_sessions(conn: &mut Conn, person: PersonId) -> Result<Vec<StoredSession>, DbError> {
    let found: Vec<SessionRow> = load(sessions_of(person.get()), conn).await?;
    Ok(found.into_iter().filter_map(SessionRow::into_session).collect())
}

/// Notes that a session and its person were there at a time.
pub async fn touch_session(
    conn: &mut Conn,
    (id, person): (i32, PersonId),
    now: Timestamp,
) -> Result<(), DbError> {
    let session = sessions::table.filter(sessions::id.eq(id)).filter(sessions::seen_at.lt(now));
    if diesel::update(session).set(sessions::seen_at.eq(now)).execute(conn).await? > 0 {
        let person = people::table.filter(people::id.eq(person.get())).filter(people::seen_at.lt(now));
        diesel::update(person).set(people::seen_at.eq(now)).execute(conn).await?;
    }
    Ok(())
}

/// Ends a browser's session.
pub async fn delete_session(conn: &mut Conn, token_hash: TokenHash) -> Result<(), DbError> {
    diesel::delete(with_token(token_hash)).execute(conn).await?;
    Ok(())
}

/// Ends one of a person's sessions.
pub async fn end_session_of(
    conn: &mut Conn,
    person: PersonId,
    id: i32,
    at: Timestamp,
) -> Result<(), DbError> {
    diesel::update(one_of(person.get(), id)).set(ended(at)).execute(conn).await?;
    Ok(())
}

/// Ends a person's sessions but one.
pub async fn end_other_sessions(
    conn: &mut Conn,
    person: PersonId,
    kept: i32,
    at: Timestamp,
) -> Result<(), DbError> {
    diesel::update(others_than(person.get(), kept)).set(ended(at)).execute(conn).await?;
    Ok(())
}

/// Ends all of a person's sessions.
pub async fn end_sessions_of(conn: &mut Conn, person: PersonId, at: Timestamp) -> Result<(), DbError> {
    diesel::update(all_of(person.get())).set(ended(at)).execute(conn).await?;
    Ok(())
}

fn sign_ins_over(now: Timestamp) -> impl Rows<i32> {
    sign_ins::table
        .filter(sign_ins::ends_at.le(now))
        .order((sign_ins::ends_at, sign_ins::id))
        .select(sign_ins::id)
        .limit(PURGED_AT_ONCE)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn unclaimed(token_hash: TokenHash, now: Timestamp) -> _ {
    let hash: Vec<u8> = token_hash.to_vec();
    sign_ins::table
        .filter(sign_ins::token_hash.eq(hash))
        .filter(sign_ins::ends_at.gt(now))
        .filter(sign_ins::claim.is_null())
}

fn claimed_by(token_hash: TokenHash, claim: i64) -> impl Rows<SignInRow> {
    sign_ins::table
        .filter(sign_ins::token_hash.eq(token_hash.to_vec()))
        .filter(sign_ins::claim.eq(claim))
        .select((
            sign_ins::state,
            sign_ins::nonce,
            sign_ins::verifier,
            sign_ins::return_path,
            sign_ins::form,
            sign_ins::form_until,
        ))
}

/// Whatever has come of the sign-in.
fn waiting_form(token_hash: TokenHash, now: Timestamp) -> impl Rows<FormRow> {
    sign_ins::table
        .filter(sign_ins::token_hash.eq(token_hash.to_vec()))
        .filter(sign_ins::form_until.gt(now))
        .select((sign_ins::form, sign_ins::form_until))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn waiting_in(token_hash: TokenHash) -> _ {
    let hash: Vec<u8> = token_hash.to_vec();
    sign_ins::table.filter(sign_ins::token_hash.eq(hash)).filter(sign_ins::form_until.is_not_null())
}

/// Those that were over at a time: by themselves, or because somebody had ended them.
fn sessions_over(then: Timestamp) -> impl Rows<i32> {
    sessions::table
        .filter(sessions::ends_at.le(then))
        .filter(sessions::ended_at.is_null().or(sessions::ended_at.le(then)))
        .order((sessions::ends_at, sessions::id))
        .select(sessions::id)
        .limit(PURGED_AT_ONCE)
}

/// A person who may sign in.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn enabled(id: i32) -> _ {
    people::table.filter(people::id.eq(id)).filter(people::disabled_at.is_null())
}

fn person_with(issuer: &str, subject: &str) -> impl Rows<(i32, Option<String>, Option<Timestamp>)> + use<> {
    people::table
        .filter(people::issuer.eq(issuer.to_owned()))
        .filter(people::subject.eq(subject.to_owned()))
        .select((people::id, people::last_roles, people::disabled_at))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn with_token(token_hash: TokenHash) -> _ {
    let hash: Vec<u8> = token_hash.to_vec();
    sessions::table.filter(sessions::token_hash.eq(hash))
}

/// Those of a person that nobody has ended.
#[diesel::dsl::auto_type(no_type_alias)]
fn all_of(person: i32) -> _ {
    sessions::table.filter(sessions::person_id.eq(person)).filter(sessions::ended_at.is_null())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn one_of(person: i32, id: i32) -> _ {
    sessions::table
        .filter(sessions::person_id.eq(person))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.eq(id))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn others_than(person: i32, kept: i32) -> _ {
    sessions::table
        .filter(sessions::person_id.eq(person))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.ne(kept))
}

/// What a session becomes that somebody ends: over on every desk, whatever their clocks say.
#[diesel::dsl::auto_type(no_type_alias)]
fn ended(at: Timestamp) -> _ {
    (sessions::ends_at.eq(sessions::created_at), sessions::ended_at.eq(at))
}

/// What [`SessionRow`] reads.
macro_rules! columns {
    () => {
        (
            sessions::id,
            sessions::person_id,
            people::name,
            sessions::roles,
            sessions::client,
            sessions::created_at,
            sessions::seen_at,
            sessions::ends_at,
            sessions::browser,
            people::disabled_at,
        )
    };
}

fn session_with(token_hash: TokenHash) -> impl Rows<SessionRow> {
    sessions::table
        .inner_join(people::table)
        .filter(sessions::token_hash.eq(token_hash.to_vec()))
        .select(columns!())
}

fn sessions_of(person: i32) -> impl Rows<SessionRow> {
    sessions::table
        .inner_join(people::table)
        .filter(sessions::person_id.eq(person))
        .order(sessions::id.desc())
        .select(columns!())
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::{DB, sql};
    let (hash, now) = ([7; 32], Timestamp::parse("2026-11-30 08:00:00").unwrap());
    let claim = diesel::update(unclaimed(hash, now)).set(sign_ins::claim.eq(9));
    vec![
        ("sign_ins_over", sql(&sign_ins_over(now))),
        ("claim_sign_in", diesel::debug_query::<DB, _>(&claim).to_string()),
        ("claimed_by", sql(&claimed_by(hash, 9))),
        ("sessions_over", sql(&sessions_over(now))),
        ("person_with", sql(&person_with("https://login.example", "anna"))),
        ("session_with", sql(&session_with(hash))),
        ("sessions_of", sql(&sessions_of(3))),
        ("delete_session", diesel::debug_query::<DB, _>(&diesel::delete(with_token(hash))).to_string()),
        ("waiting_form", sql(&waiting_form(hash, now))),
        ("delete_waiting", diesel::debug_query::<DB, _>(&diesel::delete(waiting_in(hash))).to_string()),
        (
            "end_session_of",
            diesel::debug_query::<DB, _>(&diesel::update(one_of(3, 4)).set(ended(now))).to_string(),
        ),
        (
            "end_other_sessions",
            diesel::debug_query::<DB, _>(&diesel::update(others_than(3, 4)).set(ended(now))).to_string(),
        ),
        (
            "end_sessions_of",
            diesel::debug_query::<DB, _>(&diesel::update(all_of(3)).set(ended(now))).to_string(),
        ),
    ]
}
