//! The reading side: a few connections that cannot write, each used by one request at a time.

use std::sync::{Mutex, PoisonError};

use diesel_async::{AsyncConnection, TransactionManager};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Conn, finish};
use crate::db::DbError;
use crate::db::queue::WaitCounter;
use crate::db::traced::waiting;
use crate::telemetry::{DatabaseUse, Span};

pub(super) struct Readers {
    idle: Mutex<Vec<Conn>>,
    free: Semaphore,
    waiting: WaitCounter,
    allowed: usize,
    reopen: Reopen,
}

type Reopen = Box<dyn Fn() -> Result<Conn, DbError> + Send + Sync>;

impl Readers {
    /// A pool of connections. `reopen` makes a fresh one where one was left in doubt.
    pub(super) fn new(
        connections: Vec<Conn>,
        reopen: impl Fn() -> Result<Conn, DbError> + Send + Sync + 'static,
    ) -> Self {
        let allowed = connections.len();
        Self {
            idle: Mutex::new(connections),
            free: Semaphore::new(allowed),
            waiting: WaitCounter::default(),
            allowed,
            reopen: Box::new(reopen),
        }
    }

    pub(super) fn usage(&self) -> DatabaseUse {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).len();
        DatabaseUse {
            in_use: self.allowed.saturating_sub(self.free.available_permits()),
            idle,
            allowed: self.allowed,
            requests_waiting: self.waiting.len(),
            writes_waiting: 0,
        }
    }

    /// Runs work on an idle connection, waiting for one if need be.
    ///
    /// It runs on the thread that asks: a page takes tens of microseconds, about as long as the way to another
    /// thread and back. Longer work does not belong here.
    pub(super) async fn run<T, F>(&self, work: F, span: &Span) -> Result<T, DbError>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError>,
    {
        let mut lease = self.lease(span).await?;
        match lease.conn.as_mut() {
            Some(conn) => finish(work(conn)),
            None => Err(closed()),
        }
    }

    async fn lease(&self, span: &Span) -> Result<ReaderLease<'_>, DbError> {
        let waits = (self.waiting.join(), waiting(span));
        let permit = self.free.acquire().await.map_err(|_| closed())?;
        drop(waits);
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = idle.map_or_else(&self.reopen, Ok)?;
        Ok(ReaderLease { readers: self, conn: Some(conn), _permit: permit })
    }

    pub(super) fn close(&self) {
        self.free.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection on loan; it goes back unless it was left within a transaction, as a panic would leave it.
struct ReaderLease<'a> {
    readers: &'a Readers,
    conn: Option<Conn>,
    _permit: SemaphorePermit<'a>,
}

impl Drop for ReaderLease<'_> {
    fn drop(&mut self) {
        if let Some(mut conn) = self.conn.take()
            && !self.readers.free.is_closed()
            && !<Conn as AsyncConnection>::TransactionManager::is_broken_transaction_manager(&mut conn)
        {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}

fn closed() -> DbError {
    DbError::Unavailable("the desk is closing".to_owned())
}
