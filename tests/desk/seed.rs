//! Demo data: the same orders for the same seed, and a desk that looks as if it were at work.

use crate::harness::page::Page;
use crate::harness::program::{Desk, Folder};

/// A moment after which no order of these tests is made.
const UNTIL: &str = "2024-12-20 15:00";

#[test]
fn the_same_seed_makes_the_same_orders_once() {
    let (one, two) = (Folder::new(), Folder::new());
    let seed = ["seed", "--rows", "120", "--seed", "7", "--until", UNTIL];
    for folder in [&one, &two] {
        let said = folder.orders(&seed).assert().success();
        let called = folder.database_name();
        said.stdout(format!("{called}: adding 120 orders …\n{called}: 120 orders added\n"));
    }
    let stored = one.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.len(), 120);
    assert!(stored.orders.iter().all(|row| row.created_by == "seed"));
    assert!(stored == two.stored());

    // As one goes on tomorrow with what was stopped today.
    for until in [UNTIL, "2024-12-21", "now"] {
        let again = one.orders(&[&seed[..5], &["--until", until]].concat()).assert().success();
        let called = one.database_name();
        let known = format!("{called}: adding 120 orders …\n{called}: 0 orders added, 120 were there\n");
        again.stdout(known);
        assert!(one.stored() == stored);
    }
    one.orders(&["seed", "--rows", "30", "--seed", "8"]).assert().success();
    assert_eq!(one.stored().orders.len(), 150);
    one.stored().assert_sound();
}

#[test]
fn a_few_orders_are_dirty_only_when_asked_for() {
    let flagged = |arguments: &[&str]| {
        let folder = Folder::new();
        folder.orders(&[&["seed", "--rows", "600"], arguments].concat()).assert().success();
        folder.stored().assert_sound();
        folder.database().number("SELECT COUNT(*) FROM orders WHERE flags <> 0")
    };
    assert_eq!(flagged(&[]), 0);
    let dirty = flagged(&["--dirty"]);
    assert!((6..60).contains(&dirty), "{dirty}");
}

/// How many orders each view has, by the tabs of the list.
fn counts(desk: &Desk) -> Vec<(String, u32)> {
    let answer = desk.get("/");
    let tabs = answer.page().between("<nav class=\"views\" aria-label=\"Views\">", "</nav>").unwrap();
    let counted = |(tab, _): (String, String)| {
        let (name, count) = tab.rsplit_once(' ').unwrap();
        (name.to_owned(), count.replace(',', "").parse().unwrap())
    };
    Page::new(tabs).links().into_iter().map(counted).collect()
}

#[test]
fn a_seeded_desk_is_at_work() {
    let folder = Folder::new();
    folder.orders(&["seed", "--rows", "1000", "--dirty"]).assert().success();
    let desk = folder.open();
    let expected = [
        ("To ship", 8..=50),
        ("Late", 0..=32),
        ("On the way", 4..=45),
        ("To check", 10..=100),
        ("All orders", 1000..=1000),
    ];
    let counts = counts(&desk);
    assert_eq!(counts.len(), expected.len(), "{counts:?}");
    for ((name, count), (view, bounds)) in counts.iter().zip(&expected) {
        assert!(name == view && bounds.contains(count), "{counts:?}");
    }
    let cancelled = desk.get("/?status=cancelled");
    assert!((5..=60).contains(&cancelled.page().numbers().len()));
}

#[test]
fn no_order_is_made_after_the_end() {
    for (until, last) in [
        ("2024-12-20 15:00:30", "2024-12-20 15:00:30"),
        ("20 December 2024", "2024-12-20 23:59:59"),
        ("2020-02-29T12:00Z", "2020-02-29 12:00:00"),
    ] {
        let folder = Folder::new();
        folder.orders(&["seed", "--rows", "400", "--until", until]).assert().success();
        let stored = folder.stored();
        for row in &stored.orders {
            let dates = [&row.shipping_date, &row.delivery_date, &row.cancelled_at];
            let newest = dates.into_iter().flatten().chain([&row.order_date]).max().unwrap();
            assert!(newest.as_str() <= last, "{until}: {row:?}");
        }
        let newest = &stored.orders[0].order_date;
        assert!(newest[..7] == last[..7], "{until}: {newest}");
    }
}

#[test]
fn an_end_that_is_none_is_refused_and_nothing_is_added() {
    let folder = Folder::new();
    folder.orders(&["migrate"]).assert().success();
    for (until, words) in [
        ("soon", "--until must be a date, like 2026-03-03 or 3 March 2026 14:05"),
        ("", "--until must be a date"),
        ("3/4/2025", "--until 3/4/2025: 3 April or 4 March?"),
        ("1989-12-31", "--until must be on or after 1 January 1990"),
        ("9999-01-01", "--until is in the future: it is "),
    ] {
        let said = folder.complaint(&["seed", "--until", until], &[]);
        assert!(said.contains(words), "{until}: {said}");
    }
    assert_eq!(folder.stored().orders, []);
}

#[test]
fn the_history_of_a_seeded_order_is_that_of_its_dates() {
    let folder = Folder::new();
    let zone = [("ORDERS_DESK__TIME_ZONE", "Europe/Berlin")];
    let seed = ["seed", "--rows", "800", "--until", "2024-03-31 12:00"];
    folder.orders(&seed).envs(zone).assert().success();
    let stored = folder.stored();
    stored.assert_sound();
    folder.orders(&["check", "--history"]).assert().success();

    let mut database = folder.database();
    let cancelled = database.numbers("SELECT number FROM orders WHERE cancelled_at IS NOT NULL");
    assert!((5..=50).contains(&cancelled.len()), "{cancelled:?}");
    for number in &cancelled {
        let row = stored.order(*number);
        assert_eq!((row.version, stored.kinds(*number)), (2, vec!["added", "cancelled"]));
        assert_eq!((&row.shipping_date, &row.delivery_date), (&None, &None));
    }
    let text = |sql: &str| folder.database().rows(sql).into_iter().flatten().next().unwrap().text();
    let of = |number: i64, version: i64| {
        text(&format!("SELECT at FROM order_events WHERE order_number = {number} AND version = {version}"))
    };
    assert_eq!(Some(of(cancelled[0], 2)), stored.order(cancelled[0]).cancelled_at);
    // In winter clocks in Berlin are an hour ahead of UTC.
    let row = stored
        .orders
        .iter()
        .find(|row| row.order_date.contains("-02-") && &row.order_date[11..] > "12")
        .unwrap();
    let hour = |time: &str| time[11..13].parse::<i32>().unwrap();
    assert_eq!(
        (hour(&of(row.number, 1)) + 1, &of(row.number, 1)[13..]),
        (hour(&row.order_date), &row.order_date[13..])
    );

    let desk = folder.open_with(&zone);
    let answer = desk.get(&format!("/orders/{}", cancelled[0]));
    let history = answer.page().history();
    assert_eq!(history.len(), 2, "{history:?}");
    assert!(history[0].starts_with("Cancelled by the demo data generator"), "{history:?}");
    assert!(history[1].starts_with("Added by the demo data generator"), "{history:?}");
}
