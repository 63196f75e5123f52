//! The writing side: one thread, one connection, and group commit.
//!
//! SQLite takes one writer at a time, and a durable commit costs a flush of the disk. So writes queue up
//! while one commit is under way, and the next commit takes them all: each in a savepoint of its own, so
//! that one that fails takes nothing with it. Nobody is answered before the commit is durable.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel_async::{AsyncConnection, SimpleAsyncConnection, TransactionManager as _};
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
type Job = Box<dyn FnOnce(Result<&mut Conn, &DbError>) -> Option<Done> + Send>;

struct Done {
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
            .spawn(move || run(&mut Pen { conn, trust: Trust::Whole, guard, reopen }, &queue))?;
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
            Ok(conn) => {
                drop(wait);
                let result = finish(in_savepoint(conn, work));
                Some(Done {
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

/// The one connection that writes, and what is known of it.
struct Pen<R> {
    conn: Conn,
    trust: Trust,
    guard: Arc<Guard>,
    reopen: R,
}

/// How far a connection can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Whole,
    /// It was left within a transaction.
    Broken,
    /// A commit has failed on its way to the disk, and may come back from the log at the next start.
    Unsettled,
}

fn run<R: Fn() -> Result<Conn, DbError>>(pen: &mut Pen<R>, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut waiting: VecDeque<Job> =
            std::iter::once(first).chain(queue.try_iter()).take(MAX_BATCH).collect();
        while !waiting.is_empty() {
            // A panic drops the batch's replies: its callers get an error.
            if catch_unwind(AssertUnwindSafe(|| pen.commit(&mut waiting))).is_err() {
                pen.trust = Trust::Broken;
            }
            // At once, because the old connection may still lock the database.
            if let Err(error) = pen.renew() {
                tracing::error!(%error, "the writer could not open a new connection");
            }
        }
    }
}

impl<R: Fn() -> Result<Conn, DbError>> Pen<R> {
    /// Takes waiting jobs into one transaction, commits it and answers them. What waits behind a job that broke the
    /// transaction goes on waiting.
    fn commit(&mut self, waiting: &mut VecDeque<Job>) {
        let begun =
            self.renew().and_then(|()| self.guard.check(&mut self.conn)).and_then(|()| begin(&mut self.conn));
        // Of a form that is sent again after a commit of which nobody knows, nobody knows either.
        let is_unsettled = self.trust == Trust::Unsettled;
        let begun =
            begun.map_err(|error| if is_unsettled { DbError::Uncertain(error.to_string()) } else { error });
        if let Err(error) = begun {
            self.guard.note(Err(&error));
            for job in waiting.drain(..) {
                job(Err(&error));
            }
            return self.roll_back();
        }
        let mut answers: Vec<Reply> = Vec::with_capacity(waiting.len());
        let mut result = Ok(());
        while let Some(job) = waiting.pop_front() {
            let Some(Done { broken, answer }) = job(Ok(&mut self.conn)) else { continue };
            answers.push(answer);
            if let Some(error) = broken {
                result = Err(error);
                break;
            }
        }
        let result = match result {
            Ok(()) => self.end(),
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        };
        self.guard.note(result.as_ref().copied());
        for answer in answers {
            answer(result.as_ref().copied());
        }
    }

    /// Makes the transaction durable, in the file that everybody finds.
    fn end(&mut self) -> Result<(), DbError> {
        let committed = finish(async {
            self.conn.spawn_blocking(AnsiTransactionManager::commit_transaction).await.map_err(DbError::from)
        });
        match committed {
            // It was stored where nobody looks.
            Ok(()) => self.guard.check_names().map_err(|error| DbError::Uncertain(error.to_string())),
            // What failed on its way to the disk may have reached it.
            Err(error @ DbError::Unavailable(_)) => {
                self.roll_back();
                self.trust = Trust::Unsettled;
                self.renew().map_err(|_| DbError::Uncertain(error.to_string())).and(Err(error))
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Rolls back; if that fails, the connection is trusted no further.
    fn roll_back(&mut self) {
        if !roll_back(&mut self.conn) && self.trust == Trust::Whole {
            self.trust = Trust::Broken;
        }
    }

    /// Puts a new connection in the place of one that cannot be trusted.
    ///
    /// After a commit of which nobody knows it has to be settled first that it has failed: until that has worked,
    /// nothing else is written.
    fn renew(&mut self) -> Result<(), DbError> {
        if self.trust == Trust::Whole {
            return Ok(());
        }
        let mut fresh = (self.reopen)()?;
        if self.trust == Trust::Unsettled && !self.guard.is_log_at_its_end(&mut fresh)? {
            overwrite(&mut fresh)?;
        }
        tracing::warn!("a write went wrong; the writer has opened a new connection");
        self.conn = fresh;
        self.trust = Trust::Whole;
        Ok(())
    }
}

/// Writes a page as it is, in a commit of its own, over what a failed one has left in the log. What stood behind it
/// there does not come back either: each frame's checksum builds on the one before.
fn overwrite(conn: &mut Conn) -> Result<(), DbError> {
    finish(async {
        conn.batch_execute("BEGIN IMMEDIATE; PRAGMA user_version = 0; COMMIT").await.map_err(DbError::from)
    })
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

fn begin(conn: &mut Conn) -> Result<(), DbError> {
    finish(async {
        // Immediate: a transaction that reads first and writes later could find itself too late to write.
        conn.spawn_blocking(|conn| AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"))
            .await
            .map_err(DbError::from)
    })
}

/// Rolls back; whether that left the connection as if nothing had been begun.
fn roll_back(conn: &mut Conn) -> bool {
    finish(async {
        conn.spawn_blocking(|conn| {
            // Out of the savepoint that broke, too.
            while AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?.is_some()
            {
                AnsiTransactionManager::rollback_transaction(conn)?;
            }
            Ok(())
        })
        .await
        .map_err(DbError::from)
    })
    .is_ok()
}
