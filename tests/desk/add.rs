//! Adding an order.

use std::collections::BTreeSet;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::harness::page::Page;
use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::stored::Row;

const SUBMISSION: &str = "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21";
const UUID: &str = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d";

#[test]
fn an_order_is_stored_as_it_was_typed_and_its_page_says_so_once() {
    let desk = Desk::open();
    let answer = desk.post("/orders", &form(&[("shipping_date", "2024-03-03"), ("submission", SUBMISSION)]));
    assert_eq!((answer.status, answer.location()), (303, "/orders/1"));
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!(
        stored.orders,
        [Row {
            number: 1,
            date_uuid: SUBMISSION.to_owned(),
            user_id: "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2".to_owned(),
            store_code: "HI-9B97EE4E".to_owned(),
            product_code: "R7-3126933h".to_owned(),
            quantity: 4,
            order_date: "2024-03-01 09:30:00".to_owned(),
            shipping_date: Some("2024-03-03 00:00:00".to_owned()),
            delivery_date: None,
            cancelled_at: None,
            card: ("visa".to_owned(), "1111".to_owned()),
            flags: 0,
            submission: Some(SUBMISSION.to_owned()),
            version: 1,
            created_by: "desk".to_owned(),
        }]
    );
    assert_eq!(stored.events, [(1, 1, "desk".to_owned(), "added".to_owned())]);

    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("Path=/orders/1;") && cookie.contains("HttpOnly"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = desk.get_with("/orders/1", &[("cookie", cookie)]);
    assert!(page.page().says("Order 1 has been added."));
    assert!(page.page().says(r#"role="status""#));
    assert!(page.header("set-cookie").unwrap().contains("Max-Age=0"), "the notice is shown once");
    assert!(!desk.get("/orders/1").page().says("has been added"));
}

#[test]
fn now_is_the_time_of_the_business() {
    // Fourteen hours ahead of UTC all year round.
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "Pacific/Kiritimati")]);
    desk.add(&[("order_date", "now"), ("shipping_date", "now")]);
    let stored = desk.stored().order(1).order_date.clone();
    let ordered = NaiveDateTime::parse_from_str(&stored, "%Y-%m-%d %H:%M:%S").unwrap();
    let ago = DateTime::<Utc>::from(SystemTime::now()).naive_utc() + TimeDelta::hours(14) - ordered;
    assert!((0..120).contains(&ago.num_seconds()), "{stored} is {ago} ago");
    let form = desk.get("/orders/new");
    assert!(form.page().says("Times are in Pacific/Kiritimati."));
}

#[test]
fn add_another_keeps_the_store_and_the_date() {
    let desk = Desk::open();
    desk.add(&[]);
    let another = desk.get("/orders/1").page().link("Add another").unwrap();
    let answer = desk.get(&another);
    assert_eq!(answer.page().value("store_code"), "HI-9B97EE4E");
    assert_eq!(answer.page().value("order_date"), "2024-03-01");
    for empty in ["product_code", "product_quantity", "user_id", "card_number", "date_uuid"] {
        assert_eq!(answer.page().value(empty), "", "{empty}");
    }
    assert_eq!(focused(&answer), ["product_code"]);
}

/// The names of the fields that have the focus when a page opens.
fn focused(answer: &Answer) -> Vec<String> {
    let inputs =
        answer.text().split("<input ").skip(1).map(|rest| Page::new(rest.split('>').next().unwrap()));
    inputs
        .filter(|tag| tag.says("autofocus"))
        .map(|tag| tag.between("name=\"", "\"").unwrap().to_owned())
        .collect()
}

#[test]
fn a_new_form_is_dated_today_and_begins_with_the_first_field_that_is_to_be_filled_in() {
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "Pacific/Kiritimati")]);
    let answer = desk.get("/orders/new");
    let today = answer.page().between("data-today=\"", "\"").unwrap();
    assert_eq!(answer.page().value("order_date"), today);
    assert_eq!(focused(&answer), ["store_code"]);
    assert_eq!(focused(&desk.get("/orders/new?order_date=")), ["order_date"]);
    // The box that says what is wrong has it otherwise.
    assert_eq!(focused(&desk.post("/orders", &form(&[("store_code", "")]))), [""; 0]);
    let sent = form(&[("order_date", today)]);
    assert_eq!(desk.post("/orders", &sent).status, 303);
    assert_eq!(focused(&desk.get("/orders/1/edit")), [""; 0]);
}

