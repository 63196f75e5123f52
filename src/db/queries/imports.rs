//! Imports: files that come in piece by piece, are looked at, and are run a batch of rows at a time.
//!
//! An import is a job with a file. A batch is one transaction: it renews the lease, adds and changes orders, notes them, and
//! moves the place at which the next one begins. So what a killed desk had begun is either done and noted, or neither; and a
//! batch that runs once more after a lost COMMIT finds its place behind itself, and does nothing.

mod statements;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::jobs::{self as jobs_queries, COMMAND_IMPORT, IMPORT};
use super::{Conn, job_rows, load, update};
use crate::db::DbError;
use crate::db::edit::Updated;
use crate::db::import::{
    Import, ImportBatch, ImportBatchDone, NewCommandImport, RowCounts, Surveyed, Uploaded,
};
use crate::db::job::{BatchDone, InsertJob, JobOutcome};
use crate::db::lease::is_free;
use crate::db::outbox::Outbox;
use crate::db::rows::{ImportRow, JobRow, NewImportRow, NewJobOrderRow, PieceRow};
use crate::db::schema::{import_mappings, import_pieces, imports, jobs};
use crate::order::{JobId, Timestamp};
#[cfg(test)]
pub use statements::all;
use statements::{
    ASKING, COLLECTING, DONE, FAILED, RUNNING, cut_imports, discarded_imports, due_imports,
    first_left_import, first_pieces, import_job, import_numbered, import_with_id, imports_before,
    imports_of_file, kept_imports_of_file, leased_import, left_imports, mapping_of, names_of, old_imports,
    piece, this_import,
};

const CHANGED: &str = JobOutcome::Changed.as_str();

/// The version of an order before it was added: what takes it back finds the one behind.
const BEFORE_IT_WAS: i32 = 0;

/// Adds an import whose file is on its way.
pub async fn insert_import(conn: &mut Conn, job: &InsertJob, file_name: &str) -> Result<JobId, DbError> {
    let id = jobs_queries::insert_job(conn, job, &[]).await?.id();
    insert_row(conn, id, file_name, job.at).await?;
    Ok(id)
}

/// Adds an import that a command runs. It is under way at once, and of its bytes none are kept.
pub async fn insert_command_import(
    conn: &mut Conn,
    job: &InsertJob,
    new: &NewCommandImport,
) -> Result<JobId, DbError> {
    let id = jobs_queries::insert_job(conn, job, &[]).await?.id();
    insert_row(conn, id, &new.source, new.at).await?;
    let columns = (
        imports::fingerprint.eq(&new.fingerprint),
        imports::reading.eq(&new.reading),
        imports::mapping.eq(&new.mapping),
        imports::survey.eq(&new.survey),
        imports::started_at.eq(new.at),
        imports::erased_at.eq(new.at),
    );
    diesel::update(this_import(id.get())).set(columns).execute(conn).await?;
    Ok(id)
}

async fn insert_row(conn: &mut Conn, id: JobId, file_name: &str, at: Timestamp) -> Result<(), DbError> {
    let known: Vec<i64> = load(import_with_id(id.get()), conn).await?;
    if known.is_empty() {
        let row = NewImportRow {
            id: id.get(),
            file_name: file_name.to_owned(),
            bytes: 0,
            pieces: 0,
            revision: 0,
            counts: RowCounts::default().text(),
            uploaded_at: at,
        };
        diesel::insert_into(imports::table).values(&row).execute(conn).await?;
    }
    Ok(())
}

/// Whether there is an import of a command that was not heard of since a time.
pub async fn has_left(conn: &mut Conn, before: Timestamp) -> Result<bool, DbError> {
    Ok(!load(first_left_import(before), conn).await?.is_empty())
}

/// Ends imports of commands whose lease has expired before a time; how many.
pub async fn end_left(conn: &mut Conn, before: Timestamp, at: Timestamp) -> Result<u64, DbError> {
    let over = (jobs::state.eq(FAILED), jobs::ended_at.eq(at), jobs::claimed_until.eq(None::<Timestamp>));
    let left = left_imports(RUNNING, COMMAND_IMPORT, before);
    Ok(diesel::update(left).set(over).execute(conn).await? as u64)
}

