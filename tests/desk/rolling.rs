//! A new release takes over from an old one, desk by desk, while clerks work: no request fails and no order is lost.
//!
//! Every client tells each thing that it asked for and did not get; none of them tries anything twice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::harness::balancer::Balancer;
use crate::harness::page::Page;
use crate::harness::program::{Answer, Desk, Folder, form, until};
use crate::harness::server_database::{is_skipped_on_server, is_skipped_without_server};
use crate::harness::wire::{Wire, posted};

/// Longer than any client is idle, and than the balancer takes to see that a desk is going.
const SETTINGS: [(&str, &str); 3] =
    [("ORDERS_SERVER__DRAIN_SECONDS", "2"), ("ORDERS_LOG__REQUESTS", "false"), ("ORDERS_PROFILE", "prod")];

/// How long a client may think between two requests, in milliseconds.
const BUSY: u64 = 30;
const IDLE: u64 = 600;

/// What all clients met with.
#[derive(Default)]
struct Met {
    /// Requests that were not answered as they should be.
    failures: Mutex<Vec<String>>,
    /// Acknowledged orders: number and customer.
    added: Mutex<BTreeMap<i64, String>>,
    /// Customers whose order failed: it may be there or not.
    unsure: Mutex<BTreeSet<String>>,
    /// Acknowledged versions of orders that were changed.
    changed: Mutex<BTreeMap<i64, i64>>,
    is_over: AtomicBool,
}

impl Met {
    fn added(&self) -> usize {
        self.added.lock().unwrap().len()
    }

    fn failures(&self) -> usize {
        self.failures.lock().unwrap().len()
    }

    /// Waits until more orders came in: clients work with what there is now.
    fn until_more(&self) {
        let before = self.added();
        until(|| self.added() > before + 10);
    }

    /// Asserts that what was acknowledged is there, once, and nothing else that nobody asked for.
    fn assert_kept(&self, folder: &Folder) {
        let stored = folder.stored();
        stored.assert_sound();
        let customers: BTreeMap<_, _> = stored.orders.iter().map(|row| (row.number, &row.user_id)).collect();
        let (added, unsure) = (self.added.lock().unwrap(), self.unsure.lock().unwrap());
        for (number, customer) in added.iter() {
            assert_eq!(customers.get(number), Some(&customer), "order {number} was acknowledged");
        }
        let others = customers.iter().filter(|(number, _)| !added.contains_key(number));
        let others: Vec<_> = others.map(|(_, customer)| (*customer).clone()).collect();
        assert!(others.iter().all(|customer| unsure.contains(customer)), "{others:?} were never asked for");
        assert_eq!(BTreeSet::from_iter(&others).len(), others.len(), "an order is there twice");
        for (number, version) in self.changed.lock().unwrap().iter() {
            assert!(stored.order(*number).version >= *version, "a change of order {number} is lost");
        }
        folder.assert_file_is_sound();
    }
}

/// Somebody who works at the desk, or a program that does.
struct Client<'a> {
    balancer: SocketAddr,
    met: &'a Met,
    /// Whether it asks again on the same connection, as long as it may.
    keeps: bool,
    /// How long it thinks, at most.
    pause: u64,
    /// The first part of its customers' names.
    id: u32,
    wire: Option<Wire>,
}

impl Client<'_> {
    /// Sends a request; nothing if the answer is not what it should be.
    fn ask(&mut self, request: &str, status: u16) -> Option<Answer> {
        std::thread::sleep(Duration::from_millis(fastrand::u64(..self.pause)));
        let is_new = self.wire.is_none();
        let answer = self.try_to_ask(request);
        let failure = match answer {
            Ok(answer) if answer.status == status => return Some(answer),
            Ok(answer) => format!("status {}", answer.status),
            Err(error) => error.to_string(),
        };
        let line = request.lines().next().unwrap();
        let connection = if is_new { "a new" } else { "an open" };
        self.met.failures.lock().unwrap().push(format!("{line} on {connection} connection: {failure}"));
        None
    }

    fn try_to_ask(&mut self, request: &str) -> std::io::Result<Answer> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => Wire::connect(self.balancer)?,
        };
        wire.send(request)?;
        let answer = wire.answer()?;
        if self.keeps && answer.header("connection") != Some("close") {
            self.wire = Some(wire);
        }
        Ok(answer)
    }

    fn get(&mut self, path: &str) -> Option<Answer> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200)
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Read => self.read(),
            Job::Write => self.write(),
            Job::Change => self.change(),
        }
    }

    fn goes_on(&self) -> bool {
        !self.met.is_over.load(Ordering::SeqCst)
    }

    /// Looks at the list and at orders.
    fn read(&mut self) {
        while self.goes_on() {
            self.get(["/", "/?per_page=50", "/orders/new"][fastrand::usize(..3)]);
            let newest = self.met.added.lock().unwrap().last_key_value().map(|(number, _)| *number);
            if let Some(newest) = newest {
                self.get(&format!("/orders/{newest}"));
            }
        }
    }

    /// Adds orders, each for a customer of its own.
    fn write(&mut self) {
        for nth in 0.. {
            if !self.goes_on() {
                return;
            }
            self.add(nth);
        }
    }

    fn add(&mut self, nth: u64) -> Option<i64> {
        let customer = format!("{:08x}-0000-4000-8000-{nth:012x}", self.id);
        let Some(answer) = self.ask(&posted("/orders", &form(&[("user_id", &customer)])), 303) else {
            self.met.unsure.lock().unwrap().insert(customer);
            return None;
        };
        let number = answer.number();
        let before = self.met.added.lock().unwrap().insert(number, customer);
        assert_eq!(before, None, "two orders have the number {number}");
        Some(number)
    }

    /// Adds an order and changes it again and again; with those before, nobody else does.
    fn change(&mut self) {
        let Some(number) = (0..).map_while(|nth| self.goes_on().then(|| self.add(nth))).flatten().next()
        else {
            return;
        };
        for version in 2.. {
            if !self.goes_on() {
                return;
            }
            let Some(answer) = self.get(&format!("/orders/{number}/edit")) else { continue };
            let quantity = (version % 1000 + 5).to_string();
            let fields = Page::new(answer.text()).form(&[("product_quantity", &quantity)]);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            if self.ask(&posted(&format!("/orders/{number}"), &fields), 303).is_some() {
                *self.met.changed.lock().unwrap().entry(number).or_insert(1) += 1;
            }
        }
    }
}

