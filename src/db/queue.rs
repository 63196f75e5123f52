//! How many wait for something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Those who wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue(Arc<AtomicUsize>);

/// A place among them, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Queue);

impl Queue {
    /// Waits from now on.
    pub(super) fn join(&self) -> Place {
        self.0.fetch_add(1, Ordering::Relaxed);
        Place(self.clone())
    }

    /// How many there are now.
    pub(super) fn len(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
