//! How many orders the views have, counted now and then.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::db::{Db, DbError};
use crate::order::{
    Condition, ListQuery, LocalTime, OrderFilter, SavedView, Status, Total, View as NamedList, ViewId,
};
use crate::view::ListCounts;

/// For how long counts stay as they are, where this desk changes no order.
const KEPT: Duration = Duration::from_secs(2);
/// For how long a page waits for them; after that it goes without.
const MOST_WAITED: Duration = Duration::from_millis(100);
/// For how long own views are counted, behind the others; those that are left have no number.
const OWN_TIME: Duration = Duration::from_millis(50);

/// The counts of the views, the same for every page until an order changes.
#[derive(Debug, Clone, Default)]
pub struct ViewCounts {
    latest: Arc<std::sync::Mutex<Option<Counted>>>,
    /// Held by who counts.
    counting: Arc<Mutex<()>>,
}

#[derive(Debug, Clone)]
struct Counted {
    counts: ListCounts,
    /// When counting began, and what orders and views were like by then.
    began: Instant,
    changes: u64,
}

/// Counts that may still be under way.
pub struct PendingCounts(Pending);

enum Pending {
    Known(ListCounts),
    Counting(JoinHandle<Option<ListCounts>>),
}

impl ViewCounts {
    /// Begins to count, where what is known is too old.
    pub fn begin(&self, db: &Arc<Db>, now: LocalTime, late_days: u16, own: &[SavedView]) -> PendingCounts {
        let db = Arc::clone(db);
        let changes = fingerprint(db.changes(), own);
        let own: Vec<_> = own.iter().map(|view| (view.id, view.list.clone())).collect();
        self.begin_with(changes, async move { count(&db, now, late_days, &own).await })
    }

    fn begin_with(
        &self,
        changes: u64,
        count: impl Future<Output = Result<ListCounts, DbError>> + Send + 'static,
    ) -> PendingCounts {
        let asked = Instant::now();
        if let Some(counts) = self.known(changes, asked) {
            return PendingCounts(Pending::Known(counts));
        }
        let own = self.clone();
        // In a task of its own: a query that nobody waits for goes on, and the next page has its counts.
        PendingCounts(Pending::Counting(tokio::spawn(async move {
            let _counting = own.counting.lock().await;
            if let Some(counts) = own.known(changes, asked) {
                return Some(counts);
            }
            let began = Instant::now();
            match count.await {
                Ok(counts) => {
                    own.keep(Counted { counts: counts.clone(), began, changes });
                    Some(counts)
                }
                Err(error) => {
                    tracing::debug!(%error, "the views have no counts");
                    None
                }
            }
        })))
    }

    /// What is known, if it is not older than the question or nothing has changed lately.
    fn known(&self, changes: u64, asked: Instant) -> Option<ListCounts> {
        let latest = self.latest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counted = latest.as_ref()?;
        let is_new = counted.began >= asked;
        let is_unchanged = counted.changes == changes && counted.began.elapsed() < KEPT;
        (is_new || is_unchanged).then(|| counted.counts.clone())
    }

    fn keep(&self, counted: Counted) {
        *self.latest.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(counted);
    }
}

impl PendingCounts {
    /// The counts, if they come soon.
    pub async fn wait(self) -> ListCounts {
        match self.0 {
            Pending::Known(counts) => counts,
            Pending::Counting(task) => {
                let counted = tokio::time::timeout(MOST_WAITED, task).await;
                // Too late, or the task has panicked, or the database could not: the links have no number.
                counted.ok().and_then(Result::ok).flatten().unwrap_or_default()
            }
        }
    }
}

/// One after the other, so that they take a single reader from the pages.
async fn count(
    db: &Db,
    now: LocalTime,
    late_days: u16,
    own: &[(ViewId, ListQuery)],
) -> Result<ListCounts, DbError> {
    let mut counts = ListCounts::default();
    for (count, view) in counts.views.iter_mut().zip(NamedList::ALL) {
        *count = db.count_list(&view.list(late_days), now).await?;
    }
    let [to_ship, _, on_the_way, ..] = counts.views;
    for (count, status) in counts.statuses.iter_mut().zip(Status::ALL) {
        *count = match status {
            Status::ToShip => to_ship,
            Status::Shipped => on_the_way,
            Status::Delivered | Status::Cancelled => count_status(db, status, now).await?,
        };
    }
    let began = Instant::now();
    for (id, list) in own {
        if began.elapsed() > OWN_TIME {
            break;
        }
        let count = db.count_list(list, now).await?;
        counts.own.extend(count.map(|count| (*id, count)));
    }
    Ok(counts)
}

/// Another number, whenever an order or a view has changed.
fn fingerprint(changes: u64, own: &[SavedView]) -> u64 {
    let mut hasher = DefaultHasher::new();
    changes.hash(&mut hasher);
    own.iter().map(|view| (view.id, view.version)).collect::<Vec<_>>().hash(&mut hasher);
    hasher.finish()
}

async fn count_status(db: &Db, status: Status, now: LocalTime) -> Result<Option<Total>, DbError> {
    let filter = OrderFilter::new([Condition::Status(status)]);
    db.count_list(&ListQuery::default().filtered(filter), now).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Counts that are told apart by how often was counted.
    struct Desk {
        counts: ViewCounts,
        times: Arc<AtomicU64>,
    }

    impl Desk {
        fn new() -> Self {
            Self { counts: ViewCounts::default(), times: Arc::default() }
        }

        fn ask(&self, changes: u64, time: Duration) -> PendingCounts {
            let times = Arc::clone(&self.times);
            self.counts.begin_with(changes, async move {
                tokio::time::sleep(time).await;
                Ok(all(times.fetch_add(1, Ordering::SeqCst) + 1))
            })
        }
    }

    fn all(number: u64) -> ListCounts {
        ListCounts { views: [Some(Total::Exactly(number)); 5], ..ListCounts::default() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_known_is_kept_until_an_order_changes() {
        let desk = Desk::new();
        for _ in 0..5 {
            assert_eq!(desk.ask(7, Duration::ZERO).wait().await, all(1));
        }
        assert_eq!(desk.ask(8, Duration::ZERO).wait().await, all(2));
        assert_eq!(desk.ask(8, Duration::ZERO).wait().await, all(2));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pages_that_come_together_count_once() {
        let desk = Desk::new();
        let pending: Vec<_> = (0..20).map(|_| desk.ask(0, Duration::from_millis(20))).collect();
        for one in pending {
            assert_eq!(one.wait().await, all(1));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_does_not_wait_for_long_and_the_next_has_the_counts() {
        let desk = Desk::new();
        let began = Instant::now();
        assert_eq!(desk.ask(0, Duration::from_millis(400)).wait().await, ListCounts::default());
        assert!(began.elapsed() < Duration::from_millis(350), "{:?}", began.elapsed());
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(desk.ask(0, Duration::from_millis(400)).wait().await, all(1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_counted_has_no_number() {
        let counts = ViewCounts::default();
        let failing = counts.begin_with(0, async { Err(DbError::Internal("no".to_owned())) });
        assert_eq!(failing.wait().await, ListCounts::default());
        let next = counts.begin_with(0, async { Ok(all(1)) });
        assert_eq!(next.wait().await, all(1));
    }
}
