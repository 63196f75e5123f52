//! Finding orders: views, filters, sorting, search, and an order in the list that somebody came from.

use crate::harness::program::{Answer, Desk, Folder};

/// The networks' public test number that the orders of these tests are paid with.
const CARD: &str = "4111 1111 1111 1111";
/// Another one, which none is paid with.
const OTHER_CARD: &str = "5555 5555 5555 4444";

/// A desk with orders of two stores, which of them are to ship, and the rest shipped or delivered.
///
/// Numbers, newest first: 5 (HI, to ship), 4 (DE, to ship), 3 (HI, shipped), 2 (DE, delivered), 1 (HI, to ship).
fn varied() -> Desk {
    let desk = Desk::open();
    for (uuid, date, changes) in [
        ("1", "2024-01-05", &[][..]),
        (
            "2",
            "2024-02-05",
            &[
                ("store_code", "DE-00000000"),
                ("shipping_date", "2024-02-06"),
                ("delivery_date", "2024-02-08"),
            ],
        ),
        ("3", "2024-03-05", &[("shipping_date", "2024-03-06"), ("product_quantity", "9")]),
        ("4", "2024-04-05", &[("store_code", "DE-00000000"), ("card_number", "378282246310005")]),
        ("5", "2024-05-05", &[("user_id", "abcdef7a-1f0e-4d0b-9d3a-0c8b6a51e7f2")]),
    ] {
        let uuid = format!("0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5{uuid}");
        desk.add(&[&[("date_uuid", uuid.as_str()), ("order_date", date)], changes].concat());
    }
    desk
}

/// The canonical URL, and what leads there.
fn assert_leads(desk: &Desk, from: &str, to: &str) {
    let answer = desk.get(from);
    assert_eq!((answer.status, answer.location()), (302, to), "{from}");
    assert_eq!(desk.get(to).status, 200, "{to}");
}

fn search(desk: &Desk, typed: &str) -> Answer {
    desk.post("/search", &[("q", typed)])
}

/// Where a search leads.
fn led(desk: &Desk, typed: &str) -> String {
    let answer = search(desk, typed);
    assert_eq!(answer.status, 303, "{typed}: {}", answer.text());
    answer.location().to_owned()
}

#[test]
fn a_list_has_one_url_however_it_is_spelled() {
    let desk = varied();
    for (from, to) in [
        ("/?store=hi9b97ee4e&status=to-ship", "/?status=to-ship&store=HI-9B97EE4E"),
        ("/?status=to-ship&store=&product=&ordered=&sort=-ordered", "/?status=to-ship"),
        ("/?ordered_from=5.1.2024&ordered_to=2+May+2024", "/?ordered_from=2024-01-05&ordered_to=2024-05-02"),
        ("/?status=shipped&status=to-ship", "/?status=to-ship&status=shipped"),
        ("/?store=DE,hi-9b", "/?store=DE&store=HI-9B"),
        ("/?quantity_from=1%2C000&per_page=50", "/?quantity_from=1000&per_page=50"),
    ] {
        assert_leads(&desk, from, to);
    }
}

#[test]
fn what_makes_no_sense_is_told_above_controls_that_still_work() {
    let desk = varied();
    let answer = desk
        .get("/?store=hi-9b,%3F%3F&ordered_from=soon&quantity_to=many&status=gone&last4=12345&per_page=50");
    let page = answer.page();
    assert_eq!(answer.status, 422);
    assert!(page.title().starts_with("Error: "), "{}", page.title());
    let fields: Vec<&str> = page.summary().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["status", "store", "last4", "ordered_from", "quantity_to"]);
    for (field, words) in page.summary() {
        assert_eq!(page.mistake(field).as_deref(), Some(format!("Error: {words}").as_str()), "{field}");
    }
    for (name, value) in [
        ("store", "HI-9B, ??"),
        ("ordered_from", "soon"),
        ("quantity_to", "many"),
        ("last4", "12345"),
        ("product", ""),
    ] {
        assert_eq!(page.value(name), value, "{name}");
    }
    assert!(page.says("<details class=\"filters\" open>"));
    assert!(page.says("<input type=\"hidden\" name=\"per_page\" value=\"50\">"));
    // What makes sense holds.
    assert_eq!(page.chips(), [("Remove filter: Store HI-9B…".to_owned(), "/?per_page=50".to_owned())]);
}

