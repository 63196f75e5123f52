//! Imports: looking at a file, and making orders of its rows, on a thread of its own that may block.
//!
//! What is found in a file is stored, and somebody says what to do. Then rows are read in batches; each is one transaction
//! that also says behind which row the next one begins. So any desk goes on where another was killed, and no row is done
//! twice.

mod lookup;
mod run;
mod survey;
mod worker;
mod wrong;

pub use worker::ImportWorker;
pub use wrong::write_wrong_rows;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::stored_file::database_error;
use crate::clock::Clock;
use crate::db::{Db, DbError, Import, ImportLease};
use crate::transfer::import::FileError;

/// How often a lease is renewed while no batch does so.
const RENEWAL: Duration = Duration::from_secs(5);

/// Why an import does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    #[error(transparent)]
    Db(#[from] DbError),
    /// The file cannot be read.
    #[error(transparent)]
    File(FileError),
    /// What was stored of it cannot be read, though this program stored it.
    #[error("what is stored of an import cannot be read: {0}")]
    Stored(#[from] serde_json::Error),
    /// Another desk has it, or somebody has stopped it.
    #[error("it is not this desk's any more")]
    Lost,
    /// This desk is about to close.
    #[error("the desk closes")]
    Stopping,
}

impl From<FileError> for Halt {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io(error) => error.into(),
            error => Self::File(error),
        }
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        match database_error(&error) {
            Some(error) => Self::Db(error),
            None => Self::File(FileError::Io(error)),
        }
    }
}

/// An import under way.
struct Work<'a> {
    db: &'a Arc<Db>,
    clock: Clock,
    runtime: &'a Handle,
    import: &'a Import,
    lease: &'a mut ImportLease,
    renewed: Instant,
    is_stopping: &'a dyn Fn() -> bool,
}

impl Work<'_> {
    /// Notices when the desk closes, and holds the lease.
    fn keep(&mut self, rows: u64) -> Result<(), Halt> {
        if (self.is_stopping)() {
            return Err(Halt::Stopping);
        }
        if self.renewed.elapsed() >= RENEWAL {
            let renewed = self.db.renew_import(self.lease, rows, self.clock.utc());
            if !self.runtime.block_on(renewed)? {
                return Err(Halt::Lost);
            }
            self.renewed = Instant::now();
        }
        Ok(())
    }
}
