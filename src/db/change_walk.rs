//! All events that fit a filter, for who takes them out: a long read in slices, newest first, as fast as they are taken.
//!
//! What happens meanwhile is newer than where the walk began, and does not come.

use super::long_read::LongRead;
use super::{Db, DbError};
use crate::order::{ChangeFilter, ChangeKey, Event, OrderNumber};

/// Entries of one slice, which are held in memory: about a megabyte.
const MOST_ROWS: i64 = 4_000;

/// A walk that is under way. Dropped, it ends after the slice that is under way.
pub struct ChangeWalk {
    filter: ChangeFilter,
    read: LongRead,
    /// Behind which it goes on; nothing at the end.
    next: Option<ChangeKey>,
}

impl Db {
    /// Begins a walk through all events that fit a filter.
    ///
    /// Busy, where too many long reads are under way.
    pub fn begin_change_walk(&self, filter: ChangeFilter) -> Result<ChangeWalk, DbError> {
        let read = self.begin_long_read(None)?.in_slices_of(MOST_ROWS);
        Ok(ChangeWalk { filter, read, next: Some(ChangeKey::NEWEST) })
    }

    /// The next events of a walk, which may be none yet; nothing after the last.
    pub async fn change_walk_on(
        &self,
        walk: &mut ChangeWalk,
    ) -> Result<Option<Vec<(OrderNumber, Event)>>, DbError> {
        let Some(from) = walk.next else { return Ok(None) };
        // Of the two slices that may run at once, one stays for those whom somebody waits for.
        let _lane = self.long_reads.walks().await?;
        let slice = self.store.walk_changes(&mut walk.read, walk.filter.clone(), Some(from)).await?;
        walk.next = slice.next;
        Ok(Some(slice.found))
    }
}
