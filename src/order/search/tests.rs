//! What is typed, and how it is read.

use proptest::prelude::*;

use super::super::list::tests::any_condition;
use super::super::mend::tests::{ZEROS, any_disguise, disguised, in_script};
use super::*;
use crate::order::{ListQuery, ProductCode, StoreCode, Timestamp, grouped, mask_card_numbers};

const LATE_DAYS: u16 = 3;

/// A Sunday.
fn now() -> Now {
    Now::in_utc(Timestamp::parse("2026-11-29 14:05:00").unwrap())
}

fn search(text: &str) -> Result<Search, SearchError> {
    Search::parse(text, now(), LATE_DAYS)
}

fn said(filter: &OrderFilter) -> String {
    if filter.is_empty() { "all orders".to_owned() } else { filter.words() }
}

/// How a text is read, with what else it may mean on lines of their own.
fn read(text: &str) -> String {
    let (first, others) = match search(text) {
        Ok(Search::Number { number, others }) => (format!("order {number}"), others),
        Ok(Search::Card(card)) => (format!("the card {card}"), Vec::new()),
        Ok(Search::Filter { filter, others }) => (said(&filter), others),
        Err(error) => (format!("! {error}"), Vec::new()),
    };
    let lines: Vec<String> = [first].into_iter().chain(others.iter().map(said)).collect();
    format!("{text}\n    {}\n", lines.join("\n        or "))
}

#[test]
fn texts_are_read_as_a_clerk_means_them() {
    let texts = include_str!("texts.txt");
    let told: Vec<String> = texts.lines().filter(|line| !line.is_empty()).map(read).collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// All readings of a text that is no order's number alone and no card.
fn filters(text: &str) -> Vec<OrderFilter> {
    match search(text) {
        Ok(Search::Number { others, .. }) => others,
        Ok(Search::Filter { filter, others }) => [vec![filter], others].concat(),
        Ok(Search::Card(_)) | Err(_) => Vec::new(),
    }
}

fn may_mean(text: &str, condition: Condition) -> bool {
    filters(text).contains(&OrderFilter::new([condition]))
}

/// Words that a search knows, and others, side by side.
fn any_text() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "web",
        "HI",
        "HI-9B97EE4E",
        "hi 9b",
        "r7",
        "R7-3126933h",
        "visa",
        "american express",
        "late",
        "to ship",
        "shipped",
        "delivered",
        "ordered",
        "last week",
        "today",
        "3 March",
        "2026",
        "March",
        "2026-03",
        "since",
        "until",
        "from",
        "to",
        "between",
        "and",
        "or",
        "-",
        "#",
        "#7",
        "1111",
        "120123",
        "1,000",
        "2dcb6e",
        "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2",
        "NRQKZWJ9OZ",
        "\u{2022}\u{2022}\u{2022}\u{2022} 1111",
        "store:",
        "customer:",
        "ordered:",
        "card ends in",
        "card",
        "by:",
        "quantity:",
        "2-5",
        "older_than:3",
        "same card as",
        "status:",
        "\"",
        "\"last week\"",
        ",",
        ":",
        "31 February",
        "3/4/2026",
        "14:05",
        "4111111111111111",
        "99999999999999999999",
    ];
    let word = prop_oneof![4 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => "\\PC{0,5}", 1 => "[0-9]{1,12}"];
    prop::collection::vec(word, 0..7).prop_map(|words| words.join(" "))
}

