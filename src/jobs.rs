//! Long work, run beside the requests: whichever desk takes a job up does it to the end.
//!
//! What a job does is its `JobWork`; `Db::run_batch` does a part of it in a transaction. A job is leased as a message of the
//! outbox is, but its lease is renewed by each batch, in the transaction that does the work. So a desk that was killed leaves
//! the rest to the one that finds the lease expired, and two never do anything twice. The outbox's delivery workers wait for
//! receivers, several at once for each endpoint, and retry each message by itself; a job waits for nothing but the database,
//! and takes its batches in turn. So what both share is the lease (`db::lease`), and no more.
//!
//! Imports `transfer`, `clock`, `db` and `order`.

mod imports;
mod retention;
mod run;
mod stored_file;
mod worker;

pub use imports::{ImportWorker, write_wrong_rows};
pub use retention::{Retention, RetentionWorker};
pub use run::{Ran, run, run_logged};
use stored_file::StoredFile;
pub use worker::JobWorker;
