//! The worker of a desk: takes up one job after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

use super::run::{Ran, run_logged};
use crate::clock::Clock;
use crate::db::{Db, DbError, Job, JobLease};
use crate::order::JobId;

/// How often it looks for jobs that other desks have left.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// Jobs that one query finds: more than one, so that one that this desk cannot run holds up no other.
const LOOKED_AT: i64 = 16;
/// How long it purges before it looks for jobs that somebody waits for.
const PURGE_TIME: Duration = Duration::from_secs(2);

pub struct JobWorker {
    db: Arc<Db>,
    clock: Clock,
    /// Whether the last query of jobs failed, to log that once.
    has_failed_lookup: bool,
    /// The last job for which this desk lacks secrets, to look for them once.
    lacks_secrets_for: Option<JobId>,
}

impl JobWorker {
    pub fn new(db: Arc<Db>, clock: Clock) -> Self {
        Self { db, clock, has_failed_lookup: false, lacks_secrets_for: None }
    }

    /// Runs jobs until `stopping` is set, then leaves the rest to others.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut news = self.db.new_jobs();
        while !*stopping.borrow_and_update() {
            if let Some(lease) = self.lease_next().await {
                let (is_purge, began) = (lease.job == JobId::PURGE, Instant::now());
                let is_over = || *stopping.borrow() || is_purge && began.elapsed() >= PURGE_TIME;
                if run_logged(&self.db, self.clock, lease, is_over).await != Ran::Left {
                    continue;
                }
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

    async fn try_lease(&mut self) -> Result<Option<JobLease>, DbError> {
        let now = self.clock.utc();
        let mut due = self.db.list_due_jobs(now, LOOKED_AT).await?;
        // Nobody waits for the purge.
        due.sort_by_key(|job| job.id == JobId::PURGE);
        for job in due {
            if self.can_run(&job)
                && let Some(lease) = self.db.lease_job(job.id, now).await?
            {
                return Ok(Some(lease));
            }
        }
        Ok(None)
    }

    /// Whether this desk has what a job takes. Another may, and this one may get it.
    fn can_run(&mut self, job: &Job) -> bool {
        let can_run = self.db.can_run(job);
        if !can_run && self.lacks_secrets_for != Some(job.id) {
            tracing::info!(job = %job.id, "a job takes newer secrets than this desk has");
            self.db.look_for_secrets();
            self.lacks_secrets_for = Some(job.id);
        }
        can_run
    }
}
