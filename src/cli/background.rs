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
    /// What runs jobs.
    pub(super) jobs: JoinHandle<()>,
    /// What makes orders of files.
    pub(super) imports: JoinHandle<()>,
    /// What lets go what was kept for long enough.
    pub(super) retention: JoinHandle<()>,
    /// What sends webhook messages.
    pub(super) delivery: Option<JoinHandle<()>>,
    /// What sends spans.
    pub(super) export: Option<Export>,
}

impl Background {
    /// Ends all tasks: jobs and deliveries get `patience`, spans what is left of it since the end of the drain.
    pub(super) async fn finish(self, patience: Duration, drained: Option<&Instant>) {
        let began = Instant::now();
        finish(self.jobs, patience, "a job was").await;
        finish(self.imports, patience.saturating_sub(began.elapsed()), "an import was").await;
        finish(self.retention, patience.saturating_sub(began.elapsed()), "the retention was").await;
        if let Some(delivery) = self.delivery {
            let left = patience.saturating_sub(began.elapsed());
            finish(delivery, left, "webhook messages were").await;
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

/// Lets what is under way come to its end.
async fn finish(mut task: JoinHandle<()>, patience: Duration, what: &str) {
    if timeout(patience, &mut task).await.is_err() {
        tracing::warn!("{what} still under way when server.shutdown_seconds had passed");
        task.abort();
    }
}
