//! Own views: saving, changing, renaming, ordering and deleting them, by one clerk and by two.

use crate::harness::database::Value;
use crate::harness::page::Page;
use crate::harness::program::{Answer, Desk};

/// The networks' public test number.
const CARD: &str = "4111 1111 1111 1111";
const TO_SHIP: &str = "/?status=to-ship&store=HI-9B97EE4E";
/// The same as what it is saved from.
const TO_SHIP_QUERY: &str = "?status=to-ship&store=HI-9B97EE4E";

/// Numbers, newest first: 3 (HI, to ship), 2 (DE, shipped), 1 (HI, to ship).
fn desk() -> Desk {
    let desk = Desk::open();
    desk.add(&[("order_date", "2024-01-05")]);
    desk.add(&[("order_date", "2024-02-05"), ("store_code", "DE-00000000"), ("shipping_date", "2024-02-06")]);
    desk.add(&[("order_date", "2024-03-05")]);
    desk
}

/// Every column of every view.
fn stored(desk: &Desk) -> Vec<Vec<Value>> {
    desk.folder.database().rows("SELECT * FROM saved_views ORDER BY id")
}

/// Names, query strings and versions, in the order of the tabs.
fn views(desk: &Desk) -> Vec<(String, String, i64)> {
    let rows =
        desk.folder.database().rows("SELECT name, query, version FROM saved_views ORDER BY position, id");
    rows.into_iter()
        .map(|row| {
            let [name, query, version] = row.try_into().unwrap();
            (name.text(), query.text(), version.number())
        })
        .collect()
}

fn names(desk: &Desk) -> Vec<String> {
    views(desk).into_iter().map(|(name, ..)| name).collect()
}

fn unchanged(desk: &Desk, status: u16, request: impl FnOnce() -> Answer) -> Answer {
    let before = stored(desk);
    let answer = request();
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(stored(desk) == before, "something was stored");
    answer
}

/// Saves the list of a query string under a name.
fn save(desk: &Desk, query: &str, name: &str) -> Answer {
    desk.post(&format!("/views{query}"), &[("name", name)])
}

/// A view of each name.
fn with_views(names: &[&str]) -> Desk {
    let desk = desk();
    for (store, name) in ('A'..).zip(names) {
        assert_eq!(save(&desk, &format!("?store=H{store}"), name).status, 303);
    }
    desk
}

fn own(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What the tabs say.
fn tabs(page: &Page<'_>) -> Vec<String> {
    let nav = page.between("<nav class=\"views\" aria-label=\"Views\">", "</nav>").unwrap();
    Page::new(nav).links().into_iter().map(|(label, _)| label).collect()
}

/// What the current tab says.
fn current<'a>(page: &Page<'a>) -> Option<&'a str> {
    let nav = page.between("<nav class=\"views\" aria-label=\"Views\">", "</nav>").unwrap();
    Page::new(nav).between("aria-current=\"page\">", "<")
}

/// The links and the button of a view that is changed.
fn changed<'a>(page: &Page<'a>) -> Option<Page<'a>> {
    page.between("<ul class=\"changed\">", "</ul>").map(Page::new)
}

/// Presses Save on the page of a changed view.
fn press_save(desk: &Desk, page: &Answer) -> Answer {
    let page = page.page();
    let actions = changed(&page).expect("a changed view");
    desk.send(&actions.action(), &actions.form(&[]))
}

