//! A locked database and a full disk: told, survived, and nothing half stored.

use std::fs;

use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;

/// Asserts what a clerk is owed when an order cannot be stored.
fn assert_kept_for_later(answer: &Answer, words: &str) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let page = answer.page();
    assert!(page.title().starts_with("Error: "));
    assert!(page.says(words) && page.says("Nothing was saved."), "{}", answer.text());
    for (name, value) in form(&[]) {
        assert_eq!(page.value(name), if name == "card_number" { "" } else { value });
    }
    assert!(!page.says("4111"));
}

#[test]
fn while_another_program_writes_orders_wait_and_then_are_refused_for_now() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "200")]);
    let stored = folder.stored();
    let other = folder.sqlite();
    for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        other.execute_batch(lock).unwrap();
        let answer = desk.post("/orders", &form(&[("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21")]));
        assert_kept_for_later(&answer, "The database is busy with other work.");
        assert_eq!(answer.page().value("submission"), "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21");
        assert_eq!(desk.get("/").page().numbers(), stored.numbers(), "reading goes on");
        assert_eq!(desk.get("/orders/1").status, 200);
        assert_eq!(desk.get("/orders/new").status, 200);
        assert_eq!(desk.get("/readyz").status, 200);
        other.execute_batch("ROLLBACK").unwrap();
        assert!(folder.stored() == stored);
    }
    let again = desk.post("/orders", &form(&[("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21")]));
    assert_eq!(again.number(), 4);
    folder.stored().assert_sound();
}

#[test]
fn who_ships_while_another_program_writes_can_try_again_or_look_at_the_order() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "100")]);
    let number = desk.add(&[]);
    let path = format!("/orders/{number}/ship?per_page=50");
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = desk.unchanged(503, "locked", || desk.post(&path, &[]));
    let page = answer.page();
    assert!(page.says("The database is busy with other work."));
    assert_eq!(page.link(&format!("Open order {number}")), Some(format!("/orders/{number}?per_page=50")));
    let again = page.between("<form method=\"post\" action=\"", "\"").unwrap().replace("&#x2F;", "/");
    assert!(page.says(">Try again</button>"), "{}", answer.text());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(desk.post(&again, &[]).location(), format!("/orders/{number}?per_page=50"));
    assert!(desk.stored().order(number).shipping_date.is_some());
}

#[test]
fn many_orders_that_meet_a_lock_are_all_answered() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "100")]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| assert_eq!(desk.post("/orders", &form(&[])).status, 503));
        }
    });
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(folder.stored().orders.len(), 3);
    assert_eq!(desk.add(&[]), 4);
}

#[test]
fn an_order_that_meets_a_short_lock_is_stored_after_it() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open();
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let adding = scope.spawn(|| desk.add(&[]));
        std::thread::sleep(std::time::Duration::from_millis(100));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(adding.join().unwrap(), 4);
    });
    folder.stored().assert_sound();
}

#[test]
fn programs_hear_of_a_lock_as_problem_details() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "0")]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = desk.post_with("/orders", &form(&[]), &[("accept", "application/json")]);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["status"], 503);
}

#[test]
fn a_mistake_is_told_although_the_database_is_locked() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "0")]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(desk.post("/orders", &form(&[("store_code", "")])).status, 422);
}

#[test]
fn a_write_that_breaks_midway_leaves_no_transaction_open() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open();
    let other = folder.sqlite();
    let trigger = |when: &str| {
        format!(
            "CREATE TRIGGER no_room {when} ON orders BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
        )
    };
    for when in ["BEFORE INSERT", "AFTER INSERT"] {
        let stored = folder.stored();
        other.execute_batch(&trigger(when)).unwrap();
        for _ in 0..2 {
            assert_kept_for_later(
                &desk.post("/orders", &form(&[])),
                "The disk that keeps the orders is full.",
            );
        }
        other.busy_timeout(std::time::Duration::ZERO).unwrap();
        other.execute_batch("DROP TRIGGER no_room").expect("the desk holds no lock");
        assert!(folder.stored() == stored);
        assert_eq!(desk.post("/orders", &form(&[])).status, 303);
    }
    folder.stored().assert_sound();
}

#[test]
fn a_desk_whose_database_does_not_answer_is_not_ready() {
    let desk = Desk::open();
    desk.folder.database().rename_table("card_keys", "lost");
    let answer = desk.get("/readyz");
    assert_eq!((answer.status, answer.text()), (503, "the database does not answer\n"));
    assert_eq!(desk.get("/healthz").status, 200, "a restart would not help");
    desk.folder.database().rename_table("lost", "card_keys");
    assert_eq!(desk.get("/readyz").text(), "ready\n");
}

/// Serves with files that cannot grow beyond a number of 512-byte blocks, as on a disk without room.
pub fn on_a_small_disk(folder: &Folder, blocks: u32) -> Desk {
    let mut command = folder.in_here("/bin/sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\"")]);
    command.arg(env!("CARGO_BIN_EXE_orders")).env("ORDERS_LOG__REQUESTS", "false");
    Desk::start(folder, command)
}

#[test]
fn on_a_full_disk_orders_are_refused_and_none_that_was_acknowledged_is_lost() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(60);
    let blocks = fs::metadata(folder.file("orders.db")).unwrap().len() / 512;
    let desk = on_a_small_disk(&folder, u32::try_from(blocks).unwrap() + 200);
    let mut acknowledged = Vec::new();
    let refused = loop {
        let answer = desk.post("/orders", &form(&[]));
        if answer.status != 303 {
            break answer;
        }
        acknowledged.push(answer.number());
        assert!(acknowledged.len() < 5000, "the disk does not fill up");
    };
    assert_kept_for_later(&refused, "<p>The d");
    for _ in 0..3 {
        assert_eq!(desk.post("/orders", &form(&[])).status, 503);
    }
    let newest = desk.get("/");
    assert_eq!(newest.status, 200, "reading goes on");
    assert!(newest.page().says(&format!("of {}, newest first", 60 + acknowledged.len())));
    assert_eq!(desk.get(&format!("/orders/{}", acknowledged.last().unwrap())).status, 200);
    desk.kill();

    let desk = folder.open();
    let stored = folder.stored();
    assert_eq!(stored.orders.len(), 60 + acknowledged.len());
    for number in &acknowledged {
        assert_eq!(stored.order(*number).created_by, "desk");
    }
    stored.assert_sound();
    folder.assert_file_is_sound();
    assert_eq!(desk.post("/orders", &form(&[])).status, 303, "with room again, so are new orders");
}

#[test]
fn a_desk_goes_on_by_itself_when_there_is_room_again() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(60);
    let blocks = fs::metadata(folder.file("orders.db")).unwrap().len() / 512;
    let desk = on_a_small_disk(&folder, u32::try_from(blocks).unwrap() + 200);
    while desk.post("/orders", &form(&[])).status == 303 {}
    let stored = folder.stored();
    // What fills up is the write-ahead log: a checkpoint makes room in it.
    folder.sqlite().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    assert_eq!(desk.post("/orders", &form(&[])).status, 303);
    assert_eq!(folder.stored().orders.len(), stored.orders.len() + 1);
    folder.stored().assert_sound();
}
