//! Reads that may be long: beside the requests, slice by slice.
//!
//! A slice looks at so many rows behind a key, for at most 50 ms, and says where the next one begins. What is between two
//! slices is free: nobody's thread, connection or snapshot is held, other long reads have their turn, a deadline is
//! noticed, and whoever gives up just asks for no more. A caller goes on like this:
//!
//! ```ignore
//! let mut read = db.begin_long_read(Some(time))?;
//! let mut after = Some(0);
//! while let Some(key) = after {
//!     let slice = db.list_something(&mut read, key).await?;
//!     after = slice.next;
//! }
//! ```

mod pace;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::traced::waiting;
use super::{Db, DbError};
use crate::telemetry::Span;
pub(super) use pace::Pace;

/// How many slices run at once, on threads or connections that requests do without.
const MAX_SLICES: usize = 2;
/// How many long reads there are at once, their slices running or waiting for their turn.
const MAX_LONG_READS: usize = 16;

/// How many of those slices are of walks, which take whatever time there is.
const MAX_SLICES_OF_WALKS: usize = 1;

/// All long reads of a database.
pub(super) struct LongReads {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    walks: Semaphore,
}

impl Default for LongReads {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MAX_LONG_READS)),
            turns: Arc::new(Semaphore::new(MAX_SLICES)),
            walks: Semaphore::new(MAX_SLICES_OF_WALKS),
        }
    }
}

impl LongReads {
    /// Ends each after the slice that is under way.
    pub(super) fn close(&self) {
        self.places.close();
        self.turns.close();
        self.walks.close();
    }

    /// Waits until a walk may have its slice: first come, first served.
    pub(super) async fn walks(&self) -> Result<SemaphorePermit<'_>, DbError> {
        self.walks.acquire().await.map_err(|_| closed())
    }
}

/// What a slice found, and the key behind which the next one begins; none after the last.
#[derive(Debug)]
pub struct Slice<T, K> {
    pub found: T,
    pub next: Option<K>,
}

/// A long read that is under way. Dropped, it ends after the slice that is under way.
pub struct LongRead {
    turns: Arc<Semaphore>,
    pace: Pace,
    /// How much time it has, and until when.
    deadline: Option<(Duration, Instant)>,
    _place: OwnedSemaphorePermit,
}

/// The turn of one slice, until it is dropped.
pub(super) type Turn = OwnedSemaphorePermit;

impl Db {
    /// Begins a long read; with a deadline, if somebody waits for it.
    ///
    /// Busy, where too many are under way.
    pub fn begin_long_read(&self, time: Option<Duration>) -> Result<LongRead, DbError> {
        let LongReads { places, turns, .. } = &self.long_reads;
        if places.is_closed() {
            return Err(closed());
        }
        let place = Arc::clone(places)
            .try_acquire_owned()
            .map_err(|_| DbError::Busy(format!("{MAX_LONG_READS} long reads are under way")))?;
        Ok(LongRead {
            turns: Arc::clone(turns),
            pace: Pace::default(),
            deadline: time.map(|time| (time, Instant::now() + time)),
            _place: place,
        })
    }
}

impl LongRead {
    /// The same in slices of so many rows at most.
    pub(super) fn in_slices_of(mut self, most: i64) -> Self {
        self.pace = self.pace.up_to(most);
        self
    }

    /// How many rows the next slice may look at.
    pub(super) fn rows(&self) -> i64 {
        self.pace.rows()
    }

    /// Waits for the turn of the next slice: first come, first served.
    pub(super) async fn turn(&self, span: &Span) -> Result<Turn, DbError> {
        let _wait = waiting(span);
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = match self.deadline {
            None => turn.await,
            Some((time, until)) if Instant::now() >= until => return Err(timed_out(time)),
            Some((time, until)) => timeout_at(until, turn).await.map_err(|_| timed_out(time))?,
        };
        turn.map_err(|_| closed())
    }

    /// Takes into account how long a slice took.
    pub(super) fn took(&mut self, time: Duration) {
        self.pace.adapt(time);
    }
}

fn timed_out(time: Duration) -> DbError {
    DbError::TimedOut(format!("it may take {} s", time.as_secs_f64()))
}

fn closed() -> DbError {
    DbError::Unavailable("the desk is closing".to_owned())
}

#[cfg(test)]
mod tests;
