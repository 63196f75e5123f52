//! Headers that are on every answer.

use std::sync::Arc;

use poem::http::{HeaderValue, header};
use poem::{Endpoint, Request, Response, Result};

use crate::http::AppState;
use crate::http::cookies::AuthCookies;
use crate::http::respond::NoticeCookie;

/// On every answer. Pages load nothing but the desk's own files, and no site may frame them.
const HEADERS: [(&str, HeaderValue); 7] = [
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
    // None of it is used.
    (
        "permissions-policy",
        HeaderValue::from_static(
            "accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), \
             hid=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), \
             screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
        ),
    ),
];

/// For a year browsers come by https alone (RFC 6797). By plain http it is not said, where it would not count.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");
const STRICT_TRANSPORT_OF_ALL: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Puts them there, says how cookies are kept, and closes connections while the desk stops.
pub struct SecurityHeaders<E> {
    inner: E,
    state: Arc<AppState>,
}

impl<E> SecurityHeaders<E> {
    pub fn new(inner: E, state: Arc<AppState>) -> Self {
        Self { inner, state }
    }

    fn strict_transport(&self) -> HeaderValue {
        if self.state.policy.hsts_include_subdomains { STRICT_TRANSPORT_OF_ALL } else { STRICT_TRANSPORT }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for SecurityHeaders<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let client = request.data().copied().unwrap_or_default();
        let is_https = self.state.policy.is_https(client);
        let mut response = self.inner.call(request).await?;
        let cookie = response.data::<NoticeCookie>().and_then(|notice| notice.value(is_https));
        let auth: Vec<_> =
            response.data::<AuthCookies>().into_iter().flat_map(|cookies| cookies.values(is_https)).collect();
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, value);
        }
        if is_https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, self.strict_transport());
        }
        if let Some(cookie) = cookie {
            headers.append(header::SET_COOKIE, cookie);
        }
        for cookie in auth {
            headers.append(header::SET_COOKIE, cookie);
        }
        if self.state.readiness.is_off() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}
