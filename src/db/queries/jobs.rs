//! Jobs: asked for, leased, and taken on a batch at a time.
//!
//! A batch is one transaction, whatever the job does: it renews the lease (`hold`), does its part, and notes how far the job
//! has come (`advance`). So what a killed desk had begun is either done and noted, or neither; and a batch that runs once more
//! after a lost COMMIT finds the lease as it left it, and goes on behind what is done. Rows are locked in one order: the
//! job's, then those of orders by their numbers. The work itself is in `bulk_batch`, `card_batch` and `purge`.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::job_orders::insert_orders;
use super::{Conn, Rows, load, number_of_last_insert};
use crate::db::DbError;
use crate::db::job::{
    Batch, BatchDone, InsertJob, Job, JobInserted, JobResult, JobState, JobWork, LeasedJob, SeenOrder,
};
use crate::db::lease::is_free;
use crate::db::rows::{JobRow, NewJobRow, WorkColumns};
use crate::db::schema::jobs;
use crate::order::{BulkAction, JobId, ListQuery, Timestamp};

/// Jobs with a file, which is erased before they are (`imports`).
pub const IMPORT: &str = JobWork::IMPORT;
/// Those that a command runs.
pub const COMMAND_IMPORT: &str = JobWork::COMMAND_IMPORT;
const COLLECTING: &str = JobState::Collecting.as_str();
const ASKING: &str = JobState::Asking.as_str();
const RUNNING: &str = JobState::Running.as_str();
const DONE: &str = JobState::Done.as_str();
const CANCELLED: &str = JobState::Cancelled.as_str();
const FAILED: &str = JobState::Failed.as_str();

