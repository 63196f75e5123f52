//! Warnings, and that somebody has seen them.

use crate::harness::program::{Desk, Folder};

/// Its numbers have no check digit: a warning of a card that is typed.
const UNCHECKED: (&str, &str) = ("card_number", "6212345678901233");
const TO_CHECK: &str = "/?warning=any";

/// Whether the list has the badge beside an order.
fn has_badge(desk: &Desk, number: i64) -> bool {
    desk.get("/").page().cells(number).iter().any(|cell| cell.ends_with("check"))
}

/// What the page of an order says is doubtful.
fn remarks(desk: &Desk, number: i64) -> Vec<String> {
    let answer = desk.get(&format!("/orders/{number}"));
    let list = answer.page().between("<ul class=\"remarks\">", "</ul>").unwrap_or_default().to_owned();
    list.split("<li>").skip(1).map(|one| one.split("</li>").next().unwrap().to_owned()).collect()
}

fn listed(desk: &Desk, list: &str) -> Vec<i64> {
    let answer = desk.get(list);
    assert_eq!(answer.status, 200, "{list}");
    answer.page().numbers()
}

#[test]
fn a_warning_is_to_check_until_somebody_has_seen_it() {
    let folder = Folder::seeded_dirty(900);
    let desk = folder.open();
    let doubtful = folder
        .database()
        .numbers("SELECT number FROM orders WHERE flags <> 0 ORDER BY order_date DESC, number DESC");
    assert!(doubtful.len() > 25, "{doubtful:?}");
    assert_eq!(listed(&desk, TO_CHECK), doubtful[..25]);
    let number = doubtful[0];
    assert!(desk.get(TO_CHECK).page().cells(number).iter().any(|cell| cell.ends_with("check")));
    let page = format!("/orders/{number}");
    assert!(remarks(&desk, number).last().unwrap().contains("Mark as seen"));

    let before = desk.stored();
    let answer = desk.post(&format!("{page}/seen?warning=any"), &[]);
    assert_eq!((answer.status, answer.location()), (303, &*format!("{page}?warning=any")));
    assert_eq!(answer.notice(&desk), "Marked as seen.");
    let after = desk.stored();
    after.assert_sound();
    assert_eq!((&after.orders, &after.events), (&before.orders, &before.events), "it is no change");
    assert_eq!(after.warnings.iter().filter(|row| row[2] != 0).count(), doubtful.len() - 1);
    let told = remarks(&desk, number);
    assert!(!told.is_empty() && told.iter().all(|one| one.contains(" Seen by the desk on ")), "{told:?}");
    assert!(listed(&desk, TO_CHECK).starts_with(&doubtful[1..2]));
    assert!(!desk.get("/?per_page=100").page().cells(number).iter().any(|cell| cell.ends_with("check")));

    // Who sends it again, or later, changes nothing of who has seen it and when.
    let again = desk.unchanged(303, "seen", || desk.post(&format!("{page}/seen"), &[]));
    assert_eq!((again.location(), &*again.notice(&desk)), (&*page, "Marked as seen."));
    folder
        .database()
        .execute("UPDATE order_warnings SET seen_at = '2024-03-03 10:00:00' WHERE seen_at IS NOT NULL");
    desk.unchanged(303, "seen", || desk.post(&format!("{page}/seen"), &[]));
    assert!(remarks(&desk, number)[0].contains("Seen by the desk on 3 March 2024, 10:00"));
}

#[test]
fn a_later_warning_is_to_check_again() {
    let desk = Desk::open();
    desk.add(&[("order_date", "2019-01-01"), UNCHECKED]);
    let lists = ["/?warning=card-unchecked", "/?warning=shipping-date", TO_CHECK];
    let shown = || lists.map(|list| listed(&desk, list).len());
    assert_eq!((shown(), has_badge(&desk, 1)), ([1, 0, 1], true));
    assert_eq!(desk.post("/orders/1/seen", &[]).status, 303);
    assert_eq!((shown(), has_badge(&desk, 1)), ([0, 0, 0], false));

    // It leaves more than two years later.
    assert_eq!(desk.post("/orders/1/ship", &[]).status, 303);
    assert_eq!((shown(), has_badge(&desk, 1)), ([0, 1, 1], true));
    let [date, card, button] = &remarks(&desk, 1)[..] else { panic!("{:?}", remarks(&desk, 1)) };
    assert!(date.ends_with("more than two years after it."), "{date}");
    assert!(card.contains("UnionPay") && card.contains(" Seen by the desk on "), "{card}");
    assert!(button.contains("action=\"/orders/1/seen\""), "{button}");
    desk.stored().assert_sound();
    assert_eq!(desk.post("/orders/1/seen", &[]).status, 303);
    assert_eq!(shown(), [0, 0, 0]);

    // Another card has the same warning, of which nobody knows yet; another quantity has none.
    assert_eq!(desk.edit(1, &[("product_quantity", "7")]).status, 303);
    assert_eq!(shown(), [0, 0, 0]);
    assert_eq!(desk.edit(1, &[("card_number", "6212345678901234")]).status, 303);
    assert_eq!(shown(), [1, 0, 1]);
    desk.stored().assert_sound();

    // A warning that is gone is not to check, and nobody has seen it when it comes back.
    assert_eq!(desk.edit(1, &[("card_number", "4111111111111111")]).status, 303);
    assert_eq!((shown(), remarks(&desk, 1).len()), ([0, 0, 0], 1));
    assert_eq!(desk.edit(1, &[UNCHECKED]).status, 303);
    assert_eq!(shown(), [1, 0, 1]);
    desk.stored().assert_sound();
}

/// A desk of the release before writes flags and knows no rows of warnings.
#[test]
fn what_an_older_release_writes_is_to_check() {
    let folder = Folder::seeded(3);
    let desk = folder.open();
    let set = |flags: i64| {
        folder.database().execute(&format!("UPDATE orders SET flags = {flags} WHERE number = 2"));
        desk.stored().assert_sound();
    };
    set(5);
    assert_eq!(listed(&desk, "/?warning=card-length&warning=customer-id"), [2]);
    assert_eq!(listed(&desk, "/?warning=card-length"), [0; 0]);
    assert_eq!(desk.post("/orders/2/seen", &[]).status, 303);
    set(7);
    assert_eq!(listed(&desk, "/?warning=card-length"), [2]);
    assert_eq!(listed(&desk, "/?warning=customer-id"), [0; 0]);
    set(0);
    assert_eq!(listed(&desk, TO_CHECK), [0; 0]);
}

#[test]
fn only_an_order_that_is_there_can_be_seen_and_only_by_a_form() {
    let desk = Folder::seeded(3).open();
    desk.unchanged(404, "none", || desk.post("/orders/9/seen", &[]));
    desk.unchanged(404, "no number", || desk.post("/orders/x/seen", &[]));
    desk.unchanged(303, "nothing to see", || desk.post("/orders/2/seen", &[]));
    let elsewhere = [("origin", "https://elsewhere.example")];
    desk.unchanged(403, "another site", || desk.post_with("/orders/2/seen", &[], &elsewhere));
    let opened = desk.get("/orders/2/seen?per_page=50");
    assert_eq!((opened.status, opened.location()), (302, "/orders/2?per_page=50"));
}