#[test]
fn what_people_type_is_mended_where_it_can_mean_one_thing_only() {
    let desk = Desk::open();
    let number = desk.add(&[
        ("date_uuid", " {0D0F7B6E-95B1-4D6C-8A0E-3F2F2A3B4C5D} "),
        ("user_id", "2DCB6E7A1F0E4D0B9D3A0C8B6A51E7F2"),
        ("store_code", " hi 9b97ee4e "),
        ("product_code", "R7 3126933h"),
        ("product_quantity", "1'000"),
        ("card_number", " 3782-822463-10005 "),
        ("order_date", "1 March 2024, 9:30"),
        ("shipping_date", "2024/3/1"),
    ]);
    let stored = desk.stored();
    let row = stored.order(number);
    assert_eq!(row.date_uuid, UUID);
    assert_eq!(row.user_id, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2");
    assert_eq!((row.store_code.as_str(), row.product_code.as_str()), ("HI-9B97EE4E", "R7-3126933h"));
    assert_eq!(row.quantity, 1000);
    assert_eq!(row.card, ("amex".to_owned(), "0005".to_owned()));
    assert_eq!(row.order_date, "2024-03-01 09:30:00");
    assert_eq!(row.shipping_date.as_deref(), Some("2024-03-01 09:30:00"));
}

#[test]
fn what_was_pasted_is_mended_whatever_it_brought_along() {
    let desk = Desk::open();
    let number = desk.add(&[
        ("date_uuid", "\u{feff}0d0f7b6e\u{2011}95b1\u{2011}4d6c\u{2011}8a0e\u{2011}3f2f2a3b4c5d\u{200b}"),
        ("user_id", "\u{202a}2dcb6e7a–1f0e–4d0b – 9d3a – 0c8b6a51e7f2\u{202c}"),
        ("store_code", "hi\u{ad}\u{2212}9b97\u{200b}ee4e"),
        ("product_code", "R7\u{2010}3126933h\u{feff}"),
        ("product_quantity", "١٬٢٠٠"),
        ("card_number", "４１１１\u{2011}１１１１\u{3000}١١١١\u{a0}1111"),
        ("order_date", "\u{200e}٢٠٢٤–٠٣–٠١\u{a0}٠٩:٣٠"),
        ("shipping_date", "２０２４／３／１　１４：０５"),
        ("delivery_date", "–"),
    ]);
    let stored = desk.stored();
    let row = stored.order(number);
    assert_eq!(row.date_uuid, UUID);
    assert_eq!(row.user_id, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2");
    assert_eq!((row.store_code.as_str(), row.product_code.as_str()), ("HI-9B97EE4E", "R7-3126933h"));
    assert_eq!((row.quantity, row.card.1.as_str()), (1200, "1111"));
    assert_eq!(row.order_date, "2024-03-01 09:30:00");
    assert_eq!(row.shipping_date.as_deref(), Some("2024-03-01 14:05:00"));
    assert_eq!(row.delivery_date, None);
    for (field, blank) in [("store_code", "\u{200b}"), ("user_id", "\u{feff} "), ("order_date", "\u{ad}")] {
        let answer = desk.unchanged(422, field, || desk.post("/orders", &form(&[(field, blank)])));
        let page = answer.page();
        assert!(page.summary()[0].1.starts_with("Enter the "), "{field}: {:?}", page.summary());
    }
}

#[test]
fn a_date_is_read_in_every_way_in_which_people_and_programs_write_it() {
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "America/New_York")]);
    for (typed, expected) in [
        ("Friday 1 March 2024, 14:05", "2024-03-01 14:05:00"),
        ("Fri 1-Mar-2024 2:05 pm", "2024-03-01 14:05:00"),
        ("2024-03-01 1405", "2024-03-01 14:05:00"),
        ("2024-03-01 2:05:30PM", "2024-03-01 14:05:30"),
        ("2024-03-01 14:05:00.000000", "2024-03-01 14:05:00"),
        ("2024-03-01T14:05:30.123", "2024-03-01 14:05:30"),
        // Moments, which the business's clocks show otherwise.
        ("2024-03-01T02:05:30.123Z", "2024-02-29 21:05:30"),
        ("2024-07-01T02:05:30+02:00", "2024-06-30 20:05:30"),
        ("1 March 2024, 19:05:30 UTC", "2024-03-01 14:05:30"),
        ("31/12/2023", "2023-12-31 00:00:00"),
        ("12/31/2023 12:30 a.m.", "2023-12-31 00:30:00"),
    ] {
        let number = desk.add(&[("order_date", typed)]);
        assert_eq!(desk.stored().order(number).order_date, expected, "{typed}");
    }
}

