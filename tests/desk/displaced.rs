//! A database whose files are moved, deleted, replaced or damaged under a desk that serves.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;

const FORM: (&str, &str) = ("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21");

fn metric(desk: &Desk, name: &str) -> String {
    let answer = desk.get("/metrics");
    let line = answer.text().lines().find(|line| line.starts_with(&format!("{name} "))).expect("a metric");
    line.rsplit_once(' ').unwrap().1.to_owned()
}

/// Asserts that an order is refused with a sentence, that the desk says it is not ready, and why in its log.
fn assert_takes_no_changes(desk: &Desk, words: &str, cause: &str) -> Answer {
    let answer = desk.post("/orders", &form(&[FORM]));
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{}", answer.text());
    let page = answer.page();
    assert!(page.says(words) && page.says("Nothing was saved."), "{}", answer.text());
    assert_eq!(page.value("store_code"), "HI-9B97EE4E");
    let json = desk.post_with("/orders", &form(&[FORM]), &[("accept", "application/json")]);
    assert_eq!(json.status, 503);
    assert!(json.json()["detail"].as_str().unwrap().starts_with(words), "{}", json.text());
    let ready = desk.get("/readyz");
    assert_eq!((ready.status, ready.text()), (503, "the database takes no changes\n"));
    assert_eq!(desk.get("/healthz").status, 200);
    let log = desk.folder.log();
    assert!(log.lines().any(|line| line.contains("not ready") && line.contains(cause)), "{log}");
    answer
}

#[test]
fn a_database_that_is_moved_is_noticed_before_an_order_is_acknowledged() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open();
    desk.add(&[]);
    fs::rename(folder.file("orders.db"), folder.file("elsewhere")).unwrap();
    assert_takes_no_changes(
        &desk,
        "The database is not in its place any more",
        "orders.db was moved or deleted",
    );
    assert_eq!(desk.get("/").page().numbers().len(), 4, "reading goes on");
    assert_eq!(desk.edit(2, &[("product_quantity", "9")]).status, 503);
    assert_eq!(desk.post("/orders/2/cancel", &[("version", "1")]).status, 503);
    assert_eq!(metric(&desk, "orders_database_damaged"), "0");
    assert!(!folder.file("orders.db").exists(), "none is made in its place");

    fs::copy(folder.file("elsewhere"), folder.file("orders.db")).unwrap();
    let another = "is another file than the one that was opened";
    assert_takes_no_changes(&desk, "The database is not in its place any more", another);

    fs::rename(folder.file("elsewhere"), folder.file("orders.db")).unwrap();
    assert_eq!(desk.get("/readyz").status, 200);
    assert_eq!(desk.post("/orders", &form(&[FORM])).number(), 5, "back in its place it takes orders");
    let stored = desk.stored();
    desk.kill();
    assert!(folder.open().stored() == stored);
}

#[test]
fn a_deleted_database_takes_no_order_and_is_not_made_anew_at_the_next_start() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open();
    fs::remove_file(folder.file("orders.db")).unwrap();
    assert_takes_no_changes(
        &desk,
        "The database is not in its place any more",
        "orders.db was moved or deleted",
    );
    assert_eq!(desk.get("/").page().numbers().len(), 3, "reading goes on");
    desk.kill();
    let said = folder.complaint(&["serve"], &[("ORDERS_SERVER__LISTEN", "127.0.0.1:0")]);
    assert!(said.contains("there is no database orders.db"), "{said}");
}

#[test]
fn a_deleted_log_is_noticed_and_a_clean_stop_keeps_what_was_in_it() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let desk = folder.open();
    desk.add(&[]);
    fs::remove_file(folder.file("orders.db-wal")).unwrap();
    assert_takes_no_changes(
        &desk,
        "The database is not in its place any more",
        "orders.db-wal was moved or deleted",
    );
    desk.close();
    assert_eq!(folder.stored().orders.len(), 4);
    folder.assert_file_is_sound();
}

