//! Jobs: asked for, leased, and run a batch of orders at a time.
//!
//! A batch is one transaction: it renews the lease, changes each order that still has the version that was shown, and notes
//! what came of it. So what a killed desk had begun is either done and noted, or neither; and a batch that runs once more
//! after a lost COMMIT finds the lease as it left it, and goes on behind what is done. Rows are locked in one order: the
//! job's, then those of orders by their numbers.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, events, job_rows, load, number_of_last_insert, update};
use crate::db::DbError;
use crate::db::edit::Updated;
use crate::db::job::{
    Batch, BatchDone, InsertJob, Job, JobInserted, JobOrder, JobOutcome, JobState, SeenOrder, ShownOrder,
};
use crate::db::lease::is_free;
use crate::db::long_read::Slice;
use crate::db::outbox::Outbox;
use crate::db::rows::{
    ActionColumns, CancellationRow, EventRow, JobOrderRow, JobRow, NewJobOrderRow, NewJobRow, OrderRow,
    RUNNABLE, Revision, UpdateOrderRow,
};
use crate::db::schema::{job_orders, jobs, orders};
use crate::order::{BulkAction, BulkStep, Changes, EventKind, JobId, LeftOut, ListQuery, Order, Submission, Timestamp};

/// Jobs with a file, which is erased before they are (`imports`).
pub const IMPORT: &str = "import";
const COLLECTING: &str = JobState::Collecting.as_str();
const ASKING: &str = JobState::Asking.as_str();
const RUNNING: &str = JobState::Running.as_str();
const DONE: &str = JobState::Done.as_str();
const CANCELLED: &str = JobState::Cancelled.as_str();
const FAILED: &str = JobState::Failed.as_str();
const CHANGED: &str = JobOutcome::Changed.as_str();
const LEFT_OUT: &str = JobOutcome::LeftOut.as_str();

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

/// The job that a request has asked for.
pub async fn with_submission(conn: &mut Conn, submission: &str) -> Result<Option<JobId>, DbError> {
    let ids: Vec<i64> = load(job_with_submission(submission), conn).await?;
    Ok(ids.into_iter().find_map(JobId::new))
}

/// Notes orders of a job behind so many others; those that are noted already are left as they are.
pub async fn add_orders(
    conn: &mut Conn,
    id: JobId,
    behind: i32,
    orders: &[SeenOrder],
) -> Result<(), DbError> {
    let known: Vec<JobOrderRow> = load(orders_of_job(id.get(), behind, 1), conn).await?;
    if !known.is_empty() {
        return Ok(());
    }
    insert_orders(conn, id, behind, orders).await
}

