//! Jobs on many orders, run beside the requests: whichever desk takes one up does it to the end.
//!
//! A job is leased as a message of the outbox is, but its lease is renewed by each batch of orders, in the transaction that
//! changes them. So a desk that was killed leaves the rest to the one that finds the lease expired, and two never change an
//! order twice. The outbox's delivery workers wait for receivers, several at once for each endpoint, and retry each message
//! by itself; a job waits for nothing but the database, and takes its orders in turn. So what both share is the lease
//! (`db::lease`), and no more.
//!
//! Imports `clock`, `db` and `order`.

mod run;
mod worker;

pub use run::run;
pub use worker::JobWorker;
