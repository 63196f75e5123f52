//! What happened to all orders, at `/changes`.

use crate::harness::database::Database;
use crate::harness::page::Page;
use crate::harness::people::Browser;
use crate::harness::program::{Answer, Desk, form};
use crate::harness::server_database::is_skipped_on_server;

/// Order and what happened, of each line.
fn lines(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let rows = answer.text().split("<tr><th scope=\"row\" data-field=\"when\">").skip(1);
    rows.map(|row| {
        let page = Page::new(row);
        let order = page.between("Order </span>", "</a>").unwrap().to_owned();
        (order, page.between("data-field=\"what\">", "</td>").unwrap().to_owned())
    })
    .collect()
}

fn said(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(order, what)| ((*order).to_owned(), (*what).to_owned())).collect()
}

/// Three orders with what may happen to them, a second apart.
fn desk() -> Desk {
    let desk = Desk::open();
    for _ in 0..3 {
        desk.add(&[]);
    }
    assert_eq!(desk.post("/orders/2/ship", &[("date", "2024-03-03")]).status, 303);
    assert_eq!(desk.edit(1, &[("product_quantity", "5")]).status, 303);
    assert_eq!(desk.post("/orders/1/undo", &[("version", "2")]).status, 303);
    assert_eq!(desk.post("/orders/3/cancel", &[("version", "1"), ("reason", "Sold out")]).status, 303);
    assert_eq!(desk.post("/orders/3/reopen", &[("version", "2")]).status, 303);
    // The clock counts seconds: a test says when each of them was.
    let mut database = desk.folder.database();
    database.execute(match &database {
        Database::Sqlite(_) => "DROP TRIGGER order_events_stay",
        Database::Server(_) => "ALTER TABLE order_events DISABLE TRIGGER order_events_stay",
    });
    let times =
        [(1, 1, 10), (2, 1, 11), (3, 1, 12), (2, 2, 13), (1, 2, 14), (1, 3, 15), (3, 2, 16), (3, 3, 17)];
    for (order, version, hour) in times {
        database.execute(&format!(
            "UPDATE order_events SET at = '2026-03-04 {hour}:00:00' WHERE order_number = {order} AND version = {version}"
        ));
    }
    desk
}

#[test]
fn all_events_are_told_newest_first_with_what_they_changed() {
    let desk = desk();
    let answer = desk.get("/changes");
    let all = [
        ("3", "Reopened"),
        ("3", "Cancelled"),
        ("1", "Undone"),
        ("1", "Changed"),
        ("2", "Shipped"),
        ("3", "Added"),
        ("2", "Added"),
        ("1", "Added"),
    ];
    assert_eq!(lines(&answer), said(&all));
    for words in [
        "Quantity from 4 to 5",
        "Quantity from 5 to 4",
        "Shipping date set to Sunday 3 March 2024, 00:00",
        "Reason: Sold out",
        "Wednesday 4 March 2026, 17:00",
        "from this machine",
    ] {
        assert!(answer.page().says(words), "{words}: {}", answer.text());
    }
    assert_eq!(answer.page().link("Changes").as_deref(), Some("/changes"), "at the foot of every page");
}

#[test]
fn they_are_narrowed_by_person_kind_day_and_order() {
    let desk = desk();
    let undone = [("1", "Undone")];
    let of_one = [("1", "Undone"), ("1", "Changed"), ("1", "Added")];
    for (query, expected) in [
        ("kind=undone", &undone[..]),
        ("kind=reopened", &[("3", "Reopened")]),
        ("kind=changed", &[("1", "Changed")]),
        ("kind=shipped&by=the+desk", &[("2", "Shipped")]),
        ("kind=undone&by=anna", &[]),
        ("by=anna", &[]),
        ("order=1", &of_one),
        ("order=1&kind=undone&by=desk&day=2026-03-04", &undone),
        ("order=1&day=2026-03-05", &[]),
        ("day=2026-03-03", &[]),
        ("day=4+March+2026&kind=undone", &undone),
    ] {
        assert_eq!(lines(&desk.get(&format!("/changes?{query}"))), said(expected), "{query}");
    }
    assert_eq!(lines(&desk.get("/changes?day=2026-03-04")).len(), 8);
    // Whose a line is leads to all of theirs.
    let link = desk.get("/changes?kind=undone").page().link("the desk").unwrap();
    assert_eq!(lines(&desk.get(&link)), said(&undone));
}