async fn insert_orders(conn: &mut Conn, id: JobId, behind: i32, orders: &[SeenOrder]) -> Result<(), DbError> {
    let row = |(position, (number, version)): (i32, &SeenOrder)| NewJobOrderRow {
        job_id: id.get(),
        position,
        order_number: number.get(),
        version: *version,
        outcome: None,
        reason: None,
    };
    let rows: Vec<NewJobOrderRow> = (behind.saturating_add(1)..).zip(orders).map(row).collect();
    job_rows::insert_job_orders(conn, &rows).await
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
    let ActionColumns { kind, details, undoes } = ActionColumns::new(Some(action), list);
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
    let ActionColumns { kind, details, .. } = ActionColumns::new(Some(action), list);
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
pub async fn list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<JobId>, DbError> {
    let ids: Vec<i64> = load(due_jobs(now, limit), conn).await?;
    Ok(ids.into_iter().filter_map(JobId::new).collect())
}

/// Leases a running job that nobody has leased; whether this desk has it now.
pub async fn lease(conn: &mut Conn, id: JobId, now: Timestamp, until: Timestamp) -> Result<bool, DbError> {
    let this = job_in(id.get(), RUNNING).filter(is_free!(jobs, now));
    Ok(diesel::update(this).set(jobs::claimed_until.eq(until)).execute(conn).await? == 1)
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

/// Changes the next orders of a job, if its lease still holds.
pub async fn run_batch(conn: &mut Conn, batch: &Batch, outbox: &Outbox) -> Result<BatchDone, DbError> {
    let id = batch.job.get();
    let leased = leased_job(id, RUNNING, batch.held, batch.until);
    if diesel::update(leased).set(jobs::claimed_until.eq(batch.until)).execute(conn).await? == 0 {
        return Ok(BatchDone::Lost);
    }
    let found: Vec<JobRow> = load(job_numbered(id), conn).await?;
    let job = found.into_iter().next().ok_or_else(|| DbError::Internal("a job is gone".to_owned()))?;
    let action = job.action().ok_or_else(|| DbError::Internal("a job does nothing".to_owned()))?;
    let run = Run { job: &job, action: &action, batch, outbox };
    let mut items = run.next_orders(conn).await?;
    let (count, position) = (items.len(), items.last().map_or(job.position, |item| item.position));
    // In the order in which everybody locks them.
    items.sort_unstable_by_key(|item| item.order_number);
    let results = run.change(conn, &items).await?;
    let changed = results.iter().filter(|(_, left_out)| left_out.is_none()).count();
    run.note(conn, results).await?;
    let add = |before: i32, more: usize| before.saturating_add(i32::try_from(more).unwrap_or(i32::MAX));
    let (changed, left_out) = (add(job.changed, changed), add(job.left_out, count - changed));
    let is_last = changed.saturating_add(left_out) >= job.orders || count == 0;
    let so_far = (jobs::position.eq(position), jobs::changed.eq(changed), jobs::left_out.eq(left_out));
    let this = jobs::table.filter(jobs::id.eq(id));
    if is_last {
        let end =
            (jobs::state.eq(DONE), jobs::ended_at.eq(batch.at), jobs::claimed_until.eq(None::<Timestamp>));
        diesel::update(this).set((so_far, end)).execute(conn).await?;
        return Ok(BatchDone::Finished);
    }
    diesel::update(this).set(so_far).execute(conn).await?;
    Ok(BatchDone::More)
}

/// A batch under way.
struct Run<'a> {
    job: &'a JobRow,
    action: &'a BulkAction,
    batch: &'a Batch,
    outbox: &'a Outbox,
}

/// An order of a job, and why it was left out if it was.
type Looked<'a> = (&'a JobOrderRow, Option<LeftOut>);

