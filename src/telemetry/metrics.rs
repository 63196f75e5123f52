//! Numbers about the running desk, for Prometheus to read.
//!
//! They count and time; no order, card, key or address is in any of them.

mod admission;
mod connections;
mod database;
mod process;
mod requests;
mod text;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::lines::LostLines;
use super::optional_gauge::OptionalGauge;
use admission::Admission;
pub use admission::{RequestRefusal, SignInResult};
pub use connections::{ConnectionState, Connections};
use database::DatabaseMetrics;
pub use database::{DatabaseTimes, DatabaseUse};
use process::Process;
pub use requests::{RequestEnd, Requests, RouteRequests};

/// A label and its value.
type Label = [(&'static str, &'static str); 1];
type Number = Gauge<f64, AtomicU64>;

/// What is counted since the program began, and how things stand.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    connections: Connections,
    admission: Admission,
    database: DatabaseMetrics,
    orders_added: Counter,
    writes_refused: Counter,
    webhook_deliveries: Family<Label, Counter>,
    webhooks_waiting: Number,
    webhooks_failed: Number,
    webhooks_oldest: Number,
    vault_refreshes: Family<Label, Counter>,
    vault_success: Number,
    certificate_expiry: OptionalGauge,
    lost_spans: Counter,
}

/// How sending a webhook message once has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    Delivered,
    /// It is tried again later.
    Retry,
    Failed,
}

impl DeliveryResult {
    const ALL: [Self; 3] = [Self::Delivered, Self::Retry, Self::Failed];

    fn label(self) -> Label {
        let result = match self {
            Self::Delivered => "delivered",
            Self::Retry => "retry",
            Self::Failed => "failed",
        };
        [("result", result)]
    }
}

/// Messages that no receiver has yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Undelivered {
    /// How many will be sent.
    pub waiting: u64,
    /// How many were given up.
    pub failed: u64,
    /// How long the oldest that waits has done so, in seconds; 0 if none does.
    pub oldest_seconds: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub fn new() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            requests: Requests::new(),
            connections: Connections::default(),
            admission: Admission::new(),
            database: DatabaseMetrics::new(),
            orders_added: Counter::default(),
            writes_refused: Counter::default(),
            webhook_deliveries: Family::default(),
            webhooks_waiting: Number::default(),
            webhooks_failed: Number::default(),
            webhooks_oldest: Number::default(),
            vault_refreshes: Family::default(),
            vault_success: Number::default(),
            certificate_expiry: OptionalGauge::default(),
            lost_spans: Counter::default(),
        };
        let mut registry = Registry::default();
        metrics.register(registry.sub_registry_with_prefix("orders"));
        registry.register_collector(Box::new(Process));
        // A series that is there from the start shows its first increase, too.
        for result in DeliveryResult::ALL {
            drop(metrics.webhook_deliveries.get_or_create(&result.label()));
        }
        for done in [true, false] {
            drop(metrics.vault_refreshes.get_or_create(&refreshed(done)));
        }
        Self { registry, ..metrics }
    }

    fn register(&self, registry: &mut Registry) {
        register_version(registry);
        self.requests.register(registry);
        self.connections.register(registry);
        self.admission.register(registry);
        self.database.register(registry);
        self.register_orders(registry);
        self.register_vault(registry);
        self.certificate_expiry.register(registry);
        registry.register(
            "trace_spans_lost",
            "Spans of traces that no collector took",
            self.lost_spans.clone(),
        );
        registry.register("log_lines_lost", "Lines of the log that nobody read", LostLines);
    }

    fn register_orders(&self, registry: &mut Registry) {
        registry.register("added", "Orders added at this desk", self.orders_added.clone());
        registry.register(
            "writes_refused",
            "Changes refused because one client sent too many in a minute",
            self.writes_refused.clone(),
        );
        registry.register(
            "webhook_deliveries",
            "Tries to send a webhook message, by what came of them",
            self.webhook_deliveries.clone(),
        );
        registry.register(
            "webhooks_waiting",
            "Webhook messages that are still to be sent",
            self.webhooks_waiting.clone(),
        );
        registry.register(
            "webhooks_failed",
            "Webhook messages that were given up, until somebody sends them again or discards them",
            self.webhooks_failed.clone(),
        );
        registry.register(
            "webhooks_oldest_waiting_seconds",
            "Age of the oldest webhook message that is still to be sent",
            self.webhooks_oldest.clone(),
        );
    }

    fn register_vault(&self, registry: &mut Registry) {
        registry.register(
            "key_vault_refreshes",
            "Times that the secrets were looked at again, by what came of it",
            self.vault_refreshes.clone(),
        );
        registry.register(
            "key_vault_last_success_timestamp_seconds",
            "When the secrets were last read, in Unix time; 0 if never",
            self.vault_success.clone(),
        );
    }

    /// Requests, to be counted by route.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Connections to the desk itself, not to its second socket.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// A sign-in came to its end, or could not begin.
    pub fn count_sign_in(&self, result: SignInResult) {
        self.admission.count_sign_in(result);
    }

    /// A request was refused because of who sent it.
    pub fn count_refused_request(&self, refusal: RequestRefusal) {
        self.admission.count_refused(refusal);
    }

    /// Sets whether the database answers; returns what was set before.
    pub fn set_database_up(&self, is_up: bool) -> bool {
        self.database.set_up(is_up)
    }

    /// Sets whether damage was found in the database's file.
    pub fn set_database_damaged(&self, is_damaged: bool) {
        self.database.set_damaged(is_damaged);
    }

    /// How connections to the database are used now.
    pub fn set_database_use(&self, now: DatabaseUse) {
        self.database.set_use(now);
    }

    /// Where database work records how long it took.
    pub fn database_times(&self) -> DatabaseTimes {
        self.database.times()
    }

    pub fn count_order(&self) {
        self.orders_added.inc();
    }

    /// A client writes faster than it may.
    pub fn count_refused_write(&self) {
        self.writes_refused.inc();
    }

    /// A webhook message was sent, or not.
    pub fn count_delivery(&self, result: DeliveryResult) {
        self.webhook_deliveries.get_or_create(&result.label()).inc();
    }

    /// Sets how many webhook messages are undelivered; `None` if that is unknown.
    pub fn set_undelivered(&self, undelivered: Option<Undelivered>) {
        // Not a number: neither an old value nor a wrong zero.
        let number = |of: fn(Undelivered) -> f64| undelivered.map_or(f64::NAN, of);
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 messages")]
        {
            self.webhooks_waiting.set(number(|all| all.waiting as f64));
            self.webhooks_failed.set(number(|all| all.failed as f64));
        }
        self.webhooks_oldest.set(number(|all| all.oldest_seconds));
    }

    /// Counts a reload of the secrets: read at this Unix time, or failed.
    pub fn count_vault_refresh(&self, read_at: Option<i64>) {
        self.vault_refreshes.get_or_create(&refreshed(read_at.is_some())).inc();
        if let Some(at) = read_at {
            self.set_vault_read(at);
        }
    }

    /// The secrets were read at this Unix time, at the start.
    pub fn set_vault_read(&self, at: i64) {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 stay far below 2^52")]
        self.vault_success.set(at as f64);
    }

    /// The certificate that people are shown is valid until this Unix time.
    pub fn set_certificate_expiry(&self, at: i64) {
        self.certificate_expiry.set(at);
    }

    /// Spans were lost on their way to the collector.
    pub fn count_lost_spans(&self, spans: u64) {
        self.lost_spans.inc_by(spans);
    }

    /// How many spans were lost since the program began.
    pub fn lost_spans(&self) -> u64 {
        self.lost_spans.get()
    }

    /// All of them in the text format of `OpenMetrics`.
    pub fn open_metrics(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// All of them in Prometheus' older text format (0.0.4), for clients that do not ask for `OpenMetrics`.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        Ok(text::older(&self.open_metrics()?))
    }
}

