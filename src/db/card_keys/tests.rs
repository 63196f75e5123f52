//! Keys that change while the desk serves.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::db::{InsertOrder, Inserted, SqliteOptions, add_to_key_file};
use crate::order::{Actor, NewOrder, OrderForm, Submission, SystemTask};
use crate::transfer::Demo;

struct Desk {
    folder: TempDir,
    db: Db,
}

impl Desk {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = options(&folder).open().unwrap();
        Self { folder, db }
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("orders.keys")
    }

    async fn reload(&self) -> Result<Changed, String> {
        let source = KeySource::File(self.key_file());
        self.db.reload_keys(&source).await.map_err(|error| error.to_string())
    }

    fn newest(&self) -> [Option<i16>; 2] {
        Purpose::ALL.map(|purpose| self.db.newest_key(purpose))
    }

    async fn insert(&self, order: &NewOrder) -> Inserted {
        let submission = Some(Submission::new(Uuid::from_u128(7), &OrderForm::default()));
        let entry = InsertOrder {
            order: order.clone(),
            by: Actor::System(SystemTask::Seed),
            client: None,
            at: clock::utc(),
            submission,
            cancelled_at: None,
        };
        self.db.insert_order(&entry).await.unwrap()
    }
}

fn options(folder: &TempDir) -> SqliteOptions {
    SqliteOptions {
        path: folder.path().join("orders.db"),
        keys: KeySource::File(folder.path().join("orders.keys")),
        readers: 2,
        busy_timeout_ms: 200,
        migrate: true,
        new_database: false,
        write_cache_kib: SqliteOptions::WRITE_CACHE_KIB,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_keys_are_taken_up_while_the_desk_serves() {
    let desk = Desk::open();
    assert_eq!(desk.reload().await, Ok(Changed::No));
    for (purpose, newest) in [(Purpose::Seal, [Some(2), Some(1)]), (Purpose::Hash, [Some(2), Some(2)])] {
        add_to_key_file(&desk.key_file(), purpose).unwrap();
        assert_eq!(desk.reload().await, Ok(Changed::Yes));
        assert_eq!(desk.newest(), newest);
        assert_eq!(desk.reload().await, Ok(Changed::No));
    }
    desk.db.close();
    let again = options(&desk.folder).open().unwrap();
    assert_eq!(
        Purpose::ALL.map(|purpose| again.newest_key(purpose)),
        [Some(2), Some(2)],
        "they are registered"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_cannot_be_taken_up_change_nothing() {
    let desk = Desk::open();
    add_to_key_file(&desk.key_file(), Purpose::Seal).unwrap();
    desk.reload().await.unwrap();
    let right = fs::read_to_string(desk.key_file()).unwrap();
    let other = Desk::open();
    let others = fs::read_to_string(other.key_file()).unwrap();
    let first = right.split("\n[[").nth(1).unwrap();
    for (text, words) in [
        (Some(right.replacen(&format!("\n[[{first}"), "", 1)), "it lacks the seal key 1"),
        (Some(others), "it lacks the seal key 1, the seal key 2, the hash key 1"),
        (Some("not keys".to_owned()), "cannot use the key file"),
        (None, "it is not there"),
    ] {
        match text {
            Some(text) => fs::write(desk.key_file(), text).unwrap(),
            None => fs::remove_file(desk.key_file()).unwrap(),
        }
        let refused = desk.reload().await.unwrap_err();
        assert!(refused.contains(words), "{refused}");
        assert_eq!(desk.newest(), [Some(2), Some(1)]);
        assert_eq!(desk.db.store.list_card_keys().await.unwrap().len(), 3);
    }
    fs::write(desk.key_file(), right).unwrap();
    assert_eq!(desk.reload().await, Ok(Changed::No));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_sent_again_is_known_across_a_rotation_of_the_hash_key() {
    let desk = Desk::open();
    let mut demo = Demo::sample(2, 7);
    let (order, other) = (demo.next().unwrap(), demo.next().unwrap());
    let Inserted::Added(number) = desk.insert(&order).await else { panic!("not added") };
    add_to_key_file(&desk.key_file(), Purpose::Hash).unwrap();
    assert_eq!(desk.insert(&order).await, Inserted::DuplicateSubmission(number), "before");
    desk.reload().await.unwrap();
    assert_eq!(desk.insert(&order).await, Inserted::DuplicateSubmission(number), "after");
    let with_another_card = NewOrder { card: other.card, ..order };
    assert_eq!(desk.insert(&with_another_card).await, Inserted::KeyConflict(number));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_with_a_retired_key_is_refused_and_the_desk_is_told_to_look_again() {
    let desk = Desk::open();
    let other = options(&desk.folder);
    add_to_key_file(&desk.key_file(), Purpose::Seal).unwrap();
    other.open().unwrap().close();
    other.retire_key((Purpose::Seal, 1), false, (clock::utc(), None)).unwrap();
    let outdated = desk.db.outdated();
    let order = Demo::sample(1, 7).next().unwrap();
    let entry = InsertOrder {
        order: order.clone(),
        by: Actor::System(SystemTask::Seed),
        client: None,
        at: clock::utc(),
        submission: None,
        cancelled_at: None,
    };
    let refused = desk.db.insert_order(&entry).await;
    assert!(matches!(refused, Err(DbError::Outdated(_))), "{refused:?}");
    tokio::time::timeout(std::time::Duration::from_secs(5), outdated.notified()).await.unwrap();
    assert_eq!(desk.reload().await, Ok(Changed::Yes));
    assert!(matches!(desk.insert(&order).await, Inserted::Added(_)));
}
