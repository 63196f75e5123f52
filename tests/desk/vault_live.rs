//! A desk that goes on serving while its secrets change.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::program::{Desk, Folder, PATIENCE, form, until};
use crate::harness::proxy::Proxy;
use crate::harness::receiver::{OTHER_KEY, Receiver};
use crate::harness::server_database::is_skipped_without_server;
use crate::harness::vault::{Double, Fault, Identity, Place};
use crate::harness::vault_program::{SIGNING_KEY, Tenant, assert_says, random_key};
use crate::keys::{pairs, sealed};
use crate::metrics::value;

/// Long enough for a vault that answers.
const SOON: (&str, &str) = ("ORDERS_KEY_VAULT__DEADLINE_SECONDS", "2");

const SUCCESS: &str = "orders_key_vault_refreshes_total{result=\"success\"}";
const FAILURE: &str = "orders_key_vault_refreshes_total{result=\"failure\"}";
const READ_AT: &str = "orders_key_vault_last_success_timestamp_seconds";

fn metric(desk: &Desk, series: &str) -> f64 {
    value(&desk.get("/metrics"), series).parse().unwrap()
}

/// Has the desk look at its secrets again, and waits until it has done so once, with this result.
fn look_again(desk: &Desk, result: &str) {
    let counts = || [SUCCESS, FAILURE].map(|series| metric(desk, series));
    let (looks, before) = (counts().iter().sum::<f64>(), metric(desk, result));
    desk.signal("HUP");
    until(|| counts().iter().sum::<f64>() > looks);
    assert!(metric(desk, result) > before, "{result}: {}", desk.folder.log());
}

/// The lines of the log that warn of more than another attempt.
fn warnings(folder: &Folder) -> Vec<String> {
    let log = folder.log();
    let warns = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
    log.lines().filter(warns).filter(|line| !line.contains("asking again")).map(str::to_owned).collect()
}

/// The keys of the newest order.
fn newest(folder: &Folder) -> (i64, i64) {
    let row = sealed(folder).pop().unwrap();
    (row[1].clone().number(), row[2].clone().number())
}

fn assert_nothing_told(tenant: &Tenant, desk: &Desk) {
    let said = String::from_utf8(desk.said()).unwrap();
    tenant.double.assert_nothing_told(&[&said, &tenant.folder.log()]);
}

/// Adds and shows orders without a pause while something else is done; how many.
fn busy(desk: &Desk, meanwhile: impl FnOnce()) -> usize {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let work = scope.spawn(|| {
            let mut added = 0;
            while !is_over.load(Ordering::Relaxed) {
                let number = desk.add(&[]);
                assert_eq!(desk.get(&format!("/orders/{number}")).status, 200);
                added += 1;
            }
            added
        });
        let end = End(&is_over);
        meanwhile();
        drop(end);
        work.join().unwrap()
    })
}

/// The end of some work, even where a test fails in the middle of it.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn new_card_keys_are_taken_up_at_sighup_while_orders_come() {
    let tenant = Tenant::furnished();
    let desk = tenant.open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    desk.add(&[]);
    let added = busy(&desk, || {
        tenant.double.keep("cards--seal-key", &random_key());
        look_again(&desk, SUCCESS);
    });
    assert!(added > 0);
    desk.add(&[]);
    assert_eq!(newest(&tenant.folder), (2, 1));
    tenant.double.keep("cards--hash-key", &random_key());
    look_again(&desk, SUCCESS);
    desk.add(&[]);
    assert_eq!(newest(&tenant.folder), (2, 2));
    assert_eq!(metric(&desk, FAILURE).to_string(), "0");

    // They open: otherwise they could not be sealed anew.
    assert!(pairs(&tenant.folder).contains(&(1, 1)));
    let assert = tenant.orders(&["key", "reseal"]).assert().success();
    let output = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert_says(&output, &["orders resealed with seal key 2 and hash key 2"]);
    assert_eq!(pairs(&tenant.folder), [(2, 2)].into());
    assert!(warnings(&tenant.folder).is_empty(), "{:?}", warnings(&tenant.folder));
    assert_nothing_told(&tenant, &desk);
}

