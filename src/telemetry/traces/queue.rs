//! Spans that wait to be sent: so many, and no more.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::telemetry::Metrics;

/// As many as OpenTelemetry's own processors hold: about a megabyte.
const LENGTH: usize = 2048;

/// Takes spans as they end, without ever waiting.
#[derive(Debug)]
pub(super) struct SpanQueue {
    waiting: Sender<SpanData>,
    metrics: Arc<Metrics>,
}

impl SpanQueue {
    pub(super) fn new(metrics: Arc<Metrics>) -> (Self, Receiver<SpanData>) {
        let (waiting, receiver) = channel(LENGTH);
        (Self { waiting, metrics }, receiver)
    }
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.waiting.try_send(span).is_err() {
            self.metrics.count_lost_spans(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// The receiver's end is drained by `export`.
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