#[test]
fn a_parameter_that_the_list_does_not_have_is_told_and_nothing_else() {
    let desk = varied();
    let answer = desk.get("/?colour=red&page=1");
    let page = answer.page();
    assert_eq!((answer.status, page.numbers().len()), (200, 5));
    assert!(page.says("The list has no parameter “colour”"));
    assert!(page.title().starts_with("Error: Orders"), "{}", page.title());
    assert!(page.says("<details class=\"filters\">"), "there is nothing to put right in it");
    let card = desk.get("/?4111111111111111=1&colour=4111111111111111");
    assert_eq!(card.status, 200);
    assert!(!card.text().contains("4111"), "{}", card.text());
}

#[test]
fn what_is_filtered_is_taken_off_one_by_one() {
    let desk = varied();
    let answer = desk.get("/?status=to-ship&status=shipped&store=HI-9B&sort=ordered&per_page=50");
    let page = answer.page();
    let own = |name: &str, url: &str| (name.to_owned(), url.to_owned());
    assert_eq!(
        page.chips(),
        [
            own("Remove filter: Status To ship", "/?status=shipped&store=HI-9B&sort=ordered&per_page=50"),
            own("Remove filter: Status Shipped", "/?status=to-ship&store=HI-9B&sort=ordered&per_page=50"),
            own("Remove filter: Store HI-9B…", "/?status=to-ship&status=shipped&sort=ordered&per_page=50"),
            own(
                "Remove sorting: Sorted by oldest first",
                "/?status=to-ship&status=shipped&store=HI-9B&per_page=50"
            ),
        ]
    );
    assert_eq!(page.link("Clear all").as_deref(), Some("/?per_page=50"));
    for (_, url) in page.chips() {
        assert_eq!(desk.get(&url).status, 200, "{url}");
    }
    assert_eq!(desk.get("/").page().chips(), []);
    assert!(desk.get("/").page().says("5 orders, newest first"));
}

#[test]
fn every_head_sorts_both_ways() {
    let desk = varied();
    let head = |path: &str, field: &str| {
        let answer = desk.get(path);
        let cell = answer
            .page()
            .between(&format!("<th scope=\"col\" data-field=\"{field}\""), "</th>")
            .unwrap()
            .to_owned();
        let url =
            cell.split_once("href=\"").map(|(_, rest)| rest.split('"').next().unwrap().replace("&amp;", "&"));
        let sorted =
            cell.split_once("aria-sort=\"").map(|(_, rest)| rest.split('"').next().unwrap().to_owned());
        (url.unwrap_or_default(), sorted.unwrap_or_default())
    };
    for (field, first, then) in [
        ("number", "-number", "number"),
        ("status", "status", "-status"),
        ("store", "store", "-store"),
        ("product", "product", "-product"),
        ("quantity", "-quantity", "quantity"),
        ("card", "card", "-card"),
        ("shipped", "-shipped", "shipped"),
        ("customer", "customer", "-customer"),
        ("uuid", "uuid", "-uuid"),
    ] {
        let here = format!("/?status=to-ship&sort={first}");
        let word = |sort: &str| if sort.starts_with('-') { "descending" } else { "ascending" };
        assert_eq!(head("/?status=to-ship&page=1", field), (here.clone(), String::new()), "{field}");
        let there = format!("/?status=to-ship&sort={then}");
        assert_eq!(head(&here, field), (there.clone(), word(first).to_owned()), "{field}");
        assert_eq!(head(&there, field), (here, word(then).to_owned()), "{field}");
    }
    assert_eq!(head("/", "ordered"), ("/?sort=ordered".to_owned(), "descending".to_owned()));
    assert_eq!(head("/?sort=ordered", "ordered"), ("/".to_owned(), "ascending".to_owned()));
    assert_eq!(head("/", "age"), ("/?sort=ordered".to_owned(), String::new()));
    assert_eq!(head("/?sort=ordered", "age"), ("/".to_owned(), String::new()));
    assert_eq!(head("/?sort=store", "age"), ("/?sort=ordered".to_owned(), String::new()));
}

