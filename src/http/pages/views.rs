//! Own views: the form of a new one, saving, renaming, ordering and deleting.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use serde_json::{Value, json};

use crate::auth::Principal;
use crate::db::{DbError, InsertView, UpdateView, ViewChange, ViewInserted, ViewUpdated};
use crate::http::accept::wants_json;
use crate::http::access::{AccessLog, LoggedAccess};
use crate::http::address::list_of;
use crate::http::form::Form;
use crate::http::respond::{clear_notice, go_to, html, leave_notice, notice, problem};
use crate::http::{AppState, Error};
use crate::order::{Deed, End, ListQuery, Reason, SavedView, ViewAct, ViewId, ViewName};
use crate::view::{
    DeleteViewPage, ErrorPage, LIST_PATH, RenamedView, ViewConflictPage, ViewFormPage, ViewNotice, ViewsPage,
    list_url, new_view_url, views_url,
};

/// Where notices about all of them are shown.
const VIEWS_PATH: &str = "/views";

/// All own views.
#[handler]
pub async fn index(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let views = state.own_views.read(&state.db).await?;
    let page = ViewsPage::new(&views, &list_of(uri));
    let Some(notice) = notice(headers, VIEWS_PATH).and_then(ViewNotice::parse) else {
        return html(state, StatusCode::OK, &page);
    };
    let mut response = html(state, StatusCode::OK, &page.with_notice(notice, &views))?;
    clear_notice(&mut response, VIEWS_PATH);
    Ok(response)
}

/// The form that names a list.
#[handler]
pub fn new(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    html(state, StatusCode::OK, &ViewFormPage::new(&list_of(uri)))
}

/// Makes a view of a list, and leads to it. It never takes the place of another one.
#[handler]
pub async fn create(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    log: AccessLog,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let list = list_of(uri).on_page(1);
    let typed = form.take("name")?.unwrap_or_default();
    let page = ViewFormPage::new(&list);
    let name = match ViewName::parse(&typed) {
        Ok(name) => name,
        Err(error) => {
            let page = page.with_error(&typed, error.to_string());
            return refuse(state, headers, StatusCode::UNPROCESSABLE_ENTITY, &error.to_string(), &page);
        }
    };
    if is_too_long(&list) {
        return refuse(state, headers, StatusCode::UNPROCESSABLE_ENTITY, TOO_LONG, &page.too_long(&typed));
    }
    let log = log.begin(Deed::View { name: name.to_string(), act: ViewAct::Added }).await?;
    let view = InsertView { name, list: list.clone(), by: principal.actor(), at: state.clock.utc() };
    let inserted = state.db.insert_view(view).await;
    state.own_views.forget();
    let is_done =
        |inserted: &ViewInserted| matches!(inserted, ViewInserted::Added(_) | ViewInserted::Known(_));
    let inserted = end(log, inserted, is_done).await?;
    match inserted {
        ViewInserted::Added(id) => Ok(done(&list.in_view(id), ViewNotice::Saved)),
        ViewInserted::Known(id) => Ok(done(&list.in_view(id), ViewNotice::Known)),
        ViewInserted::NameTaken(name) => {
            let error = taken(&name);
            refuse(state, headers, StatusCode::CONFLICT, &error, &page.with_error(&typed, error.clone()))
        }
        ViewInserted::TooMany => {
            let page = page.beyond_most(&typed, &list);
            refuse(state, headers, StatusCode::CONFLICT, TOO_MANY, &page)
        }
    }
}

/// The list of a view, for whoever knows only its id.
#[handler]
pub async fn show(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let view = find(state, view_id(&id)?).await?.ok_or(Error::NotFound)?;
    Ok(go_to(StatusCode::FOUND, &list_url(&view.own_list())))
}

/// Saves a list as the view that it was begun as; asks, if somebody else has changed that meanwhile.
#[handler]
pub async fn update(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    log: AccessLog,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let (id, list, seen) = (view_id(&id)?, list_of(uri), version(&mut form)?);
    if is_too_long(&list) {
        let words = ("The view was not saved", TOO_LONG);
        return refuse_words(state, headers, StatusCode::UNPROCESSABLE_ENTITY, words, &list);
    }
    let change = ViewChange::List(list.clone());
    match change_view(state, (&principal, &log), id, seen, change).await? {
        ViewUpdated::Done => Ok(done(&list.on_page(1).in_view(id), ViewNotice::Saved)),
        ViewUpdated::Conflict(newest) if wants_json(headers) => Ok(problem_of_version(&newest)),
        ViewUpdated::Conflict(newest) => {
            html(state, StatusCode::CONFLICT, &ViewConflictPage::new(&newest, &list.in_view(id)))
        }
        ViewUpdated::Gone => gone(state, headers, &list),
        ViewUpdated::NameTaken(_) => Err(Error::Internal("a list was taken for a name".to_owned())),
    }
}

