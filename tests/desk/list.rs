//! The list at `/`.

use std::time::SystemTime;

use crate::harness::program::{Desk, Folder};

/// A desk with orders on every side of the calendar's borders, many of them at the same moment.
fn varied() -> Desk {
    let desk = Folder::seeded(130).open();
    for _ in 0..30 {
        desk.add(&[("order_date", "2010-06-15 12:00")]);
    }
    for date in [
        "1990-01-01 00:00",
        "1999-12-31 23:59:59",
        "2000-01-01 00:00",
        "2024-02-28 23:59:59",
        "2024-02-29 00:00",
        "2024-02-29 23:59:59",
        "2024-03-01 00:00",
        "2024-12-31 23:59:59",
        "2025-01-01 00:00",
        "2025-01-01 00:00",
    ] {
        desk.add(&[("order_date", date)]);
    }
    desk
}

#[test]
fn an_empty_desk_says_how_to_fill_it() {
    let desk = Desk::open();
    let answer = desk.get("/");
    assert_eq!(answer.status, 200);
    assert!(answer.page().says("No orders yet"));
    assert_eq!(answer.page().link("Add the first order").as_deref(), Some("/orders/new"));
    assert!(answer.page().says("orders seed --rows"));
}

#[test]
fn every_page_of_every_size_holds_its_share_in_the_databases_order() {
    let desk = varied();
    let stored = desk.stored();
    stored.assert_sound();
    for size in [25, 50, 100] {
        let numbers = stored.numbers();
        let mut pages = 0;
        for (page, expected) in (1..).zip(numbers.chunks(size)) {
            let answer = desk.get(&format!("/?page={page}&per_page={size}"));
            assert_eq!(
                (answer.status, answer.page().numbers()),
                (200, expected.to_vec()),
                "page {page} of {size}"
            );
            pages = page;
        }
        let beyond = desk.get(&format!("/?page={}&per_page={size}", pages + 1));
        let last =
            if size == 25 { format!("/?page={pages}") } else { format!("/?page={pages}&per_page={size}") };
        assert_eq!((beyond.status, beyond.location()), (302, last.as_str()));
    }
}

#[test]
fn page_3_begins_with_the_51st_order_and_ends_with_the_75th() {
    let desk = Folder::seeded(80).open();
    let all = desk.stored().numbers();
    assert_eq!(desk.get("/?page=3").page().numbers(), all[50..75]);
    assert!(desk.get("/?page=3").page().says("51 to 75 of 80, newest first"));
    assert_eq!(desk.get("/?page=4").page().numbers(), all[75..]);
}

#[test]
fn an_order_that_is_added_moves_the_others_down() {
    let desk = Folder::seeded(60).open();
    let before = desk.get("/?page=2").page().numbers();
    let newest = desk.add(&[]);
    assert_eq!(desk.get("/").page().numbers()[0], newest);
    let after = desk.get("/?page=2").page().numbers();
    assert_eq!(after[1..], before[..24]);
    assert!(desk.get("/").page().says("1 to 25 of 61, newest first"));
}

#[test]
fn a_page_that_is_not_there_leads_to_the_nearest_one_that_is() {
    let desk = Folder::seeded(60).open();
    for (asked, nearest) in [
        ("/?page=abc", "/"),
        ("/?page=", "/"),
        ("/?page=0", "/"),
        ("/?page=-1", "/"),
        ("/?page=01", "/"),
        ("/?page=4", "/?page=3"),
        ("/?page=1e9", "/?page=3"),
        ("/?page=999999999999", "/?page=3"),
        ("/?page=99999999999999999999999999", "/?page=3"),
        ("/?page=2.4", "/?page=2"),
        ("/?page=%31%20", "/"),
        ("/?page=%ff", "/"),
        ("/?page=9&per_page=50", "/?page=2&per_page=50"),
        ("/?page=2&per_page=10", "/?page=2"),
        ("/?per_page=26", "/?per_page=50"),
        ("/?per_page=1000", "/?per_page=100"),
        ("/?per_page=abc", "/"),
        ("/?page=2&page=x", "/?page=2"),
        ("/?status=", "/"),
        ("/?store=hi9b&status=shipped&page=1", "/?status=shipped&store=HI-9B"),
    ] {
        let answer = desk.get(asked);
        assert_eq!((answer.status, answer.location()), (302, nearest), "{asked}");
        assert_eq!(desk.get(nearest).status, 200, "{nearest}");
    }
    for canonical in ["/", "/?page=1", "/?per_page=25", "/?page=3&per_page=25", "/?sort=-ordered"] {
        assert_eq!(desk.get(canonical).status, 200, "{canonical}");
    }
}

#[test]
fn the_page_of_an_empty_desk_is_the_first() {
    let desk = Desk::open();
    assert_eq!(desk.get("/?page=1").status, 200);
    assert_eq!(desk.get("/?page=2").location(), "/");
}

