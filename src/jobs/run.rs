//! Running a job that this program has leased.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::clock::Clock;
use crate::db::{BatchDone, Db, DbError, JobLease, JobWork};
use crate::order::JobId;

/// Lets others write between two batches.
const PAUSE: Duration = Duration::from_millis(5);
/// The same for what nobody waits for.
const LONG_PAUSE: Duration = Duration::from_millis(100);
/// After a failure that may pass.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Failures in a row of the same batch, after which this program does not try it again.
const MAX_FAILURES: u32 = 5;

/// How running a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It is over, by itself or since the program cannot go on.
    Over,
    /// Another program has it, or somebody has stopped it.
    Lost,
    /// This program is about to close, or lacks the secrets for it, and leaves the rest to others.
    Left,
}

/// The same as `run`, and says in the log when it begins and what came of it.
pub async fn run_logged(db: &Db, clock: Clock, lease: JobLease, is_stopping: impl Fn() -> bool) -> Ran {
    let (job, began) = (lease.job, Instant::now());
    if job == JobId::PURGE {
        return run(db, clock, lease, is_stopping).await;
    }
    tracing::info!(%job, kind = lease.work.kind(), "a job was taken up");
    let ran = run(db, clock, lease, is_stopping).await;
    let seconds = began.elapsed().as_secs_f64();
    match db.find_job(job).await {
        Ok(Some((found, _))) => {
            let (state, changed, left_out) = (found.state.as_str(), found.changed, found.left_out);
            tracing::info!(%job, state, changed, left_out, seconds, "a job was put down");
        }
        Ok(None) => tracing::info!(%job, seconds, "a job is gone"),
        Err(error) => tracing::warn!(%error, %job, seconds, "a job was put down, and cannot be looked at"),
    }
    ran
}

/// Goes on with a job until it is over, or `is_stopping` says that this program closes.
pub async fn run(db: &Db, clock: Clock, mut lease: JobLease, is_stopping: impl Fn() -> bool) -> Ran {
    let (job, mut failures) = (lease.job, 0);
    loop {
        if is_stopping() {
            return leave(db, lease).await;
        }
        let began = Instant::now();
        match db.run_batch(&mut lease, clock.now(), clock.utc()).await {
            Ok(BatchDone::More) => {
                failures = 0;
                sleep(pause(&lease.work, began.elapsed())).await;
            }
            Ok(BatchDone::Finished) => return Ran::Over,
            Ok(BatchDone::Lost) => return Ran::Lost,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, %job, failures, "a job came to a halt");
                if failures >= MAX_FAILURES {
                    match error {
                        DbError::Internal(_) => return give_up(db, clock, lease).await,
                        DbError::Outdated(_) => return leave(db, lease).await,
                        _ => {}
                    }
                }
                sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// For how long others have the database to themselves after a batch.
fn pause(work: &JobWork, took: Duration) -> Duration {
    match work {
        JobWork::Bulk(_) | JobWork::Import(_) | JobWork::CommandImport(_) => PAUSE,
        // A command does this beside desks, which look whether an SQLite file is free from time to time only.
        JobWork::Reencrypt(_) => took.max(PAUSE),
        JobWork::Purge => LONG_PAUSE,
    }
}

async fn leave(db: &Db, lease: JobLease) -> Ran {
    let job = lease.job;
    if let Err(error) = db.release_job(lease).await {
        // Others take it up when the lease has expired.
        tracing::warn!(%error, %job, "a job could not be handed on");
    }
    Ran::Left
}

/// What fails again and again, and not for the moment, fails on every desk.
async fn give_up(db: &Db, clock: Clock, lease: JobLease) -> Ran {
    let job = lease.job;
    tracing::error!(%job, "a job was given up");
    // What is never over is tried again when its lease has expired.
    if job != JobId::PURGE
        && let Err(error) = db.fail_job(lease, clock.utc()).await
    {
        tracing::warn!(%error, %job, "a job could not be ended");
    }
    Ran::Over
}
