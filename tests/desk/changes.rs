//! What happened to all orders, at `/changes`.

use serde_json::Value;

use crate::export::{begin, csv_of, large, log};
use crate::harness::database::Database;
use crate::harness::page::Page;
use crate::harness::people::Browser;
use crate::harness::program::{Answer, Desk, Folder, form, until};
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
        ("action=4111111111111111", "action"),
        ("action=x", "action"),
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

/// All lines from a page on, and how many pages they are on.
fn all_lines(desk: &Desk, url: &str) -> (Vec<(String, String)>, usize) {
    let (mut url, mut all, mut pages) = (url.to_owned(), Vec::new(), 0);
    loop {
        let answer = desk.get(&url);
        all.extend(lines(&answer));
        pages += 1;
        let next = answer.page().link("Older").or_else(|| answer.page().link("Look further"));
        let Some(next) = next else { return (all, pages) };
        url = next;
    }
}

#[test]
fn what_an_action_changed_is_found_by_its_number() {
    let desk = desk();
    let ticked = [("order", "1.3"), ("order", "3.3"), ("do", "ship"), ("on", "2024-03-05")];
    assert_eq!(desk.post("/bulk", &ticked).status, 303);
    assert_eq!(desk.edit(1, &[("product_quantity", "7")]).status, 303);
    assert_eq!(desk.post("/bulk/1/undo", &[]).status, 303);
    let shipped = [("3", "Shipped"), ("1", "Shipped")];
    for (query, expected) in [
        ("action=1", &shipped[..]),
        ("action=%231", &shipped),
        ("action=2", &[("3", "Undone")]),
        ("action=3", &[]),
        ("action=1&order=3", &shipped[..1]),
        ("action=1&kind=shipped&by=desk", &shipped),
        ("action=1&kind=undone", &[]),
        ("action=1&by=anna", &[]),
        ("action=1&day=2024-03-05", &[]),
    ] {
        assert_eq!(lines(&desk.get(&format!("/changes?{query}"))), said(expected), "{query}");
    }
    let page = desk.get("/bulk/1");
    assert_eq!(page.page().link("What it changed").as_deref(), Some("/changes?action=1"));
    let how = desk.get("/changes?action=1");
    assert_eq!(how.page().link("action #1").as_deref(), Some("/bulk/1"));
    assert!(desk.get("/changes?order=1&kind=added").page().says("data-field=\"how\">form</td>"));
}

#[test]
fn all_that_an_action_changed_is_on_its_pages_and_in_its_file() {
    let desk = Folder::seeded(300).open();
    let asked = desk.post("/bulk", &[("do", "all"), ("on", "today")]);
    assert_eq!(desk.post(asked.location(), &[("do", "cancel"), ("reason", "=Recall")]).status, 303);
    let question = desk.get("/bulk/1");
    let shown = question.page().value("shown").to_owned();
    assert_eq!(desk.post("/bulk/1/run", &[("shown", &shown)]).status, 303);
    until(|| desk.get("/bulk/1").text().contains(">Done<"));
    let by_action = desk.folder.database().numbers("SELECT COUNT(*) FROM order_events WHERE job = 1")[0];
    let (of_action, pages) = all_lines(&desk, "/changes?action=1");
    assert_eq!(i64::try_from(of_action.len()).unwrap(), by_action);
    assert!(by_action > 200 && pages > 4, "{by_action} on {pages} pages");
    let file = csv_of(&desk.get("/changes.csv?action=1"), b',');
    let in_file: Vec<_> = file.iter().map(|line| (line["order"].clone(), "Cancelled".to_owned())).collect();
    assert_eq!(in_file, of_action);
    for line in &file {
        let (how, action, reason) = (&*line["how"], &*line["action"], &*line["reason"]);
        assert_eq!((how, action, reason), ("action", "1", "'=Recall"));
        assert_eq!((&*line["field"], &*line["before"]), ("cancelled_at", ""));
        assert_eq!(line["after"], line["at"]);
    }
    assert_eq!(
        log(&desk),
        [format!("the desk exported {by_action} events of changes of action #1 as CSV · Finished")]
    );
    let link = desk.get("/audit").page().links().into_iter().find(|(name, _)| name == "changes of action #1");
    assert_eq!(link.unwrap().1, "/changes?action=1");
}