#[test]
fn the_views_lead_to_what_is_to_be_done() {
    let desk = varied();
    let views = |path: &str| {
        let answer = desk.get(path);
        let nav = answer.page().between("aria-label=\"Views\">", "</nav>").unwrap().to_owned();
        let page = crate::harness::page::Page::new(&nav);
        let current = nav.split("<a ").skip(1).position(|link| link.contains("aria-current=\"page\""));
        let links: Vec<_> = page.links().into_iter().map(|(name, url)| (without_count(&name), url)).collect();
        (links, current)
    };
    let links = [
        ("To ship", "/?status=to-ship&sort=ordered"),
        ("Late", "/?older_than=3&sort=ordered"),
        ("On the way", "/?status=shipped"),
        ("To check", "/?warning=any"),
        ("All orders", "/"),
    ];
    let links: Vec<_> = links.into_iter().map(|(name, url)| (name.to_owned(), url.to_owned())).collect();
    for (place, (_, url)) in links.iter().enumerate() {
        assert_eq!(views(url), (links.clone(), Some(place)), "{url}");
    }
    assert_eq!(views("/?store=HI").1, None);
    assert_eq!(views("/?status=to-ship").1, None, "the newest first is another list");
}

/// A view's name without how many orders it has.
fn without_count(name: &str) -> String {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '+' | ' ')).to_owned()
}

