//! Signing in: the page that asks for it, out to the provider, and back.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::Data;
use poem::{Response, handler};

use crate::auth::{Identity, Returned, SignIn, SignInError, SignInFailure, SignedIn, Started};
use crate::http::access::LoggedAccess;
use crate::http::address::Query;
use crate::http::client::ClientAddress;
use crate::http::cookies::{self, AuthCookies};
use crate::http::refusals::{by_stranger, record_sign_in};
use crate::http::respond::{go_to, html};
use crate::http::return_path::ReturnPath;
use crate::http::waiting_form::WaitingForm;
use crate::http::{AppState, Error, user_agent};
use crate::order::{Access, Actor, ActorName, Deed, End, Outcome};
use crate::telemetry::SignInResult;
use crate::view::{NoEntry, NoEntryPage, SignInPage};

/// Of what a provider sends along with the browser (a code of Entra's has some 1,500).
const MAX_CODE: usize = 4000;

/// The page that asks to sign in. It needs no database: a link that leads to the provider.
#[handler]
pub fn show(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let sign_in = sign_in(state)?;
    let path = return_path(uri);
    html(
        state,
        StatusCode::OK,
        &SignInPage::new(sign_in.provider().host(), &ReturnPath::start_url(path.as_ref())),
    )
}

/// Leads to the provider. Whom another site leads here is asked first: the provider may ask for nothing, and nobody is to be
/// signed in without their doing (OWASP ASVS 5.0, 7.6.2).
#[handler]
pub async fn start(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    headers: &HeaderMap,
    client: ClientAddress,
) -> Result<Response, Error> {
    let sign_in = sign_in(state)?;
    let site = headers.get("sec-fetch-site");
    if site.is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none")) {
        return Ok(go_to(StatusCode::SEE_OTHER, &ReturnPath::sign_in_url(return_path(uri).as_ref())));
    }
    count(state, client)?;
    let path = return_path(uri).map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned());
    let before = cookies::sign_in(headers, state.policy.is_https(client));
    match sign_in.start(path, before.as_ref()).await {
        Ok(Started { url, token }) => {
            let mut response = go_to(StatusCode::SEE_OTHER, &url);
            AuthCookies::set_sign_in(&mut response, Some(token));
            Ok(response)
        }
        Err(failure) => {
            state.metrics.count_sign_in(result(&failure));
            tracing::warn!(error = %failure, "a sign-in cannot begin");
            Err(failure.into())
        }
    }
}

/// Signs in whom the provider sends back, in a new session, and leads to where they were going to: first of all to the form
/// that waits for them.
#[handler]
pub async fn finish(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    headers: &HeaderMap,
    client: ClientAddress,
) -> Result<Response, Error> {
    let sign_in = sign_in(state)?;
    count(state, client)?;
    let is_https = state.policy.is_https(client);
    let query = Query::of(uri);
    let returned = Returned {
        token: cookies::sign_in(headers, is_https),
        state: query.first("state").unwrap_or_default(),
        code: query.first("code").filter(|code| (1..=MAX_CODE).contains(&code.len())),
        issuer: query.first("iss"),
        client: client.ip,
        browser: user_agent::words(headers),
        session: cookies::session(headers, is_https),
    };
    let finished = Box::pin(sign_in_logged(state, sign_in, client, returned)).await;
    state.metrics.count_sign_in(finished.as_ref().map_or_else(result, |_| SignInResult::SignedIn));
    match finished {
        Ok(SignedIn { session, token, return_path, form }) => {
            let (user, roles) = (session.name.as_str(), session.roles.text());
            tracing::info!(user, user_id = session.person.get(), roles, "signed in");
            // One of somebody else is nobody's from now on.
            let form = form.and_then(|form| WaitingForm::open(state, &form, session.person));
            let path = form.as_ref().map_or(return_path, WaitingForm::url);
            let mut response = go_to(StatusCode::SEE_OTHER, &path);
            AuthCookies::set_session(&mut response, Some(token));
            if form.is_none() {
                AuthCookies::set_sign_in(&mut response, None);
            }
            Ok(response)
        }
        Err(SignInFailure::NoRole(identity)) => {
            tracing::warn!(subject = identity.subject, "nobody was signed in: no role at the desk");
            no_entry(state, sign_in, &identity, NoEntry::NoRole)
        }
        Err(SignInFailure::Disabled(identity)) => {
            tracing::warn!(subject = identity.subject, "nobody was signed in: disabled at the desk");
            no_entry(state, sign_in, &identity, NoEntry::Disabled)
        }
        Err(failure) => {
            tracing::warn!(error = %failure, "nobody was signed in");
            Err(failure.into())
        }
    }
}

