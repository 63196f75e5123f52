//! What only a server's database can get into: several programs, and a network between them and it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::harness::program::{Answer, Desk, Folder, form, until};
use crate::harness::proxy::{Loss, Proxy};
use crate::harness::server_database::is_skipped_without_server;
use crate::harness::wire::posted;

/// A folder with a database on the server; none, and a line that says so, where there is no server.
pub fn on_server() -> Option<Folder> {
    (!is_skipped_without_server()).then(Folder::new)
}

/// A desk that reaches its server through a proxy.
pub fn behind(proxy: &Proxy, folder: &Folder, variables: &[(&str, &str)]) -> Desk {
    let url = folder.on_server().url_by_way_of("127.0.0.1", proxy.port());
    folder.open_with(&[&[("ORDERS_DATABASE__URL", url.as_str())], variables].concat())
}

pub fn proxy_of(folder: &Folder) -> Proxy {
    Proxy::to(folder.on_server().host_and_port())
}

/// A UUID of a kind for a number.
pub fn uuid(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

/// Sends a form until the desk does not put it off; the order's number.
fn insist(desk: &Desk, fields: &[(&str, &str)]) -> i64 {
    loop {
        let answer = desk.post("/orders", fields);
        if answer.status != 503 {
            return answer.number();
        }
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
}

#[test]
fn programs_that_start_together_on_an_empty_database_migrate_it_once() {
    let Some(folder) = on_server() else { return };
    let desks: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..6).map(|_| scope.spawn(|| folder.open())).collect();
        starting.into_iter().map(|desk| desk.join().unwrap()).collect()
    });
    let numbers: BTreeSet<i64> = desks.iter().map(|desk| desk.add(&[])).collect();
    assert_eq!(numbers.len(), 6);
    for desk in &desks {
        assert_eq!(desk.get("/").page().numbers(), folder.stored().numbers());
    }
    let mut database = folder.database();
    let migrations = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/mssql")).unwrap().count();
    assert_eq!(database.number("SELECT COUNT(*) FROM schema_migrations"), i64::try_from(migrations).unwrap());
    assert_eq!(database.number("SELECT COUNT(*) FROM card_keys"), 2);
    folder.stored().assert_sound();
}

#[test]
fn of_migrations_that_begin_together_one_does_the_work() {
    let Some(folder) = on_server() else { return };
    let said: Vec<String> = std::thread::scope(|scope| {
        let migrating: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| folder.orders(&["migrate"]).assert().success().get_output().clone()))
            .collect();
        migrating.into_iter().map(|done| String::from_utf8(done.join().unwrap().stdout).unwrap()).collect()
    });
    let up_to_date = format!("{} is up to date\n", folder.database_name());
    let (late, first): (Vec<_>, Vec<_>) = said.into_iter().partition(|said| said.ends_with(&up_to_date));
    assert_eq!((late.len(), first.len()), (5, 1), "{first:?}");
    assert!(first[0].contains("\napplied: "), "{first:?}");
    assert_eq!(folder.stored().orders, []);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let Some(folder) = on_server() else { return };
    let mut database = folder.database();
    database.execute("CREATE TABLE orders (id INT NOT NULL); INSERT INTO orders VALUES (7)");
    for arguments in [&["serve"][..], &["migrate"], &["migrate", "--dry-run"], &["seed", "--rows", "1"]] {
        let assert = folder.orders(arguments).env("ORDERS_SERVER__LISTEN", "127.0.0.1:0").assert().code(1);
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        let words = format!("{} is the database of another program", folder.database_name());
        assert!(said.contains(&words), "{arguments:?}: {said}");
    }
    assert_eq!(database.tables(), ["orders"]);
    assert_eq!(database.numbers("SELECT id FROM orders"), [7]);
}

#[test]
fn a_desk_with_another_key_file_is_refused_and_one_with_a_copy_serves_the_same_orders() {
    let Some(folder) = on_server() else { return };
    let desk = folder.open();
    desk.add(&[]);
    let other = Folder::seeded(1);
    fs::copy(other.file("orders.keys"), folder.file("other.keys")).unwrap();
    for (file, words) in [("none.keys", "it is not there"), ("other.keys", "it lacks the seal key 1")] {
        let mut command = folder.orders(&["serve"]);
        command.envs([("ORDERS_SERVER__LISTEN", "127.0.0.1:0"), ("ORDERS_CARDS__KEY_FILE", file)]);
        let said = String::from_utf8(command.assert().code(1).get_output().stderr.clone()).unwrap();
        let misfit = format!("{file} does not fit the database {}", folder.database_name());
        assert!(said.contains(&misfit) && said.contains(words), "{said}");
    }
    assert!(!folder.file("none.keys").exists());

    fs::copy(folder.file("orders.keys"), folder.file("copy.keys")).unwrap();
    let second = folder.open_with(&[("ORDERS_CARDS__KEY_FILE", "copy.keys")]);
    assert_eq!(second.add(&[]), 2);
    assert_eq!(desk.get("/").page().numbers(), [2, 1]);
    assert_eq!(second.get("/").page().numbers(), [2, 1]);
}

