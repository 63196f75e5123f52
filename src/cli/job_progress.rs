//! A job on the terminal: how far it has come, until it is over.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::time::sleep;

use super::progress::Progress;
use crate::db::{Db, Job};
use crate::order::JobId;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(200);
/// For how long the database may not answer.
const PATIENCE: Duration = Duration::from_mins(5);

/// Shows a job's progress until it is over; what has come of it then.
pub(super) async fn follow(db: &Db, id: JobId) -> anyhow::Result<Job> {
    let (mut progress, mut shown) = (None, 0);
    let mut answered = Instant::now();
    loop {
        match db.find_job(id).await {
            Ok(found) => {
                answered = Instant::now();
                let (job, _) = found.with_context(|| format!("there is no job #{id}"))?;
                let progress = progress.get_or_insert_with(|| Progress::start(job.orders, "orders"));
                let new = job.looked_at().saturating_sub(shown);
                progress.advance(usize::try_from(new).unwrap_or(usize::MAX));
                shown += new;
                if job.state.is_over() {
                    progress.finish();
                    return Ok(job);
                }
            }
            Err(error) if answered.elapsed() >= PATIENCE => return Err(error.into()),
            Err(error) => tracing::debug!(%error, job = %id, "a job cannot be looked at"),
        }
        sleep(INTERVAL).await;
    }
}