#[test]
fn the_pager_leads_to_the_first_last_and_neighbouring_pages() {
    let desk = Folder::seeded(110).open();
    let links = |path: &str| {
        let answer = desk.get(path);
        ["First", "Previous", "Next", "Last"].map(|name| answer.page().link(name))
    };
    let urls = |urls: [&str; 4]| urls.map(|url| (!url.is_empty()).then(|| url.to_owned()));
    assert_eq!(links("/"), urls(["", "", "/?page=2", "/?page=5"]));
    assert_eq!(links("/?page=2"), urls(["/", "/", "/?page=3", "/?page=5"]));
    assert_eq!(links("/?page=5"), urls(["/", "/?page=4", "", ""]));
    assert_eq!(
        links("/?page=2&per_page=50"),
        urls(["/?per_page=50", "/?per_page=50", "/?page=3&per_page=50", "/?page=3&per_page=50"])
    );
    assert!(desk.get("/?page=2").page().says("Page 2 of 5"));
}

#[test]
fn following_next_from_the_first_page_meets_every_order_once() {
    let desk = varied();
    let mut met = Vec::new();
    let mut path = Some("/".to_owned());
    while let Some(here) = path {
        let answer = desk.get(&here);
        met.extend(answer.page().numbers());
        path = answer.page().link("Next");
    }
    assert_eq!(met, desk.stored().numbers());
}

#[test]
fn another_page_size_keeps_the_first_order_in_view() {
    let desk = Folder::seeded(110).open();
    let here = desk.get("/?page=4");
    let first = here.page().numbers()[0];
    for size in ["50", "100"] {
        let there = desk.get(&here.page().link(size).unwrap());
        assert!(there.page().numbers().contains(&first), "{size}");
        assert_eq!(desk.get(&there.page().link("25").unwrap()).status, 200);
    }
}

#[test]
fn the_jump_field_keeps_the_page_size() {
    let desk = Folder::seeded(110).open();
    assert!(desk.get("/?per_page=50").page().says(r#"<input type="hidden" name="per_page" value="50">"#));
    assert!(desk.get("/?page=2").page().says(r#"<input type="hidden" name="page" value="2">"#));
}

#[test]
fn the_jump_field_takes_the_number_of_a_page_as_people_type_it() {
    let desk = Folder::seeded(110).open();
    for (typed, to) in [("2", "/?page=2"), ("%205%20", "/?page=5"), ("1", "/"), ("%D9%A3", "/?page=3")] {
        let answer = desk.get(&format!("/?page=4&jump={typed}"));
        assert_eq!((answer.status, answer.location()), (302, to), "{typed}");
    }
    let answer = desk.get("/?per_page=50&jump=2");
    assert_eq!((answer.status, answer.location()), (302, "/?page=2&per_page=50"));
}

#[test]
fn a_jump_to_what_is_no_page_says_so_and_stays_where_it_was() {
    let desk = Folder::seeded(110).open();
    let before = desk.get("/?page=2").page().numbers();
    for typed in ["abc", "0", "-1", "6", "2.4", "1e3", "99999999999999999999", ""] {
        let answer = desk.get(&format!("/?page=2&jump={typed}"));
        let page = answer.page();
        assert_eq!((answer.status, page.numbers()), (200, before.clone()), "{typed}");
        assert_eq!(
            page.summary(),
            [("page", "There is no such page: enter a number from 1 to 5")],
            "{typed}"
        );
        assert!(page.mistake("page").is_some(), "{typed}");
        assert!(page.title().starts_with("Error: Orders, page 2 of 5"), "{typed}");
        assert_eq!(page.value("jump"), typed, "{typed}");
    }
    let card = desk.get("/?jump=4111111111111111");
    assert_eq!((card.status, card.page().value("jump")), (200, ""));
    assert!(!card.text().contains("4111"));
    let only = Folder::seeded(3).open();
    assert_eq!(only.get("/?jump=7").location(), "/");
}

/// How many years ago something was, as the list says it.
fn years_since(moment: &str) -> String {
    let moment = chrono::NaiveDateTime::parse_from_str(moment, "%Y-%m-%d %H:%M").unwrap();
    let since =
        SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() - moment.and_utc().timestamp().unsigned_abs();
    format!("{} y", since / (365 * 24 * 60 * 60))
}

#[test]
fn a_row_shows_the_order_and_no_more_of_the_card_than_its_end() {
    let desk = Desk::open();
    let number = desk.add(&[
        ("shipping_date", "2024-03-03 10:00"),
        ("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d"),
        ("product_quantity", "1,200"),
    ]);
    assert_eq!(
        desk.get("/").page().cells(number),
        [
            "1",
            "2024-03-01 09:30",
            &years_since("2024-03-01 09:30"),
            "Shipped",
            "HI-9B97EE4E",
            "R7-3126933h",
            "1,200",
            "Visa •••• 1111",
            "2024-03-03 10:00",
            "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2",
            "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d",
        ]
    );
}

#[test]
fn the_status_follows_from_the_dates() {
    let desk = Desk::open();
    let waiting = desk.add(&[]);
    let shipped = desk.add(&[("shipping_date", "2024-03-03")]);
    let delivered = desk.add(&[("shipping_date", "2024-03-03"), ("delivery_date", "2024-03-05")]);
    let list = desk.get("/");
    let status = |number| list.page().cells(number)[3].clone();
    assert_eq!([waiting, shipped, delivered].map(status), ["To ship", "Shipped", "Delivered"]);
    let is_late = |number: i64| list.page().cells(number)[2].ends_with(", late");
    assert_eq!([waiting, shipped, delivered].map(is_late), [true, false, false]);
}

#[test]
fn the_list_is_where_orders_leads() {
    let desk = Desk::open();
    let answer = desk.get("/orders");
    assert_eq!((answer.status, answer.location()), (302, "/"));
}
