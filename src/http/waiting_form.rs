//! Forms that are sent when their session is over: what was typed waits, without the card, until the same person has
//! signed in again with the same browser.
//!
//! Only a browser that names a session keeps one, and it has shown before (`middleware::origin`) that the form comes from
//! the desk's own page: so no other site has a form wait.

use std::sync::Arc;

use poem::http::{HeaderMap, Method, StatusCode, Uri, header};
use poem::web::Data;
use poem::{FromRequest, Request, RequestBody, Response, Result, handler};
use serde::{Deserialize, Serialize};

use super::accept::wants_json;
use super::address::{Query, list_of};
use super::client::ClientAddress;
use super::cookies::{self, AuthCookies};
use super::form::Form;
use super::limits::Limits;
use super::principal::Caller;
use super::respond::{SIGN_IN_CHALLENGE, html};
use super::return_path::ReturnPath;
use super::{AppState, Error};
use crate::auth::FORM_WAITS;
use crate::db::{MAX_FORM_BYTES, SealedForm};
use crate::order::{Field, Note, OrderNumber, PersonId, UserId, holds_card_number};
use crate::view::SignInPage;

/// Says in a form's URL that it is to be filled in with what waits.
const WAITING: (&str, &str) = ("waiting", "yes");

/// What is kept of a form besides an order's fields: which form it is, and what was answered in it.
const OTHER_FIELDS: [&str; 6] = ["submission", "version", "confirmed", "note_confirmed", "reason", "no_card"];

/// What a form that waits may have.
pub const LIMITS: Limits = Limits { body_bytes: Some(MAX_FORM_BYTES), ..Limits::FORM };

/// What somebody had typed into a form, but for a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingForm {
    /// The path of the form's own page.
    page: String,
    /// The list that somebody came from, as a query.
    list: String,
    fields: Vec<(String, String)>,
    /// Whether a card was typed, too.
    pub had_card: bool,
}

/// Whose session it was in which a form was sent; data of its request.
#[derive(Clone, Copy)]
struct Sender(PersonId);

/// Whether a request is a form that may wait: as far as can be told before anything of it is read.
pub async fn may_wait(request: &mut Request, state: &AppState) -> Result<bool, Error> {
    let Some(sign_in) = &state.sign_in else { return Ok(false) };
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let is_short = length.is_none_or(|length: usize| length <= MAX_FORM_BYTES);
    let is_form = *request.method() == Method::POST && page_of(request.uri().path()).is_some();
    if !is_form || !is_short || wants_json(headers) {
        return Ok(false);
    }
    let client = request.data::<ClientAddress>().copied().unwrap_or_default();
    let Some(token) = cookies::session(headers, state.policy.is_https(client)) else { return Ok(false) };
    let person = sign_in.sessions().former(&token).await?;
    if let Some(person) = person {
        request.set_data(Sender(person));
    }
    Ok(person.is_some())
}

/// Has a form wait, and asks to sign in.
#[handler]
pub async fn keep(
    Data(state): Data<&Arc<AppState>>,
    Data(Sender(person)): Data<&Sender>,
    uri: &Uri,
    headers: &HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Result<Response, Error> {
    let (sign_in, page) = state.sign_in.as_ref().zip(page_of(uri.path())).ok_or(Error::NotSignedIn)?;
    let waiting = WaitingForm::of(page, uri, form)?;
    let text = serde_json::to_string(&waiting).map_err(|error| Error::Internal(error.to_string()))?;
    if text.len() > MAX_FORM_BYTES {
        return Err(Error::NotSignedIn);
    }
    let sealed = state.db.seal_form(&text, *person, state.clock.utc().after(FORM_WAITS))?;
    let (url, before) = (waiting.url(), cookies::sign_in(headers, state.policy.is_https(client)));
    let token = sign_in.keep_form(sealed, url.clone(), before.as_ref()).await?;
    let start_url = ReturnPath::start_url(ReturnPath::parse(&url).as_ref());
    let page = SignInPage::keeping(sign_in.provider().host(), &start_url, waiting.had_card);
    let mut response = html(state, StatusCode::UNAUTHORIZED, &page)?;
    response.headers_mut().insert(header::WWW_AUTHENTICATE, SIGN_IN_CHALLENGE);
    AuthCookies::set_sign_in(&mut response, Some(token));
    Ok(response)
}

/// The page with the form that is sent to a path, for those forms that take long to fill in.
fn page_of(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["", "orders"] => Some("/orders/new".to_owned()),
        ["", "orders", number] => OrderNumber::parse(number).map(|number| format!("/orders/{number}/edit")),
        ["", "orders", number, "cancel"] => {
            OrderNumber::parse(number).map(|number| format!("/orders/{number}/cancel"))
        }
        _ => None,
    }
}

impl WaitingForm {
    /// Takes from a form what may wait: known fields, without anything that may be a card number (PCI DSS 4.0,
    /// requirement 3.4.1).
    fn of(page: String, uri: &Uri, mut form: Form) -> Result<Self, Error> {
        let mut had_card = form.take("had_card")?.as_deref() == Some("yes");
        for name in [Field::CardNumber.name(), "card_kept"] {
            had_card |= form.take(name)?.is_some_and(|text| !text.trim().is_empty());
        }
        let names = Field::ALL.into_iter().filter(|field| *field != Field::CardNumber).map(Field::name);
        let mut fields = Vec::new();
        for name in names.chain(OTHER_FIELDS) {
            if let Some(text) = form.take(name)?.filter(|text| !hides_a_card(name, text)) {
                fields.push((name.to_owned(), text));
            }
        }
        Ok(Self { page, list: list_of(uri).write(), fields, had_card })
    }

