//! What was refused, in the access log.

use poem::http::{Method, Uri};
use uuid::Uuid;

use super::access::access;
use super::client::ClientAddress;
use super::route::Route;
use super::{AppState, Error};
use crate::auth::Principal;
use crate::order::{Access, Actor, Deed, Outcome, Reason, holds_card_number};

/// Characters of a request that are kept.
const MAX_REQUEST: usize = 200;

/// A request that is answered by 403.
pub struct RefusedRequest<'a> {
    pub principal: Option<&'a Principal>,
    pub client: ClientAddress,
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub route: Option<&'static Route>,
}

/// Writes down who was refused what, if that is for lack of a permission, or because another site asks.
pub async fn record_request(state: &AppState, error: &Error, request: RefusedRequest<'_>) {
    let reason = match error {
        Error::NotAllowed { .. } => Reason::NotAllowed,
        Error::Forbidden => Reason::OtherSite,
        _ => return,
    };
    let RefusedRequest { principal, client, method, uri, route } = request;
    let deed = Deed::Refused { request: in_words(method, uri, route) };
    let access = match principal {
        Some(principal) => access(state, principal, client, deed),
        None => by_stranger(state, client, deed),
    };
    // Boxed: no other request has to carry it along.
    Box::pin(record(state, access, route.map_or("", |route| route.path), reason)).await;
}

/// Writes down that somebody was not signed in.
pub async fn record_sign_in(state: &AppState, access: Access, reason: Reason) {
    record(state, access, reason.word(), reason).await;
}

/// An entry of nobody who is known.
pub fn by_stranger(state: &AppState, client: ClientAddress, deed: Deed) -> Access {
    let (id, at) = (Uuid::new_v4(), state.clock.utc());
    Access { id, at, by: Actor::Stranger, session: None, client: client.ip, deed }
}

/// Where it cannot be written down, it is refused all the same.
async fn record(state: &AppState, access: Access, kind: &'static str, reason: Reason) {
    if !state.refusals.is_new(access.at, access.by.person(), access.client, kind) {
        return;
    }
    if let Err(error) = state.db.insert_refusal(access, Outcome::refused(reason)).await {
        tracing::error!(%error, "the access log does not say that something was refused");
    }
}

/// The method and the path, if that is short and holds no card number; else the route's.
fn in_words(method: &Method, uri: &Uri, route: Option<&Route>) -> String {
    let path = uri.path();
    let asked = format!("{method} {path}");
    if asked.len() <= MAX_REQUEST && !holds_card_number(path) {
        return asked;
    }
    format!(
        "{} {}",
        method.as_str().get(..20).unwrap_or(method.as_str()),
        route.map_or("/…", |route| route.path)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_without_what_may_be_a_card_number() {
        let told = |path: &str| in_words(&Method::POST, &path.parse().unwrap(), None);
        assert_eq!(told("/webhooks/7/resend?q=1"), "POST /webhooks/7/resend");
        for path in ["/orders/4111111111111111".to_owned(), "/x".repeat(200)] {
            assert_eq!(told(&path), "POST /…");
        }
    }
}
