//! A card number that was right is kept while other fields are put right: sealed, in the form alone.

use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;

const SUBMISSION: &str = "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21";
const AMEX: &str = "3782 822463 10005";

/// The card that a form has kept, as it is sealed.
fn kept(answer: &Answer) -> String {
    answer.page().value("card_kept").to_owned()
}

/// What the form says of it.
fn shown(answer: &Answer) -> Option<String> {
    let card = answer.page().between("<span class=\"card\">", "</span>, kept");
    card.map(str::to_owned)
}

/// The form that comes back after a mistake in the quantity, with fields put right.
fn put_right(answer: &Answer, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    answer.page().form(&[&[("product_quantity", "4")], changes].concat())
}

fn mistaken(desk: &Desk, changes: &[(&str, &str)]) -> Answer {
    let fields = form(&[&[("submission", SUBMISSION), ("product_quantity", "0")], changes].concat());
    desk.unchanged(422, "a mistake", || desk.post("/orders", &fields))
}

#[test]
fn a_card_that_was_right_need_not_be_typed_again() {
    let desk = Desk::open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    let first = desk.add(&[("card_number", AMEX), ("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d")]);
    let answer = mistaken(&desk, &[("card_number", AMEX)]);
    let summary = [("product_quantity", "Quantity must be from 1 to 10,000")];
    assert_eq!(answer.page().summary(), summary);
    assert_eq!(shown(&answer).as_deref(), Some("American Express •••• 0005"));
    assert_eq!(answer.page().value("card_number"), "");
    assert!(answer.page().says("Leave empty to keep American Express •••• 0005"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    // A second mistake keeps it, too.
    let again = put_right(&answer, &[("product_quantity", "none")]);
    let answer = desk.unchanged(422, "again", || desk.send("/orders", &again));
    let number = desk.send("/orders", &put_right(&answer, &[])).number();
    let stored = desk.stored();
    assert_eq!(stored.order(number).card, ("amex".to_owned(), "0005".to_owned()));
    assert_eq!(stored.order(number).date_uuid, SUBMISSION);
    let same = desk.get(&format!("/?same_card_as={first}"));
    assert_eq!(same.page().numbers(), [number, first]);

    // It is in the form alone.
    let sealed = kept(&answer);
    let log = desk.folder.log();
    assert!(log.contains("request") && !log.contains(&sealed), "{log}");
    let tables = desk.folder.database().tables();
    for table in tables {
        let rows = desk.folder.database().rows(&format!("SELECT * FROM {table}"));
        assert!(!format!("{rows:?}").contains(&sealed), "{table}");
    }
}

#[test]
fn a_form_that_is_sent_twice_with_a_kept_card_makes_one_order() {
    let desk = Desk::open();
    let sent = put_right(&mistaken(&desk, &[]), &[]);
    let number = desk.send("/orders", &sent).number();
    let again = desk.unchanged(303, "again", || desk.send("/orders", &sent));
    assert_eq!(again.number(), number);
    // The same with the card typed once more, and by the key of a program.
    let typed = form(&[("submission", SUBMISSION)]);
    assert_eq!(desk.unchanged(303, "typed", || desk.post("/orders", &typed)).number(), number);
    // With another quantity it is another order, and the card comes along.
    let other = put_right(&mistaken(&desk, &[]), &[("product_quantity", "5")]);
    let taken = desk.unchanged(409, "other", || desk.send("/orders", &other));
    assert!(taken.page().says("This form has added an order before, with other details."));
    assert_ne!(taken.page().value("submission"), SUBMISSION);
    let second = desk.send("/orders", &taken.page().form(&[])).number();
    assert_eq!(desk.stored().order(second).card.1, "1111");
}

#[test]
fn a_new_number_wins_over_the_kept_one() {
    let desk = Desk::open();
    let answer = mistaken(&desk, &[]);
    let wrong = put_right(&answer, &[("card_number", "4111")]);
    let refused = desk.unchanged(422, "wrong", || desk.send("/orders", &wrong));
    assert_eq!(refused.page().summary()[0].0, "card_number");
    assert_eq!(shown(&refused), None, "what was typed is what counts");
    let number = desk.send("/orders", &put_right(&answer, &[("card_number", AMEX)])).number();
    assert_eq!(desk.stored().order(number).card.1, "0005");
}

#[test]
fn what_is_no_card_of_this_form_is_refused_and_the_rest_is_kept() {
    let desk = Desk::open();
    let answer = mistaken(&desk, &[]);
    let sealed = kept(&answer);
    let mut altered = sealed.clone().into_bytes();
    altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    let words = "Enter the card number again: what came back is not the card that this form has kept";
    let other_form = "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e22";
    for (why, changes) in [
        ("altered", [("card_kept", altered.as_str()), ("submission", SUBMISSION)]),
        ("cut", [("card_kept", &sealed[..60]), ("submission", SUBMISSION)]),
        ("nonsense", [("card_kept", "4111"), ("submission", SUBMISSION)]),
        ("another form", [("card_kept", &sealed), ("submission", other_form)]),
        ("no form", [("card_kept", &sealed), ("submission", "")]),
    ] {
        let fields = put_right(&answer, &changes);
        let refused = desk.unchanged(422, why, || desk.send("/orders", &fields));
        assert_eq!(refused.page().summary(), [("card_number", words)], "{why}");
        assert_eq!(refused.page().mistake("card_number"), Some(format!("Error: {words}")), "{why}");
        assert_eq!(shown(&refused), None, "{why}");
        assert_eq!(refused.page().value("store_code"), "HI-9B97EE4E", "{why}");
        assert!(!refused.text().contains("autofocus spell"), "{why}");
        let typed = refused.page().form(&[("card_number", AMEX), ("product_quantity", "0")]);
        assert_eq!(shown(&desk.send("/orders", &typed)).as_deref(), Some("American Express •••• 0005"));
    }
    // Another desk has other keys.
    let elsewhere = Desk::open();
    let fields = put_right(&answer, &[]);
    elsewhere.unchanged(422, "another desk", || elsewhere.send("/orders", &fields));
    assert!(desk.send("/orders", &put_right(&answer, &[])).number() > 0);
}

#[test]
fn a_wrong_or_doubtful_card_is_not_kept() {
    let desk = Desk::open();
    for card in ["", "4111111111111112", "4111 1111 1111 1111 128"] {
        let answer = mistaken(&desk, &[("card_number", card)]);
        assert!(!answer.text().contains("card_kept"), "{card}");
    }
    let confirmed = [("card_number", "4111 1111 1111 1111 128"), ("card_digits_confirmed", "yes")];
    let answer = mistaken(&desk, &confirmed);
    assert_eq!(shown(&answer).as_deref(), Some("Visa •••• 1128"));
    let number = desk.send("/orders", &put_right(&answer, &[])).number();
    assert_eq!(desk.stored().order(number).card.1, "1128");
}

#[test]
fn every_desk_of_the_database_opens_it_also_after_a_newer_key_came() {
    let folder = Folder::new();
    let desk = folder.open();
    let answer = mistaken(&desk, &[]);
    desk.close();
    folder.orders(&["key", "rotate"]).assert().success();
    let desk = folder.open();
    let mistake = put_right(&answer, &[("store_code", "")]);
    let answer = desk.unchanged(422, "rotated", || desk.send("/orders", &mistake));
    assert_eq!(answer.page().summary().len(), 1, "{:?}", answer.page().summary());
    let fields = put_right(&answer, &[("store_code", "HI-9B97EE4E")]);
    assert_eq!(desk.send("/orders", &fields).status, 303);
}

#[test]
fn a_card_is_kept_while_the_database_is_away() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "100")]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let away = desk.post("/orders", &form(&[("submission", SUBMISSION)]));
    assert_eq!((away.status, shown(&away).as_deref()), (503, Some("Visa •••• 1111")));
    assert!(away.page().says("The database is busy with other work. Nothing was saved."), "{}", away.text());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(desk.send("/orders", &away.page().form(&[])).number(), 4);
}

