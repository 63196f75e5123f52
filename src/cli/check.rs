//! `orders check`

use anyhow::{Context, bail};

use super::bootstrap::Bootstrap;
use super::database_options;
use super::progress::Progress;
use crate::clock;
use crate::config::DatabaseUrl;
use crate::db::{StrayCard, StrayPlace};
use crate::order::OrderNumber;

/// How many orders one look takes.
const BATCH: u16 = 5_000;
/// How many order numbers a sentence lists.
const LISTED: usize = 20;

#[derive(clap::Args)]
pub(super) struct CheckArguments {
    /// Look for card numbers in customer IDs, the history and webhook messages
    #[arg(long, required = true)]
    cards: bool,
    /// Mask what is found, mark its orders, and note it in their history
    #[arg(long)]
    mend: bool,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &CheckArguments) -> anyhow::Result<()> {
    let database = &bootstrap.settings().database.url;
    let (found, orders) = database_options::run(look(bootstrap, arguments.mend))?;
    let (cards, orders) = (count(found.len(), "card number"), count(orders, "order"));
    if found.is_empty() {
        println!("{database}: no card number where none belongs");
    } else if arguments.mend {
        println!("{database}: {cards} of {orders} masked");
    } else {
        bail!(
            "{database}: {cards} of {orders} in the clear. `orders check --cards --mend` masks them; make no backup before"
        );
    }
    if arguments.mend && matches!(database, DatabaseUrl::Sqlite(_)) {
        database_options::sqlite_options(bootstrap)?.compact().context(
            "what was masked may still stand in unused pages of the file. Run the command again when nobody uses it",
        )?;
    }
    Ok(())
}

/// What was found, and in how many orders.
async fn look(bootstrap: &Bootstrap, mend: bool) -> anyhow::Result<(Vec<StrayCard>, usize)> {
    let db = database_options::for_command(bootstrap).open().await?;
    let mut walk = db.find_stray_cards(BATCH, mend.then(clock::utc)).await?;
    let progress = Progress::start(walk.last(), "orders");
    let mut all = Vec::new();
    while let Some((numbers, found)) = walk.step().await? {
        for stray in &found {
            println!("{}", in_words(stray));
        }
        all.extend(found);
        progress.advance(numbers);
    }
    progress.finish();
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
    let orders: std::collections::BTreeSet<OrderNumber> = all.iter().map(|stray| stray.order).collect();
    Ok((all, orders.len()))
}

/// Where it stands; never what.
fn in_words(StrayCard { order, place }: &StrayCard) -> String {
    match place {
        StrayPlace::Customer => format!("order {order}: customer ID"),
        StrayPlace::History(version) => format!("order {order}: history of version {version}"),
        StrayPlace::Message(id) => format!("order {order}: webhook message {id}"),
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn list(orders: &[OrderNumber]) -> String {
    let some: Vec<String> = orders.iter().take(LISTED).map(ToString::to_string).collect();
    let more = if orders.len() > LISTED { " and others" } else { "" };
    format!("order{} {}{more}", if orders.len() == 1 { "" } else { "s" }, some.join(", "))
}
