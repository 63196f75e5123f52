//! `orders key reseal`

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::super::bootstrap::Bootstrap;
use super::super::database_options;
use super::super::output::AnnouncedChange;
use super::super::progress::Progress;
use crate::db::{DbError, Reencryption, Unopenable, Unopened};
use crate::order::{OrderNumber, counted};

/// How long one batch is retried while the database is busy, and the pause in between.
const BATCH_RETRY_TIME: Duration = Duration::from_mins(5);
const RETRY_DELAY: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
pub(super) struct ReencryptArguments {
    /// How many orders one transaction takes
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
}

pub(super) async fn run(bootstrap: &Bootstrap, arguments: &ReencryptArguments) -> anyhow::Result<()> {
    let url = &bootstrap.settings().database.url;
    let change = AnnouncedChange::begin(format_args!("{url}: resealing the cards of old orders"))?;
    let db = database_options::for_command(bootstrap).open().await?;
    let mut reencryption = db.reencrypt(usize::from(arguments.batch)).await?;
    let progress = Progress::start(reencryption.due(), "orders");
    let walked = walk(&mut reencryption, &progress).await;
    walked.with_context(|| {
        format!(
            "stopped after {}, which are done; the same command goes on",
            counted(reencryption.reencrypted() as u64, "order")
        )
    })?;
    progress.finish();
    db.close();
    let ((seal, hash), reencrypted) =
        (reencryption.newest()?, counted(reencryption.reencrypted() as u64, "order"));
    change.say(format_args!("{url}: {reencrypted} resealed with seal key {seal} and hash key {hash}"))?;
    if reencryption.unopened().is_empty() { Ok(()) } else { bail!(in_words(reencryption.unopened())) }
}

/// Walks through the orders, and again while others changed cards meanwhile.
async fn walk(reencryption: &mut Reencryption<'_>, progress: &Progress) -> Result<(), DbError> {
    loop {
        let mut began = Instant::now();
        while let Some(orders) = retry(reencryption).await? {
            progress.advance(orders);
            if orders > 0 {
                // Leaves the lock free for as long as it was held: desks that wait for it poll.
                tokio::time::sleep(began.elapsed()).await;
            }
            began = Instant::now();
        }
        if !reencryption.is_overtaken() {
            return Ok(());
        }
        reencryption.begin_again();
    }
}

/// The next batch, retried: another program may hold an SQLite file for longer than its busy timeout.
async fn retry(reencryption: &mut Reencryption<'_>) -> Result<Option<usize>, DbError> {
    let began = Instant::now();
    loop {
        match reencryption.step().await {
            Err(error @ DbError::Busy(_)) if began.elapsed() < BATCH_RETRY_TIME => {
                tracing::warn!(%error, "trying again");
                tokio::time::sleep(RETRY_DELAY).await;
            }
            done => return done,
        }
    }
}

/// Which orders did not open, and why.
fn in_words(unopened: &Unopened) -> String {
    let causes = unopened.iter().map(|(key, Unopenable { is_damaged, orders })| {
        let cause = if *is_damaged { "is not what sealed their cards" } else { "is not there" };
        format!("seal key {key} {cause}: {}", ranges(orders))
    });
    let count = counted(unopened.values().map(|one| one.orders.len() as u64).sum(), "order");
    let causes: Vec<String> = causes.collect();
    format!("the cards of {count} do not open and stay as they are; {}", causes.join("; "))
}

/// `orders 1 to 30, 32`
fn ranges(orders: &[OrderNumber]) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for number in orders.iter().map(|number| number.get()) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let texts = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        _ => format!("{first} to {last}"),
    });
    format!("orders {}", texts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_a_range() {
        let numbers =
            |all: &[i64]| ranges(&all.iter().filter_map(|n| OrderNumber::new(*n)).collect::<Vec<_>>());
        assert_eq!(numbers(&[7]), "orders 7");
        assert_eq!(numbers(&[1, 2, 3, 5, 8, 9]), "orders 1 to 3, 5, 8 to 9");
    }
}
