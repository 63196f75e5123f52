//! Many connections: who gets in, who makes room, and who is left alone.

use std::net::{IpAddr, Ipv4Addr};

use crate::harness::program::{Answer, Desk, Folder, form, until};
use crate::harness::wire::Wire;
use crate::metrics::value;

/// Nothing happens because a connection has waited too long.
const PATIENT: (&str, &str) = ("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "3600");
const IN_USE: &str = "orders_http_connections{state=\"in_use\"}";
const IDLE: &str = "orders_http_connections{state=\"idle\"}";
const SOMEBODY_ELSE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn open(max: &str, per_client: &str) -> Desk {
    Desk::open_with(&[
        PATIENT,
        ("ORDERS_SERVER__MAX_CONNECTIONS", max),
        ("ORDERS_SERVER__MAX_CONNECTIONS_PER_CLIENT", per_client),
    ])
}

/// A connection that has asked something, and waits until it asks again.
fn idle(desk: &Desk) -> Wire {
    let mut wire = desk.connect();
    assert_eq!(wire.get("/healthz").unwrap().status, 200);
    wire
}

/// A connection with an order under way, and what is missing of it.
fn busy(mut wire: Wire) -> (Wire, String) {
    let rest = wire.begin("/orders", &form(&[]));
    (wire, rest)
}

fn finish((mut wire, rest): (Wire, String)) -> Answer {
    wire.send(rest).unwrap();
    wire.answer().unwrap()
}

fn metrics(desk: &Desk) -> Answer {
    Wire::connect_from(SOMEBODY_ELSE, desk.address).unwrap().get("/metrics").unwrap()
}

#[test]
fn idle_connections_of_one_client_keep_nobody_out() {
    let desk = open("16", "16");
    let mut open = Vec::new();
    for n in 0..200 {
        let mut wire = desk.connect();
        match n % 3 {
            0 => {}
            // A head that never ends.
            1 => wire.send("GET / HTTP/1.1\r\nHost: local").unwrap(),
            _ => assert_eq!(wire.get("/healthz").unwrap().status, 200),
        }
        open.push(wire);
    }
    assert_eq!(desk.get("/healthz").status, 200);
    assert_eq!(desk.get("/readyz").status, 200);
    assert_eq!(desk.add(&[]), 1);
    let told = metrics(&desk);
    assert_eq!(value(&told, "orders_http_connections_allowed"), "16");
    let number = |series: &str| value(&told, series).parse::<usize>().unwrap();
    let open =
        ["in_use", "idle"].map(|state| number(&format!("orders_http_connections{{state=\"{state}\"}}")));
    assert!(open.iter().sum::<usize>() <= 16, "{}", told.text());
    assert!(number("orders_http_connections_evicted_total") >= 184, "{}", told.text());
    assert_eq!(number("orders_http_connections_refused_total"), 0);
}

#[test]
fn the_connection_that_has_been_idle_the_longest_makes_room() {
    let desk = Desk::open_with(&[
        PATIENT,
        ("ORDERS_SERVER__MAX_CONNECTIONS", "3"),
        ("ORDERS_SERVER__OPS_LISTEN", "127.0.0.1:0"),
    ]);
    let (mut first, second, mut third) = (idle(&desk), idle(&desk), idle(&desk));
    // From now on the second one has waited the longest.
    assert_eq!(first.get("/healthz").unwrap().status, 200);
    let mut ops = Wire::connect(desk.ops_address()).unwrap();
    until(|| value(&ops.get("/metrics").unwrap(), IDLE) == "3");
    let mut fourth = idle(&desk);
    assert_eq!(second.rest(), b"");
    for wire in [&mut first, &mut third, &mut fourth] {
        assert_eq!(wire.get("/healthz").unwrap().status, 200);
    }
    until(|| value(&ops.get("/metrics").unwrap(), IDLE) == "3");
    let fifth = idle(&desk);
    assert_eq!(first.rest(), b"");
    assert!(!third.has_ended() && !fourth.has_ended() && !fifth.has_ended());
}

#[test]
fn a_connection_that_is_being_answered_is_never_closed_for_another() {
    let desk = Desk::open_with(&[
        PATIENT,
        ("ORDERS_SERVER__MAX_CONNECTIONS", "2"),
        ("ORDERS_SERVER__OPS_LISTEN", "127.0.0.1:0"),
    ]);
    let (first, second) = (busy(desk.connect()), busy(desk.connect()));
    let mut third = desk.connect();
    third.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut ops = Wire::connect(desk.ops_address()).unwrap();
    for _ in 0..20 {
        let told = ops.get("/metrics").unwrap();
        assert_eq!((value(&told, IN_USE), value(&told, IDLE)), ("2", "0"));
    }
    assert!(!third.is_answered());
    assert_eq!(finish(first).status, 303);
    assert_eq!(third.answer().unwrap().status, 200);
    assert_eq!(finish(second).status, 303);
    assert_eq!(desk.stored().numbers().len(), 2);
}

#[test]
fn an_answer_that_is_not_yet_taken_is_written_to_its_end() {
    let desk = Folder::seeded(120).open_with(&[
        PATIENT,
        ("ORDERS_SERVER__MAX_CONNECTIONS", "1"),
        ("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "30"),
    ]);
    let mut slow = Wire::connect_narrow(desk.address).unwrap();
    let requests = 60;
    slow.send("GET /?per_page=100 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(requests)).unwrap();
    // More than both sockets hold is on its way, and somebody wants the only place.
    let mut next = desk.connect();
    next.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    for n in 0..requests {
        let answer = slow.answer().unwrap_or_else(|error| panic!("answer {n}: {error}"));
        assert_eq!((answer.status, answer.page().numbers().len()), (200, 100));
    }
    assert_eq!(next.answer().unwrap().status, 200);
    assert_eq!(slow.rest(), b"");
}

#[test]
fn a_client_that_has_its_share_makes_room_for_itself_alone() {
    let desk = open("16", "2");
    let mut other = Wire::connect_from(SOMEBODY_ELSE, desk.address).unwrap();
    assert_eq!(other.get("/healthz").unwrap().status, 200);
    let (first, mut second) = (idle(&desk), idle(&desk));
    until(|| value(&other.get("/metrics").unwrap(), IDLE) == "2");
    let mut third = idle(&desk);
    assert_eq!(first.rest(), b"");
    for wire in [&mut second, &mut third, &mut other] {
        assert_eq!(wire.get("/healthz").unwrap().status, 200);
    }
    assert_eq!(value(&other.get("/metrics").unwrap(), "orders_http_connections_evicted_total"), "1");
}

#[test]
fn a_client_whose_connections_are_all_busy_gets_no_more_and_holds_nobody_up() {
    let desk = open("16", "2");
    let (first, second) = (busy(desk.connect()), busy(desk.connect()));
    assert_eq!(desk.connect().rest(), b"");
    let told = metrics(&desk);
    assert_eq!(value(&told, "orders_http_connections_refused_total"), "1");
    assert_eq!(value(&told, IN_USE), "3", "the one that asks is one of them");
    assert_eq!(finish(first).status, 303);
    assert_eq!(finish(second).status, 303);
    assert_eq!(desk.get("/healthz").status, 200);
}

#[test]
fn a_trusted_proxy_may_have_any_number() {
    let desk = Desk::open_with(&[
        PATIENT,
        ("ORDERS_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("ORDERS_SERVER__MAX_CONNECTIONS_PER_CLIENT", "1"),
    ]);
    let mut proxy: Vec<_> = (0..8).map(|_| idle(&desk)).collect();
    for wire in &mut proxy {
        assert_eq!(wire.get("/healthz").unwrap().status, 200);
    }
    let connect = || Wire::connect_from(SOMEBODY_ELSE, desk.address).unwrap();
    let (first, mut second) = (connect(), connect());
    assert_eq!(second.get("/healthz").unwrap().status, 200);
    assert_eq!(first.rest(), b"");
}
