//! `orders smoke`: what is well is told so, whatever is not is found, and nothing is ever stored.

use std::sync::Mutex;

use crate::harness::crooked::{Exchange, Gateway};
use crate::harness::program::{Desk, Folder};

/// What a run of the smoke test said.
pub struct Told {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Told {
    /// Runs it in an empty folder, without any setting.
    pub fn of(arguments: &[&str]) -> Self {
        Self::trusting(arguments, None)
    }

    /// The same with an authority to trust.
    pub fn trusting(arguments: &[&str], authority: Option<&str>) -> Self {
        let folder = Folder::without_server();
        let mut command = folder.orders(&[&["smoke"], arguments].concat());
        if let Some(pem) = authority {
            let file = folder.file("authority.pem");
            std::fs::write(&file, pem).unwrap();
            command.env("SSL_CERT_FILE", file);
        }
        let output = command.output().unwrap();
        assert!(folder.file_names().iter().all(|name| name == "authority.pem"), "it leaves nothing behind");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The line of a check.
    pub fn line(&self, check: &str) -> &str {
        let is_of = |line: &&str| line.get(9..).is_some_and(|rest| rest.starts_with(&format!("{check} ")));
        self.stdout.lines().find(is_of).unwrap_or_else(|| panic!("no {check} in {}", self.all()))
    }

    /// Asserts that one check failed, and said why.
    pub fn assert_failed(&self, check: &str, words: &str) {
        let line = self.line(check);
        assert!(line.starts_with("failed ") && line.contains(words), "{words}: {}", self.all());
        let failed = self.stdout.lines().filter(|line| line.starts_with("failed "));
        assert_eq!((failed.count(), self.code), (1, 1), "{}", self.all());
        assert!(self.stderr.contains(&format!("checks failed ({check})")), "{}", self.all());
    }

    pub fn assert_well(&self) {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.all());
        let last = self.stdout.lines().last().unwrap();
        assert!(last.contains(" checks, ") && last.contains("all well, "), "{}", self.all());
    }
}

fn url(desk: &Desk) -> String {
    format!("http://{}", desk.address)
}

#[test]
fn an_empty_desk_is_well_and_stays_empty() {
    let desk = Desk::open();
    let told = Told::of(&[&url(&desk)]);
    told.assert_well();
    assert!(told.line("order").starts_with("skipped"), "{}", told.stdout);
    assert!(told.line("nothing stored").ends_with("0 orders before and after"), "{}", told.stdout);
    assert!(told.stdout.ends_with(" s\n") && told.stdout.contains("9 checks, 1 skipped, all well"));
    assert_eq!(desk.rows().len(), 0);
    let log = desk.folder.log();
    assert!(log.contains("path=/orders status=422"), "{log}");
}

#[test]
fn a_desk_with_orders_is_well_and_keeps_them_as_they_are() {
    let folder = Folder::seeded(30);
    let desk = folder.open();
    let rows = desk.rows();
    let told = Told::of(&[&url(&desk), "--expect-version", env!("CARGO_PKG_VERSION"), "--wait", "0"]);
    told.assert_well();
    assert!(told.line("list").ends_with(" 30 orders") && !told.stdout.contains("skipped"), "{}", told.stdout);
    let newest = desk.stored().orders[0].number;
    assert!(told.line("order").ends_with(&format!(" /orders/{newest}")), "{}", told.stdout);
    assert_eq!(desk.rows(), rows);
}

/// Where the list is wrong, nobody can tell which orders there are before and after.
#[test]
fn a_list_that_cannot_be_read_is_told_once() {
    let desk = Folder::seeded(3).open();
    for (words, bend) in [
        (
            "does not say how many orders there are",
            (|e| {
                if e.is("GET /") {
                    e.replace(", newest first</caption>", "</caption>");
                }
            }) as fn(&mut Exchange),
        ),
        ("no order is in the list", |e| {
            if e.is("GET /") {
                // One of the four leads to the form.
                (0..4).for_each(|_| e.replace("href=\"/orders/", "href=\"/things/"));
            }
        }),
    ] {
        let told = Told::of(&[&Gateway::new(&desk, bend).url()]);
        told.assert_failed("list", words);
        for check in ["order", "nothing stored"] {
            assert!(told.line(check).starts_with("skipped"), "{}", told.stdout);
        }
    }
}

#[test]
fn a_page_that_asks_to_sign_in_is_not_followed() {
    let desk = Folder::seeded(3).open();
    let gateway = Gateway::new(&desk, |e| {
        if e.is("GET /") {
            e.status = 302;
            e.set("location", "https://login.example/?secret=1");
        }
    });
    let told = Told::of(&[&gateway.url()]);
    assert_eq!(told.code, 1);
    assert!(
        told.line("list").contains("/ answers 302 and leads to https://login.example/"),
        "{}",
        told.stdout
    );
}

#[test]
fn orders_that_others_add_meanwhile_are_no_failure_and_its_own_would_be() {
    let folder = Folder::seeded(30);
    let desk = folder.open();
    let more = |e: &mut Exchange| {
        if e.is("GET /?per_page=100") {
            e.replace(" of 30, newest", " of 32, newest");
        }
    };
    let told = Told::of(&[&Gateway::new(&desk, more).url()]);
    told.assert_well();
    assert!(told.line("nothing stored").contains("2 more than before"), "{}", told.stdout);
    assert!(told.line("nothing stored").contains("others are at work"), "{}", told.stdout);

    let submission = Mutex::new(String::new());
    let stored = move |e: &mut Exchange| {
        if let Some((_, id)) = e.form.split_once("submission=") {
            id.clone_into(&mut submission.lock().unwrap());
        }
        more(e);
        if e.is("GET /?per_page=100") {
            e.replace("</tbody>", &format!("<tr><td>{}</td></tr></tbody>", submission.lock().unwrap()));
        }
    };
    let told = Told::of(&[&Gateway::new(&desk, stored).url()]);
    told.assert_failed("nothing stored", "the refused entry is in the list");
}

#[test]
fn a_desk_that_is_going_or_has_no_database_is_told_and_not_bothered_further() {
    let folder = Folder::seeded(3);
    let mut desk = folder.open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "60")]);
    desk.signal("TERM");
    crate::harness::program::until(|| desk.get("/readyz").status == 503);
    let told = Told::of(&[&url(&desk), "--wait", "0"]);
    told.assert_failed("readiness", "/readyz answers 503: stopping");
    assert!(told.stderr.contains("the others were not made") && told.stdout.lines().count() == 2);
    desk.signal("TERM");
    desk.wait();

    let desk = folder.open();
    folder.database().rename_table("card_keys", "lost");
    let told = Told::of(&[&url(&desk), "--wait", "1"]);
    assert!(told.stderr.starts_with("waiting: /readyz answers 503: the database"), "{}", told.stderr);
    told.assert_failed("readiness", "/readyz answers 503: the database does not answer");
}

#[test]
fn a_desk_that_is_starting_is_waited_for() {
    let desk = Desk::open();
    let looks = Mutex::new(0);
    let starting = Gateway::new(&desk, move |e| {
        let mut looks = looks.lock().unwrap();
        *looks += 1;
        if *looks < 4 {
            e.status = 502;
        }
    });
    let told = Told::of(&[&starting.url(), "--wait", "20"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(told.stderr, "waiting: /healthz answers 502\n");
}

#[test]
fn what_is_no_address_of_a_desk_is_a_mistake_of_usage() {
    for arguments in [
        &["orders.example.com"][..],
        &["https://desk.example/orders"],
        &["http://clerk:hunter2@127.0.0.1:5000"],
        &["http://127.0.0.1:5000", "--timeout", "0"],
        &["http://127.0.0.1:5000", "--http-port", "0"],
        &["http://127.0.0.1:5000", "--min-days", "-1"],
        &[],
    ] {
        let told = Told::of(arguments);
        assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{}", told.all());
        assert!(told.stderr.contains("error: ") && !told.stderr.contains("hunter2"), "{}", told.stderr);
    }
    assert!(Told::of(&["localhost:5000"]).stderr.contains("the URL must begin with https:// or http://"));
}
