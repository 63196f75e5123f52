//! Host and origin checks: requests for this host only, and changes from this site only. And URLs that can be read.

use std::net::IpAddr;
use std::sync::Arc;

use poem::http::uri::Authority;
use poem::http::{Method, Version, header};
use poem::{Endpoint, Request, Result};
use reqwest::Url;

use crate::config::PublicUrl;
use crate::http::route::{Route, RouteKind};
use crate::http::{AppState, Error};
use crate::telemetry::RequestRefusal;

/// Bytes of a URL's path and query.
const MAX_URL_BYTES: usize = 4096;

/// Lets a request through to the routes, or refuses it.
pub struct OriginCheck<E> {
    inner: E,
    route: Option<&'static Route>,
    state: Arc<AppState>,
}

impl<E> OriginCheck<E> {
    pub fn new(inner: E, route: Option<&'static Route>, state: Arc<AppState>) -> Self {
        Self { inner, route, state }
    }

    /// Probes and Prometheus ask by the pod's address, whatever that is, and get no order. Nor does who asks which
    /// methods there are: a proxy that looks whether the desk is there names no host (`OPTIONS / HTTP/1.0`).
    fn is_for_any_host(&self, method: &Method) -> bool {
        let is_probe = self.route.is_some_and(|route| route.kind == RouteKind::Probe);
        *method == Method::OPTIONS || is_probe && *method != Method::POST
    }
}

impl<E: Endpoint> Endpoint for OriginCheck<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<Self::Output> {
        if request.uri().path_and_query().map_or(0, |url| url.as_str().len()) > MAX_URL_BYTES {
            return Err(Error::UrlTooLong.into());
        }
        let policy = &self.state.policy;
        let host = host_of(&request)?;
        if let Some(hosts) = &policy.hosts
            && !self.is_for_any_host(request.method())
            && !host.is_some_and(|host| is_own(host, hosts))
        {
            return Err(Error::WrongHost.into());
        }
        let public_url = policy.public_url.as_ref();
        // Where people sign in, a browser has to show that the change is the desk's own page's: a cookie does not.
        let has_cookie = self.state.sign_in.is_some() && request.headers().contains_key(header::COOKIE);
        if !request.method().is_safe()
            && (is_cross_site(&request, host, public_url)
                || has_cookie && !is_known_same_site(&request, host, public_url))
        {
            self.state.metrics.count_refused_request(RequestRefusal::OtherSite);
            return Err(Error::Forbidden.into());
        }
        self.inner.call(request).await
    }
}

/// The host that a request is for; from HTTP/1.1 on it has to name one, and nobody may name two (RFC 9112, section 3.2).
fn host_of(request: &Request) -> Result<Option<&str>, Error> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let host = match (lines.next(), lines.next()) {
        (None, _) if request.version() == Version::HTTP_10 => None,
        (Some(line), None) => Some(line.to_str().ok().filter(|host| is_host(host)).ok_or(Error::NoOneHost)?),
        _ => return Err(Error::NoOneHost),
    };
    Ok(request.uri().authority().map(Authority::as_str).or(host))
}

/// A name or an address, and perhaps a port; empty where the URL has no host.
fn is_host(host: &str) -> bool {
    host.is_empty() || !host.contains('@') && host.parse::<Authority>().is_ok()
}

/// Whether a host is localhost or one of the names given, on any port.
///
/// Without this, a page of another site whose name is made to point to 127.0.0.1 could read the desk (DNS
/// rebinding).
fn is_own(host: &str, names: &[String]) -> bool {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(n, _)| n);
    let name = without_root(name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || names.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// A name without the dot of the root at its end, with which it is the same name (RFC 1034, section 3.1).
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether a browser says that another site made it send this (W3C Fetch Metadata; RFC 6454 for `Origin`).
///
/// Programs that are no browsers send neither header; nobody can make them send a request for somebody else.
fn is_cross_site(request: &Request, host: Option<&str>, public_url: Option<&PublicUrl>) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    request.headers().contains_key(header::ORIGIN) && !is_own_origin(request, host, public_url)
}

/// Whether a browser says that a page of this very origin made it send this. One of the two headers is enough: browsers
/// before 2020, and some behind extensions, leave out the other.
fn is_known_same_site(request: &Request, host: Option<&str>, public_url: Option<&PublicUrl>) -> bool {
    request.header("sec-fetch-site") == Some("same-origin") || is_own_origin(request, host, public_url)
}

/// Whether the header `Origin` is there, and is the desk's.
fn is_own_origin(request: &Request, host: Option<&str>, public_url: Option<&PublicUrl>) -> bool {
    let origin = request.headers().get(header::ORIGIN);
    let Some(origin) = origin.and_then(|origin| origin.to_str().ok()).and_then(Origin::parse) else {
        return false;
    };
    let public = public_url.and_then(|url| Origin::parse(&url.to_string()));
    // The request does not say its own scheme, which a proxy may have changed besides.
    let asked = host.and_then(|host| Origin::parse(&format!("{}://{host}", origin.scheme)));
    public.as_ref() == Some(&origin) || asked.as_ref() == Some(&origin)
}

