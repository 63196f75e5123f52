//! Pages of orders: one order, and the form for a new one.

mod adding;

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::http::address::{OrderAddress, Query, list_of};
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::import_names::import_names;
use crate::http::order_form::{SubmittedForm, suggestions};
use crate::http::order_responses::{or_no_such_order, page_path};
use crate::http::respond::{self, clear_notice, go_to, html};
use crate::http::waiting_form::{Waiting, WaitingForm};
use crate::http::{AppState, Error, idempotency, readings};
use crate::order::{
    Beginning, CardHolder, Condition, Field, ListQuery, OrderFilter, OrderForm, OrderNumber, Total,
};
use crate::view::{FormPage, OrderPage, SEARCHED, Told, TypedForm, list_of_filter, list_url, order_url};
use adding::Adding;

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
    let imports = import_names(state, found.history.iter().filter_map(|event| event.job)).await?;
    let told = word.and_then(Told::parse);
    let mut page = OrderPage::new(&found, &list, (&own, &imports), told, now, late_days);
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

/// The form, with the fields filled in that the URL names, and today's date where it names none; the card number is never
/// one of them.
#[handler]
pub async fn new(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    Waiting(waiting): Waiting,
) -> Result<Response, Error> {
    if let Some(waiting) = waiting {
        return filled_in(state, &list_of(uri), waiting).await;
    }
    let query = Query::of(uri);
    let mut order_form = OrderForm::default();
    // Most orders are entered on the day that they are placed on.
    order_form.set(Field::OrderDate, state.clock.local().day().iso());
    for field in Field::ALL.into_iter().filter(|field| *field != Field::CardNumber) {
        if let Some(text) = query.first(field.name()) {
            order_form.set(field, text.to_owned());
        }
    }
    let codes = state.db.list_recent_codes().await?;
    let typed = TypedForm::new(&order_form, Uuid::new_v4());
    html(state, StatusCode::OK, &FormPage::new(&list_of(uri), &typed, &codes, state.clock))
}

/// The form as somebody had filled it in before their session ended.
async fn filled_in(state: &AppState, list: &ListQuery, waiting: WaitingForm) -> Result<Response, Error> {
    let SubmittedForm { order_form, confirmed, submission, .. } = SubmittedForm::of(waiting.into_form())?;
    let codes = suggestions(state).await;
    let submission = submission.unwrap_or_else(Uuid::new_v4);
    let typed = TypedForm { confirmed, ..TypedForm::new(&order_form, submission) };
    html(state, StatusCode::OK, &FormPage::waited(list, &typed, &codes, state.clock))
}

/// Adds the order of a form and leads to its page; or shows the form again, with what has to be put right or answered.
#[handler]
pub async fn create(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: Form,
) -> Result<Response, Error> {
    let (list, by) = (list_of(uri), principal.actor());
    let sent = SubmittedForm::of(form)?;
    let key = idempotency::key(headers, sent.submission)?;
    let Ok(_under_way) = key.map(|key| state.keys_in_flight.begin(key).ok_or(())).transpose() else {
        return Ok(idempotency::under_way());
    };
    let submission = sent.submission.or(key);
    // The form's own UUID becomes the order's, so that a second sending meets the first in the database.
    let form = submission.unwrap_or_else(Uuid::new_v4);
    let SubmittedForm { order_form, confirmed, .. } =
        sent.with_kept_card(state, CardHolder { form, by: &by });
    Adding { state, headers, list, client, by, order_form, confirmed, key, submission, form }.add().await
}