#[test]
fn a_log_that_lost_a_part_is_damage() {
    if is_skipped_on_server() {
        return;
    }
    for keep in [0, 1] {
        let folder = Folder::seeded(3);
        let desk = folder.open();
        for _ in 0..5 {
            desk.add(&[]);
        }
        let log = File::options().write(true).open(folder.file("orders.db-wal")).unwrap();
        log.set_len(log.metadata().unwrap().len() / 2 * keep).unwrap();
        assert_takes_no_changes(&desk, "The database is damaged", "is shorter than what was written to it");
        assert_eq!(metric(&desk, "orders_database_damaged"), "1");
        assert_eq!(metric(&desk, "orders_database_up"), "0");
        let said = folder.log().lines().filter(|line| line.contains("damage was found")).count();
        assert_eq!(said, 1, "{}", folder.log());
    }
}

#[test]
fn a_log_that_another_program_empties_as_it_should_is_no_damage() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let (one, two) = (folder.open(), folder.open());
    for number in 4..8 {
        assert_eq!(one.add(&[]), number * 2 - 4);
        folder.sqlite().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        assert_eq!(two.add(&[]), number * 2 - 3);
        assert_eq!((one.get("/readyz").status, two.get("/readyz").status), (200, 200));
    }
    folder.stored().assert_sound();
}

#[test]
fn damage_that_any_reader_meets_ends_all_writing_until_a_restart() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(400);
    let desk = folder.open();
    // The pages of the index of the list, under which the readers are.
    let root: i64 = folder
        .sqlite()
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_orders_1'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let whole = fs::read(folder.file("orders.db")).unwrap();
    let file = File::options().write(true).open(folder.file("orders.db")).unwrap();
    file.write_all_at(&[0x55; 4096], u64::try_from(root - 1).unwrap() * 4096).unwrap();
    // It meets the damage itself, and stores nothing.
    assert_eq!(desk.post("/orders", &form(&[])).status, 503);
    file.write_all_at(&whole, 0).unwrap();
    assert_takes_no_changes(&desk, "The database is damaged", "malformed");
    assert_eq!(desk.get("/").page().numbers().len(), 25, "reading goes on");
    assert_eq!(metric(&desk, "orders_database_damaged"), "1");
    assert_eq!(folder.log().matches("damage was found").count(), 1);
    desk.kill();
    assert_eq!(folder.open().add(&[]), 401);
}

#[test]
fn a_damaged_file_does_not_start_whatever_was_hit() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(200);
    let whole = fs::read(folder.file("orders.db")).unwrap();
    let (mut damaged, mut unseen) = (0, 0);
    for part in 0..24 {
        let mut bytes = whole.clone();
        let at = 100 + part * (whole.len() - 200) / 24;
        bytes[at..at + 64].fill(0xa5);
        fs::write(folder.file("orders.db"), &bytes).unwrap();
        let verdict = folder.sqlite().query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        if verdict.is_ok_and(|verdict| verdict == "ok") {
            unseen += 1;
            continue;
        }
        damaged += 1;
        for arguments in [&["serve"][..], &["check"]] {
            let output = folder
                .program()
                .args(arguments)
                .env("ORDERS_SERVER__LISTEN", "127.0.0.1:0")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}, byte {at}: {said}");
            assert!(said.contains("damaged") && said.contains("`orders restore FILE`"), "{at}: {said}");
        }
    }
    assert!(damaged >= 6 && unseen >= 1, "{damaged} damaged, {unseen} within values");
    fs::write(folder.file("orders.db"), whole).unwrap();
    folder.orders(&["check"]).assert().success().stdout("orders.db: sound, 200 orders\n");
}

#[test]
fn a_check_lists_what_is_wrong() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(5);
    let desk = folder.open();
    folder.orders(&["check"]).assert().success().stdout("orders.db: sound, 5 orders\n");
    desk.close();
    folder.database().execute("UPDATE order_counts SET orders = orders + 1 WHERE period <= 9999");
    let said = folder.orders(&["check"]).assert().code(1);
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();
    assert!(said.starts_with("5 orders, but "), "{said}");
}