#[test]
fn what_a_page_shows_of_dates_can_be_typed() {
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "Asia/Kolkata")]);
    let first = desk.add(&[("order_date", "2024-03-01 09:30:15"), ("shipping_date", "2024-03-02 10:00")]);
    let (order, list) = (desk.get(&format!("/orders/{first}")), desk.get("/"));
    let cells = list.page().cells(first);
    for (typed, expected) in [
        (order.page().fact("Ordered"), "2024-03-01 09:30:15"),
        (order.page().fact("Shipped"), "2024-03-02 10:00:00"),
        (cells[1].clone(), "2024-03-01 09:30:00"),
        (cells[8].clone(), "2024-03-02 10:00:00"),
    ] {
        let number = desk.add(&[("order_date", typed.as_str())]);
        assert_eq!(desk.stored().order(number).order_date, expected, "{typed}");
    }
    // When it was added, in UTC, is a moment of today.
    let added = order.page().history()[0].rsplit("; ").next().unwrap().replace("by the desk", "");
    let added = added.trim_start_matches("Added").trim();
    let (added, _client) = added.split_once(", from ").unwrap();
    let number = desk.add(&[("order_date", added)]);
    let stored = desk.stored().order(number).order_date.clone();
    let at = |text: &str, form| NaiveDateTime::parse_from_str(text, form).unwrap();
    let ahead = at(&stored, "%Y-%m-%d %H:%M:%S") - at(added, "%d %B %Y, %H:%M:%S UTC");
    assert_eq!(ahead.num_minutes(), 330, "{added} became {stored}");
}

#[test]
fn a_date_in_the_future_is_told_what_the_clocks_show() {
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "Europe/Berlin")]);
    let said = |typed: &str| {
        let answer = desk.unchanged(422, typed, || desk.post("/orders", &form(&[("order_date", typed)])));
        answer.page().summary()[0].1.to_owned()
    };
    let later = said("9000-01-01");
    assert!(later.starts_with("Order date is in the future: today is "), "{later}");
    assert!(later.ends_with(" in Europe/Berlin"), "{later}");
}