#[test]
fn orders_that_several_desks_add_at_once_are_all_there_once_and_counted() {
    let Some(folder) = on_server() else { return };
    let desks: Vec<_> = (0..3).map(|_| folder.open_with(&[("ORDERS_LOG__REQUESTS", "false")])).collect();
    let acknowledged = Mutex::new(BTreeMap::new());
    let adding = |desk: &Desk, thread: u32| {
        for nth in 0..50 {
            // Every fifth key is one that each thread wants; every third order is of one day.
            let key = if nth % 5 == 0 { uuid(0xff, nth) } else { uuid(thread, nth) };
            let date = if nth % 3 == 0 {
                "2024-02-29".to_owned()
            } else {
                format!("20{:02}-{:02}-01", nth % 20, thread + 1)
            };
            let answer = desk.post("/orders", &form(&[("date_uuid", &key), ("order_date", &date)]));
            if answer.status == 409 {
                continue;
            }
            assert_eq!(acknowledged.lock().unwrap().insert(answer.number(), key), None);
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let desk = &desks[thread as usize % 3];
            scope.spawn(move || adding(desk, thread));
        }
    });
    let stored = folder.stored();
    let keys: BTreeMap<i64, String> =
        stored.orders.iter().map(|row| (row.number, row.date_uuid.clone())).collect();
    assert_eq!(keys, acknowledged.into_inner().unwrap());
    assert_eq!(keys.len(), 12 * 40 + 10, "of equal keys one has won");
    stored.assert_sound();
}

#[test]
fn clients_that_hang_up_in_the_middle_leave_no_transaction_and_no_session() {
    let Some(folder) = on_server() else { return };
    let desk = folder.open_with(&[("ORDERS_DATABASE__CONNECTIONS", "3"), ("ORDERS_LOG__REQUESTS", "false")]);
    desk.add(&[]);
    for _ in 0..60 {
        let mut wire = desk.connect();
        let request = match fastrand::u8(..3) {
            0 => "GET /?page=2 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            1 => "GET /orders/1 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            _ => posted("/orders", &form(&[])),
        };
        wire.send(request).unwrap();
        std::thread::sleep(Duration::from_millis(fastrand::u64(..40)));
    }
    let mut onlooker = folder.on_server().onlooker();
    let mut sessions = |condition: &str| {
        let count = onlooker.rows(&format!(
            "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE program_name LIKE 'orders %' \
             AND database_id = DB_ID('{}') {condition}",
            folder.on_server().name
        ));
        count[0][0].clone().number()
    };
    until(|| sessions("") <= 3 && sessions("AND open_transaction_count > 0") == 0);

    let stored = folder.stored();
    stored.assert_sound();
    let list = desk.get("/");
    assert_eq!(list.page().numbers(), stored.numbers()[..stored.orders.len().min(25)]);
    assert!(list.page().says(&format!("of {}, newest first", stored.orders.len())));
    desk.add(&[]);
    assert_eq!(folder.stored().orders.len(), stored.orders.len() + 1);
    assert!((1..=3).contains(&sessions("")), "the desk's sessions are counted by another name");
}

/// Asserts what a clerk is owed while the database is away.
fn assert_away(desk: &Desk, longest: Duration) {
    let stored = desk.stored();
    for path in ["/", "/?page=2", "/orders/1"] {
        let began = Instant::now();
        let answer = desk.get(path);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{path}");
        assert!(answer.page().says("The database cannot be reached."), "{path}: {}", answer.text());
        assert!(began.elapsed() < longest, "{path}: {:?}", began.elapsed());
    }
    let began = Instant::now();
    let answer = desk.post("/orders", &form(&[]));
    assert!(began.elapsed() < longest, "{:?}", began.elapsed());
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(answer.page().says("Nothing was saved."), "{}", answer.text());
    assert_eq!(answer.page().value("store_code"), "HI-9B97EE4E");
    assert_eq!(answer.page().value("card_number"), "");
    let began = Instant::now();
    assert_eq!(desk.get("/readyz").status, 503);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(desk.get("/healthz").status, 200, "a restart would not help");
    assert!(desk.stored() == stored);
}

