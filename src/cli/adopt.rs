//! `orders adopt`: the orders of the Flask application that this program replaces.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::{AnnouncedChange, Unheard};
use super::progress::Progress;
use crate::clock::Clock;
use crate::config::{DatabaseUrl, Settings};
use crate::db::Db;
use crate::order::{JobId, counted, grouped};
use crate::transfer::{Adoption, AdoptionReport, Counts, ReportError, first_order, is_about};

#[derive(clap::Args)]
pub(super) struct AdoptArguments {
    /// Write the report to this file instead of adopted.csv beside the database
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &AdoptArguments) -> anyhow::Result<()> {
    database_options::run(adopt(bootstrap, arguments))
}

async fn adopt(bootstrap: &Bootstrap, arguments: &AdoptArguments) -> anyhow::Result<()> {
    let settings = bootstrap.settings();
    let options = database_options::for_import(bootstrap);
    let path = arguments.report.clone().unwrap_or_else(|| default_report(settings));
    let found = options.find_flask().await?;
    if !found.is_begun && path.exists() {
        return Err(ReportError::Exists(path).into());
    }
    let url = &settings.database.url;
    let change = AnnouncedChange::begin(format_args!("{url}: adopting the orders of the Flask application"))?;
    // Before anything is changed: a folder that cannot be written is found now.
    let report = AdoptionReport::begin(&path)?;
    let table = options.adopt().await?;
    let db = options.open().await?;
    check_earlier_report(&path, &db).await?;

    let progress = Progress::start(table.rows - table.without_key, "rows");
    let clock = Clock::new(settings.desk.time_zone);
    let mut adoption = Adoption::begin(&db, clock, &table, report).await?;
    let copied = adoption.run(&table, |rows| progress.advance(rows)).await;
    let counts = adoption.counts();
    if let Err(error) = copied {
        adoption.break_off().await;
        let added = counted(counts.added, "order");
        return Err(anyhow::Error::new(error)
            .context(format!("stopped after {added}, which are kept; the same command goes on from there")));
    }
    progress.finish();
    let (import, report) = adoption.finish().await?;
    // What nobody has added to is left as it is: somebody may have made notes in it.
    if counts.added > 0 || !path.exists() {
        report.finish()?;
    }
    db.close();
    Ok(say(&change, settings, (counts, found.is_begun, import), &path)?)
}

/// Beside the database file, or in the working directory.
fn default_report(settings: &Settings) -> PathBuf {
    match &settings.database.url {
        DatabaseUrl::Sqlite(path) => path.with_file_name("adopted.csv"),
        DatabaseUrl::SqlServer(_) => PathBuf::from("adopted.csv"),
    }
}

/// An error if what stands in the report's place is no report of this adoption.
async fn check_earlier_report(path: &Path, db: &Db) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let first = first_order(path).with_context(|| format!("cannot read {}", path.display()))?;
    match first {
        Some(first) if is_about(db, first).await? => Ok(()),
        _ => Err(ReportError::Exists(path.to_owned()).into()),
    }
}

/// What was done, and what is left to do.
fn say(
    change: &AnnouncedChange,
    settings: &Settings,
    (counts, is_again, import): (Counts, bool, JobId),
    report: &Path,
) -> Result<(), Unheard> {
    let url = &settings.database.url;
    match counts.added {
        0 if is_again => change.say(format_args!("{url}: nothing left to adopt"))?,
        added => change.say(format_args!("{url}: {} adopted", counted(added, "order")))?,
    }
    change.say(format_args!("rows that were orders already: {}", grouped(counts.known)))?;
    change.say(format_args!("orders that are flagged: {}", grouped(counts.flagged)))?;
    change.say(format_args!("rows left out: {}", grouped(counts.left_out)))?;
    change.say(format_args!("which and why: {}", report.display()))?;
    change.say(format_args!("this is import #{import}\n"))?;
    if counts.left_out > 0 {
        change.say(
            "Enter what was left out at the desk; or put it right in the table orders_flask and run `orders adopt` \
             again.",
        )?;
    }
    let drop = match url {
        DatabaseUrl::Sqlite(_) => "DROP TABLE orders_flask; VACUUM;",
        DatabaseUrl::SqlServer(_) => "DROP TABLE orders_flask;",
    };
    change.say(format_args!(
        "The table orders_flask still holds whole card numbers, which must not stay (PCI DSS 4.0, 3.5.1). As soon as \
         nobody needs it: {drop}"
    ))
}
