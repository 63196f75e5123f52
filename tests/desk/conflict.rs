//! Two who change one order at once, and forms that are sent twice.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::harness::program::{Answer, Desk, Folder, PATIENCE};
use crate::harness::wire::Wire;

const AMEX: &str = "3782-822463-10005";

/// An order that somebody changes (quantity 9, store DE-00000000) while a form of it is open; what is then sent of
/// that form.
fn late(desk: &Desk, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    desk.add(&[]);
    let form = desk.edit_form(1, changes);
    let theirs = desk.edit(1, &[("product_quantity", "9"), ("store_code", "DE-00000000")]);
    assert_eq!(theirs.status, 303);
    form
}

/// What a browser sends when a button of the question is pressed.
fn answered(question: &Answer, answer: &str) -> Vec<(String, String)> {
    question.page().form(&[("answer", answer)])
}

/// The cells of a field in both versions.
fn versions(theirs: &str, yours: &str) -> String {
    format!("<td class=\"theirs\">{theirs}</td><td class=\"yours\">{yours}</td>")
}

#[test]
fn both_versions_are_shown_with_what_differs_and_nothing_is_changed() {
    let desk = Desk::open();
    let form = late(&desk, &[("product_quantity", "5"), ("shipping_date", "2024-03-02")]);
    let answer = desk.unchanged(409, "late", || desk.send("/orders/1", &form));
    let page = answer.page();
    assert_eq!(page.title(), "Error: Order 1 was changed meanwhile · Orders");
    for (field, theirs, yours, by) in [
        ("Order date", "2024-03-01 09:30", "2024-03-01 09:30", ""),
        ("Shipping date", "–", "2024-03-02", "only you changed this"),
        ("Delivery date", "–", "–", ""),
        ("Store code", "DE-00000000", "HI-9B97EE4E", "only they changed this"),
        ("Product code", "R7-3126933h", "R7-3126933h", ""),
        ("Quantity", "9", "5", "both changed this"),
        ("Card", "Visa •••• 1111", "As it is now", ""),
        ("Note", "–", "–", ""),
    ] {
        let (row, mark) = if by.is_empty() {
            ("<tr>", String::new())
        } else {
            ("<tr class=\"differs\">", format!(" <small>{by}</small>"))
        };
        let row = format!("{row}<th scope=\"row\">{field}{mark}</th>{}</tr>", versions(theirs, yours));
        assert!(page.says(&row), "{row}: {}", answer.text());
    }
    assert!(page.history()[0].contains("Quantity from 4 to 9"), "what happened meanwhile");
}

#[test]
fn editing_goes_on_on_top_of_theirs() {
    let desk = Desk::open();
    let form = late(&desk, &[("product_quantity", "5"), ("shipping_date", "2024-03-02")]);
    let question = desk.send("/orders/1", &form);
    let answer = desk.unchanged(200, "on top", || desk.send("/orders/1", &answered(&question, "on-top")));
    let page = answer.page();
    for (name, value) in [
        ("product_quantity", "5"),
        ("shipping_date", "2024-03-02"),
        ("store_code", "DE-00000000"),
        ("version", "2"),
        ("card_number", ""),
    ] {
        assert_eq!(page.value(name), value, "{name}");
    }
    assert_eq!(desk.send("/orders/1", &page.form(&[])).notice(&desk), "Order 1 changed.");
    let stored = desk.stored();
    stored.assert_sound();
    let row = stored.order(1);
    assert_eq!((row.quantity, row.store_code.as_str(), row.version), (5, "DE-00000000", 3));
    assert_eq!(stored.kinds(1), ["added", "changed", "shipped"]);
}

#[test]
fn mine_is_saved_over_theirs_when_told_so_and_the_history_keeps_both() {
    let desk = Desk::open();
    let form = late(&desk, &[("product_quantity", "5")]);
    let question = desk.send("/orders/1", &form);
    let over = answered(&question, "over");
    assert_eq!(desk.send("/orders/1", &over).notice(&desk), "Order 1 changed.");
    let stored = desk.stored();
    stored.assert_sound();
    let row = stored.order(1);
    assert_eq!((row.quantity, row.store_code.as_str(), row.version), (5, "HI-9B97EE4E", 3));
    let history = desk.get("/orders/1").page().history();
    assert!(
        history[0].contains("Quantity from 9 to 5") && history[0].contains("Store code from DE-00000000")
    );
    assert!(history[1].contains("Quantity from 4 to 9"), "{history:?}");

    let again = desk.unchanged(303, "again", || desk.send("/orders/1", &over));
    assert_eq!(again.notice(&desk), "Order 1 had been changed already; the form was sent twice.");
}