/// Gives a view another name.
#[handler]
pub async fn rename(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    log: AccessLog,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let (id, list, seen) = (view_id(&id)?, list_of(uri), version(&mut form)?);
    let typed = form.take("name")?.unwrap_or_default();
    let (status, error) = match ViewName::parse(&typed) {
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        Ok(name) => match change_view(state, (&principal, &log), id, seen, ViewChange::Name(name)).await? {
            ViewUpdated::Done => return Ok(done_there(&list, Some(id), ViewNotice::Renamed(id))),
            ViewUpdated::Gone => return gone(state, headers, &list),
            ViewUpdated::NameTaken(name) => (StatusCode::CONFLICT, taken(&name)),
            ViewUpdated::Conflict(newest) if wants_json(headers) => return Ok(problem_of_version(&newest)),
            ViewUpdated::Conflict(newest) => (
                StatusCode::CONFLICT,
                format!(
                    "Somebody has changed this view meanwhile; it is called ‘{}’ now: look at it, then decide again",
                    newest.name
                ),
            ),
        },
    };
    let views = state.own_views.read(&state.db).await?;
    let renamed = RenamedView { id, typed: &typed, error: &error };
    refuse(state, headers, status, &error, &ViewsPage::new(&views, &list).with_error(&renamed))
}

/// Puts a view right behind another one, or before all.
#[handler]
pub async fn place(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    log: AccessLog,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let (id, list) = (view_id(&id)?, list_of(uri));
    let behind = match form.take("behind")?.as_deref() {
        None => return Err(Error::BadRequest("it does not say where to move the view")),
        Some("") => None,
        Some(id) => Some(view_id(id)?),
    };
    let log = begin(state, &log, id, ViewAct::Moved).await?;
    let is_moved = state.db.move_view(id, behind).await;
    state.own_views.forget();
    if end(log, is_moved, |is_moved| *is_moved).await? {
        Ok(done_there(&list, Some(id), ViewNotice::Moved(id)))
    } else {
        gone(state, headers, &list)
    }
}

/// Asks whether to delete a view.
#[handler]
pub async fn ask(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    uri: &Uri,
) -> Result<Response, Error> {
    let view = find(state, view_id(&id)?).await?.ok_or(Error::NotFound)?;
    html(state, StatusCode::OK, &DeleteViewPage::new(&view, &list_of(uri)))
}

/// Deletes the version of a view that was shown; asks again after a change.
#[handler]
pub async fn delete(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    log: AccessLog,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let (id, list, seen) = (view_id(&id)?, list_of(uri), version(&mut form)?);
    let log = begin(state, &log, id, ViewAct::Deleted).await?;
    let deleted = state.db.delete_view(id, seen).await;
    state.own_views.forget();
    match end(log, deleted, is_done).await? {
        ViewUpdated::Conflict(newest) if wants_json(headers) => Ok(problem_of_version(&newest)),
        ViewUpdated::Conflict(newest) => {
            html(state, StatusCode::CONFLICT, &DeleteViewPage::new(&newest, &list).after_change())
        }
        ViewUpdated::Done | ViewUpdated::Gone => Ok(done_there(&list, None, ViewNotice::Deleted)),
        ViewUpdated::NameTaken(_) => Err(Error::Internal("a deletion was taken for a name".to_owned())),
    }
}

/// What names and moves are sent to; who looks there finds the views.
#[handler]
pub fn go_to_views(uri: &Uri) -> Response {
    go_to(StatusCode::FOUND, &views_url(&list_of(uri)))
}

const TOO_LONG: &str = "The list has more filters than a view can keep. Nothing was saved.";
const TOO_MANY: &str = "The desk has 50 own views, and keeps no more. Nothing was saved.";

fn taken(name: &ViewName) -> String {
    format!("There is a view called ‘{name}’: enter another name")
}

fn is_too_long(list: &ListQuery) -> bool {
    list.filter_and_sort().write().len() > SavedView::MAX_QUERY_BYTES
}

