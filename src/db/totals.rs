//! How many orders lists have, remembered for a moment.
//!
//! Counting to ten thousand takes longer than reading a page, and people turn pages and reload them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::order::Total;

/// Other programs may change the database meanwhile; this one's changes are noticed at once.
const LIFETIME: Duration = Duration::from_secs(2);
const MAX_LISTS: usize = 200;

/// Totals by the filters of lists.
#[derive(Debug, Default)]
pub struct Totals(Mutex<HashMap<String, Entry>>);

/// What counting gave; nothing, where it would have taken long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted(pub Option<Total>);

#[derive(Debug, Clone, Copy)]
struct Entry {
    counted: Counted,
    at: Instant,
    /// How many changes this program had made.
    changes: u64,
}

impl Totals {
    /// What was counted a moment ago, if this program has changed nothing since.
    pub fn get(&self, filter: &str, changes: u64) -> Option<Counted> {
        let totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.get(filter).filter(|entry| entry.is_current(changes)).map(|entry| entry.counted)
    }

    /// Remembers a total that was counted when this program had made so many changes.
    pub fn put(&self, filter: String, counted: Counted, changes: u64) {
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if totals.len() >= MAX_LISTS {
            totals.retain(|_, entry| entry.is_current(changes));
        }
        if totals.len() >= MAX_LISTS {
            totals.clear();
        }
        totals.insert(filter, Entry { counted, at: Instant::now(), changes });
    }
}

impl Entry {
    fn is_current(&self, changes: u64) -> bool {
        self.changes == changes && self.at.elapsed() < LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_remembered_until_this_program_changes_something() {
        let totals = Totals::default();
        totals.put("store=HI-9B".to_owned(), Counted(Some(Total::Exactly(7))), 1);
        assert_eq!(totals.get("store=HI-9B", 1), Some(Counted(Some(Total::Exactly(7)))));
        assert_eq!(totals.get("store=HI-9C", 1), None);
        assert_eq!(totals.get("store=HI-9B", 2), None);
    }

    #[test]
    fn no_more_lists_are_remembered_than_there_is_room_for() {
        let totals = Totals::default();
        for n in 0..10 * MAX_LISTS {
            totals.put(n.to_string(), Counted(None), 0);
            assert!(totals.0.lock().unwrap().len() <= MAX_LISTS);
            assert_eq!(totals.get(&n.to_string(), 0), Some(Counted(None)));
        }
    }
}