#[test]
fn new_card_keys_are_taken_up_in_time_by_themselves() {
    let tenant = Tenant::furnished();
    let desk = tenant.open_with(&[("ORDERS_KEY_VAULT__REFRESH_SECONDS", "10")]);
    desk.add(&[]);
    tenant.double.keep("cards--seal-key", &random_key());
    let began = Instant::now();
    until(|| metric(&desk, SUCCESS) > 0.0);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    desk.add(&[]);
    assert_eq!(newest(&tenant.folder), (2, 1));
    assert_nothing_told(&tenant, &desk);
}

#[test]
fn nothing_new_is_nothing_to_tell() {
    let tenant = Tenant::furnished();
    let desk = tenant.open();
    look_again(&desk, SUCCESS);
    assert!(!tenant.folder.log().contains(" in use"), "{}", tenant.folder.log());
    assert!(warnings(&tenant.folder).is_empty());
}

#[test]
fn messages_are_signed_with_new_keys() {
    let tenant = Tenant::furnished();
    let receiver = Receiver::new();
    let desk = tenant.open_with(&[("ORDERS_WEBHOOKS__URLS", &receiver.url())]);
    for (keys, by_old, by_new) in
        [("", true, false), (&*format!("{SIGNING_KEY} {OTHER_KEY}"), true, true), (OTHER_KEY, false, true)]
    {
        if !keys.is_empty() {
            tenant.double.keep("webhooks--signing-key", keys);
            look_again(&desk, SUCCESS);
        }
        desk.add(&[]);
        let got = receiver.wait_for(receiver.got().len().max(desk.stored().orders.len()));
        let last = got.last().unwrap();
        assert_eq!((last.is_signed_by(SIGNING_KEY), last.is_signed_by(OTHER_KEY)), (by_old, by_new));
    }
    tenant.double.hide(OTHER_KEY);
    assert_nothing_told(&tenant, &desk);
}

/// Asserts that a look at what is wrong with the vault changes nothing but a warning with these words.
#[track_caller]
fn assert_stays(tenant: &Tenant, desk: &Desk, words: &[&str]) {
    desk.add(&[]);
    let keys = || tenant.folder.database().rows("SELECT * FROM card_keys ORDER BY purpose, id");
    let (known, writing, read_at) = (keys(), newest(&tenant.folder), metric(desk, READ_AT));
    assert!(read_at > 0.0);
    let before = warnings(&tenant.folder).len();
    // So that another time would be another second.
    thread::sleep(Duration::from_millis(1100));
    let added = busy(desk, || look_again(desk, FAILURE));
    assert!(added > 0);
    desk.add(&[]);
    assert_eq!(newest(&tenant.folder), writing);
    assert!(keys() == known);
    assert_eq!(metric(desk, READ_AT).to_string(), read_at.to_string());
    let warnings = warnings(&tenant.folder);
    let [warning] = &warnings[before..] else { panic!("one warning: {warnings:#?}") };
    assert_says(warning, words);
    assert_eq!(desk.get("/readyz").status, 200);
    assert_nothing_told(tenant, desk);
}

#[test]
fn a_vault_that_is_away_changes_nothing() {
    for (fault, words) in [
        (Some(Fault::Silent), "key_vault.deadline_seconds"),
        (Some(Fault::ForbiddenByRbac), "Key Vault Secrets User"),
        (None, "HTTPS_PROXY"),
    ] {
        let tenant = Tenant::furnished();
        let desk = tenant.open_with(&[SOON]);
        tenant.double.keep("cards--seal-key", &random_key());
        match fault {
            Some(fault) => tenant.double.misbehave(Place::List, fault),
            None => tenant.double.leave(),
        }
        assert_stays(&tenant, &desk, &["the secrets stay as they are", "the key vault https://", words]);
        assert_eq!(metric(&desk, FAILURE).to_string(), "1");
        if fault.is_some() {
            tenant.double.behave();
            look_again(&desk, SUCCESS);
            desk.add(&[]);
            assert_eq!(newest(&tenant.folder), (2, 1), "it is back");
        }
    }
}

#[test]
fn a_secret_that_is_no_use_changes_nothing() {
    for (name, value, words) in [
        ("cards--seal-key", "this is no Base64 and nobody may be told", "cards--seal-key"),
        ("webhooks--signing-key", "no-key-at-all-and-secret", "webhooks.signing_key"),
    ] {
        let tenant = Tenant::furnished();
        let desk = tenant.open();
        tenant.double.keep(name, value);
        assert_stays(&tenant, &desk, &["the secrets stay as they are", words]);
    }
}

