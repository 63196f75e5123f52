//! The card keys that a database knows.

use super::{Purpose, Timestamp};

/// A key as a database knows it: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    pub purpose: Purpose,
    /// What orders call it. Counted up, and given to no other key, even when this one is retired.
    pub id: i16,
    /// Tells it from other keys.
    pub check_value: Vec<u8>,
    /// When the database came to know it; none if that was before it noted this.
    pub registered_at: Option<Timestamp>,
    /// Since when nobody has to have it.
    pub retired_at: Option<Timestamp>,
}

/// A key that a database is to know.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub purpose: Purpose,
    /// Tells it from other keys.
    pub check_value: Vec<u8>,
}

impl KnownKey {
    /// Whether it is the key with this check value.
    pub(super) fn is(&self, purpose: Purpose, check_value: &[u8]) -> bool {
        self.purpose == purpose && self.check_value == check_value
    }

    /// Whether nobody has to have it any more.
    pub fn is_retired(&self) -> bool {
        self.retired_at.is_some()
    }
}
