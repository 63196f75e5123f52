//! The cookies by which a browser is known again.

use poem::Response;
use poem::http::{HeaderMap, HeaderValue, header};

use crate::auth::{FORM_WAITS, TO_SIGN_IN, Token};

/// Who has signed in.
const SESSION: &str = "orders-session";
/// A sign-in that is under way, and the form that waits for it.
const SIGN_IN: &str = "orders-sign-in";

/// The token of a browser's session; none, if it names none, or several.
pub fn session(headers: &HeaderMap, is_https: bool) -> Option<Token> {
    token(headers, &name(SESSION, is_https))
}

/// The token of the sign-in that a browser has begun.
pub fn sign_in(headers: &HeaderMap, is_https: bool) -> Option<Token> {
    token(headers, &name(SIGN_IN, is_https))
}

/// By https a cookie that any page without TLS, or another host of the same domain, could have set counts for nothing
/// (RFC 6265bis, section 4.1.3.2).
fn name(name: &str, is_https: bool) -> String {
    if is_https { format!("__Host-{name}") } else { name.to_owned() }
}

fn token(headers: &HeaderMap, name: &str) -> Option<Token> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(one, _)| *one == name).map(|(_, value)| value);
    let (value, other) = (values.next()?, values.next());
    // Of two nobody knows which one the browser means.
    if other.is_some() { None } else { Token::parse(value) }
}

/// Cookies that an answer is to set; `middleware::headers` does, which knows whether it goes by https.
#[derive(Clone, Default)]
pub struct AuthCookies(Vec<(&'static str, Option<Token>)>);

impl AuthCookies {
    /// The browser is signed in from now on, or not any more.
    pub fn set_session(response: &mut Response, token: Option<Token>) {
        Self::add(response, SESSION, token);
    }

    /// The browser begins to sign in or has a form wait for that, or is done with it.
    pub fn set_sign_in(response: &mut Response, token: Option<Token>) {
        Self::add(response, SIGN_IN, token);
    }

    fn add(response: &mut Response, name: &'static str, token: Option<Token>) {
        let mut all = response.data::<Self>().cloned().unwrap_or_default();
        all.0.push((name, token));
        response.set_data(all);
    }

    /// The values of `Set-Cookie`. Scripts see none of them, and requests that other sites make carry none, but for
    /// following a link: with a stricter rule, who comes back from the provider would have none either.
    pub fn values(&self, is_https: bool) -> impl Iterator<Item = HeaderValue> {
        self.0.iter().filter_map(move |(cookie, token)| {
            let age = match (*cookie, token) {
                (_, None) => "; Max-Age=0".to_owned(),
                (SIGN_IN, Some(_)) => format!("; Max-Age={}", TO_SIGN_IN.max(FORM_WAITS).as_secs()),
                // With the browser, if not before.
                (_, Some(_)) => String::new(),
            };
            let secure = if is_https { "; Secure" } else { "" };
            let (name, value) = (name(cookie, is_https), token.as_ref().map_or("", Token::as_str));
            format!("{name}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}").parse().ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, line.parse().unwrap())).collect()
    }

    #[test]
    fn by_https_only_a_cookie_of_this_host_alone_counts() {
        let token = Token::generate().unwrap();
        let (plain, host) = (
            format!("orders-session={}", token.as_str()),
            format!("__Host-orders-session={}", token.as_str()),
        );
        for (line, is_https, counts) in
            [(&plain, false, true), (&plain, true, false), (&host, true, true), (&host, false, false)]
        {
            assert_eq!(
                session(&headers(&[&format!("a=1; {line}; b")]), is_https).is_some(),
                counts,
                "{line}"
            );
        }
    }

    #[test]
    fn of_two_sessions_none_counts() {
        let [one, other] = [Token::generate().unwrap(), Token::generate().unwrap()];
        let line = |token: &Token| format!("orders-session={}", token.as_str());
        assert_eq!(session(&headers(&[&line(&one)]), false), Some(one.clone()));
        assert_eq!(session(&headers(&[&format!("{}; {}", line(&one), line(&other))]), false), None);
        assert_eq!(session(&headers(&[&line(&one), &line(&other)]), false), None);
        assert_eq!(session(&headers(&["orders-session=", "orders-sign-in=x"]), false), None);
    }

    #[test]
    fn cookies_are_for_this_host_and_for_no_script() {
        let mut response = Response::default();
        let token = Token::generate().unwrap();
        AuthCookies::set_session(&mut response, Some(token.clone()));
        AuthCookies::set_sign_in(&mut response, None);
        let said = |is_https| {
            let values = response.data::<AuthCookies>().unwrap().values(is_https);
            values.map(|value| value.to_str().unwrap().replace(token.as_str(), "TOKEN")).collect::<Vec<_>>()
        };
        assert_eq!(
            said(true),
            [
                "__Host-orders-session=TOKEN; Path=/; HttpOnly; SameSite=Lax; Secure",
                "__Host-orders-sign-in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
            ]
        );
        assert_eq!(said(false)[0], "orders-session=TOKEN; Path=/; HttpOnly; SameSite=Lax");
    }
}