#[test]
fn a_filter_without_sense_is_told_above_a_form_that_works() {
    let desk = desk();
    for (query, field) in [
        ("day=someday", "day"),
        ("order=x", "order"),
        ("order=0", "order"),
        ("kind=lost", "kind"),
        ("by=4111111111111111", "by"),
    ] {
        let answer = desk.get(&format!("/changes?{query}"));
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.page().summary()[0].0, field);
        assert!(!answer.text().contains("4111111111111111"));
        assert!(answer.page().title().starts_with("Error: "));
    }
    for query in ["before=x", "before=1o2v3o4", "before=-99999999999999o1v1", "unknown=1", "before="] {
        assert_eq!(desk.get(&format!("/changes?{query}")).status, 200, "{query}");
    }
}

#[test]
fn pages_lead_through_every_event_once() {
    let desk = Desk::open();
    for _ in 0..3 {
        desk.add(&[]);
    }
    for nth in 0..120 {
        let quantity = (5 + nth % 7).to_string();
        assert_eq!(desk.edit(1 + nth % 3, &[("product_quantity", &quantity)]).status, 303);
    }
    let events = desk.stored().events.len();
    for query in ["", "by=desk", "kind=changed", "kind=changed&by=desk"] {
        let (mut url, mut seen) = (format!("/changes?{query}"), Vec::new());
        loop {
            let answer = desk.get(&url);
            let on_page = lines(&answer);
            assert!((1..=50).contains(&on_page.len()), "{url}");
            seen.extend(on_page);
            let Some(next) = answer.page().link("Older") else { break };
            assert_ne!(next, url);
            url = next;
        }
        let added = if query.contains("kind") { 3 } else { 0 };
        assert_eq!(seen.len(), events - added, "{query}");
    }
    assert!(desk.get("/changes").page().link("Newest").is_none());
}

#[test]
fn what_is_committed_late_is_never_skipped() {
    if is_skipped_on_server() {
        return;
    }
    let desk = Desk::open();
    desk.add(&[]);
    desk.edit(1, &[("product_quantity", "5")]);
    let second = desk.folder.sqlite();
    second.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Another desk's event is older than what can be read already, and is not committed yet.
    second
        .execute(
            "INSERT INTO order_events (order_number, version, at, actor, kind) \
             VALUES (1, 0, '2024-01-01 00:00:00', 'user:late', 'changed')",
            [],
        )
        .unwrap();
    let before = desk.get("/changes");
    assert_eq!(lines(&before), said(&[("1", "Changed"), ("1", "Added")]));
    second.execute_batch("COMMIT").unwrap();
    let after = desk.get("/changes");
    assert_eq!(lines(&after), said(&[("1", "Changed"), ("1", "Added"), ("1", "Changed")]));
    assert_eq!(lines(&desk.get("/changes?by=late")).len(), 1);
}

#[test]
fn who_has_signed_in_finds_what_they_did() {
    let desk = Desk::open_for_people();
    let [anna, bea] = ["Anna", "Bea"].map(|name| Browser::of(&desk.folder, name, "clerk"));
    assert_eq!(anna.post(&desk, "/orders", &form(&[])).status, 303);
    assert_eq!(bea.post(&desk, "/orders/1/ship", &[("date", "2024-03-03")]).status, 303);
    assert_eq!(anna.post(&desk, "/orders/1/undo", &[("version", "2")]).status, 303);
    assert_eq!(anna.post(&desk, "/orders/1/cancel", &[("version", "3")]).status, 303);
    assert_eq!(bea.post(&desk, "/orders/1/reopen", &[("version", "4")]).status, 303);
    let of_bea = [("1", "Reopened"), ("1", "Shipped")];
    assert_eq!(lines(&bea.get(&desk, "/changes?by=Bea")), said(&of_bea));
    let link = bea.get(&desk, "/changes").page().link("Anna").unwrap();
    assert_eq!(lines(&bea.get(&desk, &link)), said(&[("1", "Cancelled"), ("1", "Undone"), ("1", "Added")]));
    let people = desk
        .folder
        .database()
        .rows("SELECT people.name FROM order_events JOIN people ON people.id = person_id ORDER BY version");
    assert_eq!(
        people.into_iter().map(|mut row| row.remove(0).text()).collect::<Vec<_>>(),
        ["Anna", "Bea", "Anna", "Anna", "Bea"]
    );
}
