//! Marking an order as shipped, in one click.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{DbError, Editable, UpdateOrder, Updated};
use crate::http::accept::wants_json;
use crate::http::address::OrderAddress;
use crate::http::client::ClientAddress;
use crate::http::order_form::{begun, suggestions};
use crate::http::order_responses::{done, or_no_such_order, problem_of_fields, refusal};
use crate::http::respond::{go_to, html};
use crate::http::{AppState, Error};
use crate::order::{Edit, Field, LocalTime, OrderForm, Submission, ValidationErrors};
use crate::view::{EditPage, Notice, TypedForm, order_url};

/// How often it is tried while others change the same order.
const MAX_ATTEMPTS: usize = 8;

/// Gives an order the shipping date of this moment, if it has none.
///
/// Whatever else somebody has changed meanwhile stays, so no version is asked for.
#[handler]
pub async fn ship(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let found = state.db.find_editable(address.number).await?;
    let mut found = or_no_such_order(state, address.number, found).await?;
    // Optimistic: each attempt has the newest version, and fails only if that changes before the write.
    for _ in 0..MAX_ATTEMPTS {
        if found.order.cancelled_at.is_some() {
            return refusal(state, headers, &address, &found);
        }
        if found.order.dates.shipped().is_some() {
            return Ok(done(address.number, &address.list, Notice::ShippedBefore));
        }
        let at = found.order.dates.shipping_moment(state.clock.local());
        let edit = match Edit::ship(&found.order, at) {
            Ok(edit) => edit,
            Err(errors) => return show_errors(state, headers, &address, &found, at, &errors).await,
        };
        match save(state, (&principal, client), &found, &edit).await? {
            None => return Ok(done(address.number, &address.list, Notice::Shipped)),
            Some(newest) => found = newest,
        }
    }
    Err(DbError::Busy("others change the same order all the time".to_owned()).into())
}

/// Who opens the address of the button, again or by a bookmark, finds the order.
#[handler]
pub async fn go_to_order(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
) -> Result<Response, Error> {
    let OrderAddress { number, list } = OrderAddress::of(&number, uri)?;
    or_no_such_order(state, number, state.db.find_editable(number).await?).await?;
    Ok(go_to(StatusCode::FOUND, &order_url(number, &list)))
}

/// The order as somebody has changed it at this moment; none if it was saved.
async fn save(
    state: &AppState,
    (principal, client): (&Principal, ClientAddress),
    found: &Editable,
    edit: &Edit,
) -> Result<Option<Editable>, Error> {
    let update = UpdateOrder {
        found,
        edit,
        seen: found.version,
        by: principal.actor(),
        client: client.ip,
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
    address: &OrderAddress,
    found: &Editable,
    at: LocalTime,
    errors: &ValidationErrors,
) -> Result<Response, Error> {
    if wants_json(headers) {
        return Ok(problem_of_fields(errors, "Nothing was changed. Change the order's dates instead."));
    }
    let mut order_form = OrderForm::of(&found.order);
    order_form.set(Field::ShippingDate, at.text().to_string());
    let typed = TypedForm::new(&order_form, Uuid::new_v4());
    let page =
        EditPage::with_errors(begun(found, address), &typed, errors, &suggestions(state).await, state.clock);
    html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
}
