//! Cancelling an order: confirmation, cancellation, and the refusal of changes to a cancelled order.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{CancelOrder, Editable, Updated};
use crate::http::accept::wants_json;
use crate::http::address::OrderAddress;
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::order_form::SubmittedForm;
use crate::http::order_responses::{done, or_no_such_order, problem_of_version, refusal};
use crate::http::respond::{html, problem};
use crate::http::waiting_form::Waiting;
use crate::http::{AppState, Error};
use crate::order::{Note, NoteError, OrderForm, Submission};
use crate::view::{CancelPage, Notice};

/// Asks for confirmation, and shows the order; with the reason that somebody had typed before their session ended.
#[handler]
pub async fn ask(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
    Waiting(waiting): Waiting,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    if found.order.cancelled_at.is_some() {
        return refusal(state, headers, &address, &found);
    }
    let page = question(state, &address, &found);
    let reason = waiting.map(|waiting| waiting.into_form().take("reason")).transpose()?;
    match reason {
        Some(reason) => html(state, StatusCode::OK, &page.waited(&reason.unwrap_or_default())),
        None => html(state, StatusCode::OK, &page),
    }
}

/// Cancels the version of an order that was shown; asks again after a concurrent change.
#[handler]
pub async fn cancel(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: Form,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let mut form = form;
    let reason = form.take("reason")?.unwrap_or_default();
    let is_no_card = form.take("no_card")?.as_deref() == Some("yes");
    let sent = SubmittedForm::of(form)?;
    let seen = sent.version.ok_or(Error::BadRequest("it does not name the order's version"))?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    let form = sent.submission.unwrap_or_else(Uuid::new_v4);
    let reason = match Note::parse(&reason, is_no_card) {
        Ok(reason) => reason,
        // A form of an earlier version may be one that is sent twice: that is seen first.
        Err(error) if seen == found.version && found.order.cancelled_at.is_none() => {
            return reason_again(state, headers, &address, &found, (&reason, error));
        }
        Err(_) => None,
    };
    let cancellation = CancelOrder {
        found,
        seen,
        reason,
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        submission: Submission::new(form, &OrderForm::default()),
    };
    match state.db.cancel_order(cancellation).await? {
        Updated::Done => {
            let told = Notice::Cancelled.of_version(seen.saturating_add(1));
            Ok(done(address.number, &address.list, told))
        }
        Updated::DuplicateSubmission => Ok(done(address.number, &address.list, Notice::Cancelled)),
        Updated::Conflict(newest) => ask_again(state, headers, &address, &newest),
        Updated::Unchanged | Updated::CardLost | Updated::KeyConflict(_) | Updated::NotUndoable(_) => {
            Err(Error::Internal("a cancellation was taken for a change".to_owned()))
        }
    }
}

/// The question again, with what is wrong with the reason.
fn reason_again(
    state: &AppState,
    headers: &HeaderMap,
    address: &OrderAddress,
    found: &Editable,
    (reason, error): (&str, NoteError),
) -> Result<Response, Error> {
    let words = error.words("The reason");
    if wants_json(headers) {
        let more = serde_json::json!({ "errors": [{ "field": "reason", "detail": words }] });
        let detail = "Nothing was changed. Put the reason right and send it again.";
        return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "The order was not cancelled", detail, &more));
    }
    let page = question(state, address, found).with_error(reason, error);
    html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn ask_again(
    state: &AppState,
    headers: &HeaderMap,
    address: &OrderAddress,
    found: &Editable,
) -> Result<Response, Error> {
    if found.order.cancelled_at.is_some() {
        return refusal(state, headers, address, found);
    }
    if wants_json(headers) {
        return Ok(problem_of_version(address.number, found.version));
    }
    html(state, StatusCode::CONFLICT, &question(state, address, found).after_change())
}

fn question(state: &AppState, address: &OrderAddress, found: &Editable) -> CancelPage {
    CancelPage::new(&found.order, found.version, &address.list, state.clock.local())
}
