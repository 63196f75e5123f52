//! Actions on many orders: from the list, all that match, undone, stopped, and taken up by another desk.

use std::collections::BTreeMap;

use orders::clock::Clock;

use crate::harness::database::Database;
use crate::harness::page::Page;
use crate::harness::people::Browser;
use crate::harness::program::{Answer, Desk, Folder, form, until};
use crate::harness::receiver::Receiver;
use crate::webhooks;

/// What the boxes of a list's page send, of these orders.
fn boxes(answer: &Answer, numbers: &[i64]) -> Vec<(String, String)> {
    let page = answer.text();
    let values =
        page.split("name=\"order\"").skip(1).filter_map(|rest| Page::new(rest).between("value=\"", "\""));
    let of: BTreeMap<i64, &str> =
        values.map(|value| (value.split('.').next().unwrap().parse().unwrap(), value)).collect();
    numbers.iter().map(|number| ("order".to_owned(), of[number].to_owned())).collect()
}

/// Ticks orders on the page of a list and asks for an action.
pub fn act(desk: &Desk, list: &str, numbers: &[i64], fields: &[(&str, &str)]) -> Answer {
    let mut form = boxes(&desk.get(&format!("/{list}")), numbers);
    form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    desk.send(&format!("/bulk{list}"), &form)
}

/// The notice of an action on the page that it leads to, without tags.
fn said(desk: &Desk, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").expect("a notice").split(';').next().unwrap();
    let page = desk.get_with(answer.location(), &[("cookie", cookie)]);
    plain(page.page().between("role=\"status\">\n<p>", "</p>").expect("a notice"))
}

fn plain(html: &str) -> String {
    html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
}

/// A desk with so many orders to ship.
fn desk_with(orders: usize) -> Desk {
    let desk = Desk::open();
    add(&desk, orders);
    desk
}

fn add(desk: &Desk, orders: usize) {
    for _ in 0..orders {
        desk.add(&[]);
    }
}

/// Makes orders of the generator such as nothing has happened to since they were added.
pub fn leave_all_to_ship(folder: &Folder) {
    let mut database = folder.database();
    database.execute(match &database {
        Database::Sqlite(_) => "DROP TRIGGER order_events_last",
        Database::Server(_) => "ALTER TABLE order_events DISABLE TRIGGER order_events_stay",
    });
    database.execute("DELETE FROM order_events WHERE version > 1");
    database.execute(
        "UPDATE orders SET shipping_date = NULL, delivery_date = NULL, cancelled_at = NULL, version = 1",
    );
}

