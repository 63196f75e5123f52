//! Jobs: asked for, run batch by batch, whatever they do, stopped and shown.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::find::Cursor;
use super::job::{
    Batch, BatchDone, InsertJob, Job, JobInserted, JobLease, JobState, JobWork, LeasedJob, SeenOrder,
    ShownOrder,
};
use super::long_read::Pace;
use super::{Db, DbError};
use crate::order::{BulkAction, JobId, ListQuery, LocalTime, Now, Timestamp};

/// How many orders a job may be about.
pub const MAX_JOB_ORDERS: usize = 100_000;

/// How long a lease holds: many times what a batch takes, so that no job is taken from a desk that is at it.
const LEASE_TIME: Duration = Duration::from_secs(30);

/// Orders of the first batch, of the smallest and of the largest, and what a batch is to take. Whoever saves an order meanwhile
/// waits for a batch at most, and shall have it within 250 ms; each batch costs a commit, and the pause behind it.
const BATCH: Pace = Pace::new((50, 5, 1000), Duration::from_millis(60));

/// Orders that are noted in one transaction.
const NOTED_AT_ONCE: usize = 500;

/// Orders that stand for all of a job, before somebody chooses what to do with them.
const FIRST_SHOWN: i64 = 10;

impl JobLease {
    /// Until when it holds that is taken or renewed at a time.
    pub(super) fn until(at: Timestamp) -> Timestamp {
        at.after(LEASE_TIME)
    }

    /// The lease of a job that is at its beginning.
    pub(super) fn begin(job: JobId, work: JobWork, until: Timestamp) -> Self {
        Self { job, work, until, pace: BATCH, reached: 0, read: None }
    }
}

/// What came of a job that was to be about all orders of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collected {
    /// It asks what to do with them.
    Asking(JobId),
    /// Nothing was stored: the list has no order.
    Empty,
    /// Nothing was stored: the list has more than [`MAX_JOB_ORDERS`].
    TooMany,
}

impl Db {
    /// Adds a job about orders that a page showed, 500 at most; it is durable when this returns.
    pub async fn insert_job(&self, job: InsertJob, orders: Vec<SeenOrder>) -> Result<JobInserted, DbError> {
        let is_free = job.state == JobState::Running && job.leased_until.is_none();
        let inserted = self.store.insert_job(job, orders).await?;
        if is_free {
            self.jobs.send_replace(());
        }
        Ok(inserted)
    }

    /// Adds a job that the caller runs, who has its lease; none if the same request has asked for it before, and another
    /// desk is at it.
    pub async fn insert_leased_job(
        &self,
        job: InsertJob,
        orders: Vec<SeenOrder>,
    ) -> Result<(JobId, Option<JobLease>), DbError> {
        let (at, until, work) = (job.at, JobLease::until(job.at), job.work.clone());
        let job = InsertJob { state: JobState::Running, leased_until: Some(until), ..job };
        match self.insert_job(job, orders).await? {
            JobInserted::Added(id) => Ok((id, work.map(|work| JobLease::begin(id, work, until)))),
            JobInserted::Known(id) => Ok((id, self.lease_job(id, at).await?)),
        }
    }

    /// Adds a job about all orders that a list has now, each at its version of now.
    pub async fn collect_job(
        &self,
        job: InsertJob,
        list: &ListQuery,
        now: LocalTime,
    ) -> Result<Collected, DbError> {
        let mut orders = self.find_all(list, now).await?;
        if orders.is_empty() {
            return Ok(Collected::Empty);
        }
        if orders.len() > MAX_JOB_ORDERS {
            return Ok(Collected::TooMany);
        }
        let all = i32::try_from(orders.len()).unwrap_or(i32::MAX);
        let rest = orders.split_off(orders.len().min(NOTED_AT_ONCE));
        let id = self.insert_job(InsertJob { state: JobState::Collecting, ..job }, orders).await?.id();
        for (nth, some) in (1..).zip(rest.chunks(NOTED_AT_ONCE)) {
            let behind = i32::try_from(nth * NOTED_AT_ONCE).unwrap_or(i32::MAX);
            self.store.add_job_orders(id, behind, some.to_vec()).await?;
        }
        self.store.finish_collecting_job(id, all).await?;
        Ok(Collected::Asking(id))
    }

    /// The numbers and versions of all orders of a list, in its order; one more than a job may have, if there are more.
    ///
    /// Each is there once, however they move in the list meanwhile.
    async fn find_all(&self, list: &ListQuery, now: LocalTime) -> Result<Vec<SeenOrder>, DbError> {
        let query = self.find_query(list, now).await?;
        let mut read = self.begin_long_read(None)?;
        let (mut seen, mut orders) = (HashSet::new(), Vec::new());
        let mut from: Option<Cursor> = None;
        loop {
            let slice = self.store.walk_orders(&mut read, query.clone(), from).await?;
            let new = slice.found.iter().filter(|order| seen.insert(order.number));
            orders.extend(new.map(|order| (order.number, order.version)));
            from = slice.next;
            if from.is_none() || orders.len() > MAX_JOB_ORDERS {
                return Ok(orders);
            }
        }
    }

