//! `orders key reseal`
//!
//! It is a job: this command puts it in and does it, and whichever desk serves goes on with it where the command is ended. Where
//! another program is at it already, the command follows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{anyhow, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use super::super::bootstrap::Bootstrap;
use super::super::database_options;
use super::super::deeds::logged;
use super::super::job_progress::follow;
use super::super::output::AnnouncedChange;
use crate::clock::Clock;
use crate::db::{Db, Job, JobLease, JobState, Reencryption};
use crate::jobs::{self, Ran};
use crate::order::{Deed, JobId, KeyAct, counted, grouped};
use crate::view::unopened_in_words;

/// How often it looks whether a job can be taken up that another program had.
const RETRY_DELAY: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub(super) struct ReencryptArguments {
    /// How many orders one transaction takes at most
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
}

pub(super) async fn run(bootstrap: &Bootstrap, arguments: &ReencryptArguments) -> anyhow::Result<()> {
    let settings = bootstrap.settings();
    let url = &settings.database.url;
    let change = AnnouncedChange::begin(format_args!("{url}: resealing the cards of old orders"))?;
    let db = database_options::for_command(bootstrap).open().await?;
    let command =
        Command { db: &db, clock: Clock::new(settings.desk.time_zone), batch: arguments.batch.into() };
    let deed = [Deed::Key { key: None, act: KeyAct::Resealed }];
    let orders = |done: &Option<Done>| done.as_ref().map_or(0, |done| done.here);
    let done = Box::pin(logged(&db, deed, command.reencrypt(), orders)).await?;
    let (seal, hash) = db.newest_keys()?;
    db.close();
    let resealed = counted(done.as_ref().map_or(0, |done| done.here), "order");
    let in_all =
        done.as_ref().filter(|done| done.here != done.job.changed).map_or_else(String::new, |done| {
            format!("; job #{} has resealed {} in all", done.job.id, grouped(done.job.changed))
        });
    change
        .say(format_args!("{url}: {resealed} resealed with seal key {seal} and hash key {hash}{in_all}"))?;
    done.map_or(Ok(()), |done| verdict(&done.job))
}

/// Whether it came to its end, with every card.
fn verdict(job: &Job) -> anyhow::Result<()> {
    match job.state {
        JobState::Cancelled => {
            bail!("job #{} was stopped: what it has done stays. The same command goes on", job.id)
        }
        JobState::Failed => bail!(
            "job #{} came to a halt after {}, which are done. The same command goes on",
            job.id,
            counted(job.changed, "order")
        ),
        _ => unopened_in_words(job).map_or(Ok(()), |words| bail!(words)),
    }
}

struct Command<'a> {
    db: &'a Db,
    clock: Clock,
    batch: i64,
}

/// What came of a job, and how many orders of it while this command was there.
struct Done {
    job: Job,
    here: u64,
}

impl Command<'_> {
    /// Does what is to be done, or follows whoever is at it; none where there is nothing to do.
    async fn reencrypt(&self) -> anyhow::Result<Option<Done>> {
        let mut done = None;
        loop {
            match self.db.begin_reencryption(self.clock.utc()).await? {
                Reencryption::NotDue => return Ok(done),
                Reencryption::Leased(lease) => {
                    let job = Box::pin(self.to_the_end(lease.job, Some(lease))).await?;
                    return Ok(Some(Done { here: job.changed, job }));
                }
                // It may have begun with older keys, or before the newest orders: so there may be more to do.
                Reencryption::Known(id) => {
                    let before = self.db.find_job(id).await?.map_or(0, |(job, _)| job.changed);
                    let job = Box::pin(self.to_the_end(id, None)).await?;
                    done = Some(Done { here: job.changed.saturating_sub(before), job });
                    if done.as_ref().is_some_and(|done| done.job.state != JobState::Done) {
                        return Ok(done);
                    }
                }
            }
        }
    }

    /// Shows a job until it is over, and works at it whenever no other program does.
    async fn to_the_end(&self, id: JobId, lease: Option<JobLease>) -> anyhow::Result<Job> {
        let is_stopping = AtomicBool::new(false);
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            is_stopping.store(true, Ordering::Relaxed);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            job = follow(self.db, id) => job,
            error = self.work(id, lease, || is_stopping.load(Ordering::Relaxed)) => Err(error),
            () = stop => Err(anyhow!("stopped")),
        }
    }

    /// Ends with a failure alone: whoever follows the job sees its end.
    async fn work(
        &self,
        id: JobId,
        mut lease: Option<JobLease>,
        is_stopping: impl Fn() -> bool,
    ) -> anyhow::Error {
        loop {
            if let Some(lease) = lease.take() {
                let lease = lease.in_batches_of(self.batch);
                if jobs::run(self.db, self.clock, lease, &is_stopping).await == Ran::Left && !is_stopping() {
                    return anyhow!("other keys are in use by now. The same command goes on with them");
                }
            }
            if is_stopping() {
                return anyhow!(
                    "stopped: what is done stays. A desk that serves goes on with it, or the same command; `orders jobs stop {id}` ends it"
                );
            }
            sleep(RETRY_DELAY).await;
            lease = match self.try_lease(id).await {
                Ok(lease) => lease,
                Err(error) => {
                    tracing::warn!(%error, job = %id, "trying again");
                    None
                }
            };
        }
    }

    async fn try_lease(&self, id: JobId) -> Result<Option<JobLease>, crate::db::DbError> {
        match self.db.find_job(id).await? {
            Some((job, _)) if job.is_free(self.clock.utc()) && self.db.can_run(&job) => {
                self.db.lease_job(id, self.clock.utc()).await
            }
            _ => Ok(None),
        }
    }
}
