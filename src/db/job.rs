//! Jobs: long work on many orders that any desk takes up and goes on with.

use std::net::IpAddr;
use std::time::Duration;

use super::long_read::Pace;
use crate::order::{Actor, BulkAction, JobId, ListQuery, Now, Order, OrderNumber, Timestamp};

/// A job, and how far it has come.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: JobId,
    /// None as long as nobody has chosen what to do, and where only a newer release knows it.
    pub action: Option<BulkAction>,
    pub state: JobState,
    /// How many orders it is about.
    pub orders: u64,
    /// How many it has changed so far.
    pub changed: u64,
    /// How many it has left out so far.
    pub left_out: u64,
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

    /// Why it cannot be undone, as a sentence; none where it can be.
    pub fn why_not_undone(&self, now: Timestamp) -> Option<&'static str> {
        match (&self.action, self.ended_at) {
            (None, _) => Some("Nobody has let it run."),
            (Some(BulkAction::Undo(_)), _) => Some("It has undone another action itself."),
            (Some(_), None) => Some("It is still under way: stop it first."),
            (Some(_), Some(_)) if self.changed == 0 => Some("It has changed no order."),
            (Some(_), Some(ended)) if ended < now.before(Self::UNDO_TIME) => {
                Some("It ended more than 7 days ago.")
            }
            (Some(_), Some(_)) => None,
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
    pub action: Option<BulkAction>,
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
#[derive(Debug)]
pub struct JobLease {
    pub job: JobId,
    /// When it expires; this exact time identifies it.
    pub(super) until: Timestamp,
    /// How many orders a transaction takes, so that nobody waits long for it.
    pub(super) pace: Pace,
}

/// The next orders of a job, which are changed in one transaction.
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
