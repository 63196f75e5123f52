//! The delivery worker of one endpoint: leases due messages, sends them, and records the results.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::response::{WebhookResponse, send};
use super::{Endpoint, Webhooks, schedule};
use crate::config::WebhookUrl;
use crate::db::{DbError, DeliveryOutcome, LeasedMessage};
use crate::telemetry::{DeliveryResult, Kind, Parent, Span};

/// How often a worker looks for messages of other desks, and for due retries.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// How long a message is leased: twice the longest time that sending takes.
const LEASE_TIME: Duration = Duration::from_secs(30);
/// Between attempts to record a result.
const RECORD_RETRY_DELAY: Duration = Duration::from_secs(1);

pub(super) struct DeliveryWorker {
    webhooks: Arc<Webhooks>,
    endpoint: Endpoint,
    backoff: Backoff,
    in_flight: JoinSet<AttemptResult>,
    /// Whether the last query of the outbox failed, to log that once.
    has_failed_lookup: bool,
}

/// What an attempt says about the endpoint.
enum AttemptResult {
    Accepted,
    NotAccepted { wait: Option<Duration> },
}

impl DeliveryWorker {
    pub(super) fn new(webhooks: Arc<Webhooks>, endpoint: Endpoint) -> Self {
        Self {
            webhooks,
            endpoint,
            backoff: Backoff::new(),
            in_flight: JoinSet::new(),
            has_failed_lookup: false,
        }
    }

    /// Sends until `stopping` is set, then waits for the messages in flight.
    pub(super) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut news = self.webhooks.db.outbox().subscribe();
        while !*stopping.borrow_and_update() {
            self.send_due().await;
            let delay =
                self.backoff.delay(Instant::now()).map_or(POLL_INTERVAL, |delay| delay.min(POLL_INTERVAL));
            tokio::select! {
                _ = stopping.changed() => {}
                Some(result) = self.in_flight.join_next() => self.observe(result),
                // Never an error: the outbox lives as long as the database.
                _ = news.changed() => self.backoff.reset_delay(),
                () = sleep(delay) => {}
            }
        }
        while let Some(result) = self.in_flight.join_next().await {
            self.observe(result);
        }
    }

    fn observe(&mut self, result: Result<AttemptResult, JoinError>) {
        match result {
            Ok(AttemptResult::Accepted) => self.backoff.record_success(),
            Ok(AttemptResult::NotAccepted { wait }) => self.backoff.record_failure(Instant::now(), wait),
            Err(error) => {
                tracing::error!(%error, endpoint = %self.endpoint.url, "sending a webhook message broke off");
                self.backoff.record_failure(Instant::now(), None);
            }
        }
    }

    /// Sends as much of what is due as the endpoint can take.
    async fn send_due(&mut self) {
        let room = self.backoff.in_flight_limit(Instant::now()).saturating_sub(self.in_flight.len());
        if room == 0 {
            return;
        }
        match self.lease(room).await {
            Ok(messages) => {
                self.has_failed_lookup = false;
                for message in messages {
                    self.in_flight.spawn(deliver(Arc::clone(&self.webhooks), self.endpoint.clone(), message));
                }
            }
            Err(error) => {
                if !self.has_failed_lookup {
                    tracing::warn!(%error, endpoint = %self.endpoint.url, "the outbox cannot be read");
                }
                self.has_failed_lookup = true;
            }
        }
    }

    async fn lease(&self, room: usize) -> Result<Vec<LeasedMessage>, DbError> {
        let Webhooks { db, clock, .. } = &*self.webhooks;
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let due = db.list_due_messages(self.endpoint.url.name().to_owned(), clock.utc(), limit).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let now = clock.utc();
        db.lease_messages(due, now, now.after(LEASE_TIME)).await
    }
}

/// Sends a message once and records the result.
async fn deliver(
    webhooks: Arc<Webhooks>,
    Endpoint { url, client }: Endpoint,
    message: LeasedMessage,
) -> AttemptResult {
    let span = webhooks.traces.begin(Kind::Client, "POST webhook", Parent::default());
    let traceparent = span.traceparent();
    let answer = send(&client, &url, &webhooks.keys(), &message, webhooks.clock.utc(), traceparent).await;
    trace(span, &url, &message, &answer);
    let result = match &answer {
        WebhookResponse::Accepted(_) => AttemptResult::Accepted,
        WebhookResponse::Rejected { wait, .. } => AttemptResult::NotAccepted { wait: *wait },
        WebhookResponse::Gone | WebhookResponse::Missing(_) => AttemptResult::NotAccepted { wait: None },
    };
    let outcome = schedule::outcome(answer, message.attempt, webhooks.clock.utc(), fastrand::f64());
    report(&webhooks, &url, &message, &outcome);
    record(&webhooks, &message, &outcome).await;
    result
}

/// Ends an attempt's span. It names only the URL's host: some URLs have a token in their path.
fn trace(mut span: Span, url: &WebhookUrl, message: &LeasedMessage, answer: &WebhookResponse) {
    span.record(|| {
        let url = url.expose();
        let port = url.port_or_known_default().unwrap_or_default();
        [
            ("http.request.method", "POST".into()),
            ("http.request.resend_count", i64::from(message.attempt.saturating_sub(1)).into()),
            ("server.address", url.host_str().unwrap_or_default().to_owned().into()),
            ("server.port", i64::from(port).into()),
        ]
    });
    let status = match answer {
        WebhookResponse::Accepted(status) | WebhookResponse::Rejected { status, .. } => *status,
        WebhookResponse::Gone => 410,
        WebhookResponse::Missing(_) => return span.fail("no_answer"),
    };
    span.record(|| [("http.response.status_code", i64::from(status).into())]);
    if !matches!(answer, WebhookResponse::Accepted(_)) {
        span.fail(status.to_string());
    }
}

/// Counts and logs the result of an attempt; the body is never logged.
fn report(webhooks: &Webhooks, url: &WebhookUrl, message: &LeasedMessage, outcome: &DeliveryOutcome) {
    let id = message.id.get();
    let result = match outcome {
        DeliveryOutcome::Delivered(status) => {
            tracing::debug!(id, endpoint = %url, status, "a webhook message was delivered");
            DeliveryResult::Delivered
        }
        DeliveryOutcome::Retry { at, reason } => {
            tracing::warn!(id, endpoint = %url, reason = reason.words, again = %at.text(), "a webhook message was not delivered");
            DeliveryResult::Retry
        }
        DeliveryOutcome::Failed(reason) => {
            tracing::error!(id, endpoint = %url, reason = reason.words, "a webhook message was given up");
            DeliveryResult::Failed
        }
    };
    webhooks.metrics.count_delivery(result);
}

/// Records a result, retrying until the lease expires; after that the message is sent again.
async fn record(webhooks: &Webhooks, message: &LeasedMessage, outcome: &DeliveryOutcome) {
    loop {
        let now = webhooks.clock.utc();
        match webhooks.db.finish_message(message.clone(), outcome.clone(), now).await {
            Ok(()) => return,
            Err(error) if now < message.until => {
                tracing::warn!(%error, id = message.id.get(), "the result of a webhook message cannot be recorded");
                sleep(RECORD_RETRY_DELAY).await;
            }
            Err(error) => {
                tracing::error!(%error, id = message.id.get(), "a webhook message will be sent again");
                return;
            }
        }
    }
}
