//! Leases: which of several desks does a piece of work, until when.
//!
//! A row is leased by writing the end of the lease into its `claimed_until`; that exact time identifies the lease. When it
//! expires, another desk may lease the row. Messages of webhooks and jobs are leased alike. A message is leased once, for
//! longer than sending takes; a job's lease is renewed in each transaction that does a part of it.

/// Whether nobody has leased a table's row at a moment.
macro_rules! is_free {
    ($table:ident, $now:expr) => {
        $table::claimed_until.is_null().or($table::claimed_until.le($now))
    };
}

pub(in crate::db) use is_free;
