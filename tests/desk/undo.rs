//! Shipped, delivered, cancelled and reopened on a date, and all of it taken back.

use crate::harness::page::Page;
use crate::harness::program::{Answer, Desk};

const JSON: [(&str, &str); 1] = [("accept", "application/json")];

/// The page of an order right after a change, which offers to undo it.
fn told(desk: &Desk, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").expect("a notice").split(';').next().unwrap();
    desk.get_with(answer.location(), &[("cookie", cookie)])
}

/// What a form of a page sends, by where it is sent to.
fn sent(page: &Answer, action: &str) -> Option<Vec<(String, String)>> {
    let start = format!("<form method=\"post\" action=\"{action}\"");
    let form = page.text().find(&start).map(|at| &page.text()[at..])?;
    Some(Page::new(form).form(&[]))
}

/// Presses Undo in the notice that a change has led to.
fn undone(desk: &Desk, number: i64, answer: &Answer) -> Answer {
    let action = format!("/orders/{number}/undo");
    let form = sent(&told(desk, answer), &action).expect("a button to undo it");
    desk.send(&action, &form)
}

fn cancelled(desk: &Desk, changes: &[(&str, &str)]) -> Answer {
    let form = desk.get("/orders/1/cancel").page().form(changes);
    desk.send("/orders/1/cancel", &form)
}

fn reopened(desk: &Desk) -> Answer {
    let form = sent(&desk.get("/orders/1"), "/orders/1/reopen").expect("a button to reopen it");
    desk.send("/orders/1/reopen", &form)
}

#[test]
fn an_order_is_shipped_and_delivered_on_a_date_and_both_can_be_undone() {
    let desk = Desk::open();
    desk.add(&[]);
    let page = desk.get("/orders/1");
    assert!(page.page().says("<label for=\"date\">Shipped on</label>"), "{}", page.text());
    assert!(!page.text().contains("/orders/1/deliver"), "it is not on its way");
    let shipped = desk.post("/orders/1/ship", &[("date", "3 March 2024")]);
    assert_eq!(shipped.notice(&desk), "Order 1 marked as shipped.");
    assert_eq!(desk.stored().order(1).shipping_date.as_deref(), Some("2024-03-03 00:00:00"));

    let page = desk.get("/orders/1");
    assert!(
        page.page().says("<label for=\"date\">Delivered on</label>") && !page.text().contains("1/ship\"")
    );
    let delivered = desk.post("/orders/1/deliver", &[("date", "2024-03-05 14:00")]);
    assert_eq!(delivered.notice(&desk), "Order 1 marked as delivered.");
    assert_eq!(desk.stored().order(1).delivery_date.as_deref(), Some("2024-03-05 14:00:00"));
    assert!(!desk.get("/orders/1").text().contains("/orders/1/deliver"));
    let again = desk.unchanged(303, "delivered", || desk.post("/orders/1/deliver", &[]));
    assert_eq!(again.notice(&desk), "Order 1 had a delivery date already. Nothing was changed.");

    let back = undone(&desk, 1, &delivered);
    assert_eq!(back.notice(&desk), "Undone. Order 1 is as it was before.");
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!(stored.order(1).delivery_date, None);
    assert!(stored.order(1).shipping_date.is_some(), "only the last change is undone");
    assert_eq!(desk.get("/orders/1").page().history().len(), 4);
    assert!(desk.get("/orders/1").page().history()[0].starts_with("Undone by the desk"));

    // What was undone can be done again from its notice.
    let page = told(&desk, &back);
    assert!(page.page().says(">Redo</button>"), "{}", page.text());
    let form = sent(&page, "/orders/1/undo").unwrap();
    assert_eq!(desk.send("/orders/1/undo", &form).status, 303);
    assert_eq!(desk.stored().order(1).delivery_date.as_deref(), Some("2024-03-05 14:00:00"));
}

