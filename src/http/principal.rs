//! Tells whoever has to know whom a request comes from: the one place that decides.

use std::sync::{Arc, OnceLock};

use poem::{FromRequest, Request, RequestBody, Result};

use super::client::ClientAddress;
use super::{AppState, Error, cookies};
use crate::auth::{Principal, SignIn};
use crate::view::Visitor;

/// Whom a request comes from, once that is known; its data while it is answered. None is a stranger: where people sign
/// in, somebody who has not.
#[derive(Clone, Default)]
pub struct Caller(Arc<OnceLock<Principal>>);

impl Caller {
    /// The one of a request.
    pub fn of(request: &Request) -> Self {
        request.data().cloned().unwrap_or_default()
    }

    /// Asks who it is; where people sign in, by the session that the browser names.
    pub async fn find(&self, request: &Request, state: &AppState) -> Result<Option<&Principal>, Error> {
        if self.0.get().is_none() {
            let principal = match &state.sign_in {
                None => Some(Principal::Desk),
                // On the heap, so that requests take no more room where nobody signs in.
                Some(sign_in) => Box::pin(person(request, state, sign_in)).await?,
            };
            if let Some(principal) = principal {
                // Nobody else knows this request.
                let _ = self.0.set(principal);
            }
        }
        Ok(self.0.get())
    }

    /// Who it is, if that was asked for and is known.
    pub fn principal(&self) -> Option<&Principal> {
        self.0.get()
    }

    /// For whom a page is.
    pub fn visitor(&self, state: &AppState) -> Visitor {
        match (self.principal(), &state.sign_in) {
            (Some(principal), _) => Visitor::of(principal),
            (None, None) => Visitor::of(&Principal::Desk),
            (None, Some(_)) => Visitor::stranger(),
        }
    }
}

async fn person(request: &Request, state: &AppState, sign_in: &SignIn) -> Result<Option<Principal>, Error> {
    let client = request.data::<ClientAddress>().copied().unwrap_or_default();
    let token = cookies::session(request.headers(), state.policy.is_https(client));
    let Some(token) = token else { return Ok(None) };
    // Whatever is wrong with it: who cannot be known is not let in, and may come again.
    let session = sign_in.sessions().find(&token).await.map_err(Error::Unavailable)?;
    Ok(session.map(Principal::Person))
}

impl<'a> FromRequest<'a> for Principal {
    /// Of a route that asks for a permission, which nobody gets to without being known.
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let sender = Caller::of(request);
        let principal = sender.principal().cloned();
        principal.ok_or_else(|| Error::Internal("a handler needs to know who asks".to_owned()).into())
    }
}
