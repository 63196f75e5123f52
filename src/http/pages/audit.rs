//! The access log: who took what out of the desk.

use std::sync::Arc;

use poem::http::{StatusCode, Uri};
use poem::web::Data;
use poem::{Response, handler};

use crate::http::address::Query;
use crate::http::respond::{go_to, html};
use crate::http::{AppState, Error};
use crate::order::{ListQuery, OrderNumber, holds_card_number};
use crate::view::{AUDIT_URL, Accesses, AuditPage};

const ROWS: usize = 50;

/// Its entries, newest first.
#[handler]
pub async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    // Numbers of entries are written as those of orders are.
    let number = |text: &str| OrderNumber::parse(text).filter(|_| !holds_card_number(text));
    let before = Query::of(uri).first("before").and_then(number).map(OrderNumber::get);
    let one_more = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let found = state.db.list_accesses(before, one_more).await?;
    if found.is_empty() && before.is_some() {
        return Ok(go_to(StatusCode::FOUND, AUDIT_URL));
    }
    let own = state.own_views.beside(&state.db, &ListQuery::default()).await.unwrap_or_default();
    let accesses = Accesses {
        some: found.get(..ROWS).unwrap_or(&found),
        has_newer: before.is_some(),
        has_older: found.len() > ROWS,
    };
    let page = AuditPage::new(accesses, &own, state.policy.late_days);
    html(state, StatusCode::OK, &page)
}