#[test]
fn a_third_change_is_asked_about_too() {
    let desk = Desk::open();
    let form = late(&desk, &[("product_quantity", "5")]);
    let question = desk.send("/orders/1", &form);
    desk.edit(1, &[("product_quantity", "10")]);
    let over = answered(&question, "over");
    let second = desk.unchanged(409, "third", || desk.send("/orders/1", &over));
    assert!(second.page().says(&versions("10", "5")), "{}", second.text());
    assert_eq!(second.page().history().len(), 2);
    assert_eq!(desk.send("/orders/1", &answered(&second, "over")).notice(&desk), "Order 1 changed.");
    assert_eq!(desk.stored().order(1).quantity, 5);
}

#[test]
fn a_card_that_was_typed_comes_along_whatever_the_answer_is() {
    for answer in ["over", "on-top"] {
        let desk = Desk::open();
        let form = late(&desk, &[("card_number", AMEX)]);
        let question = desk.unchanged(409, "late", || desk.send("/orders/1", &form));
        assert!(question.page().says(&versions("Visa •••• 1111", "American Express •••• 0005, typed anew")));
        let mut answer = desk.send("/orders/1", &answered(&question, answer));
        if answer.status == 200 {
            assert!(answer.page().says("American Express •••• 0005</span>, kept"), "{}", answer.text());
            assert!(answer.page().says("with your changes on top. Save it if it is right so."));
            answer = desk.send("/orders/1", &answer.page().form(&[]));
        }
        assert_eq!(answer.notice(&desk), "Order 1 changed.");
        let stored = desk.stored();
        assert_eq!(stored.order(1).card, ("amex".to_owned(), "0005".to_owned()));
        assert_eq!(stored.order(1).version, 3);
    }
}

#[test]
fn a_card_that_was_typed_and_does_not_come_back_is_asked_for() {
    let desk = Desk::open();
    let form = late(&desk, &[("card_number", AMEX)]);
    let question = desk.send("/orders/1", &form);
    // As an older release sends it.
    let lost = |answer| {
        let mut fields = answered(&question, answer);
        fields.retain(|(name, _)| name != "card_kept");
        fields
    };
    let asked = desk.unchanged(422, "over", || desk.send("/orders/1", &lost("over")));
    assert_eq!(asked.page().summary()[0].0, "card_number");
    let fields = asked.page().form(&[("card_number", AMEX)]);
    assert_eq!(desk.send("/orders/1", &fields).notice(&desk), "Order 1 changed.");
    let on_top = desk.send("/orders/1", &lost("on-top"));
    assert!(on_top.page().says("Enter the new card number again"), "{}", on_top.text());
}

#[test]
fn nothing_is_asked_where_nothing_would_be_lost() {
    let desk = Desk::open();
    desk.add(&[]);
    let (untouched, same) = (desk.edit_form(1, &[]), desk.edit_form(1, &[("product_quantity", "9")]));
    desk.edit(1, &[("product_quantity", "9")]);
    for form in [untouched, same] {
        let answer = desk.unchanged(303, "nothing", || desk.send("/orders/1", &form));
        assert_eq!(answer.notice(&desk), "Nothing was changed.");
    }
}

#[test]
fn a_program_is_told_of_every_change_that_it_has_not_seen() {
    let desk = Desk::open();
    desk.add(&[]);
    desk.edit(1, &[("product_quantity", "9")]);
    for quantity in ["9", "4", "5"] {
        let fields = [("version", "1"), ("product_quantity", quantity)];
        let json = [("accept", "application/json")];
        let answer = desk.unchanged(409, quantity, || desk.post_with("/orders/1", &fields, &json));
        assert_eq!(answer.json()["version"], 2);
    }
}

