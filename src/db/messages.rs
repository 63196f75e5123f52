//! Webhook messages: found, sent again and discarded.

use std::time::Duration;

use super::{Backlog, Db, DbError, MessageFilter, MessageId, OutboxMessage, Settled};
use crate::order::Timestamp;

/// Messages that are made due in one transaction.
const BATCH: i64 = 500;

impl Db {
    /// A message; none if there is no such id, or it was settled long ago.
    pub async fn find_message(&self, id: MessageId) -> Result<Option<OutboxMessage>, DbError> {
        let behind = MessageId::recorded(id.get().saturating_add(1));
        let found = self.list_messages(MessageFilter::All, Some(behind), 1).await?;
        Ok(found.into_iter().find(|message| message.id == id))
    }

    /// How many messages are not settled; with a deadline, if somebody waits for it.
    pub async fn count_messages(&self, time: Option<Duration>) -> Result<Backlog, DbError> {
        self.store.count_messages(&mut self.begin_long_read(time)?).await
    }

    /// Makes messages due at once, as if never attempted; all of these or none.
    pub async fn resend_messages(&self, ids: &[MessageId], now: Timestamp) -> Result<Settled, DbError> {
        let settled = self.store.resend_messages(ids.to_vec(), now).await?;
        self.outbox.notify();
        Ok(settled)
    }

    /// Makes all messages due that have failed so far; how many. Some at a time, so that no order has to wait for it.
    pub async fn resend_failed_messages(&self, now: Timestamp) -> Result<u64, DbError> {
        // Counted first: what fails again meanwhile is not sent a third time.
        let all = self.count_messages(None).await?.failed();
        let mut resent = 0;
        while resent < all {
            let some = i64::try_from(all - resent).map_or(BATCH, |left| left.min(BATCH));
            let failed = self.list_failed_messages(some).await?;
            if failed.is_empty() {
                break;
            }
            // Those that somebody else has settled meanwhile are not there the next time.
            if self.resend_messages(&failed, now).await? == Settled::Done {
                resent += failed.len() as u64;
            }
        }
        Ok(resent)
    }

    /// Decides that messages are not to be sent, so that they hold nothing back; all of these or none.
    pub async fn discard_messages(&self, ids: &[MessageId], now: Timestamp) -> Result<Settled, DbError> {
        let settled = self.store.discard_messages(ids.to_vec(), now).await?;
        self.outbox.notify();
        Ok(settled)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::clock::Clock;
    use crate::db::{
        DeliveryFailure, DeliveryOutcome, InsertOrder, LeasedMessage, MessageState, Outbox, SqliteOptions,
    };
    use crate::order::Actor;
    use crate::transfer::Demo;

    const ENDPOINT: &str = "https://hooks.example.com/orders";
    const LEASE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::parse("2026-03-03 12:00:00").unwrap().after(Duration::from_secs(seconds))
    }

    /// A database with messages about so many orders, all of them due.
    async fn with_messages(orders: u64) -> (Db, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::in_folder(folder.path(), 2);
        let outbox = Outbox::new(vec![ENDPOINT.to_owned()], Clock::new(chrono_tz::Tz::UTC));
        let db = options.open().unwrap().with_outbox(outbox);
        for order in Demo::sample(orders, 1) {
            let entry = InsertOrder {
                order,
                by: Actor::Desk,
                client: None,
                at: at(0),
                submission: None,
                cancelled_at: None,
            };
            db.insert_order(&entry).await.unwrap();
        }
        (db, folder)
    }

    /// Leases what is due, as a delivery worker does.
    async fn claim(db: &Db, now: Timestamp) -> Vec<LeasedMessage> {
        let due = db.list_due_messages(ENDPOINT.to_owned(), now, 8).await.unwrap();
        db.lease_messages(due.clone(), now, now.after(LEASE)).await.unwrap()
    }

    async fn states(db: &Db) -> Vec<(MessageState, u32)> {
        let messages = db.list_messages(MessageFilter::All, None, 100).await.unwrap();
        messages.iter().map(|message| (message.state, message.attempts)).collect()
    }