#[test]
fn a_list_is_saved_under_a_name_and_becomes_a_tab() {
    let desk = desk();
    assert_eq!(desk.get("/").page().link("Save this view"), None, "all orders are a view");
    assert_eq!(desk.get("/?status=to-ship&sort=ordered").page().link("Save this view"), None, "so are these");
    let form_url = desk.get(TO_SHIP).page().link("Save this view").unwrap();
    assert_eq!(form_url, format!("/views/new{TO_SHIP_QUERY}"));
    let form = desk.get(&form_url);
    let page = form.page();
    assert_eq!(page.title(), "Save this view · Orders");
    assert_eq!(page.fact("Shows"), "Status To ship, store HI-9B97EE4E, newest first");
    let saved = desk.send(&page.action(), &page.form(&[("name", "  Web store,\u{a0} to\u{200b} ship ")]));
    assert_eq!((saved.status, saved.location()), (303, "/?status=to-ship&store=HI-9B97EE4E&view=1"));
    assert_eq!(saved.notice(&desk), "View ‘Web store, to ship’ saved.");
    assert_eq!(
        views(&desk),
        [("Web store, to ship".to_owned(), "status=to-ship&store=HI-9B97EE4E".to_owned(), 1)]
    );
    let by = desk.folder.database().rows("SELECT created_by, updated_by FROM saved_views");
    assert_eq!(by.into_iter().flatten().map(Value::text).collect::<Vec<_>>(), ["desk", "desk"]);
    for path in [saved.location(), TO_SHIP, "/?status=to-ship&store=HI-9B97EE4E&per_page=50"] {
        let answer = desk.get(path);
        let page = answer.page();
        assert_eq!(
            tabs(&page),
            ["To ship 2", "Late 2", "On the way 1", "To check 0", "Web store, to ship 2", "All orders 3"],
            "{path}"
        );
        assert_eq!(current(&page), Some("Web store, to ship "), "{path}");
        assert_eq!(page.title(), "Web store, to ship · Orders");
        assert_eq!(page.numbers(), [3, 1]);
        assert!(page.link("Save this view").is_none() && changed(&page).is_none(), "{path}");
    }
}

#[test]
fn a_view_keeps_neither_a_page_nor_where_it_came_from() {
    let desk = desk();
    let saved = save(&desk, "?store=HI&sort=store&view=9&page=3&per_page=50", "HI");
    assert_eq!(saved.location(), "/?store=HI&sort=store&view=1&per_page=50");
    assert_eq!(views(&desk)[0].1, "store=HI&sort=store");
}

#[test]
fn a_name_is_there_once_in_whatever_letters() {
    let desk = with_views(&["Straße"]);
    for name in ["Straße", "STRASSE", " strasse "] {
        let answer = unchanged(&desk, 409, || save(&desk, "?store=DE", name));
        let page = answer.page();
        let error = "There is a view called ‘Straße’: enter another name";
        assert_eq!(page.summary(), [("name", error)]);
        assert_eq!(page.mistake("name").as_deref(), Some(format!("Error: {error}").as_str()));
        assert_eq!(page.value("name"), name, "what was typed is kept");
        assert!(page.title().starts_with("Error: "), "{}", page.title());
    }
    // The same once more, as by a double click.
    let again = unchanged(&desk, 303, || save(&desk, "?store=HA", "Straße"));
    assert_eq!(again.location(), "/?store=HA&view=1");
}

#[test]
fn what_is_no_name_is_told_at_its_field_and_nothing_is_stored() {
    let desk = desk();
    for (name, error) in [
        ("", "Enter a name for the view"),
        (" \u{200b} ", "Enter a name for the view"),
        (&"x".repeat(41), "Name must have at most 40 characters; this one has 41"),
        ("a\u{7}b", "Name must have no control characters"),
        ("all ORDERS", "“All orders” is a view that every desk has: enter another name"),
    ] {
        let answer = unchanged(&desk, 422, || save(&desk, TO_SHIP_QUERY, name));
        assert_eq!(answer.page().summary(), [("name", error)], "{name:?}");
    }
    assert_eq!(unchanged(&desk, 422, || desk.post("/views", &[])).page().value("name"), "");
    let markup = save(&desk, TO_SHIP_QUERY, "<b>\"'&");
    assert_eq!(markup.notice(&desk), "View ‘&lt;b&gt;&quot;&#39;&amp;’ saved.");
    assert!(!desk.get(markup.location()).text().contains("<b>\""));
}

