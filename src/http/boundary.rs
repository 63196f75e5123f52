//! What every request passes first and every answer last: a request id, a line in the log, error pages in
//! the product's own look, security headers and compression.

use std::io::Write;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::FutureExt;
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use poem::{Endpoint, Request, Response, Result};
use uuid::Uuid;

use super::accept_encoding::accepts_gzip;
use super::error::{ErrorText, error_text};
use super::next_steps::NextSteps;
use super::{AppState, Error, traced};
use crate::order::{OrderNumber, ValidationErrors, holds_card_number, id_holds_card_number};
use crate::view::ErrorPage;

pub(super) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const REQUEST_ID: &str = "x-request-id";
const MAX_URI: usize = 4096;
/// Below this, compressing costs more than it saves.
const MIN_COMPRESSED: usize = 1024;

/// On every answer. Pages load nothing but the desk's own files, and no site may frame them.
const HEADERS: [(&str, HeaderValue); 6] = [
    (
        "content-security-policy",
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    ("x-content-type-options", HeaderValue::from_static("nosniff")),
    ("x-frame-options", HeaderValue::from_static("DENY")),
    ("referrer-policy", HeaderValue::from_static("same-origin")),
    ("cross-origin-opener-policy", HeaderValue::from_static("same-origin")),
    ("cross-origin-resource-policy", HeaderValue::from_static("same-origin")),
];

/// The outermost endpoint: its answers are complete, whatever happens inside.
pub(super) struct Boundary<E> {
    inner: E,
    state: Arc<AppState>,
}

impl<E> Boundary<E> {
    pub(super) fn new(inner: E, state: Arc<AppState>) -> Self {
        Self { inner, state }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Boundary<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let began = Instant::now();
        let meta = RequestMeta::of(&request);
        let span = traced::begin(&self.state.traces, &request, &meta.id);
        let outcome = if request.uri().path_and_query().map_or(0, |uri| uri.as_str().len()) > MAX_URI {
            Err(poem::Error::from_status(StatusCode::URI_TOO_LONG))
        } else {
            span.around(pin!(self.bounded(request))).await
        };
        let mut response = match outcome {
            Ok(response) => response,
            Err(error) => self.explain(&error, &meta),
        };
        if meta.gzip {
            response = compress(response).await;
        }
        self.finish(&mut response, &meta);
        if self.state.policy.log_requests && !meta.is_probe(response.status()) {
            tracing::info!(
                method = %meta.method,
                path = %meta.path,
                status = response.status().as_u16(),
                duration_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                from = meta.from,
                request = meta.id.to_str().unwrap_or_default(),
                trace = span.trace_id(),
                "request"
            );
        }
        traced::end(span, response.status());
        Ok(response)
    }
}

impl<E: Endpoint<Output = Response>> Boundary<E> {
    /// Runs the request within its time; a panic inside is an error like another.
    async fn bounded(&self, request: Request) -> Result<Response> {
        let answer = std::panic::AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        match tokio::time::timeout(self.state.policy.request_timeout, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => Err(Error::Internal("a handler panicked".to_owned()).into()),
            Err(_elapsed) => Err(Error::Timeout.into()),
        }
    }

    /// An error in the product's own look, or as problem details; logged here and nowhere else.
    fn explain(&self, error: &poem::Error, meta: &RequestMeta) -> Response {
        let status = error.status();
        let id = meta.id.to_str().unwrap_or_default();
        if status.is_server_error() {
            tracing::error!(%error, request = id, "a request failed");
        }
        let ErrorText { heading, message, remedy } = error_text(status, error.downcast_ref());
        let mut response = if meta.json {
            let mut details = serde_json::json!({
                "title": heading, "status": status.as_u16(), "detail": message, "request": id,
            });
            if let Some(Error::NoSuchOrder { newest: Some(newest), .. }) = error.downcast_ref() {
                details["newest"] = format!("/orders/{newest}").into();
            }
            problem(status, &details)
        } else {
            let steps = NextSteps::of(status, error.downcast_ref(), &meta.method, &meta.uri);
            let page = ErrorPage::new(status.as_u16(), heading, &message, remedy, id)
                .retrying(steps.post_again.as_deref())
                .leading_to(steps.links.iter().map(|(url, label)| (url.as_str(), label.as_str())));
            match self.state.view.render(&page) {
                Ok(page) => html(status, page),
                Err(error) => {
                    tracing::error!(%error, request = id, "the error page cannot be rendered");
                    html(status, format!("<!DOCTYPE html><title>{heading}</title><p>{message}"))
                }
            }
        };
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                let allowed = allowed(&meta.path);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
            }
            _ => {}
        }
        response
    }

    fn finish(&self, response: &mut Response, meta: &RequestMeta) {
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, value);
        }
        headers.insert(REQUEST_ID, meta.id.clone());
        if self.state.readiness.is_off() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// What a path takes: one of the two, or both (RFC 9110, section 15.5.6).
fn allowed(path: &str) -> &'static str {
    let order = path.strip_prefix("/orders/").unwrap_or_default();
    match order.split_once('/') {
        Some((_, "cancel" | "ship")) => "GET, HEAD, POST",
        _ if path.starts_with("/webhooks/") => "POST",
        None if path == "/add_order" => "POST",
        None if path == "/orders" || OrderNumber::parse(order).is_some() => "GET, HEAD, POST",
        _ => "GET, HEAD",
    }
}

/// What is kept of a request for its answer and its line in the log.
struct RequestMeta {
    method: Method,
    uri: Uri,
    path: String,
    from: String,
    id: HeaderValue,
    gzip: bool,
    json: bool,
}