#[test]
fn the_views_have_counts_that_follow_every_change() {
    let desk = varied();
    // On a busy machine a page may go without.
    let counts = || {
        for _ in 0..100 {
            let answer = desk.get("/");
            let nav = answer.page().between("aria-label=\"Views\">", "</nav>").unwrap().to_owned();
            let counts: Vec<String> =
                nav.split("<span>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
            if counts.len() == 5 {
                return counts;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the views have no counts");
    };
    assert_eq!(counts(), ["3", "3", "1", "0", "5"]);
    desk.add(&[("order_date", "today"), ("card_number", "6212345678901233")]);
    assert_eq!(counts(), ["4", "3", "1", "1", "6"]);
    desk.post("/orders/6/seen", &[]);
    assert_eq!(counts(), ["4", "3", "1", "0", "6"]);
    desk.post("/orders/1/ship", &[]);
    // It leaves more than two years later.
    assert_eq!(counts(), ["3", "2", "2", "1", "6"]);
}

#[test]
fn how_late_is_late_can_be_set() {
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DESK__LATE_DAYS", "7")]);
    assert!(desk.get("/").page().says("/?older_than=7&amp;sort=ordered"));
    assert!(desk.get("/?older_than=7&sort=ordered").page().says("<h1>Late</h1>"));
    assert!(desk.get("/?older_than=3&sort=ordered").page().says("<h1>Orders</h1>"));
    drop(desk);
    let said = folder.complaint(&["serve"], &[("ORDERS_DESK__LATE_DAYS", "10000")]);
    assert!(said.contains("desk.late_days must be from 0 to 9999"), "{said}");
}

#[test]
fn an_order_that_waits_too_long_is_marked() {
    let desk = Desk::open();
    let (late, new) = (desk.add(&[("order_date", "2024-03-01")]), desk.add(&[("order_date", "today")]));
    let shipped = desk.add(&[("order_date", "2024-03-01"), ("shipping_date", "2024-03-02")]);
    let list = desk.get("/");
    let age = |number: i64| list.page().cells(number)[2].clone();
    assert!(age(late).ends_with(" y, late"), "{}", age(late));
    assert!(age(new).ends_with(" h") || age(new).ends_with(" min"), "{}", age(new));
    assert!(age(shipped).ends_with(" y"), "{}", age(shipped));
}

#[test]
fn a_filter_leaves_what_it_says_and_says_what_it_leaves() {
    let desk = varied();
    for (path, numbers, said) in [
        ("/?status=to-ship", &[5, 4, 1][..], "1 to 3 of 3 orders · Status To ship</caption>"),
        (
            "/?status=to-ship&sort=ordered",
            &[1, 4, 5],
            "1 to 3 of 3 orders · Status To ship, oldest first</caption>",
        ),
        ("/?store=HI-9B&status=shipped", &[3], "1 to 1 of 1 order · Status Shipped, store HI-9B…</caption>"),
        (
            "/?ordered_from=2024-02-05&ordered_to=2024-03-05",
            &[3, 2],
            "2 orders · Ordered 5 February 2024 to 5 March 2024",
        ),
        ("/?quantity_from=5", &[3], "Quantity 5 or more"),
        ("/?brand=amex", &[4], "Brand American Express"),
        ("/?last4=1111", &[5, 3, 2, 1], "Card ends in 1111"),
        ("/?same_card_as=1", &[5, 3, 2, 1], "Same card as order 1"),
        ("/?customer=abcdef", &[5], "Customer abcdef…"),
        ("/?older_than=3", &[5, 4, 1], "To ship for more than 3 days"),
        ("/?sort=store&per_page=50", &[4, 2, 5, 3, 1], "1 to 5 of 5, by store</caption>"),
    ] {
        let answer = desk.get(path);
        assert_eq!((answer.status, answer.page().numbers()), (200, numbers.to_vec()), "{path}");
        assert!(answer.page().says(said), "{path}: {}", answer.text());
    }
}

#[test]
fn where_no_order_matches_each_condition_can_be_taken_off() {
    let desk = varied();
    let answer = desk.get("/?status=shipped&store=DE-00000000");
    let page = answer.page();
    assert_eq!((answer.status, page.numbers()), (200, vec![]));
    assert!(page.says("No orders match."));
    assert_eq!(page.link("Remove ‘Shipped’").as_deref(), Some("/?store=DE-00000000"));
    assert_eq!(page.link("Remove ‘DE-00000000’").as_deref(), Some("/?status=shipped"));
    assert!(page.says("Remove ‘DE-00000000’</a> (1), "), "so many that leaves");
    assert_eq!(page.link("search all orders").as_deref(), Some("/"));
    assert!(!page.says("No orders yet"));
    // Neither is a desk without orders.
    let empty = Desk::open().get("/?status=shipped");
    assert!(empty.page().says("No orders match.") && !empty.page().says("No orders yet"));
}

#[test]
fn an_orders_number_leads_to_it() {
    let desk = varied();
    for typed in ["3", "#3", " 3 ", "order 3"] {
        assert_eq!(led(&desk, typed), "/orders/3", "{typed}");
    }
    let answer = desk.post("/search?per_page=50&status=to-ship&page=2", &[("q", "3")]);
    assert_eq!((answer.status, answer.location()), (303, "/orders/3?per_page=50"));
}

#[test]
fn a_number_that_no_order_has_is_told_where_it_was_typed() {
    let desk = varied();
    let answer = desk.post("/search?status=to-ship&per_page=50", &[("q", "#120123")]);
    let page = answer.page();
    assert_eq!(answer.status, 404);
    assert_eq!(page.summary(), [("q", "There is no order 120123.")]);
    assert_eq!(page.mistake("q").as_deref(), Some("Error: There is no order 120123."));
    assert_eq!(page.value("q"), "#120123");
    assert!(page.title().starts_with("Error: "), "{}", page.title());
    // The list is as it was.
    assert_eq!(page.chips(), [("Remove filter: Status To ship".to_owned(), "/?per_page=50".to_owned())]);
    assert!(page.says("action=\"/search?status=to-ship&amp;per_page=50\""));
    assert_eq!(Desk::open().post("/search", &[("q", "7")]).page().summary(), [("q", "There is no order 7.")]);
}

#[test]
fn a_text_that_is_not_understood_stays_in_its_field() {
    let desk = varied();
    for typed in ["no such thing", "status:gone", "ordered 31.2.2024", "<script>"] {
        let answer = search(&desk, typed);
        let page = answer.page();
        assert_eq!((answer.status, page.numbers().len()), (422, 5), "{typed}");
        assert_eq!(page.summary()[0].0, "q", "{typed}");
        assert_eq!(page.value("q").replace("&lt;", "<").replace("&gt;", ">"), typed);
    }
    for typed in ["", "  "] {
        assert_eq!(led(&desk, typed), "/", "{typed:?}");
    }
    assert_eq!(desk.post("/search?page=1&status=shipped", &[]).location(), "/?status=shipped");
    assert_eq!(desk.post("/search", &[("q", "1"), ("q", "2")]).status, 400);
}

#[test]
fn what_was_searched_for_is_a_list_with_a_url_of_its_own() {
    let desk = varied();
    for (typed, to) in [
        ("HI-9B97EE4E", "/?store=HI-9B97EE4E"),
        ("hi9b", "/?store=HI-9B"),
        ("to ship", "/?status=to-ship&sort=ordered"),
        ("DE-00000000 january 2024", "/?store=DE-00000000&ordered_from=2024-01-01&ordered_to=2024-01-31"),
        ("all orders", "/"),
    ] {
        assert_eq!(led(&desk, typed), to, "{typed}");
        assert_eq!(desk.get(to).status, 200);
    }
    let sized = desk.post("/search?status=shipped&sort=store&page=3&per_page=100", &[("q", "HI-9B97EE4E")]);
    assert_eq!(sized.location(), "/?store=HI-9B97EE4E&per_page=100");
}

#[test]
fn the_only_order_that_is_found_is_opened_in_its_list() {
    let desk = varied();
    for (typed, to) in [
        ("status:shipped", "/orders/3?status=shipped"),
        (
            "hi-9b97ee4e march 2024",
            "/orders/3?store=HI-9B97EE4E&ordered_from=2024-03-01&ordered_to=2024-03-31",
        ),
        ("0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c53", "/orders/3?uuid=0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c53"),
        ("abcdef", "/orders/5?customer=abcdef"),
        ("0005", "/orders/4?last4=0005"),
    ] {
        assert_eq!(led(&desk, typed), to, "{typed}");
        assert_eq!(desk.get(to).status, 200);
    }
    // The beginning of all UUIDs.
    assert_eq!(led(&desk, "0d0f7b6e"), "/?uuid=0d0f7b6e");
}

/// Four digits are an order's number, and the end of cards.
#[test]
fn what_can_be_read_in_two_ways_is_told_both_ways() {
    let desk = Folder::seeded(1200).open();
    let (one, other) = ("1111", "1199");
    let ends = |digits: &str| {
        let list = desk.get(&format!("/?last4={digits}"));
        assert_eq!(list.status, 200);
        (list.page().numbers().len(), list.text().to_owned())
    };
    desk.add(&[("card_number", CARD)]);
    let (cards, list) = ends(one);
    assert!(cards >= 1);
    assert!(list.contains("Also: <a href=\"/orders/1111\">order 1111</a>"), "{list}");
    let answer = search(&desk, one);
    assert_eq!((answer.status, answer.location()), (303, "/orders/1111"));
    let cookie = answer.header("set-cookie").expect("a notice").split(';').next().unwrap();
    let order = desk.get_with("/orders/1111", &[("cookie", cookie)]);
    assert_eq!(order.page().link(&format!("Card ends in 1111 ({cards})")).as_deref(), Some("/?last4=1111"));
    assert!(!desk.get("/orders/1111").page().says("Also:"), "that is told once");
    // Of a number that no card ends in there is nothing else to tell.
    if ends(other).0 == 0 {
        assert_eq!(search(&desk, other).header("set-cookie"), None);
        assert!(!ends("9999").1.contains("order 9999"), "there is no such order");
    }
}

/// PCI DSS 4.0, requirement 3.4.1.
#[test]
fn a_searched_card_number_is_nowhere() {
    let desk = varied();
    for (typed, status, to) in [
        (CARD, 303, Some("/?same_card_as=5")),
        ("4111111111111111", 303, Some("/?same_card_as=5")),
        ("3782 822463 10005", 303, Some("/orders/4?same_card_as=4")),
        (OTHER_CARD, 404, None),
        ("card 5555555555554444", 404, None),
        ("HI-9B97EE4E 4111 1111 1111 1111", 422, None),
    ] {
        let answer = desk.post("/search?status=to-ship", &[("q", typed)]);
        assert_eq!(answer.status, status, "{typed}: {}", answer.text());
        if let Some(to) = to {
            assert_eq!(answer.location(), to, "{typed}");
            assert_eq!(desk.get(to).status, 200);
        } else {
            assert_eq!(answer.page().value("q"), "", "{typed}");
            assert_eq!(answer.page().summary()[0].0, "q", "{typed}");
        }
        if status == 404 {
            assert_eq!(answer.page().summary()[0].1, "No order was paid with this card.");
        }
        let said = format!("{:?} {}", answer.headers, answer.text());
        assert_no_card(&said);
    }
    assert_no_card(&desk.folder.log());
    for path in ["/?last4=4111111111111111", "/?by=4111111111111111", "/?same_card_as=4111111111111111"] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 422, "{path}");
        assert_no_card(answer.text());
    }
    let anchored = desk.get("/?after=3&page=4111111111111111");
    assert_eq!((anchored.status, anchored.location()), (302, "/?after=3"));
}

fn assert_no_card(text: &str) {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '+')).collect();
    for card in ["41111111", "55555555", "37828224"] {
        assert!(!digits.contains(card), "{text}");
    }
}