#[test]
fn an_order_of_this_moment_can_be_shipped_at_once_wherever_it_was_dated() {
    for zone in ["Etc/GMT+12", "America/Los_Angeles", "UTC", "Pacific/Kiritimati"] {
        let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", zone)]);
        for typed in ["today", "now"] {
            let number = desk.add(&[("order_date", typed)]);
            assert_eq!(desk.post(&format!("/orders/{number}/ship"), &[]).status, 303, "{zone} {typed}");
            let page = desk.get(&format!("/orders/{number}"));
            assert!(page.page().says(r#"<span class="status shipped">"#), "{zone} {typed}");
        }
    }
    // Dated where the day had begun already, as before the business's time zone was set.
    let folder = Folder::new();
    let desk = folder.open_with(&[("ORDERS_DESK__TIME_ZONE", "Pacific/Kiritimati")]);
    let number = desk.add(&[("order_date", "now")]);
    desk.close();
    let ordered = folder.stored().order(number).order_date.clone();
    let desk = folder.open_with(&[("ORDERS_DESK__TIME_ZONE", "Etc/GMT+12")]);
    assert_eq!(desk.post(&format!("/orders/{number}/ship"), &[]).status, 303);
    assert_eq!(desk.stored().order(number).shipping_date, Some(ordered));
}

#[test]
fn the_replaced_applications_form_is_understood() {
    let desk = Desk::open();
    let answer = desk.post(
        "/add_order",
        &form(&[
            ("date_uuid", UUID),
            ("order_date", "2024-03-01 09:30:00.000000"),
            ("shipping_date", "2024-03-03"),
            ("delivery_date", "2024-03-04"),
        ]),
    );
    assert_eq!((answer.status, answer.location()), (303, "/orders/1"));
    assert_eq!(desk.stored().order(1).date_uuid, UUID);
    assert_eq!(desk.stored().order(1).order_date, "2024-03-01 09:30:00");
    assert_eq!(desk.stored().order(1).delivery_date.as_deref(), Some("2024-03-04 00:00:00"));
    desk.unchanged(422, "/add_order", || desk.post("/add_order", &form(&[("store_code", "")])));
}

#[test]
fn each_mistake_is_named_beside_its_field_and_in_the_summary() {
    let desk = Folder::seeded(3).open();
    for (field, typed, words) in [
        ("order_date", "", "Enter the order date"),
        ("order_date", "3/4/2026", "Order date 3/4/2026: 3 April or 4 March? Write 3 April 2026"),
        ("order_date", "2024-11-31", "Order date must be a day that exists: November has 30 days"),
        ("order_date", "3 March 24", "Order date must have a year of four digits, like 2026"),
        (
            "shipping_date",
            "Monday 5 March 2024",
            "Shipping date must fit its weekday: 5 March 2024 is a Tuesday",
        ),
        ("shipping_date", "5 March 2024 14:65", "Shipping date must have a time like 14:05 or 2:05 pm"),
        ("order_date", "1989-12-31", "Order date must be on or after 1 January 1990"),
        ("shipping_date", "soon", "Shipping date must be a date, like 2026-03-03 or 3 March 2026 14:05"),
        ("shipping_date", "2024-02-29", "Shipping date must be the same as or after 1 March 2024"),
        (
            "shipping_date",
            "2026-03-02",
            "Shipping date must be on or before 1 March 2026, two years after the order",
        ),
        ("delivery_date", "soon", "Delivery date must be a date, like 2026-03-03 or 3 March 2026 14:05"),
        ("store_code", " ", "Enter the store code"),
        (
            "store_code",
            "HI-9B97",
            "Store code must look like HI-9B97EE4E, or be WEB-1388012W for the web store",
        ),
        ("product_code", "", "Enter the product code"),
        (
            "product_code",
            "RR-3126933h",
            "Product code must look like R7-3126933h, with capital and small letters as they are",
        ),
        ("product_quantity", "", "Enter the quantity"),
        ("product_quantity", "1.5", "Quantity must be a whole number, like 4 or 1,000"),
        ("product_quantity", "1.000", "Quantity must be written without a point: is it 1,000?"),
        ("product_quantity", "0", "Quantity must be from 1 to 10,000"),
        ("product_quantity", "10001", "Quantity must be from 1 to 10,000"),
        ("user_id", "", "Enter the customer ID"),
        ("user_id", "NULL", "Customer ID must be a UUID, like 2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
        (
            "date_uuid",
            "NULL",
            "UUID must look like 2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2; leave it empty to have one made",
        ),
    ] {
        let why = format!("{field}={typed:?}");
        let fields = form(&[("submission", SUBMISSION), (field, typed)]);
        let answer = desk.unchanged(422, &why, || desk.post("/orders", &fields));
        let page = answer.page();
        assert!(page.title().starts_with("Error: "), "{why}");
        assert_eq!(page.summary(), [(field, words)], "{why}");
        assert_eq!(page.mistake(field), Some(format!("Error: {words}")), "{why}");
        for (name, value) in fields {
            assert_eq!(page.value(name), if name == "card_number" { "" } else { value }, "{why}: {name}");
        }
    }
}

#[test]
fn each_mistake_in_the_card_is_named_and_the_card_is_never_shown() {
    let desk = Desk::open();
    for (typed, words) in [
        ("", "Enter the card number"),
        (" - ", "Enter the card number"),
        (
            "4111 1111 1111 111I",
            "Card number must have digits only; spaces and hyphens between them are fine",
        ),
        ("4111111111", "Card number must have 11 to 19 digits; this one has 10"),
        ("41111111111111111111", "Card number must have 11 to 19 digits; this one has 20"),
        ("411111111111111", "A Visa card number has 13, 16 or 19 digits; this one has 15"),
        ("4111111111111112", "Card number does not pass its check digit: compare it with the card once more"),
        ("0000000000000000", "Card number must be a card’s own: one digit again and again is a placeholder"),
        (
            "4111 1111 1111 1111 123",
            "The first 16 digits are a whole Visa card number: leave out what follows them, such as a security code",
        ),
        (
            "3782 822463 10005 1234",
            "The first 15 digits are a whole American Express card number: leave out what follows them, such as a security code",
        ),
        ("4111 1111 1111 1111 128", ALL_DIGITS),
    ] {
        let answer = desk.unchanged(422, typed, || desk.post("/orders", &form(&[("card_number", typed)])));
        assert_eq!(answer.page().summary(), [("card_number", words)]);
        assert_eq!(answer.page().mistake("card_number"), Some(format!("Error: {words}")));
        assert_eq!(answer.page().value("card_number"), "");
        assert!(typed.len() < 4 || !answer.page().says(typed), "{typed}");
    }
}

/// What is said of a number that may be a shorter one with a security code behind it.
const ALL_DIGITS: &str = "The first 16 digits are a card number by themselves: leave out what follows them, such as a \
                          security code; or, if all of them stand on the card, confirm that it has 19 digits";

#[test]
fn a_security_code_behind_a_card_number_is_not_kept_unless_somebody_says_that_it_is_none() {
    let desk = Desk::open();
    // One in ten security codes makes a 19-digit number of a 16-digit one.
    let typed = "4111 1111 1111 1111 128";
    let box_of = |answer: &Answer| answer.text().contains("The card has 19 digits");
    let ticked = |answer: &Answer| answer.text().contains("value=\"yes\" checked");
    assert!(!box_of(&desk.get("/orders/new")));
    let asked = desk.unchanged(422, "unsaid", || desk.post("/orders", &form(&[("card_number", typed)])));
    assert_eq!(asked.page().summary(), [("card_number", ALL_DIGITS)]);
    assert!(box_of(&asked) && !ticked(&asked));
    // The form's own id is random, and may have these digits in it.
    let page = asked.text().replace(asked.page().value("submission"), "");
    assert!(!page.contains("128"));

    let confirmed = [("card_number", typed), ("card_digits_confirmed", "yes")];
    let mistake = [&confirmed[..], &[("product_quantity", "0")]].concat();
    let again = desk.unchanged(422, "a mistake", || desk.post("/orders", &form(&mistake)));
    assert!(!box_of(&again) && again.page().says("Visa •••• 1128</span>, kept"), "{}", again.text());
    let number = desk.add(&confirmed);
    assert_eq!(desk.stored().order(number).card.1, "1128");

    // Saying so makes no wrong number right.
    for wrong in ["4111 1111 1111 1111 123", "0000000000000000", "3782 822463 10005 1234"] {
        let fields = form(&[("card_number", wrong), ("card_digits_confirmed", "yes")]);
        desk.unchanged(422, wrong, || desk.post("/orders", &fields));
    }
    // The same when an order is changed.
    let edited = desk.edit(number, &[("card_number", "5555 5555 5555 4444 123")]);
    assert_eq!(edited.status, 422);
    let asked = desk.edit(number, &[("card_number", "4012 8888 8888 1881 003")]);
    assert!(asked.status == 422 && box_of(&asked), "{}", asked.text());
}

#[test]
fn a_unionpay_number_without_a_check_digit_is_taken_with_a_warning() {
    let desk = Desk::open();
    let page = |number: i64| desk.get(&format!("/orders/{number}")).text().to_owned();
    let warning = "some of their numbers have no check digit";
    let right = desk.add(&[("card_number", "6212345678901232")]);
    assert!(!page(right).contains(warning));
    let unchecked = desk.add(&[("card_number", "6212345678901233")]);
    assert!(page(unchecked).contains(warning) && page(unchecked).contains("UnionPay •••• 1233"));
    assert_eq!(desk.edit(unchecked, &[("card_number", "4111111111111111")]).status, 303);
    assert!(!page(unchecked).contains(warning));
    assert_eq!(desk.edit(unchecked, &[("card_number", "6212345678901233")]).status, 303);
    assert!(page(unchecked).contains(warning));
}

#[test]
fn dates_out_of_order_are_told_at_the_later_one() {
    let desk = Desk::open();
    let summary = |changes: &[(&'static str, &'static str)]| {
        let answer = desk.unchanged(422, "dates", || desk.post("/orders", &form(changes)));
        let (field, words) = answer.page().summary()[0];
        (field.to_owned(), words.to_owned())
    };
    let told = |field: &str, words: &str| (field.to_owned(), words.to_owned());
    assert_eq!(
        summary(&[("delivery_date", "2024-03-05")]),
        told("shipping_date", "Enter the shipping date too: what is delivered has been shipped")
    );
    assert_eq!(
        summary(&[("shipping_date", "2024-03-05"), ("delivery_date", "2024-03-04")]),
        told("delivery_date", "Delivery date must be the same as or after 5 March 2024")
    );
    assert_eq!(
        summary(&[("shipping_date", "2024-03-05"), ("delivery_date", "2026-03-06")]),
        told("delivery_date", "Delivery date must be on or before 5 March 2026, two years after shipping")
    );
}

#[test]
fn all_mistakes_are_told_together_in_the_forms_order() {
    let desk = Desk::open();
    let answer = desk.unchanged(422, "empty", || desk.post("/orders", &[]));
    let fields: Vec<_> = answer.page().summary().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        ["order_date", "store_code", "product_code", "product_quantity", "user_id", "card_number"]
    );
}

#[test]
fn what_was_typed_comes_back_as_text_and_not_as_markup() {
    let desk = Desk::open();
    let nasty = r#""><script>alert(1)</script>&amp;"#;
    let answer = desk.unchanged(422, nasty, || desk.post("/orders", &form(&[("store_code", nasty)])));
    assert!(!answer.page().says("<script>alert"));
    let value = answer.page().value("store_code");
    let typed =
        value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#x2F;", "/");
    assert_eq!(typed.replace("&amp;", "&"), nasty);
    let prefilled = desk.get("/orders/new?store_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!prefilled.page().says("<script>alert"));
}

#[test]
fn programs_get_mistakes_as_problem_details() {
    let desk = Desk::open();
    let json = [("accept", "application/json")];
    let fields = form(&[("store_code", ""), ("product_quantity", "0")]);
    let answer = desk.unchanged(422, "json", || desk.post_with("/orders", &fields, &json));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], 422);
    let errors: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(errors, ["store_code", "product_quantity"]);
    assert_eq!(problem["errors"][0]["detail"], "Enter the store code");
    let added = desk.post_with("/orders", &form(&[]), &json);
    assert_eq!((added.status, added.location()), (303, "/orders/1"));
}

#[test]
fn an_order_that_exists_is_a_message_with_a_link() {
    let desk = Desk::open();
    let first = desk.add(&[("date_uuid", UUID)]);
    let again = form(&[("date_uuid", UUID), ("product_quantity", "5"), ("submission", SUBMISSION)]);
    let answer = desk.unchanged(409, "taken", || desk.post("/orders", &again));
    let page = answer.page();
    assert!(page.title().starts_with("Error: "));
    assert!(page.says("An order with this customer and UUID exists already."));
    assert_eq!(page.link(&format!("Open order {first}")), Some(format!("/orders/{first}")));
    assert_eq!((page.value("product_quantity"), page.value("card_number")), ("5", ""));
    let other = form(&[("date_uuid", UUID), ("user_id", "11111111-1111-4111-8111-111111111111")]);
    // A server gives numbers away before it looks at keys: there may be a gap.
    assert!(desk.post("/orders", &other).number() > first, "another customer may have the same UUID");
    assert_eq!(desk.stored().orders.len(), 2);
}

#[test]
fn programs_hear_of_an_order_that_exists_as_problem_details() {
    let desk = Desk::open();
    desk.add(&[("date_uuid", UUID)]);
    let fields = form(&[("date_uuid", UUID)]);
    let json = [("accept", "application/json")];
    let answer = desk.unchanged(409, "json", || desk.post_with("/orders", &fields, &json));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["status"], 409);
}