/// What a client does until it is over.
#[derive(Clone, Copy)]
enum Job {
    Read,
    Write,
    Change,
}

/// Readers, writers and one who corrects; on connections that stay and on new ones, in haste and at leisure.
const CLIENTS: [(Job, bool, u64); 8] = [
    (Job::Read, true, BUSY),
    (Job::Read, false, BUSY),
    (Job::Read, true, IDLE),
    (Job::Write, true, BUSY),
    (Job::Write, true, BUSY),
    (Job::Write, false, BUSY),
    (Job::Write, true, IDLE),
    (Job::Change, true, BUSY),
];

/// Does something to the desks behind a balancer while clients work; what they met with.
fn under_load(balancer: &Balancer, work: impl FnOnce(&Met)) -> Met {
    let met = Met::default();
    std::thread::scope(|scope| {
        for (id, (job, keeps, pause)) in (1..).zip(CLIENTS) {
            let mut client = Client { balancer: balancer.address, met: &met, keeps, pause, id, wire: None };
            scope.spawn(move || client.work(job));
        }
        // However it ends, the clients end with it.
        let over = Over(&met.is_over);
        met.until_more();
        work(&met);
        met.until_more();
        drop(over);
    });
    met
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A database that was migrated before its first desk.
fn migrated() -> Folder {
    let folder = Folder::new();
    folder.orders(&["migrate"]).env("ORDERS_PROFILE", "prod").assert().success();
    folder
}

fn start(folder: &Folder, balancer: &Balancer) -> Desk {
    let desk = folder.open_with(&SETTINGS);
    balancer.add(desk.address);
    desk
}

/// Stops a desk as the cluster does.
fn stop(mut desk: Desk, balancer: &Balancer) {
    desk.signal("TERM");
    assert_eq!(desk.wait().code(), Some(0), "{}", desk.folder.log());
    balancer.remove(desk.address);
}

fn assert_nothing_failed(met: &Met, folder: &Folder) {
    met.assert_kept(folder);
    let failures = met.failures.lock().unwrap();
    assert!(failures.is_empty(), "{} requests failed: {failures:#?}\n{}", failures.len(), folder.log());
    assert_eq!(folder.stored().orders.len(), met.added(), "as many as were acknowledged");
    let versions = met.changed.lock().unwrap();
    for (number, version) in versions.iter() {
        assert_eq!(folder.stored().order(*number).version, *version, "each change is there once");
    }
    assert!(!versions.is_empty());
}

#[test]
fn one_desk_is_replaced_on_its_sqlite_file_without_a_failed_request() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, balancer) = (migrated(), Balancer::start());
    let mut desk = start(&folder, &balancer);
    let met = under_load(&balancer, |met| {
        for _ in 0..2 {
            // Both write to the file until the old one is gone.
            let next = start(&folder, &balancer);
            met.until_more();
            stop(std::mem::replace(&mut desk, next), &balancer);
            met.until_more();
        }
    });
    stop(desk, &balancer);
    assert!(folder.has_beside_its_database(&["orders.keys"]), "the file was not closed cleanly");
    assert_nothing_failed(&met, &folder);
}

#[test]
fn three_desks_are_replaced_one_by_one_without_a_failed_request() {
    if is_skipped_without_server() {
        return;
    }
    let (folder, balancer) = (migrated(), Balancer::start());
    let mut desks: Vec<Desk> = (0..3).map(|_| start(&folder, &balancer)).collect();
    let met = under_load(&balancer, |met| {
        // One more before one less, as production does; then the other way round.
        for desk in &mut desks {
            let next = start(&folder, &balancer);
            stop(std::mem::replace(desk, next), &balancer);
            met.until_more();
        }
        for _ in 0..3 {
            stop(desks.remove(0), &balancer);
            desks.push(start(&folder, &balancer));
            met.until_more();
        }
    });
    for desk in desks {
        stop(desk, &balancer);
    }
    assert_nothing_failed(&met, &folder);
}

#[test]
fn a_desk_that_is_killed_is_noticed_and_loses_no_acknowledged_order() {
    let (folder, balancer) = (migrated(), Balancer::start());
    let [one, other] = [(); 2].map(|()| start(&folder, &balancer));
    let met = under_load(&balancer, |met| {
        assert_eq!(met.failures(), 0);
        one.kill();
        until(|| met.failures() > 0);
        // Whoever had a connection to it hears so at the latest when he asks again.
        std::thread::sleep(Duration::from_millis(3 * IDLE));
        let failures = met.failures();
        met.until_more();
        assert_eq!(met.failures(), failures, "the other desk does all of it");
    });
    stop(other, &balancer);
    let failures = met.failures.lock().unwrap();
    assert!(failures.iter().all(|failure| failure.contains(" connection: ")), "{failures:#?}");
    met.assert_kept(&folder);
}
