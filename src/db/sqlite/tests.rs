//! Readers and the writer when work fails, panics or is given up.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinSet;

use super::queries::card_keys::{insert_card_key, list_card_keys};
use super::{Conn, Sqlite, SqliteOptions};
use crate::clock;
use crate::db::Store;
use crate::db::{Db, DbError, Purpose};

/// A database of its own; the folder goes when the test ends.
fn open() -> (Arc<Db>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), 2);
    (Arc::new(options.open().unwrap()), folder)
}

impl Db {
    fn sqlite(&self) -> &Sqlite {
        match &self.store {
            Store::Sqlite(sqlite) => sqlite,
            Store::SqlServer(_) => panic!("not an SQLite database"),
        }
    }
}

async fn put(conn: &mut Conn, id: i16) -> Result<i16, DbError> {
    let check_value = id.to_be_bytes().to_vec();
    insert_card_key(conn, Purpose::Seal, id, check_value, clock::utc()).await.map(|()| id)
}

/// The ids that the tests have put there.
async fn stored(db: &Db) -> Vec<i16> {
    let keys = db.sqlite().read("a test", list_card_keys).await.unwrap();
    keys.into_iter().map(|key| key.id).filter(|id| *id >= 100).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_fails_takes_nothing_of_the_same_commit_with_it() {
    let (db, _folder) = open();
    let mut writes = JoinSet::new();
    for id in 100..200 {
        let db = Arc::clone(&db);
        writes.spawn(async move {
            db.sqlite()
                .write("a test", async move |conn| {
                    let id = put(conn, id).await?;
                    if id % 3 == 0 { Err(DbError::Internal("on purpose".to_owned())) } else { Ok(id) }
                })
                .await
        });
    }
    let mut acknowledged: Vec<i16> = writes.join_all().await.into_iter().flatten().collect();
    acknowledged.sort_unstable();
    assert_eq!(acknowledged, (100..200).filter(|id| id % 3 != 0).collect::<Vec<_>>());
    assert_eq!(stored(&db).await, acknowledged);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_panics_is_rolled_back_and_the_next_one_works() {
    let (db, _folder) = open();
    let broken = db
        .sqlite()
        .write("a test", async |conn| {
            put(conn, 100).await?;
            assert!(std::hint::black_box(false), "on purpose");
            Ok(())
        })
        .await;
    assert!(matches!(broken, Err(DbError::Internal(_))), "{broken:?}");
    assert_eq!(db.sqlite().write("a test", async |conn| put(conn, 101).await).await.unwrap(), 101);
    assert_eq!(stored(&db).await, [101]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_nobody_waits_for_is_done_all_the_same() {
    let (db, _folder) = open();
    for id in 100..120 {
        let mut write = Box::pin(db.sqlite().write("a test", async move |conn| put(conn, id).await));
        // Polled once, which queues it, and dropped.
        let _ = futures_util::poll!(&mut write);
        drop(write);
    }
    db.sqlite().write("a test", async |conn| put(conn, 120).await).await.unwrap();
    assert_eq!(stored(&db).await, (100..=120).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_survive_work_that_panics_within_a_transaction() {
    use diesel_async::AsyncConnection;
    let (db, _folder) = open();
    for _ in 0..5 {
        let db = Arc::clone(&db);
        let read = tokio::spawn(async move {
            db.sqlite()
                .read("a test", async |conn| {
                    conn.transaction(async |_| {
                        assert!(std::hint::black_box(false), "on purpose");
                        Ok::<(), DbError>(())
                    })
                    .await
                })
                .await
        });
        assert!(read.await.unwrap_err().is_panic());
    }
    db.sqlite().write("a test", async |conn| put(conn, 100).await).await.unwrap();
    for _ in 0..5 {
        assert_eq!(stored(&db).await, [100]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_cannot_write() {
    let (db, _folder) = open();
    let refused = db.sqlite().read("a test", async |conn| put(conn, 100).await).await;
    assert!(matches!(refused, Err(DbError::ReadOnly(_))), "{refused:?}");
    assert_eq!(stored(&db).await, [] as [i16; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_program_holds_is_busy_and_then_works() {
    let (db, folder) = open();
    let other = rusqlite::Connection::open(folder.path().join("orders.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = db.sqlite().write("a test", async |conn| put(conn, 100).await).await;
    assert!(matches!(busy, Err(DbError::Busy(_))), "{busy:?}");
    assert_eq!(stored(&db).await, [] as [i16; 0]);
    other.execute_batch("ROLLBACK").unwrap();
    db.sqlite().write("a test", async |conn| put(conn, 101).await).await.unwrap();
    assert_eq!(stored(&db).await, [101]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_database_says_so() {
    let (db, _folder) = open();
    db.close();
    let write = db.sqlite().write("a test", async |conn| put(conn, 100).await).await;
    assert!(matches!(write, Err(DbError::Unavailable(_))), "{write:?}");
    let read = db.sqlite().read("a test", list_card_keys).await;
    assert!(matches!(read, Err(DbError::Unavailable(_))), "{read:?}");
}

/// Frames in the log.
fn logged(conn: &rusqlite::Connection) -> i64 {
    conn.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_another_program_has_made_long_begins_anew() {
    let (db, folder) = open();
    let path = folder.path().join("orders.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE long (bytes BLOB)").unwrap();
    let lengthen = || other.execute("INSERT INTO long VALUES (zeroblob(70000000))", []).unwrap();
    lengthen();
    assert!(logged(&other) > 16_000);
    db.sqlite().write("a test", async |conn| put(conn, 100).await).await.unwrap();
    assert!(logged(&other) < 100, "{}", logged(&other));

    // Somebody who reads what was there before is in the way, and holds nobody up.
    lengthen();
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM card_keys").unwrap();
    for id in 101..104 {
        db.sqlite().write("a test", async move |conn| put(conn, id).await).await.unwrap();
    }
    assert!(logged(&other) > 16_000);
    assert_eq!(stored(&db).await, [100, 101, 102, 103]);
}

/// Within the 200 ms of these tests, SQLite itself looks after 128 and after 178 ms, and never in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_gets_in_where_another_program_pauses_shortly() {
    let (db, folder) = open();
    let path = folder.path().join("orders.db");
    let (send, held) = std::sync::mpsc::sync_channel(0);
    let other = std::thread::spawn(move || {
        let other = rusqlite::Connection::open(path).unwrap();
        loop {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            if send.send(()).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(135));
            other.execute_batch("ROLLBACK").unwrap();
            std::thread::sleep(Duration::from_millis(35));
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            std::thread::sleep(Duration::from_millis(200));
            other.execute_batch("ROLLBACK").unwrap();
        }
    });
    let mut written = Vec::new();
    // A busy machine may let a pause go by unseen.
    for id in 100..105 {
        held.recv().unwrap();
        written.extend(db.sqlite().write("a test", async move |conn| put(conn, id).await).await);
    }
    drop(held);
    other.join().unwrap();
    assert!(!written.is_empty());
    assert_eq!(stored(&db).await, written);
}
