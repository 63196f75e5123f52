//! A request's id, its span, and its line in the log.

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response, Result};

use super::request_id::{REQUEST_ID, RequestId};
use super::trace;
use crate::auth::Principal;
use crate::http::AppState;
use crate::http::client::ClientAddress;
use crate::http::principal::Caller;
use crate::http::route::{Route, RouteKind};
use crate::order::holds_card_number;

/// Gives each request its id, finds out who asks, and logs it once it is answered.
pub struct RequestLog<E> {
    inner: E,
    route: Option<&'static Route>,
    state: Arc<AppState>,
}

impl<E> RequestLog<E> {
    pub fn new(inner: E, route: Option<&'static Route>, state: Arc<AppState>) -> Self {
        Self { inner, route, state }
    }

    /// Probes come every few seconds; only those that fail say something.
    fn is_quiet(&self, status: StatusCode) -> bool {
        self.route.is_some_and(|route| route.kind == RouteKind::Probe) && status.is_success()
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for RequestLog<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let began = Instant::now();
        let id = RequestId::of(request.headers());
        let client = ClientAddress::of(&request, &self.state.policy.trusted_proxies);
        request.set_data(client);
        let line = LogLine::of(&request, client);
        let span = trace::begin(&self.state.traces, &request, (&id, client), self.route);
        request.set_data(id.clone());
        let caller = Caller::default();
        request.set_data(caller.clone());
        let mut response = span.around(pin!(self.inner.get_response(request))).await;
        let status = response.status();
        let session = caller.principal().and_then(Principal::session);
        if self.state.policy.log_requests && !self.is_quiet(status) {
            tracing::info!(
                method = %line.method,
                path = %line.path,
                status = status.as_u16(),
                duration_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                from = line.from,
                user = session.map(|session| session.name.as_str()),
                user_id = session.map(|session| session.person.get()),
                request = id.as_str(),
                trace = span.trace_id(),
                "request"
            );
        }
        trace::end(span, status, session);
        response.headers_mut().insert(REQUEST_ID, id.0);
        Ok(response)
    }
}

/// What is kept of a request for its line.
struct LogLine {
    method: Method,
    path: String,
    from: String,
}

impl LogLine {
    fn of(request: &Request, client: ClientAddress) -> Self {
        Self {
            method: request.method().clone(),
            path: loggable(request.uri().path()),
            from: client.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }
}

/// A path for the log; one that may hold a card number is left out.
fn loggable(path: &str) -> String {
    if holds_card_number(path) {
        return "/…".to_owned();
    }
    path.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_card_number_gets_into_the_log_by_a_path() {
        assert_eq!(loggable("/orders/12345"), "/orders/12345");
        for path in [
            "/orders/4111111111111111",
            "/4111-1111-1111-1111/x",
            "/4111/1111/1111/1111",
            "/4111%201111%201111%201111",
            "/%34111111111111111",
        ] {
            assert_eq!(loggable(path), "/…", "{path}");
        }
        assert_eq!(loggable(&"é".repeat(500)).chars().count(), 200);
    }
}