#[test]
fn a_form_that_is_sent_twice_makes_one_order() {
    let desk = Desk::open();
    let submission = desk.get("/orders/new").page().value("submission").to_owned();
    let fields = form(&[("submission", &submission)]);
    let first = desk.post("/orders", &fields);
    assert_eq!((first.status, first.location()), (303, "/orders/1"));
    let second = desk.unchanged(303, "again", || desk.post("/orders", &fields));
    assert_eq!(second.location(), "/orders/1");
    let cookie = second.header("set-cookie").unwrap().split(';').next().unwrap();
    let page = desk.get_with("/orders/1", &[("cookie", cookie)]);
    assert!(page.page().says("Order 1 had been added already; the form was sent twice."));
}

#[test]
fn a_form_that_says_now_and_is_sent_twice_makes_one_order() {
    let desk = Desk::open();
    let fields = form(&[("submission", SUBMISSION), ("order_date", "now")]);
    assert_eq!(desk.post("/orders", &fields).location(), "/orders/1");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let second = desk.unchanged(303, "again", || desk.post("/orders", &fields));
    assert_eq!(second.location(), "/orders/1");
}

#[test]
fn a_form_that_was_changed_and_sent_again_does_not_pass_for_the_same() {
    let desk = Desk::open();
    desk.add(&[("submission", SUBMISSION)]);
    for (field, value) in
        [("product_quantity", "5"), ("card_number", "5555555555554444"), ("order_date", "2024-03-02")]
    {
        let fields = form(&[("submission", SUBMISSION), (field, value)]);
        desk.unchanged(409, field, || desk.post("/orders", &fields));
    }
}

