//! Changing an order.

use std::collections::BTreeSet;

use crate::harness::database::Value;
use crate::harness::program::{Answer, Desk, Folder};

const UUID: &str = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d";
const CUSTOMER: &str = "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2";
const OTHER_CUSTOMER: &str = "11111111-1111-4111-8111-111111111111";
const AMEX: &str = "3782-822463-10005";
const JSON: [(&str, &str); 1] = [("accept", "application/json")];

/// The form without the fields that say which it is.
fn with_json(desk: &Desk, path: &str, fields: &[(&str, &str)]) -> Answer {
    desk.post_with(path, fields, &JSON)
}

fn change(
    field: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> (String, Option<String>, Option<String>) {
    (field.to_owned(), before.map(str::to_owned), after.map(str::to_owned))
}

#[test]
fn the_form_has_what_the_order_says_but_for_its_card() {
    let desk = Desk::open();
    desk.add(&[("date_uuid", UUID), ("shipping_date", "2024-03-03 10:00:05"), ("product_quantity", "1200")]);
    let path = desk.get("/orders/1").page().link("Edit").unwrap();
    assert_eq!(path, "/orders/1/edit");
    let answer = desk.get(&path);
    let page = answer.page();
    assert_eq!((answer.status, page.title()), (200, "Change order 1 · Orders"));
    for (name, value) in [
        ("order_date", "2024-03-01 09:30"),
        ("shipping_date", "2024-03-03 10:00:05"),
        ("delivery_date", ""),
        ("store_code", "HI-9B97EE4E"),
        ("product_code", "R7-3126933h"),
        ("product_quantity", "1200"),
        ("user_id", CUSTOMER),
        ("card_number", ""),
        ("version", "1"),
    ] {
        assert_eq!(page.value(name), value, "{name}");
    }
    assert!(page.says("Leave empty to keep Visa •••• 1111"));
    assert!(page.says(UUID) && !page.says("name=\"date_uuid\""), "the UUID is shown and no field");
}

#[test]
fn a_change_is_stored_and_told_and_nothing_else_is_touched() {
    let desk = Desk::open();
    desk.add(&[("date_uuid", UUID)]);
    desk.add(&[]);
    let before = desk.stored();
    let answer = desk.edit(1, &[("product_quantity", "1'200"), ("store_code", "web-1388012w")]);
    assert_eq!((answer.status, answer.location()), (303, "/orders/1"));
    assert_eq!(answer.notice(&desk), "Order 1 changed.");
    assert!(!desk.get("/orders/1").page().says("Order 1 changed."), "the notice is shown once");

    let after = desk.stored();
    after.assert_sound();
    let mut expected = before.clone();
    let row = expected.orders.iter_mut().find(|row| row.number == 1).unwrap();
    (row.quantity, row.store_code, row.version) = (1200, "WEB-1388012W".to_owned(), 2);
    assert_eq!((after.orders.clone(), after.counts.clone()), (expected.orders, expected.counts));
    assert_eq!(after.events[1], (1, 2, "desk".to_owned(), "changed".to_owned()));
    assert_eq!(
        after.newest_changes(1),
        [
            change("store_code", Some("HI-9B97EE4E"), Some("WEB-1388012W")),
            change("product_quantity", Some("4"), Some("1200")),
        ]
    );
    let history = desk.get("/orders/1").page().history();
    assert!(history[0].starts_with("Changed by the desk"), "{history:?}");
    assert!(history[0].contains("Store code from HI-9B97EE4E to WEB-1388012W"), "{history:?}");
    assert!(history[0].contains("Quantity from 4 to 1,200"), "{history:?}");
    assert!(history[1].starts_with("Added by the desk"), "{history:?}");
}

#[test]
fn every_field_can_be_changed_at_once() {
    let desk = Desk::open();
    desk.add(&[("date_uuid", UUID), ("shipping_date", "2024-03-03"), ("delivery_date", "2024-03-05")]);
    let changes = [
        ("order_date", "1 February 2023, 8:00"),
        ("shipping_date", "2023-02-02"),
        ("delivery_date", ""),
        ("store_code", "AB-00000000"),
        ("product_code", "A1-12345b"),
        ("product_quantity", "5"),
        ("user_id", OTHER_CUSTOMER),
        ("card_number", AMEX),
    ];
    assert_eq!(desk.edit(1, &changes).notice(&desk), "Order 1 changed.");
    let stored = desk.stored();
    stored.assert_sound();
    let row = stored.order(1);
    assert_eq!((row.date_uuid.as_str(), row.user_id.as_str()), (UUID, OTHER_CUSTOMER));
    assert_eq!(row.card, ("amex".to_owned(), "0005".to_owned()));
    assert_eq!(
        stored.newest_changes(1),
        [
            change("order_date", Some("2024-03-01 09:30:00"), Some("2023-02-01 08:00:00")),
            change("shipping_date", Some("2024-03-03 00:00:00"), Some("2023-02-02 00:00:00")),
            change("delivery_date", Some("2024-03-05 00:00:00"), None),
            change("store_code", Some("HI-9B97EE4E"), Some("AB-00000000")),
            change("product_code", Some("R7-3126933h"), Some("A1-12345b")),
            change("product_quantity", Some("4"), Some("5")),
            change("user_id", Some(CUSTOMER), Some(OTHER_CUSTOMER)),
            change("card_number", Some("visa 1111"), Some("amex 0005")),
        ]
    );
}

#[test]
fn a_form_that_changes_nothing_says_so_and_leaves_no_trace() {
    let desk = Desk::open();
    desk.add(&[]);
    for changes in [
        &[][..],
        &[
            ("product_quantity", " 4 "),
            ("store_code", "hi 9b97ee4e"),
            ("order_date", "1 March 2024, 9:30:00"),
        ],
        &[("card_number", "4111-1111-1111-1111")],
    ] {
        let answer = desk.unchanged(303, "nothing", || desk.edit(1, changes));
        assert_eq!(answer.notice(&desk), "Nothing was changed.");
    }
}

#[test]
fn each_mistake_is_named_beside_its_field_and_nothing_is_changed() {
    let desk = Desk::open();
    desk.add(&[("shipping_date", "2024-03-03"), ("delivery_date", "2024-03-04")]);
    for (field, typed, words) in [
        ("order_date", "", "Enter the order date"),
        ("order_date", "31 June 2024", "Order date must be a day that exists: June has 30 days"),
        ("shipping_date", "2024-02-29", "Shipping date must be the same as or after 1 March 2024"),
        ("delivery_date", "soon", "Delivery date must be a date, like 2026-03-03 or 3 March 2026 14:05"),
        (
            "store_code",
            "4111 1111 1111 1111",
            "This looks like a card number, which may stand in its own field only: 11 to 19 digits without a letter \
             between them",
        ),
        ("product_code", "", "Enter the product code"),
        ("product_quantity", "0", "Quantity must be from 1 to 10,000"),
        ("user_id", "", "Enter the customer ID"),
        (
            "card_number",
            "4111111111111112",
            "Card number does not pass its check digit: compare it with the card once more",
        ),
        ("date_uuid", OTHER_CUSTOMER, "The UUID of an order cannot be changed"),
    ] {
        let answer = desk.unchanged(422, field, || desk.edit(1, &[(field, typed)]));
        let page = answer.page();
        assert_eq!(page.title(), "Error: Change order 1 · Orders", "{field}");
        assert_eq!(page.summary(), [(field, words)]);
        if field != "date_uuid" {
            assert_eq!(page.mistake(field), Some(format!("Error: {words}")));
            let hidden = matches!(field, "card_number" | "store_code");
            assert_eq!(page.value(field), if hidden { "" } else { typed }, "{field}");
        }
        assert_eq!(page.value("version"), "1");
    }
    let answer =
        desk.unchanged(422, "card", || desk.edit(1, &[("card_number", AMEX), ("product_quantity", "x")]));
    assert_eq!(answer.page().summary()[0].0, "product_quantity");
    assert_eq!(answer.page().summary().len(), 1, "the card was right, and is kept");
}

#[test]
fn dates_that_are_moved_still_follow_one_another() {
    let desk = Desk::open();
    desk.add(&[("shipping_date", "2024-03-03"), ("delivery_date", "2024-03-04")]);
    for (changes, field) in [
        (&[("order_date", "2024-03-04")][..], "shipping_date"),
        (&[("shipping_date", "")], "shipping_date"),
        (&[("shipping_date", "2024-03-05")], "delivery_date"),
    ] {
        let answer = desk.unchanged(422, field, || desk.edit(1, changes));
        assert_eq!(answer.page().summary()[0].0, field);
    }
}

#[test]
fn a_new_card_replaces_the_old_one_and_shows_its_brand_and_last_four() {
    let desk = Desk::open();
    desk.add(&[]);
    assert_eq!(desk.edit(1, &[("card_number", AMEX)]).notice(&desk), "Order 1 changed.");
    assert_eq!(desk.stored().order(1).card, ("amex".to_owned(), "0005".to_owned()));
    let page = desk.get("/orders/1");
    assert_eq!(page.page().fact("Card"), "American Express •••• 0005");
    assert!(page.page().history()[0].contains("Card from Visa •••• 1111 to American Express •••• 0005"));
    desk.edit(1, &[("card_number", "4111111111111111")]);
    assert_eq!(desk.edit(1, &[("card_number", "4000000000061111")]).notice(&desk), "Order 1 changed.");
    assert!(desk.get("/orders/1").page().history()[0].contains("Card replaced by another Visa •••• 1111"));
}

/// A card is sealed to its order's customer; one that could not be opened any more would be known by an error.
#[test]
fn the_card_goes_with_its_order_from_customer_to_customer() {
    let desk = Desk::open();
    desk.add(&[("card_number", AMEX)]);
    let sealed = |desk: &Desk| {
        let Value::Bytes(sealed) =
            desk.folder.database().rows("SELECT card_sealed FROM orders")[0][0].clone()
        else {
            panic!("no bytes")
        };
        sealed
    };
    let mut before = sealed(&desk);
    for customer in [OTHER_CUSTOMER, CUSTOMER, OTHER_CUSTOMER] {
        assert_eq!(desk.edit(1, &[("user_id", customer)]).notice(&desk), "Order 1 changed.");
        assert_eq!(desk.stored().order(1).user_id, customer);
        assert_eq!(desk.stored().newest_changes(1).len(), 1);
        let after = sealed(&desk);
        assert_ne!(before, after, "the card is sealed to the new customer");
        before = after;
    }
    desk.edit(1, &[("product_quantity", "5")]);
    assert_eq!(sealed(&desk), before, "a card that stays is not sealed again");
    let same = desk.unchanged(303, "the same card", || desk.edit(1, &[("card_number", AMEX)]));
    assert_eq!(same.notice(&desk), "Nothing was changed.");
}

#[test]
fn a_card_that_nobody_can_open_any_more_is_asked_for_when_the_customer_changes() {
    let desk = Desk::open();
    desk.add(&[]);
    desk.folder.database().execute("UPDATE orders SET card_sealed = card_hash");
    let answer = desk.unchanged(422, "lost", || desk.edit(1, &[("user_id", OTHER_CUSTOMER)]));
    let (field, words) = answer.page().summary()[0];
    assert!(field == "card_number" && words.contains("cannot be opened any more"), "{words}");
    assert_eq!(desk.edit(1, &[("product_quantity", "5")]).notice(&desk), "Order 1 changed.");
    let changes = [("user_id", OTHER_CUSTOMER), ("card_number", AMEX)];
    assert_eq!(desk.edit(1, &changes).notice(&desk), "Order 1 changed.");
    assert_eq!(desk.edit(1, &[("user_id", CUSTOMER)]).notice(&desk), "Order 1 changed.", "it opens again");
}

#[test]
fn a_customer_whose_order_has_the_same_uuid_is_refused_with_that_order() {
    let desk = Desk::open();
    let first = desk.add(&[("date_uuid", UUID)]);
    let second = desk.add(&[("date_uuid", UUID), ("user_id", OTHER_CUSTOMER)]);
    let changes = [("user_id", CUSTOMER), ("product_quantity", "5"), ("card_number", AMEX)];
    let answer = desk.unchanged(409, "taken", || desk.edit(second, &changes));
    let page = answer.page();
    assert!(page.title().starts_with("Error: "));
    assert!(page.says("Another order has the same UUID and this customer. Nothing was changed."));
    assert_eq!(page.link(&format!("Open order {first}")), Some(format!("/orders/{first}")));
    assert_eq!((page.value("product_quantity"), page.value("card_number")), ("5", ""));

    let fields = [("version", "1"), ("user_id", CUSTOMER)];
    let path = format!("/orders/{second}");
    let problem = desk.unchanged(409, "json", || with_json(&desk, &path, &fields)).json();
    assert_eq!((problem["status"].as_u64(), problem["existing"].as_str()), (Some(409), Some("/orders/1")));
}

#[test]
fn programs_change_what_they_name_and_hear_of_mistakes_as_problem_details() {
    let desk = Desk::open();
    desk.add(&[("shipping_date", "2024-03-03")]);
    let changed = with_json(&desk, "/orders/1", &[("version", "1"), ("product_quantity", "5")]);
    assert_eq!((changed.status, changed.location()), (303, "/orders/1"));
    assert_eq!(desk.stored().newest_changes(1), [change("product_quantity", Some("4"), Some("5"))]);

    let broken = [("version", "2"), ("product_quantity", "0"), ("store_code", "")];
    let answer = desk.unchanged(422, "json", || with_json(&desk, "/orders/1", &broken));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let errors = answer.json()["errors"].clone();
    assert_eq!(errors[0]["field"], "store_code");
    assert_eq!(errors[1]["detail"], "Quantity must be from 1 to 10,000");

    let stale = [("version", "1"), ("product_quantity", "6")];
    let problem = desk.unchanged(409, "stale", || with_json(&desk, "/orders/1", &stale)).json();
    assert_eq!((problem["status"].as_u64(), problem["version"].as_u64()), (Some(409), Some(2)));
    assert_eq!(problem["order"], "/orders/1");
}

#[test]
fn what_is_no_change_of_an_order_is_refused() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__MAX_BODY_BYTES", "2000")]);
    desk.add(&[]);
    let (long, quantity) = ("x".repeat(2000), ("product_quantity", "5"));
    for (status, path, fields) in [
        (400, "/orders/1", vec![quantity]),
        (400, "/orders/1", vec![quantity, ("version", "0")]),
        (400, "/orders/1", vec![quantity, ("version", "2")]),
        (400, "/orders/1", vec![quantity, ("version", "-1")]),
        (400, "/orders/1", vec![quantity, ("version", "4294967297")]),
        (400, "/orders/1", vec![quantity, ("version", "1"), ("answer", "over"), ("newest", "2")]),
        (400, "/orders/1", vec![quantity, quantity, ("version", "1")]),
        (404, "/orders/2", vec![quantity, ("version", "1")]),
        (404, "/orders/x", vec![quantity, ("version", "1")]),
        (413, "/orders/1", vec![quantity, ("version", "1"), ("comment", &long)]),
    ] {
        desk.unchanged(status, &format!("{path} {fields:?}"), || desk.post(path, &fields));
    }
    let body = "version=1&product_quantity=5";
    let kind = [("content-type", "text/plain")];
    desk.unchanged(415, "plain", || desk.ask("POST", "/orders/1", &kind, Some(body.as_bytes())));
    for path in ["/orders/1", "/orders/1/ship", "/orders/1/cancel"] {
        let evil = [("origin", "http://evil.example")];
        let fields = [quantity, ("version", "1")];
        desk.unchanged(403, path, || desk.post_with(path, &fields, &evil));
    }
}

