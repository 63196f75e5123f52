//! Standard output that is full, closed or not there at all.
//!
//! No command panics, and none changes what it cannot tell of.

use std::fs::{self, File};
use std::io::pipe;
use std::process::{Output, Stdio};

use crate::adopt;
use crate::harness::database::Value;
use crate::harness::program::Folder;
use crate::harness::receiver::{Receiver, Reply};
use crate::harness::server_database::is_skipped_on_server;
use crate::webhooks;

/// Commands that change nothing here, `desk` being the address of a desk that serves.
fn reports(desk: &str) -> Vec<Vec<String>> {
    let url = format!("http://{desk}");
    let commands = [
        &["--help"][..],
        &["--version"],
        &["key", "rotate", "--help"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["check"],
        &["check", "--cards"],
        &["check", "--history"],
        &["config"],
        &["healthcheck"],
        &["key", "list"],
        &["migrate"],
        &["migrate", "--dry-run"],
        &["smoke", &url],
        &["webhooks", "list"],
        &["jobs", "list"],
    ];
    commands.map(|command| command.iter().map(|&word| word.to_owned()).collect()).to_vec()
}

/// Commands that change something.
const CHANGES: [&[&str]; 14] = [
    &["key", "rotate"],
    &["key", "rotate", "hash"],
    &["key", "reseal"],
    &["key", "retire", "seal", "1", "--lost"],
    &["seed", "--rows", "7", "--seed", "3"],
    &["backup", "copy.db"],
    &["restore", "backup.db"],
    &["move", "--to", "sqlite:moved.db"],
    &["check", "--cards", "--mend"],
    &["check", "--counts"],
    &["webhooks", "resend", "1"],
    &["webhooks", "resend", "--failed"],
    &["webhooks", "discard", "1"],
    &["jobs", "stop", "1"],
];

fn run(folder: &Folder, command: &[&str], listen: &str, out: impl Into<Stdio>) -> (Option<i32>, String) {
    let mut program = folder.program();
    program.args(command).env("ORDERS_SERVER__LISTEN", listen).stdin(Stdio::null()).stdout(out);
    let Output { status, stderr, .. } =
        program.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// The end of a pipe that nobody reads any more.
fn closed() -> std::io::PipeWriter {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer
}

fn assert_one_sentence(said: &str, words: &str, command: &[&str]) {
    assert!(said.starts_with("orders: ") && said.ends_with(".\n"), "{command:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{command:?}: {said}");
    assert!(
        said.contains("cannot write to standard output (") && said.contains(words),
        "{command:?}: {said}"
    );
}

/// All that a command may change.
fn state(folder: &Folder) -> (Vec<String>, Option<String>, Vec<Vec<Value>>) {
    let files = folder.file_names();
    let keys = fs::read_to_string(folder.file("orders.keys")).ok();
    let mut database = folder.database();
    let tables = ["orders", "order_events", "card_keys", "outbox"];
    let rows = tables.iter().flat_map(|table| database.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2")));
    (files, keys, rows.collect())
}

/// A desk's folder with an order that a webhook could not be told of.
fn furnished() -> Folder {
    let folder = Folder::seeded(5);
    let receiver = Receiver::with(|_| Reply::Status(500));
    let desk = webhooks::open(&folder, &receiver);
    desk.add(&[]);
    desk.close();
    assert!(folder.database().number("SELECT COUNT(*) FROM outbox") > 0);
    folder
}

#[test]
fn a_report_to_a_full_device_is_a_failure_in_one_sentence() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(5);
    let desk = folder.open();
    let listen = desk.address.to_string();
    for command in reports(&listen) {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let (code, said) = run(&folder, &command, &listen, full());
        assert_eq!(code, Some(1), "{command:?}: {said}");
        assert_one_sentence(&said, "No space left", &command);
    }
}

#[test]
fn a_report_that_nobody_reads_ends_without_a_word() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(5);
    let desk = folder.open();
    let listen = desk.address.to_string();
    for command in reports(&listen) {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        assert_eq!(run(&folder, &command, &listen, closed()), (Some(141), String::new()), "{command:?}");
    }
}

#[test]
fn nothing_is_changed_that_cannot_be_told() {
    if is_skipped_on_server() {
        return;
    }
    let folder = furnished();
    let before = state(&folder);
    for command in CHANGES {
        let (code, said) = run(&folder, command, "127.0.0.1:0", full());
        assert_eq!(code, Some(1), "{command:?}: {said}");
        assert_one_sentence(&said, "No space left", command);
        assert!(said.ends_with(", so nothing was changed.\n"), "{command:?}: {said}");
        let (code, said) = run(&folder, command, "127.0.0.1:0", closed());
        assert_eq!(code, Some(1), "{command:?}: {said}");
        assert_one_sentence(&said, "Broken pipe", command);
        assert!(state(&folder) == before, "{command:?} changed something");
    }
}

#[test]
fn nothing_is_made_that_cannot_be_told() {
    if is_skipped_on_server() {
        return;
    }
    for command in [
        &["key", "new"][..],
        &["key", "rotate"],
        &["key", "reseal"],
        &["check", "--cards", "--mend"],
        &["check", "--counts"],
        &["migrate"],
        &["seed"],
        &["serve"],
    ] {
        let folder = Folder::new();
        let (code, said) = run(&folder, command, "127.0.0.1:0", full());
        assert_eq!(code, Some(1), "{command:?}: {said}");
        assert_one_sentence(&said, "No space left", command);
        if command != ["serve"] {
            assert!(folder.file_names().is_empty(), "{command:?} made {:?}", folder.file_names());
        }
    }
}

#[test]
fn nothing_is_adopted_that_cannot_be_told() {
    let folder = adopt::flask(&adopt::rows(3));
    let before = fs::read(folder.file("orders.db")).unwrap();
    let (code, said) = run(&folder, &["adopt"], "127.0.0.1:0", full());
    assert_eq!(code, Some(1), "{said}");
    assert_one_sentence(&said, "so nothing was changed", &["adopt"]);
    assert_eq!(folder.file_names(), ["orders.db"]);
    assert!(fs::read(folder.file("orders.db")).unwrap() == before);
}

/// As with `>&-` and `2>&-` in a shell.
#[test]
fn without_standard_output_or_error_commands_do_what_they_do() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    let shell = |script: &str| {
        let program = env!("CARGO_BIN_EXE_orders");
        let output = folder.in_here("sh").args(["-c", script, program]).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    for close in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        for command in ["seed --rows 3", "config", "key list", "completions bash", "--help"] {
            let (code, said) = shell(&format!("\"$0\" {command} {close}"));
            assert_eq!(code, Some(0), "{command} {close}: {said}");
        }
        let (code, said) = shell(&format!("ORDERS_LOG__LEVEL=loud \"$0\" config {close}"));
        assert_eq!(code, Some(1), "{close}: {said}");
        assert!(!said.contains("panicked"), "{close}: {said}");
    }
    assert_eq!(folder.stored().orders.len(), 3);
}

/// The usual ways to read only the beginning.
#[test]
fn a_reader_that_leaves_early_sees_what_it_came_for() {
    let folder = Folder::without_server();
    for (script, first) in
        [("\"$0\" completions bash | head -1", "_orders()"), ("\"$0\" config | head -1", "profile dev")]
    {
        let program = env!("CARGO_BIN_EXE_orders");
        let output =
            folder.in_here("sh").args(["-c", script, program]).env("PATH", "/usr/bin:/bin").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, errors) = (text(output.stdout), text(output.stderr));
        assert!(out.starts_with(first), "{script}: {out}");
        assert_eq!(errors, "", "{script}");
    }
}
