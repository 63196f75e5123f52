//! Orders from programs that have no form: `Idempotency-Key` makes one order of one request, however often it is sent.

use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;

const KEY: &str = "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21";

fn post(desk: &Desk, key: &str, changes: &[(&str, &str)]) -> Answer {
    desk.post_with("/orders", &form(changes), &[("idempotency-key", key), ("accept", "application/json")])
}

#[test]
fn the_same_request_with_the_same_key_is_one_order() {
    let desk = Desk::open();
    for key in [KEY, &format!("\"{KEY}\""), &KEY.to_uppercase()] {
        assert_eq!(post(&desk, key, &[]).number(), 1, "{key}");
    }
    let stored = desk.stored();
    assert_eq!((stored.orders.len(), stored.orders[0].date_uuid.as_str()), (1, KEY));
    assert_eq!(stored.orders[0].submission.as_deref(), Some(KEY));
    assert_eq!(post(&desk, "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e22", &[]).number(), 2);
}

#[test]
fn another_order_with_the_same_key_is_refused() {
    let desk = Desk::open();
    assert_eq!(post(&desk, KEY, &[]).number(), 1);
    for other in [
        ("product_quantity", "5"),
        ("user_id", "3dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
        ("card_number", "5555 5555 5555 4444"),
    ] {
        let answer = desk.unchanged(422, other.0, || post(&desk, KEY, &[other]));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.json()["existing"], "/orders/1");
        assert!(answer.json()["title"].as_str().unwrap().contains("Idempotency-Key"), "{}", answer.text());
    }
}

#[test]
fn a_mistake_uses_no_key_up() {
    let desk = Desk::open();
    let mistake = desk.unchanged(422, "a mistake", || post(&desk, KEY, &[("store_code", "")]));
    assert!(mistake.json()["errors"].is_array(), "{}", mistake.text());
    assert_eq!(post(&desk, KEY, &[]).number(), 1);
}

#[test]
fn a_key_that_is_none_or_not_the_forms_is_not_understood() {
    let desk = Desk::open();
    for key in ["", "7", "\"", "not-a-uuid"] {
        desk.unchanged(400, key, || post(&desk, key, &[]));
    }
    let other = [("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e22")];
    desk.unchanged(400, "another form", || post(&desk, KEY, &other));
    assert_eq!(post(&desk, KEY, &[("submission", KEY)]).number(), 1);
    let typed = [("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d")];
    assert_eq!(post(&desk, "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e23", &typed).number(), 2);
    assert_eq!(desk.stored().order(2).date_uuid, typed[0].1, "a UUID that was sent comes first");
}

#[test]
fn a_request_that_is_under_way_is_waited_for() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "20000")]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| post(&desk, KEY, &[]));
        // Either comes first; the other one is told to wait.
        let second = scope.spawn(|| post(&desk, KEY, &[]));
        crate::harness::program::until(|| first.is_finished() || second.is_finished());
        other.execute_batch("ROLLBACK").unwrap();
        let mut answers = [first.join().unwrap(), second.join().unwrap()];
        answers.sort_by_key(|answer| answer.status);
        assert_eq!(answers[0].number(), 4);
        assert_eq!((answers[1].status, answers[1].header("retry-after")), (409, Some("5")));
        assert!(answers[1].json()["title"].as_str().unwrap().contains("under way"));
    });
    assert_eq!(post(&desk, KEY, &[]).number(), 4);
    assert_eq!(desk.stored().orders.len(), 4);
}
