//! People who have ever signed in: who they are, where they are signed in, and whether they may be.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};

use crate::auth::{Person, Principal, Session, SignIn};
use crate::db::DisableOutcome;
use crate::http::accept::wants_json;
use crate::http::access::AccessLog;
use crate::http::address::Query;
use crate::http::form::OptionalForm;
use crate::http::respond::{clear_notice, go_to, html, leave_notice, notice, problem};
use crate::http::{AppState, Error};
use crate::order::{Deed, EndedSessions, NamedPerson, Note, NoteError, PersonId, holds_card_number};
use crate::view::{ErrorPage, PEOPLE_URL, PeoplePage, PersonNotice, PersonPage, SomePeople, person_url};

const ROWS: usize = 50;
/// Of a name that is looked for, in bytes.
const MAX_NAME: usize = 200;

/// All of them, or those whose name has a text in it.
#[handler]
pub async fn index(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    uri: &Uri,
) -> Result<Response, Error> {
    let (sign_in, admin) = desk(state, &principal)?;
    let asked = Query::of(uri);
    let query = asked.first("q").map(str::trim).unwrap_or_default();
    // Nobody is called like a card (PCI DSS 4.0, requirement 3.4.1).
    if query.len() > MAX_NAME || holds_card_number(query) {
        return Ok(go_to(StatusCode::FOUND, PEOPLE_URL));
    }
    let after = asked.first("after").and_then(|id| person_id(id).ok());
    let (people, next) = sign_in.sessions().people(query.to_owned(), after, ROWS).await?;
    if people.is_empty() && query.is_empty() && after.is_some() {
        return Ok(go_to(StatusCode::FOUND, PEOPLE_URL));
    }
    let some = SomePeople { people: &people, query, has_earlier: after.is_some(), next };
    html(state, StatusCode::OK, &PeoplePage::new(some, admin.person))
}

/// One of them, with their sessions.
#[handler]
pub async fn show(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let (sign_in, admin) = desk(state, &principal)?;
    let person = find(sign_in, &id).await?;
    let page = page(sign_in, admin, &person).await?;
    let url = person_url(person.id);
    let Some(notice) = notice(headers, &url).and_then(PersonNotice::parse) else {
        return html(state, StatusCode::OK, &page);
    };
    let mut response = html(state, StatusCode::OK, &page.with_notice(notice))?;
    clear_notice(&mut response, &url);
    Ok(response)
}

/// Keeps somebody from signing in, and ends all of their sessions.
#[handler]
pub async fn disable(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    headers: &HeaderMap,
    log: AccessLog,
    OptionalForm(mut form): OptionalForm,
) -> Result<Response, Error> {
    let (sign_in, admin) = desk(state, &principal)?;
    let person = find(sign_in, &id).await?;
    if person.id == admin.person {
        return refuse_self(state, headers, "Nobody disables themself. Another admin can.");
    }
    let typed = form.take("reason")?.unwrap_or_default();
    let reason = match Note::parse(&typed, false) {
        Ok(reason) => reason,
        Err(error) => return reason_again(state, headers, admin, &person, (&typed, error)).await,
    };
    let log = log.begin(Deed::PersonDisabled(named(&person))).await?;
    let outcome = log.run(sign_in.sessions().disable(person.id, principal.actor(), reason)).await?;
    tell(admin, &person, "disabled a person");
    match outcome {
        DisableOutcome::Done => Ok(done(person.id, PersonNotice::Disabled)),
        DisableOutcome::Before => Ok(done(person.id, PersonNotice::DisabledBefore)),
        DisableOutcome::Gone => Err(Error::NotFound),
    }
}

/// Lets somebody sign in again; who was not disabled, too.
#[handler]
pub async fn enable(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    log: AccessLog,
) -> Result<Response, Error> {
    let (sign_in, admin) = desk(state, &principal)?;
    let person = find(sign_in, &id).await?;
    let log = log.begin(Deed::PersonEnabled(named(&person))).await?;
    if !log.run(sign_in.sessions().enable(person.id)).await? {
        return Err(Error::NotFound);
    }
    tell(admin, &person, "enabled a person");
    Ok(done(person.id, PersonNotice::Enabled))
}

