//! Every request counts once, under its route, however it ends.

use std::collections::BTreeMap;

use crate::harness::program::{Answer, Desk, Folder, form, until};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::wire::{Wire, posted};
use crate::metrics::value;

/// What is asked, the status that comes, and how that is counted.
type Case<'a> = (&'a dyn Fn() -> u16, u16, (&'a str, &'a str, &'a str));

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What was counted of requests, by their labels; the requests for this are left out.
fn counted(desk: &Desk) -> BTreeMap<String, u64> {
    let answer = desk.get("/metrics");
    let series = answer.text().lines().filter_map(|line| line.strip_prefix("orders_http_requests_total{"));
    let all = series.filter_map(|line| {
        let (labels, count) = line.split_once("} ")?;
        Some((labels.to_owned(), count.parse().unwrap()))
    });
    all.filter(|(labels, count)| *count > 0 && !labels.contains("\"/metrics\"")).collect()
}

fn labels(method: &str, route: &str, class: &str) -> String {
    format!("method=\"{method}\",route=\"{route}\",status_class=\"{class}\"")
}

#[test]
fn each_end_of_a_request_counts_once_under_its_route() {
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_SERVER__MAX_BODY_BYTES", "2000")]);
    let long = format!("/{}", "x".repeat(5000));
    let large = "x".repeat(3000);
    let evil = [FORM, ("sec-fetch-site", "cross-site")];
    let send =
        |method: &str, path: &str, headers: &[(&str, &str)]| desk.ask(method, path, headers, None).status;
    let cases: &[Case] = &[
        (&|| send("GET", "/", &[]), 200, ("GET", "/", "2xx")),
        (&|| send("HEAD", "/?page=1", &[]), 200, ("HEAD", "/", "2xx")),
        (&|| send("GET", "/orders/3", &[]), 200, ("GET", "/orders/{number}", "2xx")),
        (&|| send("GET", "/orders/77", &[]), 404, ("GET", "/orders/{number}", "4xx")),
        (&|| send("GET", "/orders/2/edit", &[]), 200, ("GET", "/orders/{number}/edit", "2xx")),
        (&|| send("GET", "/orders", &[]), 302, ("GET", "/orders", "3xx")),
        (&|| desk.post("/orders", &form(&[])).status, 303, ("POST", "/orders", "3xx")),
        (&|| desk.post("/orders", &[]).status, 422, ("POST", "/orders", "4xx")),
        (&|| desk.post("/add_order", &[("a", &large)]).status, 413, ("POST", "/add_order", "4xx")),
        (&|| desk.post("/orders/77/ship", &[]).status, 404, ("POST", "/orders/{number}/ship", "4xx")),
        (&|| send("DELETE", "/orders/1", &[]), 405, ("other", "/orders/{number}", "4xx")),
        (&|| send("POST", "/readyz", &[]), 405, ("POST", "/readyz", "4xx")),
        (&|| send("GET", "/nowhere/4111111111111111", &[]), 404, ("GET", "unmatched", "4xx")),
        (&|| send("GET", &long, &[]), 414, ("GET", "unmatched", "4xx")),
        (&|| send("GET", "/", &[("host", "evil.example")]), 421, ("GET", "unmatched", "4xx")),
        (&|| send("POST", "/orders", &evil), 403, ("POST", "unmatched", "4xx")),
    ];
    for (ask, status, (method, route, class)) in cases {
        let mut before = counted(&desk);
        assert_eq!(ask(), *status, "{method} {route}");
        *before.entry(labels(method, route, class)).or_default() += 1;
        assert_eq!(counted(&desk), before, "{method} {route} {status}");
    }
}

#[test]
fn durations_are_sorted_into_buckets_of_their_route() {
    let desk = Desk::open();
    for _ in 0..3 {
        assert_eq!(desk.get("/orders/new").status, 200);
    }
    let answer = desk.get("/metrics");
    let of = |name: &str| value(&answer, &format!("orders_http_request_duration_seconds_{name}")).to_owned();
    assert_eq!(of("count{route=\"/orders/new\"}"), "3");
    assert_eq!(of("bucket{le=\"+Inf\",route=\"/orders/new\"}"), "3");
    // The desk's objective, whatever machine tests run on: that there is such a bucket.
    assert!(of("bucket{le=\"0.5\",route=\"/orders/new\"}").parse::<u64>().unwrap() <= 3);
    assert!(of("sum{route=\"/orders/new\"}").parse::<f64>().unwrap() > 0.0);
    assert_eq!(of("count{route=\"/orders\"}"), "0");
}

#[test]
fn a_body_that_takes_too_long_is_no_failure_of_the_desk() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "1")]);
    let mut wire = Wire::connect(desk.address).unwrap();
    let head = "POST /orders HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n";
    wire.send(format!("{head}x=")).unwrap();
    assert_eq!(wire.answer().unwrap().status, 408);
    assert_eq!(counted(&desk), BTreeMap::from([(labels("POST", "/orders", "4xx"), 1)]));
    let answer = desk.get("/metrics");
    let quick = "orders_http_request_duration_seconds_bucket{le=\"0.5\",route=\"/orders\"}";
    assert_eq!(value(&answer, quick), "0");
    assert_eq!(in_flight(&answer), "1");
}

