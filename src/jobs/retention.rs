//! What was kept for long enough goes: entries of the access log, and card numbers of old orders. A little at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::order::{Access, Actor, Deed, End, Outcome, SystemTask};

/// Rows that are deleted or changed in one transaction: few enough to hold up no order.
const BATCH: u16 = 200;
// Lets others write in between.
const BATCH_DELAY: Duration = Duration::from_millis(100);
/// From one look at the access log to the next.
const LOG_INTERVAL: Duration = Duration::from_hours(1);
/// The same for cards, for which all orders are read; what is kept is kept by the day.
const CARD_INTERVAL: Duration = Duration::from_hours(24);

/// For how long what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Days for entries of the access log.
    pub audit_days: u16,
    /// Days behind an order's date for its card number; none: for ever.
    pub card_days: Option<u16>,
}

/// Lets go what is old enough, from time to time.
pub struct RetentionWorker {
    db: Arc<Db>,
    clock: Clock,
    retention: Retention,
}

impl RetentionWorker {
    pub fn new(db: Arc<Db>, clock: Clock, retention: Retention) -> Self {
        Self { db, clock, retention }
    }

    /// Goes on until `stopping` is set, and leaves the rest to the next start.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut seen_cards: Option<Instant> = None;
        while !*stopping.borrow_and_update() {
            let stops = || *stopping.borrow();
            if let Err(error) = self.purge_log(stops).await {
                tracing::warn!(%error, "old entries of the access log could not be deleted");
            }
            if let Some(days) = self.retention.card_days
                && seen_cards.is_none_or(|at| at.elapsed() >= CARD_INTERVAL)
            {
                match self.erase_cards(days, stops).await {
                    Ok(()) => seen_cards = Some(Instant::now()),
                    Err(error) => tracing::warn!(%error, "card numbers of old orders could not be erased"),
                }
            }
            tokio::select! {
                _ = stopping.changed() => {}
                () = sleep(LOG_INTERVAL) => {}
            }
        }
    }

    async fn purge_log(&self, stops: impl Fn() -> bool) -> Result<(), DbError> {
        let before = self.clock.utc().before(days(self.retention.audit_days));
        if !self.db.has_old_accesses(before).await? {
            return Ok(());
        }
        let id = self.begin(Deed::LogPurged { before: before.day() }).await?;
        let mut all = 0;
        let done = loop {
            match self.db.delete_old_accesses(before, BATCH.into()).await {
                Ok(deleted) => {
                    all += deleted as u64;
                    if deleted < BATCH.into() || stops() {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
            sleep(BATCH_DELAY).await;
        };
        self.end(id, all, done.is_ok()).await?;
        done.inspect(|()| tracing::info!(entries = all, "old entries of the access log were deleted"))
    }

    async fn erase_cards(&self, card_days: u16, stops: impl Fn() -> bool) -> Result<(), DbError> {
        // As the business's clocks show it, as orders' dates are.
        let before = self.clock.local_at(self.clock.utc().before(days(card_days))).day();
        let mut erasure = self.db.begin_card_erasure(before, BATCH.into()).await?;
        let (mut id, mut all) = (None, 0);
        let done = loop {
            match self.erase_some(&mut erasure, &mut id).await {
                Ok(Some(erased)) => all += erased,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if stops() {
                break Ok(());
            }
        };
        if let Some(id) = id {
            self.end(id, all, done.is_ok()).await?;
            tracing::info!(orders = all, "card numbers of old orders were erased");
        }
        done
    }

    /// How many were erased; nothing when there are no more. The first that is found is written down before.
    async fn erase_some(
        &self,
        erasure: &mut crate::db::CardErasure<'_>,
        id: &mut Option<Uuid>,
    ) -> Result<Option<u64>, DbError> {
        let Some(found) = erasure.find().await? else { return Ok(None) };
        if found.is_empty() {
            return Ok(Some(0));
        }
        if id.is_none() {
            *id = Some(self.begin(Deed::CardsErased { before: erasure.before() }).await?);
        }
        let erased = erasure.erase(found).await?;
        sleep(BATCH_DELAY).await;
        Ok(Some(erased as u64))
    }

    async fn begin(&self, deed: Deed) -> Result<Uuid, DbError> {
        let (id, by) = (Uuid::new_v4(), Actor::System(SystemTask::Retention));
        let access = Access { id, at: self.clock.utc(), by, session: None, client: None, deed };
        self.db.insert_access(access).await?;
        Ok(id)
    }

    async fn end(&self, id: Uuid, count: u64, is_done: bool) -> Result<(), DbError> {
        let end = if is_done { End::Finished } else { End::Failed };
        self.db.insert_outcome(id, Outcome::of(end, count), self.clock.utc()).await
    }
}

fn days(days: u16) -> Duration {
    Duration::from_hours(u64::from(days) * 24)
}