/// An origin, however it is written: a default port given or not, a name in capital letters or with the dot of the root.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_origin = is_bare && url.username().is_empty() && matches!(url.scheme(), "http" | "https");
        let host = url.host_str().filter(|_| is_origin)?;
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: without_root(host).to_owned(),
            port: url.port_or_known_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_hosts_are_localhost_and_the_names_given() {
        let names = ["orders.example.com".to_owned()];
        for host in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]:5000",
            "orders.example.com:443",
            "Orders.Example.com.",
            "orders.example.com.:443",
        ] {
            assert!(is_own(host, &names), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.nip.io", "", "[::2]"] {
            assert!(!is_own(host, &names), "{host}");
        }
    }

    fn post(headers: &[(&'static str, &'static str)]) -> Request {
        let request = Request::builder().method(Method::POST);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).finish()
    }

    /// Whether a form for a host that says where it comes from is refused.
    fn is_refused(host: &'static str, origin: &'static str, public_url: Option<&str>) -> bool {
        let request = post(&[("host", host), ("origin", origin)]);
        let public_url = public_url.map(|url| url.parse().unwrap());
        is_cross_site(&request, host_of(&request).unwrap(), public_url.as_ref())
    }

    #[test]
    fn what_a_browser_says_of_the_site_counts() {
        for (site, is_cross) in
            [("same-origin", false), ("none", false), ("cross-site", true), ("same-site", true), ("", true)]
        {
            let request = post(&[("host", "desk.example"), ("sec-fetch-site", site)]);
            assert_eq!(is_cross_site(&request, Some("desk.example"), None), is_cross, "{site}");
        }
        assert!(!is_cross_site(&post(&[]), Some("desk.example"), None));
    }

    #[test]
    fn with_a_cookie_one_of_the_two_headers_has_to_name_the_desk() {
        let (own, evil) = (("origin", "https://desk.example"), ("origin", "https://evil.example"));
        let site = |site| ("sec-fetch-site", site);
        for (headers, is_known) in [
            (&[][..], false),
            (&[site("same-origin")], true),
            (&[site("none")], false),
            (&[site("same-site")], false),
            (&[own], true),
            (&[site("none"), own], true),
            (&[evil], false),
            (&[("origin", "null")], false),
            (&[("referer", "https://desk.example/")], false),
        ] {
            assert_eq!(
                is_known_same_site(&post(headers), Some("desk.example"), None),
                is_known,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_page_of_the_host_that_is_asked_is_the_desks_own() {
        for (host, origin) in [
            ("desk.example:5000", "http://desk.example:5000"),
            ("desk.example", "https://desk.example"),
            ("desk.example:443", "https://desk.example"),
            ("desk.example:80", "http://desk.example"),
            ("DESK.example", "https://desk.example"),
            ("desk.example.", "https://desk.example"),
            ("desk.example:443", "https://desk.example."),
            ("[2001:DB8::1]:443", "https://[2001:db8::1]"),
        ] {
            assert!(!is_refused(host, origin, None), "{host} {origin}");
        }
        for (host, origin) in [
            ("desk.example:5000", "http://evil.example"),
            ("desk.example:5000", "http://desk.example:5001"),
            ("desk.example:443", "http://desk.example"),
            ("desk.example", "https://desk.example:8443"),
            ("desk.example", "https://evil.example/desk.example"),
            ("desk.example", "https://desk.example.evil.example"),
            ("desk.example", "https://desk.example@evil.example"),
            ("desk.example", "https://clerk@desk.example"),
            ("desk.example", "ftp://desk.example"),
            ("desk.example", "null"),
            ("desk.example", ""),
        ] {
            assert!(is_refused(host, origin, None), "{host} {origin}");
        }
    }

    #[test]
    fn a_page_of_the_public_url_is_the_desks_own_whatever_host_a_proxy_asks_for() {
        let public = Some("https://orders.example.com");
        for origin in
            ["https://orders.example.com", "https://ORDERS.example.com:443", "https://orders.example.com."]
        {
            assert!(!is_refused("127.0.0.1:5000", origin, public), "{origin}");
        }
        for origin in
            ["http://orders.example.com", "https://orders.example.com:8443", "https://evil.example", "null"]
        {
            assert!(is_refused("127.0.0.1:5000", origin, public), "{origin}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let named = |headers: &[(&'static str, &'static str)], version| {
            let mut request = post(headers);
            request.set_version(version);
            host_of(&request).map(|host| host.map(str::to_owned)).ok()
        };
        let desk = ("host", "desk.example:5000");
        assert_eq!(named(&[desk], Version::HTTP_11), Some(Some(desk.1.to_owned())));
        assert_eq!(named(&[], Version::HTTP_10), Some(None));
        assert_eq!(named(&[("host", "")], Version::HTTP_11), Some(Some(String::new())));
        for refused in [&[][..], &[desk, desk], &[("host", "a b")], &[("host", "clerk@desk.example")]] {
            assert_eq!(named(refused, Version::HTTP_11), None, "{refused:?}");
        }
        assert_eq!(named(&[desk, desk], Version::HTTP_10), None);
    }
}