/// What must be true of whatever is typed.
fn check(text: &str) -> Result<(), TestCaseError> {
    let result = search(text);
    if let Err(error) = &result {
        let said = error.to_string();
        prop_assert!(said.ends_with('.') && !holds_card_number(&said), "{said}");
    }
    prop_assert!(!holds_card_number(&format!("{result:?}")), "{result:?}");
    if holds_card_number(&mended_number(text)) {
        let is_kept = matches!(
            result,
            Ok(Search::Card(_)) | Err(SearchError::NotUnderstood(None) | SearchError::TooLong)
        );
        prop_assert!(is_kept, "{result:?}");
    }
    for filter in filters(text) {
        let list = ListQuery::default().filtered(filter);
        prop_assert_eq!(&ListQuery::parse(&list.write()), &list);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_number_sign_always_means_an_order(n in 1..10_000_000_000_u64, disguise in any_disguise(), zero in 0..ZEROS.len()) {
        for text in [format!("#{n}"), format!("# {}", grouped(n)), format!("#{}", grouped(n).replace(',', " "))] {
            let number = OrderNumber::new(n.try_into().unwrap()).unwrap();
            let others = Vec::new();
            prop_assert_eq!(search(&in_script(&disguised(&text, disguise), ZEROS[zero])), Ok(Search::Number { number, others }));
        }
    }

    #[test]
    fn an_order_is_the_first_that_digits_mean(n in 10_000..10_000_000_000_u64, zero in 0..ZEROS.len()) {
        let result = search(&in_script(&n.to_string(), ZEROS[zero]));
        let is_order = matches!(result, Ok(Search::Number { number, .. }) if number.to_string() == n.to_string());
        prop_assert!(is_order, "{result:?}");
    }

    #[test]
    fn four_digits_are_the_end_of_a_card_too(digits in "[0-9]{4}") {
        let last_four = Condition::LastFour(crate::order::LastFour::parse(&digits).unwrap());
        prop_assert!(may_mean(&digits, last_four.clone()));
        prop_assert_eq!(filters(&format!("•••• {digits}")), vec![OrderFilter::new([last_four])]);
    }

    #[test]
    fn a_store_is_found_by_whatever_it_begins_with(
        code in "[A-Z]{2}-[0-9A-F]{8}", length in 2..=11_usize, disguise in any_disguise(),
    ) {
        let beginning = &code[..length];
        let store = || Condition::Store(Beginning::of_store(beginning).unwrap());
        prop_assert!(may_mean(&disguised(beginning, disguise), store()));
        if length > 2 {
            prop_assert!(may_mean(&disguised(&beginning.to_lowercase(), disguise), store()));
        }
        if beginning[2..].contains(|c: char| c.is_ascii_digit()) {
            prop_assert!(may_mean(&beginning.to_lowercase().replace('-', ""), store()));
        }
        let named = format!("store:{}", beginning.to_lowercase());
        prop_assert!(may_mean(&named, store()));
        let spaced = code.to_lowercase().replace('-', " ");
        if code.contains(|c: char| c.is_ascii_digit()) {
            prop_assert!(may_mean(&disguised(&spaced, disguise), Condition::Store(Beginning::of_store(&code).unwrap())), "{}", read(&spaced));
        }
        prop_assert!(StoreCode::parse(&code).is_ok());
    }

    #[test]
    fn a_product_is_found_by_whatever_it_begins_with(
        code in "[A-Za-z][0-9]-[0-9]{5,7}[A-Za-z]", length in 2..=11_usize, disguise in any_disguise(),
    ) {
        let beginning = &code[..length.min(code.len())];
        let product = |text: &str| Condition::Product(Beginning::of_product(text).unwrap());
        prop_assert!(may_mean(&disguised(beginning, disguise), product(beginning)));
        // Without its hyphen the shortest but one is the shortest.
        prop_assert!(length == 3 || may_mean(&beginning.replace('-', ""), product(beginning)));
        prop_assert!(may_mean(&code.replace('-', " "), product(&code)));
        prop_assert!(ProductCode::parse(&code).is_ok());
    }

    #[test]
    fn orders_and_customers_are_found_by_what_their_uuids_begin_with(
        bytes: u128, length in 6..=36_usize, disguise in any_disguise(),
    ) {
        // Of version 4, as the desk makes them (RFC 9562, section 5.4).
        let uuid = uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid().to_string();
        let beginning = &uuid[..length];
        prop_assume!(!id_holds_card_number(beginning) && !id_holds_card_number(&beginning.replace('-', "")));
        let expected = Beginning::of_uuid(beginning).unwrap();
        for text in [disguised(beginning, disguise), beginning.to_uppercase(), beginning.replace('-', "")] {
            prop_assert!(may_mean(&text, Condition::Uuid(expected.clone())), "{}", read(&text));
            prop_assert!(may_mean(&text, Condition::Customer(expected.clone())), "{}", read(&text));
            let named = format!("customer:{text}");
            prop_assert!(may_mean(&named, Condition::Customer(expected.clone())));
        }
    }

    #[test]
    fn what_a_list_says_of_its_filter_can_be_typed(condition in any_condition()) {
        let (label, words) = (condition.kind().label(), condition.words());
        let text = format!("{label}:\"{words}\"");
        prop_assume!(!holds_card_number(&text));
        let expected = OrderFilter::new([condition]).words();
        prop_assert!(filters(&text).iter().any(|filter| filter.words() == expected), "{}", read(&text));
    }

    #[test]
    fn a_card_number_is_read_alone_and_never_told(
        digits in "[0-9]{11,19}", separator in "[ -]?", around in "(web|visa |late, |2026-03-03 )?", zero in 0..ZEROS.len(),
    ) {
        let groups: Vec<&str> = digits.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect();
        let number = groups.join(&separator);
        for text in [number.clone(), format!("?{number}"), format!("card: {number}"), in_script(&number, ZEROS[zero])] {
            let Ok(Search::Card(card)) = search(&text) else { panic!("{}", read(&text)) };
            prop_assert_eq!(card.reveal(), &digits);
        }
        for text in [format!("{around}{number}"), format!("{number} {around}"), format!("by:{around}{number}")] {
            check(&text)?;
            let debug = format!("{:?}", search(&text));
            prop_assert_eq!(&*mask_card_numbers(&debug), &debug);
        }
    }

    #[test]
    fn whatever_is_typed_is_read_or_refused(text in "\\PC{0,60}") {
        check(&text)?;
    }

    #[test]
    fn known_words_are_read_in_any_order(text in any_text(), disguise in any_disguise()) {
        check(&text)?;
        prop_assert_eq!(search(&disguised(&text, disguise)).ok(), search(&text).ok());
    }
}

#[test]
fn a_search_has_its_bounds() {
    assert_eq!(search(&"web ".repeat(50)).map(|_| ()), Ok(()));
    assert_eq!(search(&"web ".repeat(51)), Err(SearchError::TooLong));
    let stores: Vec<String> = (0..25).map(|n| format!("AA-{n:02}")).collect();
    assert_eq!(search(&stores.join(" ")), Err(SearchError::TooMany));
    for text in ["", " \t\n", "\u{200b}", "\"\""] {
        assert_eq!(search(text), Err(SearchError::Empty), "{text:?}");
    }
}

#[test]
fn the_latest_of_all_leap_days_is_meant() {
    let at = |text: &str| Now::in_utc(Timestamp::parse(text).unwrap());
    for (now, words) in [
        ("2024-02-29 00:00:00", "Ordered 29 February 2024"),
        ("2104-02-28 00:00:00", "Ordered 29 February 2096"),
    ] {
        let Ok(Search::Filter { filter, .. }) = Search::parse("29 February", at(now), LATE_DAYS) else {
            panic!("{now}")
        };
        assert_eq!(filter.words(), words);
    }
}
