//! `orders key`: the keys that seal and hash card numbers.

mod list;
mod reseal;

use anyhow::{Context, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::open;
use crate::config::Settings;
use crate::db::{KeySource, Purpose, add_to_key_file};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show every key, how many orders use it, and which one writes
    List,
    /// Make the first keys
    New,
    /// Make a new key the one that writes; older ones still read
    Rotate {
        /// Which kind of key
        #[arg(value_parser = purpose(), default_value = "seal")]
        purpose: Purpose,
    },
    /// Seal and hash the cards of old orders again with the newest keys, while desks serve
    Reseal(reseal::Arguments),
    /// Forget a key that no order uses any more
    Retire {
        /// Which kind of key
        #[arg(value_parser = purpose())]
        purpose: Purpose,
        /// Its id, as `orders key list` shows it
        id: i16,
        /// The key is lost: give up the card numbers of the orders that use it, for ever
        #[arg(long)]
        lost: bool,
    },
}

fn purpose() -> impl TypedValueParser<Value = Purpose> {
    PossibleValuesParser::new(Purpose::ALL.map(Purpose::as_str))
        .try_map(|word| Purpose::parse(&word).ok_or("is no kind of key"))
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    open::run(async {
        match &arguments.command {
            Command::List => list::run(settings).await,
            Command::New => new(settings).await,
            Command::Rotate { purpose } => rotate(settings, *purpose).await,
            Command::Reseal(arguments) => reseal::run(settings, arguments).await,
            Command::Retire { purpose, id, lost } => retire(settings, *purpose, *id, *lost).await,
        }
    })
}

async fn new(settings: &Settings) -> anyhow::Result<()> {
    let source = open::keys(settings);
    if let KeySource::File(path) = &source
        && path.exists()
    {
        bail!("{source} is there already. `orders key rotate` adds a key to it");
    }
    // Opening makes the file where the database knows no keys either.
    open::for_command(settings).open().await?.close();
    println!("{source}: one key that seals and one that hashes, known to {}", settings.database.url);
    println!("Keep a copy of it apart from the database: nobody can make these keys again.");
    Ok(())
}

async fn rotate(settings: &Settings, purpose: Purpose) -> anyhow::Result<()> {
    let source = open::keys(settings);
    // Nothing is added to keys that are not this database's.
    let db = open::for_command(settings).open().await?;
    match &source {
        KeySource::File(path) => add_to_key_file(path, purpose)
            .with_context(|| format!("cannot add a key to {source}, which is as it was"))?,
        KeySource::Given { .. } => bail!("{source} takes no keys from here"),
    }
    db.take_up_keys(&source).await?;
    let id = db.newest_key(purpose).context("there is no key")?;
    db.close();
    println!("{source}: the {purpose} key {id} is new and writes from now on; older ones still read");
    println!("Keep a copy of it apart from the database: nobody can make these keys again.");
    println!(
        "A desk that serves takes it up when it gets SIGHUP, or starts again. Then `orders key reseal` gives it"
    );
    println!("to old orders.");
    Ok(())
}

async fn retire(settings: &Settings, purpose: Purpose, id: i16, lost: bool) -> anyhow::Result<()> {
    open::for_command(settings).retire_key(purpose, id, lost).await?;
    println!("{}: the {purpose} key {id} is retired", settings.database.url);
    if lost {
        println!("The card numbers of the orders that use it can be read by nobody. The orders stay.");
    } else {
        println!(
            "No order uses it. Backups from before may: keep a copy for as long as you keep them. In {} it",
            open::keys(settings)
        );
        println!("may now be deleted.");
    }
    Ok(())
}
