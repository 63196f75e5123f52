//! `orders check --history`: whether the history is whole.

use anyhow::bail;

use super::super::bootstrap::Bootstrap;
use super::super::progress::Progress;
use super::super::{database_options, output};
use crate::db::HistoryGap;
use crate::order::counted;

/// How many orders one look takes.
const BATCH: u16 = 5_000;
/// How many versions a line lists.
const LISTED: usize = 10;

pub(super) fn run(bootstrap: &Bootstrap) -> anyhow::Result<()> {
    let database = &bootstrap.settings().database.url;
    let found = database_options::run(look(bootstrap))?;
    if found > 0 {
        bail!(
            "{database}: {} without a whole history. The desk writes an order and its history together, so something else has changed them: compare with a backup",
            counted(found, "order")
        );
    }
    Ok(output::say(format_args!("{database}: each order has an event for each of its versions"))?)
}

/// How many orders have gaps.
async fn look(bootstrap: &Bootstrap) -> anyhow::Result<u64> {
    let db = database_options::for_command(bootstrap).open().await?;
    let mut walk = db.walk_history(BATCH).await?;
    // One look needs no word about how far it is.
    let progress = (walk.last() > u64::from(BATCH)).then(|| Progress::start(walk.last(), "orders"));
    let mut found = 0;
    while let Some((numbers, gaps)) = walk.step().await? {
        for gap in &gaps {
            output::say(in_words(gap))?;
            found += 1;
        }
        if let Some(progress) = &progress {
            progress.advance(numbers);
        }
    }
    if let Some(progress) = progress {
        progress.finish();
    }
    db.close();
    Ok(found)
}

fn in_words(HistoryGap { order, version, events }: &HistoryGap) -> String {
    let order = match version {
        Some(version) => format!("order {order}: version {version}"),
        None => format!("order {order}: there is none"),
    };
    let listed: Vec<String> = events.iter().take(LISTED).map(i32::to_string).collect();
    let more = if events.len() > LISTED { ", …" } else { "" };
    match events.len() {
        0 => format!("{order}, no event"),
        many => format!("{order}, {} of {}{more}", counted(many as u64, "event"), listed.join(", ")),
    }
}
