//! Files of the orders that are ticked in a list, and of all that were noted from it.

use serde_json::Value;

use crate::export::{begin, csv_of, large, log, numbers_of};
use crate::harness::page::Page;
use crate::harness::people::Browser;
use crate::harness::program::{Answer, Desk, form, until};

const FORMATS: [(&str, &str); 5] = [
    ("export-xlsx", "/export.xlsx?action="),
    ("export-csv", "/export.csv?action="),
    ("export-csv-excel", "/export.csv?for=excel&separator=semicolon&action="),
    ("export-ndjson", "/export.ndjson?action="),
    ("export-json", "/export.json?action="),
];

/// What the boxes of these orders send, in the order of the page.
fn boxes(page: &Answer, numbers: &[i64]) -> Vec<(String, String)> {
    let values = page.text().split("name=\"order\"").skip(1);
    let values = values.filter_map(|rest| Page::new(rest).between("value=\"", "\""));
    let is_asked = |value: &&str| numbers.contains(&value.split('.').next().unwrap().parse().unwrap());
    values.filter(is_asked).map(|value| ("order".to_owned(), value.to_owned())).collect()
}

fn tick(desk: &Desk, list: &str, numbers: &[i64], what: &str) -> Answer {
    let mut form = boxes(&desk.get(&format!("/{list}")), numbers);
    form.insert(0, ("on".to_owned(), "today".to_owned()));
    form.push(("do".to_owned(), what.to_owned()));
    desk.send(&format!("/bulk{list}"), &form)
}

/// The numbers of the orders in a file of text.
fn numbers(file: &Answer) -> Vec<i64> {
    assert_eq!(file.status, 200, "{}", file.text());
    let of = |order: &Value| order["number"].as_i64().unwrap();
    match file.header("content-type").unwrap().split(';').next().unwrap() {
        "text/csv" => {
            let delimiter = if file.text().lines().next().unwrap().contains(';') { b';' } else { b',' };
            numbers_of(&csv_of(file, delimiter))
        }
        "application/json" => file.json().as_array().unwrap().iter().map(of).collect(),
        _ => file.text().lines().map(|line| of(&serde_json::from_str(line).unwrap())).collect(),
    }
}

fn desk_with(orders: usize) -> Desk {
    let desk = Desk::open();
    for _ in 0..orders {
        desk.add(&[]);
    }
    desk
}

#[test]
fn ticked_orders_are_exported_in_every_format_in_the_order_of_their_list() {
    let desk = desk_with(6);
    let stored = desk.stored();
    for (list, expected) in [("", [6, 4, 1]), ("?sort=number", [1, 4, 6])] {
        for (nth, (what, url)) in FORMATS.into_iter().enumerate() {
            let answer = tick(&desk, list, &expected, what);
            assert_eq!(answer.status, 303, "{}", answer.text());
            let id = answer.location().split("action=").nth(1).unwrap().split('&').next().unwrap().to_owned();
            let [path, wanted] = [answer.location(), url].map(|url| url.split('?').next().unwrap());
            assert_eq!(path, wanted);
            let file = desk.get(answer.location());
            let name = file.header("content-disposition").unwrap();
            assert!(name.starts_with("attachment; filename=\"orders-selected-20"), "{name}");
            if what == "export-xlsx" {
                assert!(file.body.starts_with(b"PK\x03\x04"));
            } else {
                assert_eq!(numbers(&file), expected, "{what} {list}");
            }
            if what == "export-csv" {
                let all = desk.get("/export.csv");
                assert_eq!(file.text().lines().next(), all.text().lines().next(), "the same columns");
            }
            // A selection is no action that is looked at, and is there again for another file.
            assert_eq!(numbers(&desk.get(&format!("/export.json?action={id}"))), expected);
            assert_eq!(desk.get(&format!("/bulk/{id}")).status, 200, "{nth}");
        }
    }
    assert_eq!(desk.stored(), stored, "nothing was changed");
    assert!(desk.get("/bulk").text().contains("No actions yet"));
    assert_eq!(
        log(&desk)[..2],
        [
            "the desk exported 3 selected orders of All orders, lowest number first as JSON · Finished",
            "the desk exported 3 selected orders of All orders, lowest number first as JSON · Finished"
        ]
    );
    assert!(log(&desk).iter().any(|said| said.ends_with("of All orders as an Excel workbook · Finished")));
}

