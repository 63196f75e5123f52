//! Which `Idempotency-Key`s belong to requests that are being answered.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// Keys of requests that are under way at this desk.
#[derive(Debug, Default)]
pub struct KeysInFlight(Mutex<HashSet<Uuid>>);

/// A request is under way until this is dropped.
pub(super) struct KeyInFlight<'a> {
    keys: &'a KeysInFlight,
    key: Uuid,
}

impl KeysInFlight {
    /// Notes that a request is under way; none if another one with the same key is.
    pub(super) fn begin(&self, key: Uuid) -> Option<KeyInFlight<'_>> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        is_new.then_some(KeyInFlight { keys: self, key })
    }
}

impl Drop for KeyInFlight<'_> {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
