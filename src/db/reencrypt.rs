//! Reencrypting and rehashing the cards of old orders with the newest keys, while desks serve.
//!
//! It is a job: batch by batch, each in a transaction of its own, by whichever desk or command has its lease. A card is
//! replaced only where it is still the one that was read.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use super::cards::{CardKeys, Purpose, SealError, SealedCard};
use super::job::{Batch, BatchDone, InsertJob, JobInserted, JobLease, JobState, JobWork, ReencryptWork};
use super::keys::KeyUses;
use super::schema::orders;
use super::{Db, DbError};
use crate::order::{Actor, DateUuid, JobId, ListQuery, OrderNumber, SystemTask, Timestamp, UserId};

/// What tells a request from others: there is one at a time.
const SUBMISSION: &str = "reencrypt";

/// For how long a batch reads past orders that need nothing, before it notes how far it has come.
const READ_TIME: Duration = Duration::from_secs(2);

/// The card of an order, with what it is sealed to.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(Sqlite, Mssql))]
pub(crate) struct StoredCard {
    number: OrderNumber,
    date_uuid: DateUuid,
    user_id: UserId,
    #[diesel(embed)]
    card: SealedCard,
}

/// A card sealed anew, for an order that still has the old one.
pub(super) struct Replacement {
    pub(super) number: i64,
    pub(super) old: Vec<u8>,
    pub(super) card: SealedCard,
}

/// Cards that were read, and what a transaction makes of them.
pub(super) struct CardBatch {
    pub(super) replacements: Vec<Replacement>,
    /// Those that do not open: the seal key that they name, whether it is there, and the order.
    pub(super) unopened: Vec<(i16, bool, OrderNumber)>,
    /// The number behind which they were read, and up to which; none where these are the last.
    pub(super) from: i64,
    pub(super) until: Option<i64>,
    pub(super) last: i64,
}

/// What came of asking for newer seals.
pub enum Reencryption {
    /// All orders have the newest keys already.
    NotDue,
    /// The caller is to do it.
    Leased(JobLease),
    /// Another program is at it.
    Known(JobId),
}

impl Db {
    /// Adds the job that seals the cards of old orders again, unless one is under way.
    pub async fn begin_reencryption(&self, at: Timestamp) -> Result<Reencryption, DbError> {
        let (seal_key, hash_key) = self.newest_keys()?;
        let last = self.store.last_number().await?;
        let due = self.count_older_cards(last).await?;
        if due == 0 {
            return Ok(Reencryption::NotDue);
        }
        let until = JobLease::until(at);
        let work = JobWork::Reencrypt(ReencryptWork { seal_key, hash_key, last });
        let job = InsertJob {
            work: Some(work.clone()),
            state: JobState::Running,
            submission: SUBMISSION.to_owned(),
            orders: due,
            list: ListQuery::default(),
            by: Actor::System(SystemTask::Reencrypt),
            client: None,
            at,
            leased_until: Some(until),
        };
        Ok(match self.store.insert_sole_job(job).await? {
            JobInserted::Added(id) => Reencryption::Leased(JobLease::begin(id, work, until)),
            JobInserted::Known(id) => Reencryption::Known(id),
        })
    }

    /// Orders up to a number that have other keys than the newest ones, and no newer ones than this program knows.
    async fn count_older_cards(&self, last: i64) -> Result<u64, DbError> {
        let (keys, newest) = (self.keys(), self.newest_keys()?);
        let (mut read, mut due, mut after) = (self.begin_long_read(None)?, 0, Some(0));
        while let Some(key) = after {
            let slice = self.store.count_key_uses(&mut read, key, last).await?;
            let is_due = |(seal, hash, _): &&KeyUses| {
                (*seal, *hash) != newest
                    && !is_beyond(&keys, Purpose::Seal, *seal)
                    && !is_beyond(&keys, Purpose::Hash, *hash)
            };
            due += slice.found.iter().filter(is_due).map(|(.., orders)| orders.unsigned_abs()).sum::<u64>();
            after = slice.next;
        }
        Ok(due)
    }

    /// The ids of the keys that seal and hash.
    pub fn newest_keys(&self) -> Result<(i16, i16), DbError> {
        let keys = self.keys();
        let newest = |purpose| keys.newest(purpose).ok_or(SealError);
        Ok((newest(Purpose::Seal)?, newest(Purpose::Hash)?))
    }

    /// Whether this program knows the keys that a job is to seal with.
    pub(super) fn has_keys_of(&self, work: ReencryptWork) -> bool {
        self.newest_keys().is_ok_and(|(seal, hash)| seal >= work.seal_key && hash >= work.hash_key)
    }

    /// Seals the next cards again that have older keys; what came of it, and how long the writing took.
    pub(super) async fn run_card_batch(
        &self,
        lease: &mut JobLease,
        work: ReencryptWork,
        batch: Batch,
    ) -> Result<(BatchDone, Duration), DbError> {
        let newest = self.newest_keys()?;
        let mut read = match lease.read.take() {
            Some(read) => read,
            None => self.begin_long_read(None)?,
        };
        let (began, mut next, mut found) = (Instant::now(), Some(lease.reached), Vec::new());
        while let Some(after) = next.filter(|_| found.is_empty() && began.elapsed() < READ_TIME) {
            let slice =
                self.store.list_cards_without(&mut read, newest, after, work.last, batch.limit).await?;
            (found, next) = (slice.found, slice.next);
        }
        lease.read = Some(read);
        let cards = CardBatch::new(&self.keys(), found, (lease.reached, next, work.last))?;
        let began = Instant::now();
        let (done, reached) = self.store.run_card_batch(batch, cards).await?;
        lease.reached = reached;
        Ok((done, began.elapsed()))
    }
}

impl CardBatch {
    fn new(
        keys: &CardKeys,
        found: Vec<StoredCard>,
        (from, until, last): (i64, Option<i64>, i64),
    ) -> Result<Self, DbError> {
        let mut batch = Self { replacements: Vec::new(), unopened: Vec::new(), from, until, last };
        for StoredCard { number, date_uuid, user_id, card } in found {
            // Newer seals than this program can make are left alone.
            if is_beyond(keys, Purpose::Seal, card.seal_key) || is_beyond(keys, Purpose::Hash, card.hash_key)
            {
                continue;
            }
            if card.is_erased() {
                let erased = SealedCard::erased(keys, (&date_uuid, &user_id))?;
                batch.replacements.push(Replacement { number: number.get(), old: card.sealed, card: erased });
                continue;
            }
            let Ok(opened) = keys.open(&card, (&date_uuid, &user_id)) else {
                let is_damaged = keys.ids(Purpose::Seal).any(|id| id == card.seal_key);
                batch.unopened.push((card.seal_key, is_damaged, number));
                continue;
            };
            let old = card.sealed;
            let card = keys.seal(&opened, (&date_uuid, &user_id))?;
            batch.replacements.push(Replacement { number: number.get(), old, card });
        }
        Ok(batch)
    }
}

/// Whether a key was registered after those that this program has: ids are counted up.
fn is_beyond(keys: &CardKeys, purpose: Purpose, id: i16) -> bool {
    keys.ids(purpose).max().is_some_and(|last| id > last)
}

impl StoredCard {
    pub(super) fn number(&self) -> i64 {
        self.number.get()
    }

    /// What it is sealed to.
    pub(super) fn order(&self) -> (&DateUuid, &UserId) {
        (&self.date_uuid, &self.user_id)
    }

    pub(super) fn sealed(&self) -> &[u8] {
        &self.card.sealed
    }
}
