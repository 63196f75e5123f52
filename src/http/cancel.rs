//! Cancelling an order: the question, the deed, and the refusal of whatever is asked of a cancelled order.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Body, Response, handler};
use uuid::Uuid;

use super::orders::{Place, done, html};
use super::{Desk, Error, boundary, form};
use crate::db::{CancelOrder, Editable, Updated};
use crate::order::{Actor, Draft, Submission};
use crate::view::{CancelPage, ErrorPage, Notice, cancellation, order_url};

/// Asks, with the order in sight.
#[handler]
pub(super) async fn ask(
    Data(desk): Data<&Arc<Desk>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let place = Place::of(&number, uri)?;
    let found = desk.db.find_editable(place.number).await?.ok_or(Error::NotFound)?;
    if found.order.cancelled_at.is_some() {
        return refusal(desk, headers, place, &found);
    }
    html(desk, StatusCode::OK, &question(desk, place, &found))
}

/// Cancels the version of an order that was in sight; asks again if somebody changed it meanwhile.
#[handler]
pub(super) async fn cancel(
    Data(desk): Data<&Arc<Desk>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let place = Place::of(&number, uri)?;
    let sent = form::read(headers, body, desk.policy.max_body_bytes).await?;
    let seen = sent.version.ok_or(Error::BadRequest("it does not name the order's version"))?;
    let found = desk.db.find_editable(place.number).await?.ok_or(Error::NotFound)?;
    let form = sent.submission.unwrap_or_else(Uuid::new_v4);
    let cancellation = CancelOrder {
        order: found.order,
        seen,
        by: Actor::desk(),
        at: desk.clock.utc(),
        submission: Submission::new(form, &Draft::default()),
    };
    match desk.db.cancel_order(cancellation).await? {
        Updated::Done | Updated::DuplicateSubmission => {
            Ok(done(place.number, place.per_page, Notice::Cancelled))
        }
        _ => ask_again(desk, headers, place).await,
    }
}

async fn ask_again(desk: &Desk, headers: &HeaderMap, place: Place) -> Result<Response, Error> {
    let found = desk.db.find_editable(place.number).await?.ok_or(Error::NotFound)?;
    if found.order.cancelled_at.is_some() {
        return refusal(desk, headers, place, &found);
    }
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_version(place.number, found.version));
    }
    html(desk, StatusCode::CONFLICT, &question(desk, place, &found).after_change())
}

fn question(desk: &Desk, place: Place, found: &Editable) -> CancelPage {
    CancelPage::new(&found.order, found.version, place.per_page, desk.clock.local())
}

/// A cancelled order stays as it is: who cancelled it and when, in words.
pub(super) fn refusal(
    desk: &Desk,
    headers: &HeaderMap,
    place: Place,
    found: &Editable,
) -> Result<Response, Error> {
    let number = place.number;
    let heading = format!("Order {number} is cancelled");
    let message = cancellation(&found.order, &found.history).unwrap_or_default();
    let remedy = "It stays as it is: it cannot be changed, shipped or cancelled again. Nothing was changed.";
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_state(number, &heading, &format!("{message} {remedy}")));
    }
    let (url, link) = (order_url(number, place.per_page), format!("Open order {number}"));
    let page =
        ErrorPage::new(StatusCode::CONFLICT.as_u16(), &heading, &message, remedy, "").leading_to(&url, &link);
    html(desk, StatusCode::CONFLICT, &page)
}
