//! The desk over HTTP: its routes, and what every request passes on its way to one.
//!
//! A request: connection (`server`) → metrics (`request_metrics`) → request id, log, error pages, headers
//! (`boundary`) → host and origin (`origin`) → a handler → one function of `db` → a page of `view`. Imports `clock`,
//! `db`, `order`, `telemetry` and `view`.

mod accept_encoding;
mod assets;
mod boundary;
mod cancel;
mod edit;
mod error;
mod form;
mod health;
mod metrics;
mod next_steps;
mod orders;
mod origin;
mod request_metrics;
mod route;
mod saving;
mod server;
mod ship;
mod traced;
mod trailing_slash;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use error::Error;
pub use health::watch_database;
use poem::{Endpoint, EndpointExt, Response, get, post};
use request_metrics::{CountedRoutes, RequestMetrics};
pub use server::{Limits, Server};

use crate::clock::Clock;
use crate::db::Db;
use crate::telemetry::{Metrics, Traces};
use crate::view::View;

/// The state that all handlers share.
pub struct AppState {
    pub db: Arc<Db>,
    pub view: View,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    pub traces: Traces,
    /// Whether more requests are welcome.
    pub readiness: Readiness,
    /// How the desk treats requests.
    pub policy: Policy,
}

/// How the desk treats requests.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Names to answer to besides localhost; none: any name.
    pub hosts: Option<Vec<String>>,
    /// For a request, from its head to its answer.
    pub request_timeout: Duration,
    /// The largest form that is read.
    pub max_body_bytes: usize,
    /// Whether each request is logged.
    pub log_requests: bool,
}

/// Whether the desk wants more requests; turned off when it is about to stop.
#[derive(Debug, Default)]
pub struct Readiness(AtomicBool);

impl Readiness {
    /// From now on `/readyz` says no, and every answer closes its connection.
    pub fn turn_off(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it has been turned off.
    pub fn is_off(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Every route of the desk.
pub fn routes(state: &Arc<AppState>) -> impl Endpoint<Output = Response> + use<> {
    use request_metrics::{GET, GET_AND_POST, POST};
    let pages = CountedRoutes::new(&state.metrics)
        .at("/", GET, get(orders::index))
        .at("/orders", GET_AND_POST, get(orders::go_to_list).post(orders::create))
        .at("/orders/new", GET, get(orders::new))
        .at("/orders/:number", GET_AND_POST, get(orders::show).post(edit::update))
        .at("/orders/:number/edit", GET, get(edit::edit))
        .at("/orders/:number/ship", GET_AND_POST, get(ship::go_to_order).post(ship::ship))
        .at("/orders/:number/cancel", GET_AND_POST, get(cancel::ask).post(cancel::cancel))
        .at("/webhooks", GET, get(webhooks::index))
        .at("/webhooks/resend-failed", POST, post(webhooks::resend_failed))
        .at("/webhooks/:id/resend", POST, post(webhooks::resend))
        .at("/webhooks/:id/discard", POST, post(webhooks::discard))
        // The replaced application's form.
        .at("/add_order", POST, post(orders::create))
        .at("/assets/:name", GET, get(assets::show))
        .at("/favicon.ico", GET, get(assets::favicon))
        .at("/healthz", GET, get(health::process))
        .at("/readyz", GET, get(health::database))
        .at("/metrics", GET, get(metrics::show))
        .done();
    let pages = trailing_slash::TrailingSlash(pages);
    let guarded = origin::OriginCheck::new(pages, Arc::clone(state)).data(Arc::clone(state));
    RequestMetrics::new(boundary::Boundary::new(guarded, Arc::clone(state)), &state.metrics)
}