#[test]
fn a_form_that_has_added_an_order_can_add_another_with_other_details() {
    let desk = Desk::open();
    desk.add(&[("submission", SUBMISSION)]);
    let changed = form(&[("submission", SUBMISSION), ("product_quantity", "5")]);
    let answer = desk.unchanged(409, "changed", || desk.post("/orders", &changed));
    let page = answer.page();
    assert!(page.says("This form has added an order before, with other details."));
    assert_eq!(page.link("Open order 1").as_deref(), Some("/orders/1"));
    let next = page.value("submission").to_owned();
    assert_ne!(next, SUBMISSION);
    let sent = form(&[("submission", &next), ("product_quantity", "5")]);
    let second = desk.post("/orders", &sent).number();
    assert_eq!(desk.stored().numbers(), [second, 1]);
}

#[test]
fn every_form_has_a_submission_of_its_own() {
    let desk = Desk::open();
    let submissions: BTreeSet<String> =
        (0..5).map(|_| desk.get("/orders/new").page().value("submission").to_owned()).collect();
    assert_eq!(submissions.len(), 5);
}

#[test]
fn twenty_sendings_of_one_form_at_once_make_one_order() {
    let desk = Desk::open();
    let fields = form(&[("submission", SUBMISSION)]);
    let told: BTreeSet<i64> = std::thread::scope(|scope| {
        let sending: Vec<_> =
            (0..20).map(|_| scope.spawn(|| desk.post("/orders", &fields).number())).collect();
        sending.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert_eq!(Vec::from_iter(told), desk.stored().numbers());
    assert_eq!(desk.stored().orders.len(), 1);
    desk.stored().assert_sound();
}

#[test]
fn orders_that_are_added_at_once_all_get_their_numbers() {
    let desk = Desk::open();
    let numbers: BTreeSet<i64> = std::thread::scope(|scope| {
        let adding = || scope.spawn(|| (0..10).map(|_| desk.add(&[])).collect::<Vec<_>>());
        let threads: Vec<_> = (0..8).map(|_| adding()).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(numbers.len(), 80);
    assert_eq!(desk.stored().orders.len(), 80);
    desk.stored().assert_sound();
}

#[test]
fn a_request_from_another_site_is_refused() {
    let desk = Desk::open();
    let own = format!("http://{}", desk.address);
    for headers in [
        [("origin", "http://evil.example")],
        [("origin", "null")],
        [("origin", "http://127.0.0.1:1")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        let why = format!("{headers:?}");
        let answer = desk.unchanged(403, &why, || desk.post_with("/orders", &form(&[]), &headers));
        assert!(answer.page().says("Not from another site"), "{why}");
        desk.unchanged(403, &why, || desk.post_with("/add_order", &form(&[]), &headers));
    }
    for headers in [
        vec![("origin", own.as_str())],
        vec![("sec-fetch-site", "same-origin"), ("origin", own.as_str())],
        vec![("sec-fetch-site", "none")],
    ] {
        assert_eq!(desk.post_with("/orders", &form(&[]), &headers).status, 303, "{headers:?}");
    }
}

#[test]
fn a_request_for_another_host_is_refused() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__HOSTS", r#"["desk.example"]"#)]);
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:5000"] {
        let host = [("host", host)];
        let answer = desk.unchanged(421, host[0].1, || desk.post_with("/orders", &form(&[]), &host));
        assert!(answer.page().says("Wrong address"));
        assert_eq!(desk.get_with("/", &host).status, 421);
        assert_eq!(desk.get_with("/readyz", &host).status, 200, "probes ask by any name");
    }
    for host in ["localhost", "LOCALHOST:5000", "127.0.0.1", "desk.example", "desk.example:8443"] {
        assert_eq!(desk.get_with("/", &[("host", host)]).status, 200, "{host}");
    }
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__MAX_BODY_BYTES", "2000")]);
    let long = "x".repeat(2000);
    let answer = desk.unchanged(413, "long", || desk.post("/orders", &form(&[("store_code", &long)])));
    assert!(answer.page().says("The form is larger than the desk takes."));
    let fits = "x".repeat(1000);
    desk.unchanged(422, "fits", || desk.post("/orders", &form(&[("store_code", &fits)])));
    let chunked = format!(
        "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Transfer-Encoding: chunked\r\n\r\n7d0\r\n{long}\r\n7d0\r\n{long}\r\n0\r\n\r\n"
    );
    desk.unchanged(413, "chunked", || {
        let mut wire = desk.connect();
        wire.send(chunked).unwrap();
        wire.answer().unwrap()
    });
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let desk = Desk::open();
    let body = serde_urlencoded::to_string(form(&[])).unwrap();
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
        let headers = if kind.is_empty() { vec![] } else { vec![("content-type", kind)] };
        let send = || desk.ask("POST", "/orders", &headers, Some(body.as_bytes()));
        assert!(desk.unchanged(415, kind, send).page().says("Not a form"), "{kind}");
    }
    let headers = [("content-type", "Application/X-WWW-Form-URLencoded; charset=UTF-8")];
    assert_eq!(desk.ask("POST", "/orders", &headers, Some(body.as_bytes())).status, 303);
}

#[test]
fn a_field_that_is_sent_twice_is_refused() {
    let desk = Desk::open();
    for field in ["store_code", "card_number", "date_uuid"] {
        let fields = [form(&[("date_uuid", UUID)]), vec![(field, "x")]].concat();
        desk.unchanged(400, field, || desk.post("/orders", &fields));
    }
}

#[test]
fn malformed_bodies_are_refused_and_the_desk_goes_on() {
    let desk = Desk::open();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    for body in [
        &b""[..],
        b"%",
        b"%zz=%",
        b"&&&&====",
        b"\xff\xfe\x00",
        b"store_code=%ff%fe%00",
        b"store_code=\x00&order_date=%00",
        b"order_date=99999999999999999999-99-99 99:99:99",
        "order_date=३ March २०२४".as_bytes(),
        b"product_quantity=999999999999999999999999999999999999999999",
        b"{\"store_code\": 1}",
        "%".repeat(60_000).as_bytes(),
    ] {
        let why = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        desk.unchanged(422, &why, || desk.ask("POST", "/orders", &kind, Some(body)));
    }
    assert_eq!(desk.add(&[]), 1);
}

#[test]
fn the_form_fills_in_what_the_url_names_but_never_a_card() {
    let desk = Desk::open();
    let answer =
        desk.get("/orders/new?store_code=HI-9B97EE4E&order_date=2024-03-01&card_number=4111111111111111");
    assert_eq!(answer.page().value("store_code"), "HI-9B97EE4E");
    assert_eq!(answer.page().value("order_date"), "2024-03-01");
    assert_eq!(answer.page().value("card_number"), "");
    assert!(!answer.page().says("4111111111111111"));
}

#[test]
fn the_form_suggests_the_codes_of_the_newest_orders() {
    let desk = Desk::open();
    desk.add(&[]);
    desk.add(&[("store_code", "AB-00000000")]);
    let answer = desk.get("/orders/new");
    let suggestions =
        |list| answer.page().between(&format!("<datalist id=\"{list}\">"), "</datalist>").unwrap();
    assert_eq!(suggestions("stores"), "<option>AB-00000000</option><option>HI-9B97EE4E</option>");
    assert_eq!(suggestions("products"), "<option>R7-3126933h</option>");
    // The most frequent first, and no more than somebody looks through.
    desk.add(&[]);
    for n in 0..40 {
        desk.add(&[("store_code", &format!("AB-000000{n:02}"))]);
    }
    let answer = desk.get("/orders/new");
    let stores = answer.page().between("<datalist id=\"stores\">", "</datalist>").unwrap();
    assert!(
        stores.starts_with("<option>AB-00000000</option><option>HI-9B97EE4E</option><option>AB-00000001"),
        "{stores}"
    );
    assert_eq!(stores.matches("<option>").count(), 30);
}
