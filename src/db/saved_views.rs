//! Changes of own views, and what comes of them.
//!
//! Each names the version that it saw: a view that has another one by now stays as it is.

use crate::order::{Actor, ListQuery, SavedView, Timestamp, ViewId, ViewName};

/// A list that becomes a view.
#[derive(Debug, Clone)]
pub struct InsertView {
    pub name: ViewName,
    /// Filter and sort alone are kept.
    pub list: ListQuery,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
}

/// What came of a new view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewInserted {
    /// It is there, behind all others.
    Added(ViewId),
    /// It was there before, with this name and this list.
    Known(ViewId),
    /// Nothing was stored: another list has the name, perhaps in other letters.
    NameTaken(ViewName),
    /// Nothing was stored: there are [`SavedView::MOST`].
    TooMany,
}

/// A change of a view.
#[derive(Debug, Clone)]
pub struct UpdateView {
    pub id: ViewId,
    /// The version that is changed.
    pub seen: i32,
    pub change: ViewChange,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
}

/// What of a view is changed.
#[derive(Debug, Clone)]
pub enum ViewChange {
    Name(ViewName),
    /// Filter and sort alone are kept.
    List(ListQuery),
}

/// What came of a change or a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewUpdated {
    /// It is as was wanted, whether this made it so or somebody else.
    Done,
    /// Nothing was done: another view has the name, perhaps in other letters.
    NameTaken(ViewName),
    /// Nothing was done: somebody has changed it since that version. This is what it is now.
    Conflict(SavedView),
    /// Nothing was done: there is no such view any more.
    Gone,
}
