//! Being a server: bounds on what a client may take, and stopping without a failed request.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::harness::database::Database;
use crate::harness::program::{Answer, Desk, Folder, form, until};
use crate::harness::wire::{Wire, posted};

fn is_ok(answer: &Answer) -> bool {
    answer.status == 200
}

#[test]
fn one_line_on_standard_output_tells_where_the_desk_is() {
    let desk = Desk::open();
    let database = match desk.folder.database() {
        Database::Sqlite(_) => "SQLite orders.db".to_owned(),
        Database::Server(_) => desk.folder.database_name(),
    };
    let expected = format!("The order desk is open at http://{} (profile dev, {database}).", desk.address);
    assert!(desk.announcement.starts_with(&expected), "{}", desk.announcement);
    desk.get("/");
    assert_eq!(desk.close(), "");
}

#[test]
fn without_a_command_the_desk_is_served() {
    let folder = Folder::new();
    let desk = Desk::start(&folder, folder.program());
    assert_eq!(desk.get("/").status, 200);
    assert_eq!(desk.close(), "");
}

#[test]
fn a_connection_serves_many_requests() {
    let desk = Desk::open();
    let mut wire = desk.connect();
    for _ in 0..3 {
        assert!(is_ok(&wire.get("/").unwrap()));
        assert_eq!(wire.post("/orders", &form(&[])).unwrap().status, 303);
    }
    assert_eq!(desk.stored().orders.len(), 3);
}

#[test]
fn a_head_that_takes_too_long_is_cut_off() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "0.5")]);
    let silent = desk.connect();
    let mut half = desk.connect();
    half.send("GET / HTTP/1.1\r\nHost: local").unwrap();
    let mut idle = desk.connect();
    assert!(is_ok(&idle.get("/").unwrap()));
    let mut dribbling = desk.connect();
    dribbling.send("GET / HTTP/1.1\r\n").unwrap();
    until(|| dribbling.send("a: b\r\n").is_err());
    for wire in [silent, half, idle] {
        assert!(!String::from_utf8_lossy(&wire.rest()).contains("200 OK"));
    }
    assert_eq!(desk.get("/").status, 200);
}

