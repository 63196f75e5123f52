//! Background tasks of `orders serve`.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::telemetry::Export;

/// For the last spans to reach the collector, within what a stop may take.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Tasks that run until the desk stops.
pub(super) struct Background {
    /// Watchers, which may end at any moment.
    pub(super) watching: Vec<JoinHandle<()>>,
    /// What sends webhook messages.
    pub(super) delivery: Option<JoinHandle<()>>,
    /// What sends spans.
    pub(super) export: Option<Export>,
}

impl Background {
    /// Ends all tasks: deliveries get `patience`, spans what is left of it since the end of the drain.
    pub(super) async fn finish(self, patience: Duration, drained: Option<&Instant>) {
        if let Some(delivery) = self.delivery {
            finish(delivery, patience).await;
        }
        for task in &self.watching {
            task.abort();
        }
        if let Some(export) = self.export {
            let passed = drained.map_or(Duration::ZERO, Instant::elapsed);
            export.finish(patience.saturating_sub(passed).min(FLUSH_TIMEOUT)).await;
        }
    }
}

/// Lets the webhook messages arrive that are under way.
async fn finish(mut delivery: JoinHandle<()>, patience: Duration) {
    if timeout(patience, &mut delivery).await.is_err() {
        tracing::warn!("webhook messages were still under way when server.shutdown_seconds had passed");
        delivery.abort();
    }
}
