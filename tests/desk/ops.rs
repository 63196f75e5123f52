//! A socket of its own for what machines ask.

use std::net::TcpListener;

use crate::harness::program::{Desk, Folder, form, until};
use crate::harness::wire::Wire;

const OPS: (&str, &str) = ("ORDERS_SERVER__OPS_LISTEN", "127.0.0.1:0");

fn ask(desk: &Desk, path: &str) -> u16 {
    Wire::connect(desk.ops_address()).unwrap().get(path).unwrap().status
}

#[test]
fn metrics_are_there_alone_and_health_is_on_both() {
    let desk = Desk::open_with(&[OPS]);
    for (path, here, there) in [
        ("/healthz", 200, 200),
        ("/readyz", 200, 200),
        ("/metrics", 404, 200),
        ("/metrics/", 404, 308),
        ("/", 200, 404),
        ("/orders/new", 200, 404),
        ("/assets/desk.css", 404, 404),
    ] {
        assert_eq!((desk.get(path).status, ask(&desk, path)), (here, there), "{path}");
    }
    let mut ops = Wire::connect(desk.ops_address()).unwrap();
    assert_eq!(ops.post("/orders", &form(&[])).unwrap().status, 404);
    ops.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(ops.answer().unwrap().header("allow"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(desk.stored().orders, []);
    // They tell of what was asked on both.
    let told = ops.get("/metrics").unwrap();
    let asked = "orders_http_requests_total{method=\"GET\",route=\"/healthz\",status_class=\"2xx\"}";
    assert_eq!(crate::metrics::value(&told, asked), "2");
    assert_eq!(desk.close(), "");
}

#[test]
fn machines_are_answered_when_clients_have_every_connection() {
    let desk = Desk::open_with(&[
        OPS,
        ("ORDERS_SERVER__MAX_CONNECTIONS", "1"),
        ("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "3600"),
    ]);
    let mut busy = desk.connect();
    let rest = busy.begin("/orders", &form(&[]));
    let mut waiting = desk.connect();
    waiting.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    // And its own socket is as patient with those that say nothing.
    let silent: Vec<_> = (0..100).map(|_| Wire::connect(desk.ops_address()).unwrap()).collect();
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(ask(&desk, path), 200, "{path}");
    }
    assert!(!waiting.is_answered());
    busy.send(rest).unwrap();
    assert_eq!(busy.answer().unwrap().status, 303);
    assert_eq!(waiting.answer().unwrap().status, 200);
    drop(silent);
}

#[test]
fn healthcheck_asks_there() {
    let desk = Desk::open_with(&[OPS]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ops = desk.ops_address().to_string();
    let addresses =
        |ops: &str| [("ORDERS_SERVER__LISTEN", free.clone()), ("ORDERS_SERVER__OPS_LISTEN", ops.to_owned())];
    desk.folder.orders(&["healthcheck"]).envs(addresses(&ops)).assert().success().stdout("ready\n");
    desk.folder.orders(&["healthcheck"]).envs(addresses("")).assert().code(1);
}

#[test]
fn machines_are_answered_until_the_last_request_is() {
    let mut desk = Desk::open_with(&[OPS, ("ORDERS_SERVER__DRAIN_SECONDS", "0")]);
    let mut busy = desk.connect();
    let rest = busy.begin("/orders", &form(&[]));
    assert_eq!(desk.get("/").status, 200);
    desk.signal("TERM");
    until(|| Wire::connect(desk.address).is_err());
    assert_eq!((ask(&desk, "/healthz"), ask(&desk, "/readyz"), ask(&desk, "/metrics")), (200, 503, 200));
    busy.send(rest).unwrap();
    assert_eq!(busy.answer().unwrap().status, 303);
    assert_eq!(desk.wait().code(), Some(0));
}

#[test]
fn a_port_in_use_names_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let variables =
        [("ORDERS_SERVER__LISTEN", "127.0.0.1:0"), ("ORDERS_SERVER__OPS_LISTEN", address.as_str())];
    let said = folder.complaint(&["serve"], &variables);
    assert!(
        said.contains("is in use by another program") && said.contains("ORDERS_SERVER__OPS_LISTEN="),
        "{said}"
    );
    assert!(folder.file_names().is_empty(), "the ports come before the database");
}
