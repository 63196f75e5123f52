//! `orders smoke` finds whatever a desk, or what stands before it, does wrong: one thing at a time.

use crate::harness::crooked::{Exchange, Gateway};
use crate::harness::program::Folder;
use crate::smoke::Told;

type Bend = fn(&mut Exchange);

/// Everything that a desk or what stands before it can do wrong, the check that finds it, and its words.
const WRONGS: &[(&str, &str, Bend)] = &[
    ("version", "does not say its version", |e| {
        if e.is("GET /") {
            e.replace("\"foot\">Orders ", "\"foot\">");
        }
    }),
    ("version", "9.9.9 is served, not", |e| {
        if e.is("GET /") {
            e.replace(concat!("Orders ", env!("CARGO_PKG_VERSION")), "Orders 9.9.9");
        }
    }),
    ("headers", "/: content-security-policy is missing", |e| e.remove("content-security-policy")),
    ("headers", "/: x-content-type-options is missing", |e| e.remove("x-content-type-options")),
    ("headers", "referrer-policy is “unsafe-url”", |e| e.set("referrer-policy", "unsafe-url")),
    ("headers", "x-frame-options is missing", |e| e.remove("x-frame-options")),
    ("headers", "cache-control is “public”", |e| {
        if e.status == 404 {
            e.set("cache-control", "public");
        }
    }),
    ("order", "answers 500", |e| {
        if e.asked.starts_with("GET /orders/") && e.status == 200 && !e.is("GET /orders/new") {
            e.status = 500;
        }
    }),
    ("order", "is not headed “Order ", |e| {
        if e.asked.starts_with("GET /orders/") && e.status == 200 && !e.is("GET /orders/new") {
            e.replace("<h1>Order ", "<h1>Other ");
        }
    }),
    ("form", "it has no field card_number", |e| {
        if e.is("GET /orders/new") {
            e.replace("name=\"card_number\"", "name=\"card\"");
        }
    }),
    ("form", "it has no field submission", |e| {
        if e.is("GET /orders/new") {
            e.replace("name=\"submission\"", "name=\"id\"");
        }
    }),
    ("form", "no form on it leads to /orders", |e| {
        if e.is("GET /orders/new") {
            e.replace("action=\"/orders\"", "action=\"/add\"");
        }
    }),
    ("refused entry", "answers 303 and leads to /orders/31, not 422", |e| {
        if is_entry(e) {
            e.status = 303;
            e.set("location", "/orders/31");
        }
    }),
    ("refused entry", "is no application/problem+json (application/json)", |e| {
        if is_entry(e) {
            e.set("content-type", "application/json");
        }
    }),
    ("refused entry", "no JSON", |e| {
        if is_entry(e) {
            e.body = b"{".to_vec();
        }
    }),
    ("refused entry", "nothing is said of store_code", |e| {
        if is_entry(e) {
            e.replace("store_code", "store");
        }
    }),
    ("nothing stored", "30 orders before, 29 now", |e| {
        if e.is("GET /?per_page=100") {
            e.replace(" of 30, newest", " of 29, newest");
        }
    }),
    ("nothing stored", "answers 500", |e| {
        if e.is("GET /?per_page=100") {
            e.status = 500;
        }
    }),
];

fn is_entry(exchange: &Exchange) -> bool {
    exchange.is("POST /orders")
}

#[test]
fn whatever_is_wrong_is_found_and_nothing_else() {
    let folder = Folder::seeded(30);
    let desk = folder.open_with(&[("ORDERS_LOG__REQUESTS", "false")]);
    let rows = desk.rows();
    for (check, words, bend) in WRONGS {
        let gateway = Gateway::new(&desk, bend);
        let version = ["--expect-version", env!("CARGO_PKG_VERSION")];
        let told = Told::of(&[&[gateway.url().as_str()], &version[..]].concat());
        told.assert_failed(check, words);
        assert_eq!(desk.rows(), rows, "{check}: {words}");
    }
    Told::of(&[&Gateway::new(&desk, |_| {}).url()]).assert_well();
}
