//! Running a job that this desk has leased.

use std::time::Duration;

use tokio::time::sleep;

use crate::clock::Clock;
use crate::db::{BatchDone, Db, DbError, JobLease};

/// Lets others write between two batches.
const PAUSE: Duration = Duration::from_millis(5);
/// After a failure that may pass.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Failures in a row of the same batch, after which it is not tried again.
const MAX_FAILURES: u32 = 5;

/// How running a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It is over, by itself or since the program cannot go on.
    Over,
    /// Another desk has it, or somebody has stopped it.
    Lost,
    /// This desk is about to close, and leaves the rest to others.
    Left,
}

/// Goes on with a job until it is over, or `is_stopping` says that this desk closes.
pub async fn run(db: &Db, clock: Clock, mut lease: JobLease, is_stopping: impl Fn() -> bool) -> Ran {
    let (job, mut failures) = (lease.job, 0);
    loop {
        if is_stopping() {
            if let Err(error) = db.release_job(lease).await {
                // Others take it up when the lease has expired.
                tracing::warn!(%error, %job, "a job could not be handed on");
            }
            return Ran::Left;
        }
        match db.run_batch(&mut lease, clock.now(), clock.utc()).await {
            Ok(BatchDone::More) => {
                failures = 0;
                sleep(PAUSE).await;
            }
            Ok(BatchDone::Finished) => return Ran::Over,
            Ok(BatchDone::Lost) => return Ran::Lost,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, %job, failures, "a job came to a halt");
                if matches!(error, DbError::Internal(_)) && failures >= MAX_FAILURES {
                    return give_up(db, clock, lease).await;
                }
                sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// What fails again and again, and not for the moment, fails on every desk.
async fn give_up(db: &Db, clock: Clock, lease: JobLease) -> Ran {
    let job = lease.job;
    tracing::error!(%job, "a job was given up");
    if let Err(error) = db.fail_job(lease, clock.utc()).await {
        tracing::warn!(%error, %job, "a job could not be ended");
    }
    Ran::Over
}
