//! A backup in the database's place, and a database that is not where it was.

use std::fs;

use crate::harness::database::Database;
use crate::harness::program::{Folder, form, stdout};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::stored::Stored;

fn restore(folder: &Folder, backup: &str) -> String {
    let output = folder.program().args(["restore", backup]).output().unwrap();
    stdout(&output).to_owned()
}

/// A name that a restore has given to what was there before.
fn kept(folder: &Folder, ending: &str) -> String {
    let is_kept = |name: &String| {
        name.strip_prefix("orders.db.before-")
            .is_some_and(|rest| rest.ends_with(ending) && rest.len() == 15 + ending.len())
    };
    folder.file_names().into_iter().find(is_kept).expect("what was there before")
}

fn stored_in(folder: &Folder, name: &str) -> Stored {
    Database::Sqlite(rusqlite::Connection::open(folder.file(name)).unwrap()).stored()
}

/// A backup of three orders, two more since, and a desk that was killed: its log is left.
fn killed_after_backup() -> (Folder, Stored, Stored) {
    let folder = Folder::seeded(3);
    let backed_up = folder.stored();
    stdout(&folder.program().args(["backup", "copy.db"]).output().unwrap());
    let desk = folder.open();
    desk.add(&[]);
    desk.add(&[]);
    let newest = desk.stored();
    desk.kill();
    assert!(fs::metadata(folder.file("orders.db-wal")).unwrap().len() > 0);
    (folder, backed_up, newest)
}

#[test]
fn a_restore_brings_exactly_the_backup_and_keeps_what_was_there() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, backed_up, newest) = killed_after_backup();
    let copy = fs::read(folder.file("copy.db")).unwrap();
    let said = restore(&folder, "copy.db");
    let kept = kept(&folder, "Z");
    let begun = "orders.db: restoring copy.db …\norders.db: 3 orders, checked\n";
    assert_eq!(said, format!("{begun}orders.db was there before, and is kept as {kept}\n"));
    assert_eq!(folder.file_names(), ["copy.db", "orders.db", kept.as_str(), "orders.keys"]);
    assert!(fs::read(folder.file("copy.db")).unwrap() == copy);
    let desk = folder.open();
    assert!(desk.stored() == backed_up);
    assert_eq!(desk.add(&[]), 4);
    desk.close();
    assert!(stored_in(&folder, &kept) == newest, "the log's orders are kept, too");
}

#[test]
fn a_backup_that_was_put_there_by_hand_is_not_undone_by_a_log() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, backed_up, _) = killed_after_backup();
    fs::copy(folder.file("copy.db"), folder.file("orders.db")).unwrap();
    for command in ["serve", "migrate", "seed"] {
        let said = folder.complaint(&[command], &[("ORDERS_SERVER__LISTEN", "127.0.0.1:0")]);
        assert!(said.contains("orders.db-wal is the log of another database"), "{said}");
    }
    fs::remove_file(folder.file("orders.db-wal")).unwrap();
    let desk = folder.open();
    assert!(desk.stored() == backed_up);
}

#[test]
fn nothing_is_restored_under_a_desk_that_serves() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    stdout(&folder.program().args(["backup", "copy.db"]).output().unwrap());
    let desk = folder.open();
    desk.add(&[]);
    let before = folder.file_names();
    let said = folder.complaint(&["restore", "copy.db"], &[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "100")]);
    assert!(said.contains("orders.db is in use. Stop the desk"), "{said}");
    assert_eq!(folder.file_names(), before);
    assert_eq!(desk.add(&[]), 5);
    assert_eq!(desk.stored().orders.len(), 5);
}

