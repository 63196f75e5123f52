use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use uuid::Uuid;

use super::super::mend::tests::{ZEROS, any_disguise, disguised, in_script};
use super::*;

/// Numbers of every brand and length, by their beginnings.
fn any_card() -> impl Strategy<Value = String> {
    let beginnings = [
        ("4", &[13, 16, 19][..]),
        ("5[1-5]", &[16]),
        ("222[1-9]", &[16]),
        ("3[47]", &[15]),
        ("36", &[14, 16, 19]),
        ("6011", &[16, 19]),
        ("3528", &[16, 17]),
        ("62", &[16, 17, 18, 19]),
        ("6759", &[13, 14, 15, 16, 17, 18, 19]),
    ];
    let of = |(beginning, lengths): (&'static str, &'static [usize])| {
        prop::sample::select(lengths).prop_flat_map(move |len| {
            (beginning, "[0-9]{19}").prop_map(move |(start, rest)| {
                let payload: String = (start + &rest).chars().take(len - 1).collect();
                (0..10).map(|check| format!("{payload}{check}")).find(|n| passes_luhn(n.as_bytes())).unwrap()
            })
        })
    };
    prop::strategy::Union::new(beginnings.map(of))
}

/// A digit of some script, or encoded.
fn written(digit: char, how: u8) -> String {
    let value = digit.to_digit(10).unwrap();
    let of = |zero: u32| char::from_u32(zero + value).unwrap().to_string();
    match how {
        0 => of(0x660),
        1 => of(0x966),
        2 => of(0xff10),
        3 => of(0x1d7d8),
        4 => format!("%3{value}"),
        5 => format!("\\u{{3{value}}}"),
        6 => format!("\\u003{value}"),
        7 => format!("%253{value}"),
        8 if value > 0 => char::from_u32(0x2775 + value).unwrap().to_string(),
        8 => "\u{24ff}".to_owned(),
        _ => digit.to_string(),
    }
}

/// Whatever is neither letter nor digit, as it is and as it is escaped.
const SEPARATORS: [&str; 32] = [
    " ",
    "-",
    ":",
    "+",
    "*",
    "|",
    ";",
    "#",
    "~",
    "•",
    "·",
    ".",
    ",",
    "/",
    "_",
    "'",
    "\"",
    "(",
    ") ",
    "\u{200b}",
    "\u{feff}",
    "\u{301}",
    "\u{345}",
    "\u{93e}",
    "\u{ad}",
    "\u{a0}",
    "\u{2060}",
    "\t",
    "\r\n",
    "\\",
    "%20",
    "\\u{200b}",
];

proptest! {
    #[test]
    fn a_card_number_is_found_whatever_separates_its_digits(
        card in any_card(),
        separators in prop::collection::vec((prop::sample::select(&SEPARATORS[..]), 0..3_usize), 20),
        hows in prop::collection::vec(0..40_u8, 19),
        around in prop::array::uniform2("[a-zA-Z ]{0,6}[0-9:/ ]{0,8}"),
    ) {
        let mut text = around[0].clone();
        for ((digit, (separator, times)), how) in card.chars().zip(&separators).zip(&hows) {
            text += &separator.repeat(*times);
            text += &written(digit, *how);
        }
        text += &around[1];
        prop_assert!(holds_card_number(&text), "{text:?}");
        let masked = mask_card_numbers(&text).into_owned();
        prop_assert!(!holds_card_number(&masked), "{text:?} became {masked:?}");
        let json = serde_json::json!({ "a": [text], "b": 1 }).to_string();
        let masked = mask_card_numbers_in_json(&json).into_owned();
        let value: serde_json::Value = serde_json::from_str(&masked).unwrap();
        prop_assert!(!holds_card_number(value["a"][0].as_str().unwrap()), "{json}");
    }

    #[test]
    fn a_number_that_stands_alone_is_found_whatever_its_check_digit(number in "[0-9]{11,19}") {
        prop_assert!(holds_card_number(&number));
        let letters = format!("a{number}b");
        prop_assert!(holds_card_number(&letters));
    }

    #[test]
    fn uuids_are_no_card_numbers(bytes: u128) {
        let uuid = uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid();
        for text in [uuid.to_string(), uuid.to_string().to_uppercase(), uuid.simple().to_string(),
            uuid.braced().to_string(), uuid.urn().to_string(), format!("order {uuid} of {uuid}")] {
            prop_assert!(!holds_card_number(&text), "{text}");
            prop_assert_eq!(mask_card_numbers(&text), text.as_str());
        }
    }

    #[test]
    fn ids_of_requests_and_traces_stay_in_lines(id in "[0-9a-f]{15}[a-f]|[a-f][0-9a-f]{31}") {
        let line = format!("status=200 request=\"{id}\" trace={id}");
        prop_assert_eq!(mask_card_numbers(&line), line.as_str());
    }

    #[test]
    fn dates_are_no_card_numbers(
        seconds in -2_208_988_800_i64..4_102_444_800, nanos in 0..1_000_000_000_u32, form in 0..FORMS.len(),
        disguise in any_disguise(), zero in 0..ZEROS.len(),
    ) {
        let time = chrono::DateTime::from_timestamp(seconds, nanos).unwrap();
        let text = time.format(FORMS[form]).to_string();
        for text in [in_script(&disguised(&text, disguise), ZEROS[zero]), text] {
            prop_assert!(!holds_card_number(&text), "{text}");
            let two = format!("{text} – {text}");
            prop_assert!(!holds_card_number(&two), "{two}");
        }
    }

    #[test]
    fn codes_and_order_numbers_are_no_card_numbers(
        code in "[A-Z]{2}-[0-9A-F]{8}|WEB-1388012W|[A-Za-z][0-9]-[0-9]{5,7}[A-Za-z]", number in 1..10_000_000_000_u64,
    ) {
        prop_assert!(!holds_card_number(&code));
        prop_assert!(!holds_card_number(&number.to_string()));
        let address = format!("/orders/{number}/edit?per_page=25");
        prop_assert!(!holds_card_number(&address));
    }

    #[test]
    fn addresses_stay_in_lines(octets: [u8; 4], port: u16) {
        let from = std::net::SocketAddrV4::new(octets.into(), port);
        let line = format!("from=\"{from}\" status=200");
        prop_assert_eq!(mask_card_numbers(&line), line.as_str());
    }

    #[test]
    fn any_text_can_be_masked(text in "\\PC{0,60}|[0-9%\\\\u{}x ]{0,80}") {
        let masked = mask_card_numbers(&text).into_owned();
        prop_assert_eq!(mask_card_numbers(&masked), masked.as_str());
        mask_card_numbers_in_json(&text);
    }
}

