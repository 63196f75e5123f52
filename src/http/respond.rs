//! Responses: pages, problem details, redirects, and the notice that a redirect leaves for the next page.

use poem::Response;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{AppState, Error};
use crate::view::PageContext;

/// When to try again what the desk cannot do now, in seconds (RFC 9110, section 10.2.3).
pub const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Holds a notice for the next page.
const NOTICE_COOKIE: &str = "notice";
/// How long a notice waits for its page, in seconds.
const NOTICE_SECONDS: u32 = 60;

pub fn html<P: PageContext>(state: &AppState, status: StatusCode, page: &P) -> Result<Response, Error> {
    Ok(html_text(status, state.view.render(page)?))
}

/// A page that is text already. What orders are told in is kept by no cache.
pub fn html_text(status: StatusCode, page: String) -> Response {
    body(status, "text/html; charset=utf-8", page)
}

/// Problem details (RFC 9457). `more` has members beside the usual three; null, if there are none.
pub fn problem(status: StatusCode, title: &str, detail: &str, more: &serde_json::Value) -> Response {
    let mut details = serde_json::json!({ "title": title, "status": status.as_u16(), "detail": detail });
    if let (Some(details), Some(more)) = (details.as_object_mut(), more.as_object()) {
        details.extend(more.clone());
    }
    body(status, "application/problem+json", details.to_string())
}

fn body(status: StatusCode, content_type: &str, text: String) -> Response {
    Response::builder()
        .status(status)
        .content_type(content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "accept, accept-encoding")
        .body(text)
}

pub fn go_to(status: StatusCode, url: &str) -> Response {
    Response::builder()
        .status(status)
        .header(header::LOCATION, url)
        .header(header::CACHE_CONTROL, "no-store")
        .finish()
}

/// The notice that the page before left for this one.
pub fn notice(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|list| list.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NOTICE_COOKIE)?.strip_prefix('='))
}

/// Leaves a notice, one word, for the page at a path.
pub fn leave_notice(response: &mut Response, path: &str, word: &str) {
    set_notice(response, path, word, NOTICE_SECONDS);
}

/// Takes the notice of the page at a path away, once it is shown.
pub fn clear_notice(response: &mut Response, path: &str) {
    set_notice(response, path, "", 0);
}

fn set_notice(response: &mut Response, path: &str, word: &str, seconds: u32) {
    let cookie = format!("{NOTICE_COOKIE}={word}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    if let Ok(value) = cookie.parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
