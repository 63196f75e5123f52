//! Writes of which nobody knows whether they were stored: what is said of them, and what comes after.

use std::fs;

use crate::harness::program::{Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::strace::{failing, is_skipped_without_strace};

const FORM: (&str, &str) = ("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21");

#[test]
fn a_flush_that_fails_leaves_it_open_whether_an_order_is_stored() {
    if is_skipped_on_server() || is_skipped_without_strace() {
        return;
    }
    let folder = Folder::seeded(3);
    // The first flushes are those of the log's header and of its folder.
    let desk = Desk::start(&folder, failing(&folder, &["fsync,fdatasync:error=EIO:when=4+"], &["serve"]));
    let mut added = 0;
    while desk.post("/orders", &form(&[])).status == 303 {
        added += 1;
        assert!(added < 5, "no flush fails");
    }
    for round in 0..2 {
        let answer = desk.post("/orders", &form(&[FORM]));
        assert_eq!(answer.status, 503, "round {round}: {}", answer.text());
        assert!(answer.page().says("which may or may not be there"), "{}", answer.text());
        assert!(!answer.page().says("Nothing was saved"), "{}", answer.text());
        let json = desk.post_with("/orders", &form(&[FORM]), &[("accept", "application/json")]);
        assert!(
            json.json()["detail"].as_str().unwrap().contains("may or may not be there"),
            "{}",
            json.text()
        );
    }
    assert_eq!(desk.get("/").page().numbers().len(), 3 + added, "reading goes on");
    assert_eq!(desk.get("/readyz").status, 503);
    desk.kill();
    let desk = folder.open();
    // Whichever it was, the same form leads to one order, and the one before it is there once at most.
    desk.post("/orders", &form(&[FORM])).number();
    let stored = desk.stored().orders;
    assert_eq!(stored.iter().filter(|row| row.submission.as_deref() == Some(FORM.1)).count(), 1);
    assert!((4 + added..=5 + added).contains(&stored.len()), "{}", stored.len());
    folder.stored().assert_sound();
}

#[test]
fn after_a_flush_that_fails_once_the_desk_opens_the_file_anew_and_goes_on() {
    if is_skipped_on_server() || is_skipped_without_strace() {
        return;
    }
    let mut refusals = 0;
    // Which flush is that of the log's header, of its folder or of a commit is SQLite's affair.
    for when in 1..=5 {
        let folder = Folder::seeded(3);
        let fault = format!("fsync,fdatasync:error=EIO:when={when}");
        let desk = Desk::start(&folder, failing(&folder, &[&fault], &["serve"]));
        let mut added = 0;
        let refused = (0..3).map(|_| desk.post("/orders", &form(&[]))).find(|answer| {
            added += usize::from(answer.status == 303);
            answer.status != 303
        });
        let Some(refused) = refused else { continue };
        refusals += 1;
        assert_eq!(refused.status, 503, "{when}: {}", refused.text());
        assert!(refused.page().says("Nothing was saved."), "settled before it is said: {}", refused.text());
        assert!(folder.log().contains("the writer has opened a new connection"), "{}", folder.log());
        assert_eq!(after_a_crash(&folder).stored().orders.len(), 3 + added, "{when}: nothing of it is left");
        let submission = refused.page().value("submission").to_owned();
        assert_eq!(desk.post("/orders", &form(&[("submission", &submission)])).status, 303);
        assert_eq!(desk.get("/readyz").status, 200);
        let stored = desk.stored();
        assert_eq!(stored.orders.len(), 4 + added);
        desk.kill();
        assert!(folder.open().stored() == stored);
        stored.assert_sound();
    }
    assert!(refusals >= 2, "{refusals}");
}

/// What the next start would find if the desk ended now.
fn after_a_crash(folder: &Folder) -> Folder {
    let crashed = Folder::new();
    for name in ["orders.db", "orders.db-wal"] {
        fs::copy(folder.file(name), crashed.file(name)).unwrap();
    }
    crashed
}

#[test]
fn who_gives_up_waiting_for_a_write_is_told_that_it_may_be_saved() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[
        ("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "0.2"),
        ("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "20000"),
    ]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = desk.post("/orders", &form(&[FORM]));
    assert_eq!(answer.status, 503);
    assert!(answer.page().says("What was to be saved may or may not be saved."), "{}", answer.text());
    let json = desk.post_with("/orders/2/ship", &[], &[("accept", "application/json")]);
    assert_eq!(json.status, 503);
    assert!(json.json()["detail"].as_str().unwrap().contains("may or may not be saved"), "{}", json.text());
    other.execute_batch("ROLLBACK").unwrap();
    crate::harness::program::until(|| folder.stored().orders.len() == 4);
    assert_eq!(desk.post("/orders", &form(&[FORM])).number(), 4, "the same form once more is the same order");
}