/// Adds a piece of a file, unless it is there.
pub async fn insert_piece(conn: &mut Conn, row: &PieceRow) -> Result<(), DbError> {
    match diesel::insert_into(import_pieces::table).values(row).execute(conn).await {
        Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// All of a file is there: from now on it is looked at, unless the same form has brought one before.
pub async fn finish_upload(
    conn: &mut Conn,
    id: JobId,
    submission: &str,
    (bytes, pieces): (i64, i32),
    at: Timestamp,
) -> Result<Uploaded, DbError> {
    if let Some(known) = jobs_queries::with_submission(conn, submission).await? {
        return Ok(if known == id { Uploaded::Done } else { Uploaded::Known(known) });
    }
    let columns = (jobs::submission.eq(submission), jobs::state.eq(RUNNING));
    match diesel::update(import_job(id.get(), IMPORT, COLLECTING)).set(columns).execute(conn).await {
        Ok(0) => return Ok(Uploaded::Gone),
        Ok(_) => {}
        // Somebody else was faster: the next try finds it.
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            return Err(DbError::Busy("the same form is answered at this moment".to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    let columns = (imports::bytes.eq(bytes), imports::pieces.eq(pieces), imports::uploaded_at.eq(at));
    diesel::update(this_import(id.get())).set(columns).execute(conn).await?;
    Ok(Uploaded::Done)
}

/// A piece of a file.
pub async fn find_piece(conn: &mut Conn, id: JobId, nth: i32) -> Result<Option<PieceRow>, DbError> {
    Ok(load(piece(id.get(), nth), conn).await?.into_iter().next())
}

/// An import; none if there is no such import.
pub async fn find_import(conn: &mut Conn, id: JobId) -> Result<Option<Import>, DbError> {
    let found: Vec<(JobRow, ImportRow)> = load(import_numbered(id.get()), conn).await?;
    let Some((job, import)) = found.into_iter().next() else { return Ok(None) };
    let undone_by = jobs_queries::with_submission(conn, &jobs_queries::undo_submission(id)).await?;
    Ok(import.into_import(job, undone_by))
}

/// Imports that came before one, or the newest, newest first; without those that are discarded or still come in.
pub async fn list_imports(
    conn: &mut Conn,
    before: Option<JobId>,
    limit: i64,
) -> Result<Vec<Import>, DbError> {
    let before = before.map_or(i64::MAX, JobId::get);
    let rows: Vec<(JobRow, ImportRow)> = load(imports_before(before, limit), conn).await?;
    Ok(rows.into_iter().filter_map(|(job, import)| import.into_import(job, None)).collect())
}

/// What the files of some imports are called; of jobs that are no imports nothing.
pub async fn list_names(conn: &mut Conn, ids: &[JobId]) -> Result<Vec<(JobId, String)>, DbError> {
    let names: Vec<(i64, String)> = load(names_of(ids.iter().map(|id| id.get()).collect()), conn).await?;
    Ok(names.into_iter().filter_map(|(id, name)| Some((JobId::new(id)?, name))).collect())
}

/// The newest other import of the same file that somebody let run.
pub async fn find_same_file(
    conn: &mut Conn,
    fingerprint: &str,
    not: JobId,
) -> Result<Option<JobId>, DbError> {
    let ids: Vec<i64> = load(imports_of_file(fingerprint, not.get()), conn).await?;
    Ok(ids.into_iter().find_map(JobId::new))
}

/// The newest import of a file whose bytes are still kept.
pub async fn find_kept_file(conn: &mut Conn, fingerprint: &str) -> Result<Option<JobId>, DbError> {
    let ids: Vec<i64> = load(kept_imports_of_file(fingerprint), conn).await?;
    Ok(ids.into_iter().find_map(JobId::new))
}

/// Imports that are to be gone on with and no desk has leased, the oldest first.
pub async fn list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<JobId>, DbError> {
    let ids: Vec<i64> = load(due_imports(now, limit), conn).await?;
    Ok(ids.into_iter().filter_map(JobId::new).collect())
}

/// Leases an import that nobody has leased; whether this desk has it now.
pub async fn lease(conn: &mut Conn, id: JobId, now: Timestamp, until: Timestamp) -> Result<bool, DbError> {
    let this = import_job(id.get(), IMPORT, RUNNING).filter(is_free!(jobs, now));
    Ok(diesel::update(this).set(jobs::claimed_until.eq(until)).execute(conn).await? == 1)
}

/// Renews a lease, and says how many rows were looked at; whether it still held.
pub async fn renew(
    conn: &mut Conn,
    id: JobId,
    held: Timestamp,
    until: Timestamp,
    position: i32,
) -> Result<bool, DbError> {
    let columns = (jobs::claimed_until.eq(until), jobs::position.eq(position));
    Ok(diesel::update(leased_import(id.get(), RUNNING, held, until)).set(columns).execute(conn).await? == 1)
}

/// Gives a lease back, so that another desk goes on at once.
pub async fn release(conn: &mut Conn, id: JobId, held: Timestamp) -> Result<(), DbError> {
    let this = leased_import(id.get(), RUNNING, held, held);
    diesel::update(this).set(jobs::claimed_until.eq(None::<Timestamp>)).execute(conn).await?;
    Ok(())
}

/// Ends an import that the program cannot go on with.
pub async fn fail(conn: &mut Conn, id: JobId, held: Timestamp, at: Timestamp) -> Result<(), DbError> {
    let over = (jobs::state.eq(FAILED), jobs::ended_at.eq(at), jobs::claimed_until.eq(None::<Timestamp>));
    diesel::update(leased_import(id.get(), RUNNING, held, held)).set(over).execute(conn).await?;
    Ok(())
}

/// Notes what is in a file: from now on the import asks. Whether the lease still held.
pub async fn finish_survey(
    conn: &mut Conn,
    id: JobId,
    held: Timestamp,
    surveyed: &Surveyed,
) -> Result<bool, DbError> {
    let rows = i32::try_from(surveyed.rows).unwrap_or(i32::MAX);
    let asks = (
        jobs::state.eq(ASKING),
        jobs::claimed_until.eq(None::<Timestamp>),
        jobs::orders.eq(rows),
        jobs::position.eq(0),
    );
    if diesel::update(leased_import(id.get(), RUNNING, held, held)).set(asks).execute(conn).await? == 0 {
        return Ok(false);
    }
    let columns = (
        imports::fingerprint.eq(&surveyed.fingerprint),
        imports::reading.eq(&surveyed.reading),
        imports::mapping.eq(&surveyed.mapping),
        imports::survey.eq(&surveyed.survey),
    );
    diesel::update(this_import(id.get())).set(columns).execute(conn).await?;
    Ok(true)
}

/// Has an import that asks be looked at once more, in another way, if nobody has changed it since; whether it is.
pub async fn change(
    conn: &mut Conn,
    id: JobId,
    seen: i32,
    reading: Option<&str>,
    mapping: Option<&str>,
) -> Result<bool, DbError> {
    let columns = (
        imports::revision.eq(seen.saturating_add(1)),
        imports::reading.eq(reading),
        imports::mapping.eq(mapping),
        imports::survey.eq(None::<String>),
    );
    let this = this_import(id.get()).filter(imports::revision.eq(seen));
    if diesel::update(this).set(columns).execute(conn).await? == 0 {
        return Ok(false);
    }
    let runs = jobs::state.eq(RUNNING);
    if diesel::update(import_job(id.get(), IMPORT, ASKING)).set(runs).execute(conn).await? == 0 {
        return Err(DbError::Busy("the import is changed at this moment".to_owned()));
    }
    Ok(true)
}

/// Lets an import run that asks, as it was shown, and remembers its columns; whether it runs now.
pub async fn start(
    conn: &mut Conn,
    id: JobId,
    seen: i32,
    (header, mapping): (&str, &str),
    at: Timestamp,
) -> Result<bool, DbError> {
    let this = this_import(id.get()).filter(imports::revision.eq(seen)).filter(imports::started_at.is_null());
    if diesel::update(this).set(imports::started_at.eq(at)).execute(conn).await? == 0 {
        return Ok(false);
    }
    if diesel::update(import_job(id.get(), IMPORT, ASKING)).set(jobs::state.eq(RUNNING)).execute(conn).await?
        == 0
    {
        return Err(DbError::Busy("the import is changed at this moment".to_owned()));
    }
    let known = import_mappings::table.filter(import_mappings::header.eq(header));
    let columns = (import_mappings::mapping.eq(mapping), import_mappings::used_at.eq(at));
    if diesel::update(known).set(columns).execute(conn).await? == 0 {
        let row = (import_mappings::header.eq(header), columns);
        diesel::insert_into(import_mappings::table).values(row).execute(conn).await?;
    }
    Ok(true)
}

/// What the columns of files with a header are, as somebody has said.
pub async fn find_mapping(conn: &mut Conn, header: &str) -> Result<Option<String>, DbError> {
    Ok(load(mapping_of(header), conn).await?.into_iter().next())
}

/// Holds the lease of a batch; the import, or what came of it where nothing is left to do.
pub async fn begin_batch(
    conn: &mut Conn,
    batch: &ImportBatch,
) -> Result<Result<Import, ImportBatchDone>, DbError> {
    let leased = leased_import(batch.import.get(), RUNNING, batch.held, batch.until);
    let is_held = diesel::update(leased).set(jobs::claimed_until.eq(batch.until)).execute(conn).await? > 0;
    let found = find_import(conn, batch.import).await?;
    let is_done = found.as_ref().is_some_and(|import| import.resume.as_ref() == Some(&batch.resume));
    let counts = found.as_ref().map_or_else(RowCounts::default, |import| import.counts);
    let nothing = |done| Ok(Err(ImportBatchDone { done, counts }));
    match (found, is_held) {
        // The last batch ends the job: perhaps this very one, by a try whose answer was lost.
        (_, false) if is_done && batch.is_last => nothing(BatchDone::Finished),
        (None, _) | (_, false) => nothing(BatchDone::Lost),
        (Some(_), true) if is_done && !batch.is_last => nothing(BatchDone::More),
        (Some(import), true) => Ok(Ok(import)),
    }
}

/// Changes orders, notes them with those that were added, each in its place, and moves on.
pub async fn end_batch(
    conn: &mut Conn,
    batch: &ImportBatch,
    import: &Import,
    added: Vec<(i32, i64)>,
    outbox: &Outbox,
) -> Result<ImportBatchDone, DbError> {
    let mut counts = batch.others;
    counts.added += added.len() as u64;
    counts.overtaken += batch.add.len().saturating_sub(added.len()) as u64;
    let row = |(place, number): (i32, i64)| noted(batch.import, place, number, BEFORE_IT_WAS);
    let mut noted: Vec<NewJobOrderRow> = added.into_iter().map(row).collect();
    noted.extend(change_orders(conn, batch, outbox, &mut counts).await?);
    noted.sort_unstable_by_key(|row| row.position);
    job_rows::insert_job_orders(conn, &noted).await?;
    let counts = import.counts.plus(counts);
    let done = finish_batch(conn, batch, counts).await?;
    Ok(ImportBatchDone { done, counts })
}

async fn change_orders(
    conn: &mut Conn,
    batch: &ImportBatch,
    outbox: &Outbox,
    counts: &mut RowCounts,
) -> Result<Vec<NewJobOrderRow>, DbError> {
    let mut changed = Vec::with_capacity(batch.change.len());
    for (place, row) in &batch.change {
        match update::update_order(conn, row, outbox).await? {
            Updated::Done | Updated::DuplicateSubmission => {
                counts.changed += 1;
                changed.push(noted(batch.import, *place, row.expected.number, row.expected.version));
            }
            _ => counts.overtaken += 1,
        }
    }
    Ok(changed)
}

fn noted(import: JobId, position: i32, order_number: i64, version: i32) -> NewJobOrderRow {
    NewJobOrderRow {
        job_id: import.get(),
        position,
        order_number,
        version,
        outcome: Some(CHANGED),
        reason: None,
    }
}

async fn finish_batch(conn: &mut Conn, batch: &ImportBatch, counts: RowCounts) -> Result<BatchDone, DbError> {
    let whole = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    let columns = (imports::resume_at.eq(&batch.resume), imports::counts.eq(counts.text()));
    diesel::update(this_import(batch.import.get())).set(columns).execute(conn).await?;
    if let Some(survey) = &batch.survey {
        let known = this_import(batch.import.get());
        diesel::update(known).set(imports::survey.eq(survey)).execute(conn).await?;
    }
    let so_far = (
        jobs::position.eq(batch.position),
        jobs::changed.eq(whole(counts.done())),
        jobs::left_out.eq(whole(counts.left_out())),
    );
    let this = jobs::table.filter(jobs::id.eq(batch.import.get()));
    if batch.is_last {
        let end =
            (jobs::state.eq(DONE), jobs::ended_at.eq(batch.at), jobs::claimed_until.eq(None::<Timestamp>));
        diesel::update(this).set((so_far, end)).execute(conn).await?;
        return Ok(BatchDone::Finished);
    }
    diesel::update(this).set(so_far).execute(conn).await?;
    Ok(BatchDone::More)
}

/// An import whose bytes are to be erased: of a file that came before a time, or that was discarded, or never came whole.
pub async fn find_erasable(
    conn: &mut Conn,
    kept_since: Timestamp,
    cut_before: Timestamp,
) -> Result<Option<JobId>, DbError> {
    for found in [
        load(old_imports(kept_since), conn).await?,
        load(cut_imports(cut_before), conn).await?,
        load(discarded_imports(), conn).await?,
    ] {
        if let Some(id) = found.into_iter().find_map(JobId::new) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Erases some pieces of a file; when all are gone, notes when. An import that nobody let run is deleted with them. Whether
/// there may be more.
pub async fn erase(conn: &mut Conn, id: JobId, limit: i64, at: Timestamp) -> Result<bool, DbError> {
    let places: Vec<i32> = load(first_pieces(id.get(), limit), conn).await?;
    if let Some(last) = places.last() {
        let these = import_pieces::table
            .filter(import_pieces::import_id.eq(id.get()))
            .filter(import_pieces::nth.le(*last));
        diesel::delete(these).execute(conn).await?;
        return Ok(true);
    }
    let never_run = this_import(id.get()).filter(imports::started_at.is_null());
    if diesel::delete(never_run).execute(conn).await? > 0 {
        let job = jobs::table.filter(jobs::id.eq(id.get())).filter(jobs::kind.eq(IMPORT));
        diesel::delete(job).execute(conn).await?;
        return Ok(false);
    }
    let this = this_import(id.get()).filter(imports::erased_at.is_null());
    diesel::update(this).set(imports::erased_at.eq(at)).execute(conn).await?;
    Ok(false)
}
