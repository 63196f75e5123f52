//! Few threads and few open files: a desk that works, or one sentence that names the limit.

use std::fs;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::harness::program::{Desk, Folder};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::user::as_user;
use crate::harness::wire::Wire;
use crate::metrics::value;

/// A user of whom nothing else runs: the kernel counts all threads of one.
fn nobody_else() -> u32 {
    static USERS: AtomicU32 = AtomicU32::new(0);
    1_000_000 + std::process::id() % 100_000 * 100 + USERS.fetch_add(1, Ordering::Relaxed)
}

/// What is said on standard error by a desk that did not open, or a command that failed: one sentence.
fn sentence(status: ExitStatus, said: &str) -> &str {
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.starts_with("orders: ") && said.ends_with(".\n") && said.lines().count() == 1, "{said}");
    said
}

fn said_by_desk(folder: &Folder, status: ExitStatus) -> String {
    let said = fs::read_to_string(folder.file("log")).unwrap();
    sentence(status, &said).to_owned()
}

#[test]
fn with_few_threads_a_desk_works_or_says_that_it_needs_more() {
    if is_skipped_on_server() {
        return;
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    let mut opened = 0;
    for most in 1..=cores.max(4) + 10 {
        let folder = Folder::new();
        let most = format!("--nproc={most}");
        let Some(mut command) = as_user(&folder, nobody_else(), &["prlimit", &most]) else { return };
        command.arg("serve");
        match Desk::try_start(&folder, command) {
            Ok(desk) => {
                assert_eq!(desk.add(&[]), 1, "{most}");
                assert_eq!(desk.get("/webhooks").status, 200, "{most}");
                desk.close();
                opened += 1;
            }
            Err(status) => {
                let said = said_by_desk(&folder, status);
                assert!(
                    said.contains("more threads, and may have") && said.contains("`ulimit -u`"),
                    "{said}"
                );
                assert!(folder.file_names().is_empty(), "{most}: nothing was begun");
                assert_eq!(opened, 0, "{most}: fewer were enough");
            }
        }
    }
    assert!(opened > 0, "no number of threads is enough");
}

#[test]
fn with_few_threads_a_command_works_or_says_that_it_needs_more() {
    if is_skipped_on_server() {
        return;
    }
    for arguments in [&["migrate"][..], &["seed", "--rows", "3"], &["smoke", "http://127.0.0.1:1"]] {
        let mut refused = 0;
        for most in 1..=9 {
            let folder = Folder::new();
            let most = format!("--nproc={most}");
            let Some(mut command) = as_user(&folder, nobody_else(), &["prlimit", &most]) else { return };
            let output = command.args(arguments).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(!said.contains("panick") && !said.contains("fault"), "{said}");
            if said.contains("threads") {
                assert!(sentence(output.status, &said).contains("`ulimit -u`"), "{said}");
                assert!(folder.file_names().is_empty(), "{arguments:?} {most}: nothing was begun");
                refused += 1;
            } else if arguments[0] != "smoke" {
                assert!(output.status.success(), "{arguments:?} {most}: {said}");
            }
        }
        assert!((1..9).contains(&refused), "{arguments:?}: {refused}");
    }
}

/// The program with a soft and a hard limit of open files.
fn with_files(folder: &Folder, soft: usize, hard: usize) -> Command {
    let mut command = folder.in_here("prlimit");
    command.arg(format!("--nofile={soft}:{hard}")).arg(env!("CARGO_BIN_EXE_orders")).arg("serve");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

#[test]
fn with_few_open_files_a_desk_works_or_says_that_it_needs_more() {
    if is_skipped_on_server() {
        return;
    }
    let mut opened = 0;
    for most in [4, 5, 6, 8, 11, 16, 24, 31, 32, 40, 61, 62, 64, 80, 128] {
        let folder = Folder::new();
        match Desk::try_start(&folder, with_files(&folder, most, most)) {
            Ok(desk) => {
                assert_eq!(desk.add(&[]), 1, "{most}");
                assert_eq!(desk.get("/webhooks").status, 200, "{most}");
                opened += 1;
            }
            Err(status) => {
                let said = said_by_desk(&folder, status);
                assert!(said.contains("files open at once") && said.contains("`ulimit -n`"), "{said}");
                assert!(folder.file_names().is_empty(), "{most}: nothing was begun");
                assert_eq!(opened, 0, "{most}: fewer were enough");
            }
        }
    }
    assert!(opened > 0);
}

#[test]
fn connections_are_as_many_as_open_files_allow() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    let desk = Desk::start(&folder, with_files(&folder, 96, 96));
    let open: Vec<_> = (0..200).map(|_| desk.connect()).collect();
    let allowed: usize = value(&desk.get("/metrics"), "orders_http_connections_allowed").parse().unwrap();
    assert!((8..96).contains(&allowed), "{allowed}");
    assert_eq!(desk.add(&[]), 1);
    assert_eq!(desk.get("/webhooks").status, 200);
    drop(open);
    let log = folder.log();
    assert!(log.contains("server.max_connections is more than the limit of open files allows"), "{log}");
    assert!(!log.contains("could not be accepted"), "{log}");
}

#[test]
fn the_soft_limit_of_open_files_is_raised_to_what_is_needed() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    let desk = Desk::start(&folder, with_files(&folder, 16, 4096));
    assert_eq!(value(&desk.get("/metrics"), "orders_http_connections_allowed"), "1024");
    let open: Vec<_> = (0..100).map(|_| Wire::connect(desk.address).unwrap()).collect();
    assert_eq!(desk.add(&[]), 1);
    drop(open);
    assert!(!folder.log().contains("WARN"), "{}", folder.log());
}
