//! A request as a span (OpenTelemetry's semantic conventions, "HTTP server"): its route, and nothing of what was typed.

use poem::Request;
use poem::http::{HeaderMap, Method, StatusCode};

use super::request_id::RequestId;
use crate::auth::Session;
use crate::http::client::ClientAddress;
use crate::http::route::{Route, RouteKind};
use crate::order::id_holds_card_number;
use crate::telemetry::{Kind, Parent, Span, Traces};

/// Begins the span of a request; nothing, for probes and files.
pub fn begin(
    traces: &Traces,
    request: &Request,
    (id, client): (&RequestId, ClientAddress),
    route: Option<&Route>,
) -> Span {
    if !traces.are_on() || route.is_some_and(|route| route.kind != RouteKind::Page) {
        return Span::default();
    }
    let method = method(request.method());
    let mut span = traces.begin(Kind::Server, method.unwrap_or("HTTP"), parent(request.headers()));
    span.record(|| {
        [
            ("http.request.method", method.unwrap_or("_OTHER").into()),
            ("url.scheme", if client.is_https { "https" } else { "http" }.into()),
            ("orders.request.id", id.as_str().to_owned().into()),
        ]
    });
    if let Some(ip) = client.ip {
        span.record(|| [("client.address", ip.to_string().into())]);
    }
    if let Some(local) = request.local_addr().as_socket_addr() {
        span.record(|| {
            [
                ("server.address", local.ip().to_string().into()),
                ("server.port", i64::from(local.port()).into()),
            ]
        });
    }
    if let Some(route) = route.map(|route| route.path) {
        span.rename(|| format!("{} {route}", method.unwrap_or("HTTP")));
        span.record(|| [("http.route", route.into()), ("url.path", route.into())]);
    }
    span
}

/// Says how a request ended, and who had signed in; what the client did wrong is no failure of the desk.
pub fn end(mut span: Span, status: StatusCode, session: Option<&Session>) {
    span.record(|| [("http.response.status_code", i64::from(status.as_u16()).into())]);
    if let Some(session) = session {
        span.record(|| {
            [
                ("user.id", session.person.to_string().into()),
                ("user.name", session.name.as_str().to_owned().into()),
            ]
        });
    }
    if status.is_server_error() {
        span.fail(status.as_str().to_owned());
    }
}

/// A method that is known; others are whatever somebody sent.
fn method(method: &Method) -> Option<&'static str> {
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
        .into_iter()
        .find(|known| *known == method.as_str())
}

/// What the caller says of its own span; of several nobody knows which one counts.
fn parent(headers: &HeaderMap) -> Parent {
    let mut said = headers.get_all("traceparent").iter();
    match (said.next(), said.next()) {
        (Some(one), None) => Parent::parse(one.to_str().ok().filter(|said| !is_card_number(said))),
        _ => Parent::default(),
    }
}

/// Whether somebody took a card number for an id. Of a trace's 32 hexadecimal digits some are letters, but for one in
/// three million.
fn is_card_number(traceparent: &str) -> bool {
    let mut ids = traceparent.split('-').skip(1);
    let (trace, span) = (ids.next().unwrap_or_default(), ids.next().unwrap_or_default());
    trace.bytes().all(|byte| byte.is_ascii_digit()) || id_holds_card_number(span)
}
