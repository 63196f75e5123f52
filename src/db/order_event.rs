//! What happens to an order, as the history and the outbox need it.

use std::net::IpAddr;

use crate::order::{Change, EventDetail, EventKind, Field, JobId, Order, PersonId, Timestamp};

/// Something that happened to an order, and the order that it leads to.
#[derive(Debug)]
pub struct OrderEvent<'a> {
    /// The order's version after it, from 1.
    pub version: i32,
    /// When, in UTC.
    pub at: Timestamp,
    pub by: &'a str,
    /// The one who had signed in.
    pub person: Option<PersonId>,
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
    ///
    /// Without the note, a field that older releases cannot read: that is a detail.
    pub fn changes_text(&self) -> Option<String> {
        let known: Vec<Change> =
            self.changes.iter().filter(|change| change.field != Field::Note).cloned().collect();
        (!known.is_empty()).then(|| Change::list(&known))
    }

    /// What else there is to tell, as the history stores it.
    pub fn detail_text(&self) -> Option<String> {
        self.detail.text(self.changes)
    }
}
