//! A batch of sealing cards again: one transaction that replaces those that are still the ones that were read.

use super::jobs::{Advance, advance, hold};
use super::{Conn, reencrypt};
use crate::db::DbError;
use crate::db::job::{Batch, BatchDone};
use crate::db::reencrypt::CardBatch;

/// Replaces cards, if the lease of the job still holds; how far it has come then.
pub async fn run(conn: &mut Conn, batch: &Batch, cards: &CardBatch) -> Result<(BatchDone, i64), DbError> {
    let Some(job) = hold(conn, batch).await? else { return Ok((BatchDone::Lost, cards.from)) };
    if job.reached() != cards.from {
        // This very batch was committed before, and its answer lost.
        return Ok((BatchDone::More, job.reached()));
    }
    let replaced = reencrypt::replace_cards(conn, &cards.replacements).await?;
    let mut so_far = Advance::of(&job);
    if replaced < cards.replacements.len() {
        // Others have changed some of them meanwhile: these orders are read again.
        so_far.add(replaced, 0);
        return Ok((advance(conn, batch, so_far, false).await?, cards.from));
    }
    so_far.add(replaced, cards.unopened.len());
    let mut result = job.result();
    for (seal_key, is_damaged, number) in &cards.unopened {
        result.add_unopened(*seal_key, *is_damaged, *number);
    }
    let reached = cards.until.unwrap_or(cards.last);
    let so_far = so_far.up_to(reached).with_result(&result);
    Ok((advance(conn, batch, so_far, cards.until.is_none()).await?, reached))
}
