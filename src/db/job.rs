//! Jobs: long work that any desk takes up and goes on with.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::long_read::{LongRead, Pace};
use crate::order::{Actor, BulkAction, JobId, ListQuery, Now, Order, OrderNumber, Timestamp};

/// A job, and how far it has come.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: JobId,
    /// None as long as nobody has chosen what to do, and where only a newer release knows it.
    pub work: Option<JobWork>,
    pub state: JobState,
    /// How many orders it is about; 0 where it is about none.
    pub orders: u64,
    /// How many it has changed so far; of a purge how many rows it has deleted.
    pub changed: u64,
    /// How many it has left out so far.
    pub left_out: u64,
    /// What came of it beside those counts.
    pub result: JobResult,
    /// Until when a desk has leased it; of a purge that is over, when it is due again.
    pub leased_until: Option<Timestamp>,
    /// The list that somebody looked at.
    pub list: ListQuery,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When it was asked for, in UTC.
    pub at: Timestamp,
    /// When it ended, in UTC.
    pub ended_at: Option<Timestamp>,
}

impl Job {
    /// For how long it can be undone after it has ended.
    const UNDO_TIME: Duration = Duration::from_hours(7 * 24);

    /// What it does to orders that were noted; none where it does something else.
    pub fn action(&self) -> Option<&BulkAction> {
        match &self.work {
            Some(JobWork::Bulk(action)) => Some(action),
            _ => None,
        }
    }

    /// Whether it runs, and no program is at it.
    pub fn is_free(&self, now: Timestamp) -> bool {
        self.state == JobState::Running && self.leased_until.is_none_or(|until| until <= now)
    }

    /// How many orders it has dealt with so far.
    pub fn looked_at(&self) -> u64 {
        self.changed.saturating_add(self.left_out)
    }

    /// Why it cannot be undone, as a sentence; none where it can be.
    pub fn why_not_undone(&self, now: Timestamp) -> Option<&'static str> {
        match &self.work {
            None => return Some("Nobody has let it run."),
            Some(JobWork::Reencrypt(_) | JobWork::Purge) => return Some("It is no action on orders."),
            Some(JobWork::Bulk(BulkAction::Undo(_))) => return Some("It has undone another action itself."),
            Some(JobWork::Bulk(_) | JobWork::Import(_) | JobWork::CommandImport(_)) => {}
        }
        match self.ended_at {
            None => Some("It is still under way: stop it first."),
            Some(_) if self.changed == 0 => Some("It has changed no order."),
            Some(ended) if ended < now.before(Self::UNDO_TIME) => Some("It ended more than 7 days ago."),
            Some(_) => None,
        }
    }
}

/// What a job does. `Db::run_batch` has an arm for each, and `rows::job` how it is stored; a release that does not know a
/// kind leaves its jobs to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobWork {
    /// An action on orders that were noted.
    Bulk(BulkAction),
    /// Seals and hashes the cards of old orders with newer keys.
    Reencrypt(ReencryptWork),
    /// Adds and changes orders as a file says, the file of this name. It has a worker of its own (`jobs::imports`).
    Import(String),
    /// The same by a command, which alone has the file, or the table, of this name: no desk goes on with it.
    CommandImport(String),
    /// Deletes what has been kept for long enough. It is never over, but due again an hour after it has come to its end.
    Purge,
}

impl From<BulkAction> for JobWork {
    fn from(action: BulkAction) -> Self {
        Self::Bulk(action)
    }
}

impl JobWork {
    /// The kinds that a desk's worker of jobs can run: imports have another one, or a command.
    pub const KINDS: [&str; 8] =
        ["ship", "deliver", "correct", "cancel", "reopen", "undo", Self::REENCRYPT, Self::PURGE];
    pub const IMPORT: &str = "import";
    pub const COMMAND_IMPORT: &str = "import-by-command";
    pub const REENCRYPT: &str = "reencrypt";
    pub const PURGE: &str = "purge";

    /// Whether it is an import, which has pages of its own.
    pub fn is_import(&self) -> bool {
        matches!(self, Self::Import(_) | Self::CommandImport(_))
    }

    /// The word that is stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bulk(action) => action.kind(),
            Self::Reencrypt(_) => Self::REENCRYPT,
            Self::Import(_) => Self::IMPORT,
            Self::CommandImport(_) => Self::COMMAND_IMPORT,
            Self::Purge => Self::PURGE,
        }
    }

    /// As people call it.
    pub fn words(&self) -> String {
        match self {
            Self::Bulk(action) => action.words(),
            Self::Reencrypt(_) => "Seal cards with the newest keys".to_owned(),
            Self::Import(file) | Self::CommandImport(file) => format!("Import {file}"),
            Self::Purge => "Delete what was kept for long enough".to_owned(),
        }
    }

    /// What has been done to an order, as people say it behind a number.
    pub fn done_words(&self) -> String {
        match self {
            Self::Bulk(action) => action.done_words(),
            Self::Reencrypt(_) => "sealed again".to_owned(),
            Self::Import(_) | Self::CommandImport(_) => "added or changed".to_owned(),
            Self::Purge => "deleted".to_owned(),
        }
    }
}

