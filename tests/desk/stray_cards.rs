//! `orders check --cards`: card numbers that an older desk took where none belongs.

use std::fs;

use orders::clock::{self, Clock};
use orders::db::{InsertOrder, KeySource, SqliteOptions};
use orders::order::{SystemTask, UserId};
use orders::transfer::{Demo, DemoOrder};
use rusqlite::params;

use crate::harness::program::Folder;

const STRAY: [&str; 3] = ["4111 1111 1111 1111", "٤١١١١١١١١١١١١١١١", "5555:5555:5555:4444 12/29 123"];

/// Among whose digits those of a card stand, by chance.
const PARCEL: &str = "00378282246310005128";

/// A database as an older desk left it: three of its ten orders have a card number for a customer, the last one is
/// cancelled; and histories, a note and a message tell of others.
fn old_database() -> Folder {
    let folder = Folder::without_server();
    let options = SqliteOptions {
        path: folder.file("orders.db"),
        keys: KeySource::File(folder.file("orders.keys")),
        readers: 1,
        busy_timeout_ms: 5000,
        migrate: true,
        new_database: false,
        write_cache_kib: SqliteOptions::WRITE_CACHE_KIB,
    };
    let entries: Vec<InsertOrder> = (0..)
        .zip(Demo::new(10, 1, false, Clock::new(chrono_tz::UTC).local()))
        .map(|(nth, DemoOrder { mut order, .. })| {
            if let Some(card) = STRAY.get(nth) {
                order.user_id = UserId::stored(card).unwrap();
            }
            InsertOrder::by_system(SystemTask::Adopt, order, clock::utc())
        })
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = options.open().unwrap();
        assert_eq!(db.insert_orders(&entries).await.unwrap(), 10);
        db.close();
    });
    let database = folder.sqlite();
    let at = "2026-03-03 12:00:00";
    database.execute("UPDATE orders SET cancelled_at = ?1 WHERE number = 3", [at]).unwrap();
    database.execute("UPDATE orders SET version = 2 WHERE number = 5", []).unwrap();
    let changes = r#"[{"field":"user_id","before":"4111111111111111","after":"2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"},{"field":"product_quantity","before":"1","after":"2"}]"#;
    database
        .execute(
            "INSERT INTO order_events (order_number, version, at, actor, kind, changes) \
             VALUES (5, 2, ?1, 'desk', 'changed', ?2)",
            params![at, changes],
        )
        .unwrap();
    // The number of a parcel stays.
    for (number, note) in [(4, "paid with 5555:5555:5555:4444 12/29 123"), (8, PARCEL)] {
        database.execute("UPDATE orders SET note = ?1 WHERE number = ?2", params![note, number]).unwrap();
    }
    database.execute("UPDATE orders SET version = 2, cancelled_at = ?1 WHERE number = 7", [at]).unwrap();
    let detail = r#"{"reason":"card 4111-1111-1111-1111 is stolen"}"#;
    database
        .execute(
            "INSERT INTO order_events (order_number, version, at, actor, kind, detail) \
             VALUES (7, 2, ?1, 'desk', 'cancelled', ?2)",
            params![at, detail],
        )
        .unwrap();
    let body = r#"{"type":"order.created","timestamp":"2026-03-03T13:05:00Z","data":{"number":6,"user_id":"4111-1111-1111-1111","order_date":"2026-03-01T09:30:00"}}"#;
    database
        .execute(
            "INSERT INTO outbox (message_id, endpoint, order_number, version, kind, body, created_at, state, attempts, \
             next_attempt_at) VALUES ('2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2', 'https://a.example/', 6, 1, 'added', ?2, ?1, \
             'waiting', 0, ?1)",
            params![at, body],
        )
        .unwrap();
    folder
}

/// Asserts that no digit of the card numbers is said or stored.
fn assert_gone(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for card in STRAY.into_iter().chain(["4111111111111111", "4111-1111-1111-1111"]) {
        assert!(!text.contains(card), "{card} is in {place}");
    }
}

