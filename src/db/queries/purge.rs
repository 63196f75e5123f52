//! Deleting what was kept for long enough: some rows in each transaction, under the lease of one job, so that of several desks
//! one does it.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::job_orders::orders_of_job;
use super::jobs::{Advance, IMPORT, advance, hold, rest};
use super::{Conn, Rows, load, outbox, sessions};
use crate::db::DbError;
use crate::db::job::{Batch, BatchDone, JobState};
use crate::db::rows::JobOrderRow;
use crate::db::schema::{job_orders, jobs};
use crate::order::Timestamp;

const COLLECTING: &str = JobState::Collecting.as_str();
const ASKING: &str = JobState::Asking.as_str();

/// From the end of one purge to the next.
const INTERVAL: Duration = Duration::from_hours(1);

/// What is deleted when its time is over.
#[derive(Debug, Clone, Copy)]
enum Kept {
    /// Jobs that somebody began to ask for, and never let run; imports are erased in their own time.
    AbandonedJobs,
    /// Messages of webhooks that are delivered or discarded. The page of webhooks says for how long they are kept.
    SettledMessages,
    /// Sessions that are over, and sign-ins that nobody has come back from.
    Sessions,
}

impl Kept {
    const ALL: [Self; 3] = [Self::AbandonedJobs, Self::SettledMessages, Self::Sessions];

    /// Deletes some of it; how many rows.
    async fn delete_some(self, conn: &mut Conn, now: Timestamp, limit: i64) -> Result<usize, DbError> {
        let days = |days: u64| now.before(Duration::from_hours(24 * days));
        match self {
            Self::AbandonedJobs => delete_abandoned(conn, days(1), limit).await,
            Self::SettledMessages => outbox::delete_settled(conn, days(30), limit).await,
            Self::Sessions => sessions::delete_over(conn, now).await,
        }
    }
}

/// Deletes some of what was kept for long enough; where there is nothing, the job rests until it is due again.
pub async fn run(conn: &mut Conn, batch: &Batch) -> Result<BatchDone, DbError> {
    let Some(job) = hold(conn, batch).await? else { return Ok(BatchDone::Lost) };
    for kept in Kept::ALL {
        let deleted = kept.delete_some(conn, batch.at, batch.limit).await?;
        if deleted > 0 {
            let mut so_far = Advance::of(&job);
            so_far.add(deleted, 0);
            return advance(conn, batch, so_far, false).await;
        }
    }
    rest(conn, batch, batch.at.after(INTERVAL)).await?;
    Ok(BatchDone::Finished)
}

/// Deletes some of the oldest job that nobody let run before a time.
async fn delete_abandoned(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<usize, DbError> {
    let Some(id) = oldest_abandoned(conn, before).await? else { return Ok(0) };
    let some: Vec<JobOrderRow> = load(orders_of_job(id, 0, limit), conn).await?;
    if let Some(last) = some.last() {
        let these = job_orders::table
            .filter(job_orders::job_id.eq(id))
            .filter(job_orders::position.le(last.position));
        return Ok(diesel::delete(these).execute(conn).await?);
    }
    // Unless somebody has let it run at this moment.
    let this = jobs::table.filter(jobs::id.eq(id)).filter(jobs::state.eq_any([COLLECTING, ASKING]));
    Ok(diesel::delete(this).execute(conn).await?)
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

fn oldest_in(state: &'static str) -> impl Rows<(i64, Timestamp)> {
    jobs::table
        .filter(jobs::state.eq(state))
        .filter(jobs::kind.ne(IMPORT))
        .order(jobs::id)
        .limit(1)
        .select((jobs::id, jobs::created_at))
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    vec![("oldest_in_state", super::sql(&oldest_in(ASKING)))]
}
