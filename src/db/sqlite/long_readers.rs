//! The connections of long reads, apart from those of requests, each on a thread that may block.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, TransactionManager};

use super::{Conn, finish};
use crate::db::DbError;
use crate::db::long_read::Turn;

/// As many connections as slices ran at once so far; the first is opened by the first slice.
#[derive(Clone)]
pub(super) struct LongReaders {
    idle: Arc<Mutex<Vec<Conn>>>,
    reopen: Arc<dyn Fn() -> Result<Conn, DbError> + Send + Sync>,
}

impl LongReaders {
    pub(super) fn new(reopen: impl Fn() -> Result<Conn, DbError> + Send + Sync + 'static) -> Self {
        Self { idle: Arc::default(), reopen: Arc::new(reopen) }
    }

    /// Runs a slice to its end, also if nobody waits for it any more; how long it took.
    pub(super) async fn run<T, F>(&self, turn: Turn, work: F) -> (Result<T, DbError>, Duration)
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    {
        let readers = self.clone();
        let slice = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let result = readers.work(work);
            drop(turn);
            (result, began.elapsed())
        });
        let broke_off = || Err(DbError::Internal("a slice of a long read broke off".to_owned()));
        slice.await.unwrap_or_else(|_| (broke_off(), Duration::ZERO))
    }

    fn work<T>(&self, work: impl AsyncFnOnce(&mut Conn) -> Result<T, DbError>) -> Result<T, DbError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = idle.map_or_else(|| (self.reopen)(), Ok)?;
        let result = finish(work(&mut conn));
        if !<Conn as AsyncConnection>::TransactionManager::is_broken_transaction_manager(&mut conn) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
        result
    }

    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