#[test]
fn what_an_older_desk_took_is_not_shown() {
    let folder = old_database();
    let desk = folder.open();
    for path in [
        "/",
        "/orders/1",
        "/orders/2",
        "/orders/3",
        "/orders/5",
        "/orders/5/edit",
        "/orders/4",
        "/orders/4/edit",
        "/orders/7",
        "/orders/1/edit",
        "/webhooks",
    ] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_gone(path, answer.text().as_bytes());
    }
    assert!(desk.get("/orders/1").text().contains("(card number)"));
    // Whoever changes something else leaves the customer as it is.
    assert_eq!(desk.edit(1, &[("product_quantity", "9")]).status, 303);
    assert_eq!(
        desk.folder.sqlite().query_row("SELECT user_id FROM orders WHERE number = 1", [], |row| row.get(0)),
        Ok(STRAY[0].to_owned())
    );
}

#[test]
fn card_numbers_where_none_belongs_are_found_without_being_shown_and_nothing_is_changed() {
    let folder = old_database();
    let before = folder.stored();
    let assert = folder.orders(&["check", "--cards"]).assert().code(1).stdout(
        "order 1: customer ID\norder 2: customer ID\norder 3: customer ID\norder 5: history of version 2\n\
         order 4: note\norder 7: history of version 2\norder 6: webhook message 1\n",
    );
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("orders.db: 7 card numbers of 7 orders in the clear"), "{said}");
    assert!(folder.stored() == before);
}

#[test]
fn they_are_masked_their_orders_marked_and_the_history_says_so() {
    let folder = old_database();
    let assert = folder.orders(&["check", "--cards", "--mend"]).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(said.starts_with("orders.db: masking card numbers where none belongs …\norder 1: "), "{said}");
    assert!(said.ends_with("orders.db: 7 card numbers of 7 orders masked\n"), "{said}");
    folder
        .orders(&["check", "--cards"])
        .assert()
        .success()
        .stdout("orders.db: no card number where none belongs\n");
    for name in folder.file_names() {
        assert_gone(&name, &fs::read(folder.file(&name)).unwrap());
    }
    folder.assert_file_is_sound();
    // The history is append-only again.
    assert!(folder.sqlite().execute("UPDATE order_events SET actor = 'x'", []).is_err());

    let desk = folder.open();
    for number in 1..=3 {
        let page = desk.get(&format!("/orders/{number}"));
        let said =
            ["A card number stood in place of the customer ID and was masked.", "the check of the database"];
        assert!(said.iter().all(|words| page.text().contains(words)), "{}", page.text());
        assert!(page.text().contains(&format!("masked card {number}")));
    }
    assert!(desk.get("/orders/5").text().contains("Quantity from 1 to 2"));
    assert_eq!(desk.get("/orders/4").page().fact("Note"), "(card number)");
    assert!(desk.get("/orders/7").text().contains("Reason: (card number)"));
    assert_eq!(desk.get("/orders/8").page().fact("Note"), PARCEL);
    // Its own card still opens: it is sealed to the new customer ID when that is put right.
    let right = "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2";
    assert_eq!(desk.edit(1, &[("user_id", right)]).status, 303);
    assert!(!desk.get("/orders/1").text().contains("was masked."));
}

#[test]
fn an_order_whose_card_does_not_open_is_named_and_left_alone() {
    let folder = old_database();
    folder.sqlite().execute("UPDATE orders SET card_sealed = zeroblob(44) WHERE number = 2", []).unwrap();
    let assert = folder.orders(&["check", "--cards", "--mend"]).assert().code(1);
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("the cards of order 2 do not open"), "{said}");
    assert_eq!(
        folder.sqlite().query_row("SELECT user_id FROM orders WHERE number = 2", [], |row| row.get(0)),
        Ok(STRAY[1].to_owned())
    );
    folder.orders(&["check", "--mend"]).assert().code(2);
}
