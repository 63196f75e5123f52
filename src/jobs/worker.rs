//! The worker of a desk: takes up one job after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::run::{Ran, run};
use crate::clock::Clock;
use crate::db::{Db, DbError, JobLease};
use crate::order::Timestamp;

/// How often it looks for jobs that other desks have left.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// How long somebody may think about what to do with the orders of a list.
const ABANDONED_AFTER: Duration = Duration::from_hours(24);
const PURGE_INTERVAL: Duration = Duration::from_hours(1);
/// Rows that are deleted in one transaction.
const PURGE_BATCH: i64 = 500;
// Lets others write in between.
const PURGE_DELAY: Duration = Duration::from_millis(100);

pub struct JobWorker {
    db: Arc<Db>,
    clock: Clock,
    /// Whether the last query of jobs failed, to log that once.
    has_failed_lookup: bool,
}

impl JobWorker {
    pub fn new(db: Arc<Db>, clock: Clock) -> Self {
        Self { db, clock, has_failed_lookup: false }
    }

    /// Runs jobs until `stopping` is set, then leaves the rest to others.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut news = self.db.new_jobs();
        let mut purged: Option<Instant> = None;
        while !*stopping.borrow_and_update() {
            if let Some(lease) = self.lease_next().await {
                let job = lease.job;
                let ran = run(&self.db, self.clock, lease, || *stopping.borrow()).await;
                tracing::debug!(%job, ?ran, "a job was worked on");
                if ran != Ran::Left {
                    continue;
                }
            } else if purged.is_none_or(|at| at.elapsed() >= PURGE_INTERVAL) {
                self.purge(&stopping).await;
                purged = Some(Instant::now());
            }
            tokio::select! {
                _ = stopping.changed() => {}
                // Never an error: the sender lives as long as the database.
                _ = news.changed() => {}
                () = sleep(POLL_INTERVAL) => {}
            }
        }
    }

    async fn lease_next(&mut self) -> Option<JobLease> {
        match self.try_lease().await {
            Ok(lease) => {
                self.has_failed_lookup = false;
                lease
            }
            Err(error) => {
                if !self.has_failed_lookup {
                    tracing::warn!(%error, "jobs cannot be looked for");
                }
                self.has_failed_lookup = true;
                None
            }
        }
    }

    async fn try_lease(&self) -> Result<Option<JobLease>, DbError> {
        let now = self.clock.utc();
        for job in self.db.list_due_jobs(now, 1).await? {
            if let Some(lease) = self.db.lease_job(job, now).await? {
                return Ok(Some(lease));
            }
        }
        Ok(None)
    }

    /// Deletes the jobs that somebody began to ask for, and never let run.
    async fn purge(&self, stopping: &watch::Receiver<bool>) {
        let before = self.clock.utc().before(ABANDONED_AFTER);
        while !*stopping.borrow() {
            match self.purge_some(before).await {
                Ok(true) => sleep(PURGE_DELAY).await,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "abandoned jobs could not be deleted");
                    return;
                }
            }
        }
    }

    /// Whether there may be more. Where there is nothing to delete, nobody waits for a write.
    async fn purge_some(&self, before: Timestamp) -> Result<bool, DbError> {
        Ok(self.db.has_abandoned_jobs(before).await?
            && self.db.delete_abandoned_jobs(before, PURGE_BATCH).await?)
    }
}
