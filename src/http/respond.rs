//! Responses: pages, problem details, redirects, and the notice that a redirect leaves for the next page.

use poem::Response;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{AppState, Error};
use crate::view::PageContext;

/// When to try again what the desk cannot do now, in seconds (RFC 9110, section 10.2.3).
pub const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// For who has not signed in: there has to be one (RFC 9110, section 11.6.1). This scheme is a name for how browsers sign in
/// anyway.
pub const SIGN_IN_CHALLENGE: HeaderValue =
    HeaderValue::from_static("Cookie realm=\"orders\", form-action=\"/sign-in\"");

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

/// The notice that the page before left for the one at a path.
pub fn notice<'a>(headers: &'a HeaderMap, path: &str) -> Option<&'a str> {
    let secure = secure_name(path);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == secure || *name == NOTICE_COOKIE).map(|(_, word)| word).next()
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
    response.set_data(NoticeCookie { path: path.to_owned(), word: word.to_owned(), seconds });
}

/// The cookie that an answer is to set; `middleware::headers` does, which knows whether it goes by https.
#[derive(Clone)]
pub struct NoticeCookie {
    path: String,
    word: String,
    seconds: u32,
}

impl NoticeCookie {
    /// By https no other host and no page without TLS can set it (RFC 6265bis, section 4.1.3.2). Such a cookie is for all
    /// paths, so its name says for which page it is.
    pub fn value(&self, is_https: bool) -> Option<HeaderValue> {
        let Self { path, word, seconds } = self;
        let (name, path, secure) = if is_https {
            (secure_name(path), "/", "; Secure")
        } else {
            (NOTICE_COOKIE.to_owned(), path.as_str(), "")
        };
        let cookie =
            format!("{name}={word}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        cookie.parse().ok()
    }
}

fn secure_name(path: &str) -> String {
    format!("__Host-{NOTICE_COOKIE}{}", path.replace('/', "-"))
}