impl RequestMeta {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            path: loggable(request.uri().path()),
            from: request.remote_addr().as_socket_addr().map(ToString::to_string).unwrap_or_default(),
            id: request_id(request.headers()),
            gzip: accepts_gzip(request.headers()),
            json: wants_json(request.headers()),
        }
    }

    /// Probes come every few seconds; only those that fail say something.
    fn is_probe(&self, status: StatusCode) -> bool {
        matches!(self.path.as_str(), "/healthz" | "/readyz" | "/metrics") && status.is_success()
    }
}

/// A path for the log; one that may hold a card number is left out.
fn loggable(path: &str) -> String {
    if holds_card_number(path) {
        return "/…".to_owned();
    }
    path.chars().take(200).collect()
}

/// The id that a proxy gave the request, if it is a harmless one, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_harmless = |id: &&HeaderValue| {
        (8..=64).contains(&id.len())
            && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            && id.to_str().is_ok_and(|id| !id_holds_card_number(id))
    };
    headers.get(REQUEST_ID).filter(is_harmless).cloned().unwrap_or_else(new_request_id)
}

/// Eight hexadecimal digits of this process, and eight counted up. Ids have to differ, not to be secret; with a letter
/// before each half none looks like a card number.
fn new_request_id() -> HeaderValue {
    static PROCESS: OnceLock<u32> = OnceLock::new();
    static COUNTED: AtomicU32 = AtomicU32::new(0);
    let process = PROCESS.get_or_init(|| Uuid::new_v4().as_fields().0);
    let id = format!("r{process:08x}n{:08x}", COUNTED.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

/// A page. What orders are told in is kept by no cache.
pub(super) fn html(status: StatusCode, page: String) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "accept, accept-encoding")
        .body(page)
}

/// Problem details (RFC 9457).
fn problem(status: StatusCode, details: &serde_json::Value) -> Response {
    Response::builder()
        .status(status)
        .content_type("application/problem+json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "accept, accept-encoding")
        .body(details.to_string())
}

/// Validation errors as problem details, one a field.
pub(super) fn problem_of_fields(errors: &ValidationErrors, detail: &str) -> Response {
    let errors: Vec<_> = errors
        .all()
        .iter()
        .map(|error| serde_json::json!({ "field": error.field().name(), "detail": error.to_string() }))
        .collect();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    problem(
        status,
        &serde_json::json!({
            "title": "The order breaks rules", "status": status.as_u16(), "detail": detail, "errors": errors,
        }),
    )
}

/// The order that exists already, as problem details.
pub(super) fn problem_of_existing(number: OrderNumber, nothing: &str) -> Response {
    conflict(
        "The order exists already",
        &format!("Order {number} has this UUID and customer. {nothing}"),
        &serde_json::json!({ "existing": format!("/orders/{number}") }),
    )
}

/// An order that somebody else changed meanwhile, as problem details.
pub(super) fn problem_of_version(number: OrderNumber, version: i32) -> Response {
    conflict(
        "The order was changed meanwhile",
        &format!("Order {number} has another version than the request names. Nothing was changed."),
        &serde_json::json!({ "order": format!("/orders/{number}"), "version": version }),
    )
}

/// An order that stays as it is, as problem details.
pub(super) fn problem_of_state(number: OrderNumber, title: &str, detail: &str) -> Response {
    conflict(title, detail, &serde_json::json!({ "order": format!("/orders/{number}") }))
}

/// A message of webhooks that is not there or was settled, as problem details.
pub(super) fn problem_of_message(status: StatusCode, title: &str, detail: &str) -> Response {
    problem(status, &serde_json::json!({ "title": title, "status": status.as_u16(), "detail": detail }))
}

fn conflict(title: &str, detail: &str, more: &serde_json::Value) -> Response {
    let status = StatusCode::CONFLICT;
    let mut details = serde_json::json!({ "title": title, "status": status.as_u16(), "detail": detail });
    if let (Some(details), Some(more)) = (details.as_object_mut(), more.as_object()) {
        details.extend(more.clone());
    }
    problem(status, &details)
}

/// Whether the sender wants JSON and no page.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("json") && !accept.contains("text/html"))
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|list| list.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Compresses a page that is worth it. Nothing secret is in a page, so its length gives nothing away.
async fn compress(mut response: Response) -> Response {
    let is_page = response.content_type().is_some_and(|kind| kind.starts_with("text/html"));
    if !is_page || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let Ok(page) = response.take_body().into_bytes().await else { return response };
    let gzipped = (page.len() >= MIN_COMPRESSED).then(|| gzip(&page)).flatten();
    match gzipped {
        Some(gzipped) => {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response.set_body(gzipped);
        }
        None => response.set_body(page),
    }
    response
}

fn gzip(page: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 3), Compression::fast());
    // Writing to memory does not fail; if it did, the page would go out as it is.
    encoder.write_all(page).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn browsers_get_pages_and_programs_problems() {
        for (value, json) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("application/json", true),
            ("application/problem+json", true),
            ("*/*", false),
        ] {
            assert_eq!(wants_json(&headers(header::ACCEPT, value)), json, "{value}");
        }
    }

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

    #[test]
    fn a_request_keeps_the_id_of_its_proxy_if_that_is_harmless() {
        let id = |value| request_id(&headers(header::HeaderName::from_static(REQUEST_ID), value));
        assert_eq!(id("4f1e6a0c-proxy"), "4f1e6a0c-proxy");
        for bad in ["short", "has space in it", "a4111111111111111", "4111111111111112", &"a".repeat(65)] {
            assert_eq!(id(bad).len(), 18, "{bad}");
        }
    }
}
