//! Card numbers: entered in every way, and then nowhere to be found.

use std::fs;

use crate::harness::database::Value;
use crate::harness::program::{Desk, form};

/// Right numbers of several brands and lengths, as people type them.
const CARDS: [&str; 9] = [
    "4111111111111111",
    "5555 5555 5555 4444",
    "3782-822463-10005",
    "6011 1234-5678 9019",
    "36123456789 1237",
    "50201234569",
    "675964982648",
    "4111222233334444551",
    "6759 6498 2643 8453",
];

const TEXT_FIELDS: [&str; 9] = [
    "order_date",
    "shipping_date",
    "delivery_date",
    "store_code",
    "product_code",
    "product_quantity",
    "user_id",
    "note",
    "date_uuid",
];

/// What is said of a card number in a field that is not its own.
const STRAY: &str = "This looks like a card number, which may stand in its own field only: 11 to 19 digits without a \
                     letter between them";

/// Card numbers as they hide: behind other digits, signs, and digits of other scripts.
const HIDDEN: [&str; 12] = [
    "4111 1111 1111 1111 12/29 123",
    "4111111111111111128123",
    "4111:1111+1111*1111",
    "4111|1111;1111#1111",
    "4111~1111•1111·1111",
    "4111\\1111\\1111\\1111",
    "4111\u{200b}1111\u{200b}1111\u{200b}1111",
    "4111\u{301}1111\u{301}1111\u{301}1111",
    "٤١١١١١١١١١١١١١١١",
    "４１１１ １１１１ １１１１ １１１１",
    "4111 2026-11-28 1111 1111 1111",
    "%34111111111111111",
];

fn digits(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).collect()
}

/// Asserts that a number stands nowhere in some bytes, however it is grouped.
fn assert_absent(place: &str, bytes: &[u8]) {
    let is_grouping = |byte: &u8| matches!(byte, b' ' | b'-' | b'+' | b'.' | b'/' | b'\n');
    let ungrouped: Vec<u8> = bytes.iter().copied().filter(|byte| !is_grouping(byte)).collect();
    for typed in CARDS {
        let digits = digits(typed);
        for (form, haystack) in [(typed, bytes), (digits.as_str(), bytes), (digits.as_str(), &ungrouped)] {
            let found = haystack.windows(form.len()).position(|window| window == form.as_bytes());
            let around = found.map(|at| {
                String::from_utf8_lossy(&haystack[at.saturating_sub(80)..(at + 60).min(haystack.len())])
            });
            assert_eq!(around, None, "{typed} stands in {place}");
        }
    }
}

/// Asserts it of all that the desk has said, logged and stored, with what stands in its columns.
fn assert_kept_secret(desk: &Desk) {
    assert_absent("an answer", &desk.said());
    assert_absent("the log", desk.folder.log().as_bytes());
    for name in desk.folder.file_names() {
        assert_absent(&name, &fs::read(desk.folder.file(&name)).unwrap());
    }
    let mut database = desk.folder.database();
    let tables = database.tables();
    assert!(tables.iter().any(|table| table == "orders"), "{tables:?}");
    for table in tables {
        for (column, value) in database
            .rows(&format!("SELECT * FROM {table}"))
            .into_iter()
            .flat_map(|row| row.into_iter().enumerate())
        {
            let bytes = match value {
                Value::Null => continue,
                Value::Number(number) => number.to_string().into_bytes(),
                Value::Text(text) => text.into_bytes(),
                Value::Bytes(bytes) => bytes,
            };
            assert_absent(&format!("{table}, column {column}"), &bytes);
        }
    }
}

#[test]
fn the_card_of_an_order_is_nowhere_in_the_clear() {
    let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    for card in CARDS {
        let number = desk.add(&[("card_number", card)]);
        desk.get(&format!("/orders/{number}"));
        let stored = desk.stored();
        assert!(digits(card).ends_with(&stored.order(number).card.1));
    }
    desk.get("/");
    desk.get("/orders/new");
    assert_eq!(desk.stored().orders.len(), CARDS.len());
    assert_kept_secret(&desk);
    let folder = desk.folder.clone();
    let desk = {
        desk.close();
        folder.open()
    };
    assert_kept_secret(&desk);
}

