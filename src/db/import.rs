//! Imports: files of orders that somebody brought, and how far each has come.

use serde::{Deserialize, Serialize};

use super::rows::{InsertOrderRow, UpdateOrderRow};
use super::{BatchDone, Job};
use crate::order::{Actor, Edit, JobId, NewOrder, OrderNumber, Timestamp};

/// Bytes of a file in one piece: a statement takes as many without strain, and a file of 500 MB has 2,000 of them.
pub const PIECE_BYTES: usize = 256 * 1024;

/// An import, with the job that it is.
#[derive(Debug, Clone)]
pub struct Import {
    pub job: Job,
    pub undone_by: Option<JobId>,
    /// As the one who brought it calls it.
    pub file_name: String,
    pub bytes: u64,
    pub pieces: i32,
    /// What tells the file from every other; none as long as nobody has looked.
    pub fingerprint: Option<String>,
    /// How it is read, as JSON; none as long as nobody has looked.
    pub reading: Option<String>,
    /// What its columns are, as JSON; none as long as nobody has looked.
    pub mapping: Option<String>,
    /// How often somebody has changed those.
    pub revision: i32,
    /// What is in it, as JSON; none as long as nobody has looked.
    pub survey: Option<String>,
    /// Behind which row it goes on, as JSON.
    pub resume: Option<String>,
    /// The row that was looked at last.
    pub position: u64,
    pub counts: RowCounts,
    pub uploaded_at: Timestamp,
    /// When somebody let it run.
    pub started_at: Option<Timestamp>,
    /// When its bytes were erased.
    pub erased_at: Option<Timestamp>,
}

/// What came of the rows of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowCounts {
    /// New orders.
    pub added: u64,
    /// Orders that were here, and say something else now.
    pub changed: u64,
    /// Orders that were here, and say the same.
    pub here: u64,
    /// Orders that were here, say something else, and were left as they are.
    pub kept: u64,
    /// Rows with which nothing can be done.
    pub wrong: u64,
    /// Rows that say what an earlier one says, blank ones and repeated headers.
    pub skipped: u64,
    /// Rows whose order somebody else has added or changed at that very moment.
    pub overtaken: u64,
}

impl RowCounts {
    /// Reads what is stored; what cannot be read counts nothing.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The text that is stored.
    pub fn text(&self) -> String {
        // Never the fallback: numbers become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            changed: self.changed + other.changed,
            here: self.here + other.here,
            kept: self.kept + other.kept,
            wrong: self.wrong + other.wrong,
            skipped: self.skipped + other.skipped,
            overtaken: self.overtaken + other.overtaken,
        }
    }

    /// Orders that are not as they were.
    pub fn done(&self) -> u64 {
        self.added + self.changed
    }

    /// Rows of which nothing came.
    pub fn left_out(&self) -> u64 {
        self.here + self.kept + self.wrong + self.skipped + self.overtaken
    }
}

/// What came of a file whose bytes are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploaded {
    /// It is looked at now.
    Done,
    /// The same form has brought it before, as this one.
    Known(JobId),
    /// Somebody has discarded it meanwhile.
    Gone,
}

/// What somebody has found in a file.
#[derive(Debug, Clone)]
pub struct Surveyed {
    pub fingerprint: Option<String>,
    pub reading: Option<String>,
    pub mapping: Option<String>,
    pub survey: String,
    pub rows: u64,
}

/// The right to go on with an import, which no other desk has until it expires.
#[derive(Debug)]
pub struct ImportLease {
    pub import: JobId,
    /// When it expires; this exact time identifies it.
    pub(super) until: Timestamp,
    /// What had been written after the last batch.
    seen: Option<WritesSeen>,
    others_write: bool,
}

/// Numbers that change with every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WritesSeen {
    /// Of this program, but for the batches of an import themselves.
    pub(super) own: u64,
    /// Of every other program; none where the database does not tell.
    pub(super) others: Option<i64>,
}

impl ImportLease {
    pub(super) fn new(import: JobId, until: Timestamp) -> Self {
        Self { import, until, seen: None, others_write: false }
    }

    /// Whether somebody else has written between the last batch and the one before.
    pub fn others_write(&self) -> bool {
        self.others_write
    }

    /// Notes what was written before a batch, and what after it.
    pub(super) fn note_writes(&mut self, before: WritesSeen, after: WritesSeen) {
        self.others_write = self.seen.is_some_and(|seen| seen != before);
        self.seen = Some(after);
    }
}

/// An import that a command runs, which has the rows itself: of them nothing is kept but what is said here.
#[derive(Debug, Clone)]
pub struct NewCommandImport {
    /// What the file is called, or where the rows come from.
    pub source: String,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// What tells a file from every other.
    pub fingerprint: Option<String>,
    /// How the file is read, and what its columns are, as JSON.
    pub reading: Option<String>,
    pub mapping: Option<String>,
    /// What is in it, as JSON.
    pub survey: String,
    pub rows: u64,
}

/// What is to be done with a row.
#[derive(Debug)]
pub enum ImportRowWork {
    Add(Box<NewOrder>),
    Change { number: OrderNumber, version: i32, edit: Box<Edit> },
}

/// The next rows of an import.
#[derive(Debug)]
pub struct ImportRows {
    /// Those with which something is to be done, each with its number.
    pub work: Vec<(i32, ImportRowWork)>,
    /// What came of the others.
    pub others: RowCounts,
    /// The row that was read last.
    pub position: u64,
    /// Where the next rows begin, as JSON.
    pub resume: String,
    /// What was found in the rows, as JSON, where that is known better than before.
    pub survey: Option<String>,
    /// Whether there are no more.
    pub is_last: bool,
}

impl ImportRows {
    /// What comes of the rows if nobody adds or changes any of their orders meanwhile.
    pub fn expected(&self) -> RowCounts {
        let mut counts = self.others;
        for (_, work) in &self.work {
            match work {
                ImportRowWork::Add(_) => counts.added += 1,
                ImportRowWork::Change { .. } => counts.changed += 1,
            }
        }
        counts
    }
}

/// What came of some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportBatchDone {
    pub done: BatchDone,
    /// Of all rows so far.
    pub counts: RowCounts,
}

/// The same, ready to be written.
pub struct ImportBatch {
    pub import: JobId,
    /// The lease, and how long it is held from now on.
    pub held: Timestamp,
    pub until: Timestamp,
    pub at: Timestamp,
    pub add: Vec<(i32, InsertOrderRow)>,
    pub change: Vec<(i32, UpdateOrderRow)>,
    pub others: RowCounts,
    pub position: i32,
    pub resume: String,
    pub survey: Option<String>,
    pub is_last: bool,
}
