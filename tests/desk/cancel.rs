//! Shipping an order in one click, and cancelling one.

use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::harness::program::{Answer, Desk, Folder};

const JSON: [(&str, &str); 1] = [("accept", "application/json")];

/// What a browser sends to cancel an order, as it is now.
fn question(desk: &Desk, number: i64) -> Vec<(String, String)> {
    let answer = desk.get(&format!("/orders/{number}/cancel"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.page().form(&[])
}

#[test]
fn an_order_is_marked_as_shipped_at_this_moment_of_the_business() {
    // Fourteen hours ahead of UTC all year round.
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "Pacific/Kiritimati")]);
    desk.add(&[("order_date", "yesterday")]);
    assert!(desk.get("/orders/1").page().says("action=\"/orders/1/ship\""));
    let answer = desk.post("/orders/1/ship", &[]);
    assert_eq!((answer.status, answer.location()), (303, "/orders/1"));
    assert_eq!(answer.notice(&desk), "Order 1 marked as shipped.");
    let stored = desk.stored();
    stored.assert_sound();
    let shipped = stored.order(1).shipping_date.clone().unwrap();
    let moment = NaiveDateTime::parse_from_str(&shipped, "%Y-%m-%d %H:%M:%S").unwrap();
    let ago = DateTime::<Utc>::from(SystemTime::now()).naive_utc() + TimeDelta::hours(14) - moment;
    assert!((0..120).contains(&ago.num_seconds()), "{shipped} is {ago} ago");
    assert_eq!(stored.kinds(1), ["added", "shipped"]);
    assert_eq!(stored.newest_changes(1), [("shipping_date".to_owned(), None, Some(shipped))]);

    let answer = desk.get("/orders/1");
    let page = answer.page();
    assert!(page.says("<span class=\"status shipped\">Shipped</span>") && !page.says("/ship\""));
    assert!(page.history()[0].starts_with("Shipped by the desk"), "{:?}", page.history());
    assert!(page.history()[0].contains("Shipping date set to "), "{:?}", page.history());
}

#[test]
fn an_order_that_has_a_shipping_date_keeps_it() {
    let desk = Desk::open();
    desk.add(&[("shipping_date", "2024-03-03")]);
    let answer = desk.unchanged(303, "shipped", || desk.post("/orders/1/ship", &[]));
    assert_eq!(answer.notice(&desk), "Order 1 had a shipping date already. Nothing was changed.");
}

#[test]
fn an_order_of_long_ago_can_still_leave_and_is_marked_as_late() {
    let desk = Desk::open();
    desk.add(&[("order_date", "2019-01-01")]);
    assert_eq!(desk.post("/orders/1/ship", &[]).notice(&desk), "Order 1 marked as shipped.");
    assert_eq!(desk.stored().order(1).flags, 64);
    assert!(desk.get("/orders/1").page().says("more than two years after it"));
    assert_eq!(desk.edit(1, &[("product_quantity", "5")]).notice(&desk), "Order 1 changed.");
}

