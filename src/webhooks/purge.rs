//! Purges settled messages after a month, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::Webhooks;
use crate::db::DbError;

// The page of webhooks says for how long messages are kept.
const RETENTION: Duration = Duration::from_hours(30 * 24);
/// Small enough to hold up no order.
const BATCH: usize = 200;
// Lets orders be written in between.
const BATCH_DELAY: Duration = Duration::from_millis(200);
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

impl Webhooks {
    /// Deletes old messages at the start and then every hour, until it is dropped.
    pub(super) async fn purge(self: Arc<Self>) {
        loop {
            match self.delete_old().await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "old webhook messages were deleted"),
                Err(error) => tracing::warn!(%error, "old webhook messages could not be deleted"),
            }
            // Jitter: desks that started together do not purge together.
            sleep(PURGE_INTERVAL.mul_f64(1.0 + 0.1 * fastrand::f64())).await;
        }
    }

    async fn delete_old(&self) -> Result<usize, DbError> {
        let before = self.clock.utc().before(RETENTION);
        let mut all = 0;
        loop {
            let deleted =
                self.db.delete_settled_messages(before, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
            all += deleted;
            if deleted < BATCH {
                return Ok(all);
            }
            sleep(BATCH_DELAY).await;
        }
    }
}
