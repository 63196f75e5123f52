//! Order events on their way to webhooks, at least once each and in order for each order.
//!
//! Every endpoint has a delivery worker of its own, so that a slow receiver holds up no other. It leases due
//! messages from the outbox, a few at a time, signs and sends them (<https://www.standardwebhooks.com>), and records each
//! result. Several desks share one outbox: a message is leased for longer than sending takes, and one whose desk was
//! killed is leased by another when that lease has expired.
//!
//! Imports `clock`, `config`, `db`, `order` and `telemetry`.

mod backoff;
mod delivery_worker;
mod response;
mod schedule;
mod sign;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{SigningKeys, WebhookUrl};
use crate::db::Db;
use crate::telemetry::{Metrics, Traces};
use delivery_worker::DeliveryWorker;

/// Sends what the outbox holds.
pub struct Webhooks {
    endpoints: Vec<Endpoint>,
    keys: Mutex<Arc<SigningKeys>>,
    db: Arc<Db>,
    clock: Clock,
    metrics: Arc<Metrics>,
    traces: Traces,
}

/// A receiver of order events, and the client that reaches it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub url: WebhookUrl,
    pub client: reqwest::Client,
}

impl Webhooks {
    /// Puts together what sending takes; nothing is sent before it runs.
    pub fn new(
        endpoints: Vec<Endpoint>,
        keys: SigningKeys,
        (db, clock, metrics, traces): (Arc<Db>, Clock, Arc<Metrics>, Traces),
    ) -> Self {
        Self { endpoints, keys: Mutex::new(Arc::new(keys)), db, clock, metrics, traces }
    }

    /// Signs messages with these keys from now on; returns whether they differ.
    pub fn replace_keys(&self, keys: SigningKeys) -> bool {
        let mut current = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let is_other = **current != keys;
        *current = Arc::new(keys);
        is_other
    }

    fn keys(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends messages until `stopping` says so, then ends with those that are under way.
    pub async fn run(self: Arc<Self>, stopping: watch::Receiver<bool>) {
        // It aborts its tasks when this future is dropped.
        let mut workers = JoinSet::new();
        for endpoint in &self.endpoints {
            workers.spawn(DeliveryWorker::new(Arc::clone(&self), endpoint.clone()).run(stopping.clone()));
        }
        while let Some(ended) = workers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a webhook delivery worker panicked");
            }
        }
    }
}
