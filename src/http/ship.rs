//! Marking an order as shipped, in one click.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use super::orders::{OrderAddress, done, html, suggestions};
use super::saving::begun;
use super::{AppState, Error, boundary, cancel};
use crate::db::{DbError, Editable, UpdateOrder, Updated};
use crate::order::{Actor, Edit, Field, LocalTime, Order, OrderForm, Submission, ValidationErrors};
use crate::view::{EditPage, Notice, TypedForm};

/// How often it is tried while others change the same order.
const MAX_ATTEMPTS: usize = 8;

/// Gives an order the shipping date of this moment, if it has none.
///
/// Whatever else somebody has changed meanwhile stays, so no version is asked for.
#[handler]
pub(super) async fn ship(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let mut found = state.db.find_editable(address.number).await?.ok_or(Error::NotFound)?;
    // Optimistic: each attempt has the newest version, and fails only if that changes before the write.
    for _ in 0..MAX_ATTEMPTS {
        if found.order.cancelled_at.is_some() {
            return cancel::refusal(state, headers, address, &found);
        }
        if found.order.dates.shipped().is_some() {
            return Ok(done(address.number, address.per_page, Notice::ShippedBefore));
        }
        let at = moment(&found.order, state.clock.local());
        let edit = match Edit::ship(&found.order, at) {
            Ok(edit) => edit,
            Err(errors) => return show_errors(state, headers, address, &found, at, &errors).await,
        };
        match save(state, &found, &edit).await? {
            None => return Ok(done(address.number, address.per_page, Notice::Shipped)),
            Some(newest) => found = newest,
        }
    }
    Err(DbError::Busy("others change the same order all the time".to_owned()).into())
}

/// The order as somebody has changed it at this moment; none if it was saved.
async fn save(state: &AppState, found: &Editable, edit: &Edit) -> Result<Option<Editable>, Error> {
    let update = UpdateOrder {
        found,
        edit,
        seen: found.version,
        by: Actor::desk(),
        at: state.clock.utc(),
        submission: Submission::new(Uuid::new_v4(), &OrderForm::default()),
    };
    match state.db.update_order(&update).await? {
        Updated::Conflict(newest) => Ok(Some(*newest)),
        Updated::Done | Updated::DuplicateSubmission | Updated::Unchanged => Ok(None),
        Updated::CardLost | Updated::KeyConflict(_) => {
            Err(Error::Internal("a shipment was taken for another customer".to_owned()))
        }
    }
}

/// The form that changes the order, where its dates leave no room for this one.
async fn show_errors(
    state: &AppState,
    headers: &HeaderMap,
    address: OrderAddress,
    found: &Editable,
    at: LocalTime,
    errors: &ValidationErrors,
) -> Result<Response, Error> {
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_fields(
            errors,
            "Nothing was changed. Change the order's dates instead.",
        ));
    }
    let mut order_form = OrderForm::of(&found.order);
    order_form.set(Field::ShippingDate, at.text().to_string());
    let typed = TypedForm { order_form: &order_form, submission: Uuid::new_v4() };
    let page =
        EditPage::with_errors(begun(found, address), &typed, errors, &suggestions(state).await, state.clock);
    html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// This moment; where clocks go back, an order of the last hour is shipped when it was ordered at the earliest.
fn moment(order: &Order, now: LocalTime) -> LocalTime {
    let ordered = order.dates.ordered();
    if ordered.day() == now.day() { now.max(ordered) } else { now }
}
