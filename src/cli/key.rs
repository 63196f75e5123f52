//! `orders key`: the keys that seal and hash card numbers.

mod list;
mod reencrypt;
mod vault;

use anyhow::{Context, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::bootstrap::Bootstrap;
use super::database_options;
use super::deeds::{self, logged};
use super::output::AnnouncedChange;
use crate::db::{KeySource, Purpose, add_to_key_file};
use crate::order::{Deed, KeyAct};

#[derive(clap::Args)]
pub(super) struct KeyArguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(clap::Subcommand)]
enum KeyCommand {
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
    // Operators and runbooks know the command by this name.
    #[command(name = "reseal")]
    Reencrypt(reencrypt::ReencryptArguments),
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

pub(super) fn run(bootstrap: &Bootstrap, arguments: &KeyArguments) -> anyhow::Result<()> {
    database_options::run(async {
        match &arguments.command {
            KeyCommand::List => list::run(bootstrap).await,
            KeyCommand::New => new(bootstrap).await,
            KeyCommand::Rotate { purpose } => rotate(bootstrap, *purpose).await,
            KeyCommand::Reencrypt(arguments) => Box::pin(reencrypt::run(bootstrap, arguments)).await,
            KeyCommand::Retire { purpose, id, lost } => {
                Box::pin(retire(bootstrap, *purpose, *id, *lost)).await
            }
        }
    })
}

async fn new(bootstrap: &Bootstrap) -> anyhow::Result<()> {
    let source = bootstrap.keys();
    if let KeySource::File(path) = &source
        && path.exists()
    {
        bail!("{source} is there already. `orders key rotate` adds a key to it");
    }
    let change = AnnouncedChange::begin(format_args!("{source}: making the first keys"))?;
    let source = match (source, &bootstrap.vault) {
        (KeySource::Given { place, keys }, Some(vault)) => {
            vault::begin(bootstrap, vault, place, keys).await?
        }
        // Opening makes the file where the database knows no keys either.
        (source, _) => source,
    };
    let db = database_options::for_command(bootstrap).with_keys(source.clone()).open().await?;
    let deed = [Deed::Key { key: None, act: KeyAct::Made }];
    logged(&db, deed, async { Ok(()) }, |()| 0).await?;
    db.close();
    let url = &bootstrap.settings().database.url;
    change.say(format_args!("{source}: one key that seals and one that hashes, known to {url}"))?;
    change.say("Keep a copy of them apart from the database: nobody can make these keys again.")?;
    Ok(())
}

async fn rotate(bootstrap: &Bootstrap, purpose: Purpose) -> anyhow::Result<()> {
    let source = bootstrap.keys();
    let change = AnnouncedChange::begin(format_args!("{source}: adding a {purpose} key"))?;
    // Nothing is added to keys that are not this database's.
    let db = database_options::for_command(bootstrap).open().await?;
    let add = async {
        let source = match (source, &bootstrap.vault) {
            (KeySource::Given { place, keys }, Some(vault)) => {
                vault::add(vault, place, keys, purpose).await?
            }
            (source, _) => {
                add_to_key_file(&bootstrap.settings().key_file(), purpose)
                    .with_context(|| format!("cannot add a key to {source}, which is as it was"))?;
                source
            }
        };
        db.reload_keys(&source).await?;
        Ok(source)
    };
    let deed = [Deed::Key { key: Some(format!("of the kind {purpose}")), act: KeyAct::Rotated }];
    let source = logged(&db, deed, add, |_| 0).await?;
    let id = db.newest_key(purpose).context("there is no key")?;
    db.close();
    change.say(format_args!(
        "{source}: the {purpose} key {id} is new and writes from now on; older ones still read"
    ))?;
    change.say("Keep a copy of it apart from the database: nobody can make it again.")?;
    change.say(when_reloaded(bootstrap))?;
    change.say("Then `orders key reseal` gives it to old orders.")?;
    Ok(())
}

/// When desks that serve write with a new key.
fn when_reloaded(bootstrap: &Bootstrap) -> String {
    let refresh = bootstrap.settings().key_vault.refresh;
    if bootstrap.vault.is_some() && !refresh.is_zero() {
        format!("Desks that serve take it up within {} seconds, or when they get SIGHUP.", refresh.as_secs())
    } else {
        "A desk that serves takes it up when it gets SIGHUP, or starts again.".to_owned()
    }
}

async fn retire(bootstrap: &Bootstrap, purpose: Purpose, id: i16, lost: bool) -> anyhow::Result<()> {
    let url = &bootstrap.settings().database.url;
    let change = AnnouncedChange::begin(format_args!("{url}: retiring the {purpose} key {id}"))?;
    let options = database_options::for_command(bootstrap);
    let act = if lost { KeyAct::GivenUp } else { KeyAct::Retired };
    let deed = Deed::Key { key: Some(format!("{purpose} {id}")), act };
    // Without keys that the database knows, it does not open before they are retired.
    if let Ok(db) = database_options::for_command(bootstrap).open().await {
        let retire = async { Ok(options.retire_key((purpose, id), lost, None).await?) };
        logged(&db, [deed], retire, |()| 0).await?;
        db.close();
    } else {
        options.retire_key((purpose, id), lost, Some(&deeds::entry(deed))).await?;
    }
    change.say(format_args!("{url}: the {purpose} key {id} is retired"))?;
    if lost {
        change.say("The card numbers of the orders that use it can be read by nobody. The orders stay.")?;
    } else {
        change.say(format_args!(
            "No order uses it. Backups from before may: keep a copy for as long as you keep them. In {} it\n\
             may now be deleted.",
            bootstrap.keys()
        ))?;
    }
    Ok(())
}
