//! What all handlers share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::exports::Exports;
use super::keys_in_flight::KeysInFlight;
use super::own_views::OwnViews;
use super::view_counts::ViewCounts;
use super::write_rate::WriteRate;
use crate::clock::Clock;
use crate::config::{PublicUrl, TrustedProxies};
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
    /// Idempotency keys of requests that are being answered.
    pub keys_in_flight: KeysInFlight,
    /// How fast each client may write.
    pub write_rate: WriteRate,
    /// What the links to views say.
    pub view_counts: ViewCounts,
    /// The views that people have named.
    pub own_views: OwnViews,
    /// How many files of orders are being made.
    pub exports: Exports,
    /// How the desk treats requests.
    pub policy: Policy,
}

/// How the desk treats requests.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Names to answer to besides localhost; none: any name.
    pub hosts: Option<Vec<String>>,
    /// Where people reach the desk, if that is known.
    pub public_url: Option<PublicUrl>,
    /// Whose word counts on where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Whether browsers are told to use https for all names below the desk's, too.
    pub hsts_include_subdomains: bool,
    /// For a request, from its head to its answer.
    pub request_timeout: Duration,
    /// The largest form that is read.
    pub max_body_bytes: usize,
    /// Whether each request is logged.
    pub log_requests: bool,
    /// After how many days an order that is still to ship is late.
    pub late_days: u16,
    /// Where workbooks are put together; none: where the system has temporary files.
    pub temporary_folder: Option<PathBuf>,
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
