//! Collectors of traces that are away, slow or broken: the desk does not care.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::harness::collector::{Collector, Reply, settings};
use crate::harness::program::{Desk, PATIENCE, form, until};
use crate::harness::receiver::variables;
use crate::harness::server_database::server;
use crate::metrics::value;

const LOST: &str = "orders_trace_spans_lost_total";
/// For the last spans, as docs/operations.md says, and for the rest of a stop in a debug build on a busy machine.
const STOP: Duration = Duration::from_secs(2 + 3);

fn lost(desk: &Desk) -> u64 {
    value(&desk.get("/metrics"), LOST).parse().unwrap()
}

fn open(url: &str) -> Desk {
    let settings = settings(url, "1");
    let variables = variables(&settings);
    Desk::open_with(&[&variables[..], &[("ORDERS_SERVER__DRAIN_SECONDS", "0")]].concat())
}

fn warnings(desk: &Desk) -> Vec<String> {
    let log = desk.folder.log();
    log.lines().filter(|line| line.contains("traces do not arrive")).map(str::to_owned).collect()
}

/// Some work, none of which may take long.
fn work(desk: &Desk) {
    for nth in 0..5 {
        let began = Instant::now();
        desk.add(&[("user_id", &format!("2dcb6e7a-1f0e-4d0b-9d3a-{nth:012x}"))]);
        assert_eq!(desk.get("/").status, 200);
        assert_eq!(desk.post("/orders", &form(&[("store_code", "")])).status, 422);
        // How fast a server is that many tests use at once is not what is tested.
        let bound = if server().is_some() { PATIENCE } else { Duration::from_secs(4) };
        assert!(began.elapsed() < bound, "{:?}", began.elapsed());
    }
}

/// Stops the desk, which may not take long either.
fn stop(desk: Desk) {
    let began = Instant::now();
    desk.close();
    assert!(began.elapsed() < STOP, "{:?}", began.elapsed());
}

/// A port where nobody listens yet, and which nobody else can take.
fn nobody() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket
}

#[test]
fn what_ended_just_before_a_stop_arrives() {
    let collector = Collector::new();
    let desk = open(&collector.url());
    assert_eq!(desk.get("/").status, 200);
    stop(desk);
    assert!(collector.spans().iter().any(|span| span.name == "GET /"));
}

#[test]
fn a_collector_that_was_away_gets_what_waited_for_it() {
    let socket = nobody();
    let desk = open(&format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap()));
    work(&desk);
    until(|| !warnings(&desk).is_empty());
    work(&desk);
    socket.listen(16).unwrap();
    let collector = Collector::on(socket.into(), Reply::Taken);
    until(|| desk.folder.log().contains("traces arrive again"));
    let posted = || collector.spans().iter().filter(|span| span.name == "POST /orders").count();
    until(|| posted() == 20);
    assert_eq!((warnings(&desk).len(), lost(&desk)), (1, 0), "{}", desk.folder.log());
    stop(desk);
}

#[test]
fn an_order_is_stored_and_the_desk_stops_whatever_the_collector_does() {
    for (reply, reason) in [
        (Reply::Status(500), "it answered 500 Internal Server Error"),
        (Reply::Status(503), "it answered 503 Service Unavailable"),
        (Reply::Status(302), "it answered 302 Found"),
        (Reply::Page, "it does not answer as a collector does"),
        (Reply::Garbage, "the connection broke off"),
        (Reply::HangUp, "the connection broke off"),
        (Reply::Silence, "it does not answer within 5 seconds"),
    ] {
        let collector = Collector::that(reply);
        let desk = open(&collector.url());
        work(&desk);
        until(|| !collector.got().is_empty());
        until(|| !warnings(&desk).is_empty());
        work(&desk);
        until(|| collector.got().len() > 1);
        let warnings = warnings(&desk);
        assert!(warnings.len() == 1 && warnings[0].contains(reason), "{reply:?}: {warnings:?}");
        assert!(!desk.folder.log().contains("hunter2"), "{}", desk.folder.log());
        assert_eq!(desk.stored().numbers().len(), 10);
        stop(desk);
    }
}

#[test]
fn a_slow_collector_delays_nobody() {
    let collector = Collector::that(Reply::After(Duration::from_secs(3)));
    let desk = open(&collector.url());
    work(&desk);
    until(|| !collector.got().is_empty());
    work(&desk);
    until(|| !collector.spans().is_empty());
    assert_eq!((warnings(&desk).len(), lost(&desk)), (0, 0));
    stop(desk);
}

/// The first batch hangs, the queue fills, and the rest is dropped and counted.
#[test]
fn what_the_queue_has_no_room_for_is_lost_and_counted() {
    let collector = Collector::that(Reply::Silence);
    let desk = open(&collector.url());
    assert_eq!(lost(&desk), 0);
    // Three spans each, and a batch and the queue take 2560.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..300).for_each(|_| assert_eq!(desk.get("/").status, 200)));
        }
    });
    until(|| lost(&desk) > 0);
    stop(desk);
}