#[test]
fn all_that_match_are_exported_as_they_were_noted_and_as_they_are_by_then() {
    let desk = desk_with(2);
    for _ in 0..3 {
        desk.add(&[("store_code", "DE-00000001")]);
    }
    let asked = desk.post("/bulk?store=DE-00000001&sort=number", &[("do", "all"), ("on", "today")]);
    desk.add(&[("store_code", "DE-00000001")]);
    assert_eq!(desk.edit(4, &[("store_code", "HI-9B97EE4E"), ("product_quantity", "9")]).status, 303);
    let question = desk.get(asked.location());
    let links: Vec<(String, String)> =
        question.page().links().into_iter().filter(|(_, url)| url.starts_with("/export.")).collect();
    let labels: Vec<&str> = links.iter().map(|(label, _)| &**label).collect();
    assert_eq!(labels, ["Excel workbook", "CSV", "CSV for Excel, with semicolons", "NDJSON", "JSON"]);
    for (_, url) in &links[1..] {
        assert_eq!(numbers(&desk.get(url)), [3, 4, 5], "{url}");
    }
    let orders = desk.get(&links[4].1).json();
    assert_eq!(
        (&orders[1]["product_quantity"], &orders[1]["store_code"]),
        (&9.into(), &"HI-9B97EE4E".into())
    );
}

#[test]
fn what_is_not_selected_is_not_exported() {
    let desk = desk_with(2);
    let none = desk.unchanged(422, "no order", || desk.post("/bulk", &[("do", "export-csv")]));
    assert!(none.text().contains("Tick the orders first"));
    desk.unchanged(400, "no format", || tick(&desk, "", &[1], "export-pdf"));
    assert_eq!(tick(&desk, "", &[1], "export-csv").status, 303);
    for id in ["9", "0", "x", "4111111111111111"] {
        let answer = desk.unchanged(404, id, || desk.get(&format!("/export.csv?action={id}")));
        assert!(answer.text().contains("These orders are not selected any more"), "{}", answer.text());
        assert!(!answer.text().contains("4111111111111111"));
    }
    for more in ["store=DE-00000001", "sort=number"] {
        let answer = desk.get(&format!("/export.csv?action=1&{more}"));
        assert!(answer.status == 422 && answer.text().contains("without a filter or a sort"), "{more}");
    }
    let head = desk.ask("HEAD", "/export.csv?action=1", &[], None);
    assert!(head.status == 200 && head.body.is_empty());
    assert_eq!(log(&desk), [""; 0], "nothing was taken out");
}

#[test]
fn who_hangs_up_ends_the_export_of_a_selection() {
    let desk = large().open();
    let asked = desk.post("/bulk", &[("do", "all"), ("on", "today")]);
    assert_eq!(asked.location(), "/bulk/1");
    let wire = begin(&desk, "/export.ndjson?action=1");
    assert!(log(&desk)[0].ends_with("Not finished"));
    drop(wire);
    until(|| log(&desk)[0].ends_with("Cut off"));
    assert_eq!(numbers(&desk.get("/export.ndjson?action=1")).len(), 10_000);
}

/// Who may only read finds no box, hidden or not, and no file.
#[test]
fn who_may_not_act_on_orders_selects_none() {
    let desk = Desk::open_for_people();
    let anna = Browser::of(&desk.folder, "Anna", "clerk");
    let viewer = Browser::of(&desk.folder, "Vic", "viewer");
    assert_eq!(anna.post(&desk, "/orders", &form(&[])).status, 303);
    let ticked = [("order", "1.1"), ("do", "export-csv")];
    let file = anna.post(&desk, "/bulk", &ticked).location().to_owned();
    assert_eq!(numbers(&anna.get(&desk, &file)), [1]);
    assert_eq!(viewer.post(&desk, "/bulk", &ticked).status, 403);
    assert_eq!(viewer.get(&desk, &file).status, 403);
    let (of_anna, of_viewer) = (anna.get(&desk, "/"), viewer.get(&desk, "/"));
    assert!(of_anna.page().says("name=\"order\"") && of_anna.page().says("id=\"pick-page\""));
    assert_eq!(of_viewer.page().numbers(), [1]);
    for hidden in ["name=\"order\"", "data-field=\"pick\"", "pick-page", "value=\"export-"] {
        assert!(!of_viewer.page().says(hidden), "{hidden}");
    }
}
