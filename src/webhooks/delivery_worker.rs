//! One endpoint's courier: takes what is due there, sends it, and keeps what became of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::response::{Answer, send};
use super::{Endpoint, Webhooks, schedule};
use crate::config::WebhookUrl;
use crate::db::{DbError, LeasedMessage, Outcome};
use crate::telemetry::{DeliveryResult, Kind, Parent, Span};

/// How often a courier looks for what another desk has written, or what is due again.
const POLL: Duration = Duration::from_secs(3);
/// How long a claimed message is nobody else's: twice what sending takes.
const LEASE: Duration = Duration::from_secs(30);
/// Between tries to keep what became of a message.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct DeliveryWorker {
    office: Arc<Webhooks>,
    endpoint: Endpoint,
    pace: Backoff,
    under_way: JoinSet<Told>,
    /// Whether the last look into the outbox failed, to say so once.
    is_cut_off: bool,
}

/// What a try tells about the endpoint.
enum Told {
    Taken,
    NotTaken { wait: Option<Duration> },
}

impl DeliveryWorker {
    pub(super) fn new(office: Arc<Webhooks>, endpoint: Endpoint) -> Self {
        Self { office, endpoint, pace: Backoff::new(), under_way: JoinSet::new(), is_cut_off: false }
    }

    /// Sends until `stopping` says so, then waits for what is under way.
    pub(super) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut news = self.office.db.outbox().news();
        while !*stopping.borrow_and_update() {
            self.send_due().await;
            let pause = self.pace.pause(Instant::now()).map_or(POLL, |pause| pause.min(POLL));
            tokio::select! {
                _ = stopping.changed() => {}
                Some(told) = self.under_way.join_next() => self.heed(told),
                // Never an error: the outbox lives as long as the database.
                _ = news.changed() => self.pace.wake(),
                () = sleep(pause) => {}
            }
        }
        while let Some(told) = self.under_way.join_next().await {
            self.heed(told);
        }
    }

    fn heed(&mut self, told: Result<Told, JoinError>) {
        match told {
            Ok(Told::Taken) => self.pace.speed_up(),
            Ok(Told::NotTaken { wait }) => self.pace.slow_down(Instant::now(), wait),
            Err(error) => {
                tracing::error!(%error, endpoint = %self.endpoint.url, "sending a webhook message broke off");
                self.pace.slow_down(Instant::now(), None);
            }
        }
    }

    /// Sends as much of what is due as the endpoint can take.
    async fn send_due(&mut self) {
        let room = self.pace.at_once(Instant::now()).saturating_sub(self.under_way.len());
        if room == 0 {
            return;
        }
        match self.claim(room).await {
            Ok(messages) => {
                self.is_cut_off = false;
                for message in messages {
                    self.under_way.spawn(deliver(Arc::clone(&self.office), self.endpoint.clone(), message));
                }
            }
            Err(error) => {
                if !self.is_cut_off {
                    tracing::warn!(%error, endpoint = %self.endpoint.url, "cannot look for webhook messages");
                }
                self.is_cut_off = true;
            }
        }
    }

    async fn claim(&self, room: usize) -> Result<Vec<LeasedMessage>, DbError> {
        let Webhooks { db, clock, .. } = &*self.office;
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let due = db.list_due_messages(self.endpoint.url.name(), clock.utc(), limit).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let now = clock.utc();
        db.lease_messages(&due, now, now.after(LEASE)).await
    }
}

/// Sends a message once and keeps what became of it.
async fn deliver(office: Arc<Webhooks>, Endpoint { url, client }: Endpoint, message: LeasedMessage) -> Told {
    let span = office.traces.begin(Kind::Client, "POST webhook", Parent::default());
    let traceparent = span.traceparent();
    let answer = send(&client, &url, &office.keys(), &message, office.clock.utc(), traceparent).await;
    trace(span, &url, &message, &answer);
    let told = match &answer {
        Answer::Taken(_) => Told::Taken,
        Answer::Refused { wait, .. } => Told::NotTaken { wait: *wait },
        Answer::Gone | Answer::None(_) => Told::NotTaken { wait: None },
    };
    let outcome = schedule::outcome(answer, message.attempt, office.clock.utc(), fastrand::f64());
    report(&office, &url, &message, &outcome);
    keep(&office, &message, &outcome).await;
    told
}

/// Ends a try's span. Of the URL it has the host alone: some have a token in their path.
fn trace(mut span: Span, url: &WebhookUrl, message: &LeasedMessage, answer: &Answer) {
    span.tell(|| {
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
        Answer::Taken(status) | Answer::Refused { status, .. } => *status,
        Answer::Gone => 410,
        Answer::None(_) => return span.fail("no_answer"),
    };
    span.tell(|| [("http.response.status_code", i64::from(status).into())]);
    if !matches!(answer, Answer::Taken(_)) {
        span.fail(status.to_string());
    }
}

/// Counts and logs what became of a try; the body is in no log.
fn report(office: &Webhooks, url: &WebhookUrl, message: &LeasedMessage, outcome: &Outcome) {
    let id = message.id.get();
    let result = match outcome {
        Outcome::Delivered(status) => {
            tracing::debug!(id, endpoint = %url, status, "a webhook message was delivered");
            DeliveryResult::Delivered
        }
        Outcome::Retry { at, reason } => {
            tracing::warn!(id, endpoint = %url, reason = reason.words, again = %at.text(), "a webhook message was not delivered");
            DeliveryResult::Retry
        }
        Outcome::Failed(reason) => {
            tracing::error!(id, endpoint = %url, reason = reason.words, "a webhook message was given up");
            DeliveryResult::Failed
        }
    };
    office.metrics.count_delivery(result);
}

/// Keeps what became of a try, as long as the message is ours; after that somebody sends it again.
async fn keep(office: &Webhooks, message: &LeasedMessage, outcome: &Outcome) {
    loop {
        let now = office.clock.utc();
        match office.db.finish_message(message, outcome, now).await {
            Ok(()) => return,
            Err(error) if now < message.until => {
                tracing::warn!(%error, id = message.id.get(), "cannot keep what became of a webhook message");
                sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(%error, id = message.id.get(), "a webhook message will be sent again");
                return;
            }
        }
    }
}
