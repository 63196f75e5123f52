//! Notes on orders: typed, shown, told in the history, and searched for cards.

use crate::harness::page::Page;
use crate::harness::program::{Desk, form};

/// Among whose digits those of a card stand, by chance.
const PARCEL: &str = "00378282246310005128";

#[test]
fn a_note_is_kept_shown_marked_in_the_list_and_told_in_the_history() {
    let desk = Desk::open();
    desk.add(&[("note", "  Call <before>\tdelivery ")]);
    desk.add(&[]);
    let page = desk.get("/orders/1");
    assert!(page.page().says("<dt>Note</dt><dd>Call &lt;before&gt; delivery</dd>"), "{}", page.text());
    assert!(!desk.get("/orders/2").page().says("<dt>Note</dt>"));
    let list = desk.get("/");
    assert_eq!(list.page().cells(1)[0], "1, note: Call &lt;before&gt; delivery");
    assert_eq!(list.page().cells(2)[0], "2");
    assert!(desk.get("/orders/1/cancel").page().says("<dt>Note</dt>"));

    assert_eq!(desk.edit(1, &[("note", "Gift")]).status, 303);
    assert_eq!(desk.edit(1, &[("product_quantity", "7")]).status, 303);
    assert_eq!(desk.edit(1, &[("note", ""), ("product_quantity", "8")]).status, 303);
    let page = desk.get("/orders/1");
    let history = page.page().history();
    assert!(history[0].contains("Quantity from 7 to 8"), "{history:?}");
    assert!(history[0].contains("Note taken away; it was Gift"), "{history:?}");
    assert!(history[2].contains("delivery to Gift"), "{history:?}");
    // What an older program reads has no word that it does not know.
    let changes = desk.stored().changes;
    assert!(
        changes.iter().all(|change| !change.2.as_deref().unwrap_or_default().contains("note")),
        "{changes:?}"
    );
    desk.stored().assert_sound();
}

#[test]
fn a_note_alone_is_a_change_and_a_note_as_it_was_is_none() {
    let desk = Desk::open();
    desk.add(&[]);
    assert_eq!(desk.edit(1, &[("note", "Gift")]).notice(&desk), "Order 1 changed.");
    let same = desk.unchanged(303, "the same", || desk.edit(1, &[("note", " Gift\u{200b}")]));
    assert_eq!(same.notice(&desk), "Nothing was changed.");
    // A program need not send what it leaves alone.
    let answer = desk.post("/orders/1", &[("version", "2"), ("product_quantity", "9")]);
    assert_eq!(answer.status, 303);
    assert_eq!(desk.get("/orders/1").page().fact("Note"), "Gift");
}

#[test]
fn a_note_has_a_bound_and_no_card_number() {
    let desk = Desk::open();
    let long = desk.post("/orders", &form(&[("note", &"é".repeat(501))]));
    assert_eq!(long.status, 422);
    let words = "Note must have 500 characters at most; this one has 501";
    assert!(long.page().summary().contains(&("note", words)), "{:?}", long.page().summary());
    for card in ["4111 1111 1111 1111", "paid 5555555555554444", "0037 8282 2463 1000 5128"] {
        let answer = desk.post("/orders", &form(&[("note", card), ("note_confirmed", "yes")]));
        assert_eq!(answer.status, 422, "{card}");
        assert_eq!(answer.page().value("note"), "", "{card}");
        assert!(!answer.text().contains(card), "{card}");
    }
    assert_eq!(desk.stored().orders.len(), 0);
    desk.add(&[("note", &"é".repeat(500))]);
}

#[test]
fn a_number_of_twenty_digits_passes_once_somebody_says_that_it_is_no_card() {
    let desk = Desk::open();
    let asked = desk.post("/orders", &form(&[("note", PARCEL)]));
    assert_eq!(asked.status, 422);
    assert!(asked.page().summary().iter().any(|(field, _)| *field == "note"));
    assert_eq!(asked.page().value("note"), PARCEL);
    assert!(asked.page().says("name=\"note_confirmed\" value=\"yes\"> "), "{}", asked.text());
    desk.add(&[("note", PARCEL), ("note_confirmed", "yes")]);
    assert_eq!(desk.get("/orders/1").page().fact("Note"), PARCEL);
    // It stays while something else is changed, also on top of what somebody else did.
    assert_eq!(desk.edit(1, &[("product_quantity", "5")]).status, 303);
    let form = desk.edit_form(1, &[("note", &format!("{PARCEL} by post")), ("note_confirmed", "yes")]);
    desk.edit(1, &[("product_quantity", "6")]);
    let question = desk.unchanged(409, "late", || desk.send("/orders/1", &form));
    let merged = question.page().form(&[("answer", "merge")]);
    assert_eq!(desk.send("/orders/1", &merged).status, 303);
    assert_eq!(desk.get("/orders/1").page().fact("Note"), format!("{PARCEL} by post"));
    assert_eq!(desk.stored().order(1).quantity, 6);
}

#[test]
fn a_note_comes_with_a_link_to_the_form() {
    let desk = Desk::open();
    let answer = desk.get("/orders/new?note=Gift");
    let note = answer.text().split("name=\"note\"").nth(1).unwrap();
    assert_eq!(Page::new(note).between("value=\"", "\""), Some("Gift"));
}

#[test]
fn a_note_comes_back_beside_a_kept_card_and_a_question() {
    let desk = Desk::open();
    desk.add(&[("product_quantity", "7")]);
    let fields = form(&[("note", PARCEL), ("note_confirmed", "yes"), ("product_quantity", "0")]);
    let wrong = desk.unchanged(422, "a mistake", || desk.post_as_clerk("/orders", &fields));
    assert!(wrong.page().says("</span>, kept"), "{}", wrong.text());
    let right = wrong.page().form(&[("product_quantity", "7")]);
    let right: Vec<_> = right.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let asked = desk.unchanged(409, "a question", || desk.post_as_clerk("/orders", &right));
    assert!(asked.page().says("looks the same: 7 of R7-3126933h"), "{}", asked.text());
    assert_eq!(asked.page().value("note"), PARCEL);
    assert_eq!(desk.send("/orders", &asked.page().form(&[])).status, 303);
    assert_eq!(desk.get("/orders/2").page().fact("Note"), PARCEL);
}
