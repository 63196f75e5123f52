//! What Prometheus reads.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::harness::program::{Answer, Desk, form};

/// The value of a series.
pub fn value<'a>(answer: &'a Answer, series: &str) -> &'a str {
    let found = answer.text().lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("{series} is not in {}", answer.text()))
}

#[test]
fn orders_are_counted_once_each() {
    let desk = Desk::open();
    assert_eq!(value(&desk.get("/metrics"), "orders_added_total"), "0");
    let submission = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d";
    for _ in 0..2 {
        desk.add(&[("submission", submission)]);
    }
    assert_eq!(desk.post("/orders", &form(&[("store_code", "nowhere")])).status, 422);
    assert_eq!(value(&desk.get("/metrics"), "orders_added_total"), "1");
}

#[test]
fn each_format_is_given_to_who_asks_for_it() {
    let desk = Desk::open();
    let plain = desk.get("/metrics");
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let open = desk.get_with("/metrics", &[("accept", prometheus)]);
    assert_eq!(
        open.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(open.text().ends_with("# EOF\n"));
    for answer in [plain, open] {
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        assert_eq!(value(&answer, "orders_added_total"), "0");
    }
}

/// They are read by the pod's address, whatever the desk is called.
#[test]
fn metrics_are_read_under_any_name_and_written_under_none() {
    let desk = Desk::open();
    assert_eq!(desk.get_with("/metrics", &[("host", "10.1.2.3:5000")]).status, 200);
    assert_eq!(desk.post_with("/metrics", &[], &[("host", "10.1.2.3:5000")]).status, 421);
    assert_eq!(desk.post("/metrics", &[]).status, 405);
    assert!(!desk.folder.log().contains("/metrics status=200"), "{}", desk.folder.log());
}

#[test]
fn no_card_order_or_address_is_in_the_metrics() {
    let desk = Desk::open();
    desk.add(&[]);
    let answer = desk.get("/metrics");
    for secret in ["1111", "HI-9B97EE4E", "2dcb6e7a", "R7-3126933h", "127.0.0.1", "orders.db"] {
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
}

/// Prometheus' own judgement of names, units and descriptions.
#[test]
fn prometheus_finds_nothing_wrong_with_them() {
    let desk = Desk::open();
    let checking = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = checking else {
        println!("skipped: there is no promtool");
        return;
    };
    promtool.stdin.take().unwrap().write_all(&desk.get("/metrics").body).unwrap();
    let verdict = promtool.wait_with_output().unwrap();
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stderr));
}