#[test]
fn a_card_number_is_no_name_and_stands_nowhere() {
    let desk = with_views(&["One"]);
    for name in [CARD, "Visa 4111-1111-1111-1111", "4111\u{200b}111111111111"] {
        let new = unchanged(&desk, 422, || save(&desk, "?store=DE", name));
        let rename =
            unchanged(&desk, 422, || desk.post("/views/1/name", &[("version", "1"), ("name", name)]));
        for (answer, field) in [(new, "name"), (rename, "name-1")] {
            assert_eq!(
                answer.page().summary(),
                [(field, "Name must not have what may be a card number")],
                "{name}"
            );
            let digits: String = answer.text().chars().filter(char::is_ascii_digit).collect();
            assert!(!digits.contains("4111111111111111"), "{name}");
        }
    }
    assert_eq!(save(&desk, "?same_card_as=4111111111111111", "Card").location(), "/?view=2");
    let log = desk.close();
    assert!(!log.contains("4111"), "{log}");
}

#[test]
fn a_changed_view_is_saved_when_told_so_and_not_before() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    let answer = unchanged(&desk, 200, || desk.get("/?status=to-ship&sort=ordered&view=1&per_page=50"));
    let page = answer.page();
    let actions = changed(&page).expect("a changed view");
    assert_eq!(current(&page), Some("Mine "));
    assert!(actions.says("<li>Changed</li>"));
    assert_eq!(page.link("Save this view"), None);
    assert_eq!(page.link("Reset").as_deref(), Some("/?status=to-ship&store=HI-9B97EE4E&view=1&per_page=50"));
    let saved = press_save(&desk, &answer);
    assert_eq!(saved.location(), "/?status=to-ship&sort=ordered&view=1&per_page=50");
    assert_eq!(saved.notice(&desk), "View ‘Mine’ saved.");
    assert_eq!(views(&desk), [("Mine".to_owned(), "status=to-ship&sort=ordered".to_owned(), 2)]);
    let after = desk.get(saved.location());
    assert!(changed(&after.page()).is_none());
    // The same form once more changes nothing.
    unchanged(&desk, 303, || press_save(&desk, &answer));
}

#[test]
fn save_as_new_leaves_the_view_as_it_is() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    let answer = desk.get("/?status=to-ship&view=1");
    let url = answer.page().link("Save as new").unwrap();
    let form = desk.get(&url);
    let page = form.page();
    assert_eq!(page.title(), "Save as a new view · Orders");
    unchanged(&desk, 409, || desk.send(&page.action(), &page.form(&[("name", "mine")])));
    let saved = desk.send(&page.action(), &page.form(&[("name", "Other")]));
    assert_eq!(saved.location(), "/?status=to-ship&view=2");
    assert_eq!(
        views(&desk),
        [
            ("Mine".to_owned(), "status=to-ship&store=HI-9B97EE4E".to_owned(), 1),
            ("Other".to_owned(), "status=to-ship".to_owned(), 1)
        ]
    );
}

#[test]
fn a_view_goes_along_until_another_one_is_chosen() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    let answer = desk.get("/?status=to-ship&store=HI-9B97EE4E&sort=ordered&view=1");
    let page = answer.page();
    let chips: Vec<String> = page.chips().into_iter().map(|(_, url)| url).collect();
    assert_eq!(
        chips,
        [
            "/?store=HI-9B97EE4E&sort=ordered&view=1",
            "/?status=to-ship&sort=ordered&view=1",
            "/?status=to-ship&store=HI-9B97EE4E&view=1"
        ]
    );
    assert!(
        page.says("<input type=\"hidden\" name=\"view\" value=\"1\">"),
        "the form of filters hands it on"
    );
    assert_eq!(page.link("Clear all").as_deref(), Some("/"));
    let (_, to_ship) = page.links().into_iter().find(|(label, _)| label == "To ship 2").unwrap();
    assert_eq!(to_ship, "/?status=to-ship&sort=ordered");
    let (_, order) = page.links().into_iter().find(|(label, _)| label == "3").unwrap();
    assert_eq!(order, "/orders/3?status=to-ship&store=HI-9B97EE4E&sort=ordered&view=1");
    let answer = desk.get("/orders/3?status=to-ship&store=HI-9B97EE4E&view=1");
    assert!(answer.page().says("1 of 2 in Mine"), "{}", answer.text());
    let back = desk.get(&order).page().links();
    assert!(
        back.iter().any(|(_, url)| url == "/?status=to-ship&store=HI-9B97EE4E&sort=ordered&view=1#order-3"),
        "{back:?}"
    );
}