/// Which cards are sealed and hashed anew, and with which keys at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReencryptWork {
    /// The ids of the newest keys, when it was asked for.
    pub seal_key: i16,
    pub hash_key: i16,
    /// The number of the newest order then.
    pub last: i64,
}

/// What came of a job beside how many orders it has dealt with, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobResult {
    /// Cards that did not open, and stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unopened: Vec<Unopened>,
}

/// Orders whose cards do not open with the key that they name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unopened {
    pub seal_key: i16,
    /// Whether the key is there, and the card is not what it sealed.
    pub is_damaged: bool,
    /// The first and last number of each range of them.
    pub orders: Vec<(i64, i64)>,
}

impl JobResult {
    /// Ranges that are kept: with them the text fits into its column.
    const MAX_RANGES: usize = 80;

    /// Notes an order behind all that are noted. Only so many are; the job's count has them all.
    pub fn add_unopened(&mut self, seal_key: i16, is_damaged: bool, number: OrderNumber) {
        let number = number.get();
        let ranges: usize = self.unopened.iter().map(|one| one.orders.len()).sum();
        let known =
            self.unopened.iter_mut().find(|one| one.seal_key == seal_key && one.is_damaged == is_damaged);
        match known {
            Some(known) => match known.orders.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ if ranges < Self::MAX_RANGES => known.orders.push((number, number)),
                _ => {}
            },
            None if ranges < Self::MAX_RANGES => {
                self.unopened.push(Unopened { seal_key, is_damaged, orders: vec![(number, number)] });
            }
            None => {}
        }
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Its orders are being noted.
    Collecting,
    /// It waits for somebody to choose what to do, and to say that it is to run.
    Asking,
    /// It runs, or waits for a desk that takes it up.
    Running,
    /// It has come to its end.
    Done,
    /// Somebody has stopped it; what it had done stays.
    Cancelled,
    /// The program could not go on; what it had done stays.
    Failed,
}

impl JobState {
    const ALL: [Self; 6] =
        [Self::Collecting, Self::Asking, Self::Running, Self::Done, Self::Cancelled, Self::Failed];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collecting => "collecting",
            Self::Asking => "asking",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more comes of it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
    }
}

/// What came of an order of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    Changed,
    LeftOut,
}

impl JobOutcome {
    /// The word that is stored, and that URLs have for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::LeftOut => "left-out",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Changed, Self::LeftOut].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// An order of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOrder {
    /// Counted from 1, in the order of the list.
    pub position: i32,
    pub number: OrderNumber,
    /// None as long as it waits.
    pub outcome: Option<JobOutcome>,
    /// Why it was left out, behind its number.
    pub reason: Option<String>,
}

/// An order of a job as it is now.
#[derive(Debug, Clone)]
pub struct ShownOrder {
    pub position: i32,
    /// The version that was shown.
    pub seen: i32,
    pub order: Order,
}

/// A job that somebody asks for.
#[derive(Debug, Clone)]
pub struct InsertJob {
    /// None, where somebody is still to choose.
    pub work: Option<JobWork>,
    /// The state that it begins in.
    pub state: JobState,
    /// What tells the request from every other.
    pub submission: String,
    /// How many orders it is about, where they are not counted while they are noted.
    pub orders: u64,
    /// The list that somebody looked at.
    pub list: ListQuery,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    /// Until when the desk that asks has leased it, where it runs it itself.
    pub leased_until: Option<Timestamp>,
}

/// What came of a new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobInserted {
    Added(JobId),
    /// The same request had asked for it before.
    Known(JobId),
}

impl JobInserted {
    pub fn id(self) -> JobId {
        match self {
            Self::Added(id) | Self::Known(id) => id,
        }
    }
}

/// An order as a page showed it: its number and its version.
pub type SeenOrder = (OrderNumber, i32);

/// The right to go on with a job, which no other desk has until it expires.
pub struct JobLease {
    pub job: JobId,
    pub work: JobWork,
    /// When it expires; this exact time identifies it.
    pub(super) until: Timestamp,
    /// How many orders a transaction takes, so that nobody waits long for it.
    pub(super) pace: Pace,
    /// The number of the order up to which it has come, where it goes through all orders.
    pub(super) reached: i64,
    /// What it reads them with.
    pub(super) read: Option<LongRead>,
}

/// What a lease is of.
#[derive(Debug)]
pub struct LeasedJob {
    pub work: JobWork,
    pub reached: i64,
}

impl JobLease {
    /// The same with so many orders in a transaction at most.
    #[must_use]
    pub fn in_batches_of(mut self, most: i64) -> Self {
        self.pace = self.pace.up_to(most);
        self
    }
}

/// The next part of a job, which is done in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    pub job: JobId,
    /// The lease, and how long it is held from now on.
    pub held: Timestamp,
    pub until: Timestamp,
    /// How many orders it takes at most.
    pub limit: i64,
    /// What the business's clocks show.
    pub now: Now,
    /// The same in UTC.
    pub at: Timestamp,
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchDone {
    /// There are more orders.
    More,
    /// It was the last one.
    Finished,
    /// Nothing was done: the lease has expired, or somebody has stopped the job.
    Lost,
}