#[test]
fn a_body_that_takes_too_long_is_given_up() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "0.3")]);
    let mut wire = desk.connect();
    let whole = posted("/orders", &form(&[]));
    wire.send(&whole[..whole.len() - 10]).unwrap();
    let answer = wire.answer().unwrap();
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    assert!(answer.page().says("did not arrive whole"), "{}", answer.text());
    assert_eq!(wire.rest(), b"");
    assert_eq!(desk.stored().orders, []);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let desk = Desk::open();
    let many = "x: y\r\n".repeat(200);
    let mut wire = desk.connect();
    wire.send(format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")).unwrap();
    assert_eq!(wire.answer().unwrap().status, 431);

    let mut wire = desk.connect();
    let huge = "y".repeat(100_000);
    // The desk may hang up before it has read all of it.
    let _ = wire.send(format!("GET / HTTP/1.1\r\nHost: localhost\r\nx: {huge}\r\n\r\n"));
    assert!(!String::from_utf8_lossy(&wire.rest()).contains("200 OK"));

    let mut wire = desk.connect();
    wire.send(format!("GET /?{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "y".repeat(10_000))).unwrap();
    assert_eq!(wire.answer().unwrap().status, 414);
    assert_eq!(desk.get("/").status, 200);
}

#[test]
fn what_is_no_http_is_refused() {
    let desk = Desk::open();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"\r\n\r\n\0\0\0\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let mut wire = desk.connect();
        wire.send(bytes).unwrap();
        let said = String::from_utf8_lossy(&wire.rest()).into_owned();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    assert_eq!(desk.get("/").status, 200);
    assert_eq!(desk.stored().orders, []);
}

#[test]
fn a_request_without_a_host_is_refused() {
    let desk = Desk::open();
    for head in ["GET / HTTP/1.0", "GET / HTTP/1.1", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost"] {
        let mut wire = desk.connect();
        wire.send(format!("{head}\r\n\r\n")).unwrap();
        assert!([400, 421].contains(&wire.answer().unwrap().status), "{head}");
    }
}

#[test]
fn clients_that_hang_up_leave_the_desk_as_it_was() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__MAX_CONNECTIONS", "4")]);
    let whole = posted("/orders", &form(&[]));
    // Ten bytes short of the whole at most: none of them is an order.
    for length in (0..whole.len() - 10).step_by(whole.len() / 23) {
        let mut wire = desk.connect();
        wire.send(&whole[..length]).unwrap();
    }
    assert_eq!(desk.get("/").status, 200);
    assert_eq!(desk.stored().orders, []);
    // Nobody hears whether these were added; they are or are not, but never by half.
    for _ in 0..10 {
        desk.connect().send(&whole).unwrap();
    }
    assert_eq!(desk.post("/orders", &form(&[])).status, 303);
    let folder = desk.folder.clone();
    desk.close();
    assert!((1..=11).contains(&folder.stored().orders.len()));
    folder.stored().assert_sound();
}

#[test]
fn a_client_that_takes_no_answers_does_not_hold_its_connection_for_ever() {
    let desk = Folder::seeded(120).open_with(&[
        ("ORDERS_SERVER__MAX_CONNECTIONS", "1"),
        ("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "0.5"),
        ("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "0.5"),
    ]);
    let mut greedy = Wire::connect_narrow(desk.address).unwrap();
    let request = "GET /?per_page=100 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    greedy.send(request.repeat(400)).unwrap();
    assert_eq!(desk.get("/healthz").status, 200);
    drop(greedy);
}

/// Asks without a pause until the desk is closed; how many answers there were. Whatever is not an answer,
/// and not a refused connection, is a failed request.
fn load(desk: &Desk, keep_alive: bool, write: bool) -> Result<usize, String> {
    let mut answers = 0;
    loop {
        let mut wire = match Wire::connect(desk.address) {
            Ok(wire) => wire,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(answers),
            Err(error) => return Err(format!("connecting: {error}")),
        };
        for of_connection in 0.. {
            let answer = if write { wire.post("/orders", &form(&[])) } else { wire.get("/") };
            let answer = answer
                .map_err(|error| format!("after {answers} answers, {of_connection} of them here: {error}"))?;
            if answer.status != if write { 303 } else { 200 } {
                return Err(format!("{}: {}", answer.status, answer.text()));
            }
            answers += 1;
            if !keep_alive || answer.header("connection") == Some("close") {
                break;
            }
        }
    }
}

#[test]
fn no_request_fails_when_the_desk_is_stopped_under_load() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::seeded(30);
        let mut desk =
            folder.open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "0.3"), ("ORDERS_LOG__REQUESTS", "false")]);
        let asked = AtomicUsize::new(0);
        let added: usize = std::thread::scope(|scope| {
            let desk = &desk;
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let asked = &asked;
                    scope.spawn(move || {
                        asked.fetch_add(1, Ordering::SeqCst);
                        (n % 2 == 1, load(desk, n < 4, n % 2 == 1))
                    })
                })
                .collect();
            until(|| asked.load(Ordering::SeqCst) == 8);
            std::thread::sleep(Duration::from_millis(200));
            desk.signal(signal);
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            let answers = results.map(|(write, result)| (write, result.unwrap()));
            answers.filter(|(write, _)| *write).map(|(_, added)| added).sum()
        });
        assert_eq!(desk.wait().code(), Some(0));
        let log = folder.log();
        assert!(log.contains("closing") && log.trim_end().ends_with("closed"), "{log}");
        assert!(folder.has_beside_its_database(&["orders.keys"]), "the database was not closed cleanly");
        assert!(added > 0);
        assert_eq!(folder.stored().orders.len(), 30 + added);
        folder.stored().assert_sound();
    }
}

