//! A card that is added, then searched for in every way, and nowhere to be found: PCI DSS 4.0, requirement 3.4.1.

use std::fs;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::harness::collector::Collector;
use crate::harness::database::Value;
use crate::harness::program::{Desk, Folder};
use crate::harness::receiver::variables;

/// The networks' public test numbers: an order is paid with one, none with the other.
const PAID: &str = "6011000990139424";
const UNPAID: &str = "4012888888881881";
/// The first with a digit mistyped.
const MISTYPED: &str = "6011000990139434";

/// What is typed into the search, and the status of its answer.
const SEARCHES: [(&str, u16); 16] = [
    ("6011000990139424", 303),
    ("6011 0009 9013 9424", 303),
    ("6011-0009-9013-9424", 303),
    (" 6011\u{a0}0009\u{2011}9013\u{200b}9424 ", 303),
    ("６０１１０００９９０１３９４２４", 303),
    ("٦٠١١٠٠٠٩٩٠١٣٩٤٢٤", 303),
    ("card 6011000990139424", 303),
    ("4012888888881881", 404),
    ("4012 8888 8888 1881", 404),
    ("6011000990139434", 404),
    ("6011 0009 9013 9434", 404),
    ("6011 0009 9013 942", 404),
    ("#6011000990139424", 303),
    ("HI-9B97EE4E 6011 0009 9013 9424", 422),
    ("paid by 6011000990139424 last week", 422),
    ("status:late store:6011000990139424", 422),
];

/// The parameters of a list, and some that it does not have.
const PARAMETERS: [&str; 29] = [
    "q",
    "status",
    "store",
    "product",
    "customer",
    "uuid",
    "ordered",
    "ordered_from",
    "ordered_to",
    "shipped",
    "shipped_from",
    "delivered_to",
    "quantity_from",
    "quantity_to",
    "brand",
    "last4",
    "same_card_as",
    "older_than",
    "warning",
    "by",
    "sort",
    "page",
    "per_page",
    "after",
    "before",
    "view",
    "part",
    "jump",
    "card_number",
];

/// A number as bytes may hold it: its digits, those of other scripts, and two bytes a digit either way round.
fn spellings(digits: &str) -> Vec<Vec<u8>> {
    let in_script = |zero: u32| {
        let digit = |c: char| char::from_u32(zero + c.to_digit(10).unwrap()).unwrap();
        digits.chars().map(digit).collect::<String>().into_bytes()
    };
    let in_utf_16 = |bytes: fn(u16) -> [u8; 2]| digits.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    vec![
        in_script(u32::from('0')),
        in_script(u32::from('０')),
        in_script(u32::from('٠')),
        in_utf_16(u16::to_le_bytes),
        in_utf_16(u16::to_be_bytes),
    ]
}

/// The bytes without what groups digits, as they stand and as URLs have them.
fn ungrouped(bytes: &[u8]) -> Vec<u8> {
    let is_grouping = |byte: &u8| matches!(byte, b' ' | b'-' | b'+' | b'.' | b'/' | b',' | b'\n' | 0);
    let mut kept: Vec<u8> = percent_encoding::percent_decode(bytes).collect();
    kept.retain(|byte| !is_grouping(byte));
    kept
}

/// The number that stands in some bytes, in whichever spelling.
fn number_in(bytes: &[u8]) -> Option<&'static str> {
    let haystacks = [bytes, &ungrouped(bytes)];
    [PAID, UNPAID, MISTYPED].into_iter().find(|digits| {
        spellings(digits).iter().any(|spelling| {
            haystacks.iter().any(|haystack| haystack.windows(spelling.len()).any(|window| window == spelling))
        })
    })
}

fn assert_absent(place: &str, bytes: &[u8]) {
    if let Some(number) = number_in(bytes) {
        panic!("{number} stands in {place}: {}", String::from_utf8_lossy(bytes));
    }
}

