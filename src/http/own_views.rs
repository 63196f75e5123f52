//! Own views as lists show them: kept for a moment, so that a page asks the database no more often than without.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::db::{Db, DbError};
use crate::order::{ListQuery, SavedView};

/// For how long they stay as they are, where this desk changes none.
const KEPT: Duration = Duration::from_secs(2);

/// The views that were read last.
#[derive(Debug, Default)]
pub struct OwnViews(Mutex<Read>);

#[derive(Debug, Default)]
struct Read {
    /// The views, and when they were asked for.
    views: Option<(Arc<[SavedView]>, Instant)>,
    /// How often this desk has changed one.
    changes: u64,
}

impl OwnViews {
    /// The views beside a list; none where they cannot be read, and the list does without.
    ///
    /// They may be two seconds old, unless the list says that it was begun as one and is not that: another desk may
    /// just have changed it.
    pub async fn beside(&self, db: &Db, list: &ListQuery) -> Option<Arc<[SavedView]>> {
        let is_explained = |views: &[SavedView]| {
            list.view()
                .is_none_or(|_| SavedView::of(views, list).is_some_and(|view| view.list.is_same_view(list)))
        };
        if let Some(views) = self.known().filter(|views| is_explained(views)) {
            return Some(views);
        }
        let read = self.read(db).await;
        read.inspect_err(|error| tracing::warn!(%error, "the list has no own views")).ok()
    }

    /// The views as they are now.
    pub async fn read(&self, db: &Db) -> Result<Arc<[SavedView]>, DbError> {
        let (asked, changes) = (Instant::now(), self.lock().changes);
        let views: Arc<[SavedView]> = db.list_views().await?.into();
        let mut read = self.lock();
        // What was read while somebody changed a view may be what was before.
        if read.changes == changes {
            read.views = Some((Arc::clone(&views), asked));
        }
        Ok(views)
    }

    /// Forgets them, after this desk has changed one.
    pub fn forget(&self) {
        let mut read = self.lock();
        read.views = None;
        read.changes = read.changes.wrapping_add(1);
    }

    fn known(&self) -> Option<Arc<[SavedView]>> {
        let read = self.lock();
        let (views, asked) = read.views.as_ref()?;
        (asked.elapsed() < KEPT).then(|| Arc::clone(views))
    }

    fn lock(&self) -> MutexGuard<'_, Read> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