#[test]
fn what_is_refused_before_its_head_is_read_counts_too() {
    let desk = Desk::open();
    let many = "x: y\r\n".repeat(200);
    let refused = [
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost localhost\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(70_000)),
    ];
    for (bytes, before) in refused.iter().zip(0..) {
        let mut wire = desk.connect();
        // The desk may hang up before it has read all of it.
        let _ = wire.send(bytes);
        drop(wire.rest());
        let expected = BTreeMap::from([(labels("other", "unmatched", "4xx"), before + 1)]);
        until(|| counted(&desk) == expected);
    }
}

fn in_flight(answer: &Answer) -> &str {
    value(answer, "orders_http_requests_in_flight")
}

fn writes_waiting(answer: &Answer) -> &str {
    value(answer, "orders_database_writes_waiting")
}

#[test]
fn who_hangs_up_is_counted_and_forgotten() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "60000")]);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut wire = Wire::connect(desk.address).unwrap();
    wire.send(posted("/orders", &form(&[]))).unwrap();
    until(|| writes_waiting(&desk.get("/metrics")) == "1");
    assert_eq!(in_flight(&desk.get("/metrics")), "2");
    drop(wire);
    until(|| in_flight(&desk.get("/metrics")) == "1");
    assert_eq!(counted(&desk), BTreeMap::from([(labels("POST", "/orders", "4xx"), 1)]));

    // The order itself was on its way, and nobody takes it back.
    assert_eq!(writes_waiting(&desk.get("/metrics")), "1");
    other.execute_batch("ROLLBACK").unwrap();
    until(|| writes_waiting(&desk.get("/metrics")) == "0");
    until(|| folder.stored().orders.len() == 4);
}

#[test]
fn work_in_the_database_is_timed_by_kind() {
    let desk = Desk::open();
    let count = |kind: &str| {
        let series = format!("orders_database_duration_seconds_count{{kind=\"{kind}\"}}");
        value(&desk.get("/metrics"), &series).parse::<u64>().unwrap()
    };
    let (reads, writes) = (count("read"), count("write"));
    desk.add(&[]);
    assert_eq!(desk.get("/").status, 200);
    assert_eq!(count("write"), writes + 1);
    assert!(count("read") > reads);
}

#[test]
fn connections_are_counted_by_what_they_do() {
    let desk = Desk::open_with(&[("ORDERS_DATABASE__READERS", "3"), ("ORDERS_DATABASE__CONNECTIONS", "3")]);
    assert_eq!(desk.get("/").status, 200);
    let answer = desk.get("/metrics");
    let state = |state: &str| {
        value(&answer, &format!("orders_database_connections{{state=\"{state}\"}}")).parse::<u64>().unwrap()
    };
    assert_eq!(value(&answer, "orders_database_connections_allowed"), "3");
    assert_eq!(value(&answer, "orders_database_requests_waiting"), "0");
    assert_eq!(state("in_use"), 0);
    assert!((1..=3).contains(&state("idle")), "{}", answer.text());
}

/// Nobody asks for readiness: the desk looks for itself.
#[test]
fn a_database_that_goes_away_is_told_without_a_question() {
    let desk = Desk::open();
    let up = || value(&desk.get("/metrics"), "orders_database_up").to_owned();
    assert_eq!(up(), "1");
    desk.folder.database().rename_table("card_keys", "lost");
    until(|| up() == "0");
    desk.folder.database().rename_table("lost", "card_keys");
    assert_eq!(desk.get("/readyz").status, 200);
    assert_eq!(up(), "1", "an answer to a probe tells it at once");
    let log = desk.folder.log();
    assert_eq!(log.matches("the database does not answer").count(), 1, "{log}");
    assert_eq!(log.matches("the database answers").count(), 1, "{log}");
}

#[test]
fn the_process_and_its_version_are_told() {
    let desk = Desk::open();
    let answer = desk.get("/metrics");
    let version = format!("orders_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(value(&answer, &version), "1");
    let number = |name: &str| value(&answer, name).parse::<f64>().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - number("process_start_time_seconds")).abs() < 300.0);
    assert!(number("process_resident_memory_bytes") > 4e6);
    assert!(number("process_virtual_memory_bytes") >= number("process_resident_memory_bytes"));
    assert!((4.0..number("process_max_fds")).contains(&number("process_open_fds")));
    assert!(number("process_cpu_seconds_total") > 0.0);
}