    fn retry(seconds: u64) -> DeliveryOutcome {
        DeliveryOutcome::Retry {
            at: at(seconds),
            reason: DeliveryFailure { status: Some(500), words: "no".to_owned() },
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_message_is_one_desks_until_its_lease_runs_out() {
        let (db, _folder) = with_messages(3).await;
        let due = db.list_due_messages(ENDPOINT.to_owned(), at(0), 8).await.unwrap();
        let mine = claim(&db, at(0)).await;
        assert_eq!(mine.len(), 3);
        // Another desk that had seen the same messages comes too late.
        assert!(db.lease_messages(due.clone(), at(1), at(31)).await.unwrap().is_empty());
        assert!(claim(&db, at(29)).await.is_empty());
        let theirs = claim(&db, at(30)).await;
        assert_eq!(theirs.iter().map(|message| message.attempt).collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(mine[0].webhook_id, theirs[0].webhook_id);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_has_lost_a_lease_cannot_undo_what_the_next_one_did() {
        let (db, _folder) = with_messages(1).await;
        let mine = claim(&db, at(0)).await.remove(0);
        let theirs = claim(&db, at(30)).await.remove(0);
        db.finish_message(
            mine.clone(),
            DeliveryOutcome::Failed(DeliveryFailure { status: None, words: "no".to_owned() }),
            at(31),
        )
        .await
        .unwrap();
        assert_eq!(states(&db).await, [(MessageState::Waiting, 2)]);
        assert!(claim(&db, at(31)).await.is_empty(), "it is still theirs");
        db.finish_message(theirs.clone(), DeliveryOutcome::Delivered(200), at(32)).await.unwrap();
        db.finish_message(mine.clone(), retry(33), at(33)).await.unwrap();
        assert_eq!(states(&db).await, [(MessageState::Delivered, 2)]);
        assert!(claim(&db, at(99)).await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_message_waits_as_long_as_it_was_told_to() {
        let (db, _folder) = with_messages(1).await;
        let due = db.list_due_messages(ENDPOINT.to_owned(), at(0), 8).await.unwrap();
        let message = claim(&db, at(0)).await.remove(0);
        db.finish_message(message.clone(), retry(60), at(5)).await.unwrap();
        assert!(db.lease_messages(due.clone(), at(59), at(89)).await.unwrap().is_empty());
        assert!(claim(&db, at(59)).await.is_empty());
        assert_eq!(claim(&db, at(60)).await[0].attempt, 2);
        // Sent again by somebody, it begins anew.
        db.resend_messages(&due, at(61)).await.unwrap();
        assert_eq!(claim(&db, at(90)).await[0].attempt, 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_counted_is_what_is_not_settled() {
        let (db, _folder) = with_messages(5).await;
        let claimed = claim(&db, at(0)).await;
        let failed = DeliveryOutcome::Failed(DeliveryFailure { status: Some(410), words: "gone".to_owned() });
        db.finish_message(claimed[0].clone(), failed, at(1)).await.unwrap();
        db.finish_message(claimed[1].clone(), DeliveryOutcome::Delivered(204), at(1)).await.unwrap();
        assert_eq!(db.discard_messages(&[claimed[2].id], at(1)).await.unwrap(), Settled::Done);
        let backlog = db.count_messages(None).await.unwrap();
        assert_eq!((backlog.waiting(), backlog.failed()), (2, 1));
        assert_eq!(backlog.oldest_waiting, Some(at(0)));
        assert_eq!(db.list_messages(MessageFilter::Open, None, 100).await.unwrap().len(), 3);
        assert_eq!(db.list_failed_messages(9).await.unwrap(), [claimed[0].id]);
        let not_open = db.resend_messages(&[claimed[0].id, claimed[1].id], at(2)).await.unwrap();
        assert_eq!(not_open, Settled::NotOpen(vec![claimed[1].id]));
        assert_eq!(db.list_failed_messages(9).await.unwrap(), [claimed[0].id], "nothing was changed");
        let month = Duration::from_hours(30 * 24);
        db.purge_at(at(1).after(month)).await;
        assert_eq!(states(&db).await.len(), 5);
        db.purge_at(at(2).after(month)).await;
        assert_eq!(states(&db).await.len(), 3);
    }
}
