//! `orders seed`

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use chrono::NaiveTime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::AnnouncedChange;
use super::progress::Progress;
use crate::clock::Clock;
use crate::db::{Db, InsertOrder};
use crate::order::{Day, LocalTime, Now, SystemTask, Typed, counted, grouped, whole_number};
use crate::transfer::{Demo, DemoOrder};

/// Orders a commit takes.
const CHUNK: usize = 10_000;
/// So many go to an empty file at once: a desk that serves it meanwhile takes no others for a while.
const BULK: u64 = 50_000;
/// Its last second, which is what a stored time can say.
const END_OF_DAY: Option<NaiveTime> = NaiveTime::from_hms_opt(23, 59, 59);

#[derive(clap::Args)]
pub(super) struct SeedArguments {
    /// How many orders to add
    #[arg(long, default_value_t = 1000, value_parser = rows)]
    rows: u64,
    /// Another number makes other orders; the same makes the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Give a few in a hundred the dirt of real files: rounded card numbers, dates out of order, odd customer IDs
    #[arg(long)]
    dirty: bool,
    /// The day or moment until which there are orders, in the business's time zone; now unless given
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Add them in production, too: they cannot be taken out again
    #[arg(long)]
    yes: bool,
}

const MAX_ROWS: u64 = 100_000_000;

fn rows(text: &str) -> Result<u64, String> {
    whole_number(text)
        .and_then(|digits| digits.parse().ok())
        .filter(|rows| (1..=MAX_ROWS).contains(rows))
        .ok_or_else(|| format!("a whole number from 1 to {}", grouped(MAX_ROWS)))
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &SeedArguments) -> anyhow::Result<()> {
    database_options::run(seed(bootstrap, arguments))
}

async fn seed(bootstrap: &Bootstrap, arguments: &SeedArguments) -> anyhow::Result<()> {
    let settings = bootstrap.settings();
    let url = &settings.database.url;
    if bootstrap.config.is_production() && !arguments.yes {
        bail!(
            "{url} is the database of the profile prod, and made-up orders cannot be taken out again. Add --yes if they belong there"
        );
    }
    let clock = Clock::new(settings.desk.time_zone);
    let until = until(arguments.until.as_deref(), clock.now())?;
    let change = AnnouncedChange::begin(format_args!("{url}: adding {}", counted(arguments.rows, "order")))?;
    let db = database_options::for_command(bootstrap).open().await?;
    let progress = Arc::new(Progress::start(arguments.rows, "orders"));
    let (orders, making) = make(Demo::new(arguments.rows, arguments.seed, arguments.dirty, until), clock);
    let added = if arguments.rows >= BULK && db.is_empty_file().await? {
        let progress = Arc::clone(&progress);
        db.bulk_load(orders, move |rows| progress.advance(rows)).await.context("nothing was added")?
    } else {
        add(&db, orders, &progress).await?
    };
    making.await.context("no more orders could be made")?;
    db.close();
    progress.finish();
    let added = added as u64;
    let known = arguments.rows.saturating_sub(added);
    let rest = if known > 0 { format!(", {} were there", grouped(known)) } else { String::new() };
    Ok(change.say(format_args!("{url}: {} added{rest}", counted(added, "order")))?)
}

/// Makes orders, some of them ahead of who takes them.
fn make(mut orders: Demo, clock: Clock) -> (mpsc::Receiver<Vec<InsertOrder>>, JoinHandle<()>) {
    let (send, made) = mpsc::channel(1);
    let making = tokio::task::spawn_blocking(move || {
        loop {
            let chunk: Vec<InsertOrder> =
                orders.by_ref().take(CHUNK).map(|made| entry(made, clock)).collect();
            if chunk.is_empty() || send.blocking_send(chunk).is_err() {
                return;
            }
        }
    });
    (made, making)
}

/// Adds orders beside whatever else the desk does.
async fn add(
    db: &Db,
    mut orders: mpsc::Receiver<Vec<InsertOrder>>,
    progress: &Progress,
) -> anyhow::Result<usize> {
    let mut added = 0;
    while let Some(chunk) = orders.recv().await {
        added += db.insert_orders(&chunk).await.with_context(|| {
            let added = counted(added as u64, "order");
            format!("stopped after {added}, which are kept; the same command goes on from there")
        })?;
        progress.advance(chunk.len());
    }
    Ok(added)
}

/// The end of the orders: a moment, or the end of a day, as far as that is past.
fn until(typed: Option<&str>, now: Now) -> anyhow::Result<LocalTime> {
    let Some(text) = typed else { return Ok(now.local) };
    let typed = Typed::parse(text, now).map_err(|error| anyhow!("--until {error}"))?;
    let first = Day::new(Demo::FIRST_YEAR, 1, 1).filter(|first| typed.day < *first);
    if let Some(first) = first {
        bail!("--until must be on or after {first}");
    }
    let last = match typed.time {
        None if typed.day == now.local.day() => now.local,
        None => typed.at(END_OF_DAY.unwrap_or_default()),
        Some(time) => typed.at(time),
    };
    if last > now.local {
        bail!("--until is in the future: it is {} now in {}", now.local.in_words(), now.zone.name());
    }
    Ok(last)
}

/// The order as if it had been added when it was made, and called off when it was.
fn entry(made: DemoOrder, clock: Clock) -> InsertOrder {
    let DemoOrder { order, cancelled } = made;
    let at = clock.utc_at(order.dates.ordered());
    let cancelled_at = cancelled.map(|cancelled| clock.utc_at(cancelled));
    InsertOrder { cancelled_at, ..InsertOrder::by_system(SystemTask::Seed, order, at) }
}
