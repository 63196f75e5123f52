//! The files that the program makes: their names, who may read them, and what stands in their way.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::adopt;
use crate::harness::database::Database;
use crate::harness::program::{Desk, Folder, stdout};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::strace::{failing, is_skipped_without_strace};

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777
}

/// The program with another umask.
fn with_umask(folder: &Folder, umask: &str, arguments: &[&str]) -> Command {
    let mut command = folder.in_here("/bin/sh");
    command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_orders")).args(arguments);
    command
}

/// The orders in a file, whatever it is called.
fn orders_in(folder: &Folder, name: &str) -> usize {
    let plain = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(folder.file(name), plain).unwrap();
    Database::Sqlite(database).stored().orders.len()
}

/// Names that SQLite could take for something else.
const NAMES: [&str; 7] =
    ["file:b1.db", ":memory:", "file:b2.db?mode=memory", "b3.db?a=b#c", "-b4.db", "%41.db", "ü 5.db"];

#[test]
fn a_name_is_never_a_uri() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(7);
    for name in NAMES {
        let said = folder.program().args(["backup", "--", name]).output().unwrap();
        assert!(stdout(&said).contains(&format!("{name}: 7 orders, checked\n")), "{name}");
        assert_eq!(orders_in(&folder, name), 7, "{name}");
    }
    let mut expected = [&NAMES[..], &["orders.db", "orders.keys"]].concat();
    expected.sort_unstable();
    assert_eq!(folder.file_names(), expected);
}

#[test]
fn a_backup_is_not_put_beside_the_log_of_another_database() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    fs::write(folder.file("copy.db-wal"), "of a database that had this name").unwrap();
    assert!(folder.complaint(&["backup", "copy.db"], &[]).contains("copy.db-wal is there already"));
    assert!(!folder.file("copy.db").exists());
}

#[test]
fn every_file_is_its_owners_alone_whatever_the_umask() {
    if is_skipped_on_server() {
        return;
    }
    for umask in ["000", "022", "077", "777"] {
        let folder = Folder::new();
        let desk = Desk::start(&folder, with_umask(&folder, umask, &["serve"]));
        desk.add(&[]);
        assert!(with_umask(&folder, umask, &["backup", "copy.db"]).output().unwrap().status.success());
        let names = folder.file_names();
        assert_eq!(names, ["copy.db", "orders.db", "orders.db-shm", "orders.db-wal", "orders.keys"]);
        for name in names {
            assert_eq!(mode(&folder, &name), 0o600, "{name}, umask {umask}");
        }
    }
}

#[test]
fn files_behind_links_are_their_owners_alone_too() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    fs::create_dir(folder.file("disk")).unwrap();
    for name in ["orders.db", "orders.keys"] {
        symlink(format!("disk/{name}"), folder.file(name)).unwrap();
    }
    let desk = Desk::start(&folder, with_umask(&folder, "000", &["serve"]));
    desk.add(&[]);
    for name in ["orders.db", "orders.db-shm", "orders.db-wal", "orders.keys"] {
        assert_eq!(mode(&folder, &format!("disk/{name}")), 0o600, "{name}");
    }
    desk.close();
    assert!(fs::symlink_metadata(folder.file("orders.keys")).unwrap().is_symlink());
}

#[test]
fn an_empty_file_becomes_a_database_that_only_its_owner_reads() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    fs::write(folder.file("orders.db"), "").unwrap();
    fs::set_permissions(folder.file("orders.db"), fs::Permissions::from_mode(0o666)).unwrap();
    let desk = folder.open();
    desk.add(&[]);
    for name in folder.file_names() {
        assert_eq!(mode(&folder, &name), 0o600, "{name}");
    }
    assert!(!folder.log().contains("everybody on this machine"), "{}", folder.log());
}

#[test]
fn files_that_everybody_may_read_are_told_of() {
    let folder = Folder::seeded(3);
    for name in folder.file_names() {
        fs::set_permissions(folder.file(&name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let desk = folder.open();
    let log = folder.log();
    for name in ["orders.db", "orders.keys"].iter().filter(|name| folder.file(name).exists()) {
        let line = log.lines().find(|line| line.contains("everybody on this machine") && line.contains(name));
        assert!(
            line.is_some_and(|line| line.contains("WARN") && line.contains("chmod 600")),
            "{name}: {log}"
        );
        assert_eq!(mode(&folder, name), 0o644, "{name}: it is told of, and left as it is");
    }
    desk.close();
}

#[test]
fn a_file_system_without_hard_links_has_a_desk_and_its_backups() {
    if is_skipped_on_server() || is_skipped_without_strace() {
        return;
    }
    for error in ["EPERM", "EOPNOTSUPP"] {
        let folder = Folder::new();
        let faults = [format!("link,linkat:error={error}")];
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        for arguments in [&["seed", "--rows", "5"][..], &["backup", "copy.db"]] {
            let done = failing(&folder, &faults, arguments).output().unwrap();
            assert!(done.status.success(), "{error}: {}", String::from_utf8_lossy(&done.stderr));
        }
        assert_eq!(orders_in(&folder, "copy.db"), 5);
        assert_eq!(folder.file_names(), ["copy.db", "orders.db", "orders.keys"]);
        fs::write(folder.file("there"), "mine").unwrap();
        let refused = failing(&folder, &faults, &["backup", "there"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        assert_eq!(fs::read_to_string(folder.file("there")).unwrap(), "mine");
    }
}

#[test]
fn no_file_is_written_through_a_link_that_stands_in_its_way() {
    if is_skipped_on_server() {
        return;
    }
    let folder = adopt::flask(&adopt::rows(3));
    fs::write(folder.file("precious"), "mine").unwrap();
    let link = |name: &str| symlink("precious", folder.file(name)).unwrap();
    link("adopted.csv.new");
    let said = folder.complaint(&["adopt"], &[]);
    assert!(said.contains("adopted.csv.new is in the way"), "{said}");
    assert_eq!(folder.file_names(), ["adopted.csv.new", "orders.db", "precious"], "nothing is adopted");
    fs::remove_file(folder.file("adopted.csv.new")).unwrap();
    folder.orders(&["adopt"]).assert().success();
    assert_eq!(mode(&folder, "adopted.csv"), 0o600);

    link("copy.db.new");
    assert!(folder.complaint(&["backup", "copy.db"], &[]).contains("copy.db.new is in the way"));
    link("orders.keys.new");
    assert!(folder.complaint(&["key", "rotate", "seal"], &[]).contains("orders.keys.new is in the way"));
    assert_eq!(fs::read_to_string(folder.file("precious")).unwrap(), "mine");
    for name in ["copy.db.new", "orders.keys.new"] {
        assert!(fs::symlink_metadata(folder.file(name)).unwrap().is_symlink(), "{name} is somebody else's");
    }
}
