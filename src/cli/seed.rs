//! `orders seed`

use anyhow::Context;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::AnnouncedChange;
use super::progress::Progress;
use crate::clock::Clock;
use crate::db::InsertOrder;
use crate::order::{Actor, SystemTask};
use crate::transfer::Demo;

/// Orders a commit takes.
const CHUNK: usize = 10_000;

#[derive(clap::Args)]
pub(super) struct SeedArguments {
    /// How many orders to add
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    rows: u64,
    /// Another number makes other orders; the same makes the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Add the dirt of real files: rounded card numbers, customer IDs that are none
    #[arg(long)]
    dirty: bool,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &SeedArguments) -> anyhow::Result<()> {
    database_options::run(seed(bootstrap, arguments))
}

async fn seed(bootstrap: &Bootstrap, arguments: &SeedArguments) -> anyhow::Result<()> {
    let settings = bootstrap.settings();
    let url = &settings.database.url;
    let change = AnnouncedChange::begin(format_args!("{url}: adding {} orders", arguments.rows))?;
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
            .map(|order| InsertOrder { order, by: Actor::System(SystemTask::Seed), at, submission: None })
            .collect();
        if chunk.is_empty() {
            break;
        }
        let length = chunk.len();
        added += db.insert_orders(&chunk).await.with_context(|| {
            format!("stopped after {added} orders, which are kept; the same command goes on from there")
        })?;
        progress.advance(length);
    }
    db.close();
    progress.finish();
    let known = arguments.rows - u64::try_from(added).unwrap_or(arguments.rows);
    let rest = if known > 0 { format!(", {known} were there") } else { String::new() };
    Ok(change.say(format_args!("{url}: {added} orders added{rest}"))?)
}
