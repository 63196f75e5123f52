//! Pages of orders: the list, one order, and the form for a new one.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri, header};
use poem::web::{Data, Path};
use poem::{Body, Response, handler};
use uuid::Uuid;

use super::error;
use super::{AppState, Error, boundary, form};
use crate::db::{DbError, InsertOrder, Inserted};
use crate::order::{
    Actor, DateUuid, Field, NewOrder, OrderForm, OrderNumber, PageRequest, PerPage, RecentCodes, Submission,
    ValidationErrors, holds_card_number,
};
use crate::view::{Existing, FormPage, ListPage, Notice, OrderPage, PageContext, TypedForm, list_url};

/// The cookie with the notice for the next page.
pub(super) const NOTICE_COOKIE: &str = "notice";

/// The list. A page that is not there leads to the nearest one that is.
#[handler]
pub(super) async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let query = Query::of(uri);
    let (page, per_page) = (query.first("page"), query.first("per_page"));
    let request = PageRequest::parse(page, per_page);
    if let Some(typed) = query.first("jump") {
        return jump(state, typed, request).await;
    }
    let found = state.db.list_orders(request).await?;
    let is_canonical = page.is_none_or(|text| text == found.number.to_string())
        && per_page.is_none_or(|text| text == found.size.get().to_string());
    if !is_canonical {
        return Ok(go_to(StatusCode::FOUND, &list_url(found.number, found.size)));
    }
    html(state, StatusCode::OK, &ListPage::new(&state.view, &found, state.clock.local()))
}

/// Goes to the page that was typed; where there is none, the page that was left says so.
async fn jump(state: &AppState, typed: &str, page: PageRequest) -> Result<Response, Error> {
    let found = state.db.list_orders(page).await?;
    match PageRequest::typed(typed, found.pages) {
        Some(page) => Ok(go_to(StatusCode::FOUND, &list_url(page, found.size))),
        None if found.pages == 1 => Ok(go_to(StatusCode::FOUND, &list_url(1, found.size))),
        None => {
            let page = ListPage::new(&state.view, &found, state.clock.local()).without_page(typed);
            html(state, StatusCode::OK, &page)
        }
    }
}

/// What was found of an order; otherwise an error that says which is the newest.
pub(super) async fn or_no_such_order<T>(
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

/// `/orders` is where orders are sent to; who looks there finds the list.
#[handler]
pub(super) fn go_to_list() -> Response {
    go_to(StatusCode::FOUND, "/")
}

/// One order, with its neighbours in the list.
#[handler]
pub(super) async fn show(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let OrderAddress { number, per_page } = OrderAddress::of(&number, uri)?;
    let found = or_no_such_order(state, number, state.db.find_order(number).await?).await?;
    let notice = boundary::cookie(headers, NOTICE_COOKIE).and_then(Notice::parse);
    let mut response =
        html(state, StatusCode::OK, &OrderPage::new(&found, per_page, notice, state.clock.local()))?;
    if notice.is_some() {
        set_cookie(&mut response, &notice_cookie(number, "", 0));
    }
    Ok(response)
}

/// The form, with the fields filled in that the URL names; the card number is never one of them.
#[handler]
pub(super) async fn new(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let query = Query::of(uri);
    let mut order_form = OrderForm::default();
    for field in Field::ALL.into_iter().filter(|field| *field != Field::CardNumber) {
        order_form.set(field, query.first(field.name()).unwrap_or_default().to_owned());
    }
    let codes = state.db.list_recent_codes().await?;
    let typed = TypedForm { order_form: &order_form, submission: Uuid::new_v4() };
    html(state, StatusCode::OK, &FormPage::new(&typed, &codes, state.clock))
}

/// Adds the order of a form and leads to its page; or shows the form again, with what has to be put right.
#[handler]
pub(super) async fn create(
    Data(state): Data<&Arc<AppState>>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let form::SubmittedForm { order_form, submission, .. } =
        form::read(headers, body, state.policy.max_body_bytes).await?;
    // The form's own UUID becomes the order's, so that a second sending meets the first in the database.
    let form = submission.unwrap_or_else(Uuid::new_v4);
    let typed = TypedForm { order_form: &order_form, submission: form };
    let order = match NewOrder::parse(&order_form, DateUuid::from(form), state.clock.now()) {
        Ok(order) => order,
        Err(errors) => return show_errors(state, headers, &typed, &errors).await,
    };
    let submission = submission.map(|form| Submission::new(form, &order_form));
    let entry = InsertOrder { order, by: Actor::desk(), at: state.clock.utc(), submission };
    match state.db.insert_order(&entry).await {
        Ok(Inserted::Added(number)) => {
            state.metrics.count_order();
            Ok(done(number, PerPage::default(), Notice::Added))
        }
        Ok(Inserted::DuplicateSubmission(number)) => Ok(done(number, PerPage::default(), Notice::Again)),
        Ok(Inserted::KeyConflict(number)) => taken(state, headers, &order_form, form, number).await,
        Err(
            error @ (DbError::Busy(_)
            | DbError::Full(_)
            | DbError::Unavailable(_)
            | DbError::Uncertain(_)
            | DbError::Outdated(_)),
        ) if !boundary::wants_json(headers) => not_stored(state, &typed, &error),
        Err(error) => Err(error.into()),
    }
}

/// The form again, with the order that is there already.
async fn taken(
    state: &AppState,
    headers: &HeaderMap,
    order_form: &OrderForm,
    form: Uuid,
    number: OrderNumber,
) -> Result<Response, Error> {
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_existing(number, "Nothing was added."));
    }
    // Without a typed UUID the key was this form's own: it has added that order before, with other details.
    // Under a new one it can add another.
    let existing = if order_form.shown(Field::DateUuid).trim().is_empty() {
        Existing::added_by_this_form(number)
    } else {
        Existing::with_this_key(number)
    };
    let submission = if existing.is_of_this_form() { Uuid::new_v4() } else { form };
    let page = FormPage::taken(
        &TypedForm { order_form, submission },
        existing,
        &suggestions(state).await,
        state.clock,
    );
    html(state, StatusCode::CONFLICT, &page)
}

