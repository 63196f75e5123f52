//! The page of an order.

use crate::harness::program::{Answer, Desk, Folder, form};

#[test]
fn the_page_tells_everything_about_an_order() {
    let desk = Desk::open_with(&[("ORDERS_DESK__TIME_ZONE", "Europe/Berlin")]);
    let number = desk.add(&[
        ("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d"),
        ("product_quantity", "1200"),
        ("shipping_date", "3 March 2024 10:00:05"),
        ("delivery_date", "5.3.2024"),
    ]);
    let answer = desk.get(&format!("/orders/{number}"));
    let page = answer.page();
    assert_eq!(answer.status, 200);
    assert_eq!(page.title(), "Order 1 · Orders");
    for (name, fact) in [
        ("Ordered", "Friday 1 March 2024, 09:30"),
        ("Shipped", "Sunday 3 March 2024, 10:00:05"),
        ("Delivered", "Tuesday 5 March 2024, 00:00"),
        ("Product", "R7-3126933h"),
        ("Quantity", "1,200"),
        ("Store", "HI-9B97EE4E"),
        ("Card", "Visa •••• 1111"),
        ("Customer", "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
        ("UUID", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d"),
    ] {
        assert_eq!(page.fact(name), fact);
    }
    assert!(page.says(r#"<span class="status delivered">Delivered</span>"#));
    assert!(page.says("<b>Added</b> by the desk"));
}

#[test]
fn a_seeded_order_says_who_made_it() {
    let desk = Folder::seeded(3).open();
    assert!(desk.get("/orders/1").page().says("<b>Added</b> by the demo data generator"));
}

#[test]
fn doubts_about_dirty_orders_are_told() {
    let folder = Folder::seeded_dirty(400);
    let desk = folder.open();
    let doubted = folder.database().numbers("SELECT number FROM orders WHERE flags & 1 = 1 ORDER BY number");
    assert!((4..40).contains(&doubted.len()), "{doubted:?}");
    let answer = desk.get(&format!("/orders/{}", doubted[0]));
    assert!(answer.page().says("The card number fails its check digit"));
}

#[test]
fn previous_and_next_lead_through_the_whole_list() {
    let desk = Folder::seeded(8).open();
    for _ in 0..3 {
        desk.add(&[("order_date", "2010-06-15 12:00")]);
    }
    let all = desk.stored().numbers();
    for (place, number) in all.iter().enumerate() {
        let answer = desk.get(&format!("/orders/{number}"));
        let url = |number: &i64| format!("/orders/{number}");
        let previous = place.checked_sub(1).map(|previous| url(&all[previous]));
        assert_eq!(answer.page().link("Previous"), previous, "order {number}");
        assert_eq!(answer.page().link("Next"), all.get(place + 1).map(url), "order {number}");
        assert!(answer.page().says(&format!(">{} of {}, newest first<", place + 1, all.len())));
    }
}

#[test]
fn the_way_back_leads_to_the_page_that_lists_the_order() {
    let desk = Folder::seeded(120).open();
    for _ in 0..30 {
        desk.add(&[("order_date", "2010-06-15 12:00")]);
    }
    for (place, number) in desk.stored().numbers().into_iter().enumerate().step_by(7) {
        for size in [25, 50] {
            let answer = desk.get(&format!("/orders/{number}?per_page={size}"));
            let back = answer.page().link("Back to the list").unwrap();
            let (path, anchor) = back.split_once('#').unwrap();
            assert_eq!(anchor, format!("order-{number}"));
            let list = desk.get(path);
            assert_eq!(list.page().numbers()[place % size], number, "{path}");
        }
    }
}

#[test]
fn the_way_back_follows_a_step_to_a_neighbour() {
    let desk = Folder::seeded(310).open();
    let list = desk.get("/?page=6&per_page=50");
    let lowest = *list.page().numbers().last().unwrap();
    let order = desk.get(&list.page().link(&lowest.to_string()).unwrap());
    let back = |order: &Answer| order.page().link("Back to the list").unwrap();
    assert_eq!(back(&order), format!("/?page=6&per_page=50#order-{lowest}"));

    // A step over the end of the page leads back to the page after it.
    let neighbour = desk.get(&order.page().link("Next").unwrap());
    assert!(back(&neighbour).starts_with("/?page=7&per_page=50#order-"), "{}", back(&neighbour));
}

/// Whether a form saves, asks again or refuses, its answer leads to the order in its list.
#[test]
fn every_answer_about_an_order_keeps_its_list() {
    let desk = Folder::seeded(60).open();
    let url = "/orders/30?per_page=50";
    let back = |answer: &Answer| answer.page().link("Back to order 30");
    let edit = desk.get(&desk.get(url).page().link("Edit").unwrap());
    assert_eq!(back(&edit).as_deref(), Some(url));
    let send = |changes: &[(&str, &str)]| desk.send(&edit.page().action(), &edit.page().form(changes));

    let refused = send(&[("product_quantity", "none")]);
    assert_eq!((refused.status, back(&refused).as_deref()), (422, Some(url)));
    assert_eq!(refused.page().action(), edit.page().action());
    assert_eq!(send(&[("product_quantity", "7")]).location(), url);
    let conflict = send(&[("product_quantity", "8"), ("submission", "")]);
    assert_eq!((conflict.status, back(&conflict).as_deref()), (409, Some(url)));
    let over: Vec<_> = conflict.page().form(&[("answer", "over")]);
    assert_eq!(desk.send(&conflict.page().action(), &over).location(), url);

    let question = desk.get(&desk.get(url).page().link("Cancel order").unwrap());
    assert_eq!(question.page().link("Keep it").as_deref(), Some(url));
    let send =
        |changes: &[(&str, &str)]| desk.send(&question.page().action(), &question.page().form(changes));
    let again = send(&[("version", "1")]);
    assert_eq!((again.status, again.page().link("Keep it").as_deref()), (409, Some(url)));
    assert_eq!(send(&[]).location(), url);
    let refused = send(&[("submission", "")]);
    assert_eq!((refused.status, refused.page().link("Open order 30").as_deref()), (409, Some(url)));
}

#[test]
fn adding_an_order_leads_back_to_the_list_too() {
    let desk = Folder::seeded(60).open();
    let new = desk.get(&desk.get("/?page=2&per_page=50").page().link("Add order").unwrap());
    assert_eq!(new.page().link("Cancel").as_deref(), Some("/?page=2&per_page=50"));
    let action = new.page().action();
    let refused = desk.send(&action, &new.page().form(&[]));
    assert_eq!(
        (refused.status, refused.page().link("Cancel").as_deref()),
        (422, Some("/?page=2&per_page=50"))
    );
    let added = desk.send(&action, &new.page().form(&form(&[])));
    assert_eq!(added.location(), "/orders/61?per_page=50");
    let order = desk.get(added.location());
    let another = order.page().link("Add another").unwrap();
    assert!(another.starts_with("/orders/new?") && another.contains("per_page=50&store_code="), "{another}");
    assert_eq!(desk.get(&another).page().value("store_code"), order.page().fact("Store"));
    assert_eq!(desk.get("/orders?page=2&per_page=50").location(), "/?page=2&per_page=50");
}

#[test]
fn the_way_back_follows_an_order_that_has_moved() {
    let desk = Folder::seeded(60).open();
    let number = desk.get("/").page().numbers()[24];
    let path = format!("/orders/{number}");
    assert_eq!(desk.get(&path).page().link("Back to the list"), Some(format!("/#order-{number}")));
    desk.add(&[]);
    assert_eq!(desk.get(&path).page().link("Back to the list"), Some(format!("/?page=2#order-{number}")));
}

#[test]
fn neighbours_keep_the_page_size() {
    let desk = Folder::seeded(3).open();
    let list = desk.get("/?per_page=50");
    let path = list.page().link("2").unwrap();
    assert_eq!(path, "/orders/2?per_page=50");
    let answer = desk.get(&path);
    assert_eq!(answer.page().link("Previous").as_deref(), Some("/orders/3?per_page=50"));
    assert_eq!(answer.page().link("Next").as_deref(), Some("/orders/1?per_page=50"));
    assert_eq!(answer.page().link("Back to the list").as_deref(), Some("/?per_page=50#order-2"));
}

#[test]
fn what_is_no_number_of_an_order_is_not_found() {
    let desk = Folder::seeded(3).open();
    for number in [
        "0",
        "-1",
        "+1",
        "01",
        "1.0",
        "abc",
        "1%20",
        "%00",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999",
        "01/edit",
        "1/erase",
        "..%2f1",
    ] {
        let answer = desk.get(&format!("/orders/{number}"));
        assert_eq!(answer.status, 404, "{number:?}");
        assert!(answer.page().says("There is no page or order at this address."), "{number:?}");
    }
    assert_eq!(desk.get("/orders/3").status, 200);
}

#[test]
fn who_asks_for_an_order_that_is_not_there_is_told_the_newest() {
    let desk = Folder::seeded(3).open();
    for (number, part) in [(4, ""), (999_999, ""), (4, "/edit"), (4, "/cancel"), (4, "/ship")] {
        let path = format!("/orders/{number}{part}");
        let answer = desk.get(&path);
        assert_eq!(answer.status, 404, "{path}");
        let page = answer.page();
        assert!(page.says(&format!("There is no order {number}. The newest is 3.")), "{path}");
        assert_eq!(page.link("Open order 3").as_deref(), Some("/orders/3"), "{path}");
        assert_eq!(page.link("Go to all orders").as_deref(), Some("/"), "{path}");
    }
    let json = desk.get_with("/orders/999999", &[("accept", "application/json")]).json();
    assert_eq!(json["detail"], "There is no order 999999. The newest is 3.");
    assert_eq!(json["newest"], "/orders/3");
    let shipped = desk.post("/orders/4/ship", &[]);
    assert!(shipped.status == 404 && shipped.page().says("The newest is 3."), "{}", shipped.text());
    let empty = Desk::open().get("/orders/1").text().to_owned();
    assert!(empty.contains("There is no order 1. There is none yet."), "{empty}");
}

#[test]
fn the_address_of_the_button_that_ships_leads_to_the_order() {
    let desk = Folder::seeded(3).open();
    for (from, to) in
        [("/orders/1/ship", "/orders/1"), ("/orders/1/ship?per_page=50", "/orders/1?per_page=50")]
    {
        let answer = desk.unchanged(302, from, || desk.get(from));
        assert_eq!(answer.location(), to);
        assert_eq!(desk.get(to).status, 200);
    }
    assert_eq!(desk.get("/orders/x/ship").status, 404);
}