#[test]
fn a_date_that_breaks_a_rule_is_asked_for_again() {
    let desk = Desk::open();
    desk.add(&[]);
    for (path, date, field) in [
        ("/orders/1/ship", "2024-02-01", "shipping_date"),
        ("/orders/1/ship", "someday", "shipping_date"),
        ("/orders/1/deliver", "2024-03-03", "shipping_date"),
        ("/orders/1/deliver", "", "shipping_date"),
    ] {
        let answer = desk.unchanged(422, path, || desk.post(path, &[("date", date)]));
        assert_eq!(answer.page().summary()[0].0, field, "{path} {date}");
        let problem = desk.unchanged(422, path, || desk.post_with(path, &[("date", date)], &JSON)).json();
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let card = desk.unchanged(422, "a card", || desk.post("/orders/1/ship", &[("date", "4111111111111111")]));
    assert!(!card.text().contains("4111111111111111"));
}

#[test]
fn an_order_is_cancelled_for_a_reason_reopened_and_cancelled_again_by_undo() {
    let desk = Desk::open();
    desk.add(&[]);
    let answer = cancelled(&desk, &[("reason", "The customer \"called\"")]);
    let page = told(&desk, &answer);
    assert!(page.page().says("Reason: The customer &quot;called&quot;"), "{}", page.text());
    assert!(page.page().history()[0].contains("Reason: The customer"));
    let first = desk.stored().order(1).cancelled_at.clone();

    let reopening = reopened(&desk);
    assert_eq!(reopening.notice(&desk), "Order 1 reopened.");
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!(stored.order(1).cancelled_at, None);
    // An older program has no word for it.
    assert_eq!(stored.kinds(1), ["added", "cancelled", "changed"]);
    assert!(desk.get("/orders/1").page().history()[0].starts_with("Reopened by the desk"));
    assert_eq!(desk.edit_form(1, &[]).len(), desk.get("/orders/1/edit").page().form(&[]).len());

    undone(&desk, 1, &reopening);
    assert_eq!(desk.stored().order(1).cancelled_at, first, "cancelled when it was");
    let page = desk.get("/orders/1");
    assert!(page.page().history()[0].contains("Cancelled again"), "{:?}", page.page().history());
    assert!(page.page().says("<span class=\"status cancelled\">Cancelled</span>"));
}

#[test]
fn a_cancellation_is_undone_and_a_card_number_is_no_reason() {
    let desk = Desk::open();
    desk.add(&[]);
    for reason in ["4111 1111 1111 1111", "paid by 5555555555554444", &"x".repeat(501)] {
        let form = desk.get("/orders/1/cancel").page().form(&[("reason", reason)]);
        let answer = desk.unchanged(422, reason, || desk.send("/orders/1/cancel", &form));
        assert!(answer.page().title().starts_with("Error: "));
        assert!(answer.page().mistake("reason").is_some(), "{}", answer.text());
        assert!(!answer.text().contains("4111") && !answer.text().contains("5555"));
    }
    // A parcel's number, among whose digits are those of a card.
    let parcel = "00378282246310005128";
    let form = desk.get("/orders/1/cancel").page().form(&[("reason", parcel)]);
    let asked = desk.unchanged(422, "asked", || desk.send("/orders/1/cancel", &form));
    assert!(asked.page().says("name=\"no_card\""), "{}", asked.text());
    let mut confirmed = form;
    confirmed.push(("no_card".to_owned(), "yes".to_owned()));
    let answer = desk.send("/orders/1/cancel", &confirmed);
    assert!(told(&desk, &answer).page().says(parcel));
    undone(&desk, 1, &answer);
    assert_eq!(desk.stored().order(1).cancelled_at, None);
    assert!(desk.get("/orders/1").page().history()[0].contains("Not cancelled any more"));
}

#[test]
fn an_edit_is_undone_with_all_that_it_changed() {
    let desk = Desk::open();
    desk.add(&[]);
    let before = desk.stored().order(1).clone();
    let other = "11111111-1111-4111-8111-111111111111";
    let edit = desk.edit(
        1,
        &[
            ("product_quantity", "5"),
            ("user_id", other),
            ("order_date", "2023-12-31"),
            ("shipping_date", "2024-01-02"),
        ],
    );
    undone(&desk, 1, &edit);
    let stored = desk.stored();
    stored.assert_sound();
    let mut after = stored.order(1).clone();
    assert_eq!(after.version, 3);
    after.version = before.version;
    assert_eq!(after, before);
    // The card opens for the customer that it went back to.
    let moved = desk.edit(1, &[("user_id", other)]);
    assert_eq!(moved.notice(&desk), "Order 1 changed.");
}

#[test]
fn what_cannot_be_undone_says_why_and_changes_nothing() {
    let desk = Desk::open();
    desk.add(&[]);
    let undo = |version: &str| desk.post("/orders/1/undo", &[("version", version)]);
    let added = desk.unchanged(409, "added", || undo("1"));
    assert!(added.page().says("It was added, and nothing was changed since."), "{}", added.text());
    desk.unchanged(400, "no version", || desk.post("/orders/1/undo", &[]));

    let edit = desk.edit(1, &[("card_number", "5555555555554444")]);
    assert_eq!(sent(&told(&desk, &edit), "/orders/1/undo"), None, "it is not offered");
    let card = desk.unchanged(409, "a card", || undo("2"));
    assert!(card.page().says("The card number that it had before is not kept."), "{}", card.text());

    let edit = desk.edit(1, &[("product_quantity", "5")]);
    let form = sent(&told(&desk, &edit), "/orders/1/undo").unwrap();
    desk.edit(1, &[("product_quantity", "6")]);
    let late = desk.unchanged(409, "touched since", || desk.send("/orders/1/undo", &form));
    assert!(late.page().says("Somebody has changed the order since"), "{}", late.text());
    let problem =
        desk.unchanged(409, "touched since", || desk.post_with("/orders/1/undo", &[("version", "3")], &JSON));
    assert_eq!(problem.json()["version"], 4);
    // Nor does the page offer it, whose notice came late.
    assert_eq!(sent(&told(&desk, &edit), "/orders/1/undo"), None);
    assert_eq!(desk.post("/orders/99/undo", &[("version", "2")]).status, 404);
}

#[test]
fn a_form_that_is_sent_twice_undoes_once() {
    let desk = Desk::open();
    desk.add(&[]);
    let edit = desk.edit(1, &[("product_quantity", "5")]);
    let form = sent(&told(&desk, &edit), "/orders/1/undo").unwrap();
    assert_eq!(desk.send("/orders/1/undo", &form).status, 303);
    let again = desk.unchanged(303, "twice", || desk.send("/orders/1/undo", &form));
    assert_eq!(again.notice(&desk), "That had been undone already; the form was sent twice.");
    let open = desk.unchanged(303, "open", || desk.post("/orders/1/reopen", &[("version", "3")]));
    assert_eq!(open.notice(&desk), "Order 1 was not cancelled. Nothing was changed.");
}

#[test]
fn the_key_of_another_order_is_not_taken_by_an_undo() {
    let desk = Desk::open();
    let (uuid, other) = ("22222222-2222-4222-8222-222222222222", "11111111-1111-4111-8111-111111111111");
    desk.add(&[("date_uuid", uuid)]);
    let edit = desk.edit(1, &[("user_id", other)]);
    // Somebody adds what the order was before.
    desk.add(&[("date_uuid", uuid)]);
    let form = sent(&told(&desk, &edit), "/orders/1/undo").unwrap();
    let taken = desk.unchanged(409, "taken", || desk.send("/orders/1/undo", &form));
    assert!(taken.page().says("Order 2 has the same UUID"), "{}", taken.text());
}

#[test]
fn a_request_without_a_body_marks_an_order_at_this_moment() {
    let desk = Desk::open();
    desk.add(&[("order_date", "yesterday")]);
    for (path, date) in [("ship", "shipping_date"), ("deliver", "delivery_date")] {
        let answer = desk.ask("POST", &format!("/orders/1/{path}"), &[], None);
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(desk.stored().newest_changes(1)[0].0, date);
    }
}
