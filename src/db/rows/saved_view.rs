//! Own views, as Diesel reads and writes them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use crate::db::saved_views::{InsertView, UpdateView, ViewChange};
use crate::db::schema::saved_views;
use crate::order::{Actor, ListQuery, SavedView, Timestamp, ViewId, ViewName};

/// A view as it is shown, with what tells a try of one request from another request.
#[derive(Queryable, Selectable)]
#[diesel(table_name = saved_views, check_for_backend(Sqlite, Mssql))]
pub struct SavedViewRow {
    id: i32,
    name: String,
    query: String,
    version: i32,
    created_at: Timestamp,
    created_by: String,
    updated_at: Timestamp,
    updated_by: String,
}

impl SavedViewRow {
    /// None if the database has numbered it in a way that it never does.
    pub fn into_view(self) -> Option<SavedView> {
        Some(SavedView {
            id: ViewId::new(self.id)?,
            name: ViewName::stored(&self.name),
            // What another release has stored, and this one cannot say, is left out.
            list: ListQuery::parse(&self.query).filter_and_sort(),
            version: self.version,
            updated_at: self.updated_at,
            updated_by: Actor::stored(&self.updated_by),
        })
    }

    /// Whether it is, as it was stored, what a request would add.
    pub fn is_of(&self, new: &NewViewRow) -> bool {
        self.name == new.name
            && self.query == new.query
            && (self.created_at, &self.created_by) == (new.created_at, &new.created_by)
    }

    /// Whether it has the list that a request would give a view.
    pub fn has_list_of(&self, new: &NewViewRow) -> bool {
        self.query == new.query
    }

    /// Whether it is as a change would make it.
    pub fn has(&self, change: &ViewColumns) -> bool {
        change.name.as_ref().is_none_or(|name| *name == self.name)
            && change.query.as_ref().is_none_or(|query| *query == self.query)
    }
}

/// The row of a new view.
#[derive(Insertable)]
#[diesel(table_name = saved_views)]
pub struct NewViewRow {
    name: String,
    pub name_key: String,
    query: String,
    position: i32,
    version: i32,
    created_at: Timestamp,
    created_by: String,
    updated_at: Timestamp,
    updated_by: String,
}

impl NewViewRow {
    pub fn new(InsertView { name, list, by, at }: &InsertView, position: i32) -> Self {
        Self {
            name: name.as_str().to_owned(),
            name_key: name.key(),
            query: list.filter_and_sort().write(),
            position,
            version: 1,
            created_at: *at,
            created_by: by.text().into_owned(),
            updated_at: *at,
            updated_by: by.text().into_owned(),
        }
    }
}

/// The new values of a row; none stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = saved_views)]
pub struct ViewColumns {
    name: Option<String>,
    pub name_key: Option<String>,
    query: Option<String>,
    version: i32,
    updated_at: Timestamp,
    updated_by: String,
}

impl ViewColumns {
    pub fn new(UpdateView { seen, change, by, at, .. }: &UpdateView) -> Self {
        let (name, query) = match change {
            ViewChange::Name(name) => (Some(name), None),
            ViewChange::List(list) => (None, Some(list.filter_and_sort().write())),
        };
        Self {
            name: name.map(|name| name.as_str().to_owned()),
            name_key: name.map(ViewName::key),
            query,
            version: seen.saturating_add(1),
            updated_at: *at,
            updated_by: by.text().into_owned(),
        }
    }
}
