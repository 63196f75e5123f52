//! The one connection that writes: transactions of many jobs, and what comes after one that went wrong.

use std::collections::VecDeque;
use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;

use super::super::guard::Guard;
use super::super::transaction::{end, roll_back};
use super::super::{Conn, finish};
use super::{Done, Job, Reply, Scope};
use crate::db::DbError;

/// The one connection that writes, and what is known of it.
pub(super) struct Committer<R> {
    conn: Conn,
    trust: Trust,
    guard: Arc<Guard>,
    reopen: R,
    /// Frames up to which the log may grow.
    log_limit: u64,
}

/// Frames of the log after which it is to begin anew: 64 MB with pages of the usual size.
const LOG_LIMIT: u64 = 16_000;

/// How far a connection can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Whole,
    /// It was left within a transaction.
    Broken,
    /// A commit has failed on its way to the disk, and may come back from the log at the next start.
    Unsettled,
}

impl<R: Fn() -> Result<Conn, DbError>> Committer<R> {
    pub(super) fn new(conn: Conn, guard: Arc<Guard>, reopen: R) -> Self {
        Self { conn, trust: Trust::Whole, guard, reopen, log_limit: LOG_LIMIT }
    }

    /// Takes waiting jobs into one transaction, commits it and answers them. What waits behind a job that broke the
    /// transaction goes on waiting.
    pub(super) fn commit(&mut self, waiting: &mut VecDeque<Job>) {
        let begun = self.renew().and_then(|()| self.guard.check(&mut self.conn)).and_then(|log| {
            self.keep_log_short(log.unmoved());
            self.guard.begin(&mut self.conn)
        });
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
        let scope = if waiting.len() == 1 { Scope::Transaction } else { Scope::Savepoint };
        let (mut result, mut is_void) = (Ok(()), false);
        while let Some(job) = waiting.pop_front() {
            let Some(done) = job(Ok((&mut self.conn, scope))) else { continue };
            let Done { broken, answer, .. } = done;
            is_void |= done.is_void;
            answers.push(answer);
            if let Some(error) = broken {
                result = Err(error);
                break;
            }
        }
        let result = match result {
            // Its caller is told why; nothing else was to be written.
            Ok(()) if is_void => {
                self.roll_back();
                Ok(())
            }
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

    /// Has the log begin anew where it is long. If that fails, it is tried again when there is as much more.
    fn keep_log_short(&mut self, frames: u64) {
        if frames < self.log_limit {
            return;
        }
        self.log_limit = match self.guard.restart_log(&mut self.conn) {
            Ok(true) => LOG_LIMIT,
            Ok(false) => frames + LOG_LIMIT,
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log is long, and could not be moved to the database");
                frames + LOG_LIMIT
            }
        };
    }

    /// Makes the transaction durable, in the file that everybody finds.
    fn end(&mut self) -> Result<(), DbError> {
        match end(&mut self.conn) {
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
        if !roll_back(&mut self.conn) {
            self.distrust();
        }
    }

    /// The connection may be within a transaction.
    pub(super) fn distrust(&mut self) {
        if self.trust == Trust::Whole {
            self.trust = Trust::Broken;
        }
    }

    /// Puts a new connection in the place of one that cannot be trusted.
    ///
    /// After a commit of which nobody knows it has to be settled first that it has failed: until that has worked,
    /// nothing else is written.
    pub(super) fn renew(&mut self) -> Result<(), DbError> {
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