#[test]
fn a_new_card_of_a_change_is_kept_and_replaces_the_old_one() {
    let desk = Desk::open();
    let number = desk.add(&[]);
    let path = format!("/orders/{number}");
    let mistake = [("card_number", AMEX), ("product_quantity", "0")];
    let answer = desk.unchanged(422, "a mistake", || desk.edit(number, &mistake));
    assert_eq!(shown(&answer).as_deref(), Some("American Express •••• 0005"));
    let fields = put_right(&answer, &[]);
    assert_eq!(desk.send(&path, &fields).notice(&desk), format!("Order {number} changed."));
    assert_eq!(desk.stored().order(number).card, ("amex".to_owned(), "0005".to_owned()));
    let again = desk.unchanged(303, "again", || desk.send(&path, &fields));
    let words = format!("Order {number} had been changed already; the form was sent twice.");
    assert_eq!(again.notice(&desk), words);

    // Where it does not come back, the order does not keep its old card as if nothing had been typed.
    let mistake = [("card_number", "4111111111111111"), ("product_quantity", "0")];
    let answer = desk.edit(number, &mistake);
    let lost = put_right(&answer, &[("card_kept", "")]);
    let refused = desk.unchanged(422, "lost", || desk.send(&path, &lost));
    let words = "Enter the card number again: it did not come back with the form";
    assert_eq!(refused.page().summary(), [("card_number", words)]);
}