#[test]
fn what_is_no_sound_and_fitting_backup_is_refused() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, other) = (Folder::seeded(3), Folder::seeded(5));
    let stored = folder.stored();
    stdout(&other.program().args(["backup", "copy.db"]).output().unwrap());
    let copy = fs::read(other.file("copy.db")).unwrap();
    let mut damaged = copy.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 2048].fill(0x55);
    fs::write(folder.file("others.db"), &copy).unwrap();
    fs::write(folder.file("damaged.db"), &damaged).unwrap();
    fs::write(folder.file("text.db"), "this is no database at all, but some text".repeat(40)).unwrap();
    fs::write(folder.file("log.db"), &copy).unwrap();
    fs::write(folder.file("log.db-wal"), "newer orders").unwrap();
    rusqlite::Connection::open(folder.file("foreign.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let before = folder.file_names();
    for (backup, words) in [
        ("others.db", "it lacks the seal key 1"),
        ("damaged.db", "damaged"),
        ("text.db", "not an SQLite database"),
        ("foreign.db", "the database of another program"),
        ("log.db", "log.db is not whole"),
        ("none.db", "there is no backup none.db"),
        ("orders.db", "orders.db is the database itself"),
    ] {
        let said = folder.complaint(&["restore", backup], &[]);
        assert!(said.contains(words) && said.contains(backup), "{backup}: {said}");
        assert_eq!(folder.file_names(), before, "{backup}");
        assert!(folder.stored() == stored, "{backup}");
    }
}

#[test]
fn a_restore_takes_the_place_of_a_damaged_database_and_of_one_that_is_gone() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, backed_up, _) = killed_after_backup();
    for name in ["orders.db", "orders.db-wal"] {
        let length = fs::metadata(folder.file(name)).unwrap().len();
        fs::write(folder.file(name), vec![0x55; usize::try_from(length).unwrap()]).unwrap();
    }
    restore(&folder, "copy.db");
    let damaged = fs::read(folder.file(&kept(&folder, "Z"))).unwrap();
    assert!(damaged.iter().all(|byte| *byte == 0x55), "what nobody can read is kept, too");
    assert!(folder.open().stored() == backed_up);

    for name in folder.file_names().iter().filter(|name| name.starts_with("orders.db")) {
        fs::remove_file(folder.file(name)).unwrap();
    }
    let said = restore(&folder, "copy.db");
    assert_eq!(said, "orders.db: restoring copy.db …\norders.db: 3 orders, checked\n");
    // Emptied, with a log that nobody but its own database can use.
    for name in folder.file_names().iter().filter(|name| name.starts_with("orders.db")) {
        fs::remove_file(folder.file(name)).unwrap();
    }
    fs::write(folder.file("orders.db"), "").unwrap();
    fs::write(folder.file("orders.db-wal"), "the newest orders").unwrap();
    restore(&folder, "copy.db");
    assert_eq!(fs::read_to_string(folder.file(&kept(&folder, "Z-wal"))).unwrap(), "the newest orders");
    let desk = folder.open();
    assert!(desk.stored() == backed_up);
    assert_eq!(desk.post("/orders", &form(&[])).status, 303);
}

#[test]
fn a_database_that_is_lost_is_not_made_anew_in_silence() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let keys = fs::read(folder.file("orders.keys")).unwrap();
    for lost in [
        |folder: &Folder| fs::remove_file(folder.file("orders.db")),
        |folder: &Folder| fs::write(folder.file("orders.db"), ""),
    ] {
        lost(&folder).unwrap();
        let before = folder.file_names();
        for command in [&["serve"][..], &["migrate"], &["seed"], &["check"], &["check", "--cards"]] {
            let said = folder.complaint(command, &[("ORDERS_SERVER__LISTEN", "127.0.0.1:0")]);
            assert!(said.contains("there is no database orders.db"), "{command:?}: {said}");
            assert_eq!(folder.file_names(), before, "{command:?}");
        }
        let said = folder.complaint(&["serve"], &[("ORDERS_SERVER__LISTEN", "127.0.0.1:0")]);
        assert!(said.contains("orders.keys are there") && said.contains("`orders restore FILE`"), "{said}");
    }
    fs::write(folder.file("orders.db-wal"), "the newest orders").unwrap();
    for arguments in [&["migrate"][..], &["migrate", "--new-database"]] {
        let said = folder.complaint(arguments, &[]);
        assert!(said.contains("orders.db-wal is there, which has its newest orders"), "{said}");
    }
    fs::remove_file(folder.file("orders.db-wal")).unwrap();
    folder.orders(&["migrate", "--new-database"]).assert().success();
    let desk = folder.open();
    assert_eq!(desk.add(&[]), 1);
    assert!(fs::read(folder.file("orders.keys")).unwrap() == keys, "the keys are those that were there");
}
