//! Files of orders that come in, are kept sealed, and become orders.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::edit::UpdateOrder;
use super::import::{
    Import, ImportBatch, ImportBatchDone, ImportLease, ImportRowWork, ImportRows, NewCommandImport, Surveyed,
    Uploaded, WritesSeen,
};
use super::job::{BatchDone, InsertJob, JobState, JobWork};
use super::rows::{InsertOrderRow, PieceRow};
use super::{Db, DbError, InsertOrder};
use crate::order::{Actor, JobId, ListQuery, OrderNumber, Submission, Timestamp};

/// How long a lease holds: many times what a batch takes.
const LEASE_TIME: Duration = Duration::from_secs(30);
/// After its lease has expired, what a command has left is over: a command waits for a database less long.
const COMMAND_SILENCE: Duration = Duration::from_mins(10);
/// A file that has not come in after this long never will.
const UPLOAD_TIME: Duration = Duration::from_hours(2);
/// Pieces that are erased in one transaction.
const ERASED_AT_ONCE: i64 = 40;

/// A file that somebody brings.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// As they call it.
    pub file_name: String,
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<std::net::IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
}

impl Db {
    /// Adds an import whose file is on its way.
    pub async fn begin_upload(&self, new: NewImport) -> Result<JobId, DbError> {
        let job = InsertJob {
            work: Some(JobWork::Import(new.file_name.clone())),
            state: JobState::Collecting,
            submission: format!("upload/{}", Uuid::new_v4()),
            orders: 0,
            list: ListQuery::default(),
            by: new.by,
            client: new.client,
            at: new.at,
            leased_until: None,
        };
        self.store.insert_import(job, new.file_name).await
    }

    /// Adds a piece of a file, counted from 0; at most [`super::import::PIECE_BYTES`].
    pub async fn add_piece(&self, import: JobId, nth: i32, plain: &[u8]) -> Result<(), DbError> {
        let (seal_key, sealed) = self.keys().seal_piece(import, nth, plain)?;
        let row = PieceRow { import_id: import.get(), nth, seal_key, sealed };
        self.store.insert_piece(row).await.inspect_err(|error| self.observe(error))
    }

