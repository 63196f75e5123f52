//! The list of orders.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::Data;
use poem::{Response, handler};

use crate::db::JobOutcome;
use crate::http::address::{Query, list_of};
use crate::http::list_page::{AskedList, begin_counts, list_page};
use crate::http::respond::{clear_notice, go_to, html, notice};
use crate::http::{AppState, Error};
use crate::order::{
    JUMP, JobId, ListError, ListProblem, ListQuery, PageRequest, SavedView, holds_card_number,
};
use crate::view::{ActionNotice, LIST_PATH, ViewNotice, list_url};

/// The list. A page that is not there leads to the nearest one that is.
#[handler]
pub async fn index(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let query = uri.query().unwrap_or_default();
    let (asked, errors) = ListQuery::read(query, state.clock.now());
    let asked = without_card_number(asked);
    let own = state.own_views.beside(&state.db, &asked).await;
    let asked = without_gone_view(asked, own.as_deref());
    let own = own.unwrap_or_default();
    let counts = begin_counts(state, &own);
    let found = state.db.list_orders(&asked, state.clock.local()).await?;
    // What an anchored page is called, nobody can count.
    let list = if asked.anchor().is_some() { asked } else { asked.on_page(found.number) };
    let typed = Query::of(uri);
    let typed = typed.first(JUMP);
    if let Some(typed) = typed
        && let Some(url) = jump(typed, &list, found.numbered_pages())
    {
        return Ok(go_to(StatusCode::FOUND, &url));
    }
    if typed.is_none() && errors.is_empty() && !list.is_spelled_by(query) {
        return Ok(go_to(StatusCode::FOUND, &list_url(&list)));
    }
    let asked = AskedList { list: &list, found: &found, errors: &errors, own: &own, ticked: &[] };
    let page = list_page(state, asked, counts).await?;
    if let Some(typed) = typed {
        return html(state, StatusCode::OK, &page.without_page(typed));
    }
    let Some(word) = notice(headers, LIST_PATH) else { return html(state, status(&errors), &page) };
    let page = match (ViewNotice::parse(word), ActionNotice::parse(word)) {
        (Some(notice), _) => page.with_notice(notice, &own, &list),
        (None, Some(id)) => match action_notice(state, id, &list).await? {
            Some(notice) => page.with_action(notice),
            None => page,
        },
        (None, None) => return html(state, status(&errors), &page),
    };
    let mut response = html(state, status(&errors), &page)?;
    clear_notice(&mut response, LIST_PATH);
    Ok(response)
}

/// What came of an action, with the first orders that it left out; none if there is no such action.
async fn action_notice(state: &AppState, id: JobId, list: &ListQuery) -> Result<Option<ActionNotice>, Error> {
    let Some((job, undone_by)) = state.db.find_job(id).await? else { return Ok(None) };
    let left_out = state.db.list_job_orders(id, Some(JobOutcome::LeftOut), 0, ActionNotice::NAMED).await?;
    Ok(Some(ActionNotice::new(&job, undone_by, &left_out, list, state.clock.utc())))
}

/// A view that is gone is as if nobody had named it; where nobody knows which there are, it stays.
fn without_gone_view(list: ListQuery, own: Option<&[SavedView]>) -> ListQuery {
    let is_gone = |own: &[SavedView]| list.view().is_some() && SavedView::of(own, &list).is_none();
    if own.is_some_and(is_gone) { list.outside_views() } else { list }
}

/// What an anchored page is called is not looked at anywhere, so it may be a card number: which is not shown (PCI DSS
/// 4.0, requirement 3.4.1).
fn without_card_number(list: ListQuery) -> ListQuery {
    match list.anchor() {
        Some(anchor) if holds_card_number(&list.page().page.to_string()) => list.at(anchor, 1),
        _ => list,
    }
}

/// The page of a number that was typed; none, if there is no such page.
fn jump(typed: &str, list: &ListQuery, pages: Option<u64>) -> Option<String> {
    match pages {
        Some(pages) if pages > 1 => {
            PageRequest::typed(typed, pages).map(|page| list_url(&list.on_page(page)))
        }
        _ => Some(list_url(list)),
    }
}

/// A parameter that the list does not have may be another program's; a value without sense is a mistake.
fn status(errors: &[ListError]) -> StatusCode {
    if errors.iter().all(|error| error.problem == ListProblem::Unknown) {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// What orders or texts are sent to; who looks there finds the list.
#[handler]
pub fn go_to_list(uri: &Uri) -> Response {
    go_to(StatusCode::FOUND, &list_url(&list_of(uri)))
}
