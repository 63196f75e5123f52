//! The access log, as Diesel reads and writes it.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;
use uuid::Uuid;

use crate::db::DbError;
use crate::db::schema::{access_log, access_outcomes};
use crate::order::{Access, AccessEntry, Actor, Deed, End, Outcome, PersonId, Reason, StoredDeed, Timestamp};

/// An entry as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = access_log, check_for_backend(Sqlite, Mssql))]
pub struct AccessRow {
    number: i64,
    id: String,
    at: Timestamp,
    actor: String,
    person_id: Option<i32>,
    session_id: Option<i32>,
    client: Option<String>,
    kind: String,
    query: Option<String>,
    subject_id: Option<i32>,
    subject: Option<String>,
    detail: Option<String>,
}

/// How an entry ended: its outcome, how many it was, why, and the session that began.
pub type StoredOutcome = (String, i64, Option<String>, Option<i32>);

impl AccessRow {
    pub fn into_entry(self, outcome: Option<StoredOutcome>) -> Result<AccessEntry, DbError> {
        let unreadable = || DbError::Internal(format!("entry {} of the access log has no UUID", self.number));
        let access = Access {
            id: Uuid::try_parse(&self.id).map_err(|_| unreadable())?,
            at: self.at,
            by: match Actor::stored(&self.actor) {
                Actor::User(name, _) => Actor::User(name, self.person_id.and_then(PersonId::new)),
                by => by,
            },
            session: self.session_id,
            client: self.client.and_then(|client| client.parse().ok()),
            deed: Deed::stored(StoredDeed {
                kind: self.kind,
                query: self.query,
                person: self.subject_id,
                subject: self.subject,
                detail: self.detail,
            }),
        };
        let outcome = outcome.map(|(end, count, reason, session)| Outcome {
            // What another release calls by a name of its own did not finish, as far as this one can tell.
            end: End::stored(&end).unwrap_or(End::Failed),
            count: count.max(0).unsigned_abs(),
            reason: reason.as_deref().and_then(Reason::stored),
            session,
        });
        Ok(AccessEntry { number: self.number, access, outcome })
    }
}

/// The row of a new entry.
#[derive(Insertable)]
#[diesel(table_name = access_log, treat_none_as_default_value = false)]
pub struct NewAccessRow {
    id: String,
    at: Timestamp,
    actor: String,
    person_id: Option<i32>,
    session_id: Option<i32>,
    client: Option<String>,
    kind: String,
    query: Option<String>,
    subject_id: Option<i32>,
    subject: Option<String>,
    detail: Option<String>,
}

impl NewAccessRow {
    pub fn new(Access { id, at, by, session, client, deed }: &Access) -> Self {
        let StoredDeed { kind, query, person, subject, detail } = deed.to_stored();
        Self {
            id: id.to_string(),
            at: *at,
            actor: by.text().into_owned(),
            person_id: by.person().map(PersonId::get),
            session_id: *session,
            client: client.map(|client| client.to_string()),
            kind,
            query,
            subject_id: person,
            subject,
            detail,
        }
    }
}

/// The row of how an entry ended.
#[derive(Insertable)]
#[diesel(table_name = access_outcomes, treat_none_as_default_value = false)]
pub struct OutcomeRow {
    id: String,
    at: Timestamp,
    outcome: &'static str,
    orders: i64,
    reason: Option<String>,
    session_id: Option<i32>,
}

impl OutcomeRow {
    pub fn new(id: Uuid, Outcome { end, count, reason, session }: Outcome, at: Timestamp) -> Self {
        Self {
            id: id.to_string(),
            at,
            outcome: end.word(),
            orders: i64::try_from(count).unwrap_or(i64::MAX),
            reason: reason.map(|reason| reason.word().to_owned()),
            session_id: session,
        }
    }
}
