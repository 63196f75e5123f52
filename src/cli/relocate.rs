//! `orders move`: the whole desk, in another database.

use std::io::BufRead;

use anyhow::{Context, anyhow, bail};
use diesel_mssql::Trust;
use zeroize::Zeroizing;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::AnnouncedChange;
use super::progress::Progress;
use crate::clock;
use crate::config::DatabaseUrl;
use crate::db::{Compared, KeySource, Relocating, Relocation, RelocationPurpose, Standing};
use crate::order::{counted, grouped};

#[derive(clap::Args)]
pub(super) struct MoveArguments {
    /// Where the desk is to go, as database.url says it: a file (sqlite:FILE) or a database on a server; `-` reads it from
    /// standard input, for one with a password
    #[arg(long, value_name = "URL")]
    to: String,
    /// Try it out: copy and compare while desks work on, into a database that nobody serves and that a move replaces
    #[arg(long)]
    rehearse: bool,
    /// Erase a move that was broken off there, and begin anew
    #[arg(long)]
    restart: bool,
}

pub(super) fn run(bootstrap: Bootstrap, arguments: &MoveArguments) -> anyhow::Result<()> {
    let to = target(&arguments.to)?;
    check_target(&bootstrap, &to)?;
    let bootstrap = bootstrap.reaching(&to)?;
    database_options::run(relocate(&bootstrap, &to, arguments))
}

/// The database that an argument names. It may have a password, so nothing of it is said.
fn target(argument: &str) -> anyhow::Result<DatabaseUrl> {
    let text = if argument == "-" {
        let mut line = Zeroizing::new(String::new());
        std::io::stdin().lock().read_line(&mut line).context("cannot read --to from standard input")?;
        line
    } else {
        Zeroizing::new(argument.to_owned())
    };
    DatabaseUrl::parse(text.trim()).map_err(|error| anyhow!("--to {error}"))
}

/// What the settings ask of `database.url`, too.
fn check_target(bootstrap: &Bootstrap, to: &DatabaseUrl) -> anyhow::Result<()> {
    match to {
        DatabaseUrl::SqlServer(server) if server.trust == Trust::Any && bootstrap.config.is_production() => {
            bail!(
                "--to trusts any certificate, which the profile prod does not allow. Name the file of the server's authority instead: ca=FILE in a URL, ServerCertificate=FILE in a connection string"
            )
        }
        DatabaseUrl::Sqlite(path) if bootstrap.settings().key_file() == *path => {
            bail!("--to names the file of the card keys: keys belong in a file of their own")
        }
        _ => Ok(()),
    }
}

async fn relocate(bootstrap: &Bootstrap, to: &DatabaseUrl, arguments: &MoveArguments) -> anyhow::Result<()> {
    let from = &bootstrap.settings().database.url;
    let (purpose, doing) = if arguments.rehearse {
        (RelocationPurpose::Rehearsal, "rehearsing to move")
    } else {
        (RelocationPurpose::Move, "moving")
    };
    let change = AnnouncedChange::begin(format_args!("{from}: {doing} the desk to {to}"))?;
    let options = (
        &database_options::for_command(bootstrap),
        // Its keys are there already: those of the desk.
        &database_options::for_command_on(bootstrap, to).with_new_database(),
    );
    let relocation = Relocation { purpose, restart: arguments.restart };
    let mut relocating = Relocating::begin(options, relocation, clock::utc()).await?;
    let rows = relocating.count().await?;
    let is_finished = matches!(relocating.standing(), Standing::Finished(_));
    if !is_finished {
        let progress = Progress::start(rows, "rows copied");
        relocating.copy(|rows| progress.advance(rows)).await?;
        progress.finish();
    }
    let progress = Progress::start(rows, "rows compared");
    let compared = relocating.verify(|rows| progress.advance(rows)).await?;
    progress.finish();
    let (standing, jobs) = (relocating.standing().clone(), relocating.running());
    let differences: u64 = compared.iter().map(|table| table.differences).sum();
    if differences == 0 && !is_finished {
        // Before it is told: it has come to its end even if nobody reads.
        relocating.finish(clock::utc()).await?;
    }
    match standing {
        Standing::New => {}
        Standing::BrokenOff => change.say(format_args!("{to}: went on with the move that was broken off"))?,
        Standing::Finished(at) => {
            change.say(format_args!("{to}: the desk was moved here on {} UTC; compared again", at.text()))?;
        }
    }
    if let Some(jobs) = jobs {
        change.say(format_args!("{from}: a move would be refused as long as {jobs}"))?;
    }
    say_compared(&change, &compared)?;
    if differences > 0 {
        bail!("{}", different(to, differences, purpose, is_finished));
    }
    let rows: u64 = compared.iter().map(|table| table.rows).sum();
    change.say(format_args!(
        "{to}: {} in {} tables, all the same\n",
        counted(rows, "row"),
        compared.len()
    ))?;
    say_next(&change, bootstrap, to, purpose)
}