    /// Opens one that waited for somebody.
    pub fn open(state: &AppState, form: &SealedForm, person: PersonId) -> Option<Self> {
        let text = state.db.open_form(form, person, state.clock.utc())?;
        // What another release has kept, this one may not understand.
        serde_json::from_str(&text).ok()
    }

    /// The form's page, to be filled in with it.
    pub fn url(&self) -> String {
        let (name, value) = WAITING;
        let list = if self.list.is_empty() { String::new() } else { format!("{}&", self.list) };
        format!("{}?{list}{name}={value}", self.page)
    }

    /// The form as it was sent, but for the card.
    pub fn into_form(self) -> Form {
        Form::of(self.fields)
    }
}

/// Whether a field's text may be a card number. Ids of customers and forms have rules that no card keeps.
fn hides_a_card(name: &str, text: &str) -> bool {
    if matches!(name, "note" | "reason") {
        return Note::hides_a_card(text);
    }
    UserId::parse(text).is_err() && holds_card_number(text)
}

/// What waits for the form of a page; none for whoever just opens that page.
pub struct Waiting(pub Option<WaitingForm>);

impl<'a> FromRequest<'a> for Waiting {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let (name, value) = WAITING;
        let state: Option<&Arc<AppState>> = request.data();
        let Some(state) = state.filter(|_| Query::of(request.uri()).first(name) == Some(value)) else {
            return Ok(Self(None));
        };
        Ok(Self(Box::pin(find(request, state)).await?))
    }
}

async fn find(request: &Request, state: &AppState) -> Result<Option<WaitingForm>, Error> {
    let client = request.data::<ClientAddress>().copied().unwrap_or_default();
    let token = cookies::sign_in(request.headers(), state.policy.is_https(client));
    let Some((sign_in, token)) = state.sign_in.as_ref().zip(token) else { return Ok(None) };
    let Some(sealed) = sign_in.waiting_form(&token).await? else { return Ok(None) };
    let caller = Caller::of(request);
    let person = caller.principal().and_then(|principal| principal.session()).map(|session| session.person);
    let form = person.and_then(|person| WaitingForm::open(state, &sealed, person));
    Ok(form.filter(|form| form.page == request.uri().path()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(path: &str, fields: &[(&str, &str)]) -> WaitingForm {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let uri: Uri = path.parse().unwrap();
        WaitingForm::of(page_of(uri.path()).unwrap(), &uri, Form::of(fields)).unwrap()
    }

    #[test]
    fn forms_of_orders_wait_and_come_back_to_their_own_page() {
        for (path, url) in [
            ("/orders", "/orders/new?waiting=yes"),
            ("/orders?status=to-ship&page=2", "/orders/new?status=to-ship&page=2&waiting=yes"),
            ("/orders/7?status=to-ship", "/orders/7/edit?status=to-ship&waiting=yes"),
            ("/orders/7/cancel", "/orders/7/cancel?waiting=yes"),
        ] {
            let url_of = kept(path, &[]).url();
            assert_eq!(url_of, url);
            assert!(ReturnPath::parse(&url_of).is_some());
        }
        for path in
            ["/", "/orders/", "/orders/x", "/orders/7/ship", "/add_order", "/views", "//orders", "/bulk/1"]
        {
            assert_eq!(page_of(path), None, "{path}");
        }
    }

    #[test]
    fn what_may_be_a_card_number_does_not_wait() {
        let uuid = "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2";
        let form = kept(
            "/orders",
            &[
                ("store_code", "HI-9B97EE4E"),
                ("user_id", uuid),
                ("product_code", "4111 1111 1111 1111"),
                ("note", "paid with 378282246310005"),
                ("4111111111111111", "x"),
                ("card_number", " 4111-1111 "),
                ("card_kept", ""),
                ("card_digits_confirmed", "yes"),
            ],
        );
        let fields: Vec<_> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("store_code", "HI-9B97EE4E"), ("user_id", uuid)]);
        assert!(form.had_card);
        assert!(!kept("/orders", &[("card_number", " ")]).had_card);
        for (name, value) in [("card_kept", "c2VhbGVk"), ("had_card", "yes")] {
            assert!(kept("/orders/7", &[(name, value)]).had_card, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_card_number_waits_wherever_it_was_typed(
            name in prop::sample::select(vec![
                "store_code", "note", "reason", "order_date", "card_number", "user_id", "card_kept", "x",
            ]),
            before in "[a-z ]{0,5}", after in "( [a-z ]{0,5})?", separator in "[ -]?",
        ) {
            let card = ["4111", "1111", "1111", "1111"].join(&separator);
            let form = kept("/orders", &[(name, &format!("{before}{card}{after}"))]);
            let text = serde_json::to_string(&form).unwrap();
            prop_assert!(!text.contains(&card) && !text.contains("1111"), "{}", text);
        }
    }
}