impl Run<'_> {
    /// The next orders of the job; of one that undoes another those that the other has changed, at the version that this made.
    async fn next_orders(&self, conn: &mut Conn) -> Result<Vec<JobOrderRow>, DbError> {
        let Some(undone) = self.job.undoes else {
            return Ok(load(orders_of_job(self.job.id, self.job.position, self.batch.limit), conn).await?);
        };
        let changed = orders_with_outcome(undone, CHANGED, self.job.position, self.batch.limit);
        let mut items: Vec<JobOrderRow> = load(changed, conn).await?;
        for item in &mut items {
            item.version = item.version.saturating_add(1);
        }
        Ok(items)
    }

    async fn change<'a>(
        &self,
        conn: &mut Conn,
        items: &'a [JobOrderRow],
    ) -> Result<Vec<Looked<'a>>, DbError> {
        let numbers = items.iter().map(|item| item.order_number.get()).collect();
        let rows: Vec<OrderRow> = load(orders_numbered(numbers), conn).await?;
        let found: BTreeMap<_, _> =
            rows.into_iter().map(OrderRow::into_order).map(|order| (order.number, order)).collect();
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            let left_out = match found.get(&item.order_number) {
                None => Some(LeftOut::Gone),
                Some(order) => self.change_one(conn, order, item.version).await?.err(),
            };
            results.push((item, left_out));
        }
        Ok(results)
    }

    async fn change_one(
        &self,
        conn: &mut Conn,
        order: &Order,
        seen: i32,
    ) -> Result<Result<(), LeftOut>, DbError> {
        if order.version != seen {
            return Ok(Err(self.overtaken(order)));
        }
        if let BulkAction::Undo(_) = self.action {
            return self.undo_one(conn, order).await;
        }
        let step = match self.action.apply(order, self.batch.now) {
            Ok(step) => step,
            Err(left_out) => return Ok(Err(left_out)),
        };
        let updated = match step {
            BulkStep::Change(after) => {
                let changes = Changes::between(order, &after, false);
                let row = UpdateOrderRow::new(order, *after, changes, None, self.revision(order));
                update::update_order(conn, &row, self.outbox).await?
            }
            BulkStep::Cancel => {
                let reason = match self.action {
                    BulkAction::Cancel(reason) => reason.clone(),
                    _ => None,
                };
                let row = CancellationRow::cancel(order.clone(), reason, self.revision(order));
                update::cancel_order(conn, &row, self.outbox).await?
            }
            BulkStep::Reopen => {
                let row = CancellationRow::reopen(order.clone(), self.revision(order));
                update::reopen_order(conn, &row, self.outbox).await?
            }
        };
        self.result(updated)
    }

    /// Takes back what the undone job did to an order: its newest event.
    async fn undo_one(&self, conn: &mut Conn, order: &Order) -> Result<Result<(), LeftOut>, DbError> {
        let found: Vec<EventRow> = load(events::event_of(order.number.get(), order.version), conn).await?;
        let event = found.into_iter().next().map(EventRow::into_event);
        let event = event.filter(|event| event.job.map(JobId::get) == self.job.undoes);
        if event.as_ref().is_some_and(|event| event.kind == EventKind::Added) {
            // Orders are not deleted.
            let row = CancellationRow::cancel(order.clone(), None, self.revision(order));
            return self.result(update::cancel_order(conn, &row, self.outbox).await?);
        }
        let Some(Ok(before)) = event.map(|event| event.undone(order)) else {
            return Ok(Err(LeftOut::NotUndoable));
        };
        let row = UpdateOrderRow::undo(order, before, None, self.revision(order));
        self.result(update::undo_change(conn, &row, self.outbox).await?)
    }

    fn result(&self, updated: Updated) -> Result<Result<(), LeftOut>, DbError> {
        match updated {
            Updated::Done | Updated::DuplicateSubmission => Ok(Ok(())),
            Updated::Conflict(newest) => Ok(Err(self.overtaken(&newest.order))),
            _ => Err(DbError::Internal("a job changed what it must not".to_owned())),
        }
    }

    /// Why an order is left out that has another version: what is in the way of the action itself, if anything is.
    fn overtaken(&self, order: &Order) -> LeftOut {
        match self.action {
            BulkAction::Undo(_) => LeftOut::ChangedSince,
            action => action.apply(order, self.batch.now).err().unwrap_or(LeftOut::Changed),
        }
    }

    fn revision(&self, order: &Order) -> Revision {
        Revision {
            seen: order.version,
            by: self.job.by(),
            client: self.job.client(),
            at: self.batch.at,
            submission: Submission::of_job(self.batch.job, order.number),
            job: Some(self.batch.job),
        }
    }

    /// Notes what came of the orders. A job that undoes another has no row of an order before it has come to it.
    async fn note(&self, conn: &mut Conn, results: Vec<Looked<'_>>) -> Result<(), DbError> {
        let id = self.job.id;
        if self.job.undoes.is_some() {
            let row = |(item, left_out): Looked<'_>| NewJobOrderRow {
                job_id: id,
                position: item.position,
                order_number: item.order_number.get(),
                version: item.version,
                outcome: Some(if left_out.is_none() { CHANGED } else { LEFT_OUT }),
                reason: left_out.map(|left_out| left_out.to_string()),
            };
            let rows: Vec<NewJobOrderRow> = results.into_iter().map(row).collect();
            return job_rows::insert_job_orders(conn, &rows).await;
        }
        let mut changed = Vec::with_capacity(results.len());
        for (item, left_out) in results {
            match left_out {
                None => changed.push(item.position),
                Some(left_out) => {
                    let outcome =
                        (job_orders::outcome.eq(LEFT_OUT), job_orders::reason.eq(left_out.to_string()));
                    diesel::update(order_at(id, item.position)).set(outcome).execute(conn).await?;
                }
            }
        }
        if !changed.is_empty() {
            let these = job_orders::table
                .filter(job_orders::job_id.eq(id))
                .filter(job_orders::position.eq_any(changed));
            diesel::update(these).set(job_orders::outcome.eq(CHANGED)).execute(conn).await?;
        }
        Ok(())
    }
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

