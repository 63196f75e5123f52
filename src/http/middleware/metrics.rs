//! Counts every request under its route, however it ends.
//!
//! The outermost of all: it sees what the boundary answers to panics, timeouts and refusals, and those whose client hangs
//! up. Which route it was, it learns from the route itself.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Instant;

use poem::http::Method;
use poem::{Endpoint, IntoEndpoint, IntoResponse, Request, Response, Result, Route};

use crate::telemetry::{Metrics, RequestEnd, Requests, RouteRequests};

tokio::task_local! {
    /// The route that took the request under way.
    static TAKEN_BY: OnceCell<Arc<RouteRequests>>;
}

/// What matches no route is counted together: paths come from outside, and there is no end of them.
const UNMATCHED: &str = "unmatched";

/// Methods that a route takes; HEAD goes with GET.
pub const GET: &[&str] = &["GET"];
pub const POST: &[&str] = &["POST"];
pub const GET_AND_POST: &[&str] = &["GET", "POST"];

/// Routes that each count their requests.
pub struct CountedRoutes<'a> {
    routes: Route,
    requests: &'a Requests,
}

impl<'a> CountedRoutes<'a> {
    pub fn new(metrics: &'a Metrics) -> Self {
        Self { routes: Route::new(), requests: metrics.requests() }
    }

    /// Adds a route by its pattern, as poem writes it.
    pub fn at<E>(self, pattern: &str, methods: &[&str], endpoint: E) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
        <E::Endpoint as Endpoint>::Output: IntoResponse + 'static,
    {
        let requests = Arc::new(self.requests.of(&in_braces(pattern), methods));
        let endpoint = OnRoute { inner: endpoint.into_endpoint(), requests };
        Self { routes: self.routes.at(pattern, endpoint), ..self }
    }

    pub fn done(self) -> Route {
        self.routes
    }
}

/// A pattern as people write it: `/orders/{number}` for `/orders/:number`.
fn in_braces(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A route's endpoint, which says that it is this one.
struct OnRoute<E> {
    inner: E,
    requests: Arc<RouteRequests>,
}

impl<E: Endpoint> Endpoint for OnRoute<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<E::Output> {
        // Outside of a counted request there is no cell to set, and it is set once.
        drop(TAKEN_BY.try_with(|taken_by| taken_by.set(Arc::clone(&self.requests))));
        self.inner.call(request).await
    }
}

/// Counts all requests that go through it.
pub struct RequestMetrics<E> {
    inner: E,
    requests: Requests,
    unmatched: RouteRequests,
}

impl<E> RequestMetrics<E> {
    pub fn new(inner: E, metrics: &Metrics) -> Self {
        let requests = metrics.requests().clone();
        Self { inner, unmatched: requests.of(UNMATCHED, GET_AND_POST), requests }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for RequestMetrics<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        TAKEN_BY
            .scope(OnceCell::new(), async {
                let mut in_flight = RequestInFlight::begin(self, request.method());
                let result = self.inner.call(request).await;
                in_flight.ended(match &result {
                    Ok(response) => response.status().as_u16(),
                    Err(error) => error.status().as_u16(),
                });
                result
            })
            .await
    }
}

/// A request that is being answered. It is counted when this goes, with its answer or without.
struct RequestInFlight<'a> {
    requests: &'a Requests,
    unmatched: &'a RouteRequests,
    method: Method,
    began: Instant,
    status: Option<u16>,
}

impl<'a> RequestInFlight<'a> {
    fn begin<E>(metrics: &'a RequestMetrics<E>, method: &Method) -> Self {
        let RequestMetrics { requests, unmatched, .. } = metrics;
        requests.in_flight().inc();
        Self { requests, unmatched, method: method.clone(), began: Instant::now(), status: None }
    }

    fn ended(&mut self, status: u16) {
        self.status = Some(status);
    }

    fn count(&self, route: &RouteRequests) {
        let ended = match self.status {
            Some(status) => RequestEnd::Answered(status),
            None if std::thread::panicking() => RequestEnd::BrokeOff,
            None => RequestEnd::HungUp,
        };
        route.count(self.method.as_str(), ended, self.began.elapsed());
    }
}

impl Drop for RequestInFlight<'_> {
    // In `drop`, because the future of a request whose client hangs up is never polled to its end.
    fn drop(&mut self) {
        self.requests.in_flight().dec();
        let counted = TAKEN_BY.try_with(|taken_by| match taken_by.get() {
            Some(route) => self.count(route),
            None => self.count(self.unmatched),
        });
        if counted.is_err() {
            self.count(self.unmatched);
        }
    }
}

#[cfg(test)]
mod tests {
    use poem::EndpointExt;
    use poem::endpoint::make_sync;

    use super::*;

    /// What was counted, for each series that was.
    fn counted(metrics: &Metrics) -> Vec<String> {
        let text = metrics.open_metrics().unwrap();
        let counted = text.lines().filter_map(|line| line.strip_prefix("orders_http_requests_"));
        counted.filter(|line| !line.ends_with(" 0")).map(str::to_owned).collect()
    }

    fn asked(path: &str) -> Request {
        Request::builder().uri_str(path).finish()
    }

    fn break_off(_: Request) -> Response {
        panic!("on purpose")
    }

    fn broken_at(metrics: &Metrics) -> impl Endpoint<Output = Response> + use<> {
        let routes = CountedRoutes::new(metrics).at("/orders/:number", GET, make_sync(break_off));
        RequestMetrics::new(routes.done().map_to_response(), metrics)
    }

    #[tokio::test]
    async fn what_breaks_off_without_an_answer_is_counted_as_failed() {
        let metrics = Metrics::new();
        let broken = broken_at(&metrics);
        let task = tokio::spawn(async move { broken.call(asked("/orders/7")).await.is_ok() });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(
            counted(&metrics),
            ["total{method=\"GET\",route=\"/orders/{number}\",status_class=\"5xx\"} 1"]
        );
    }

    #[tokio::test]
    async fn an_error_that_nobody_turned_into_an_answer_is_counted_by_its_status() {
        let metrics = Metrics::new();
        let refusal = broken_at(&metrics).call(asked("/nowhere")).await;
        assert_eq!(refusal.unwrap_err().status(), poem::http::StatusCode::NOT_FOUND);
        assert_eq!(counted(&metrics), ["total{method=\"GET\",route=\"unmatched\",status_class=\"4xx\"} 1"]);
    }

    #[test]
    fn patterns_are_written_in_braces() {
        assert_eq!(in_braces("/"), "/");
        assert_eq!(in_braces("/orders/:number/edit"), "/orders/{number}/edit");
    }
}
