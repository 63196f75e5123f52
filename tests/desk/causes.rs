//! What stands in the way of a start or of writing: the real cause, in a sentence that helps.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::adopt;
use crate::harness::program::{Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::strace::{failing, is_skipped_without_strace};
use crate::harness::user::as_user;

const NOBODY: u32 = 65534;

#[test]
fn a_database_that_may_only_be_read_is_read_and_said_to_be_so() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let Some(mut command) = as_user(&folder, NOBODY, &[]) else { return };
    fs::set_permissions(folder.file("orders.db"), fs::Permissions::from_mode(0o400)).unwrap();
    command.arg("serve");
    let desk = Desk::start(&folder, command);
    assert_eq!(desk.get("/").page().numbers().len(), 3, "reading goes on");
    let answer = desk.post("/orders", &form(&[]));
    assert_eq!(answer.status, 503);
    assert!(answer.page().says("The database takes no changes now. Nothing was saved."), "{}", answer.text());
    let ready = desk.get("/readyz");
    assert_eq!((ready.status, ready.text()), (503, "the database takes no changes\n"));
    let log = folder.log();
    assert!(log.contains("the desk can read, and store nothing") && log.contains("readonly"), "{log}");
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let Some(mut command) = as_user(&folder, NOBODY, &[]) else { return };
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let output = command.arg("check").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Permission denied") && said.contains("its folder writable"), "{said}");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

/// As on a full disk: no file can grow.
#[test]
fn a_full_disk_at_the_start_is_named() {
    if is_skipped_on_server() {
        return;
    }
    for folder in [Folder::new(), Folder::seeded(3)] {
        let mut command = folder.in_here("/bin/sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" serve", env!("CARGO_BIN_EXE_orders")]);
        let output = command.env("ORDERS_SERVER__LISTEN", "127.0.0.1:0").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("File too large") && said.contains("Make room on its disk"), "{said}");
    }
}

#[test]
fn a_file_system_without_locks_is_not_taken_for_another_program() {
    if is_skipped_on_server() || is_skipped_without_strace() {
        return;
    }
    let folder = Folder::seeded(3);
    let mut command = failing(&folder, &["fcntl:error=ENOLCK"], &["check"]);
    let output = command.env("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "0").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("its file system has no locks. Keep it on a disk of this machine"), "{said}");
    assert!(!said.contains("another program"), "{said}");
    assert_eq!(folder.file_names(), ["orders.db", "orders.keys"]);
}

#[test]
fn what_is_in_the_way_of_a_table_is_named() {
    for (sql, words) in [
        ("CREATE TABLE outbox (x)", "table outbox already exists"),
        ("CREATE VIEW broken AS SELECT * FROM nowhere", "error in view broken"),
    ] {
        let folder = adopt::flask(&adopt::rows(3));
        folder.sqlite().execute_batch(sql).unwrap();
        let said = folder.complaint(&["adopt"], &[]);
        assert!(said.contains(words) && said.contains("rename or drop what is in the way"), "{said}");
        assert!(!said.contains("writable"), "{said}");
        let tables: i64 = folder
            .sqlite()
            .query_row(
                "SELECT count(*) FROM sqlite_master WHERE name IN ('orders_flask', 'order_events')",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(tables, 0, "no table was changed");
    }
}
