//! Headers that are on every answer.

use std::sync::Arc;

use poem::http::{HeaderValue, header};
use poem::{Endpoint, Request, Response, Result};

use crate::http::AppState;

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

/// Puts them there, and closes connections while the desk stops.
pub struct SecurityHeaders<E> {
    inner: E,
    state: Arc<AppState>,
}

impl<E> SecurityHeaders<E> {
    pub fn new(inner: E, state: Arc<AppState>) -> Self {
        Self { inner, state }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for SecurityHeaders<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut response = self.inner.call(request).await?;
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, value);
        }
        if self.state.readiness.is_off() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}
