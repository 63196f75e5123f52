//! All entries of the access log that fit a filter, newest first, for who takes them out: a long read in slices, as fast as
//! they are taken.

use super::long_read::LongRead;
use super::{Db, DbError};
use crate::order::{AccessEntry, AccessFilter, AccessKey};

/// Entries of one slice, which are held in memory.
const MOST_ROWS: i64 = 4_000;

/// A walk through the log that is under way. Dropped, it ends after the slice that is under way.
pub struct AccessWalk {
    filter: AccessFilter,
    read: LongRead,
    /// Behind which the next entries are; none at the start.
    from: Option<AccessKey>,
    is_over: bool,
}

impl Db {
    /// Begins a walk. Busy, where too many long reads are under way.
    pub fn begin_access_walk(&self, filter: AccessFilter) -> Result<AccessWalk, DbError> {
        let read = self.begin_long_read(None)?.in_slices_of(MOST_ROWS);
        Ok(AccessWalk { filter, read, from: None, is_over: false })
    }

    /// The next entries of a walk, which may be none yet; nothing after the last.
    pub async fn walk_accesses(&self, walk: &mut AccessWalk) -> Result<Option<Vec<AccessEntry>>, DbError> {
        if walk.is_over {
            return Ok(None);
        }
        // Of the two slices that may run at once, one stays for those whom somebody waits for.
        let _lane = self.long_reads.walks().await?;
        let slice = self.store.walk_accesses(&mut walk.read, walk.filter.clone(), walk.from).await?;
        walk.is_over = slice.next.is_none();
        walk.from = slice.next;
        Ok(Some(slice.found))
    }
}
