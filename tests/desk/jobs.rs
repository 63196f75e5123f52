//! Long work on the terminal and among desks: followed, stopped, taken up by another program, and left alone.

use std::time::Duration;

use orders::clock::Clock;

use crate::bulk::{act, choose, leave_all_to_ship, run};
use crate::harness::program::{Answer, Desk, Folder, PATIENCE, until};
use crate::keys::{begin_to_reseal, done, let_leases_expire, pairs, rotated};

/// What `orders jobs` says when it succeeds: standard output, then standard error.
fn said(folder: &Folder, arguments: &[&str]) -> (String, String) {
    let mut command = folder.orders(&[&["jobs"], arguments].concat());
    let assert = command.timeout(4 * PATIENCE).assert().success();
    let output = assert.get_output();
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// A desk that has been told to cancel all of so many orders.
fn cancelling(folder: &Folder) -> (Desk, Answer) {
    let desk = folder.open();
    leave_all_to_ship(folder);
    let url = desk.post("/bulk", &[("do", "all"), ("on", "today")]).location().to_owned();
    let preview = choose(&desk, &url, &[("do", "cancel")]);
    let ran = run(&desk, &preview);
    (desk, ran)
}

/// How many orders a job has changed, and its state.
fn job(folder: &Folder, id: i64) -> (i64, String) {
    let row = folder.database().rows(&format!("SELECT changed, state FROM jobs WHERE id = {id}"));
    let [changed, state]: [_; 2] = row.into_iter().next().unwrap().try_into().unwrap();
    (changed.number(), state.text())
}

#[test]
fn a_job_is_listed_and_followed_on_the_terminal() {
    let folder = Folder::seeded(1500);
    let (said_none, _) = said(&folder, &["list"]);
    assert!(said_none.starts_with("no jobs\n"), "{said_none}");
    let (desk, _) = cancelling(&folder);
    until(|| job(&folder, 1).0 > 0);
    desk.kill();
    assert_eq!(job(&folder, 1).1, "running");
    let (list, _) = said(&folder, &["list"]);
    let line = list.lines().nth(1).unwrap();
    assert!(line.contains("running") && line.contains(" of 1,500 "), "{list}");
    assert!(line.ends_with("Cancel, for the desk"), "{list}");
    let_leases_expire(&folder);
    let desk = folder.open();
    let (told, progress) = said(&folder, &["follow", "1"]);
    assert_eq!(told, "job #1, done: 1,500 cancelled.\n");
    assert_eq!(progress.lines().last(), Some("1,500 of 1,500 orders"));
    let log = desk.folder.log();
    let begin = log.lines().find(|line| line.contains("a job was taken up")).expect("a line");
    assert!(begin.contains("job=1") && begin.contains("kind=\"cancel\""), "{begin}");
    until(|| folder.log().contains("a job was put down"));
    let log = folder.log();
    let end = log.lines().find(|line| line.contains("a job was put down")).unwrap();
    assert!(end.contains("state=\"done\"") && end.contains("changed=1500"), "{end}");
    let over = folder.orders(&["jobs", "stop", "1"]).assert().code(1);
    let over = String::from_utf8(over.get_output().stderr.clone()).unwrap();
    assert!(over.contains("job #1 is over: nothing was changed"), "{over}");
    for command in ["follow", "stop"] {
        let nothing = folder.orders(&["jobs", command, "9"]).assert().code(1);
        let nothing = String::from_utf8(nothing.get_output().stderr.clone()).unwrap();
        assert!(nothing.contains("there is no job #9"), "{nothing}");
    }
}

#[test]
fn a_job_that_is_stopped_from_the_terminal_keeps_what_it_has_done() {
    let folder = Folder::seeded(1500);
    let (desk, _) = cancelling(&folder);
    until(|| job(&folder, 1).0 > 0);
    desk.kill();
    let (told, _) = said(&folder, &["stop", "1"]);
    let (changed, state) = job(&folder, 1);
    assert_eq!(state, "cancelled");
    assert!(
        told.contains("job #1, cancelled: ") && told.contains("It was stopped before it came to"),
        "{told}"
    );
    let desk = folder.open();
    // Another job of the same desk has come to its end by then.
    act(
        &desk,
        "?status=cancelled",
        &desk.get("/?status=cancelled").page().numbers()[..1],
        &[("do", "ship"), ("on", "today")],
    );
    let cancelled = "SELECT COUNT(*) FROM orders WHERE cancelled_at IS NOT NULL";
    assert_eq!(folder.database().number(cancelled), changed);
    folder.stored().assert_sound();
}

/// The desk has been there since before the keys were new: it looks for them when it finds the job.
#[test]
fn a_desk_goes_on_with_resealing_whose_command_was_killed() {
    let folder = Folder::seeded(1500);
    let stored = folder.stored();
    let desk = folder.open();
    done(&folder, &["rotate"]);
    done(&folder, &["rotate", "hash"]);
    let mut child = begin_to_reseal(&folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = job(&folder, 1);
    assert!(left.0 < 1500 && left.1 == "running", "{left:?}");
    let_leases_expire(&folder);
    let (told, _) = said(&folder, &["follow", "1"]);
    assert_eq!(told, "job #1, done: 1,500 sealed again.\n");
    assert_eq!(pairs(&folder), [(2, 2)].into());
    assert!(folder.stored() == stored);
    let page = desk.get("/bulk/1");
    assert!(
        page.text().contains("1,500 sealed again.") && !page.text().contains("/undo\""),
        "{}",
        page.text()
    );
    assert!(desk.get("/bulk").text().contains("orders key reseal"));
    assert_eq!(desk.post("/bulk/1/undo", &[]).status, 409);
    let (again, _) = done(&folder, &["reseal"]);
    assert!(again.contains(": 0 orders resealed"), "{again}");
}

#[test]
fn resealing_that_is_interrupted_says_who_goes_on_and_leaves_it_free() {
    let folder = rotated(1500);
    let mut child = begin_to_reseal(&folder);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let free = "SELECT COUNT(*) FROM jobs WHERE id = 1 AND state = 'running' AND claimed_until IS NULL";
    assert_eq!(folder.database().number(free), 1);
    let (told, _) = said(&folder, &["stop", "1"]);
    assert!(told.contains("job #1, cancelled"), "{told}");
    // What is left is another job's.
    done(&folder, &["reseal"]);
    assert_eq!((pairs(&folder), job(&folder, 2).1.as_str()), ([(2, 2)].into(), "done"));
}

#[test]
fn what_was_kept_for_long_enough_is_deleted_by_one_desk_and_nobody_is_told_of_a_job() {
    let folder = Folder::new();
    let told = [
        ("ORDERS_WEBHOOKS__URLS", "[\"http://127.0.0.1:9/\"]"),
        ("ORDERS_WEBHOOKS__SIGNING_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ];
    let desk = folder.open_with(&told);
    let numbers = [(); 4].map(|()| desk.add(&[]));
    act(&desk, "", &numbers[..2], &[("do", "more")]);
    act(&desk, "", &numbers[2..], &[("do", "more")]);
    desk.close();
    let mut database = folder.database();
    for sql in [
        "UPDATE outbox SET state = 'discarded', settled_at = '2020-01-01 00:00:00' WHERE order_number < 4",
        "UPDATE jobs SET created_at = '2020-01-01 00:00:00' WHERE id = 1",
        "UPDATE jobs SET claimed_until = NULL WHERE id = 0",
    ] {
        database.execute(sql);
    }
    let desks = [folder.open(), folder.open()];
    let rests = || {
        let soon = Clock::new(chrono_tz::UTC).utc().after(Duration::from_mins(50)).text();
        format!("SELECT COUNT(*) FROM jobs WHERE id = 0 AND claimed_until > '{soon}'")
    };
    until(|| database.number(&rests()) == 1);
    // Three messages, two orders of a job, and the job.
    assert_eq!(job(&folder, 0), (6, "running".to_owned()));
    assert_eq!(database.numbers("SELECT order_number FROM outbox"), [4]);
    assert_eq!(database.numbers("SELECT id FROM jobs ORDER BY id"), [0, 2]);
    let (list, _) = said(&folder, &["list"]);
    assert!(list.starts_with("no jobs\nwhat was kept for long enough is deleted again at "), "{list}");
    assert!(list.ends_with("; 6 rows so far\n"), "{list}");
    for desk in &desks {
        assert!(desk.get("/bulk").text().contains("No actions yet"));
        assert_eq!(desk.get("/bulk/0").status, 404);
    }
}

#[test]
fn a_job_of_a_newer_release_is_left_to_desks_that_know_it() {
    let folder = Folder::new();
    let desk = folder.open();
    let number = desk.add(&[]);
    folder.database().execute(
        "INSERT INTO jobs (kind, details, submission, state, orders, position, changed, left_out, created_at, created_by) \
         VALUES ('polish', '{}', 'polish', 'running', 7, 0, 0, 0, '2026-11-30 12:00:00', 'desk')",
    );
    // One that any desk has to take up, and is asked for later.
    act(&desk, "", &[number], &[("do", "ship"), ("on", "2024-03-03")]);
    folder.database().execute("UPDATE jobs SET state = 'running', ended_at = NULL WHERE id = 2");
    until(|| job(&folder, 2).1 == "done");
    assert_eq!(job(&folder, 1), (0, "running".to_owned()));
    let (list, _) = said(&folder, &["list"]);
    assert!(
        list.lines().any(|line| line.contains("0 of 7") && line.contains("(of a newer release)")),
        "{list}"
    );
    assert_eq!(desk.get("/bulk/1").status, 200);
    assert!(said(&folder, &["stop", "1"]).0.contains("job #1, cancelled"));
}