/// A one with the program's version beside it: to see which runs where, and to join with others.
fn register_version(registry: &mut Registry) {
    let version: Family<Label, Gauge> = Family::default();
    version.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register("build_info", "The program's version", version);
}

fn refreshed(done: bool) -> Label {
    [("result", if done { "success" } else { "failure" })]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Metrics {
        let metrics = Metrics::new();
        metrics.count_order();
        metrics.count_delivery(DeliveryResult::Retry);
        metrics.set_undelivered(Some(Undelivered { waiting: 2, failed: 1, oldest_seconds: 90.0 }));
        metrics.count_vault_refresh(Some(1_792_000_000));
        metrics.count_vault_refresh(None);
        metrics.count_lost_spans(3);
        metrics
    }

    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|one| one == line), "{line} is not in {text}");
    }

    #[test]
    fn both_formats_tell_the_same() {
        let metrics = filled();
        let (new, old) = (metrics.open_metrics().unwrap(), metrics.text().unwrap());
        for line in [
            "orders_added_total 1",
            "orders_webhook_deliveries_total{result=\"retry\"} 1",
            "orders_webhook_deliveries_total{result=\"failed\"} 0",
            "orders_webhooks_waiting 2.0",
            "orders_webhooks_failed 1.0",
            "orders_webhooks_oldest_waiting_seconds 90.0",
            "orders_key_vault_refreshes_total{result=\"success\"} 1",
            "orders_key_vault_refreshes_total{result=\"failure\"} 1",
            "orders_key_vault_last_success_timestamp_seconds 1792000000.0",
            "orders_trace_spans_lost_total 3",
        ] {
            has(&new, line);
            has(&old, line);
        }
        has(&new, "# TYPE orders_added counter");
        has(&old, "# TYPE orders_added_total counter");
        has(&old, "# HELP orders_added_total Orders added at this desk.");
        assert!(new.ends_with("# EOF\n") && !old.contains("EOF"));
    }

    #[test]
    fn what_nobody_can_tell_is_no_number() {
        let metrics = filled();
        metrics.set_undelivered(None);
        has(&metrics.open_metrics().unwrap(), "orders_webhooks_waiting NaN");
    }
}