#[test]
fn searching_changes_nothing_and_is_for_the_desks_own_pages() {
    let desk = varied();
    desk.unchanged(303, "a search", || search(&desk, "3"));
    let foreign = desk.post_with("/search", &[("q", "3")], &[("origin", "https://evil.example")]);
    assert_eq!(foreign.status, 403);
    let there = desk.get("/search?status=shipped&q=3");
    assert_eq!((there.status, there.location()), (302, "/?status=shipped"));
}

#[test]
fn the_uuid_of_an_order_leads_to_it() {
    let desk = varied();
    let uuid = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c53";
    for text in [uuid, "0D0F7B6E-95B1-4D6C-8A0E-3F2F2A3B4C53", "0d0f7b6e95b14d6c8a0e3f2f2a3b4c53"] {
        let answer = desk.get(&format!("/orders/{text}?per_page=50"));
        assert_eq!((answer.status, answer.location()), (302, "/orders/3?per_page=50"), "{text}");
    }
    // Two customers' orders may have one UUID.
    desk.add(&[("date_uuid", uuid), ("user_id", "11111111-1f0e-4d0b-9d3a-0c8b6a51e7f2")]);
    let answer = desk.get(&format!("/orders/{uuid}"));
    assert_eq!((answer.status, answer.location()), (302, format!("/?uuid={uuid}").as_str()));
    for unknown in ["0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c59", "0d0f7b6e"] {
        assert_eq!(desk.get(&format!("/orders/{unknown}")).status, 404, "{unknown}");
    }
}

