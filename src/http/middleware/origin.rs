//! Host and origin checks: requests for this host only, and changes from this site only. And URLs that can be read.

use std::net::IpAddr;
use std::sync::Arc;

use poem::http::{Method, Uri, header};
use poem::{Endpoint, Request, Result};

use crate::http::route::{Route, RouteKind};
use crate::http::{AppState, Error};

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

    /// Probes and Prometheus ask by the pod's address, whatever that is, and get no order.
    fn is_probe(&self, request: &Request) -> bool {
        self.route.is_some_and(|route| route.kind == RouteKind::Probe) && *request.method() != Method::POST
    }
}

impl<E: Endpoint> Endpoint for OriginCheck<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<Self::Output> {
        if request.uri().path_and_query().map_or(0, |url| url.as_str().len()) > MAX_URL_BYTES {
            return Err(Error::UrlTooLong.into());
        }
        let host = host_of(&request);
        if let Some(hosts) = &self.state.policy.hosts
            && !self.is_probe(&request)
            && !host.is_some_and(|host| is_own(host, hosts))
        {
            return Err(Error::WrongHost.into());
        }
        if !request.method().is_safe() && is_cross_site(&request, host) {
            return Err(Error::Forbidden.into());
        }
        self.inner.call(request).await
    }
}

fn host_of(request: &Request) -> Option<&str> {
    request.uri().authority().map(poem::http::uri::Authority::as_str).or_else(|| request.header(header::HOST))
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
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || names.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a browser says that another site made it send this (W3C Fetch Metadata; RFC 6454 for `Origin`).
///
/// Programs that are no browsers send neither header; nobody can make them send a request for somebody else.
fn is_cross_site(request: &Request, host: Option<&str>) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return false };
    let origin: Option<Uri> = origin.to_str().ok().and_then(|origin| origin.parse().ok());
    let origin = origin.as_ref().and_then(Uri::authority).map(poem::http::uri::Authority::as_str);
    origin.is_none() || origin != host
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
        ] {
            assert!(is_own(host, &names), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.nip.io", "", "[::2]"] {
            assert!(!is_own(host, &names), "{host}");
        }
    }

    #[test]
    fn cross_site_posts_are_told_by_either_header() {
        let post = |headers: &[(&'static str, &'static str)]| {
            let mut request = Request::builder().method(Method::POST).header("host", "desk.example:5000");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.finish();
            is_cross_site(&request, host_of(&request))
        };
        assert!(!post(&[]));
        assert!(!post(&[("sec-fetch-site", "same-origin"), ("origin", "http://desk.example:5000")]));
        assert!(!post(&[("origin", "http://desk.example:5000")]));
        for headers in [
            [("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "same-site")],
            [("origin", "http://evil.example")],
            [("origin", "http://desk.example:5001")],
            [("origin", "null")],
        ] {
            assert!(post(&headers), "{headers:?}");
        }
    }
}
