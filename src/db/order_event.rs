//! What happens to an order, as the history and the outbox need it.

use std::net::IpAddr;

use crate::order::{Change, EventDetail, EventKind, JobId, Order, Timestamp};

/// Something that happened to an order, and the order that it leads to.
#[derive(Debug)]
pub struct OrderEvent<'a> {
    /// The order's version after it, from 1.
    pub version: i32,
    /// When, in UTC.
    pub at: Timestamp,
    pub by: &'a str,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// The job that did it, if it was one.
    pub job: Option<JobId>,
    pub kind: EventKind,
    /// What it changes; nothing, where the order is added, cancelled or reopened.
    pub changes: &'a [Change],
    /// What else there is to tell.
    pub detail: EventDetail,
    /// The form that asked for it, to recognize a duplicate.
    pub submission: Option<&'a str>,
    /// The order after it.
    pub order: Order,
}

impl OrderEvent<'_> {
    /// The changes as the history stores them; none where nothing was changed.
    pub fn changes_text(&self) -> Option<String> {
        (!self.changes.is_empty()).then(|| Change::list(self.changes))
    }
}
