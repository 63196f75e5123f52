//! Pages of orders: one order, and the form for a new one.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri, header};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{DbError, InsertOrder, Inserted};
use crate::http::accept::wants_json;
use crate::http::address::{OrderAddress, Query, list_of};
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::order_form::{SubmittedForm, suggestions};
use crate::http::order_responses::{
    done, or_no_such_order, page_path, problem_of_existing, problem_of_fields,
};
use crate::http::respond::{self, RETRY_AFTER, clear_notice, go_to, html};
use crate::http::{AppState, Error, error, idempotency, readings};
use crate::order::{
    Beginning, Condition, DateUuid, Field, ListQuery, NewOrder, OrderFilter, OrderForm, OrderNumber,
    Submission, Total, ValidationErrors,
};
use crate::view::{
    Existing, FormPage, Notice, OrderPage, SEARCHED, Told, TypedForm, list_of_filter, list_url, order_url,
};

/// One order, with its neighbours in the list.
#[handler]
pub async fn show(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    if OrderNumber::parse(&number).is_none() {
        return go_to_uuid(state, &number, &list_of(uri)).await;
    }
    let OrderAddress { number, list } = OrderAddress::of(&number, uri)?;
    let found =
        or_no_such_order(state, number, state.db.find_order(number, &list, state.clock.local()).await?)
            .await?;
    let word = respond::notice(headers, &page_path(number));
    let (now, late_days) = (state.clock.local(), state.policy.late_days);
    let own = state.own_views.beside(&state.db, &list).await.unwrap_or_default();
    let mut page = OrderPage::new(&found, &list, &own, word.and_then(Told::parse), now, late_days);
    if word == Some(SEARCHED) {
        page = page.with_readings(&list, &readings::beside_number(state, number, &list).await?);
    }
    let mut response = html(state, StatusCode::OK, &page)?;
    if word.is_some() {
        clear_notice(&mut response, &page_path(number));
    }
    Ok(response)
}

/// The order of a UUID; the list of them, if several orders have it.
async fn go_to_uuid(state: &AppState, text: &str, list: &ListQuery) -> Result<Response, Error> {
    let uuid = Beginning::of_uuid(text).filter(Beginning::is_whole).ok_or(Error::NotFound)?;
    let of_uuid = list_of_filter(OrderFilter::new([Condition::Uuid(uuid)]), list);
    let found = state.db.list_orders(&of_uuid, state.clock.local()).await?;
    match (&found.items[..], found.total) {
        ([], _) => Err(Error::NotFound),
        ([order], Total::Exactly(1)) => Ok(go_to(StatusCode::FOUND, &order_url(order.number, list))),
        _ => Ok(go_to(StatusCode::FOUND, &list_url(&of_uuid))),
    }
}

/// The form, with the fields filled in that the URL names; the card number is never one of them.
#[handler]
pub async fn new(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let query = Query::of(uri);
    let mut order_form = OrderForm::default();
    for field in Field::ALL.into_iter().filter(|field| *field != Field::CardNumber) {
        order_form.set(field, query.first(field.name()).unwrap_or_default().to_owned());
    }
    let codes = state.db.list_recent_codes().await?;
    let typed = TypedForm { order_form: &order_form, submission: Uuid::new_v4() };
    html(state, StatusCode::OK, &FormPage::new(&list_of(uri), &typed, &codes, state.clock))
}

/// Adds the order of a form and leads to its page; or shows the form again, with what has to be put right.
#[handler]
pub async fn create(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: Form,
) -> Result<Response, Error> {
    let list = list_of(uri);
    let SubmittedForm { order_form, submission, .. } = SubmittedForm::of(form)?;
    let key = idempotency::key(headers, submission)?;
    let Ok(_under_way) = key.map(|key| state.keys_in_flight.begin(key).ok_or(())).transpose() else {
        return Ok(idempotency::under_way());
    };
    let submission = submission.or(key);
    // The form's own UUID becomes the order's, so that a second sending meets the first in the database.
    let form = submission.unwrap_or_else(Uuid::new_v4);
    let typed = TypedForm { order_form: &order_form, submission: form };
    let order = match NewOrder::parse(&order_form, DateUuid::from(form), state.clock.now()) {
        Ok(order) => order,
        Err(errors) => return show_errors(state, headers, &list, &typed, &errors).await,
    };
    if let Some(key) = key
        && let Some(number) = idempotency::used_before(state, key, &order).await?
    {
        return Ok(idempotency::other_body(number));
    }
    let submission = submission.map(|form| Submission::new(form, &order_form));
    let order_uuid = order.date_uuid;
    let (by, at) = (principal.actor(), state.clock.utc());
    let entry = InsertOrder { order, by, client: client.ip, at, submission };
    match state.db.insert_order(&entry).await {
        Ok(Inserted::Added(number)) => {
            state.metrics.count_order();
            Ok(done(number, &list, Notice::Added))
        }
        Ok(Inserted::DuplicateSubmission(number)) => Ok(done(number, &list, Notice::Again)),
        Ok(Inserted::KeyConflict(number)) if key.is_some_and(|key| order_uuid == DateUuid::from(key)) => {
            Ok(idempotency::other_body(number))
        }
        Ok(Inserted::KeyConflict(number)) => taken(state, headers, &list, &typed, number).await,
        Err(error) if error.is_of_the_moment() && !wants_json(headers) => {
            not_stored(state, &list, &typed, &error)
        }
        Err(error) => Err(error.into()),
    }
}

/// The form again, with the order that is there already.
async fn taken(
    state: &AppState,
    headers: &HeaderMap,
    list: &ListQuery,
    typed: &TypedForm<'_>,
    number: OrderNumber,
) -> Result<Response, Error> {
    if wants_json(headers) {
        return Ok(problem_of_existing(number, "Nothing was added."));
    }
    // Without a typed UUID the key was this form's own: it has added that order before, with other details.
    // Under a new one it can add another.
    let existing = if typed.order_form.shown(Field::DateUuid).trim().is_empty() {
        Existing::added_by_this_form(number, list)
    } else {
        Existing::with_this_key(number, list)
    };
    let submission = if existing.is_of_this_form() { Uuid::new_v4() } else { typed.submission };
    let typed = TypedForm { submission, ..*typed };
    let page = FormPage::taken(list, &typed, existing, &suggestions(state).await, state.clock);
    html(state, StatusCode::CONFLICT, &page)
}

/// The form again, to be sent once more when the database can.
fn not_stored(
    state: &AppState,
    list: &ListQuery,
    typed: &TypedForm<'_>,
    error: &DbError,
) -> Result<Response, Error> {
    tracing::error!(%error, "an order was not stored");
    let page = FormPage::not_stored(list, typed, error::not_stored(error), state.clock);
    let mut response = html(state, StatusCode::SERVICE_UNAVAILABLE, &page)?;
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    Ok(response)
}

/// The form again, with every mistake named; as problem details for programs (RFC 9457).
async fn show_errors(
    state: &AppState,
    headers: &HeaderMap,
    list: &ListQuery,
    typed: &TypedForm<'_>,
    errors: &ValidationErrors,
) -> Result<Response, Error> {
    if wants_json(headers) {
        return Ok(problem_of_fields(
            errors,
            "Nothing was added. Put the fields right and send the order again.",
        ));
    }
    let page = FormPage::with_errors(list, typed, errors, &suggestions(state).await, state.clock);
    html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
}
