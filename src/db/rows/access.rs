//! The access log, as Diesel reads and writes it.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;
use uuid::Uuid;

use crate::db::DbError;
use crate::db::schema::{access_log, access_outcomes};
use crate::order::{Access, AccessEntry, Actor, Deed, End, Outcome, Timestamp};

/// An entry as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = access_log, check_for_backend(Sqlite, Mssql))]
pub struct AccessRow {
    number: i64,
    id: String,
    at: Timestamp,
    actor: String,
    client: Option<String>,
    kind: String,
    query: Option<String>,
    detail: Option<String>,
}

impl AccessRow {
    /// The entry with how it ended and how many orders it was.
    pub fn into_entry(self, outcome: Option<(String, i64)>) -> Result<AccessEntry, DbError> {
        let unreadable = || DbError::Internal(format!("entry {} of the access log has no UUID", self.number));
        let access = Access {
            id: Uuid::try_parse(&self.id).map_err(|_| unreadable())?,
            at: self.at,
            by: Actor::stored(&self.actor),
            client: self.client.and_then(|client| client.parse().ok()),
            deed: Deed::stored(&self.kind, self.query.as_deref(), self.detail.as_deref()),
        };
        let outcome = outcome
            .map(|(end, orders)| Outcome { end: End::stored(&end), orders: orders.max(0).unsigned_abs() });
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
    client: Option<String>,
    kind: String,
    query: Option<String>,
    detail: Option<String>,
}

impl NewAccessRow {
    pub fn new(Access { id, at, by, client, deed }: &Access) -> Self {
        Self {
            id: id.to_string(),
            at: *at,
            actor: by.text().into_owned(),
            client: client.map(|client| client.to_string()),
            kind: deed.kind().to_owned(),
            query: deed.query(),
            detail: deed.detail().map(str::to_owned),
        }
    }
}

/// The row of how an entry ended.
#[derive(Insertable)]
#[diesel(table_name = access_outcomes)]
pub struct OutcomeRow {
    id: String,
    at: Timestamp,
    outcome: &'static str,
    orders: i64,
}

impl OutcomeRow {
    pub fn new(id: Uuid, Outcome { end, orders }: Outcome, at: Timestamp) -> Self {
        let orders = i64::try_from(orders).unwrap_or(i64::MAX);
        Self { id: id.to_string(), at, outcome: end.name(), orders }
    }
}
