//! What happened to all orders, newest first.

use std::sync::Arc;

use poem::http::{StatusCode, Uri};
use poem::web::Data;
use poem::{Response, handler};

use crate::http::address::Query;
use crate::http::import_names::import_names;
use crate::http::respond::html;
use crate::http::{AppState, Error};
use crate::order::{Actor, ChangeFilter, ChangeKey, EventKind, Now, OrderNumber, Typed};
use crate::view::{AskedChanges, ChangesPage, Mistake, word_of};

/// Events of a page.
const ROWS: usize = 50;

/// Some events: those of a person, a kind, a day or an order, behind an event that was shown.
///
/// It is no feed to go on reading from: an event that is committed late stands where its time belongs, perhaps among
/// those that were read.
#[handler]
pub async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let query = Query::of(uri);
    let text = |name| query.first(name).unwrap_or_default().trim().to_owned();
    let asked = AskedChanges { by: text("by"), kind: text("kind"), day: text("day"), order: text("order") };
    let (filter, mistakes) = understood(&asked, state);
    let before = query.first("before").and_then(ChangeKey::parse);
    let found = state.db.list_changes(filter, before, ROWS).await?;
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let jobs = found.events.iter().filter_map(|(_, event)| event.job);
    let imports = import_names(state, jobs).await?;
    html(state, status, &ChangesPage::new(&asked, mistakes, &found, before, (ROWS, state.clock, &imports)))
}

/// The filter that was asked for; what is not understood is left out of it.
fn understood(asked: &AskedChanges, state: &AppState) -> (ChangeFilter, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let mut wrong = |field, message: String| mistakes.push(Mistake { field, message });
    let mut filter = ChangeFilter::default();
    if !asked.by.is_empty() {
        filter.by = Actor::typed(&asked.by);
        if filter.by.is_none() {
            wrong("by", "Person must be a name, like anna, or the desk".to_owned());
        }
    }
    if !asked.kind.is_empty() {
        filter.kind = EventKind::ALL.into_iter().find(|kind| word_of(*kind) == asked.kind);
        if filter.kind.is_none() {
            wrong("kind", "What happened must be one of the list".to_owned());
        }
    }
    if !asked.day.is_empty() {
        let now: Now = state.clock.now();
        match Typed::parse(&asked.day, now) {
            Ok(typed) => filter.span = Some(state.clock.span_of(typed.day)),
            Err(error) => wrong("day", format!("Day {error}")),
        }
    }
    if !asked.order.is_empty() {
        filter.order = OrderNumber::parse(&asked.order);
        if filter.order.is_none() {
            wrong("order", "Order must be a number, like 19984".to_owned());
        }
    }
    (filter, mistakes)
}
