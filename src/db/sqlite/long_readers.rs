//! The connections of long reads, apart from those of requests, each on a thread of its own that may block.
//!
//! The same thread takes slice after slice: what it has freed of one is room for the next. Threads that take turns would
//! each keep a slice's memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, TransactionManager};
use tokio::sync::oneshot;

use super::{Conn, finish};
use crate::db::DbError;
use crate::db::long_read::Turn;

/// As many threads as slices ran at once so far; the first is started by the first slice.
#[derive(Clone)]
pub(super) struct LongReaders {
    /// The one that was used last is used next. None when the database is closed.
    idle: Arc<Mutex<Option<Vec<Reader>>>>,
    reopen: Arc<dyn Fn() -> Result<Conn, DbError> + Send + Sync>,
}

/// A thread with a connection, which ends when this is dropped.
struct Reader(Sender<Work>);

type Work = Box<dyn FnOnce(&mut Option<Conn>) + Send>;

impl LongReaders {
    pub(super) fn new(reopen: impl Fn() -> Result<Conn, DbError> + Send + Sync + 'static) -> Self {
        Self { idle: Arc::new(Mutex::new(Some(Vec::new()))), reopen: Arc::new(reopen) }
    }

    /// Runs a slice to its end, also if nobody waits for it any more; how long it took.
    pub(super) async fn run<T, F>(&self, turn: Turn, work: F) -> (Result<T, DbError>, Duration)
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    {
        let began = Instant::now();
        let reader = match self.take() {
            Ok(reader) => reader,
            Err(error) => return (Err(error), began.elapsed()),
        };
        let (reply, slice) = oneshot::channel();
        let (readers, again) = (self.clone(), Reader(reader.0.clone()));
        let sent = reader.0.send(Box::new(move |conn| {
            let began = Instant::now();
            // A panic costs this slice, and its connection.
            let result = catch_unwind(AssertUnwindSafe(|| readers.work(conn, work)));
            let result = result.unwrap_or_else(|_| {
                *conn = None;
                Err(broke_off())
            });
            drop(turn);
            readers.put_back(again);
            // Nobody may be waiting for it any more.
            drop(reply.send((result, began.elapsed())));
        }));
        match sent {
            Ok(()) => slice.await.unwrap_or_else(|_| (Err(broke_off()), began.elapsed())),
            Err(_) => (Err(broke_off()), began.elapsed()),
        }
    }

    fn take(&self) -> Result<Reader, DbError> {
        match self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(idle) => idle.pop().map_or_else(Reader::start, Ok),
            None => Err(DbError::Unavailable("the desk is closing".to_owned())),
        }
    }

    fn put_back(&self, reader: Reader) {
        if let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            idle.push(reader);
        }
    }

    fn work<T>(
        &self,
        place: &mut Option<Conn>,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let conn = match place {
            Some(conn) => conn,
            None => place.insert((self.reopen)()?),
        };
        let result = finish(work(conn));
        if <Conn as AsyncConnection>::TransactionManager::is_broken_transaction_manager(conn) {
            *place = None;
        }
        result
    }

    pub(super) fn close(&self) {
        drop(self.idle.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Reader {
    fn start() -> Result<Self, DbError> {
        let (send, works) = channel::<Work>();
        std::thread::Builder::new()
            .name("orders-reader".to_owned())
            .spawn(move || {
                let mut conn = None;
                for work in works {
                    work(&mut conn);
                }
            })
            .map_err(|error| DbError::Unavailable(format!("no thread for a long read: {error}")))?;
        Ok(Self(send))
    }
}

fn broke_off() -> DbError {
    DbError::Internal("a slice of a long read broke off".to_owned())
}
