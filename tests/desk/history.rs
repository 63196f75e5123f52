//! The history of orders, whole whichever way they came in, and the command that proves it.

use std::process::Stdio;

use crate::adopt;
use crate::harness::program::{Folder, until};
use crate::harness::server_database::is_skipped_on_server;

/// Asserts that the command finds nothing.
fn assert_whole(folder: &Folder) {
    let words = format!("{}: each order has an event for each of its versions\n", folder.database_name());
    folder.orders(&["check", "--history"]).assert().success().stdout(words);
}

#[test]
fn each_way_in_and_each_change_leaves_a_whole_history() {
    let folder = Folder::seeded(5);
    assert_whole(&folder);
    let desk = folder.open();
    let number = desk.add(&[]);
    for quantity in ["7", "8"] {
        assert_eq!(desk.edit(number, &[("product_quantity", quantity)]).status, 303);
    }
    assert_eq!(desk.post(&format!("/orders/{number}/ship"), &[]).status, 303);
    assert_eq!(desk.post("/orders/2/cancel", &[("version", "1")]).status, 303);
    assert_whole(&folder);
    folder.orders(&["key", "rotate"]).assert().success();
    folder.orders(&["key", "reseal"]).assert().success();
    assert_whole(&folder);
    assert_eq!(folder.database().number("SELECT MAX(version) FROM orders"), 4);
    desk.stored().assert_sound();
}

#[test]
fn adopted_orders_have_a_whole_history() {
    let folder = adopt::flask(&adopt::rows(50));
    folder.orders(&["adopt"]).assert().success();
    assert_whole(&folder);
}

#[test]
fn a_command_that_is_killed_leaves_a_whole_history() {
    let folder = Folder::seeded(1);
    let mut seeding = folder
        .program()
        .args(["seed", "--rows", "40000", "--seed", "9"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(|| folder.database().number("SELECT COUNT(*) FROM orders") > 1);
    seeding.kill().unwrap();
    seeding.wait().unwrap();
    assert_whole(&folder);
}

#[test]
fn what_something_else_has_changed_is_listed() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(6);
    folder
        .sqlite()
        .execute_batch(
            "DROP TRIGGER order_events_stay; DROP TRIGGER order_events_last; PRAGMA foreign_keys = OFF; \
             DELETE FROM order_events WHERE order_number = 2; UPDATE orders SET version = 3 WHERE number = 3; \
             UPDATE order_events SET version = 2 WHERE order_number = 5; DELETE FROM orders WHERE number = 6; \
             INSERT INTO order_events (order_number, version, at, actor, kind) \
             SELECT 1, 2, at, actor, 'changed' FROM order_events LIMIT 1",
        )
        .unwrap();
    let said = folder.orders(&["check", "--history"]).assert().code(1);
    let output = said.get_output();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "order 1: version 1, 2 events of 1, 2\norder 2: version 1, no event\norder 3: version 3, 1 event of 1\n\
         order 5: version 1, 1 event of 2\norder 6: there is none, 1 event of 1\n"
    );
    let sentence = String::from_utf8_lossy(&output.stderr);
    assert!(sentence.starts_with("orders: orders.db: 5 orders without a whole history."), "{sentence}");
}