#[test]
fn the_card_of_a_form_that_fails_is_nowhere_in_the_clear() {
    let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace"), ("ORDERS_SERVER__MAX_BODY_BYTES", "3000")]);
    let uuid = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d";
    desk.add(&[("date_uuid", uuid), ("card_number", CARDS[0])]);
    let long = "x".repeat(3000);
    for card in CARDS {
        let with_card = |changes: &[(&'static str, &'static str)]| {
            form(&[&[("card_number", card), ("date_uuid", uuid)], changes].concat())
        };
        for (status, fields) in [
            (409, with_card(&[])),
            (422, with_card(&[("store_code", "")])),
            (422, with_card(&[("order_date", "soon"), ("user_id", "x")])),
            (400, [with_card(&[]), vec![("card_number", card)]].concat()),
            (413, [with_card(&[]), vec![("comment", long.as_str())]].concat()),
        ] {
            assert_eq!(desk.post("/orders", &fields).status, status, "{card}");
            let json = desk.post_with("/orders", &fields, &[("accept", "application/json")]);
            assert_eq!(json.status, status, "{card}");
        }
        let headers = [("content-type", "text/plain")];
        assert_eq!(desk.ask("POST", "/orders", &headers, Some(card.as_bytes())).status, 415);
        let evil = [("origin", "http://evil.example")];
        assert_eq!(desk.post_with("/orders", &with_card(&[]), &evil).status, 403);
    }
    assert_eq!(desk.stored().orders.len(), 1);
    assert_kept_secret(&desk);
}

#[test]
fn the_card_of_a_change_is_nowhere_in_the_clear() {
    let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    let (one, other) = ("2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2", "11111111-1111-4111-8111-111111111111");
    let number = desk.add(&[("card_number", CARDS[0])]);
    let path = format!("/orders/{number}");
    for (nth, card) in CARDS.into_iter().enumerate().skip(1) {
        let late = desk.edit_form(number, &[("card_number", card)]);
        let json = [("accept", "application/json")];
        for mistake in [("store_code", ""), ("product_quantity", card), ("user_id", "x")] {
            let broken = desk.edit_form(number, &[("card_number", card), mistake]);
            assert_eq!(desk.send(&path, &broken).status, 422);
            let fields = [("version", "1"), ("card_number", card), mistake];
            assert_eq!(desk.post_with(&path, &fields, &json).status, 422);
        }
        let customer = if nth % 2 == 0 { one } else { other };
        assert_eq!(desk.edit(number, &[("card_number", card), ("user_id", customer)]).status, 303);
        assert!(digits(card).ends_with(&desk.stored().order(number).card.1));
        desk.get(&path);
        // Somebody who has typed another card meanwhile.
        let mut fields = late.clone();
        fields.iter_mut().find(|field| field.0 == "card_number").unwrap().1 = CARDS[nth - 1].to_owned();
        let question = desk.send(&path, &fields);
        assert_eq!(question.status, 409);
        for answer in ["on-top", "over"] {
            desk.send(&path, &question.page().form(&[("answer", answer)]));
        }
        assert_eq!(
            desk.post_with(&path, &[("version", "1"), ("card_number", CARDS[nth - 1])], &json).status,
            409
        );
    }
    desk.post(&format!("{path}/ship"), &[("card_number", CARDS[0])]);
    let version = desk.stored().order(number).version.to_string();
    let cancel = [("version", version.as_str()), ("submission", CARDS[0]), ("card_number", CARDS[0])];
    assert_eq!(desk.post(&format!("{path}/cancel"), &cancel).status, 303);
    // Added; changed by every other card, and once more over that; shipped and cancelled.
    assert_eq!(desk.stored().kinds(number).len(), 1 + 2 * (CARDS.len() - 1) + 2);
    assert_kept_secret(&desk);
    let folder = desk.folder.clone();
    desk.close();
    assert_kept_secret(&folder.open());
}

#[test]
fn a_mistyped_card_number_is_not_shown_or_kept_either() {
    let desk = Desk::open();
    for card in CARDS {
        let one_more = format!("{card}0");
        let letter = format!("{card}O");
        for typed in [one_more.as_str(), letter.as_str()] {
            assert_eq!(desk.post("/orders", &form(&[("card_number", typed)])).status, 422, "{typed}");
        }
    }
    assert_eq!(desk.stored().orders, []);
    assert_kept_secret(&desk);
}