const FORMS: [&str; 22] = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.6f",
    "%Y-%m-%dT%H:%M:%S%.9fZ",
    "%Y-%m-%dT%H:%M:%S%.3f+01:00",
    "%Y-%m-%d %H%M",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%-d %B %Y, %H:%M:%S",
    "%A %-d %B %Y, %H:%M",
    "%A %-d %B %Y, %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %-I:%M:%S%P",
    "%Y-%m-%dt%H:%M:%S%.6fz",
    "%Y-%m-%d %H%M%S",
    "%-d-%b-%Y %H:%M:%S%.6f",
    "%-dth of %B %Y at %H:%M:%S%.6f",
    "%b. %-dth, %Y %H:%M:%S%.6f",
    "%-d %B %Y, %H:%M:%S%.9f UTC+1",
    "%a, %d %b %Y %H:%M:%S +0100",
];

#[test]
fn what_hid_before_is_found() {
    for text in [
        "4111 1111 1111 1111 12/29 123",
        "4111111111111111128",
        "/2026/11/28/4111111111111111",
        "2026-11-28 222100 0000000009",
        "4111 2026-11-28 1111 1111 1111",
        "4111\u{200b}1111\u{200b}1111\u{200b}1111",
        "４１１１ １１１１ １１１１ １１１１",
        "٤١١١١١١١١١١١١١١١",
        "①④①①①①①①①①①①①①①①①",
        "4️⃣1️⃣1️⃣1️⃣ 1111 1111 1111",
        "4111=1111=1111=1111",
        "%34111111111111111",
        "4111.1111_1111/1111",
        "my card 4111-1111 1111 1111 visa",
        "4111111111111112",
        "50201234569",
    ] {
        assert!(holds_card_number(text), "{text}");
    }
}

#[test]
fn ordinary_values_are_let_through() {
    for text in [
        "",
        "NRQKZWJ9OZ",
        "10,000",
        "2024-03-03 1405",
        "2024-03-03 14:05:00, 2024-03-04, 2024-03-05T14:05:00.000000",
        "2024-03-03, 4 March 2024, March 5, 2024",
        "Page 2 of 8,001: 200,025 orders",
        "12345 12345",
        "4111a1111a1111a1111",
    ] {
        assert!(!holds_card_number(text), "{text}");
    }
    let trace = Uuid::from_u128(7).simple().to_string();
    assert_eq!(mask_card_numbers(&trace), trace);
    assert!(
        id_holds_card_number("4111111111111111") && !id_holds_card_number("a12345678901b2345678901234567890")
    );
}

#[test]
fn only_the_number_is_masked() {
    assert_eq!(mask_card_numbers("path=/a/4111111111111111/b from"), "path=/a/****/b from");
    assert_eq!(mask_card_numbers("a 4111 1111 1111 1111 12/29 123 b"), "a **** b");
    assert_eq!(
        mask_card_numbers_in_json(r#"{"b":"4111 1111 1111 1111","a":12345678901234}"#),
        r#"{"a":12345678901234,"b":"****"}"#
    );
}

/// All files of a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn the_texts_of_pages_and_commands_are_no_card_numbers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = 0;
    for folder in ["assets/templates", "tests/desk/snapshots"] {
        for path in files(&root.join(folder)) {
            let content = fs::read_to_string(&path).unwrap();
            // Each cell, sentence and value of an attribute by itself, as they come from the program.
            for text in content.split(['<', '>', '"', '\n', '|']) {
                texts += 1;
                assert!(!holds_card_number(text), "{}: {text}", path.display());
                assert_eq!(mask_card_numbers(text), text, "{}", path.display());
            }
        }
    }
    assert!(texts > 5_000, "{texts}");
}
