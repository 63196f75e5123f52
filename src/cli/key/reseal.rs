//! `orders key reseal`

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::super::open;
use super::super::output::Change;
use super::super::progress::Progress;
use super::super::setup::Setup;
use crate::db::{DbError, Reseal, Unopenable, Unopened};
use crate::order::OrderNumber;

/// How long one batch goes on trying while the database is busy, and how long it waits in between.
const PATIENCE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// How many orders one transaction takes
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
}

pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<()> {
    let url = &setup.settings().database.url;
    let change = Change::begin(format_args!("{url}: resealing the cards of old orders"))?;
    let db = open::for_command(setup).open().await?;
    let mut reseal = db.reseal(usize::from(arguments.batch)).await?;
    let progress = Progress::start(reseal.due(), "orders");
    let walked = walk(&mut reseal, &progress).await;
    walked.with_context(|| {
        format!("stopped after {} orders, which are done; the same command goes on", reseal.resealed())
    })?;
    progress.finish();
    db.close();
    let ((seal, hash), resealed) = (reseal.newest()?, reseal.resealed());
    change.say(format_args!("{url}: {resealed} orders resealed with seal key {seal} and hash key {hash}"))?;
    if reseal.unopened().is_empty() { Ok(()) } else { bail!(in_words(reseal.unopened())) }
}

/// Goes through the orders, and again as long as others changed cards meanwhile.
async fn walk(reseal: &mut Reseal<'_>, progress: &Progress) -> Result<(), DbError> {
    loop {
        let mut began = Instant::now();
        while let Some(orders) = persist(reseal).await? {
            progress.advance(orders);
            if orders > 0 {
                // As long for others as for this: a desk whose turn to write does not come asks again in between.
                tokio::time::sleep(began.elapsed()).await;
            }
            began = Instant::now();
        }
        if !reseal.is_overtaken() {
            return Ok(());
        }
        reseal.begin_again();
    }
}

/// The next batch. Another program may hold an SQLite file for longer than its busy timeout: this one has time.
async fn persist(reseal: &mut Reseal<'_>) -> Result<Option<usize>, DbError> {
    let began = Instant::now();
    loop {
        match reseal.step().await {
            Err(error @ DbError::Busy(_)) if began.elapsed() < PATIENCE => {
                tracing::warn!(%error, "trying again");
                tokio::time::sleep(PAUSE).await;
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
    let count: usize = unopened.values().map(|one| one.orders.len()).sum();
    let causes: Vec<String> = causes.collect();
    format!("the cards of {count} orders do not open and stay as they are; {}", causes.join("; "))
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