#[test]
fn a_form_that_is_sent_twice_changes_the_order_once() {
    let desk = Desk::open();
    desk.add(&[]);
    for changes in [&[("product_quantity", "5")][..], &[("product_quantity", "6"), ("card_number", AMEX)]] {
        let form = desk.edit_form(1, changes);
        assert_eq!(desk.send("/orders/1", &form).notice(&desk), "Order 1 changed.");
        for _ in 0..2 {
            let again = desk.unchanged(303, "again", || desk.send("/orders/1", &form));
            assert_eq!(again.notice(&desk), "Order 1 had been changed already; the form was sent twice.");
            // Known also after somebody else has changed the order.
            desk.edit(1, &[("store_code", "DE-00000000")]);
        }
        desk.edit(1, &[("store_code", "HI-9B97EE4E")]);
    }
}

#[test]
fn a_form_that_was_sent_and_then_changed_does_not_pass_for_the_same() {
    let desk = Desk::open();
    desk.add(&[]);
    let sent = |changes: &[(&str, &str)], form: &[(String, String)]| {
        let mut fields = form.to_vec();
        for (name, value) in changes {
            fields.iter_mut().find(|field| field.0 == *name).unwrap().1 = (*value).to_owned();
        }
        fields
    };
    let form = desk.edit_form(1, &[("product_quantity", "5"), ("card_number", AMEX)]);
    desk.send("/orders/1", &form);
    for changes in [[("product_quantity", "6")], [("card_number", "5555555555554444")], [("card_number", "")]]
    {
        let fields = sent(&changes, &form);
        // Without the card, what is left to do is done already.
        let status = if changes[0].1.is_empty() { 303 } else { 409 };
        desk.unchanged(status, changes[0].0, || desk.send("/orders/1", &fields));
    }
}

#[test]
fn twenty_sendings_of_one_form_at_once_change_the_order_once() {
    let desk = Desk::open();
    desk.add(&[]);
    let form =
        desk.edit_form(1, &[("product_quantity", "5"), ("order_date", "2023-01-01"), ("card_number", AMEX)]);
    let notices: Vec<String> = std::thread::scope(|scope| {
        let sending: Vec<_> =
            (0..20).map(|_| scope.spawn(|| desk.send("/orders/1", &form).notice(&desk))).collect();
        sending.into_iter().map(|notice| notice.join().unwrap()).collect()
    });
    assert_eq!(notices.iter().filter(|notice| *notice == "Order 1 changed.").count(), 1, "{notices:?}");
    assert_eq!(BTreeSet::from_iter(notices).len(), 2);
    let stored = desk.stored();
    assert_eq!((stored.order(1).version, stored.order(1).quantity), (2, 5));
    stored.assert_sound();
}

/// Adds one to an order's quantity and moves it to another day, until it is done; how often it had to begin again.
fn count_up(desk: &Desk, number: i64, date: &str) -> u32 {
    for tries in 0.. {
        let form = desk.edit_form(number, &[]);
        let quantity =
            form.iter().find(|field| field.0 == "product_quantity").unwrap().1.parse::<u32>().unwrap();
        let next = (quantity + 1).to_string();
        let fields: Vec<_> = form
            .into_iter()
            .map(|(name, value)| match name.as_str() {
                "product_quantity" => (name, next.clone()),
                "order_date" => (name, date.to_owned()),
                _ => (name, value),
            })
            .collect();
        let answer = desk.send(&format!("/orders/{number}"), &fields);
        match answer.status {
            303 if answer.notice(desk) == format!("Order {number} changed.") => return tries,
            // Somebody else has just written the very same.
            303 => assert_eq!(answer.notice(desk), "Nothing was changed."),
            status => assert_eq!(status, 409, "{}", answer.text()),
        }
    }
    0
}

