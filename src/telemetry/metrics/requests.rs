//! Requests by route: how many, how they ended and how long they took.
//!
//! Every route has its series from the start, so that counting one more is a few atomic steps and no allocation.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// In seconds. Half a second is the desk's objective; most pages take a few milliseconds at most.
const BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];

type RequestCounters = Family<[(&'static str, Arc<str>); 3], Counter>;
type RequestDurations = Family<[(&'static str, Arc<str>); 1], Histogram, fn() -> Histogram>;

#[derive(Debug, Clone)]
pub struct Requests {
    counted: RequestCounters,
    took: RequestDurations,
    in_flight: Gauge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEnd {
    /// With an answer of this status.
    Answered(u16),
    /// Its client hung up and got none.
    HungUp,
    /// In a panic, without an answer.
    BrokeOff,
}

/// The requests of one route.
#[derive(Debug)]
pub struct RouteRequests {
    route: Arc<str>,
    all: RequestCounters,
    counted: [[OnceLock<Counter>; CLASSES.len()]; METHODS.len()],
    took: Histogram,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self {
            counted: Family::default(),
            took: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests by method, route and class of status; 4xx has those whose client hung up, too",
            self.counted.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its whole answer, by route",
            self.took.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests that are being answered now, the one that asks for this included",
            self.in_flight.clone(),
        );
    }

    /// A route by its pattern, with its series for the methods that it takes.
    pub fn of(&self, route: &str, methods: &[&str]) -> RouteRequests {
        let route: Arc<str> = Arc::from(route);
        let took = self.took.get_or_create(&[("route", Arc::clone(&route))]).clone();
        let requests = RouteRequests { route, all: self.counted.clone(), counted: Default::default(), took };
        // A series that is there from the start shows its first increase, too.
        for method in METHODS.iter().filter(|method| methods.contains(method)) {
            for class in CLASSES {
                drop(requests.all.get_or_create(&requests.labels(method, class)));
            }
        }
        requests
    }

    /// One more request, or one less, is being answered.
    pub fn in_flight(&self) -> &Gauge {
        &self.in_flight
    }
}

impl RouteRequests {
    /// A request came to its end.
    pub fn count(&self, method: &str, ended: RequestEnd, took: Duration) {
        if let Some(counter) = self.counter(method, ended) {
            counter.inc();
        }
        self.took.observe(took.as_secs_f64());
    }

    fn counter(&self, method: &str, ended: RequestEnd) -> Option<&Counter> {
        let (method, class) = (place_of(method), ended.class());
        let (method_name, class_name) = (METHODS.get(method)?, CLASSES.get(class)?);
        let make = || self.all.get_or_create(&self.labels(method_name, class_name)).clone();
        Some(self.counted.get(method)?.get(class)?.get_or_init(make))
    }

    fn labels(&self, method: &str, class: &str) -> [(&'static str, Arc<str>); 3] {
        let route = Arc::clone(&self.route);
        [("method", Arc::from(method)), ("route", route), ("status_class", Arc::from(class))]
    }
}

impl RequestEnd {
    /// Its place among the classes.
    fn class(self) -> usize {
        match self {
            Self::Answered(..300) => 0,
            Self::Answered(300..400) => 1,
            Self::Answered(400..500) | Self::HungUp => 2,
            Self::Answered(500..) | Self::BrokeOff => 3,
        }
    }
}

/// Methods are a closed set: a client's own would each make a new series.
fn place_of(method: &str) -> usize {
    METHODS.iter().position(|one| *one == method).unwrap_or(METHODS.len() - 1)
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_client_makes_up_makes_no_series() {
        let requests = Requests::new();
        let route = requests.of("/", &["GET"]);
        let series = || {
            let mut registry = Registry::default();
            requests.register(&mut registry);
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
            text.lines().filter(|line| line.starts_with("http_requests_total")).count()
        };
        assert_eq!(series(), CLASSES.len());
        for method in ["BREW", "get", "GET\n", ""] {
            for status in [0, 99, 200, 299, 600, u16::MAX] {
                route.count(method, RequestEnd::Answered(status), Duration::ZERO);
            }
        }
        assert_eq!(series(), CLASSES.len() + 2);
    }
}