fn view_id(text: &str) -> Result<ViewId, Error> {
    ViewId::parse(text).ok_or(Error::NotFound)
}

/// The version that a form was made for.
fn version(form: &mut Form) -> Result<i32, Error> {
    let version = form.take("version")?.and_then(|version| version.parse().ok());
    version.ok_or(Error::BadRequest("it does not say which version of the view it is about"))
}

async fn find(state: &AppState, id: ViewId) -> Result<Option<SavedView>, Error> {
    let views = state.own_views.read(&state.db).await?;
    Ok(views.iter().find(|view| view.id == id).cloned())
}

async fn change_view(
    state: &AppState,
    (principal, log): (&Principal, &AccessLog),
    id: ViewId,
    seen: i32,
    change: ViewChange,
) -> Result<ViewUpdated, Error> {
    let act = match change {
        ViewChange::List(_) => ViewAct::Changed,
        ViewChange::Name(_) => ViewAct::Renamed,
    };
    let log = begin(state, log, id, act).await?;
    let (by, at) = (principal.actor(), state.clock.utc());
    let updated = state.db.update_view(UpdateView { id, seen, change, by, at }).await;
    state.own_views.forget();
    end(log, updated, is_done).await
}

/// Writes down what is about to be done to a view, by the name that it has.
async fn begin(state: &AppState, log: &AccessLog, id: ViewId, act: ViewAct) -> Result<LoggedAccess, Error> {
    let name = find(state, id).await?.map_or_else(|| format!("number {id}"), |view| view.name.to_string());
    log.begin(Deed::View { name, act }).await
}

/// Writes down what came of it.
async fn end<T>(log: LoggedAccess, done: Result<T, DbError>, is_done: fn(&T) -> bool) -> Result<T, Error> {
    match &done {
        Ok(done) if is_done(done) => log.end(End::Finished).await,
        Ok(_) => log.refuse(Reason::NotPossible).await,
        Err(_) => log.end(End::Failed).await,
    }
    Ok(done?)
}

fn is_done(updated: &ViewUpdated) -> bool {
    matches!(updated, ViewUpdated::Done)
}

/// Leads to a list, which says once what has happened to its view.
fn done(list: &ListQuery, notice: ViewNotice) -> Response {
    let mut response = go_to(StatusCode::SEE_OTHER, &list_url(list));
    leave_notice(&mut response, LIST_PATH, &notice.word());
    response
}

/// Leads to the page of all views, to the one that it is about.
fn done_there(list: &ListQuery, id: Option<ViewId>, notice: ViewNotice) -> Response {
    let row = id.map(|id| format!("#view-{id}")).unwrap_or_default();
    let mut response = go_to(StatusCode::SEE_OTHER, &format!("{}{row}", views_url(list)));
    leave_notice(&mut response, VIEWS_PATH, &notice.word());
    response
}

/// A page that says what is wrong; as problem details for programs (RFC 9457).
fn refuse<P: crate::view::PageContext>(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    error: &str,
    page: &P,
) -> Result<Response, Error> {
    if wants_json(headers) {
        return Ok(problem(status, "The view was not saved", error, &Value::Null));
    }
    html(state, status, page)
}

fn problem_of_version(newest: &SavedView) -> Response {
    let more = json!({ "view": format!("{VIEWS_PATH}/{}", newest.id), "version": newest.version });
    let detail = "The view has another version than the request names. Nothing was changed.";
    problem(StatusCode::CONFLICT, "The view was changed meanwhile", detail, &more)
}

fn gone(state: &AppState, headers: &HeaderMap, list: &ListQuery) -> Result<Response, Error> {
    let words = ("This view is gone", "Somebody has deleted it meanwhile. Nothing was saved.");
    refuse_words(state, headers, StatusCode::NOT_FOUND, words, list)
}

fn refuse_words(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    (heading, message): (&str, &str),
    list: &ListQuery,
) -> Result<Response, Error> {
    if wants_json(headers) {
        return Ok(problem(status, heading, message, &Value::Null));
    }
    let list = list.outside_views();
    let (orders, views, save_as_new) = (list_url(&list), views_url(&list), new_view_url(&list));
    let mut links = vec![(&*orders, "Go to the list"), (&*views, "Edit views")];
    if !list.is_of_all_newest_first() {
        links.insert(1, (&*save_as_new, "Save as new"));
    }
    html(state, status, &ErrorPage::new(status.as_u16(), heading, message, "", "").leading_to(links))
}
