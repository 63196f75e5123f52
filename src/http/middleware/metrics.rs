//! Counts every request under its route, however it ends.
//!
//! The outermost of all: it sees what is answered to panics, timeouts and refusals, and those whose client hangs up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response, Result};

use super::errors::RefusedUnrouted;
use crate::http::route::Route;
use crate::telemetry::{Metrics, RequestEnd, Requests, RouteRequests};

/// What fits no route is counted together: paths come from outside, and there is no end of them. So is what is refused
/// whatever its route.
const UNMATCHED: (&str, &[&str]) = ("unmatched", &["GET", "POST"]);

/// Counts all requests that go through it.
pub struct RequestMetrics<E> {
    inner: E,
    requests: Requests,
    routed: RouteRequests,
    unmatched: RouteRequests,
}

impl<E> RequestMetrics<E> {
    pub fn new(inner: E, route: Option<&'static Route>, metrics: &Metrics) -> Self {
        let requests = metrics.requests().clone();
        let unmatched = || requests.of(UNMATCHED.0, UNMATCHED.1);
        let routed = route.map_or_else(unmatched, |route| {
            let methods: Vec<&str> = route.methods.iter().map(|method| method.method.as_str()).collect();
            requests.of(route.path, &methods)
        });
        Self { inner, routed, unmatched: unmatched(), requests }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for RequestMetrics<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut in_flight = RequestInFlight::begin(&self.requests, &self.routed, request.method());
        let response = self.inner.get_response(request).await;
        if response.data::<RefusedUnrouted>().is_some() {
            in_flight.route = &self.unmatched;
        }
        in_flight.status = Some(response.status().as_u16());
        Ok(response)
    }
}

/// Counts requests that never came so far, because not even their head could be read.
#[derive(Clone)]
pub struct UnreadRequests(Arc<RouteRequests>);

impl UnreadRequests {
    pub fn new(metrics: &Metrics) -> Self {
        Self(Arc::new(metrics.requests().of(UNMATCHED.0, UNMATCHED.1)))
    }

    /// Whatever its method was to be, it was refused at once.
    pub fn count(&self) {
        let refused = RequestEnd::Answered(StatusCode::BAD_REQUEST.as_u16());
        self.0.count("", refused, Duration::ZERO);
    }
}

/// A request that is being answered. It is counted when this goes, with its answer or without.
struct RequestInFlight<'a> {
    requests: &'a Requests,
    route: &'a RouteRequests,
    method: Method,
    began: Instant,
    status: Option<u16>,
}

impl<'a> RequestInFlight<'a> {
    fn begin(requests: &'a Requests, route: &'a RouteRequests, method: &Method) -> Self {
        requests.in_flight().inc();
        Self { requests, route, method: method.clone(), began: Instant::now(), status: None }
    }
}

impl Drop for RequestInFlight<'_> {
    // In `drop`, because the future of a request whose client hangs up is never polled to its end.
    fn drop(&mut self) {
        self.requests.in_flight().dec();
        let ended = match self.status {
            Some(status) => RequestEnd::Answered(status),
            None if std::thread::panicking() => RequestEnd::BrokeOff,
            None => RequestEnd::HungUp,
        };
        self.route.count(self.method.as_str(), ended, self.began.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use poem::endpoint::make_sync;

    use super::*;
    use crate::http::limits::Limits;
    use crate::http::route::RouteKind;

    static ROUTE: Route =
        Route { path: "/orders/{number}", kind: RouteKind::Page, limits: Limits::READ, methods: &[] };

    /// What was counted, for each series that was.
    fn counted(metrics: &Metrics) -> Vec<String> {
        let text = metrics.open_metrics().unwrap();
        let counted = text.lines().filter_map(|line| line.strip_prefix("orders_http_requests_"));
        counted.filter(|line| !line.ends_with(" 0")).map(str::to_owned).collect()
    }

    fn break_off(_: Request) -> Response {
        panic!("on purpose")
    }

    fn refuse(_: Request) -> Response {
        let mut response = Response::builder().status(StatusCode::FORBIDDEN).finish();
        response.set_data(RefusedUnrouted);
        response
    }

    #[tokio::test]
    async fn what_breaks_off_without_an_answer_is_counted_as_failed() {
        let metrics = Metrics::new();
        let broken = RequestMetrics::new(make_sync(break_off), Some(&ROUTE), &metrics);
        let task = tokio::spawn(async move { broken.call(Request::default()).await.is_ok() });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(
            counted(&metrics),
            ["total{method=\"GET\",route=\"/orders/{number}\",status_class=\"5xx\"} 1"]
        );
    }

    #[tokio::test]
    async fn what_is_refused_whatever_its_route_counts_for_none() {
        let metrics = Metrics::new();
        let refusing = RequestMetrics::new(make_sync(refuse), Some(&ROUTE), &metrics);
        assert_eq!(refusing.call(Request::default()).await.unwrap().status(), StatusCode::FORBIDDEN);
        assert_eq!(counted(&metrics), ["total{method=\"GET\",route=\"unmatched\",status_class=\"4xx\"} 1"]);
    }

    #[tokio::test]
    async fn an_error_that_nobody_turned_into_an_answer_is_counted_by_its_status() {
        let metrics = Metrics::new();
        let failing = make_sync(|_| Err::<Response, _>(poem::Error::from_status(StatusCode::NOT_FOUND)));
        let response = RequestMetrics::new(failing, None, &metrics).call(Request::default()).await;
        assert_eq!(response.unwrap().status(), StatusCode::NOT_FOUND);
        assert_eq!(counted(&metrics), ["total{method=\"GET\",route=\"unmatched\",status_class=\"4xx\"} 1"]);
    }
}
