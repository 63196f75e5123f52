//! The worker of a desk: takes up one import after the other, and erases files that were kept for long enough.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{Halt, Work};
use crate::clock::Clock;
use crate::db::{Db, DbError, ImportLease};

/// How often it looks for imports that other desks have left.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
const ERASE_INTERVAL: Duration = Duration::from_mins(10);
/// After a failure that may pass.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Failures in a row, after which an import is not tried again.
const MAX_FAILURES: u32 = 5;

pub struct ImportWorker {
    db: Arc<Db>,
    clock: Clock,
    /// For how long files are kept.
    keep: Duration,
    /// Whether the last query of imports failed, to log that once.
    has_failed_lookup: bool,
}

impl ImportWorker {
    pub fn new(db: Arc<Db>, clock: Clock, keep: Duration) -> Self {
        Self { db, clock, keep, has_failed_lookup: false }
    }

    /// Goes on with imports until `stopping` is set, then leaves the rest to others.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut news = self.db.new_jobs();
        let mut erased: Option<Instant> = None;
        while !*stopping.borrow_and_update() {
            if let Some(lease) = self.lease_next().await {
                self.work(lease, &stopping).await;
                continue;
            }
            if erased.is_none_or(|at| at.elapsed() >= ERASE_INTERVAL) {
                self.erase().await;
                erased = Some(Instant::now());
            }
            tokio::select! {
                _ = stopping.changed() => {}
                // Never an error: the sender lives as long as the database.
                _ = news.changed() => {}
                () = sleep(POLL_INTERVAL) => {}
            }
        }
    }

    async fn lease_next(&mut self) -> Option<ImportLease> {
        match self.db.lease_next_import(self.clock.utc()).await {
            Ok(lease) => {
                self.has_failed_lookup = false;
                lease
            }
            Err(error) => {
                if !self.has_failed_lookup {
                    tracing::warn!(%error, "imports cannot be looked for");
                }
                self.has_failed_lookup = true;
                None
            }
        }
    }

    async fn work(&self, lease: ImportLease, stopping: &watch::Receiver<bool>) {
        let (db, clock, stopping) = (Arc::clone(&self.db), self.clock, stopping.clone());
        let runtime = Handle::current();
        let job = lease.import;
        let working = tokio::task::spawn_blocking(move || {
            let is_stopping = || *stopping.borrow();
            work(&db, clock, &runtime, lease, &is_stopping);
        });
        if working.await.is_err() {
            // Its lease expires, and some desk tries once more.
            tracing::error!(%job, "an import broke off");
            sleep(RETRY_DELAY).await;
        }
    }

    async fn erase(&self) {
        let now = self.clock.utc();
        if let Err(error) = self.db.end_left_imports(now).await {
            tracing::warn!(%error, "imports that commands have left could not be ended");
        }
        match self.db.erase_imports(now.before(self.keep), now).await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "files of imports were erased"),
            Err(error) => tracing::warn!(%error, "files of imports could not be erased"),
        }
    }
}

/// Goes on with an import until it is over, asks, or is left to others.
fn work(
    db: &Arc<Db>,
    clock: Clock,
    runtime: &Handle,
    mut lease: ImportLease,
    is_stopping: &dyn Fn() -> bool,
) {
    let (job, mut failures) = (lease.import, 0);
    loop {
        let error = match attempt(db, clock, runtime, &mut lease, is_stopping) {
            Ok(()) | Err(Halt::Lost) => return,
            Err(Halt::Stopping) => {
                if let Err(error) = runtime.block_on(db.release_import(lease)) {
                    // Others take it up when the lease has expired.
                    tracing::warn!(%error, %job, "an import could not be handed on");
                }
                return;
            }
            Err(error) => error,
        };
        if is_stopping() {
            return;
        }
        failures += 1;
        tracing::warn!(%error, %job, failures, "an import came to a halt");
        // Neither a fault nor a file whose key is retired passes.
        let may_pass = matches!(&error, Halt::Db(error) if !matches!(error, DbError::Internal(_) | DbError::Outdated(_)));
        if failures >= MAX_FAILURES && !may_pass {
            tracing::error!(%job, "an import was given up");
            if let Err(error) = runtime.block_on(db.fail_import(lease, clock.utc())) {
                tracing::warn!(%error, %job, "an import could not be ended");
            }
            return;
        }
        std::thread::sleep(RETRY_DELAY);
    }
}

fn attempt(
    db: &Arc<Db>,
    clock: Clock,
    runtime: &Handle,
    lease: &mut ImportLease,
    is_stopping: &dyn Fn() -> bool,
) -> Result<(), Halt> {
    let import = runtime.block_on(db.find_import(lease.import))?.ok_or(Halt::Lost)?;
    if !runtime.block_on(db.renew_import(lease, import.position, clock.utc()))? {
        return Err(Halt::Lost);
    }
    let renewed = std::time::Instant::now();
    let mut work = Work { db, clock, runtime, import: &import, lease, renewed, is_stopping };
    if import.started_at.is_some() { work.run() } else { work.survey() }
}