/// The form again, to be sent once more when the database can.
fn not_stored(state: &AppState, typed: &TypedForm<'_>, error: &DbError) -> Result<Response, Error> {
    tracing::error!(%error, "an order was not stored");
    let page = FormPage::not_stored(typed, error::not_stored(error), state.clock);
    let mut response = html(state, StatusCode::SERVICE_UNAVAILABLE, &page)?;
    response.headers_mut().insert(header::RETRY_AFTER, boundary::RETRY_AFTER);
    Ok(response)
}

/// The form again, with every mistake named; as problem details for programs (RFC 9457).
async fn show_errors(
    state: &AppState,
    headers: &HeaderMap,
    typed: &TypedForm<'_>,
    errors: &ValidationErrors,
) -> Result<Response, Error> {
    if boundary::wants_json(headers) {
        return Ok(boundary::problem_of_fields(
            errors,
            "Nothing was added. Put the fields right and send the order again.",
        ));
    }
    let page = FormPage::with_errors(typed, errors, &suggestions(state).await, state.clock);
    html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Codes to suggest; the form works without them too.
pub(super) async fn suggestions(state: &AppState) -> RecentCodes {
    state.db.list_recent_codes().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "no codes to suggest");
        RecentCodes::default()
    })
}

/// Leads to the order's page, which says once what has happened.
pub(super) fn done(number: OrderNumber, per_page: PerPage, notice: Notice) -> Response {
    let mut response = go_to(StatusCode::SEE_OTHER, &crate::view::order_url(number, per_page));
    set_cookie(&mut response, &notice_cookie(number, notice.as_str(), 60));
    response
}

fn notice_cookie(number: OrderNumber, notice: &str, max_age: u32) -> String {
    format!("{NOTICE_COOKIE}={notice}; Path=/orders/{number}; Max-Age={max_age}; HttpOnly; SameSite=Strict")
}

pub(super) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = cookie.parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

pub(super) fn html<P: PageContext>(
    state: &AppState,
    status: StatusCode,
    page: &P,
) -> Result<Response, Error> {
    Ok(boundary::html(status, state.view.render(page)?))
}

pub(super) fn go_to(status: StatusCode, url: &str) -> Response {
    Response::builder()
        .status(status)
        .header(header::LOCATION, url)
        .header(header::CACHE_CONTROL, "no-store")
        .finish()
}

/// Which order a URL names, and how the list was cut into pages on the way there.
#[derive(Clone, Copy)]
pub(super) struct OrderAddress {
    pub(super) number: OrderNumber,
    pub(super) per_page: PerPage,
}

impl OrderAddress {
    pub(super) fn of(number: &str, uri: &Uri) -> Result<Self, Error> {
        let number = OrderNumber::parse(number).ok_or(Error::NotFound)?;
        Ok(Self { number, per_page: PageRequest::parse(None, Query::of(uri).first("per_page")).per_page })
    }
}

/// The parameters of a URL; what cannot be decoded is as if it were not there.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(uri: &Uri) -> Self {
        Self(uri.query().and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default())
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}
