//! `orders check --cards`

use std::collections::BTreeSet;

use anyhow::{Context, bail};

use super::super::bootstrap::Bootstrap;
use super::super::database_options;
use super::super::output::{self, AnnouncedChange};
use super::super::progress::Progress;
use crate::clock;
use crate::config::DatabaseUrl;
use crate::db::{StrayCard, StrayPlace};
use crate::order::OrderNumber;
use crate::order::counted;

/// So many orders are looked through without a word about how far it is.
const SILENT: u64 = 5_000;
/// How many order numbers a sentence lists.
const LISTED: usize = 20;

/// Looks for them, and masks them if it is to mend.
pub(super) fn run(bootstrap: &Bootstrap, mend: bool) -> anyhow::Result<()> {
    let database = &bootstrap.settings().database.url;
    let change = if mend {
        Some(AnnouncedChange::begin(format_args!("{database}: masking card numbers where none belongs"))?)
    } else {
        None
    };
    let (found, orders) = database_options::run(look(bootstrap, change.as_ref()))?;
    let (cards, orders) = (counted(found, "card number"), counted(orders, "order"));
    let Some(change) = change else {
        if found > 0 {
            bail!(
                "{database}: {cards} of {orders} in the clear. `orders check --cards --mend` masks them; make no backup before"
            );
        }
        return Ok(output::say(format_args!("{database}: no card number where none belongs"))?);
    };
    if matches!(database, DatabaseUrl::Sqlite(_)) {
        database_options::sqlite_options(bootstrap)?.compact().context(
            "what was masked may still stand in unused pages of the file. Run the command again when nobody uses it",
        )?;
    }
    Ok(change.say(format_args!("{database}: {cards} of {orders} masked"))?)
}

/// How many were found, and in how many orders.
async fn look(bootstrap: &Bootstrap, change: Option<&AnnouncedChange>) -> anyhow::Result<(u64, u64)> {
    let db = database_options::for_command(bootstrap).open().await?;
    let mut walk = db.find_stray_cards(change.map(|_| clock::utc())).await?;
    let progress = (walk.last() > SILENT).then(|| Progress::start(walk.last(), "orders"));
    let (mut cards, mut orders) = (0_u64, BTreeSet::new());
    while let Some((numbers, found)) = walk.step().await? {
        for stray in &found {
            let line = in_words(stray);
            match change {
                Some(change) => change.say(line)?,
                None => output::say(line)?,
            }
            cards += 1;
            orders.insert(stray.order);
        }
        if let Some(progress) = &progress {
            progress.advance(numbers);
        }
    }
    if let Some(progress) = progress {
        progress.finish();
    }
    let (unopened, overtaken) = (walk.unopened().to_vec(), walk.overtaken().to_vec());
    db.close();
    if !unopened.is_empty() {
        bail!(
            "the cards of {} do not open with the keys that are here, so their customers stay as they are. Run the command with the keys that sealed them",
            list(&unopened)
        );
    }
    if !overtaken.is_empty() {
        bail!("{} changed meanwhile. Run the command again", list(&overtaken));
    }
    Ok((cards, orders.len() as u64))
}

/// Where it stands; never what.
fn in_words(StrayCard { order, place }: &StrayCard) -> String {
    match place {
        StrayPlace::Customer => format!("order {order}: customer ID"),
        StrayPlace::History(version) => format!("order {order}: history of version {version}"),
        StrayPlace::Note => format!("order {order}: note"),
        StrayPlace::Message(id) => format!("order {order}: webhook message {id}"),
    }
}

fn list(orders: &[OrderNumber]) -> String {
    let some: Vec<String> = orders.iter().take(LISTED).map(ToString::to_string).collect();
    let more = if orders.len() > LISTED { " and others" } else { "" };
    format!("order{} {}{more}", if orders.len() == 1 { "" } else { "s" }, some.join(", "))
}
