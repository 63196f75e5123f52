//! Sends what waits in the queue to the collector, in the background.
//!
//! No request waits for it. A batch that failed transiently is sent again, while the queue fills and then drops new
//! spans. One line in the log says that the collector is unreachable, and one that it is back.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::answer::{ExportFailure, post};
use super::{SpanQueue, Traces, resource};
use crate::config::{self, CollectorUrl};
use crate::telemetry::Metrics;

/// How many spans one request has at most.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const BATCH_DELAY: Duration = Duration::from_secs(1);
/// The first wait after a batch that was not taken; each is twice the one before.
const MIN_RETRY_DELAY: Duration = Duration::from_secs(1);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);

/// The background task that sends spans until it is told to finish.
pub struct Export {
    stopping: watch::Sender<bool>,
    sender: JoinHandle<()>,
    metrics: Arc<Metrics>,
}

struct Sender {
    spans: Receiver<SpanData>,
    resource: ResourceAttributesWithSchema,
    client: reqwest::Client,
    collector: CollectorUrl,
    stopping: watch::Receiver<bool>,
    metrics: Arc<Metrics>,
    /// Whether the last batch was not taken, to say so once.
    is_away: bool,
    /// How many spans were lost when that was last logged.
    lost: u64,
}

impl Export {
    /// Begins to trace and to send in the background, as the settings say.
    pub fn start(
        settings: &config::TraceSettings,
        collector: CollectorUrl,
        profile: &str,
        (client, metrics): (reqwest::Client, Arc<Metrics>),
    ) -> (Traces, Self) {
        let (queue, spans) = SpanQueue::new(Arc::clone(&metrics));
        let resource = resource(profile);
        let (stopping, stopped) = watch::channel(false);
        let sender = Sender {
            spans,
            resource: (&resource).into(),
            client,
            collector,
            stopping: stopped,
            metrics: Arc::clone(&metrics),
            is_away: false,
            lost: 0,
        };
        let traces = Traces::into_queue(queue, settings.sample_ratio, resource);
        (traces, Self { stopping, sender: tokio::spawn(sender.run()), metrics })
    }

    /// Sends what waits, but goes on for so long only.
    pub async fn finish(mut self, patience: Duration) {
        self.stopping.send_replace(true);
        if timeout(patience, &mut self.sender).await.is_err() {
            self.sender.abort();
            tracing::warn!("the collector of traces did not take the last of them in time");
        }
        let lost = self.metrics.lost_spans();
        if lost > 0 {
            tracing::info!(lost, "spans were lost since the start");
        }
    }
}

impl Sender {
    async fn run(mut self) {
        loop {
            let batch = self.gather().await;
            if batch.is_empty() {
                return;
            }
            self.deliver(batch).await;
        }
    }

    /// Waits for spans and then for more of them; none when the desk is stopping and all were sent.
    async fn gather(&mut self) -> Vec<SpanData> {
        let mut batch = Vec::new();
        tokio::select! {
            biased;
            _ = self.spans.recv_many(&mut batch, BATCH) => {}
            _ = self.stopping.wait_for(|stopping| *stopping) => return batch,
        }
        let Self { spans, stopping, .. } = self;
        let more = async {
            loop {
                let room = BATCH - batch.len();
                if room == 0 || spans.recv_many(&mut batch, room).await == 0 {
                    break;
                }
            }
        };
        tokio::select! {
            biased;
            () = more => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = sleep(BATCH_DELAY) => {}
        }
        batch
    }

    /// Sends a batch until it is taken or refused, or the desk is stopping.
    async fn deliver(&mut self, batch: Vec<SpanData>) {
        let count = batch.len();
        let body = self.encode(batch);
        let mut wait = MIN_RETRY_DELAY;
        loop {
            let failure = match post(&self.client, &self.collector, body.clone()).await {
                Ok(rejected) => return self.taken(rejected),
                Err(failure) => failure,
            };
            self.not_taken(&failure);
            if !failure.is_transient() || *self.stopping.borrow() {
                return self.metrics.count_lost_spans(u64::try_from(count).unwrap_or(u64::MAX));
            }
            tokio::select! {
                () = sleep(wait) => wait = (2 * wait).min(MAX_RETRY_DELAY),
                _ = self.stopping.wait_for(|stopping| *stopping) => {}
            }
        }
    }

    fn encode(&self, batch: Vec<SpanData>) -> Vec<u8> {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    fn taken(&mut self, rejected: u64) {
        self.metrics.count_lost_spans(rejected);
        let known = mem::replace(&mut self.lost, self.metrics.lost_spans());
        let lost = self.lost - known;
        if mem::take(&mut self.is_away) {
            tracing::info!(lost, "traces arrive again");
        } else if lost > 0 {
            tracing::debug!(lost, rejected, "spans were lost");
        }
    }

    fn not_taken(&mut self, failure: &ExportFailure) {
        if !mem::replace(&mut self.is_away, true) {
            tracing::warn!(collector = %self.collector, reason = %failure, "traces do not arrive");
        }
    }
}