fn assert_back(desk: &Desk) {
    until(|| desk.get("/readyz").status == 200);
    assert_eq!(desk.get("/").status, 200);
    let before = desk.stored();
    let number = desk.add(&[]);
    assert_eq!(desk.get(&format!("/orders/{number}")).status, 200);
    assert_eq!(desk.stored().orders.len(), before.orders.len() + 1);
    desk.stored().assert_sound();
}

#[test]
fn a_desk_whose_database_goes_away_says_so_and_goes_on_when_it_is_back() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let desk = behind(&proxy, &folder, &[("ORDERS_DATABASE__RETRY_SECONDS", "8")]);
    desk.add(&[]);
    for _ in 0..2 {
        proxy.close();
        assert_away(&desk, Duration::from_secs(12));
        proxy.open();
        assert_back(&desk);
    }
}

#[test]
fn a_desk_whose_database_falls_silent_says_so_and_goes_on_when_it_speaks_again() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let variables = [
        ("ORDERS_DATABASE__CONNECT_TIMEOUT_SECONDS", "4"),
        ("ORDERS_DATABASE__COMMAND_TIMEOUT_SECONDS", "4"),
        ("ORDERS_DATABASE__RETRY_SECONDS", "2"),
    ];
    let desk = behind(&proxy, &folder, &variables);
    desk.add(&[]);
    proxy.mute();
    assert_away(&desk, Duration::from_secs(12));
    proxy.open();
    assert_back(&desk);
}

#[test]
fn a_connection_that_is_lost_between_two_requests_is_nobodys_business() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let desk = behind(&proxy, &folder, &[]);
    for expected in 1..=3 {
        assert_eq!(desk.add(&[]), expected);
        proxy.interrupt();
        assert_eq!(desk.get("/").status, 200);
        proxy.interrupt();
    }
    assert_eq!(desk.stored().orders.len(), 3);
}

#[test]
fn connections_that_are_cut_at_any_moment_lose_and_double_no_order() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let desk = behind(&proxy, &folder, &[("ORDERS_LOG__REQUESTS", "false")]);
    let add = |thread: u32| -> Vec<(i64, String)> {
        let one = |nth| {
            let submission = uuid(thread, nth);
            (insist(&desk, &form(&[("submission", &submission)])), submission)
        };
        (0..15).map(one).collect()
    };
    let acknowledged: BTreeMap<i64, String> = std::thread::scope(|scope| {
        let cutting = scope.spawn(|| {
            for _ in 0..15 {
                std::thread::sleep(Duration::from_millis(fastrand::u64(100..1500)));
                proxy.interrupt();
            }
        });
        let adding: Vec<_> = (1..=4).map(|thread| scope.spawn(move || add(thread))).collect();
        cutting.join().unwrap();
        adding.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let stored = folder.stored();
    let keys: BTreeMap<i64, String> =
        stored.orders.iter().map(|row| (row.number, row.date_uuid.clone())).collect();
    assert_eq!(keys, acknowledged);
    assert_eq!(keys.len(), 60);
    stored.assert_sound();
}

/// Adds an order over one connection to the server, which ends at some request of it.
fn add_with(loss: Loss, desk: &Desk, proxy: &Proxy, submission: &str) -> Answer {
    // The way is free, and the connection there.
    assert_eq!(desk.get("/").status, 200);
    proxy.count_requests(Some(loss));
    desk.post("/orders", &form(&[("submission", submission)]))
}

#[test]
fn wherever_the_connection_ends_an_order_is_added_once() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let desk = behind(&proxy, &folder, &[("ORDERS_DATABASE__CONNECTIONS", "1")]);
    desk.add(&[]);
    proxy.count_requests(None);
    desk.add(&[]);
    let requests = proxy.requests();
    assert!(requests >= 5, "{requests}");
    for (nth, loss) in (1..=requests).flat_map(|n| [Loss::Request(n), Loss::Answer(n)]).enumerate() {
        let submission = uuid(7, u32::try_from(nth).unwrap());
        let answer = add_with(loss, &desk, &proxy, &submission);
        let number = answer.number();
        let stored = folder.stored();
        assert_eq!(
            (stored.orders.len(), &stored.order(number).date_uuid),
            (nth + 3, &submission),
            "{loss:?}"
        );
        stored.assert_sound();
        let again = desk.post("/orders", &form(&[("submission", &submission)]));
        assert_eq!(again.number(), number, "{loss:?}");
        assert!(folder.stored() == stored, "{loss:?}");
    }
}