#[test]
fn an_order_from_a_file_keeps_its_doubtful_values_while_others_are_put_right() {
    let folder = Folder::seeded_dirty(900);
    let desk = folder.open();
    // Dates that a file may have; the generator makes none of them.
    for (number, columns) in [
        (1, "order_date = '2031-01-01 00:00:00', shipping_date = NULL, delivery_date = NULL, flags = 16"),
        (2, "shipping_date = '1990-01-01 00:00:00', flags = 64"),
        (3, "shipping_date = NULL, delivery_date = '2020-01-01 00:00:00', flags = 128"),
    ] {
        folder.database().execute(&format!("UPDATE orders SET {columns} WHERE number = {number}"));
    }
    let doubtful = folder
        .database()
        .numbers("SELECT number FROM orders WHERE flags > 0 AND cancelled_at IS NULL ORDER BY number");
    let flags: BTreeSet<i64> = doubtful.iter().map(|number| desk.stored().order(*number).flags).collect();
    assert!(flags.len() >= 5, "{flags:?}");
    for number in doubtful.into_iter().take(30) {
        let before = desk.stored().order(number).clone();
        let answer = desk.edit(number, &[("product_quantity", "77"), ("store_code", "AB-00000000")]);
        assert_eq!(answer.notice(&desk), format!("Order {number} changed."));
        let mut expected = before.clone();
        (expected.quantity, expected.store_code, expected.version) = (77, "AB-00000000".to_owned(), 2);
        assert_eq!(*desk.stored().order(number), expected);
    }
    let early = desk.unchanged(422, "a touched date", || desk.edit(2, &[("shipping_date", "1990-01-02")]));
    assert_eq!(early.page().summary()[0].0, "shipping_date");
    desk.edit(3, &[("delivery_date", "")]);
    assert_eq!(desk.stored().order(3).flags, 0, "what was doubtful is gone");
}

