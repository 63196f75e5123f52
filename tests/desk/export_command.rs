//! `orders export`: which orders, into which file, and what is left where it fails.

use std::fs;
use std::process::Command;

use crate::export::log;
use crate::harness::program::{Desk, Folder, stdout};
use crate::harness::server_database::is_skipped_on_server;

/// What a desk answers to a request, as bytes.
fn download(desk: &Desk, path: &str) -> Vec<u8> {
    let answer = desk.get(path);
    assert_eq!(answer.status, 200, "{path}");
    answer.body
}

#[test]
fn the_command_writes_what_the_desk_hands_out() {
    let folder = Folder::seeded(150);
    let desk = folder.open();
    assert_eq!(desk.post("/views?store=WEB-1388012W&sort=-quantity", &[("name", "Web store")]).status, 303);
    for (arguments, path) in [
        (&["all.csv"][..], "/export.csv"),
        (&["web.NDJSON", "--view", "web STORE"], "/export.ndjson?store=WEB-1388012W&sort=-quantity"),
        (&["ship.json", "--view", "To ship"], "/export.json?status=to-ship&sort=ordered"),
        (
            &["list", "--format", "csv", "--query", "status=shipped&sort=store"],
            "/export.csv?status=shipped&sort=store",
        ),
        (&["url.csv", "--query", "http://127.0.0.1:5000/?brand=visa&page=2"], "/export.csv?brand=visa"),
        (&["excel.csv", "--excel", "--semicolons"], "/export.csv?for=excel&separator=semicolon"),
    ] {
        let done = folder.orders(&[&["export"], arguments].concat()).assert().success();
        let said = stdout(done.get_output());
        let (name, expected) = (arguments[0], download(&desk, path));
        assert!(said.starts_with(&format!("{name}: exporting ")) && said.lines().count() == 2, "{said}");
        assert_eq!(fs::read(folder.file(name)).unwrap(), expected, "{name}");
        let piped = folder.orders(&[&["export", "-", "--format", extension(path)], &arguments[1..]].concat());
        if !arguments.contains(&"--format") {
            assert_eq!({ piped }.assert().success().get_output().stdout, expected, "{name}");
        }
    }
    let done = folder.orders(&["export", "book.xlsx", "--view", "To ship"]).assert().success();
    let orders = stdout(done.get_output()).lines().nth(1).unwrap().to_owned();
    assert!(orders.starts_with("book.xlsx: ") && orders.ends_with(" orders"), "{orders}");
    assert!(fs::read(folder.file("book.xlsx")).unwrap().starts_with(b"PK"));
    let log = log(&desk);
    assert!(
        log[0].starts_with("the command line exported ")
            && log[0].ends_with(" of To ship as an Excel workbook · Finished"),
        "{log:?}"
    );
}

fn extension(path: &str) -> &str {
    path.trim_start_matches("/export.").split('?').next().unwrap()
}

#[test]
fn a_file_that_is_there_is_replaced_when_the_new_one_is_whole() {
    let folder = Folder::seeded(2);
    fs::write(folder.file("orders.csv"), "old").unwrap();
    folder.orders(&["export", "orders.csv"]).assert().success();
    assert_eq!(fs::read_to_string(folder.file("orders.csv")).unwrap().lines().count(), 3);
}

#[test]
fn what_makes_no_sense_writes_no_file() {
    let folder = Folder::seeded(2);
    fs::create_dir(folder.file("folder.csv")).unwrap();
    let before = folder.file_names();
    for (arguments, words) in [
        (&["orders"][..], "add --format csv, ndjson, json or xlsx"),
        (&["-"], "add --format csv, ndjson, json or xlsx"),
        (
            &["orders.csv", "--view", "Nowhere"],
            "there is no view \"Nowhere\". There are: To ship, Late, On the way, To check, All orders",
        ),
        (&["orders.csv", "--query", "store=nowhere"], "--query is not understood, and nothing was exported"),
        (&["orders.csv", "--query", "stroe=HI"], "stroe"),
        (&["orders.json", "--excel"], "--excel and --semicolons are about CSV, and this is json"),
        (&["folder.csv"], "folder.csv is a folder"),
        (&["nowhere/orders.csv"], "cannot write nowhere/orders.csv"),
    ] {
        let said = folder.complaint(&[&["export"], arguments].concat(), &[]);
        assert!(said.contains(words), "{said}");
        assert_eq!(folder.file_names(), before);
    }
    let said = folder.orders(&["export", "a.csv", "--view", "Late", "--query", ""]).assert().code(2);
    assert!(String::from_utf8_lossy(&said.get_output().stderr).contains("cannot be used with"));
}

#[test]
fn a_disk_that_fills_up_leaves_what_was_there() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(6000);
    fs::write(folder.file("orders.csv"), "old").unwrap();
    let before = folder.file_names();
    for file in ["orders.csv", "orders.xlsx", "new.json", "-"] {
        // No file can grow beyond half a megabyte.
        let run = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" export \"$@\"";
        let mut command = Command::new("sh");
        command.current_dir(folder.path()).env_clear().args(["-c", run, env!("CARGO_BIN_EXE_orders"), file]);
        if file == "-" {
            command.args(["--format", "csv"]).stdout(tempfile::tempfile().unwrap());
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{file}: {said}");
        assert!(said.lines().any(|line| line.starts_with("orders: ")), "{file}: {said}");
        assert_eq!(fs::read_to_string(folder.file("orders.csv")).unwrap(), "old");
        let mut after = folder.file_names();
        // What could not be taken into the database stays in its log.
        after.retain(|name| !name.starts_with("orders.db-"));
        assert_eq!(after, before, "{file}");
    }
    let log = log(&folder.open());
    assert_eq!(log.len(), 4);
    for said in log {
        assert!(said.starts_with("the command line exported ") && said.ends_with("Failed"), "{said}");
    }
}

#[test]
fn who_reads_no_further_ends_the_export_as_the_shell_expects() {
    let folder = Folder::seeded(3000);
    let mut command = folder.program();
    command.args(["export", "-", "--format", "csv"]).stdout(std::process::Stdio::piped());
    let mut running = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(running.stdout.take());
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(log(&folder.open())[0].rsplit(" · ").next(), Some("Cut off"));
}

#[test]
fn long_exports_say_how_far_they_are() {
    let folder = Folder::seeded(5000);
    let done = folder.orders(&["export", "orders.csv"]).assert().success();
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("of 5,000 orders"), "{said}");
}