    /// Lets a job run that asks, if it is still to do what was shown; whether it runs now.
    pub async fn start_job(&self, job: &Job, action: &BulkAction) -> Result<bool, DbError> {
        let runs = self.store.start_job(job.id, action.clone(), job.list.clone(), None).await?;
        self.jobs.send_replace(());
        Ok(runs)
    }

    /// The same for a caller who runs it, and has its lease then.
    pub async fn start_leased_job(
        &self,
        job: &Job,
        action: &BulkAction,
        now: Timestamp,
    ) -> Result<Option<JobLease>, DbError> {
        let until = JobLease::until(now);
        let runs = self.store.start_job(job.id, action.clone(), job.list.clone(), Some(until)).await?;
        Ok(runs.then(|| JobLease::begin(job.id, JobWork::Bulk(action.clone()), until)))
    }

    /// Changes whenever this desk has let a job run.
    pub fn new_jobs(&self) -> watch::Receiver<()> {
        self.jobs.subscribe()
    }

    /// Leases a running job, if no desk has.
    pub async fn lease_job(&self, job: JobId, now: Timestamp) -> Result<Option<JobLease>, DbError> {
        let until = JobLease::until(now);
        let leased = self.store.lease_job(job, now, until).await?;
        Ok(leased
            .map(|LeasedJob { work, reached }| JobLease { reached, ..JobLease::begin(job, work, until) }))
    }

    /// Whether this program has what a job takes, such as the keys that it is to seal with.
    pub fn can_run(&self, job: &Job) -> bool {
        match &job.work {
            Some(JobWork::Reencrypt(work)) => self.has_keys_of(*work),
            work => work.is_some(),
        }
    }

    /// Does the next part of a job, durable when this returns.
    pub async fn run_batch(
        &self,
        lease: &mut JobLease,
        now: Now,
        at: Timestamp,
    ) -> Result<BatchDone, DbError> {
        let batch = Batch {
            job: lease.job,
            held: lease.until,
            until: JobLease::until(at),
            limit: lease.pace.rows(),
            now,
            at,
        };
        let began = Instant::now();
        let (done, took) = match lease.work.clone() {
            JobWork::Bulk(_) => {
                let done = self.store.run_bulk_batch(batch, Arc::clone(&self.outbox)).await?;
                (done, began.elapsed())
            }
            JobWork::Reencrypt(work) => self.run_card_batch(lease, work, batch).await?,
            JobWork::Import(_) | JobWork::CommandImport(_) => {
                return Err(DbError::Internal("an import has a worker of its own".to_owned()));
            }
            JobWork::Purge => (self.store.run_purge_batch(batch).await?, began.elapsed()),
        };
        lease.pace.adapt(took);
        lease.until = batch.until;
        if done != BatchDone::Lost && matches!(lease.work, JobWork::Bulk(_)) {
            self.count_change();
            self.outbox.notify();
        }
        Ok(done)
    }

    /// Gives a lease back, so that another desk goes on at once.
    pub async fn release_job(&self, lease: JobLease) -> Result<(), DbError> {
        self.store.release_job(lease.job, lease.until).await
    }

    /// Ends a job that the program cannot go on with.
    pub async fn fail_job(&self, lease: JobLease, at: Timestamp) -> Result<(), DbError> {
        self.store.fail_job(lease.job, lease.until, at).await
    }

    /// The first orders of a job as they are now.
    pub async fn list_first_shown(&self, job: JobId) -> Result<Vec<ShownOrder>, DbError> {
        self.store.list_first_shown(job, FIRST_SHOWN).await
    }

    /// Goes through the orders of a job as they are now.
    pub async fn for_each_shown_order(
        &self,
        job: JobId,
        mut each: impl FnMut(ShownOrder),
    ) -> Result<(), DbError> {
        let mut read = self.begin_long_read(None)?;
        let mut after = Some(0);
        while let Some(behind) = after {
            let slice = self.store.list_shown_orders(&mut read, job, behind).await?;
            slice.found.into_iter().for_each(&mut each);
            after = slice.next;
        }
        Ok(())
    }
}

#[cfg(test)]
impl Db {
    /// Deletes what has been kept for long enough at a time.
    pub async fn purge_at(&self, at: Timestamp) {
        let late = Timestamp::parse("2099-01-01 00:00:00").unwrap();
        let mut lease = self.lease_job(JobId::PURGE, late).await.unwrap().expect("nobody has leased it");
        while self.run_batch(&mut lease, Now::in_utc(at), at).await.unwrap() == BatchDone::More {}
    }
}
