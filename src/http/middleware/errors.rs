//! Errors in the product's own look, or as problem details (RFC 9457); logged here and nowhere else.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use poem::{Endpoint, Request, Response, Result};

use super::request_id::RequestId;
use crate::http::accept::wants_json;
use crate::http::error::{ErrorText, error_text, whole_seconds};
use crate::http::next_steps::NextSteps;
use crate::http::order_responses::page_path;
use crate::http::principal::Caller;
use crate::http::refusals::{RefusedRequest, record_request};
use crate::http::respond::{RETRY_AFTER, SIGN_IN_CHALLENGE, html_text, problem};
use crate::http::route::Route;
use crate::http::{AppState, Error};
use crate::view::ErrorPage;

/// Turns what goes wrong inside into an answer, a panic too.
pub struct ErrorPages<E> {
    inner: E,
    route: Option<&'static Route>,
    state: Arc<AppState>,
}

/// Marks the answer to a request that was refused whatever its route.
#[derive(Clone, Copy)]
pub struct RefusedUnrouted;

impl<E> ErrorPages<E> {
    pub fn new(inner: E, route: Option<&'static Route>, state: Arc<AppState>) -> Self {
        Self { inner, route, state }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for ErrorPages<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let (sender, caller) = (Sender::of(&request), Caller::of(&request));
        let client = request.data().copied().unwrap_or_default();
        let error = match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => error,
            Err(_panic) => Error::Internal("a handler panicked".to_owned()).into(),
        };
        if let Some(own) = error.downcast_ref() {
            let request = RefusedRequest {
                principal: caller.principal(),
                client,
                method: &sender.method,
                uri: &sender.uri,
                route: self.route,
            };
            record_request(&self.state, own, request).await;
        }
        Ok(caller.visitor(&self.state).sees(|| self.explain(&error, &sender)))
    }
}

impl<E> ErrorPages<E> {
    fn explain(&self, error: &poem::Error, sender: &Sender) -> Response {
        let status = error.status();
        if status.is_server_error() {
            tracing::error!(%error, request = sender.id.as_str(), "a request failed");
        }
        let own = error.downcast_ref();
        let mut response = self.answer(status, own, sender);
        if own.is_some_and(Error::is_unrouted) {
            response.set_data(RefusedUnrouted);
        }
        self.add_headers(status, own, response.headers_mut());
        response
    }

    fn answer(&self, status: StatusCode, error: Option<&Error>, sender: &Sender) -> Response {
        let (ErrorText { heading, message, remedy }, id) = (error_text(status, error), sender.id.as_str());
        if sender.wants_json {
            let mut more = serde_json::json!({ "request": id });
            if let Some(Error::NoSuchOrder { newest: Some(newest), .. }) = error {
                more["newest"] = page_path(*newest).into();
            }
            return problem(status, heading, &message, &more);
        }
        let steps = NextSteps::of(status, error, self.route, &sender.method, &sender.uri);
        let page = ErrorPage::new(status.as_u16(), heading, &message, remedy, id)
            .retrying(steps.post_again.as_deref())
            .leading_to(steps.links.iter().map(|(url, label)| (url.as_str(), label.as_str())));
        match self.state.view.render(&page) {
            Ok(page) => html_text(status, page),
            Err(error) => {
                tracing::error!(%error, request = id, "the error page cannot be rendered");
                html_text(status, format!("<!DOCTYPE html><title>{heading}</title><p>{message}"))
            }
        }
    }

    /// When to come again, with which methods, or that the rest of a request is not waited for (RFC 9110, sections
    /// 10.2.3, 10.2.1 and 15.5.9).
    fn add_headers(&self, status: StatusCode, error: Option<&Error>, headers: &mut HeaderMap) {
        if let Some(Error::TooManyWrites { wait }) = error {
            headers.insert(header::RETRY_AFTER, whole_seconds(*wait).into());
        }
        match (status, self.route) {
            (StatusCode::UNAUTHORIZED, _) => {
                headers.insert(header::WWW_AUTHENTICATE, SIGN_IN_CHALLENGE);
            }
            (StatusCode::SERVICE_UNAVAILABLE, _) => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            (StatusCode::REQUEST_TIMEOUT, _) => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            (StatusCode::METHOD_NOT_ALLOWED, Some(route)) => {
                headers.insert(header::ALLOW, route.allow());
            }
            _ => {}
        }
    }
}

/// What is kept of a request for its sender to understand the answer.
struct Sender {
    id: RequestId,
    wants_json: bool,
    method: Method,
    uri: Uri,
}

impl Sender {
    fn of(request: &Request) -> Self {
        let id = request.data().cloned().unwrap_or_else(|| RequestId::of(request.headers()));
        Self {
            id,
            wants_json: wants_json(request.headers()),
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }
}
