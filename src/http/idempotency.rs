//! `Idempotency-Key`: what a form's own UUID is to a browser, for programs that send orders without a form.
//!
//! After draft-ietf-httpapi-idempotency-key-header: the same request once more is the same order, another request with
//! the same key is refused, and so is one while the first is under way.

use poem::Response;
use poem::http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use super::order_responses::page_path;
use super::respond::{RETRY_AFTER, problem};
use super::{AppState, Error};
use crate::order::{DateUuid, NewOrder, OrderNumber};

const HEADER: &str = "idempotency-key";

/// The key of a request: a UUID, as it is or as the string of a structured field (RFC 9651, section 3.3.3).
///
/// A form's own UUID beside it says the same.
pub(super) fn key(headers: &HeaderMap, submission: Option<Uuid>) -> Result<Option<Uuid>, Error> {
    let no_key = Error::BadRequest("its Idempotency-Key is no UUID");
    let mut all = headers.get_all(HEADER).iter();
    let Some(value) = all.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    match (Uuid::try_parse(text), all.next()) {
        (Ok(key), None) if submission.is_none_or(|form| form == key) => Ok(Some(key)),
        (Ok(_), None) => Err(Error::BadRequest("its Idempotency-Key is not its submission")),
        _ => Err(no_key),
    }
}

/// The order that a key has added with another customer, which would not be found by the order's own key.
pub(super) async fn used_before(
    state: &AppState,
    key: Uuid,
    order: &NewOrder,
) -> Result<Option<OrderNumber>, Error> {
    let found = state.db.list_orders_with(&[DateUuid::from(key)]).await?;
    Ok(found.into_iter().find(|kept| kept.user_id != order.user_id).map(|kept| kept.number))
}

/// The same key with another body.
pub(super) fn other_body(number: OrderNumber) -> Response {
    let detail = format!(
        "Order {number} was added with this key and other details. Nothing was added; send another order with another key."
    );
    let more = serde_json::json!({ "existing": page_path(number) });
    let title = "The Idempotency-Key was used for another order";
    problem(StatusCode::UNPROCESSABLE_ENTITY, title, &detail, &more)
}

/// The same key while the first request is under way.
pub(super) fn under_way() -> Response {
    let (title, detail) = (
        "A request with this Idempotency-Key is under way",
        "Send it again in a moment, to be told what came of it.",
    );
    let mut response = problem(StatusCode::CONFLICT, title, detail, &serde_json::json!({}));
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}