/// Adds a job with its first orders, unless the same request has asked for it before.
pub async fn insert_job(
    conn: &mut Conn,
    job: &InsertJob,
    orders: &[SeenOrder],
) -> Result<JobInserted, DbError> {
    let row = NewJobRow::new(job);
    if let Some(known) = with_submission(conn, &row.submission).await? {
        return Ok(JobInserted::Known(known));
    }
    match diesel::insert_into(jobs::table).values(&row).execute(conn).await {
        Ok(_) => {
            let number = number_of_last_insert(conn).await?;
            let id = JobId::new(number)
                .ok_or_else(|| DbError::Internal(format!("the database numbered a job {number}")))?;
            insert_orders(conn, id, 0, orders).await?;
            Ok(JobInserted::Added(id))
        }
        // Somebody else was faster.
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let known = with_submission(conn, &row.submission).await?;
            known
                .map(JobInserted::Known)
                .ok_or_else(|| DbError::Internal("a request is known, but by no job".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The same for work that there is once at a time: one that is over makes room for the next.
pub async fn insert_sole_job(conn: &mut Conn, job: &InsertJob) -> Result<JobInserted, DbError> {
    if let Some(known) = with_submission(conn, &job.submission).await? {
        let over = jobs::table.filter(jobs::id.eq(known.get())).filter(jobs::ended_at.is_not_null());
        let other = format!("{}/{known}", job.submission);
        if diesel::update(over).set(jobs::submission.eq(other)).execute(conn).await? == 0 {
            return Ok(JobInserted::Known(known));
        }
    }
    insert_job(conn, job, &[]).await
}

/// The job that a request has asked for.
pub async fn with_submission(conn: &mut Conn, submission: &str) -> Result<Option<JobId>, DbError> {
    let ids: Vec<i64> = load(job_with_submission(submission), conn).await?;
    Ok(ids.into_iter().find_map(JobId::new))
}

/// All orders of a job are noted: from now on it asks what to do with them.
pub async fn finish_collecting(conn: &mut Conn, id: JobId, orders: i32) -> Result<(), DbError> {
    diesel::update(job_in(id.get(), COLLECTING))
        .set((jobs::state.eq(ASKING), jobs::orders.eq(orders)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes what a job that asks is to do; whether it asks.
pub async fn choose_action(
    conn: &mut Conn,
    id: JobId,
    action: &BulkAction,
    list: &ListQuery,
) -> Result<bool, DbError> {
    let work = JobWork::Bulk(action.clone());
    let WorkColumns { kind, details, undoes } = WorkColumns::new(Some(&work), list);
    let columns = (jobs::kind.eq(kind), jobs::details.eq(details), jobs::undoes.eq(undoes));
    Ok(diesel::update(job_in(id.get(), ASKING)).set(columns).execute(conn).await? == 1)
}

/// Lets a job run that asks, if it is to do this, and leases it if it is said until when; whether it runs now.
pub async fn start(
    conn: &mut Conn,
    id: JobId,
    action: &BulkAction,
    list: &ListQuery,
    until: Option<Timestamp>,
) -> Result<bool, DbError> {
    let work = JobWork::Bulk(action.clone());
    let WorkColumns { kind, details, .. } = WorkColumns::new(Some(&work), list);
    // The very action that was shown: somebody may have chosen another one meanwhile.
    let started = diesel::update(chosen_job(id.get(), ASKING, kind, details))
        .set((jobs::state.eq(RUNNING), jobs::claimed_until.eq(until)))
        .execute(conn)
        .await?;
    Ok(started == 1)
}

/// Ends a job that is not over; whether there was one.
pub async fn cancel(conn: &mut Conn, id: JobId, at: Timestamp) -> Result<bool, DbError> {
    let over = (jobs::state.eq(CANCELLED), jobs::ended_at.eq(at), jobs::claimed_until.eq(None::<Timestamp>));
    Ok(diesel::update(job_not_over(id.get())).set(over).execute(conn).await? == 1)
}

/// Running jobs that this release can go on with and no desk has leased, the oldest first.
pub async fn list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Job>, DbError> {
    let rows: Vec<JobRow> = load(due_jobs(now, limit), conn).await?;
    Ok(rows.into_iter().filter_map(JobRow::into_job).collect())
}

/// Leases a running job that nobody has leased; what it does, and how far it has come.
pub async fn lease(
    conn: &mut Conn,
    id: JobId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<LeasedJob>, DbError> {
    let this = job_in(id.get(), RUNNING).filter(is_free!(jobs, now));
    if diesel::update(this).set(jobs::claimed_until.eq(until)).execute(conn).await? == 0 {
        return Ok(None);
    }
    let found: Vec<JobRow> = load(job_numbered(id.get()), conn).await?;
    let leased = found
        .into_iter()
        .next()
        .and_then(|job| Some(LeasedJob { work: job.work()?, reached: job.reached() }));
    leased.map(Some).ok_or_else(|| DbError::Internal("a job does nothing that is known".to_owned()))
}

/// Gives a lease back, so that another desk goes on at once.
pub async fn release(conn: &mut Conn, id: JobId, held: Timestamp) -> Result<(), DbError> {
    diesel::update(leased_job(id.get(), RUNNING, held, held))
        .set(jobs::claimed_until.eq(None::<Timestamp>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a job that the program cannot go on with.
pub async fn fail(conn: &mut Conn, id: JobId, held: Timestamp, at: Timestamp) -> Result<(), DbError> {
    let over = (jobs::state.eq(FAILED), jobs::ended_at.eq(at), jobs::claimed_until.eq(None::<Timestamp>));
    diesel::update(leased_job(id.get(), RUNNING, held, held)).set(over).execute(conn).await?;
    Ok(())
}

/// Renews the lease of a batch's job, first in its transaction; the job, or none where the lease is lost.
pub async fn hold(conn: &mut Conn, batch: &Batch) -> Result<Option<JobRow>, DbError> {
    let leased = leased_job(batch.job.get(), RUNNING, batch.held, batch.until);
    if diesel::update(leased).set(jobs::claimed_until.eq(batch.until)).execute(conn).await? == 0 {
        return Ok(None);
    }
    let found: Vec<JobRow> = load(job_numbered(batch.job.get()), conn).await?;
    found.into_iter().next().map(Some).ok_or_else(|| DbError::Internal("a job is gone".to_owned()))
}

/// How far a batch has brought its job.
#[derive(AsChangeset)]
#[diesel(table_name = jobs)]
pub struct Advance {
    pub position: i32,
    changed: i32,
    left_out: i32,
    reached: Option<i64>,
    result: Option<String>,
}

impl Advance {
    /// As far as before.
    pub fn of(job: &JobRow) -> Self {
        let JobRow { position, changed, left_out, .. } = *job;
        Self { position, changed, left_out, reached: None, result: None }
    }

    /// So many more that were changed, or left out.
    pub fn add(&mut self, changed: usize, left_out: usize) {
        let more = |before: i32, more: usize| before.saturating_add(i32::try_from(more).unwrap_or(i32::MAX));
        (self.changed, self.left_out) = (more(self.changed, changed), more(self.left_out, left_out));
    }

    /// How many orders were dealt with so far.
    pub fn looked_at(&self) -> i32 {
        self.changed.saturating_add(self.left_out)
    }

    /// Up to this key, where its work is not on orders that were noted.
    pub fn up_to(self, reached: i64) -> Self {
        Self { reached: Some(reached), ..self }
    }

    /// With what else is to be said of it.
    pub fn with_result(self, result: &JobResult) -> Self {
        let is_empty = *result == JobResult::default();
        // Never the fallback: numbers and words become JSON.
        Self { result: (!is_empty).then(|| serde_json::to_string(result).unwrap_or_default()), ..self }
    }
}

/// Notes how far a job has come, and that it is done if that was its last batch.
pub async fn advance(
    conn: &mut Conn,
    batch: &Batch,
    so_far: Advance,
    is_last: bool,
) -> Result<BatchDone, DbError> {
    let this = jobs::table.filter(jobs::id.eq(batch.job.get()));
    if is_last {
        let end =
            (jobs::state.eq(DONE), jobs::ended_at.eq(batch.at), jobs::claimed_until.eq(None::<Timestamp>));
        diesel::update(this).set((so_far, end)).execute(conn).await?;
        return Ok(BatchDone::Finished);
    }
    diesel::update(this).set(so_far).execute(conn).await?;
    Ok(BatchDone::More)
}

/// Lets a job rest that is never over, until it is due again.
pub async fn rest(conn: &mut Conn, batch: &Batch, due: Timestamp) -> Result<(), DbError> {
    let this = jobs::table.filter(jobs::id.eq(batch.job.get()));
    diesel::update(this).set(jobs::claimed_until.eq(due)).execute(conn).await?;
    Ok(())
}

/// A job, and the one that takes it back; none if there is no such job.
pub async fn find_job(conn: &mut Conn, id: JobId) -> Result<Option<(Job, Option<JobId>)>, DbError> {
    let found: Vec<JobRow> = load(job_numbered(id.get()), conn).await?;
    let Some(job) = found.into_iter().next().and_then(JobRow::into_job) else { return Ok(None) };
    let undone_by = with_submission(conn, &undo_submission(id)).await?;
    Ok(Some((job, undone_by)))
}

/// What tells the request to undo a job from every other: it is undone once.
pub fn undo_submission(id: JobId) -> String {
    format!("undo/{id}")
}

/// Jobs that came before one, or the newest, newest first; without those that nobody let run, and the purge.
pub async fn list_jobs(conn: &mut Conn, before: Option<JobId>, limit: i64) -> Result<Vec<Job>, DbError> {
    let before = before.map_or(i64::MAX, JobId::get);
    let rows: Vec<JobRow> = load(jobs_before(before, limit), conn).await?;
    Ok(rows.into_iter().filter_map(JobRow::into_job).collect())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn job_in(id: i64, state: &'static str) -> _ {
    jobs::table.filter(jobs::id.eq(id)).filter(jobs::state.eq(state))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn chosen_job(id: i64, asking: &'static str, kind: &'static str, details: String) -> _ {
    jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::state.eq(asking))
        .filter(jobs::kind.eq(kind))
        .filter(jobs::details.eq(details))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn job_not_over(id: i64) -> _ {
    jobs::table.filter(jobs::id.eq(id)).filter(jobs::ended_at.is_null())
}

/// A running job whose lease is held, or was renewed by this very batch.
#[diesel::dsl::auto_type(no_type_alias)]
fn leased_job(id: i64, running: &'static str, held: Timestamp, until: Timestamp) -> _ {
    jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::state.eq(running))
        .filter(jobs::claimed_until.eq(held).or(jobs::claimed_until.eq(until)))
}

fn job_with_submission(submission: &str) -> impl Rows<i64> + use<> {
    jobs::table.filter(jobs::submission.eq(submission.to_owned())).select(jobs::id)
}

fn job_numbered(id: i64) -> impl Rows<JobRow> {
    jobs::table.filter(jobs::id.eq(id)).select(JobRow::as_select())
}

fn due_jobs(now: Timestamp, limit: i64) -> impl Rows<JobRow> {
    jobs::table
        .filter(jobs::state.eq(RUNNING))
        .filter(jobs::kind.eq_any(JobWork::KINDS))
        .filter(is_free!(jobs, now))
        .order(jobs::id)
        .limit(limit)
        .select(JobRow::as_select())
}

fn jobs_before(id: i64, limit: i64) -> impl Rows<JobRow> {
    jobs::table
        .filter(jobs::id.lt(id))
        .filter(jobs::state.ne_all([COLLECTING, ASKING]))
        .filter(jobs::kind.ne(JobWork::PURGE))
        .order(jobs::id.desc())
        .limit(limit)
        .select(JobRow::as_select())
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::{DB, sql};
    let now = Timestamp::parse("2026-11-30 12:00:00").unwrap();
    let leased = diesel::update(leased_job(3, RUNNING, now, now)).set(jobs::claimed_until.eq(now));
    let lease = job_in(3, RUNNING).filter(is_free!(jobs, now));
    let lease = diesel::update(lease).set(jobs::claimed_until.eq(now));
    vec![
        ("job_with_submission", sql(&job_with_submission("undo/3"))),
        ("job_numbered", sql(&job_numbered(3))),
        ("due_jobs", sql(&due_jobs(now, 1))),
        ("jobs_before", sql(&jobs_before(i64::MAX, 51))),
        ("lease_job", diesel::debug_query::<DB, _>(&lease).to_string()),
        ("renew_lease", diesel::debug_query::<DB, _>(&leased).to_string()),
    ]
}