/// Jobs that came before one, or the newest, newest first; without those that nobody let run.
pub async fn list_jobs(conn: &mut Conn, before: Option<JobId>, limit: i64) -> Result<Vec<Job>, DbError> {
    let before = before.map_or(i64::MAX, JobId::get);
    let rows: Vec<JobRow> = load(jobs_before(before, limit), conn).await?;
    Ok(rows.into_iter().filter_map(JobRow::into_job).collect())
}

/// Orders of a job behind a position; those alone that have an outcome, if one is given.
pub async fn list_job_orders(
    conn: &mut Conn,
    id: JobId,
    outcome: Option<JobOutcome>,
    after: i32,
    limit: i64,
) -> Result<Vec<JobOrder>, DbError> {
    let rows: Vec<JobOrderRow> = match outcome {
        Some(outcome) => load(orders_with_outcome(id.get(), outcome.as_str(), after, limit), conn).await?,
        None => load(orders_of_job(id.get(), after, limit), conn).await?,
    };
    Ok(rows.into_iter().map(JobOrderRow::into_order).collect())
}

/// Orders of a job behind a position, as they are now.
pub async fn list_shown_orders(
    conn: &mut Conn,
    rows: i64,
    id: JobId,
    after: i32,
) -> Result<Slice<Vec<ShownOrder>, i32>, DbError> {
    let found = shown(conn, id, after, rows).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|found| found >= rows);
    let next = found.last().map(|shown| shown.position).filter(|_| is_full);
    Ok(Slice { found, next })
}

/// The first orders of a job, as they are now.
pub async fn list_first_shown(conn: &mut Conn, id: JobId, limit: i64) -> Result<Vec<ShownOrder>, DbError> {
    shown(conn, id, 0, limit).await
}

async fn shown(conn: &mut Conn, id: JobId, after: i32, limit: i64) -> Result<Vec<ShownOrder>, DbError> {
    let found: Vec<(i32, i32, OrderRow)> = load(shown_orders(id.get(), after, limit), conn).await?;
    let shown =
        |(position, seen, row): (i32, i32, OrderRow)| ShownOrder { position, seen, order: row.into_order() };
    Ok(found.into_iter().map(shown).collect())
}

/// Whether there is a job that nobody let run before a time.
pub async fn has_abandoned(conn: &mut Conn, before: Timestamp) -> Result<bool, DbError> {
    Ok(oldest_abandoned(conn, before).await?.is_some())
}

