//! `orders seed`

use anyhow::{Context, bail};

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::AnnouncedChange;
use super::progress::Progress;
use crate::clock::Clock;
use crate::db::InsertOrder;
use crate::order::{SystemTask, counted, grouped, whole_number};
use crate::transfer::Demo;

/// Orders a commit takes.
const CHUNK: usize = 10_000;

#[derive(clap::Args)]
pub(super) struct SeedArguments {
    /// How many orders to add
    #[arg(long, default_value_t = 1000, value_parser = rows)]
    rows: u64,
    /// Another number makes other orders; the same makes the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Add the dirt of real files: rounded card numbers, customer IDs that are none
    #[arg(long)]
    dirty: bool,
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
    let change = AnnouncedChange::begin(format_args!("{url}: adding {}", counted(arguments.rows, "order")))?;
    let db = database_options::for_command(bootstrap).open().await?;
    let clock = Clock::new(settings.desk.time_zone);
    let progress = Progress::start(arguments.rows, "orders");
    let mut orders = Demo::new(arguments.rows, arguments.seed, arguments.dirty);
    let mut added = 0;
    loop {
        let at = clock.utc();
        let chunk: Vec<InsertOrder> = orders
            .by_ref()
            .take(CHUNK)
            .map(|order| InsertOrder::by_system(SystemTask::Seed, order, at))
            .collect();
        if chunk.is_empty() {
            break;
        }
        let length = chunk.len();
        added += db.insert_orders(&chunk).await.with_context(|| {
            let added = counted(added as u64, "order");
            format!("stopped after {added}, which are kept; the same command goes on from there")
        })?;
        progress.advance(length);
    }
    db.close();
    progress.finish();
    let added = added as u64;
    let known = arguments.rows.saturating_sub(added);
    let rest = if known > 0 { format!(", {} were there", grouped(known)) } else { String::new() };
    Ok(change.say(format_args!("{url}: {} added{rest}", counted(added, "order")))?)
}