#[test]
fn a_card_number_in_a_field_that_is_not_its_own_is_refused_and_not_shown() {
    let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    for card in CARDS.into_iter().filter(|card| digits(card).len() >= 13) {
        for field in TEXT_FIELDS {
            let answer = desk.post("/orders", &form(&[(field, card)]));
            assert_eq!(answer.status, 422, "{field}");
            let words = STRAY;
            assert!(
                answer.page().summary().contains(&(field, words)),
                "{field}: {:?}",
                answer.page().summary()
            );
            assert_eq!(answer.page().value(field), "", "{field}");
            desk.get(&format!("/orders/new?{}", serde_urlencoded::to_string([(field, card)]).unwrap()));
        }
        desk.post("/orders", &form(&[("submission", card), ("store_code", "")]));
    }
    assert_eq!(desk.stored().orders, []);
    assert_kept_secret(&desk);
}

#[test]
fn a_card_number_in_an_address_or_header_gets_into_no_log_and_no_page() {
    let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    for card in CARDS.into_iter().filter(|card| digits(card).len() >= 13) {
        let encoded = serde_urlencoded::to_string([("card_number", card)]).unwrap();
        let in_path = card.replace(' ', "%20");
        for path in [
            format!("/?{encoded}"),
            format!("/?page={}", digits(card)),
            format!("/orders/new?{encoded}"),
            format!("/?jump={}", digits(card)),
            format!("/orders/{in_path}"),
            format!("/orders/{}/", digits(card)),
            format!("/orders/{}/ship", digits(card)),
            format!("/orders/{}/edit", digits(card)),
            format!("/{in_path}/x?{encoded}"),
            format!("/assets/{in_path}.css"),
        ] {
            desk.get(&path);
            desk.ask("HEAD", &path, &[], None);
            desk.get_with(&path, &[("accept", "application/json")]);
        }
        desk.get_with(
            "/orders/new",
            &[("x-request-id", &digits(card)), ("cookie", &format!("notice={card}")), ("referer", card)],
        );
        desk.get_with("/", &[("user-agent", card)]);
    }
    assert_kept_secret(&desk);
}

#[test]
fn a_card_number_that_hides_is_refused_masked_and_nowhere_in_the_clear() {
    for format in ["text", "json"] {
        let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace"), ("ORDERS_LOG__FORMAT", format)]);
        for hidden in HIDDEN {
            for field in TEXT_FIELDS {
                let answer = desk.post("/orders", &form(&[(field, hidden)]));
                assert_eq!(answer.status, 422, "{field}={hidden}");
                assert!(answer.page().summary().contains(&(field, STRAY)), "{field}={hidden}");
                assert_eq!(answer.page().value(field), "", "{field}={hidden}");
                let query = serde_urlencoded::to_string([(field, hidden)]).unwrap();
                assert_eq!(
                    desk.get(&format!("/orders/new?{query}")).page().value(field),
                    "",
                    "{field}={hidden}"
                );
            }
            let path =
                percent_encoding::percent_encode(hidden.as_bytes(), percent_encoding::NON_ALPHANUMERIC)
                    .to_string();
            assert_eq!(desk.get(&format!("/2026/11/28/{path}")).status, 404);
            if hidden.is_ascii() {
                desk.get(&format!("/2026/11/28/{}", hidden.replace([' ', '|', '\\', '#'], "/")));
            }
        }
        for id in [
            "4111111111111111",
            "a4111111111111111b",
            "4111-1111-1111-1111-123",
            "x-4111111111111111128123-y",
        ] {
            assert_ne!(desk.get_with("/", &[("x-request-id", id)]).header("x-request-id"), Some(id));
        }
        for method in ["4111111111111111", "A4111-1111-1111-1111"] {
            let mut wire = desk.connect();
            wire.send(format!("{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n")).unwrap();
            assert_eq!(wire.answer().unwrap().status, 405);
        }
        assert_eq!(desk.stored().orders, []);
        assert_kept_secret(&desk);
        let (said, log) = (desk.said(), desk.folder.log());
        for hidden in HIDDEN {
            assert!(!String::from_utf8_lossy(&said).contains(hidden), "{hidden} was said");
            assert!(!log.contains(hidden), "{hidden} was logged");
        }
        assert!(log.contains("request"), "{log}");
    }
}
