//! `orders check --counts`: whether the counts that are kept are what counting gives.

use super::super::bootstrap::Bootstrap;
use super::super::database_options;
use super::super::output::AnnouncedChange;
use crate::db::{KeptKind, KeptSums, WrongCount};
use crate::order::{counted, grouped};

/// How many orders one look takes.
const BATCH: u16 = 5_000;
/// How many counts are listed; of the others it is only said how many they are.
const LISTED: u64 = 100;

pub(super) fn run(bootstrap: &Bootstrap) -> anyhow::Result<()> {
    let database = &bootstrap.settings().database.url;
    let change = AnnouncedChange::begin(format_args!("{database}: comparing counts with the orders"))?;
    let wrong = database_options::run(look(bootstrap, &change))?;
    Ok(match wrong {
        0 => change.say(format_args!("{database}: each count is what counting gives")),
        _ => change.say(format_args!("{database}: {} mended", counted(wrong, "count"))),
    }?)
}

/// How many were mended.
async fn look(bootstrap: &Bootstrap, change: &AnnouncedChange) -> anyhow::Result<u64> {
    let db = database_options::for_command(bootstrap).open().await?;
    let mut walk = db.walk_counts(BATCH);
    let mut mended = 0;
    while let Some(wrong) = walk.step().await? {
        for count in &wrong {
            mended += 1;
            if mended <= LISTED {
                change.say(in_words(count))?;
            }
        }
    }
    db.close();
    if mended > LISTED {
        change.say(format_args!("and {} more", grouped(mended - LISTED)))?;
    }
    Ok(mended)
}

/// `store HI-9B97EE4E, ordered on 2026-03-04: 12 orders instead of 13`.
fn in_words(WrongCount { kind, code, period, kept, counted }: &WrongCount) -> String {
    let when = match period {
        ..=9_999 => format!("in {period}"),
        10_000..=999_999 => format!("in {}-{:02}", period / 100, period % 100),
        _ => format!("on {}-{:02}-{:02}", period / 10_000, period / 100 % 100, period % 100),
    };
    let what = match kind {
        None => format!("calendar, ordered {when}"),
        Some(KeptKind::Order) => format!("ordered {when}"),
        Some(KeptKind::Store) => format!("store {code}, ordered {when}"),
        Some(KeptKind::Product) => format!("product {code}, ordered {when}"),
        Some(KeptKind::Shipping) => format!("shipped {when}"),
        Some(KeptKind::Delivery) => format!("delivered {when}"),
        Some(KeptKind::Cancellation) => format!("cancelled {when}"),
    };
    let facts = |sums: &KeptSums| {
        [
            ("orders", sums.orders),
            ("units", sums.units),
            ("cancelled", sums.cancelled),
            ("with dates", sums.dated),
            ("with a date of delivery", sums.delivered),
        ]
    };
    let wrong = facts(kept)
        .into_iter()
        .zip(facts(counted))
        .map(|((name, kept), (_, counted))| (name, kept, counted))
        .filter(|(_, kept, counted)| kept != counted)
        .map(|(name, kept, counted)| format!("{kept} {name} instead of {counted}"));
    format!("{what}: {}", wrong.collect::<Vec<_>>().join(", "))
}
