//! Long reads that wait, end before their end, or are too many.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::Notify;

use super::{LongRead, MAX_LONG_READS, MAX_SLICES};
use crate::db::Store;
use crate::db::{Db, DbError, SqliteOptions};

/// Nothing that these tests do not cause themselves takes so long.
const LONG: Duration = Duration::from_mins(1);

fn open() -> (Db, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), 1);
    (options.open().unwrap(), folder)
}

impl Db {
    /// A slice that does something else than to read.
    pub(crate) async fn try_slice(
        &self,
        read: &mut LongRead,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), DbError> {
        let Store::Sqlite(store) = &self.store else { panic!("not an SQLite database") };
        let work = async move |_: &mut crate::db::sqlite::Conn| {
            work();
            Ok(())
        };
        store.slice("a test", read, work).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_ends_after_the_slice_that_is_under_way() {
    let (db, _folder) = open();
    let db = Arc::new(db);
    let (done, begun) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let slices = tokio::spawn({
        let (db, done, begun) = (Arc::clone(&db), Arc::clone(&done), Arc::clone(&begun));
        async move {
            let mut read = db.begin_long_read(None).unwrap();
            let wait = Arc::new(std::sync::Mutex::new(wait));
            loop {
                let (done, begun, wait) = (Arc::clone(&done), Arc::clone(&begun), Arc::clone(&wait));
                let slice = db.try_slice(&mut read, move || {
                    begun.notify_one();
                    // An error where the other end is dropped, which ends it, too.
                    let _ = wait.lock().unwrap().recv();
                    done.fetch_add(1, Ordering::SeqCst);
                });
                slice.await.unwrap();
            }
        }
    });
    for slice in 0..3 {
        begun.notified().await;
        assert_eq!(done.load(Ordering::SeqCst), slice);
        go_on.send(()).unwrap();
    }
    begun.notified().await;
    slices.abort();
    assert!(slices.await.unwrap_err().is_cancelled());
    assert_eq!(done.load(Ordering::SeqCst), 3, "the fourth slice is under way");
    drop(go_on);
    // It keeps its turn to its end: when all turns are free, no slice is under way.
    let turns = db.long_reads.turns.acquire_many(u32::try_from(MAX_SLICES).unwrap()).await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 4);
    drop(turns);
    assert_eq!(db.long_reads.places.available_permits(), MAX_LONG_READS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_a_read_between_two_slices() {
    let (db, _folder) = open();
    let mut read = db.begin_long_read(Some(LONG)).unwrap();
    db.try_slice(&mut read, || ()).await.unwrap();
    // From here on its time is over.
    read.deadline = read.deadline.map(|(time, _)| (time, tokio::time::Instant::now()));
    let refused = db.try_slice(&mut read, || panic!("it is too late for this slice")).await;
    assert!(matches!(&refused, Err(DbError::TimedOut(said)) if said == "it may take 60 s"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_the_wait_for_a_turn() {
    let (db, _folder) = open();
    let turns = db.long_reads.turns.acquire_many(u32::try_from(MAX_SLICES).unwrap()).await.unwrap();
    let mut read = db.begin_long_read(Some(Duration::from_millis(1))).unwrap();
    let refused = db.try_slice(&mut read, || panic!("no turn is free")).await;
    assert!(matches!(refused, Err(DbError::TimedOut(_))), "{refused:?}");
    drop(turns);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slices_beyond_the_bound_wait_for_their_turn() {
    let (db, _folder) = open();
    let (db, running, most) = (Arc::new(db), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let reads = (0..MAX_LONG_READS).map(|_| {
        let (db, running, most) = (Arc::clone(&db), Arc::clone(&running), Arc::clone(&most));
        tokio::spawn(async move {
            let mut read = db.begin_long_read(None).unwrap();
            for _ in 0..10 {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                let slice = db.try_slice(&mut read, move || {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(1));
                    running.fetch_sub(1, Ordering::SeqCst);
                });
                slice.await.unwrap();
            }
        })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), MAX_SLICES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_so_many_are_refused_in_words() {
    let (db, _folder) = open();
    let mut reads: Vec<_> = (0..MAX_LONG_READS).map(|_| db.begin_long_read(None).unwrap()).collect();
    let refused = db.begin_long_read(None).map(drop);
    assert!(
        matches!(&refused, Err(DbError::Busy(said)) if said == "16 long reads are under way"),
        "{refused:?}"
    );
    reads.pop();
    assert!(db.begin_long_read(None).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slice_that_panics_leaves_nothing_behind() {
    let (db, _folder) = open();
    let mut read = db.begin_long_read(None).unwrap();
    for _ in 0..3 {
        let broken = db.try_slice(&mut read, || panic!("on purpose")).await;
        assert!(matches!(broken, Err(DbError::Internal(_))), "{broken:?}");
    }
    db.try_slice(&mut read, || ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_database_begins_none_and_goes_on_with_none() {
    let (db, _folder) = open();
    let mut read = db.begin_long_read(None).unwrap();
    db.close();
    let refused = db.try_slice(&mut read, || panic!("the database is closed")).await;
    assert!(matches!(refused, Err(DbError::Unavailable(_))), "{refused:?}");
    assert!(matches!(db.begin_long_read(None).map(drop), Err(DbError::Unavailable(_))));
}