#[test]
fn two_who_change_one_view_are_asked() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    let (one, other) = (desk.get("/?status=to-ship&view=1"), desk.get("/?store=DE&sort=store&view=1"));
    assert_eq!(press_save(&desk, &one).status, 303);
    let question = unchanged(&desk, 409, || press_save(&desk, &other));
    let page = question.page();
    assert_eq!(page.title(), "Error: View ‘Mine’ was changed meanwhile · Orders");
    for (field, theirs, yours) in
        [("Orders", "Status To ship", "Store DE…"), ("Sorted", "newest first", "by store")]
    {
        let cells = format!("<td class=\"theirs\">{theirs}</td><td class=\"yours\">{yours}</td>");
        assert!(page.says(&cells), "{field}: {}", question.text());
    }
    assert!(page.says("Changed meanwhile by the desk, "));
    assert_eq!(page.link("Save as new").as_deref(), Some("/views/new?store=DE&sort=store&view=1"));
    assert_eq!(page.link("Leave theirs").as_deref(), Some("/?status=to-ship&view=1"));
    let over = desk.send(&page.action(), &page.form(&[]));
    assert_eq!((over.status, over.location()), (303, "/?store=DE&sort=store&view=1"));
    assert_eq!(views(&desk), [("Mine".to_owned(), "store=DE&sort=store".to_owned(), 3)]);
}

#[test]
fn a_view_that_is_gone_is_no_error_to_look_at_and_is_not_saved() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    let open = desk.get("/?status=to-ship&view=1");
    let form = desk.get("/views/1/delete");
    assert_eq!(desk.send("/views/1/delete", &form.page().form(&[])).status, 303);
    let answer = desk.get("/?status=to-ship&view=1&per_page=50");
    assert_eq!((answer.status, answer.location()), (302, "/?status=to-ship&per_page=50"));
    let answer = desk.get(answer.location());
    assert_eq!(answer.status, 200);
    assert_eq!((current(&answer.page()), tabs(&answer.page()).len()), (None, 5));
    let refused = unchanged(&desk, 404, || press_save(&desk, &open));
    assert!(refused.page().title().starts_with("This view is gone"), "{}", refused.page().title());
    assert_eq!(refused.page().link("Save as new").as_deref(), Some("/views/new?status=to-ship"));
    for (method, path, status) in [
        ("GET", "/views/1", 404),
        ("GET", "/views/1/delete", 404),
        ("GET", "/views/x", 404),
        ("GET", "/views/4111111111111111", 404),
        ("POST", "/views/1/name", 404),
        ("POST", "/views/1/move", 404),
    ] {
        let answer = unchanged(&desk, status, || match method {
            "GET" => desk.get(path),
            _ => desk.post(path, &[("version", "1"), ("name", "New"), ("behind", "")]),
        });
        assert!(!answer.text().contains("4111"));
    }
}