#[test]
fn readiness_turns_off_first_while_the_desk_goes_on() {
    let mut desk = Desk::open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "2")]);
    // The first of everything takes longer.
    assert_eq!(desk.add(&[]), 1);
    let mut open = desk.connect();
    assert_eq!(open.get("/").unwrap().header("connection"), None);
    assert_eq!(desk.get("/readyz").text(), "ready\n");
    desk.signal("TERM");
    until(|| desk.get("/readyz").status == 503);
    assert_eq!(desk.get("/readyz").text(), "stopping\n");
    assert_eq!(desk.get("/healthz").status, 200);
    assert_eq!(desk.get("/").status, 200);
    assert_eq!(desk.add(&[]), 2);
    assert_eq!(open.get("/").unwrap().header("connection"), Some("close"));
    assert_eq!(open.rest(), b"");
    assert_eq!(desk.wait().code(), Some(0));
    assert_eq!(desk.stored().numbers(), [2, 1]);
}

#[test]
fn a_request_that_is_under_way_is_finished_before_the_end() {
    let mut desk = Desk::open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "0")]);
    let whole = posted("/orders", &form(&[]));
    let mut wire = desk.connect();
    wire.send(&whole[..whole.len() - 10]).unwrap();
    assert_eq!(desk.get("/").status, 200);
    desk.signal("TERM");
    until(|| Wire::connect(desk.address).is_err());
    wire.send(&whole[whole.len() - 10..]).unwrap();
    assert_eq!(wire.answer().unwrap().number(), 1);
    assert_eq!(desk.wait().code(), Some(0));
    assert_eq!(desk.stored().numbers(), [1]);
}

#[test]
fn a_request_that_does_not_end_holds_the_stop_up_for_so_long_only() {
    let mut desk =
        Desk::open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "0"), ("ORDERS_SERVER__SHUTDOWN_SECONDS", "0.3")]);
    let whole = posted("/orders", &form(&[]));
    let mut wire = desk.connect();
    wire.send(&whole[..whole.len() - 10]).unwrap();
    assert_eq!(desk.get("/").status, 200);
    desk.signal("TERM");
    assert_eq!(desk.wait().code(), Some(0));
    let log = desk.folder.log();
    assert!(log.contains("requests were still open when server.shutdown_seconds had passed"), "{log}");
    assert!(desk.folder.has_beside_its_database(&["orders.keys"]));
}

#[test]
fn connections_that_wait_for_their_turn_are_served_before_the_end() {
    let mut desk =
        Desk::open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "0.1"), ("ORDERS_SERVER__MAX_CONNECTIONS", "1")]);
    let mut first = desk.connect();
    let rest = first.begin("/orders", &form(&[]));
    let mut second = desk.connect();
    second.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    desk.signal("TERM");
    until(|| Wire::connect(desk.address).is_err());
    first.send(rest).unwrap();
    assert_eq!(first.answer().unwrap().status, 303);
    assert!(is_ok(&second.answer().unwrap()));
    assert_eq!(desk.wait().code(), Some(0));
}

#[test]
fn a_desk_that_says_it_is_open_can_be_stopped() {
    for _ in 0..8 {
        let desk = Desk::open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "0")]);
        let folder = desk.folder.clone();
        desk.close();
        assert!(folder.has_beside_its_database(&["orders.keys"]));
    }
}

#[test]
fn idle_connections_do_not_hold_the_stop_up() {
    let mut desk = Desk::open_with(&[
        ("ORDERS_SERVER__DRAIN_SECONDS", "0"),
        ("ORDERS_SERVER__SHUTDOWN_SECONDS", "3600"),
        ("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "3600"),
    ]);
    let silent = desk.connect();
    let mut idle = desk.connect();
    assert!(is_ok(&idle.get("/").unwrap()));
    desk.signal("TERM");
    assert_eq!(desk.wait().code(), Some(0));
    assert_eq!((silent.rest(), idle.rest()), (vec![], vec![]));
}

#[test]
fn a_second_signal_ends_the_desk_at_once() {
    let mut desk = Desk::open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "3600")]);
    assert_eq!(desk.get("/readyz").status, 200);
    desk.signal("TERM");
    until(|| desk.get("/readyz").status == 503);
    desk.signal("TERM");
    assert_eq!(desk.wait().code(), Some(1));
}