async fn oldest_abandoned(conn: &mut Conn, before: Timestamp) -> Result<Option<i64>, DbError> {
    for state in [COLLECTING, ASKING] {
        let found: Vec<(i64, Timestamp)> = load(oldest_in(state), conn).await?;
        if let Some((id, _)) = found.into_iter().find(|(_, at)| *at < before) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Deletes some of the oldest job that nobody let run before a time; whether there may be more.
pub async fn delete_abandoned(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<bool, DbError> {
    let Some(id) = oldest_abandoned(conn, before).await? else { return Ok(false) };
    let some: Vec<JobOrderRow> = load(orders_of_job(id, 0, limit), conn).await?;
    if let Some(last) = some.last() {
        let these = job_orders::table
            .filter(job_orders::job_id.eq(id))
            .filter(job_orders::position.le(last.position));
        diesel::delete(these).execute(conn).await?;
        return Ok(true);
    }
    // Unless somebody has let it run at this moment.
    let this = jobs::table.filter(jobs::id.eq(id)).filter(jobs::state.eq_any([COLLECTING, ASKING]));
    diesel::delete(this).execute(conn).await?;
    Ok(true)
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

#[diesel::dsl::auto_type(no_type_alias)]
fn order_at(id: i64, position: i32) -> _ {
    job_orders::table.filter(job_orders::job_id.eq(id)).filter(job_orders::position.eq(position))
}

fn job_with_submission(submission: &str) -> impl Rows<i64> + use<> {
    jobs::table.filter(jobs::submission.eq(submission.to_owned())).select(jobs::id)
}

fn job_numbered(id: i64) -> impl Rows<JobRow> {
    jobs::table.filter(jobs::id.eq(id)).select(JobRow::as_select())
}

fn due_jobs(now: Timestamp, limit: i64) -> impl Rows<i64> {
    jobs::table
        .filter(jobs::state.eq(RUNNING))
        .filter(jobs::kind.eq_any(RUNNABLE))
        .filter(is_free!(jobs, now))
        .order(jobs::id)
        .limit(limit)
        .select(jobs::id)
}

fn jobs_before(id: i64, limit: i64) -> impl Rows<JobRow> {
    jobs::table
        .filter(jobs::id.lt(id))
        .filter(jobs::state.ne_all([COLLECTING, ASKING]))
        .order(jobs::id.desc())
        .limit(limit)
        .select(JobRow::as_select())
}

fn oldest_in(state: &'static str) -> impl Rows<(i64, Timestamp)> {
    jobs::table
        .filter(jobs::state.eq(state))
        .filter(jobs::kind.ne(IMPORT))
        .order(jobs::id)
        .limit(1)
        .select((jobs::id, jobs::created_at))
}

fn orders_of_job(id: i64, after: i32, limit: i64) -> impl Rows<JobOrderRow> {
    job_orders::table
        .filter(job_orders::job_id.eq(id))
        .filter(job_orders::position.gt(after))
        .order(job_orders::position)
        .limit(limit)
        .select(JobOrderRow::as_select())
}

fn orders_with_outcome(id: i64, outcome: &'static str, after: i32, limit: i64) -> impl Rows<JobOrderRow> {
    job_orders::table
        .filter(job_orders::job_id.eq(id))
        .filter(job_orders::position.gt(after))
        .filter(job_orders::outcome.eq(outcome))
        .order(job_orders::position)
        .limit(limit)
        .select(JobOrderRow::as_select())
}

fn shown_orders(id: i64, after: i32, limit: i64) -> impl Rows<(i32, i32, OrderRow)> {
    job_orders::table
        .inner_join(orders::table.on(orders::number.eq(job_orders::order_number)))
        .filter(job_orders::job_id.eq(id))
        .filter(job_orders::position.gt(after))
        .order(job_orders::position)
        .limit(limit)
        .select((job_orders::position, job_orders::version, OrderRow::as_select()))
}

fn orders_numbered(numbers: Vec<i64>) -> impl Rows<OrderRow> {
    orders::table.filter(orders::number.eq_any(numbers)).select(OrderRow::as_select())
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::{DB, sql};
    let now = Timestamp::parse("2026-11-30 12:00:00").unwrap();
    let leased = diesel::update(leased_job(3, RUNNING, now, now)).set(jobs::claimed_until.eq(now));
    let lease = job_in(3, RUNNING).filter(is_free!(jobs, now));
    let lease = diesel::update(lease).set(jobs::claimed_until.eq(now));
    let left_out = (job_orders::outcome.eq(LEFT_OUT), job_orders::reason.eq("is cancelled"));
    let left_out = diesel::update(order_at(3, 7)).set(left_out);
    vec![
        ("job_with_submission", sql(&job_with_submission("undo/3"))),
        ("job_numbered", sql(&job_numbered(3))),
        ("due_jobs", sql(&due_jobs(now, 1))),
        ("jobs_before", sql(&jobs_before(i64::MAX, 51))),
        ("oldest_in_state", sql(&oldest_in(ASKING))),
        ("orders_of_job", sql(&orders_of_job(3, 25, 25))),
        ("orders_with_outcome", sql(&orders_with_outcome(3, CHANGED, 25, 25))),
        ("shown_orders", sql(&shown_orders(3, 25, 500))),
        ("orders_numbered", sql(&orders_numbered(vec![7, 8]))),
        ("lease_job", diesel::debug_query::<DB, _>(&lease).to_string()),
        ("renew_lease", diesel::debug_query::<DB, _>(&leased).to_string()),
        ("leave_out", diesel::debug_query::<DB, _>(&left_out).to_string()),
    ]
}