/// The job that a page is about, by its number.
fn job(desk: &Desk, id: i64) -> String {
    let answer = desk.get(&format!("/bulk/{id}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

/// Leads from the question about orders to their action, and runs it.
pub fn choose(desk: &Desk, url: &str, fields: &[(&str, &str)]) -> Answer {
    let chosen = desk.post(url, fields);
    assert_eq!((chosen.status, chosen.location()), (303, url), "{}", chosen.text());
    desk.get(url)
}

pub fn run(desk: &Desk, preview: &Answer) -> Answer {
    let page = preview.page();
    let shown = page.value("shown").to_owned();
    desk.post(&page.action(), &[("shown", &shown)])
}

#[test]
fn ticked_orders_are_shipped_on_a_date_and_those_that_cannot_be_are_named() {
    let desk = desk_with(4);
    desk.post("/orders/2/ship", &[]);
    let form = desk.get("/orders/3/cancel").page().form(&[]);
    desk.send("/orders/3/cancel", &form);
    let answer = act(&desk, "", &[4, 3, 2, 1], &[("do", "ship"), ("on", "3 March 2024")]);
    assert_eq!(answer.location(), "/");
    let today = Clock::new(chrono_tz::UTC).local().day();
    assert_eq!(
        said(&desk, &answer),
        format!("2 marked as shipped. 2 were not: 3 is cancelled; 2 was shipped on {today}. Action #1")
    );
    let stored = desk.stored();
    stored.assert_sound();
    for number in [1, 4] {
        assert_eq!(stored.order(number).shipping_date.as_deref(), Some("2024-03-03 00:00:00"));
        assert_eq!(stored.kinds(number), ["added", "shipped"]);
        let page = desk.get(&format!("/orders/{number}"));
        assert!(page.page().history()[0].starts_with("Shipped by the desk, action #1"));
    }
    assert_eq!((stored.order(2).version, stored.order(3).version), (2, 2));
    let page = job(&desk, 1);
    assert!(
        page.contains("<h1>Mark as shipped on 3 March 2024</h1>")
            && page.contains("2 marked as shipped. 2 were not.")
    );
    let left_out = desk.get("/bulk/1?show=left-out");
    assert!(left_out.text().contains(">is cancelled<") && !left_out.text().contains(">done<"));
}

#[test]
fn an_action_is_undone_in_the_orders_that_nobody_touched_since() {
    let receiver = Receiver::new();
    let desk = webhooks::open(&Folder::new(), &receiver);
    add(&desk, 3);
    let answer = act(&desk, "", &[1, 2, 3], &[("do", "ship"), ("on", "2024-03-03")]);
    assert_eq!(said(&desk, &answer), "3 marked as shipped. Action #1");
    desk.edit(2, &[("product_quantity", "5")]);
    let undone = desk.post("/bulk/1/undo", &[("from", "list")]);
    assert_eq!(said(&desk, &undone), "2 put back. 1 was not: 2 was changed since. Action #2");
    let stored = desk.stored();
    stored.assert_sound();
    let dates = [1, 2, 3].map(|number| stored.order(number).shipping_date.is_some());
    assert_eq!(dates, [false, true, false]);
    assert_eq!([1, 2, 3].map(|number| stored.order(number).version), [3, 3, 3]);
    assert!(desk.get("/orders/1").page().history()[0].starts_with("Undone by the desk, action #2"));
    // Once, and the undoing itself not at all.
    let (again, undo) = (desk.post("/bulk/1/undo", &[]), desk.post("/bulk/2/undo", &[]));
    assert_eq!((again.status, again.location(), undo.status), (303, "/bulk/2", 409));
    assert_eq!(desk.stored(), stored, "nothing was changed");
    assert!(job(&desk, 1).contains("Undone by") && !job(&desk, 1).contains("/undo\""));
    // Three were added, shipped and looked at again: one by a clerk, two by the undoing.
    let mut told: Vec<(i64, String, i64, Option<i64>)> = receiver
        .wait_for(9)
        .iter()
        .map(|one| {
            let (number, version) = one.about();
            let json = one.json();
            (number, json["type"].as_str().unwrap().to_owned(), version, json["data"]["action"].as_i64())
        })
        .collect();
    told.sort();
    let of_actions: Vec<_> = told.iter().filter(|(.., action)| action.is_some()).collect();
    let shipped = |number| (number, "order.shipped".to_owned(), 2, Some(1));
    let undone = |number| (number, "order.changed".to_owned(), 3, Some(2));
    assert_eq!(of_actions, [&undone(1), &shipped(1), &shipped(2), &undone(3), &shipped(3)]);
}

#[test]
fn an_action_is_on_the_versions_that_were_shown_and_asked_twice_done_once() {
    let desk = desk_with(2);
    let form = [
        boxes(&desk.get("/"), &[1, 2]),
        vec![("do".to_owned(), "ship".to_owned()), ("on".to_owned(), "2024-03-04".to_owned())],
    ]
    .concat();
    desk.edit(1, &[("product_quantity", "5")]);
    let answer = desk.send("/bulk", &form);
    assert_eq!(said(&desk, &answer), "1 marked as shipped. 1 was not: 1 was changed meanwhile. Action #1");
    let again = desk.unchanged(303, "known", || desk.send("/bulk", &form));
    assert_eq!(said(&desk, &again), "1 marked as shipped. 1 was not: 1 was changed meanwhile. Action #1");
}

#[test]
fn ticked_orders_are_delivered_cancelled_reopened_and_their_dates_corrected() {
    let desk = desk_with(2);
    act(&desk, "", &[1, 2], &[("do", "ship"), ("on", "2024-03-03")]);
    let answer = act(&desk, "", &[1], &[("do", "deliver"), ("on", "2024-03-05")]);
    assert_eq!(said(&desk, &answer), "1 marked as delivered. Action #2");
    let more = |numbers: &[i64], fields: &[(&str, &str)]| {
        let asked = act(&desk, "", numbers, &[("do", "more")]);
        let url = asked.location().to_owned();
        assert!(desk.get(&url).text().contains(&format!("What to do with {} order", numbers.len())));
        let preview = choose(&desk, &url, fields);
        said(&desk, &run(&desk, &preview))
    };
    let correct = [("do", "correct"), ("field", "shipping_date"), ("on", "2024-03-04 10:00")];
    assert_eq!(more(&[1, 2], &correct), "2 given another shipping date. Action #3");
    let reason = "The customer called";
    assert_eq!(more(&[1, 2], &[("do", "cancel"), ("reason", reason)]), "2 cancelled. Action #4");
    assert!(desk.get("/orders/1").text().contains(&format!("Reason: {reason}")));
    assert_eq!(more(&[1, 2], &[("do", "reopen")]), "2 reopened. Action #5");
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!(stored.order(1).delivery_date.as_deref(), Some("2024-03-05 00:00:00"));
    for number in [1, 2] {
        let order = stored.order(number);
        assert_eq!(
            (order.shipping_date.as_deref(), &order.cancelled_at),
            (Some("2024-03-04 10:00:00"), &None)
        );
    }
    for (id, put_back) in [
        (5, "2 put back. Action #6"),
        (4, "No order was put back. 2 left out: 1 was changed since; 2 was changed since. Action #7"),
    ] {
        let undone = desk.post(&format!("/bulk/{id}/undo"), &[("from", "list")]);
        let undone = said(&desk, &undone);
        assert!(
            undone == put_back
                || undone.replace("1 was changed since; 2", "2 was changed since; 1")
                    == put_back.replace("1 was changed since; 2", "2 was changed since; 1"),
            "{undone}"
        );
    }
    assert!(desk.stored().order(1).cancelled_at.is_some(), "the reopening is undone");
    let all = desk.get("/bulk");
    assert!(
        all.text().contains("Correct the shipping date to 4 March 2024, 10:00")
            && all.text().contains("Undo action #5")
    );
}

#[test]
fn what_makes_no_sense_is_said_and_changes_nothing() {
    let desk = desk_with(2);
    let none = desk.unchanged(422, "no order", || desk.post("/bulk", &[("do", "ship"), ("on", "today")]));
    assert!(none.text().contains("Tick the orders first"));
    for (on, words) in [
        ("", "Enter the shipping date"),
        ("soon", "Shipping date "),
        ("2031-01-01", "Shipping date is in the future"),
    ] {
        let answer = desk.unchanged(422, on, || act(&desk, "", &[2], &[("do", "ship"), ("on", on)]));
        assert_eq!(answer.page().summary()[0].0, "on");
        assert!(answer.page().summary()[0].1.starts_with(words), "{}", answer.page().summary()[0].1);
        let ticked: Vec<&str> = answer
            .text()
            .split("name=\"order\"")
            .skip(1)
            .filter(|rest| rest.split('>').next().unwrap().contains("checked"))
            .collect();
        assert_eq!(ticked.len(), 1, "what was ticked still is");
    }
    let card = "4111 1111 1111 1111";
    let answer = desk.unchanged(422, "a card", || act(&desk, "", &[2], &[("do", "ship"), ("on", card)]));
    assert!(!answer.text().contains(card));
    for order in ["x", "1", "1.0", "1.x", "0.1", "1.1.1"] {
        desk.unchanged(400, order, || {
            desk.post("/bulk", &[("do", "ship"), ("on", "today"), ("order", order)])
        });
    }
    desk.unchanged(400, "no action", || act(&desk, "", &[1], &[("do", "burn")]));
    for path in ["/bulk/9", "/bulk/0", "/bulk/x", "/bulk/4111111111111111"] {
        assert_eq!(desk.get(path).status, 404, "{path}");
    }
    let url = act(&desk, "", &[1], &[("do", "more")]).location().to_owned();
    let reason = desk.unchanged(422, "a card", || desk.post(&url, &[("do", "cancel"), ("reason", card)]));
    assert!(reason.text().contains("looks like a card number") && !reason.text().contains(card));
    let future = desk.unchanged(422, "a date", || desk.post(&url, &[("do", "ship"), ("on", "2031-01-01")]));
    assert_eq!(future.page().summary()[0].0, "ship-on");
    desk.unchanged(303, "not chosen", || desk.post(&format!("{url}/run"), &[]));
    let dropped = desk.unchanged(303, "nothing", || desk.post(&format!("{url}/stop"), &[]));
    assert_eq!(dropped.location(), "/");
}

#[test]
fn all_that_match_are_those_that_were_shown_whatever_matches_by_then() {
    let desk = desk_with(3);
    desk.add(&[("store_code", "DE-00000001")]);
    desk.add(&[("store_code", "DE-00000001"), ("shipping_date", "2024-03-02")]);
    let list = "?store=DE-00000001&sort=number";
    let asked = desk.post(&format!("/bulk{list}"), &[("do", "all"), ("on", "today")]);
    let url = asked.location().to_owned();
    let question = desk.get(&url);
    assert!(question.text().contains("What to do with 2 orders?"), "{}", question.text());
    // Another order that matches comes in, and one of those that were shown does not match any more.
    desk.add(&[("store_code", "DE-00000001")]);
    desk.edit(4, &[("store_code", "HI-9B97EE4E")]);
    let preview = choose(&desk, &url, &[("do", "ship"), ("on", "2024-03-05")]);
    assert!(preview.text().contains("No order will be marked as shipped."), "{}", preview.text());
    assert!(
        preview.text().contains("was changed meanwhile")
            && preview.text().contains("was shipped on 2 March 2024")
    );

    let asked = desk.post("/bulk?store=DE-00000001", &[("do", "all")]);
    let url = asked.location().to_owned();
    let preview = choose(&desk, &url, &[("do", "ship"), ("on", "2024-03-05")]);
    assert!(preview.text().contains("1 order will be marked as shipped."), "{}", preview.text());
    desk.add(&[("store_code", "DE-00000001")]);
    let ran = run(&desk, &preview);
    assert_eq!(ran.location(), "/?store=DE-00000001");
    let stored = desk.stored();
    stored.assert_sound();
    let mut shipped: Vec<i64> =
        stored.orders.iter().filter(|row| row.shipping_date.is_some()).map(|row| row.number).collect();
    shipped.sort_unstable();
    assert_eq!(shipped, [5, 6]);
}

#[test]
fn another_action_that_was_chosen_meanwhile_is_shown_first() {
    let desk = desk_with(1);
    let url = act(&desk, "", &[1], &[("do", "more")]).location().to_owned();
    let preview = choose(&desk, &url, &[("do", "ship"), ("on", "2024-03-05")]);
    choose(&desk, &url, &[("do", "cancel")]);
    let answer = desk.unchanged(303, "another", || run(&desk, &preview));
    assert_eq!(answer.location(), url);
    assert!(desk.get(&url).text().contains("<h1>Cancel?</h1>"));
}

#[test]
fn all_after_a_search_a_filter_or_a_view_are_exactly_those_of_the_list() {
    let desk = desk_with(2);
    for store in ["DE-00000001", "DE-00000002", "DE-00000001"] {
        desk.add(&[("store_code", store)]);
    }
    desk.post("/views?store=DE-00000001", &[("name", "Mine")]);
    let searched = desk.post("/search", &[("q", "DE-00000001")]);
    for list in ["/?store=DE-00000001", "/?store=DE-00000001&view=1", searched.location()] {
        let page = desk.get(list);
        let numbers = page.page().numbers();
        let action = page.text().split("id=\"picked\"").nth(1).unwrap();
        let action = Page::new(action).between("action=\"", "\"").unwrap().replace("&amp;", "&");
        let asked = desk.post(&action, &[("do", "all"), ("on", "today")]);
        let question = desk.get(asked.location());
        let links: Vec<i64> =
            question.page().links().iter().filter_map(|(name, _)| name.parse().ok()).collect();
        assert_eq!(links, numbers, "{list}");
    }
}

/// A desk that is killed at its work leaves the rest to the next one, which does no order twice; the same for an undo.
#[test]
fn what_a_killed_desk_leaves_the_next_one_does_and_none_twice() {
    let folder = Folder::seeded(3000);
    let mut desk = folder.open();
    leave_all_to_ship(&folder);
    let asked = desk.post("/bulk", &[("do", "all"), ("on", "today")]);
    let url = asked.location().to_owned();
    let preview = choose(&desk, &url, &[("do", "cancel")]);
    assert_eq!(run(&desk, &preview).location(), url);
    let state = |folder: &Folder, id: i64| {
        let row = folder.database().rows(&format!("SELECT changed, state FROM jobs WHERE id = {id}"));
        let [changed, state]: [_; 2] = row.into_iter().next().unwrap().try_into().unwrap();
        (changed.number(), state.text())
    };
    for (id, doing) in [(1, "cancel"), (2, "undo")] {
        if doing == "undo" {
            assert_eq!(desk.post("/bulk/1/undo", &[]).location(), "/bulk/2");
        }
        until(|| state(&folder, id).0 > 0);
        desk.kill();
        let (done, left) = state(&folder, id);
        assert!(done < 3000 && left == "running", "{done} {left}");
        // As if the lease had expired, and not half a minute later.
        folder.database().execute("UPDATE jobs SET claimed_until = NULL");
        let desks = [folder.open(), folder.open()];
        until(|| state(&folder, id).1 == "done");
        assert_eq!(state(&folder, id).0, 3000);
        let [one, other] = desks;
        drop(other);
        desk = one;
    }
    let stored = folder.stored();
    stored.assert_sound();
    assert!(stored.orders.iter().all(|row| row.version == 3 && row.cancelled_at.is_none()));
    let twice = "SELECT order_number FROM order_events WHERE job IS NOT NULL GROUP BY order_number, job HAVING count(*) > 1";
    assert_eq!(folder.database().rows(twice).len(), 0);
    assert!(job(&desk, 2).contains("3,000 put back."));
}

#[test]
fn a_job_that_is_stopped_keeps_what_it_has_done() {
    let folder = Folder::seeded(3000);
    let desk = folder.open();
    leave_all_to_ship(&folder);
    let asked = desk.post("/bulk", &[("do", "all"), ("on", "today")]);
    let url = asked.location().to_owned();
    let preview = choose(&desk, &url, &[("do", "cancel")]);
    run(&desk, &preview);
    until(|| !desk.get("/bulk/1?show=changed").text().contains("<p class=\"none\">None.</p>"));
    let stopped = desk.post("/bulk/1/stop", &[]);
    assert_eq!(stopped.location(), "/bulk/1");
    let page = job(&desk, 1);
    assert!(
        page.contains(">Stopped<") && page.contains("It was stopped before it came to the other"),
        "{page}"
    );
    let cancelled =
        || folder.database().rows("SELECT number FROM orders WHERE cancelled_at IS NOT NULL").len();
    let done = cancelled();
    assert!(done > 0 && done < 3000, "{done}");
    // A clerk's own change goes on as before, and nothing more is done by the job.
    assert_eq!(desk.edit(1, &[("product_quantity", "5")]).status, 303);
    assert_eq!(cancelled(), done);
    let undone = desk.post("/bulk/1/undo", &[]);
    until(|| job(&desk, 2).contains(">Done<"));
    assert_eq!(undone.location(), "/bulk/2");
    assert_eq!(cancelled(), 0);
    desk.stored().assert_sound();
}

#[test]
fn an_action_is_theirs_who_asked_for_it_and_others_are_not_offered_one() {
    let desk = Desk::open_for_people();
    let anna = Browser::of(&desk.folder, "Anna", "clerk");
    let viewer = Browser::of(&desk.folder, "Vic", "viewer");
    assert_eq!(anna.post(&desk, "/orders", &form(&[])).status, 303);
    let ship = [("order", "1.1"), ("do", "ship"), ("on", "2024-03-03")];
    assert_eq!(viewer.post(&desk, "/bulk", &ship).status, 403);
    assert_eq!(anna.post(&desk, "/bulk", &ship).status, 303);
    assert_eq!(anna.post(&desk, "/bulk/1/undo", &[]).status, 303);
    let people = desk.folder.database().numbers(
        "SELECT COUNT(*) FROM order_events JOIN people ON people.id = person_id WHERE people.name = 'Anna'",
    );
    assert_eq!(people, [3]);

    let list = anna.get(&desk, "/");
    assert!(list.page().says("id=\"picked\"") && list.page().link("Actions").is_some(), "{}", list.text());
    assert_eq!(anna.get(&desk, "/orders/1").page().link("action #1").as_deref(), Some("/bulk/1"));
    assert_eq!(anna.get(&desk, "/changes").page().link("action #2").as_deref(), Some("/bulk/2"));
    let list = viewer.get(&desk, "/");
    assert!(!list.page().says("id=\"picked\"") && list.page().link("Actions").is_none(), "{}", list.text());
    for path in ["/orders/1", "/changes"] {
        let page = viewer.get(&desk, path);
        assert!(page.page().says("action #1") && page.page().link("action #1").is_none(), "{}", page.text());
    }
}
