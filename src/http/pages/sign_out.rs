//! Signing out.

use std::sync::Arc;

use poem::http::{HeaderMap, HeaderValue, StatusCode};
use poem::web::Data;
use poem::{Response, handler};

use crate::auth::Principal;
use crate::http::access::LoggedAccess;
use crate::http::client::ClientAddress;
use crate::http::cookies::{self, AuthCookies};
use crate::http::respond::{go_to, html};
use crate::http::{AppState, Error};
use crate::order::Deed;
use crate::view::{SignOutPage, SignedOutPage};

const SIGN_OUT_URL: &str = "/sign-out";

/// What a browser is to forget: pages that it kept, so that the way back shows none. Not its cookies: those of all hosts of
/// the domain would go, and the desk's own go by name (W3C Clear Site Data, section 3.1).
const CLEAR: HeaderValue = HeaderValue::from_static("\"cache\"");

/// Says that one is signed out; who is not is asked whether to.
#[handler]
pub async fn show(
    Data(state): Data<&Arc<AppState>>,
    headers: &HeaderMap,
    client: ClientAddress,
) -> Result<Response, Error> {
    let sign_in = state.sign_in.as_ref().ok_or(Error::NotFound)?;
    let token = cookies::session(headers, state.policy.is_https(client));
    let session = match token {
        Some(token) => sign_in.sessions().find(&token).await?,
        None => None,
    };
    if let Some(session) = session {
        return html(state, StatusCode::OK, &SignOutPage::new(session.name.as_str()));
    }
    let page = SignedOutPage::new(sign_in.provider().host(), sign_in.provider().sign_out_url());
    html(state, StatusCode::OK, &page)
}

/// Ends the browser's session. Who has none is signed out already.
#[handler]
pub async fn end(
    Data(state): Data<&Arc<AppState>>,
    headers: &HeaderMap,
    client: ClientAddress,
) -> Result<Response, Error> {
    let sign_in = state.sign_in.as_ref().ok_or(Error::NotFound)?;
    if let Some(token) = cookies::session(headers, state.policy.is_https(client)) {
        let session = sign_in.sessions().find(&token).await?;
        if let Some(session) = &session {
            let principal = Principal::Person(Arc::clone(session));
            let log = LoggedAccess::begin(state, &principal, client, Deed::SignOut).await?;
            log.run(sign_in.sessions().end(&token)).await?;
            tracing::info!(user = session.name.as_str(), user_id = session.person.get(), "signed out");
        } else {
            // It may be there, and over.
            sign_in.sessions().end(&token).await?;
        }
    }
    let mut response = go_to(StatusCode::SEE_OTHER, SIGN_OUT_URL);
    AuthCookies::set_session(&mut response, None);
    // A form that waits does not wait for who comes after.
    AuthCookies::set_sign_in(&mut response, None);
    response.headers_mut().insert("clear-site-data", CLEAR);
    Ok(response)
}