#[test]
fn a_clerk_who_cannot_be_told_whether_an_order_was_saved_may_send_the_form_again() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let variables = [("ORDERS_DATABASE__CONNECTIONS", "1"), ("ORDERS_DATABASE__RETRY_SECONDS", "0")];
    let desk = behind(&proxy, &folder, &variables);
    desk.add(&[]);
    proxy.count_requests(None);
    desk.add(&[]);
    let commit = proxy.requests();
    for (loss, orders) in [(Loss::Request(commit), 2), (Loss::Answer(commit), 4)] {
        let submission = uuid(8, u32::try_from(orders).unwrap());
        let answer = add_with(loss, &desk, &proxy, &submission);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{loss:?}");
        let page = answer.page();
        assert!(page.says("may or may not be there") && !page.says("Nothing was saved"), "{}", answer.text());
        assert_eq!((page.value("submission"), page.value("card_number")), (submission.as_str(), ""));
        until(|| folder.stored().orders.len() == orders);
        let number = insist(&desk, &form(&[("submission", &submission)]));
        assert_eq!(folder.stored().order(number).date_uuid, submission);
        assert_eq!(folder.stored().orders.len(), if orders == 2 { 3 } else { 4 });
    }
    folder.stored().assert_sound();
}

#[test]
fn while_another_program_holds_a_row_orders_are_put_off_and_pages_are_shown() {
    let Some(folder) = on_server() else { return };
    let variables =
        [("ORDERS_DATABASE__COMMAND_TIMEOUT_SECONDS", "4"), ("ORDERS_DATABASE__RETRY_SECONDS", "1")];
    let desk = folder.open_with(&variables);
    desk.add(&[]);
    let stored = folder.stored();
    let mut other = folder.database();
    other.execute("BEGIN TRANSACTION; UPDATE order_counts SET orders = orders + 0");
    let submission = uuid(9, 1);
    let fields = form(&[("submission", &submission)]);
    let answer = desk.post("/orders", &fields);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(answer.page().says("Nothing was saved."), "{}", answer.text());
    assert_eq!(desk.get("/").page().numbers(), [1], "reading goes on");
    assert_eq!(desk.get("/readyz").status, 200);
    other.execute("ROLLBACK TRANSACTION");
    until(|| folder.stored() == stored);
    let number = insist(&desk, &fields);
    assert_eq!(folder.stored().numbers(), [number, 1]);
    folder.stored().assert_sound();
}

#[test]
fn a_write_that_the_server_breaks_midway_leaves_no_transaction_open() {
    let Some(folder) = on_server() else { return };
    let desk = folder.open_with(&[("ORDERS_DATABASE__CONNECTIONS", "1")]);
    desk.add(&[]);
    let stored = folder.stored();
    let mut other = folder.database();
    other.execute("CREATE TRIGGER no_room ON order_events AFTER INSERT AS THROW 50000, 'no room', 1");
    for _ in 0..2 {
        let answer = desk.post("/orders", &form(&[]));
        assert_eq!(answer.status, 500, "{}", answer.text());
        assert!(!answer.text().contains("no room"), "{}", answer.text());
        assert_eq!(desk.get("/").page().numbers(), [1]);
    }
    other.execute("DROP TRIGGER no_room");
    assert!(folder.stored() == stored);
    desk.add(&[]);
    folder.stored().assert_sound();
}

#[test]
fn seeding_again_adds_nothing_and_seeding_that_was_killed_goes_on() {
    let Some(folder) = on_server() else { return };
    let seed = ["seed", "--rows", "2000"];
    folder.orders(&["migrate"]).assert().success();
    for _ in 0..3 {
        let mut command = folder.program();
        let mut killed = command.args(seed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(fastrand::u64(300..2000)));
        killed.kill().unwrap();
        killed.wait().unwrap();
        folder.stored().assert_sound();
    }
    folder.orders(&seed).assert().success();
    let stored = folder.stored();
    assert_eq!(stored.orders.len(), 2000);
    stored.assert_sound();
    let again = folder.orders(&seed).assert().success();
    let called = folder.database_name();
    again.stdout(format!("{called}: adding 2,000 orders …\n{called}: 0 orders added, 2,000 were there\n"));
    assert!(folder.stored() == stored);
}
