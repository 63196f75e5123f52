//! The writing side: one thread, one connection, and group commit.
//!
//! SQLite takes one writer at a time, and a durable commit costs a flush of the disk. So writes queue up
//! while one commit is under way, and the next commit takes them all: each in a savepoint of its own unless it
//! is the only one, so that one that fails takes nothing with it. Nobody is answered before the commit is durable.

mod committer;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use committer::Committer;
use diesel_async::{AsyncConnection, TransactionManager as _};
use tokio::sync::oneshot;

use super::guard::Guard;
use super::{Conn, finish};
use crate::db::DbError;
use crate::db::queue::WaitCounter;
use crate::db::traced::waiting;
use crate::telemetry::Span;

/// Writes that may wait; beyond it the desk says that it is busy.
const QUEUE_LENGTH: usize = 1024;
/// Writes that one commit takes at most, so that the first of them does not wait for long.
const MAX_BATCH: usize = 128;

pub(super) struct Writer {
    jobs: Mutex<Option<SyncSender<Job>>>,
    waiting: WaitCounter,
    thread: Mutex<Option<JoinHandle<()>>>,
}

type Savepoints = <Conn as AsyncConnection>::TransactionManager;

/// A queued write. With a connection it runs and returns the reply to its caller; with an error it replies at
/// once.
type Job = Box<dyn FnOnce(Result<(&mut Conn, Scope), &DbError>) -> Option<Done> + Send>;

/// What is rolled back where a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The whole transaction, which has no other write.
    Transaction,
    /// A savepoint of its own. SQLite keeps aside what each of its pages was before.
    Savepoint,
}

struct Done {
    /// Whether the transaction is to be rolled back, since it holds what a failed write has done.
    is_void: bool,
    /// The failure after which the whole transaction cannot be trusted, if there was one.
    broken: Option<DbError>,
    answer: Reply,
}

/// Replies to the caller; with an error if the commit failed.
type Reply = Box<dyn FnOnce(Result<(), &DbError>)>;

impl Writer {
    /// Starts the thread. `reopen` makes a fresh connection where one was left in doubt.
    pub(super) fn start(
        conn: Conn,
        guard: Arc<Guard>,
        reopen: impl Fn() -> Result<Conn, DbError> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(QUEUE_LENGTH);
        let thread = std::thread::Builder::new()
            .name("orders-writer".to_owned())
            .spawn(move || run(&mut Committer::new(conn, guard, reopen), &queue))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            waiting: WaitCounter::default(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Writes that are not durable yet, in the queue or in the commit that is under way.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Runs work in a transaction, durable when this returns; it is done even if the caller is gone.
    pub(super) async fn run<T, F>(&self, work: F, span: &Span) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        // The caller may be gone by then: nobody reads the reply, and the write stays.
        let place = self.waiting.join();
        let wait = waiting(span);
        let answer = move |result| {
            drop(place);
            drop(send.send(result));
        };
        let job: Job = Box::new(move |conn| match conn {
            Ok((conn, scope)) => {
                drop(wait);
                let result = match scope {
                    Scope::Transaction => finish(work(conn)),
                    Scope::Savepoint => finish(in_savepoint(conn, work)),
                };
                Some(Done {
                    is_void: scope == Scope::Transaction && result.is_err(),
                    broken: result.as_ref().err().filter(|error| breaks_transaction(error)).cloned(),
                    answer: Box::new(move |committed| answer(committed.map_err(DbError::clone).and(result))),
                })
            }
            Err(error) => {
                answer(Err(error.clone()));
                None
            }
        });
        self.enqueue(job)?;
        receive.await.unwrap_or_else(|_| Err(DbError::Internal("a write broke off".to_owned())))
    }

    fn enqueue(&self, job: Job) -> Result<(), DbError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = jobs.as_ref() else {
            return Err(DbError::Unavailable("the desk is closing".to_owned()));
        };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Busy(format!("{QUEUE_LENGTH} writes are waiting")),
            TrySendError::Disconnected(_) => DbError::Unavailable("the writer has stopped".to_owned()),
        })
    }

    /// Takes no more work, finishes what waits and closes the connection.
    pub(super) fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
            && thread.join().is_err()
        {
            tracing::error!("the writer's thread ended in a panic");
        }
    }
}

fn run(committer: &mut Committer<impl Fn() -> Result<Conn, DbError>>, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut waiting: VecDeque<Job> =
            std::iter::once(first).chain(queue.try_iter()).take(MAX_BATCH).collect();
        while !waiting.is_empty() {
            // A panic drops the batch's replies: its callers get an error.
            if catch_unwind(AssertUnwindSafe(|| committer.commit(&mut waiting))).is_err() {
                committer.distrust();
            }
            // At once, because the old connection may still lock the database.
            if let Err(error) = committer.renew() {
                tracing::error!(%error, "the writer could not open a new connection");
            }
        }
    }
}

/// SQLite may have rolled everything back by itself after these (its documentation of `BEGIN`, "Response
/// To Errors Within A Transaction").
fn breaks_transaction(error: &DbError) -> bool {
    matches!(
        error,
        DbError::Full(_)
            | DbError::Unavailable(_)
            | DbError::Busy(_)
            | DbError::Damaged(_)
            | DbError::ReadOnly(_)
    )
}

/// Does work in a savepoint of the commit's transaction, rolled back alone if the work fails.
async fn in_savepoint<T>(
    conn: &mut Conn,
    work: impl AsyncFnOnce(&mut Conn) -> Result<T, DbError>,
) -> Result<T, DbError> {
    Savepoints::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(value) => Savepoints::commit_transaction(conn).await.map(|()| value).map_err(DbError::from),
        Err(error) if breaks_transaction(&error) => Err(error),
        Err(error) => match Savepoints::rollback_transaction(conn).await {
            Ok(()) => Err(error),
            Err(rollback) => {
                Err(DbError::Unavailable(format!("{error}; then the rollback failed: {rollback}")))
            }
        },
    }
}