#[test]
fn an_order_whose_date_is_changed_is_found_where_it_belongs() {
    let desk = Folder::seeded(60).open();
    let number = desk.add(&[]);
    for date in
        ["2024-03-02", "2024-02-29 23:59:59", "1990-01-01", "2023-12-31", "2024-01-01", "2010-06-15 12:00"]
    {
        assert_eq!(desk.edit(number, &[("order_date", date)]).status, 303, "{date}");
        let stored = desk.stored();
        stored.assert_sound();
        assert!(stored.counts.iter().all(|(_, orders)| *orders >= 0));
        let numbers = stored.numbers();
        for (page, expected) in (1..).zip(numbers.chunks(25)) {
            assert_eq!(desk.get(&format!("/?page={page}")).page().numbers(), expected, "{date}");
        }
    }
}

#[test]
fn the_size_of_the_lists_pages_is_kept_on_the_way() {
    let desk = Folder::seeded(3).open();
    let path = desk.get("/orders/2?per_page=50").page().link("Edit").unwrap();
    assert_eq!(path, "/orders/2/edit?per_page=50");
    let answer = desk.get(&path);
    assert_eq!(answer.page().link("Back to order 2").as_deref(), Some("/orders/2?per_page=50"));
    let fields = answer.page().form(&[("product_quantity", "9")]);
    assert_eq!(desk.send("/orders/2?per_page=50", &fields).location(), "/orders/2?per_page=50");
}
