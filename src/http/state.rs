//! What all handlers share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::client::ClientAddress;
use super::exports::Exports;
use super::keys_in_flight::KeysInFlight;
use super::own_views::OwnViews;
use super::refusal_rate::Refusals;
use super::view_counts::ViewCounts;
use super::write_rate::WriteRate;
use crate::auth::SignIn;
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
    /// What was refused lately.
    pub refusals: Refusals,
    /// What the links to views say.
    pub view_counts: ViewCounts,
    /// The views that people have named.
    pub own_views: OwnViews,
    /// How people sign in; none where nobody does.
    pub sign_in: Option<SignIn>,
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
    /// For how many days files of imports are kept.
    pub import_keep_days: u16,
    /// Where workbooks are put together; none: where the system has temporary files.
    pub temporary_folder: Option<PathBuf>,
}

impl Policy {
    /// Whether somebody comes by https: everybody does, or so a trusted proxy says of this request.
    pub fn is_https(&self, client: ClientAddress) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https) || client.is_https
    }
}

/// Whether the desk wants more requests: turned off when it is about to stop, held while it starts.
#[derive(Debug, Default)]
pub struct Readiness {
    is_off: AtomicBool,
    held: Mutex<Option<NotReady>>,
}

/// Why a desk that answers is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// Whether people could sign in has not been tried.
    SignInUntried,
    /// The settings do not fit the provider of identities.
    SignInWrong,
}

impl Readiness {
    /// From now on `/readyz` says no, and every answer closes its connection.
    pub fn turn_off(&self) {
        self.is_off.store(true, Ordering::Release);
    }

    /// Whether it has been turned off.
    pub fn is_off(&self) -> bool {
        self.is_off.load(Ordering::Acquire)
    }

    /// `/readyz` says no until this is released.
    pub fn hold(&self, why: NotReady) {
        *self.reason() = Some(why);
    }

    /// Gives another reason, if it is held.
    pub fn hold_on(&self, why: NotReady) {
        if let Some(reason) = self.reason().as_mut() {
            *reason = why;
        }
    }

    pub fn release(&self) {
        *self.reason() = None;
    }

    /// Why it is held, if it is.
    pub fn held(&self) -> Option<NotReady> {
        *self.reason()
    }

    fn reason(&self) -> MutexGuard<'_, Option<NotReady>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
