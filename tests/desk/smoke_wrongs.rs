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
    ("headers", "content-security-policy has no default-src", |e| e.remove("content-security-policy")),
    ("headers", "lets script-src take 'unsafe-inline'", |e| {
        e.set("content-security-policy", "default-src 'none'; script-src 'self' 'unsafe-inline'");
    }),
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
    ("order", "is headed “Other 30”", |e| {
        if e.asked.starts_with("GET /orders/") && e.status == 200 && !e.is("GET /orders/new") {
            e.replace("<h1>Order ", "<h1>Other ");
        }
    }),
    ("no such order", "answers 200, not 404", |e| {
        if e.status == 404 {
            e.status = 200;
        }
    }),
    ("no such order", "not as a desk says it: “Nothing here”", |e| {
        if e.status == 404 {
            e.replace("<h1>Page not found", "<h1>Nothing here");
        }
    }),
    ("assets", "holds something else than its name says", |e| {
        if e.asked.contains("/assets/icon") {
            e.remove("content-encoding");
            e.body = b"<svg/>".to_vec();
        }
    }),
    ("assets", "is not kept for ever", |e| {
        if e.is_file("css") {
            e.set("cache-control", "no-cache");
        }
    }),
    ("assets", "is of type text/plain", |e| {
        if e.is_file("js") {
            e.set("content-type", "text/plain");
        }
    }),
    ("assets", "cannot be unpacked", |e| {
        if e.is_file("js") {
            e.set("content-encoding", "gzip");
            e.body = b"no gzip".to_vec();
        }
    }),
    ("assets", "answers 404", |e| {
        if e.is_file("css") {
            e.status = 404;
        }
    }),
    ("assets", "the list loads https://cdn.example/x.js", |e| {
        if e.is("GET /") {
            e.replace("<script src=\"", "<script src=\"https://cdn.example/x.js\" data-x=\"");
        }
    }),
    ("assets", "has no hash in its name", |e| {
        if e.is("GET /") {
            e.replace("<script src=\"", "<script src=\"/assets/desk.js\" data-x=\"");
        }
    }),
    ("form", "it has no field card_number", |e| {
        if e.is("GET /orders/new") {
            e.replace("name=\"card_number\"", "name=\"card\"");
        }
    }),
    ("form", "the form has no id", |e| {
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
    ("refused entry", "not as a desk says it", |e| {
        if is_entry(e) {
            e.replace("<title>Error: ", "<title>");
        }
    }),
    ("refused entry", "nothing is said of user_id", |e| {
        if is_entry(e) {
            e.replace("id=\"user_id-error\"", "");
        }
    }),
    ("refused entry", "what was typed is lost", |e| {
        if is_entry(e) {
            e.replace("value=\"none\"", "value=\"\"");
        }
    }),
    ("refused entry", "the card number comes back", |e| {
        if is_entry(e) {
            e.replace(
                "name=\"card_number\" type=\"text\" value=\"\"",
                "name=\"card_number\" type=\"text\" value=\"0000\"",
            );
        }
    }),
    ("other site", "answers 422, not 403", |e| {
        if e.status == 403 {
            e.status = 422;
        }
    }),
    ("other site", "not as a desk says it: “Go away”", |e| {
        if e.status == 403 {
            e.replace("<h1>Not from another site", "<h1>Go away");
        }
    }),
    ("problem details", "no problem details but application/json", |e| {
        if is_problem(e) {
            e.set("content-type", "application/json");
        }
    }),
    ("problem details", "no JSON", |e| {
        if is_problem(e) {
            e.body = b"{".to_vec();
        }
    }),
    ("problem details", "nothing is said of store_code", |e| {
        if is_problem(e) {
            e.replace("store_code", "store");
        }
    }),
    ("problem details", "its status is another", |e| {
        if is_problem(e) {
            e.replace("\"status\":422", "\"status\":400");
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
    exchange.is("POST /orders") && exchange.status == 422 && !is_problem(exchange)
}

fn is_problem(exchange: &Exchange) -> bool {
    exchange.headers.iter().any(|(_, value)| value == "application/problem+json")
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
