//! Counts the tasks that wait for something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Clone, Default)]
pub(super) struct WaitCounter(Arc<AtomicUsize>);

/// Counts as one waiting task until it is dropped.
#[derive(Debug)]
pub(super) struct WaitGuard(WaitCounter);

impl WaitCounter {
    pub(super) fn join(&self) -> WaitGuard {
        self.0.fetch_add(1, Ordering::Relaxed);
        WaitGuard(self.clone())
    }

    /// How many there are now.
    pub(super) fn len(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
