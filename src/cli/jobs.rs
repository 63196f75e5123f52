//! `orders jobs`: the long work that desks do, on the terminal.

use anyhow::{Context, bail};

use super::bootstrap::Bootstrap;
use super::database_options;
use super::job_progress::follow;
use super::output::{self, AnnouncedChange};
use crate::clock::Clock;
use crate::db::{Db, Job, JobState, JobWork};
use crate::order::{JobId, Timestamp, grouped};
use crate::view::job_sentence;

/// Jobs that one query finds, and that are listed unless all are asked for.
const BATCH: usize = 20;

#[derive(clap::Args)]
pub(super) struct JobsArguments {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(clap::Subcommand)]
enum JobsCommand {
    /// List the newest jobs: what they do, for whom, and how far they have come
    List {
        /// All that there are
        #[arg(long)]
        all: bool,
    },
    /// Show a job's progress until it is over, and what came of it
    Follow {
        /// The job, by the number that `list` shows
        #[arg(value_name = "ID", value_parser = id)]
        id: JobId,
    },
    /// Stop a job: what it has done stays, and nothing more is done
    Stop {
        /// The job, by the number that `list` shows
        #[arg(value_name = "ID", value_parser = id)]
        id: JobId,
    },
}

fn id(text: &str) -> Result<JobId, &'static str> {
    JobId::parse(text).ok_or("not a job's number, which `orders jobs list` shows")
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &JobsArguments) -> anyhow::Result<()> {
    let change = match arguments.command {
        JobsCommand::Stop { id } => Some(AnnouncedChange::begin(format_args!("stopping job #{id}"))?),
        _ => None,
    };
    database_options::run(async {
        let db = database_options::for_command(bootstrap).open().await?;
        let now = Clock::new(bootstrap.settings().desk.time_zone).utc();
        let done = match &arguments.command {
            JobsCommand::List { all } => {
                list(&db, *all, now).await?;
                None
            }
            JobsCommand::Follow { id } => {
                let job = follow(&db, *id).await?;
                Some(job)
            }
            JobsCommand::Stop { id } => Some(stop(&db, *id, now).await?),
        };
        db.close();
        match (change, done) {
            (Some(change), Some(job)) => Ok(change.say(told(&job))?),
            (None, Some(job)) => {
                output::say(told(&job))?;
                anyhow::ensure!(job.state != JobState::Failed, "job #{} could not be ended", job.id);
                Ok(())
            }
            _ => Ok(()),
        }
    })
}

/// What came of a job, as a line.
fn told(job: &Job) -> String {
    format!("job #{}, {}: {}", job.id, job.state.as_str(), job_sentence(job))
}

async fn stop(db: &Db, id: JobId, now: Timestamp) -> anyhow::Result<Job> {
    let is_stopped = db.cancel_job(id, now).await?;
    let (job, _) =
        db.find_job(id).await?.with_context(|| format!("there is no job #{id}: nothing was changed"))?;
    if !is_stopped {
        bail!("job #{id} is over: nothing was changed. {}", job_sentence(&job));
    }
    Ok(job)
}

async fn list(db: &Db, all: bool, now: Timestamp) -> anyhow::Result<()> {
    let (mut before, mut any) = (None, false);
    loop {
        let page = db.list_jobs(before, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
        for job in &page {
            if !any {
                output::say(format_args!(
                    "{:>6}  {:9}  {:>19}  {:19}  {:19}  what, and for whom",
                    "id", "state", "orders", "asked for (UTC)", "ended (UTC)"
                ))?;
            }
            any = true;
            say(job, now)?;
        }
        match page.last() {
            Some(last) if all && page.len() == BATCH => before = Some(last.id),
            _ => break,
        }
    }
    if !any {
        output::say("no jobs")?;
    }
    if let Some((purge, _)) = db.find_job(JobId::PURGE).await? {
        say_purge(&purge, now)?;
    }
    Ok(())
}

fn say(job: &Job, now: Timestamp) -> anyhow::Result<()> {
    let ended = job.ended_at.map_or_else(|| standing(job, now).to_owned(), |at| at.text().to_string());
    output::say(format_args!(
        "{:>6}  {:9}  {:>19}  {:19}  {ended:19}  {}, for {}",
        job.id.get(),
        job.state.as_str(),
        format!("{} of {}", grouped(job.looked_at()), grouped(job.orders)),
        job.at.text(),
        job.work.as_ref().map_or_else(|| "(of a newer release)".to_owned(), JobWork::words),
        job.by.words(),
    ))?;
    Ok(())
}

/// Whether somebody is at a job that is not over.
fn standing(job: &Job, now: Timestamp) -> &'static str {
    match &job.work {
        _ if !job.is_free(now) => "under way",
        Some(JobWork::CommandImport(_)) => "left by its command",
        _ => "waits for a desk",
    }
}

fn say_purge(purge: &Job, now: Timestamp) -> anyhow::Result<()> {
    let when = match purge.leased_until {
        Some(at) if at > now => format!("again at {} UTC", at.text()),
        _ => "as soon as a desk serves".to_owned(),
    };
    output::say(format_args!(
        "what was kept for long enough is deleted {when}; {} rows so far",
        grouped(purge.changed)
    ))?;
    Ok(())
}
