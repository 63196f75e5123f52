//! Cancelling an order: confirmation, cancellation, and the refusal of changes to a cancelled order.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Body, Response, handler};
use uuid::Uuid;

use super::orders::{OrderAddress, done, html, or_no_such_order};
use super::{AppState, Error, boundary, form};
use crate::db::{CancelOrder, Editable, Updated};
use crate::order::{Actor, OrderForm, Submission};
use crate::view::{CancelPage, ErrorPage, Notice, cancellation, order_url};

/// Asks for confirmation, and shows the order.
#[handler]
pub(super) async fn ask(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    if found.order.cancelled_at.is_some() {
        return refusal(state, headers, address, &found);
    }
    html(state, StatusCode::OK, &question(state, address, &found))
}

/// Cancels the version of an order that was shown; asks again after a concurrent change.
#[handler]
pub(super) async fn cancel(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let sent = form::read(headers, body, state.policy.max_body_bytes).await?;
    let seen = sent.version.ok_or(Error::BadRequest("it does not name the order's version"))?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    let form = sent.submission.unwrap_or_else(Uuid::new_v4);
    let cancellation = CancelOrder {
        order: found.order,
        seen,
        by: Actor::desk(),
        at: state.clock.utc(),
        submission: Submission::new(form, &OrderForm::default()),
    };
    match state.db.cancel_order(cancellation).await? {
        Updated::Done | Updated::DuplicateSubmission => {
            Ok(done(address.number, address.per_page, Notice::Cancelled))
        }
        _ => ask_again(state, headers, address).await,
    }
}

async fn ask_again(state: &AppState, headers: &HeaderMap, address: OrderAddress) -> Result<Response, Error> {
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    if found.order.cancelled_at.is_some() {
        return refusal(state, headers, address, &found);
    }
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_version(address.number, found.version));
    }
    html(state, StatusCode::CONFLICT, &question(state, address, &found).after_change())
}

fn question(state: &AppState, address: OrderAddress, found: &Editable) -> CancelPage {
    CancelPage::new(&found.order, found.version, address.per_page, state.clock.local())
}

/// A cancelled order stays as it is: who cancelled it and when, in words.
pub(super) fn refusal(
    state: &AppState,
    headers: &HeaderMap,
    address: OrderAddress,
    found: &Editable,
) -> Result<Response, Error> {
    let number = address.number;
    let heading = format!("Order {number} is cancelled");
    let message = cancellation(&found.order, &found.history).unwrap_or_default();
    let remedy = "It stays as it is: it cannot be changed, shipped or cancelled again. Nothing was changed.";
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_state(number, &heading, &format!("{message} {remedy}")));
    }
    let (url, link) = (order_url(number, address.per_page), format!("Open order {number}"));
    let page = ErrorPage::new(StatusCode::CONFLICT.as_u16(), &heading, &message, remedy, "")
        .leading_to([(&*url, &*link)]);
    html(state, StatusCode::CONFLICT, &page)
}