#[test]
fn an_order_stands_in_the_list_that_one_came_from() {
    let desk = varied();
    let list = desk.get("/?status=to-ship&sort=ordered");
    let path = list.page().link("4").unwrap();
    assert_eq!(path, "/orders/4?status=to-ship&sort=ordered");
    let order = desk.get(&path);
    let page = order.page();
    assert!(page.says(">2 of 3 in To ship<"), "{}", order.text());
    assert_eq!(page.link("Previous").as_deref(), Some("/orders/1?status=to-ship&sort=ordered"));
    assert_eq!(page.link("Next").as_deref(), Some("/orders/5?status=to-ship&sort=ordered"));
    assert_eq!(page.link("Back to the list").as_deref(), Some("/?status=to-ship&sort=ordered#order-4"));
    let other = desk.get("/orders/2?store=DE-00000000");
    assert!(other.page().says(">2 of 2 in this list<"), "{}", other.text());
    assert_eq!(other.page().link("Next"), None);
}

#[test]
fn an_order_leads_to_others_that_have_something_in_common() {
    let desk = varied();
    let order = desk.get("/orders/3?status=shipped&per_page=50");
    for (name, url) in [
        ("Orders of this customer", "/?customer=2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2&per_page=50"),
        ("Orders paid with this card", "/?same_card_as=3&per_page=50"),
        (
            "Orders of this store that week",
            "/?store=HI-9B97EE4E&ordered_from=2024-03-04&ordered_to=2024-03-10&per_page=50",
        ),
    ] {
        assert_eq!(order.page().link(name).as_deref(), Some(url));
        assert_eq!(desk.get(url).status, 200, "{url}");
    }
}