/// Asserts it of every file beside the log, and of every column, wherever the database is.
fn assert_nowhere_stored(folder: &Folder) {
    let mut last_four = false;
    for name in folder.file_names() {
        let bytes = fs::read(folder.file(&name)).unwrap();
        assert!(number_in(&bytes).is_none(), "a card number stands in {name}");
        last_four |= bytes.windows(4).any(|window| window == &PAID.as_bytes()[12..]);
    }
    let mut database = folder.database();
    for table in database.tables() {
        for value in database.rows(&format!("SELECT * FROM {table}")).into_iter().flatten() {
            let bytes = match value {
                Value::Null => continue,
                Value::Number(number) => number.to_string().into_bytes(),
                Value::Text(text) => text.into_bytes(),
                Value::Bytes(bytes) => bytes,
            };
            last_four |= bytes == PAID.as_bytes()[12..];
            assert!(number_in(&bytes).is_none(), "a card number stands in {table}");
        }
    }
    assert!(last_four, "where the order is was looked at");
}

#[test]
fn a_number_is_found_in_every_spelling_that_is_looked_for() {
    for text in [
        "6011000990139424",
        "a 6011 0009 9013 9424.",
        "/?q=6011+0009+9013+9424",
        "/?q=6011%200009%209013%209424",
        "６０１１０００９９０１３９４２４",
        "٦٠١١ ٠٠٠٩ ٩٠١٣ ٩٤٢٤",
    ] {
        assert_eq!(number_in(text.as_bytes()), Some(PAID), "{text}");
        let of_two_bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(number_in(&of_two_bytes).is_some(), text.is_ascii() && !text.contains('%'), "{text}");
    }
    assert_eq!(number_in("Discover •••• 9424, 6011 0009 9013 942".as_bytes()), None);
}

#[test]
fn a_card_that_was_searched_for_is_nowhere() {
    let collector = Collector::new();
    let traced = collector.settings();
    let settings = [&variables(&traced)[..], &[("ORDERS_LOG__LEVEL", "trace")]].concat();
    let desk = Desk::open_with(&settings);
    let number = desk.add(&[("card_number", "6011 0009 9013 9424")]);
    desk.add(&[]);

    for list in ["", "?status=to-ship&per_page=50"] {
        for (typed, status) in SEARCHES {
            let answer =
                desk.unchanged(status, typed, || desk.post(&format!("/search{list}"), &[("q", typed)]));
            assert_absent(typed, format!("{:?}", answer.headers).as_bytes());
            if status == 303 {
                assert!(answer.location().contains(&format!("same_card_as={number}")), "{typed}");
                assert_eq!(desk.get(answer.location()).status, 200);
            } else {
                assert_eq!(answer.page().value("q"), "", "{typed}");
            }
        }
    }
    for parameter in PARAMETERS {
        for typed in ["6011 0009 9013 9424", UNPAID, "6011-0009-9013-9434"] {
            let value = percent_encode(typed.as_bytes(), NON_ALPHANUMERIC);
            for path in
                [format!("/?{parameter}={value}"), format!("/?status=to-ship&{parameter}=HI%2C{value}")]
            {
                let answer = desk.get(&path);
                assert!(matches!(answer.status, 200 | 302 | 404 | 422), "{path}: {}", answer.status);
                assert_absent(&path, format!("{:?}", answer.headers).as_bytes());
                let ordered = desk.get(&path.replacen('/', &format!("/orders/{number}"), 1));
                assert_absent(&path, format!("{:?}", ordered.headers).as_bytes());
            }
            // As a view that is to be kept, by its list and by its name.
            desk.post(&format!("/views?{parameter}={value}"), &[("name", parameter)]);
            desk.post("/views?status=shipped", &[("name", typed)]);
            desk.post(&format!("/search?{parameter}={value}"), &[("q", "HI-9B97EE4E")]);
        }
    }
    let metrics = desk.get("/metrics");
    assert!(metrics.text().contains("route=\"/search\""), "{}", metrics.text());

    // With all that was asked before.
    assert_eq!(desk.get("/webhooks").status, 200);
    collector.wait_for("GET /webhooks");
    assert!(collector.spans().iter().any(|span| span.name == "POST /search"));
    for (head, body) in collector.got() {
        assert_absent("the head of a batch of traces", head.as_bytes());
        assert_absent("a trace", &body);
    }
    assert_absent("an answer", &desk.said());
    assert_absent("the log", desk.folder.log().as_bytes());
    assert_nowhere_stored(&desk.folder);
    let folder = desk.folder.clone();
    desk.close();
    assert_nowhere_stored(&folder);
}
