//! Connections of clients to the desk.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Label;

/// Connections to one listening socket.
#[derive(Debug, Clone)]
pub struct Connections {
    open: Family<Label, Gauge>,
    in_use: Gauge,
    idle: Gauge,
    allowed: Gauge,
    evicted: Counter,
    refused: Counter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// A request is being answered.
    InUse,
    Idle,
}

impl Default for Connections {
    fn default() -> Self {
        let open = Family::default();
        let of = |state| Gauge::clone(&open.get_or_create(&[("state", state)]));
        let (in_use, idle) = (of("in_use"), of("idle"));
        Self {
            open,
            in_use,
            idle,
            allowed: Gauge::default(),
            evicted: Counter::default(),
            refused: Counter::default(),
        }
    }
}

impl Connections {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_connections",
            "Connections of clients by state, without those to server.ops_listen",
            self.open.clone(),
        );
        registry.register(
            "http_connections_allowed",
            "Connections of clients that there may be at once",
            self.allowed.clone(),
        );
        registry.register(
            "http_connections_evicted",
            "Idle connections that were closed to make room for another",
            self.evicted.clone(),
        );
        registry.register(
            "http_connections_refused",
            "Connections that were closed at once, because their client had as many as it may, all in use",
            self.refused.clone(),
        );
    }

    pub fn set_allowed(&self, connections: usize) {
        self.allowed.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    pub fn add(&self, state: ConnectionState) {
        self.of(state).inc();
    }

    pub fn remove(&self, state: ConnectionState) {
        self.of(state).dec();
    }

    pub fn change(&self, from: ConnectionState, to: ConnectionState) {
        self.remove(from);
        self.add(to);
    }

    /// One was closed to make room for another.
    pub fn count_evicted(&self) {
        self.evicted.inc();
    }

    /// One was closed at once.
    pub fn count_refused(&self) {
        self.refused.inc();
    }

    fn of(&self, state: ConnectionState) -> &Gauge {
        match state {
            ConnectionState::InUse => &self.in_use,
            ConnectionState::Idle => &self.idle,
        }
    }
}
