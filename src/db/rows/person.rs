//! People, as Diesel reads them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use crate::db::people::{Disabled, StoredPerson};
use crate::db::schema::people;
use crate::order::{Actor, Note, PersonId, Timestamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = people, check_for_backend(Sqlite, Mssql))]
pub struct PersonRow {
    pub id: i32,
    issuer: String,
    subject: String,
    pub name: String,
    last_roles: Option<String>,
    created_at: Timestamp,
    seen_at: Timestamp,
    disabled_at: Option<Timestamp>,
    disabled_by: Option<String>,
    disabled_reason: Option<Note>,
}

impl PersonRow {
    /// None if the database has numbered the person in a way that it never does.
    pub fn into_person(self) -> Option<StoredPerson> {
        let (by, reason) = (self.disabled_by.unwrap_or_default(), self.disabled_reason);
        let disabled = self.disabled_at.map(|at| Disabled { at, by: Actor::stored(&by), reason });
        Some(StoredPerson {
            id: PersonId::new(self.id)?,
            issuer: self.issuer,
            subject: self.subject,
            name: self.name,
            roles: self.last_roles,
            created_at: self.created_at,
            seen_at: self.seen_at,
            disabled,
        })
    }

    /// Whether somebody is disabled in just this way.
    pub fn is_disabled_as(&self, Disabled { at, by, .. }: &Disabled) -> bool {
        self.disabled_at == Some(*at) && self.disabled_by.as_deref() == Some(&*by.text())
    }
}