#[test]
fn views_are_renamed() {
    let desk = with_views(&["One", "Two"]);
    let rename = |version: &str, name: &str| {
        desk.post("/views/2/name?store=DE", &[("version", version), ("name", name)])
    };
    let taken = unchanged(&desk, 409, || rename("1", "ONE"));
    let page = taken.page();
    assert_eq!(page.summary(), [("name-2", "There is a view called ‘One’: enter another name")]);
    assert!(page.says("value=\"ONE\"") && page.says("Name of ‘Two’"));
    let empty = unchanged(&desk, 422, || rename("1", " "));
    assert_eq!(empty.page().summary(), [("name-2", "Enter a name for the view")]);
    let renamed = rename("1", "TWO");
    assert_eq!((renamed.status, renamed.location()), (303, "/views?store=DE#view-2"));
    assert_eq!(renamed.notice(&desk), "The view is called ‘TWO’ now.");
    assert_eq!(names(&desk), ["One", "TWO"]);
    // Another clerk had the page open all the while.
    let late = unchanged(&desk, 409, || rename("1", "Three"));
    assert!(late.page().summary()[0].1.starts_with("Somebody has changed this view meanwhile"));
    assert_eq!(unchanged(&desk, 303, || rename("1", "TWO")).status, 303, "it is called that already");
    assert_eq!(unchanged(&desk, 400, || desk.post("/views/2/name", &[("name", "x")])).status, 400);
}

#[test]
fn views_are_put_in_order() {
    let desk = with_views(&["One", "Two", "Three"]);
    let press = |view: &str, button: &str| {
        let answer = desk.get("/views");
        let (row, rest) = (format!("<li id=\"view-{view}\">"), format!("</span>{button}</button>"));
        let row = answer.page().between(&row, "</li>").unwrap();
        let (form, _) = row.split_once(&rest).expect("a button");
        let form = Page::new(form.rsplit_once("<form ").unwrap().1);
        desk.post(&form.action(), &[("behind", form.value("behind"))])
    };
    let moved = press("3", "Up");
    assert_eq!((moved.status, moved.location()), (303, "/views#view-3"));
    assert_eq!(moved.notice(&desk), "View ‘Three’ moved.");
    assert_eq!(names(&desk), ["One", "Three", "Two"]);
    press("3", "Up");
    assert_eq!(names(&desk), ["Three", "One", "Two"]);
    press("3", "Down");
    press("3", "Down");
    assert_eq!(names(&desk), ["One", "Two", "Three"]);
    assert_eq!(tabs(&desk.get("/").page())[4..7], own(&["One 0", "Two 0", "Three 0"]));
    let page = desk.get("/views");
    assert_eq!(page.text().matches("</span>Up<").count(), 2, "the first one has nothing above it");
    assert_eq!(page.text().matches("</span>Down<").count(), 2);
    // As by a double click.
    unchanged(&desk, 303, || desk.post("/views/3/move", &[("behind", "2")]));
    assert_eq!(unchanged(&desk, 404, || desk.post("/views/3/move", &[("behind", "9")])).status, 404);
    assert_eq!(unchanged(&desk, 404, || desk.post("/views/3/move", &[("behind", "3")])).status, 404);
    assert_eq!(unchanged(&desk, 400, || desk.post("/views/3/move", &[])).status, 400);
    assert_eq!(save(&desk, "?store=DE", "Four").status, 303);
    assert_eq!(names(&desk), ["One", "Two", "Three", "Four"], "a new one comes last");
}

#[test]
fn a_view_is_deleted_after_a_question() {
    let desk = with_views(&["One", "Two"]);
    let question = unchanged(&desk, 200, || desk.get("/views/1/delete?store=HA&view=1"));
    let page = question.page();
    assert_eq!(page.title(), "Delete the view ‘One’? · Orders");
    assert!(page.says("It shows: Store HA…, newest first."));
    desk.post("/views/1/name", &[("version", "1"), ("name", "Uno")]);
    let again = unchanged(&desk, 409, || desk.send(&page.action(), &page.form(&[])));
    assert_eq!(again.page().title(), "Error: Delete the view ‘Uno’? · Orders");
    let deleted = desk.send(&again.page().action(), &again.page().form(&[]));
    assert_eq!((deleted.status, deleted.location()), (303, "/views?store=HA&view=1"));
    assert_eq!(deleted.notice(&desk), "View deleted.");
    assert_eq!(names(&desk), ["Two"]);
    assert_eq!(save(&desk, "?store=HA", "One").location(), "/?store=HA&view=3", "no id is used twice");
}