    /// All of a file is there, as a form has brought it: from now on it is looked at.
    pub async fn finish_upload(
        &self,
        import: JobId,
        form: Uuid,
        (bytes, pieces): (u64, i32),
        at: Timestamp,
    ) -> Result<Uploaded, DbError> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let uploaded = self.store.finish_upload(import, submission_of(form), (bytes, pieces), at).await?;
        self.jobs.send_replace(());
        Ok(uploaded)
    }

    /// The import whose file a form has brought; none if it has brought none.
    pub async fn find_uploaded(&self, form: Uuid) -> Result<Option<JobId>, DbError> {
        self.store.find_uploaded(submission_of(form)).await
    }

    /// A piece of a file, counted from 0; none where there is none any more.
    pub async fn open_piece(&self, import: JobId, nth: i32) -> Result<Option<Zeroizing<Vec<u8>>>, DbError> {
        let Some(row) = self.store.find_piece(import, nth).await? else { return Ok(None) };
        let opened = self.keys().open_piece(import, nth, (row.seal_key, &row.sealed));
        opened.map(Some).map_err(|_| DbError::Outdated("a piece of a file does not open".to_owned()))
    }

    /// The newest import of a file whose bytes are still kept.
    pub async fn find_kept_file(&self, fingerprint: String) -> Result<Option<Import>, DbError> {
        let Some(id) = self.store.find_kept_file(fingerprint).await? else { return Ok(None) };
        self.find_import(id).await
    }

    /// Leases an import that is to be gone on with, if there is one that no desk has.
    pub async fn lease_next_import(&self, now: Timestamp) -> Result<Option<ImportLease>, DbError> {
        let until = now.after(LEASE_TIME);
        for import in self.store.list_due_imports(now, 3).await? {
            if self.store.lease_import(import, now, until).await? {
                return Ok(Some(ImportLease::new(import, until)));
            }
        }
        Ok(None)
    }

    /// Adds an import that a command runs, and leases it to that.
    pub async fn begin_command_import(
        &self,
        new: NewCommandImport,
    ) -> Result<(Import, ImportLease), DbError> {
        let until = new.at.after(LEASE_TIME);
        let job = InsertJob {
            work: Some(JobWork::CommandImport(new.source.clone())),
            state: JobState::Running,
            submission: format!("command/{}", Uuid::new_v4()),
            orders: new.rows,
            list: ListQuery::default(),
            by: new.by.clone(),
            client: None,
            at: new.at,
            leased_until: Some(until),
        };
        let import = self.store.insert_command_import(job, new).await?;
        let found = self.find_import(import).await?;
        let found = found.ok_or_else(|| DbError::Internal("a new import is gone".to_owned()))?;
        Ok((found, ImportLease::new(import, until)))
    }

    /// Ends what commands have left that were killed, or have lost their database for long; how many imports.
    pub async fn end_left_imports(&self, now: Timestamp) -> Result<u64, DbError> {
        let before = now.before(COMMAND_SILENCE);
        // Nothing is written while there is nothing to end, as nearly always.
        if !self.store.has_left_imports(before).await? {
            return Ok(0);
        }
        self.store.end_left_imports(before, now).await
    }

    /// Renews a lease, and says how many rows were looked at; whether it still held.
    pub async fn renew_import(
        &self,
        lease: &mut ImportLease,
        rows: u64,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let until = now.after(LEASE_TIME);
        let held = self.store.renew_import(lease.import, lease.until, until, whole(rows)).await?;
        lease.until = until;
        Ok(held)
    }

    /// Gives a lease back, so that another desk goes on at once.
    pub async fn release_import(&self, lease: ImportLease) -> Result<(), DbError> {
        self.store.release_import(lease.import, lease.until).await
    }

    /// Ends an import that the program cannot go on with.
    pub async fn fail_import(&self, lease: ImportLease, at: Timestamp) -> Result<(), DbError> {
        self.store.fail_import(lease.import, lease.until, at).await
    }

    /// Notes what is in a file: from now on the import asks. Whether the lease still held.
    pub async fn finish_survey(&self, lease: &ImportLease, surveyed: Surveyed) -> Result<bool, DbError> {
        self.store.finish_survey(lease.import, lease.until, surveyed).await
    }

    /// Has an import that asks be looked at once more, in another way; whether it was as it was seen.
    pub async fn change_import(
        &self,
        import: JobId,
        seen: i32,
        reading: Option<String>,
        mapping: Option<String>,
    ) -> Result<bool, DbError> {
        let changed = self.store.change_import(import, seen, reading, mapping).await?;
        self.jobs.send_replace(());
        Ok(changed)
    }

    /// Lets an import run that asks, and remembers what its columns are; whether it was as it was seen.
    pub async fn start_import(
        &self,
        import: JobId,
        seen: i32,
        (header, mapping): (String, String),
        at: Timestamp,
    ) -> Result<bool, DbError> {
        let started = self.store.start_import(import, seen, (header, mapping), at).await?;
        self.jobs.send_replace(());
        Ok(started)
    }

    /// Does the next rows of an import, durable when this returns.
    pub async fn run_import_batch(
        &self,
        lease: &mut ImportLease,
        import: &Import,
        rows: ImportRows,
        at: Timestamp,
    ) -> Result<ImportBatchDone, DbError> {
        let mut batch = ImportBatch {
            import: lease.import,
            held: lease.until,
            until: at.after(LEASE_TIME),
            at,
            add: Vec::new(),
            change: Vec::new(),
            others: rows.others,
            position: whole(rows.position),
            resume: rows.resume,
            survey: rows.survey,
            is_last: rows.is_last,
        };
        let keys = self.keys();
        for (place, work) in rows.work {
            match work {
                ImportRowWork::Add(order) => {
                    let entry = InsertOrder {
                        order: *order,
                        by: import.job.by.clone(),
                        client: import.job.client,
                        at,
                        submission: None,
                        cancelled_at: None,
                    };
                    batch.add.push((place, InsertOrderRow::seal(&entry, &keys)?.by_job(lease.import)));
                }
                ImportRowWork::Change { number, version, edit } => {
                    self.prepare_change(&mut batch, import, place, (number, version), &edit).await?;
                }
            }
        }
        // In the order in which everybody locks them.
        batch.change.sort_by_key(|(_, row)| row.expected.number);
        let (until, own) = (batch.until, self.changes());
        let done = self.store.run_import_batch(Arc::new(batch), Arc::clone(&self.outbox)).await;
        let (done, others) = done.inspect_err(|error| self.observe(error))?;
        lease.until = until;
        let mut own_after = own;
        if done.done != BatchDone::Lost {
            self.count_change();
            self.outbox.notify();
            own_after += 1;
        }
        lease.note_writes(WritesSeen { own, others }, WritesSeen { own: own_after, others });
        Ok(done)
    }

    async fn prepare_change(
        &self,
        batch: &mut ImportBatch,
        import: &Import,
        place: i32,
        (number, version): (OrderNumber, i32),
        edit: &crate::order::Edit,
    ) -> Result<(), DbError> {
        let found = self.find_editable(number).await?.filter(|found| found.version == version);
        let Some(found) = found else {
            batch.others.overtaken += 1;
            return Ok(());
        };
        let update = UpdateOrder {
            found: &found,
            edit,
            seen: version,
            by: import.job.by.clone(),
            client: import.job.client,
            at: batch.at,
            submission: Submission::of_job(batch.import, number),
        };
        match self.seal_update(&update)? {
            None => batch.others.overtaken += 1,
            Some(row) if row.changes_nothing() => batch.others.here += 1,
            Some(row) => batch.change.push((place, row.by_job(batch.import))),
        }
        Ok(())
    }

    /// Erases the bytes of a file that somebody does not want any more, and all that is known of it where nobody let it run.
    pub async fn discard_import(&self, import: JobId, at: Timestamp) -> Result<(), DbError> {
        self.cancel_job(import, at).await?;
        self.erase_import(import, at).await
    }

    /// Erases the bytes of files that came before a time, that were discarded, or that broke off; how many files.
    pub async fn erase_imports(&self, kept_since: Timestamp, now: Timestamp) -> Result<u64, DbError> {
        let mut erased = 0;
        while let Some(import) = self.store.find_erasable_import(kept_since, now.before(UPLOAD_TIME)).await? {
            self.discard_import(import, now).await?;
            erased += 1;
        }
        Ok(erased)
    }

    async fn erase_import(&self, import: JobId, at: Timestamp) -> Result<(), DbError> {
        while self.store.erase_import(import, ERASED_AT_ONCE, at).await? {}
        Ok(())
    }
}

/// What tells a form from every other that brings a file.
fn submission_of(form: Uuid) -> String {
    format!("import/{form}")
}

fn whole(rows: u64) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX)
}
