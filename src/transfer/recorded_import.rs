//! An import that a command runs: it has the rows itself, and its run stands among all imports, with its orders, its counts and
//! what was wrong, so that the desk can undo it.

use super::ImportPreview;
use super::import::Position;
use crate::clock::Clock;
use crate::db::{BatchDone, Db, DbError, Import, ImportLease, ImportRows, NewCommandImport, RowCounts};
use crate::order::JobId;

/// Why a run does not go on. What is in stays.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("somebody has stopped import #{0} at the desk")]
    Stopped(JobId),
    /// What is to be stored of it cannot become a text.
    #[error("what is known of an import cannot be stored: {0}")]
    Text(#[from] serde_json::Error),
}

/// A run of a command that writes orders.
pub struct RecordedImport<'a> {
    db: &'a Db,
    clock: Clock,
    import: Import,
    lease: ImportLease,
    counts: RowCounts,
    behind: Position,
}

impl<'a> RecordedImport<'a> {
    /// Notes that a run begins; and that others are over whose commands were killed.
    pub async fn begin(db: &'a Db, clock: Clock, new: NewCommandImport) -> Result<Self, DbError> {
        db.end_left_imports(clock.utc()).await?;
        let (import, lease) = db.begin_command_import(new).await?;
        Ok(Self { db, clock, import, lease, counts: RowCounts::default(), behind: Position::default() })
    }

    pub fn id(&self) -> JobId {
        self.import.job.id
    }

    /// What came of all rows so far.
    pub fn counts(&self) -> RowCounts {
        self.counts
    }

    /// Whether somebody else has written between the last rows and those before.
    pub fn others_write(&self) -> bool {
        self.lease.others_write()
    }

    /// Writes orders, durable when this returns.
    pub async fn write(&mut self, rows: ImportRows) -> Result<(), RecordedError> {
        self.behind.row = rows.position;
        let batch = self.db.run_import_batch(&mut self.lease, &self.import, rows, self.clock.utc()).await?;
        self.counts = batch.counts;
        match batch.done {
            BatchDone::More | BatchDone::Finished => Ok(()),
            BatchDone::Lost => Err(RecordedError::Stopped(self.id())),
        }
    }

    /// Notes that it is done, and what was found.
    pub async fn finish(mut self, preview: &ImportPreview) -> Result<RowCounts, RecordedError> {
        let last = ImportRows {
            work: Vec::new(),
            others: RowCounts::default(),
            position: self.behind.row,
            resume: serde_json::to_string(&self.behind)?,
            survey: Some(serde_json::to_string(preview)?),
            is_last: true,
        };
        self.write(last).await?;
        Ok(self.counts)
    }

    /// Notes that it broke off. Where not even that can be noted, a desk does so later.
    pub async fn break_off(self) {
        let id = self.id();
        if let Err(error) = self.db.fail_import(self.lease, self.clock.utc()).await {
            tracing::debug!(%error, import = %id, "an import that broke off could not be ended");
        }
    }
}