#[test]
fn the_head_of_every_page_leads_back_to_the_list() {
    let desk = varied();
    let list = "/?status=to-ship&sort=ordered&per_page=50";
    let head = |path: &str| {
        let answer = desk.get(path);
        let nav = answer.page().between("aria-label=\"Desk\">", "</nav>").unwrap().to_owned();
        crate::harness::page::Page::new(&nav).link("Orders").unwrap()
    };
    for path in ["/", "/orders/4", "/orders/4/edit", "/orders/4/cancel", "/orders/new"] {
        let (_, query) = list.split_once('?').unwrap();
        assert_eq!(head(&format!("{path}?{query}")), list, "{path}");
    }
    assert_eq!(head("/webhooks"), "/");
}

#[test]
fn far_on_a_page_follows_the_last_order_of_the_one_before() {
    let desk = Folder::seeded(1100).open();
    let numbers = desk.stored().numbers();
    let mut path = "/?page=39".to_owned();
    for (page, expected) in (39..).zip(numbers.chunks(25).skip(38)) {
        let answer = desk.get(&path);
        assert_eq!((answer.status, answer.page().numbers()), (200, expected.to_vec()), "{path}");
        assert!(answer.page().says(&format!("Page {page} of 44")), "{path}");
        match answer.page().link("Next") {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(path, format!("/?page=44&after={}", numbers[25 * 43 - 1]));
    let previous = desk.get(&path).page().link("Previous").unwrap();
    assert_eq!(previous, format!("/?page=43&before={}", numbers[25 * 43]));
    assert_eq!(desk.get(&previous).page().numbers(), numbers[25 * 42..25 * 43]);
}

#[test]
fn the_filters_hand_on_what_they_do_not_show() {
    let desk = varied();
    let answer = desk.get("/?same_card_as=1&sort=ordered&per_page=50");
    let form = answer.page().between("<details class=\"filters\">", "</details>").unwrap().to_owned();
    for (name, value) in [("same_card_as", "1"), ("per_page", "50")] {
        assert!(
            form.contains(&format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")),
            "{form}"
        );
    }
    assert!(form.contains("<option value=\"ordered\" selected>Oldest first</option>"), "{form}");
    assert!(form.contains("method=\"get\" action=\"/\""));
    assert!(!form.contains("name=\"page\""), "another filter begins at its first page");
}

#[test]
fn a_search_for_a_view_leads_to_the_view_in_its_own_order() {
    let desk = Desk::open();
    for ordered in ["2024-03-01", "2024-03-02"] {
        desk.add(&[("order_date", ordered), ("shipping_date", "")]);
    }
    for (typed, view) in [
        ("late", "/?older_than=3&sort=ordered&per_page=50"),
        ("to ship", "/?status=to-ship&sort=ordered&per_page=50"),
        ("on the way", "/?status=shipped&per_page=50"),
        ("to check", "/?warning=any&per_page=50"),
    ] {
        let answer = desk.unchanged(303, typed, || desk.post("/search?per_page=50", &[("q", typed)]));
        assert_eq!(answer.location(), view, "{typed}");
    }
}