#[test]
fn a_desk_has_fifty_views_at_most() {
    let desk = desk();
    for number in 1..=50 {
        assert_eq!(save(&desk, TO_SHIP_QUERY, &format!("View {number}")).status, 303);
    }
    let answer = unchanged(&desk, 409, || save(&desk, TO_SHIP_QUERY, "One more"));
    let page = answer.page();
    assert!(page.says("The desk has 50 own views, and keeps no more."), "{}", answer.text());
    assert_eq!(page.value("name"), "One more");
    assert_eq!(page.link("Edit views").as_deref(), Some("/views?status=to-ship&store=HI-9B97EE4E"));
    assert_eq!(
        unchanged(&desk, 303, || save(&desk, TO_SHIP_QUERY, "View 7")).location(),
        format!("{TO_SHIP}&view=7")
    );
    assert_eq!(tabs(&desk.get("/").page()).len(), 55);
}

#[test]
fn a_list_that_is_too_long_is_not_saved() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    let query: Vec<String> = ('a'..='t').map(|end| format!("by={}{end}", "x".repeat(197))).collect();
    let query = query.join("&");
    let new = unchanged(&desk, 422, || save(&desk, &format!("?{query}"), "Long"));
    assert!(new.page().says("This list has more filters than a view can keep."));
    unchanged(&desk, 422, || desk.post(&format!("/views/1?{query}"), &[("version", "1")]));
}

#[test]
fn a_view_of_another_release_shows_what_this_one_can_read() {
    let desk = desk();
    save(&desk, TO_SHIP_QUERY, "Mine");
    desk.folder
        .database()
        .execute("UPDATE saved_views SET query = 'store=DE&colour=red&sort=age', version = 2");
    let answer = desk.get("/?store=DE&view=1");
    assert_eq!((answer.status, current(&answer.page())), (200, Some("Mine ")));
    assert!(changed(&answer.page()).is_none());
    assert_eq!(answer.page().numbers(), [2]);
    assert_eq!(desk.get("/views/1").location(), "/?store=DE&view=1");
}

#[test]
fn programs_are_told_why_in_problem_details() {
    let desk = with_views(&["One"]);
    let json = [("accept", "application/json")];
    for (path, fields, status, title) in [
        ("/views?store=DE", &[("name", "One")][..], 409, "The view was not saved"),
        ("/views?store=DE", &[("name", "")], 422, "The view was not saved"),
        ("/views/1?store=DE", &[("version", "7")], 409, "The view was changed meanwhile"),
        ("/views/1/name", &[("version", "7"), ("name", "Two")], 409, "The view was changed meanwhile"),
        ("/views/1/delete", &[("version", "7")], 409, "The view was changed meanwhile"),
        ("/views/9?store=DE", &[("version", "1")], 404, "This view is gone"),
    ] {
        let answer = unchanged(&desk, status, || desk.post_with(path, fields, &json));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(answer.json()["title"], title, "{path}");
    }
}

#[test]
fn another_site_changes_no_view() {
    let desk = with_views(&["One"]);
    for (path, fields) in [
        ("/views?store=DE", &[("name", "Two")][..]),
        ("/views/1?store=DE", &[("version", "1")]),
        ("/views/1/name", &[("version", "1"), ("name", "Two")]),
        ("/views/1/move", &[("behind", "")]),
        ("/views/1/delete", &[("version", "1")]),
    ] {
        unchanged(&desk, 403, || desk.post_with(path, fields, &[("origin", "https://evil.example")]));
    }
}
