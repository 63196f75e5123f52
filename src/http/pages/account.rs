//! One's own account, and the sessions of it.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode};
use poem::web::{Data, Path};
use poem::{Response, handler};

use crate::auth::{Principal, Session, SignIn};
use crate::http::access::AccessLog;
use crate::http::respond::{clear_notice, go_to, html, leave_notice, notice};
use crate::http::{AppState, Error};
use crate::order::{Deed, EndedSessions};
use crate::view::{ACCOUNT_URL, AccountNotice, AccountPage};

/// Who one is here, and where one is signed in.
#[handler]
pub async fn show(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let (sign_in, session) = own(state, &principal)?;
    let all = sign_in.sessions().list(session.person).await?;
    let notice = notice(headers, ACCOUNT_URL).and_then(AccountNotice::parse);
    let page = AccountPage::new(session, &all, sign_in.sessions().idle(), notice);
    let mut response = html(state, StatusCode::OK, &page)?;
    if notice.is_some() {
        clear_notice(&mut response, ACCOUNT_URL);
    }
    Ok(response)
}

/// Ends another session; one that is over already, too. One's own ends by signing out.
#[handler]
pub async fn end_one(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    log: AccessLog,
) -> Result<Response, Error> {
    let (sign_in, session) = own(state, &principal)?;
    let id = id.parse().ok().filter(|id| *id != session.id).ok_or(Error::NotFound)?;
    let deed = Deed::SessionsEnded { of: session.person(), which: EndedSessions::One(id) };
    log.begin(deed).await?.run(sign_in.sessions().end_one(session.person, id)).await?;
    tracing::info!(user = session.name.as_str(), user_id = session.person.get(), "ended another session");
    Ok(done(AccountNotice::Ended))
}

/// Ends all other sessions.
#[handler]
pub async fn end_others(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    log: AccessLog,
) -> Result<Response, Error> {
    let (sign_in, session) = own(state, &principal)?;
    let deed = Deed::SessionsEnded { of: session.person(), which: EndedSessions::Others };
    log.begin(deed).await?.run(sign_in.sessions().end_others(session)).await?;
    tracing::info!(user = session.name.as_str(), user_id = session.person.get(), "ended all other sessions");
    Ok(done(AccountNotice::OthersEnded))
}

/// For whoever looks where a form is sent to.
#[handler]
pub fn go_to_account() -> Response {
    go_to(StatusCode::FOUND, ACCOUNT_URL)
}

/// There is no such page where nobody signs in.
fn own<'a>(state: &'a AppState, principal: &'a Principal) -> Result<(&'a SignIn, &'a Session), Error> {
    state.sign_in.as_ref().zip(principal.session()).ok_or(Error::NotFound)
}

fn done(notice: AccountNotice) -> Response {
    let mut response = go_to(StatusCode::SEE_OTHER, ACCOUNT_URL);
    leave_notice(&mut response, ACCOUNT_URL, notice.word());
    response
}