/// Ends a session of somebody else; one that is over already, too.
#[handler]
pub async fn end_one(
    Data(state): Data<&Arc<AppState>>,
    Path((id, session)): Path<(String, String)>,
    principal: Principal,
    headers: &HeaderMap,
    log: AccessLog,
) -> Result<Response, Error> {
    let (sign_in, admin) = desk(state, &principal)?;
    let person = find(sign_in, &id).await?;
    let session = session.parse().map_err(|_| Error::NotFound)?;
    if person.id == admin.person {
        return refuse_self(state, headers, OWN_SESSIONS);
    }
    let deed = Deed::SessionsEnded { of: named(&person), which: EndedSessions::One(session) };
    log.begin(deed).await?.run(sign_in.sessions().end_one(person.id, session)).await?;
    tell(admin, &person, "ended a session of somebody else");
    Ok(done(person.id, PersonNotice::SessionEnded))
}

/// Ends all sessions of somebody else.
#[handler]
pub async fn end_all(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    headers: &HeaderMap,
    log: AccessLog,
) -> Result<Response, Error> {
    let (sign_in, admin) = desk(state, &principal)?;
    let person = find(sign_in, &id).await?;
    if person.id == admin.person {
        return refuse_self(state, headers, OWN_SESSIONS);
    }
    let deed = Deed::SessionsEnded { of: named(&person), which: EndedSessions::All };
    log.begin(deed).await?.run(sign_in.sessions().end_all(person.id)).await?;
    tell(admin, &person, "ended all sessions of somebody else");
    Ok(done(person.id, PersonNotice::AllEnded))
}

/// For whoever looks where a form is sent to.
#[handler]
pub fn go_to_person(uri: &Uri) -> Result<Response, Error> {
    let id = uri.path().split('/').nth(2).unwrap_or_default();
    Ok(go_to(StatusCode::FOUND, &person_url(person_id(id)?)))
}

const OWN_SESSIONS: &str = "Your own sessions end under My account, and this one by signing out.";

/// Where people sign in, and the admin who asks; there is no such page where nobody does.
fn desk<'a>(state: &'a AppState, principal: &'a Principal) -> Result<(&'a SignIn, &'a Session), Error> {
    state.sign_in.as_ref().zip(principal.session()).ok_or(Error::NotFound)
}

fn person_id(text: &str) -> Result<PersonId, Error> {
    // As it is written, so that each person has one address.
    let id = text.parse().ok().and_then(PersonId::new).filter(|id| id.to_string() == text);
    id.ok_or(Error::NotFound)
}

async fn find(sign_in: &SignIn, id: &str) -> Result<Person, Error> {
    sign_in.sessions().person(person_id(id)?).await?.ok_or(Error::NotFound)
}

async fn page(sign_in: &SignIn, admin: &Session, person: &Person) -> Result<PersonPage, Error> {
    let sessions = sign_in.sessions().list(person.id).await?;
    Ok(PersonPage::new(person, &sessions, sign_in.sessions().idle(), admin.person))
}

/// The page again, with what is wrong with the reason.
async fn reason_again(
    state: &AppState,
    headers: &HeaderMap,
    admin: &Session,
    person: &Person,
    (reason, error): (&str, NoteError),
) -> Result<Response, Error> {
    let sign_in = state.sign_in.as_ref().ok_or(Error::NotFound)?;
    if wants_json(headers) {
        let more =
            serde_json::json!({ "errors": [{ "field": "reason", "detail": error.words("The reason") }] });
        let detail = "Nothing was changed. Put the reason right and send it again.";
        return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "Nobody was disabled", detail, &more));
    }
    let page = page(sign_in, admin, person).await?.with_error(reason, error);
    html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What admins do not do to themselves.
fn refuse_self(state: &AppState, headers: &HeaderMap, why: &str) -> Result<Response, Error> {
    let (status, heading) = (StatusCode::CONFLICT, "This is you");
    if wants_json(headers) {
        let detail = format!("{why} Nothing was changed.");
        return Ok(problem(status, heading, &detail, &serde_json::Value::Null));
    }
    let page = ErrorPage::new(status.as_u16(), heading, why, "Nothing was changed.", "")
        .leading_to([(PEOPLE_URL, "Go to all people"), ("/account", "My account")]);
    html(state, status, &page)
}

/// As the access log calls them.
fn named(person: &Person) -> NamedPerson {
    NamedPerson { id: person.id, name: person.name.clone() }
}

fn tell(admin: &Session, person: &Person, deed: &'static str) {
    let (user, user_id) = (admin.name.as_str(), admin.person.get());
    tracing::info!(user, user_id, person = person.id.get(), "{deed}");
}

fn done(person: PersonId, notice: PersonNotice) -> Response {
    let url = person_url(person);
    let mut response = go_to(StatusCode::SEE_OTHER, &url);
    leave_notice(&mut response, &url, notice.word());
    response
}