#[test]
fn many_who_change_the_same_orders_at_once_lose_no_change_and_no_count() {
    let folder = Folder::new();
    let desks: Vec<_> = (0..2).map(|_| folder.open_with(&[("ORDERS_LOG__REQUESTS", "false")])).collect();
    for _ in 0..3 {
        desks[0].add(&[("product_quantity", "1")]);
    }
    let dates = ["2024-03-01", "2024-03-02", "2024-02-01", "2023-12-31", "2022-05-05", "2025-01-01"];
    let conflicts: u32 = std::thread::scope(|scope| {
        let editing: Vec<_> = (0..6_usize)
            .map(|thread| {
                let desks = &desks;
                scope.spawn(move || {
                    let one = |nth: usize| {
                        let number = i64::try_from((nth + thread) % 3 + 1).unwrap();
                        count_up(&desks[thread % 2], number, dates[(nth * 5 + thread) % 6])
                    };
                    (0..8).map(one).sum::<u32>()
                })
            })
            .collect();
        let adding = scope.spawn(|| (0..20).map(|_| desks[0].add(&[("order_date", "2023-12-30")])).max());
        adding.join().unwrap();
        editing.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let stored = folder.stored();
    stored.assert_sound();
    let changed: Vec<_> = stored.orders.iter().filter(|row| row.version > 1).collect();
    assert_eq!(changed.iter().map(|row| row.quantity).sum::<i64>(), 3 + 6 * 8);
    assert_eq!(changed.iter().map(|row| row.version - 1).sum::<i64>(), 6 * 8);
    assert!(conflicts > 0, "nobody met anybody");
    assert_eq!(stored.orders.len(), 23);
}

#[test]
fn no_acknowledged_change_is_lost_when_the_program_is_killed() {
    let folder = Folder::new();
    let desk = folder.open();
    let numbers: Vec<i64> = (0..4).map(|_| desk.add(&[])).collect();
    desk.close();
    for round in 1..=2 {
        let desk = folder.open_with(&[("ORDERS_LOG__REQUESTS", "false")]);
        let before = folder.stored();
        let acknowledged = Mutex::new(0);
        std::thread::scope(|scope| {
            for &number in &numbers {
                let (desk, acknowledged, before) = (&desk, &acknowledged, &before);
                scope.spawn(move || {
                    change_until_the_end(desk, before.order(number).version, number, acknowledged);
                });
            }
            let began = std::time::Instant::now();
            while *acknowledged.lock().unwrap() < 40 {
                assert!(began.elapsed() < PATIENCE, "{}", folder.log());
                std::thread::sleep(std::time::Duration::from_micros(fastrand::u64(100..3000)));
            }
            desk.signal("KILL");
        });
        desk.kill();
        let desk = folder.open();
        assert_eq!(desk.get("/").status, 200);
        let stored = folder.stored();
        stored.assert_sound();
        let versions = |stored: &crate::harness::stored::Stored| {
            stored.orders.iter().map(|row| row.version).sum::<i64>()
        };
        let (done, told) = (versions(&stored) - versions(&before), *acknowledged.lock().unwrap());
        // Of each order the last change may be there without its answer.
        assert!((told..=told + 4).contains(&done), "round {round}: {done} changes, {told} acknowledged");
        for row in stored.orders.iter().filter(|row| row.version > 1) {
            assert_eq!(row.quantity, quantity_after(row.version - 1));
        }
        desk.close();
    }
}

/// The quantity that whoever sees a version writes.
fn quantity_after(version: i64) -> i64 {
    version % 9_000 + 1
}

/// Changes an order to a quantity that follows from its version until the desk is gone.
fn change_until_the_end(desk: &Desk, first: i64, number: i64, acknowledged: &Mutex<i64>) {
    let Ok(mut wire) = Wire::connect(desk.address) else { return };
    for version in first.. {
        let (seen, quantity) = (version.to_string(), quantity_after(version).to_string());
        let day = format!("2024-0{}-1{}", version % 3 + 1, version % 7);
        let fields = [("version", seen.as_str()), ("product_quantity", &quantity), ("order_date", &day)];
        let Ok(answer) = wire.post(&format!("/orders/{number}"), &fields) else { return };
        assert_eq!(answer.status, 303, "{}", answer.text());
        *acknowledged.lock().unwrap() += 1;
    }
}

#[test]
fn what_does_not_collide_is_saved_with_one_button() {
    let desk = Desk::open();
    let form = late(&desk, &[("shipping_date", "2024-03-02"), ("note", "Gift")]);
    let question = desk.unchanged(409, "late", || desk.send("/orders/1", &form));
    assert!(question.page().says("value=\"merge\">Save both changes</button>"), "{}", question.text());
    let merged = desk.send("/orders/1", &answered(&question, "merge"));
    assert_eq!(merged.notice(&desk), "Order 1 changed.");
    let stored = desk.stored();
    stored.assert_sound();
    let row = stored.order(1);
    assert_eq!((row.quantity, row.store_code.as_str(), row.version), (9, "DE-00000000", 3));
    assert_eq!(row.shipping_date.as_deref(), Some("2024-03-02 00:00:00"));
    assert_eq!(desk.get("/orders/1").page().fact("Note"), "Gift");
    // Sent twice it is done once.
    let again = desk.unchanged(303, "twice", || desk.send("/orders/1", &answered(&question, "merge")));
    assert_eq!(again.notice(&desk), "Order 1 had been changed already; the form was sent twice.");
}

#[test]
fn what_both_changed_stays_theirs_and_the_page_says_so_before() {
    let desk = Desk::open();
    let form = late(&desk, &[("product_quantity", "5"), ("shipping_date", "2024-03-02")]);
    let question = desk.send("/orders/1", &form);
    assert!(question.page().says("Theirs stays in what both changed: Quantity."), "{}", question.text());
    assert_eq!(desk.send("/orders/1", &answered(&question, "merge")).status, 303);
    let stored = desk.stored();
    assert_eq!((stored.order(1).quantity, stored.order(1).version), (9, 3));
    assert!(stored.order(1).shipping_date.is_some());
}

#[test]
fn a_merge_that_breaks_a_rule_or_comes_late_is_asked_about_again() {
    let desk = Desk::open();
    desk.add(&[]);
    let form = desk.edit_form(1, &[("delivery_date", "2024-03-05"), ("shipping_date", "2024-03-04")]);
    desk.edit(1, &[("order_date", "2024-03-04 12:00")]);
    let question = desk.unchanged(409, "late", || desk.send("/orders/1", &form));
    // The dates are right by themselves, and wrong together: shipped in the morning, ordered at noon.
    let wrong = answered(&question, "merge")
        .into_iter()
        .map(|(name, value)| {
            let value = if name == "shipping_date" { "2024-03-03".to_owned() } else { value };
            (name, value)
        })
        .collect::<Vec<_>>();
    let answer = desk.unchanged(422, "wrong", || desk.send("/orders/1", &wrong));
    assert_eq!(answer.page().summary()[0].0, "shipping_date");
    assert_eq!(answer.page().value("version"), "2", "it is a form of the newest version");

    desk.edit(1, &[("product_quantity", "9")]);
    let late = desk.unchanged(409, "late again", || desk.send("/orders/1", &answered(&question, "merge")));
    assert!(late.page().says("only they changed this"), "{}", late.text());
    let no_version = [("version", "1"), ("newest", "99"), ("answer", "merge")];
    assert_eq!(desk.unchanged(400, "no version", || desk.post("/orders/1", &no_version)).status, 400);
}

#[test]
fn a_card_that_was_typed_is_saved_with_a_merge() {
    let desk = Desk::open();
    let form = late(&desk, &[("card_number", AMEX)]);
    let question = desk.send("/orders/1", &form);
    assert!(question.page().says("<small>only you changed this</small>"), "{}", question.text());
    assert_eq!(desk.send("/orders/1", &answered(&question, "merge")).notice(&desk), "Order 1 changed.");
    assert_eq!((desk.stored().order(1).quantity, desk.stored().order(1).card.1.as_str()), (9, "0005"));
}

#[test]
fn a_card_that_both_changed_stays_theirs_in_a_merge() {
    let desk = Desk::open();
    desk.add(&[]);
    let form = desk.edit_form(1, &[("card_number", AMEX), ("product_quantity", "5")]);
    desk.edit(1, &[("card_number", "5555 5555 5555 4444")]);
    let question = desk.unchanged(409, "late", || desk.send("/orders/1", &form));
    assert!(question.page().says("Theirs stays in what both changed: Card."), "{}", question.text());
    assert_eq!(desk.send("/orders/1", &answered(&question, "merge")).status, 303);
    assert_eq!((desk.stored().order(1).quantity, desk.stored().order(1).card.1.as_str()), (5, "4444"));
}