#[test]
fn files_of_changes_have_each_event_once_newest_first() {
    let desk = Folder::seeded(1500).open();
    desk.edit(1, &[("product_quantity", "5"), ("note", "=1+1"), ("card_number", "5555 5555 5555 4444")]);
    let sql =
        "SELECT order_number, version FROM order_events ORDER BY at DESC, order_number DESC, version DESC";
    let rows = desk.folder.database().rows(sql).into_iter();
    let stored: Vec<(i64, i64)> = rows
        .map(|row| {
            let [order, version]: [_; 2] = row.try_into().unwrap();
            (order.number(), version.number())
        })
        .collect();
    assert!(stored.len() > 1000, "more than a slice");
    let answer = desk.get("/changes.ndjson");
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str, line: &Value| line[name].as_i64().unwrap();
    let in_file: Vec<(i64, i64)> =
        lines.iter().map(|line| (of("order", line), of("version", line))).collect();
    assert_eq!(in_file, stored);
    let changed = lines[0]["changes"].as_array().unwrap();
    let card = changed.iter().find(|change| change["field"] == "card").unwrap();
    assert_eq!(card["after"], "mastercard 4444");
    assert!(!answer.text().contains("5555"), "no card number");
    let values = desk.get("/changes.csv?order=1&kind=changed&for=excel&separator=semicolon");
    let note = csv_of(&values, b';').into_iter().find(|line| line["field"] == "note").unwrap();
    assert_eq!((&*note["after"], &*note["how"], &*note["by"]), ("'=1+1", "form", "the desk"));
    let name = values.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment; filename=\"changes-filtered-20"), "{name}");
    let said = log(&desk);
    assert_eq!(said[0], "the desk exported 1 event of changes of order 1 (changed) as CSV · Finished");
    assert!(said[1].ends_with("events of all changes as lines of JSON · Finished"), "{}", said[1]);
    // The links of the page lead to the same.
    let page = desk.get("/changes?order=1");
    let all: Vec<_> = page.page().links();
    let files: Vec<_> = all.iter().filter(|(_, url)| url.starts_with("/changes.")).collect();
    assert_eq!(files.len(), 3);
    for (_, url) in files {
        assert!(url.contains("order=1"), "{url}");
        assert_eq!(desk.get(url).status, 200);
    }
}

#[test]
fn changes_that_make_no_sense_are_not_exported() {
    let desk = desk();
    for (path, sentence) in [
        ("/changes.csv?oder=1", "An export has no parameter “oder”. Nothing was exported."),
        ("/changes.csv?action=x", "Action must be a number, like 3. Nothing was exported."),
        ("/changes.csv?separator=tab", "The separator is comma or semicolon."),
        ("/changes.ndjson?separator=comma", "An export has no parameter “separator”."),
        ("/changes.ndjson?4111111111111111=1", "One parameter is none that an export has."),
        ("/changes.ndjson?by=4111111111111111", "Person must be a name"),
    ] {
        let answer = desk.unchanged(422, path, || desk.get(path));
        assert!(answer.text().contains(sentence), "{path}: {}", answer.text());
        assert!(!answer.text().contains("4111111111111111"));
    }
    let head = desk.ask("HEAD", "/changes.csv", &[], None);
    assert!(head.status == 200 && head.body.is_empty());
    assert_eq!(log(&desk), [""; 0]);
}

#[test]
fn who_hangs_up_ends_the_export_of_changes() {
    let desk = large().open();
    for path in ["/changes.ndjson", "/changes.csv?kind=added"] {
        let wire = begin(&desk, path);
        assert!(log(&desk)[0].ends_with("Not finished"));
        drop(wire);
        until(|| log(&desk)[0].ends_with("Cut off"));
    }
}