#[test]
fn an_order_whose_dates_leave_no_room_is_not_shipped_but_shown_to_be_put_right() {
    let desk = Desk::open();
    for _ in 0..2 {
        desk.add(&[]);
    }
    let mut database = desk.folder.database();
    database.execute("UPDATE orders SET order_date = '2031-01-01 00:00:00', flags = 16 WHERE number = 1");
    database.execute("UPDATE orders SET delivery_date = '2024-03-04 00:00:00', flags = 128 WHERE number = 2");
    for (number, field) in [(1, "shipping_date"), (2, "delivery_date")] {
        let path = format!("/orders/{number}/ship");
        let answer = desk.unchanged(422, field, || desk.post(&path, &[]));
        assert_eq!(answer.page().summary()[0].0, field);
        assert_eq!(answer.page().title(), format!("Error: Change order {number} · Orders"));
        let problem = desk.unchanged(422, field, || desk.post_with(&path, &[], &JSON)).json();
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

#[test]
fn an_edit_that_sets_the_first_shipping_date_ships_the_order() {
    let desk = Desk::open();
    desk.add(&[]);
    for (changes, kind) in [
        (&[("product_quantity", "5")][..], "changed"),
        (&[("shipping_date", "2024-03-02"), ("product_quantity", "6")], "shipped"),
        (&[("shipping_date", "2024-03-03")], "changed"),
        (&[("shipping_date", "")], "changed"),
        (&[("shipping_date", "2024-03-04")], "shipped"),
    ] {
        assert_eq!(desk.edit(1, changes).status, 303);
        assert_eq!(desk.stored().kinds(1).last(), Some(&kind), "{changes:?}");
        assert_eq!(desk.stored().newest_changes(1).len(), changes.len(), "{changes:?}");
    }
    assert_eq!(desk.stored().kinds(1).len(), 6);
}

#[test]
fn many_clicks_at_once_ship_an_order_once() {
    let desk = Desk::open();
    desk.add(&[("order_date", "yesterday")]);
    let notices: Vec<String> = std::thread::scope(|scope| {
        let ship = || desk.post("/orders/1/ship", &[]).notice(&desk);
        let clicks: Vec<_> = (0..12).map(|_| scope.spawn(ship)).collect();
        clicks.into_iter().map(|notice| notice.join().unwrap()).collect()
    });
    assert_eq!(
        notices.iter().filter(|notice| notice.ends_with("marked as shipped.")).count(),
        1,
        "{notices:?}"
    );
    assert_eq!(desk.stored().kinds(1), ["added", "shipped"]);
}

#[test]
fn an_order_is_cancelled_after_a_question_with_the_order_in_sight() {
    let desk = Desk::open();
    desk.add(&[]);
    desk.add(&[]);
    let before = desk.stored();
    assert_eq!(desk.get("/orders/1").page().link("Cancel order").as_deref(), Some("/orders/1/cancel"));
    let answer = desk.unchanged(200, "asked", || desk.get("/orders/1/cancel"));
    assert_eq!(answer.page().title(), "Cancel order 1? · Orders");
    for (name, fact) in
        [("Ordered", "Friday 1 March 2024, 09:30"), ("Quantity", "4"), ("Card", "Visa •••• 1111")]
    {
        assert_eq!(answer.page().fact(name), fact);
    }
    assert_eq!(answer.page().link("Keep it").as_deref(), Some("/orders/1"));
    let cancelled = desk.send("/orders/1/cancel", &answer.page().form(&[]));
    assert_eq!(cancelled.notice(&desk), "Order 1 cancelled.");

    let after = desk.stored();
    after.assert_sound();
    assert!(after.order(1).cancelled_at.is_some() && after.order(2).cancelled_at.is_none());
    assert_eq!((after.kinds(1), after.newest_changes(1)), (vec!["added", "cancelled"], vec![]));
    assert_eq!((after.numbers(), &after.counts), (before.numbers(), &before.counts), "it stays in the list");
    let page = desk.get("/orders/1");
    assert!(page.page().says("<span class=\"status cancelled\">Cancelled</span>"));
    assert!(page.page().says("Order 1 was cancelled by the desk on "), "{}", page.text());
    for gone in ["Edit", "Cancel order"] {
        assert_eq!(page.page().link(gone), None);
    }
    assert!(!page.page().says("Mark as shipped"));
    assert_eq!(desk.get("/").page().cells(1)[3], "Cancelled");
}

#[test]
fn a_cancelled_order_stays_as_it_is() {
    let desk = Desk::open();
    desk.add(&[]);
    let (edit, cancel) = (desk.edit_form(1, &[("product_quantity", "5")]), question(&desk, 1));
    let late = desk.get("/orders/1/cancel").page().form(&[]);
    assert_eq!(desk.send("/orders/1/cancel", &cancel).status, 303);
    let now = [("version", "2"), ("product_quantity", "5")];
    let broken = [("version", "2"), ("product_quantity", "0")];
    let requests: [(&str, &dyn Fn() -> Answer); 9] = [
        ("the form", &|| desk.get("/orders/1/edit")),
        ("an edit that is late", &|| desk.send("/orders/1", &edit)),
        ("an edit", &|| desk.post("/orders/1", &now)),
        ("an edit of nothing", &|| desk.post("/orders/1", &now[..1])),
        ("an edit that breaks rules", &|| desk.post("/orders/1", &broken)),
        ("going on on top", &|| desk.post("/orders/1", &[&now[..], &[("answer", "on-top")]].concat())),
        ("shipping", &|| desk.post("/orders/1/ship", &[])),
        ("the question", &|| desk.get("/orders/1/cancel")),
        ("cancelling", &|| desk.send("/orders/1/cancel", &late)),
    ];
    for (why, request) in requests {
        let answer = desk.unchanged(409, why, request);
        let page = answer.page();
        assert!(page.says("Order 1 is cancelled"), "{why}: {}", answer.text());
        assert!(page.says("Order 1 was cancelled by the desk on "), "{why}");
        assert!(page.says("It stays as it is until it is reopened."), "{why}");
        assert_eq!(page.link("Open order 1").as_deref(), Some("/orders/1"), "{why}");
    }
    for (path, fields) in
        [("/orders/1", &now[..]), ("/orders/1/ship", &[]), ("/orders/1/cancel", &[("version", "2")])]
    {
        let answer = desk.unchanged(409, path, || desk.post_with(path, fields, &JSON));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            (answer.json()["title"].as_str(), answer.json()["order"].as_str()),
            (Some("Order 1 is cancelled"), Some("/orders/1"))
        );
    }
    assert_eq!(desk.get("/orders/1").status, 200);
}

#[test]
fn an_order_that_was_changed_after_the_question_is_asked_about_again() {
    let desk = Desk::open();
    desk.add(&[]);
    let asked = question(&desk, 1);
    desk.edit(1, &[("product_quantity", "5")]);
    let answer = desk.unchanged(409, "late", || desk.send("/orders/1/cancel", &asked));
    let page = answer.page();
    assert!(page.title().starts_with("Error: Cancel order 1?"));
    assert!(page.says("Somebody has changed this order"));
    assert_eq!((page.fact("Quantity").as_str(), page.value("version")), ("5", "2"));
    let problem =
        desk.unchanged(409, "json", || desk.post_with("/orders/1/cancel", &[("version", "1")], &JSON));
    assert_eq!(problem.json()["version"], 2);
    assert_eq!(desk.send("/orders/1/cancel", &page.form(&[])).notice(&desk), "Order 1 cancelled.");
}

#[test]
fn a_cancellation_that_is_sent_twice_is_done_once() {
    let desk = Desk::open();
    desk.add(&[]);
    let asked = question(&desk, 1);
    assert_eq!(desk.send("/orders/1/cancel", &asked).notice(&desk), "Order 1 cancelled.");
    let again = desk.unchanged(303, "again", || desk.send("/orders/1/cancel", &asked));
    assert_eq!(again.notice(&desk), "Order 1 cancelled.");
}

#[test]
fn of_many_who_cancel_at_once_one_does_it() {
    let desk = Desk::open();
    desk.add(&[]);
    let forms: Vec<_> = (0..10).map(|_| question(&desk, 1)).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sending: Vec<_> =
            forms.iter().map(|form| scope.spawn(|| desk.send("/orders/1/cancel", form).status)).collect();
        sending.into_iter().map(|status| status.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 409)), "{statuses:?}");
    assert_eq!(desk.stored().kinds(1), ["added", "cancelled"]);
}

#[test]
fn what_cannot_be_cancelled_is_refused() {
    let desk = Folder::seeded(3).open();
    for (status, path, fields) in [
        (400, "/orders/1/cancel", &[][..]),
        (400, "/orders/1/cancel", &[("version", "x")]),
        (409, "/orders/1/cancel", &[("version", "2")]),
        (409, "/orders/1/cancel", &[("version", "2147483647")]),
        (404, "/orders/9/cancel", &[("version", "1")]),
        (404, "/orders/9/ship", &[]),
        (404, "/orders/x/ship", &[]),
    ] {
        desk.unchanged(status, path, || desk.post(path, fields));
    }
}
