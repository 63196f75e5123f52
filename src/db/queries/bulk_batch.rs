//! A batch of an action on orders: one transaction that changes each order that still has the version that was shown.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::job_orders::{orders_of_job, orders_with_outcome};
use super::jobs::{Advance, advance, hold};
use super::{Conn, Rows, events, job_rows, load, update};
use crate::db::DbError;
use crate::db::edit::Updated;
use crate::db::job::{Batch, BatchDone, JobOutcome, JobWork};
use crate::db::outbox::Outbox;
use crate::db::rows::{
    CancellationRow, EventRow, JobOrderRow, JobRow, NewJobOrderRow, OrderRow, Revision, UpdateOrderRow,
};
use crate::db::schema::{job_orders, orders};
use crate::order::{BulkAction, BulkStep, Changes, EventKind, JobId, LeftOut, Order, Submission};

const CHANGED: &str = JobOutcome::Changed.as_str();
const LEFT_OUT: &str = JobOutcome::LeftOut.as_str();

/// Changes the next orders of a job, if its lease still holds.
pub async fn run(conn: &mut Conn, batch: &Batch, outbox: &Outbox) -> Result<BatchDone, DbError> {
    let Some(job) = hold(conn, batch).await? else { return Ok(BatchDone::Lost) };
    let Some(JobWork::Bulk(action)) = job.work() else {
        return Err(DbError::Internal("a job does nothing to orders".to_owned()));
    };
    let run = Run { job: &job, action: &action, batch, outbox };
    let mut items = run.next_orders(conn).await?;
    let (count, position) = (items.len(), items.last().map_or(job.position, |item| item.position));
    // In the order in which everybody locks them.
    items.sort_unstable_by_key(|item| item.order_number);
    let results = run.change(conn, &items).await?;
    let changed = results.iter().filter(|(_, left_out)| left_out.is_none()).count();
    run.note(conn, results).await?;
    let mut so_far = Advance::of(&job);
    so_far.position = position;
    so_far.add(changed, count - changed);
    let is_last = so_far.looked_at() >= job.orders || count == 0;
    advance(conn, batch, so_far, is_last).await
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

    /// Takes back what the undone job did to an order: its newest event. An order that it has added is cancelled.
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

#[diesel::dsl::auto_type(no_type_alias)]
fn order_at(id: i64, position: i32) -> _ {
    job_orders::table.filter(job_orders::job_id.eq(id)).filter(job_orders::position.eq(position))
}

fn orders_numbered(numbers: Vec<i64>) -> impl Rows<OrderRow> {
    orders::table.filter(orders::number.eq_any(numbers)).select(OrderRow::as_select())
}

/// The SQL of every query and change, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let left_out = (job_orders::outcome.eq(LEFT_OUT), job_orders::reason.eq("is cancelled"));
    let left_out = diesel::update(order_at(3, 7)).set(left_out);
    vec![
        ("orders_numbered", sql(&orders_numbered(vec![7, 8]))),
        ("leave_out", diesel::debug_query::<super::DB, _>(&left_out).to_string()),
    ]
}