#[test]
fn a_vault_without_a_key_that_is_needed_changes_no_key() {
    let tenant = Tenant::furnished();
    let desk = tenant.open();
    let (old, _) = tenant.double.versions_of("cards--seal-key").remove(0);
    tenant.double.keep("cards--seal-key", &random_key());
    look_again(&desk, SUCCESS);
    tenant.double.disable("cards--seal-key", &old);
    let words = ["the card keys stay as they are", "the key vault https://", "it lacks the seal key 1"];
    assert_stays(&tenant, &desk, &words);
    assert_eq!(newest(&tenant.folder), (2, 1));
}

#[test]
fn a_key_file_is_read_again_at_sighup() {
    let folder = Folder::seeded(3);
    let desk = folder.open();
    folder.orders(&["key", "rotate"]).assert().success();
    desk.add(&[]);
    assert_eq!(newest(&folder), (1, 1), "nobody asked");
    busy(&desk, || {
        desk.signal("HUP");
        until(|| folder.log().contains("new card keys are in use"));
    });
    desk.add(&[]);
    assert_eq!(newest(&folder), (2, 1));
    assert!(warnings(&folder).is_empty());

    fs::remove_file(folder.file("orders.keys")).unwrap();
    desk.signal("HUP");
    until(|| !warnings(&folder).is_empty());
    assert_says(&warnings(&folder)[0], &["the card keys stay as they are", "the key file orders.keys"]);
    desk.add(&[]);
    assert_eq!(newest(&folder), (2, 1));
    assert!(!folder.file("orders.keys").exists(), "none is made");
    // There is no vault to look into.
    assert_eq!((metric(&desk, SUCCESS) + metric(&desk, FAILURE)).to_string(), "0");
}

#[test]
fn another_file_of_the_database_is_noted_and_counts_from_the_next_start() {
    let tenant = Tenant::furnished();
    if tenant.folder.database_name() != "orders.db" {
        return;
    }
    let desk = tenant.open();
    desk.add(&[]);
    tenant.double.keep("database--url", "sqlite:other.db");
    for _ in 0..2 {
        look_again(&desk, SUCCESS);
    }
    let warnings = warnings(&tenant.folder);
    assert_says(&warnings[0], &["database.url names another database, which takes effect at the next start"]);
    assert_eq!(warnings.len(), 1, "once: {warnings:?}");
    desk.add(&[]);
    assert_eq!(tenant.folder.stored().orders.len(), 2);
    assert!(!tenant.folder.file("other.db").exists());
}

#[test]
fn a_new_password_of_the_database_is_taken_up() {
    if is_skipped_without_server() {
        return;
    }
    let tenant = Tenant { double: Double::open(), folder: Folder::new(), identity: Identity::Workload };
    let database = tenant.folder.on_server();
    let proxy = Proxy::to(database.host_and_port());
    let login = database.let_in("Kardamom-4711");
    let keep = |password: &str| {
        let url = database.url_as((&login.name, password), ("127.0.0.1", proxy.port()));
        tenant.double.keep("database--url", &url);
    };
    keep("Kardamom-4711");
    tenant.double.keep("cards--seal-key", &random_key());
    tenant.double.keep("cards--hash-key", &random_key());
    let mut command = tenant.program();
    command.arg("serve").env_remove("ORDERS_DATABASE__URL").env_remove("ORDERS_CARDS__KEY_FILE");
    let desk = Desk::start(&tenant.folder, command);
    desk.add(&[]);

    // One that the server does not let in.
    keep("Koriander-0815");
    look_again(&desk, FAILURE);
    assert_says(&warnings(&tenant.folder)[0], &["the login to the database stays as it is"]);
    proxy.interrupt();
    until(|| desk.post("/orders", &form(&[])).status == 303);

    login.change_password("Koriander-0815");
    look_again(&desk, SUCCESS);
    assert_says(&tenant.folder.log(), &["a new login to the database is in use"]);
    proxy.interrupt();
    until(|| desk.post("/orders", &form(&[])).status == 303);

    // Nobody asks for it but the server, which refuses the old one.
    keep("Kurkuma-1234");
    login.change_password("Kurkuma-1234");
    proxy.interrupt();
    until(|| desk.post("/orders", &form(&[])).status == 303);
    assert_eq!(tenant.folder.log().matches("a new login to the database is in use").count(), 2);
    assert_says(&tenant.folder.log(), &["the database refuses those in use"]);
    assert_nothing_told(&tenant, &desk);
    desk.close();
}