/// Lets in who comes back from the provider, or not; either is in the access log.
async fn sign_in_logged(
    state: &Arc<AppState>,
    sign_in: &SignIn,
    client: ClientAddress,
    returned: Returned<'_>,
) -> Result<SignedIn, SignInFailure> {
    let identified = match sign_in.identify(&returned).await {
        Ok(identified) => identified,
        Err(failure) => {
            if let Some(reason) = failure.reason() {
                let access = refused(state, sign_in, client, &failure).await;
                record_sign_in(state, access, reason).await;
            }
            return Err(failure);
        }
    };
    let entry = |deed| {
        let by = Actor::User(identified.person.name.clone(), Some(identified.person.id));
        Access { by, ..by_stranger(state, client, deed) }
    };
    let log = LoggedAccess::begin_as(state, entry(Deed::SignIn)).await?;
    let after = identified.roles.text();
    let roles = if identified.roles_before.as_ref() == Some(&after) {
        None
    } else {
        let (of, before) = (identified.person.clone(), identified.roles_before.clone());
        Some(LoggedAccess::begin_as(state, entry(Deed::RolesChanged { of, before, after })).await?)
    };
    let signed_in = sign_in.begin(identified, returned).await;
    let end = if signed_in.is_ok() { End::Finished } else { End::Failed };
    if let Some(roles) = roles {
        roles.end(end).await;
    }
    let session = signed_in.as_ref().ok().map(|signed_in| signed_in.session.id);
    log.end_with(Outcome { session, ..Outcome::of(end, 0) }).await;
    signed_in
}

/// Who was not let in: somebody who was here before, or whose name is no address; else a stranger.
async fn refused(
    state: &AppState,
    sign_in: &SignIn,
    client: ClientAddress,
    failure: &SignInFailure,
) -> Access {
    let stranger = by_stranger(state, client, Deed::SignIn);
    let (SignInFailure::NoRole(identity) | SignInFailure::Disabled(identity)) = failure else {
        return stranger;
    };
    let person = match sign_in.find(identity).await {
        Ok(known) => known.map(|person| person.id),
        Err(error) => {
            tracing::warn!(%error, "the access log does not say who was not signed in");
            None
        }
    };
    if person.is_none() && identity.name.contains('@') {
        return stranger;
    }
    Access { by: Actor::User(ActorName::of_person(&identity.name), person), ..stranger }
}

/// A form that waits goes on waiting: somebody may let them in, and they begin again.
fn no_entry(
    state: &AppState,
    sign_in: &SignIn,
    identity: &Identity,
    why: NoEntry,
) -> Result<Response, Error> {
    let name = ActorName::of_person(&identity.name);
    let provider = sign_in.provider();
    let page = NoEntryPage::new(why, name.as_str(), provider.host(), provider.sign_out_url());
    html(state, StatusCode::FORBIDDEN, &page)
}

/// How a sign-in is counted that came to nothing.
fn result(failure: &SignInFailure) -> SignInResult {
    match failure {
        SignInFailure::NotBegun => SignInResult::Over,
        SignInFailure::Declined => SignInResult::Declined,
        SignInFailure::NoRole(_) => SignInResult::NoRole,
        SignInFailure::Disabled(_) => SignInResult::Disabled,
        SignInFailure::Provider(SignInError::ProviderAway(_)) => SignInResult::ProviderAway,
        SignInFailure::Provider(SignInError::Refused(_) | SignInError::TooManyGroups) => {
            SignInResult::Refused
        }
        SignInFailure::Database(_) | SignInFailure::Random(_) => SignInResult::Failed,
    }
}

/// There is no such page where nobody signs in.
fn sign_in(state: &AppState) -> Result<&SignIn, Error> {
    state.sign_in.as_ref().ok_or(Error::NotFound)
}

/// Whoever begins to sign in writes a row, though it is asked for by GET.
fn count(state: &AppState, client: ClientAddress) -> Result<(), Error> {
    state.write_rate.count(client.ip).map_err(|wait| {
        state.metrics.count_refused_write();
        Error::TooManyWrites { wait }
    })
}

fn return_path(uri: &Uri) -> Option<ReturnPath> {
    Query::of(uri).first("to").and_then(ReturnPath::parse)
}