/// A line for each table, and one for each difference, as far as they are told.
fn say_compared(change: &AnnouncedChange, compared: &[Compared]) -> anyhow::Result<()> {
    for Compared { table, rows, told, differences, .. } in compared {
        let result = match differences {
            0 => "the same".to_owned(),
            number => counted(*number, "difference"),
        };
        change.say(format_args!("{table:16} {:>12}  {result}", grouped(*rows)))?;
        for difference in told {
            change.say(format_args!("    {difference}"))?;
        }
        let untold = differences.saturating_sub(told.len() as u64);
        if untold > 0 {
            change.say(format_args!("    and {} more", grouped(untold)))?;
        }
    }
    Ok(())
}

fn different(to: &DatabaseUrl, differences: u64, purpose: RelocationPurpose, is_finished: bool) -> String {
    let found = counted(differences, "difference");
    let then = match (purpose, is_finished) {
        (RelocationPurpose::Move, true) => {
            "One of the two desks has worked on since the move, or somebody has changed its database"
        }
        (RelocationPurpose::Move, false) => {
            "Nobody serves it until there is none: look who else writes to it, then begin anew with --restart"
        }
        (RelocationPurpose::Rehearsal, _) => "Look who else writes to it, then rehearse again",
    };
    format!("{to} is not the same: {found}. {then}")
}

/// What is left to do.
fn say_next(
    change: &AnnouncedChange,
    bootstrap: &Bootstrap,
    to: &DatabaseUrl,
    purpose: RelocationPurpose,
) -> anyhow::Result<()> {
    let from = &bootstrap.settings().database.url;
    if purpose == RelocationPurpose::Rehearsal {
        return Ok(change.say(format_args!(
            "It was a rehearsal: nobody serves {to}, and the same command without --rehearse replaces what is there."
        ))?);
    }
    change.say(format_args!(
        "Stop every desk that serves {from}, set database.url to {to}, and start them again. Whoever was signed in signs \
         in anew."
    ))?;
    if let KeySource::File(keys) = bootstrap.keys() {
        let keys = keys.display();
        match to {
            DatabaseUrl::Sqlite(path) if bootstrap.settings().key_file() != path.with_extension("keys") => {
                let beside = path.with_extension("keys");
                change.say(format_args!(
                    "The card keys stay where they are: set cards.key_file to {keys}, or copy that file to {}.",
                    beside.display()
                ))?;
            }
            DatabaseUrl::Sqlite(_) => {}
            DatabaseUrl::SqlServer(_) => change.say(format_args!(
                "The card keys stay where they are: set cards.key_file to {keys}, or put them into a key vault."
            ))?,
        }
    }
    Ok(change.say(format_args!(
        "{from} was not changed. Serve it no more: its webhooks would send again what waits. It still holds sealed card \
         numbers: keep it as a backup is kept, or erase it."
    ))?)
}
