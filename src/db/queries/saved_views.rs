//! Own views.
//!
//! Every change may run more than once, also after it was committed: it is done where the view is as it would make it.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load, number_of_last_insert};
use crate::db::DbError;
use crate::db::rows::{NewViewRow, SavedViewRow, ViewColumns};
use crate::db::saved_views::{InsertView, UpdateView, ViewInserted, ViewUpdated};
use crate::db::schema::saved_views;
use crate::order::{SavedView, ViewId};

/// All views, in their order.
pub async fn list_views(conn: &mut Conn) -> Result<Vec<SavedView>, DbError> {
    let rows: Vec<SavedViewRow> = load(all_views(), conn).await?;
    Ok(rows.into_iter().filter_map(SavedViewRow::into_view).collect())
}

/// Adds a view behind all others.
///
/// Two that come at once on SQL Server may be one more than there may be, and share a place: nothing depends on it.
pub async fn insert_view(conn: &mut Conn, view: &InsertView) -> Result<ViewInserted, DbError> {
    if let Some(known) = with_name_of(conn, &NewViewRow::new(view, 0)).await? {
        return Ok(known);
    }
    let places: Vec<(i32, i32)> = load(places(), conn).await?;
    if places.len() >= SavedView::MOST {
        return Ok(ViewInserted::TooMany);
    }
    let last = places.last().map_or(0, |(_, position)| *position);
    let row = NewViewRow::new(view, last.saturating_add(1));
    match diesel::insert_into(saved_views::table).values(&row).execute(conn).await {
        Ok(_) => {
            let number = number_of_last_insert(conn).await?;
            let id = i32::try_from(number).ok().and_then(ViewId::new);
            id.map(ViewInserted::Added)
                .ok_or_else(|| DbError::Internal(format!("the database numbered a view {number}")))
        }
        // Somebody else was faster.
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let known = with_name_of(conn, &row).await?;
            known.ok_or_else(|| DbError::Internal("a name is taken, but by no view".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a view that has the name of a new one makes of that; none if there is no such view.
async fn with_name_of(conn: &mut Conn, row: &NewViewRow) -> Result<Option<ViewInserted>, DbError> {
    let holder: Vec<SavedViewRow> = load(view_with_key(&row.name_key), conn).await?;
    let Some(holder) = holder.into_iter().next() else { return Ok(None) };
    let (is_ours, is_same_list) = (holder.is_of(row), holder.has_list_of(row));
    let Some(view) = holder.into_view() else { return Ok(None) };
    Ok(Some(match (is_ours, is_same_list) {
        (true, _) => ViewInserted::Added(view.id),
        (false, true) => ViewInserted::Known(view.id),
        (false, false) => ViewInserted::NameTaken(view.name),
    }))
}

/// Changes a view that still has the version that was seen.
pub async fn update_view(conn: &mut Conn, update: &UpdateView) -> Result<ViewUpdated, DbError> {
    let columns = ViewColumns::new(update);
    match diesel::update(view_as_seen(update.id.get(), update.seen)).set(&columns).execute(conn).await {
        Ok(0) => {
            let newest: Vec<SavedViewRow> = load(view_with_id(update.id.get()), conn).await?;
            let Some(newest) = newest.into_iter().next() else { return Ok(ViewUpdated::Gone) };
            let is_done = newest.has(&columns);
            Ok(newest.into_view().map_or(ViewUpdated::Gone, |view| {
                if is_done { ViewUpdated::Done } else { ViewUpdated::Conflict(view) }
            }))
        }
        Ok(_) => Ok(ViewUpdated::Done),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let key = columns.name_key.unwrap_or_default();
            let holder: Vec<SavedViewRow> = load(view_with_key(&key), conn).await?;
            let name = holder.into_iter().next().and_then(SavedViewRow::into_view).map(|view| view.name);
            name.map(ViewUpdated::NameTaken)
                .ok_or_else(|| DbError::Internal("a name is taken, but by no view".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Puts a view right behind another one, or before all; where one of them is gone, nothing is done.
///
/// Its version stays: who changes its name or list is not in the way of who moves it.
pub async fn move_view(conn: &mut Conn, id: ViewId, behind: Option<ViewId>) -> Result<bool, DbError> {
    let places: Vec<(i32, i32)> = load(places(), conn).await?;
    let (id, behind) = (id.get(), behind.map(ViewId::get));
    let mut order: Vec<i32> = places.iter().map(|(one, _)| *one).filter(|one| *one != id).collect();
    let target = match behind {
        None => Some(0),
        Some(behind) => order.iter().position(|one| *one == behind).map(|place| place + 1),
    };
    let Some(target) = target.filter(|_| order.len() < places.len()) else { return Ok(false) };
    order.insert(target, id);
    for (position, id) in (1..).zip(order) {
        if !places.contains(&(id, position)) {
            let this = saved_views::table.filter(saved_views::id.eq(id));
            diesel::update(this).set(saved_views::position.eq(position)).execute(conn).await?;
        }
    }
    Ok(true)
}

/// Deletes a view that still has the version that was seen; one that is gone already is done, too.
pub async fn delete_view(conn: &mut Conn, id: ViewId, seen: i32) -> Result<ViewUpdated, DbError> {
    if diesel::delete(view_as_seen(id.get(), seen)).execute(conn).await? > 0 {
        return Ok(ViewUpdated::Done);
    }
    let newest: Vec<SavedViewRow> = load(view_with_id(id.get()), conn).await?;
    let newest = newest.into_iter().next().and_then(SavedViewRow::into_view);
    Ok(newest.map_or(ViewUpdated::Done, ViewUpdated::Conflict))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn view_as_seen(id: i32, version: i32) -> _ {
    saved_views::table.filter(saved_views::id.eq(id)).filter(saved_views::version.eq(version))
}

fn all_views() -> impl Rows<SavedViewRow> {
    saved_views::table.order((saved_views::position, saved_views::id)).select(SavedViewRow::as_select())
}

/// Ids and places, in order.
fn places() -> impl Rows<(i32, i32)> {
    saved_views::table
        .order((saved_views::position, saved_views::id))
        .select((saved_views::id, saved_views::position))
}

fn view_with_id(id: i32) -> impl Rows<SavedViewRow> {
    saved_views::table.filter(saved_views::id.eq(id)).select(SavedViewRow::as_select())
}

fn view_with_key(key: &str) -> impl Rows<SavedViewRow> + use<> {
    saved_views::table.filter(saved_views::name_key.eq(key.to_owned())).select(SavedViewRow::as_select())
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::{DB, sql};
    use crate::db::saved_views::ViewChange;
    use crate::order::{Actor, ListQuery, Timestamp, ViewName};
    let (name, list) = (ViewName::stored("Web store"), ListQuery::parse("store=WEB-1388012W"));
    let at = Timestamp::parse("2026-11-29 08:00:00").unwrap();
    let update = |change| {
        let id = ViewId::new(7).unwrap();
        let columns = ViewColumns::new(&UpdateView { id, seen: 1, change, by: Actor::Desk, at });
        diesel::debug_query::<DB, _>(&diesel::update(view_as_seen(7, 1)).set(&columns)).to_string()
    };
    let (rename, save) = (ViewChange::Name(name), ViewChange::List(list));
    let moved =
        diesel::update(saved_views::table.filter(saved_views::id.eq(7))).set(saved_views::position.eq(2));
    vec![
        ("all_views", sql(&all_views())),
        ("places_of_views", sql(&places())),
        ("view_with_id", sql(&view_with_id(7))),
        ("view_with_key", sql(&view_with_key("web store"))),
        ("rename_view", update(rename)),
        ("save_view", update(save)),
        ("move_view", diesel::debug_query::<DB, _>(&moved).to_string()),
        ("delete_view", diesel::debug_query::<DB, _>(&diesel::delete(view_as_seen(7, 1))).to_string()),
    ]
}
