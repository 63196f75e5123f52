//! The database as the desk uses it.

use std::time::Instant;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Label;

/// In seconds: from a page on SQLite to the end of the retries on a server.
const BUCKETS: [f64; 10] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// How connections are used at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseUse {
    pub in_use: usize,
    /// Connections that are open and wait for work.
    pub idle: usize,
    /// Connections that there may be at once.
    pub allowed: usize,
    /// Requests that wait for a connection.
    pub requests_waiting: usize,
    /// Writes that wait for the one writer of SQLite, or for its commit.
    pub writes_waiting: usize,
}

/// How long pieces of work take, waiting and trying again included.
#[derive(Debug, Clone)]
pub struct DatabaseTimes {
    reads: Histogram,
    writes: Histogram,
}

impl Default for DatabaseTimes {
    fn default() -> Self {
        Self { reads: histogram(), writes: histogram() }
    }
}

impl DatabaseTimes {
    /// Work that changes nothing begins.
    pub fn read(&self) -> Timer<'_> {
        Timer { took: &self.reads, began: Instant::now() }
    }

    /// A transaction that is to change something begins.
    pub fn write(&self) -> Timer<'_> {
        Timer { took: &self.writes, began: Instant::now() }
    }
}

/// Records how long something took when it is dropped: done, failed or cancelled.
#[derive(Debug)]
#[must_use = "the time ends when this is dropped"]
pub struct Timer<'a> {
    took: &'a Histogram,
    began: Instant,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.took.observe(self.began.elapsed().as_secs_f64());
    }
}

#[derive(Debug)]
pub(super) struct DatabaseMetrics {
    up: Gauge,
    damaged: Gauge,
    connections: Family<Label, Gauge>,
    allowed: Gauge,
    requests_waiting: Gauge,
    writes_waiting: Gauge,
    duration: Family<Label, Histogram, fn() -> Histogram>,
}

impl DatabaseMetrics {
    pub(super) fn new() -> Self {
        Self {
            up: Gauge::default(),
            damaged: Gauge::default(),
            connections: Family::default(),
            allowed: Gauge::default(),
            requests_waiting: Gauge::default(),
            writes_waiting: Gauge::default(),
            duration: Family::new_with_constructor(histogram),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "database_up",
            "Whether the database answered and took changes when it was last asked, which it is every 15 seconds: 1 or 0",
            self.up.clone(),
        );
        registry.register(
            "database_damaged",
            "Whether damage was found in the database's file since the start: 1 or 0",
            self.damaged.clone(),
        );
        registry.register(
            "database_connections",
            "Connections to the database by state; of SQLite those that read",
            self.connections.clone(),
        );
        registry.register(
            "database_connections_allowed",
            "Connections to the database that there may be at once",
            self.allowed.clone(),
        );
        registry.register(
            "database_requests_waiting",
            "Requests that wait for a connection to the database",
            self.requests_waiting.clone(),
        );
        registry.register(
            "database_writes_waiting",
            "Writes that wait for the one writer of SQLite or its commit; 0 on a server",
            self.writes_waiting.clone(),
        );
        registry.register(
            "database_duration_seconds",
            "Time of one piece of work in the database, waiting and trying again included",
            self.duration.clone(),
        );
    }

    /// Whether it answers; what was said before.
    pub(super) fn set_up(&self, is_up: bool) -> bool {
        self.up.set(i64::from(is_up)) == 1
    }

    pub(super) fn set_damaged(&self, is_damaged: bool) {
        self.damaged.set(i64::from(is_damaged));
    }

    pub(super) fn set_use(&self, now: DatabaseUse) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.connections.get_or_create(&[("state", "in_use")]).set(number(now.in_use));
        self.connections.get_or_create(&[("state", "idle")]).set(number(now.idle));
        self.allowed.set(number(now.allowed));
        self.requests_waiting.set(number(now.requests_waiting));
        self.writes_waiting.set(number(now.writes_waiting));
    }

    pub(super) fn times(&self) -> DatabaseTimes {
        let of = |kind| self.duration.get_or_create(&[("kind", kind)]).clone();
        DatabaseTimes { reads: of("read"), writes: of("write") }
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}
