//! Answers that several pages of an order give.

use poem::Response;
use poem::http::{HeaderMap, StatusCode};

use super::accept::wants_json;
use super::address::OrderAddress;
use super::respond::{go_to, html, leave_notice, problem};
use super::{AppState, Error};
use crate::db::Editable;
use crate::order::{ListQuery, OrderNumber, ValidationErrors, holds_card_number};
use crate::view::{ErrorPage, Told, cancellation, order_url};

/// Leads to the order's page, which says once what has happened.
pub fn done(number: OrderNumber, list: &ListQuery, told: impl Into<Told>) -> Response {
    let mut response = go_to(StatusCode::SEE_OTHER, &order_url(number, list));
    leave_notice(&mut response, &page_path(number), &told.into().word());
    response
}

/// The path of an order's page, where its notices are shown.
pub fn page_path(number: OrderNumber) -> String {
    format!("/orders/{number}")
}

/// What was found of an order; otherwise an error that says which is the newest.
pub async fn or_no_such_order<T>(
    state: &AppState,
    number: OrderNumber,
    found: Option<T>,
) -> Result<T, Error> {
    match found {
        Some(found) => Ok(found),
        // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
        None if holds_card_number(&number.to_string()) => Err(Error::NotFound),
        None => Err(Error::NoSuchOrder { number, newest: state.db.newest_order_number().await? }),
    }
}

/// A cancelled order stays as it is until it is reopened: who cancelled it and when, in words.
pub fn refusal(
    state: &AppState,
    headers: &HeaderMap,
    address: &OrderAddress,
    found: &Editable,
) -> Result<Response, Error> {
    let number = address.number;
    let heading = format!("Order {number} is cancelled");
    let message = cancellation(&found.order, &found.history).unwrap_or_default();
    let remedy = "It stays as it is until it is reopened. Nothing was changed.";
    conflict(state, headers, address, &heading, (&message, remedy))
}

/// What was asked for an order goes against what it is by now, or what is known of it: why, in words.
pub fn not_done(
    state: &AppState,
    headers: &HeaderMap,
    address: &OrderAddress,
    heading: &str,
    reason: &str,
) -> Result<Response, Error> {
    conflict(state, headers, address, heading, (reason, "Nothing was changed."))
}

fn conflict(
    state: &AppState,
    headers: &HeaderMap,
    address: &OrderAddress,
    heading: &str,
    (message, remedy): (&str, &str),
) -> Result<Response, Error> {
    let number = address.number;
    if wants_json(headers) {
        let more = serde_json::json!({ "order": page_path(number) });
        return Ok(problem(StatusCode::CONFLICT, heading, &format!("{message} {remedy}"), &more));
    }
    let (url, link) = (order_url(number, &address.list), format!("Open order {number}"));
    let page = ErrorPage::new(StatusCode::CONFLICT.as_u16(), heading, message, remedy, "")
        .leading_to([(&*url, &*link)]);
    html(state, StatusCode::CONFLICT, &page)
}

/// Validation errors as problem details, one a field.
pub fn problem_of_fields(errors: &ValidationErrors, detail: &str) -> Response {
    let errors: Vec<_> = errors
        .all()
        .iter()
        .map(|error| serde_json::json!({ "field": error.field().name(), "detail": error.to_string() }))
        .collect();
    let more = serde_json::json!({ "errors": errors });
    problem(StatusCode::UNPROCESSABLE_ENTITY, "The order breaks rules", detail, &more)
}

/// The order that exists already, as problem details.
pub fn problem_of_existing(number: OrderNumber, nothing: &str) -> Response {
    let detail = format!("Order {number} has this UUID and customer. {nothing}");
    let more = serde_json::json!({ "existing": page_path(number) });
    problem(StatusCode::CONFLICT, "The order exists already", &detail, &more)
}

/// An order that somebody else changed meanwhile, as problem details.
pub fn problem_of_version(number: OrderNumber, version: i32) -> Response {
    let detail = format!("Order {number} has another version than the request names. Nothing was changed.");
    let more = serde_json::json!({ "order": page_path(number), "version": version });
    problem(StatusCode::CONFLICT, "The order was changed meanwhile", &detail, &more)
}
