//! Imports beside what goes wrong: desks that are killed, disks that fill up, and files that are not what they seem.

use std::fs;

use rust_xlsxwriter::Workbook;
use uuid::Uuid;

use crate::faults::on_a_small_disk;
use crate::harness::program::{Answer, Desk, Folder, until};
use crate::harness::server_database::is_skipped_on_server;
use crate::imports::{HEADER, MANY, MULTIPART, bring, change, count, parts, revision, row, rows, run};

#[test]
fn of_two_desks_one_goes_on_where_the_other_was_killed() {
    let folder = Folder::new();
    let (one, two) = (folder.open(), folder.open());
    let url = bring(&one, &rows(MANY));
    two.post(&format!("{url}/run"), &[("revision", &revision(&two, &url))]);
    until(|| count(&folder, "orders") > 0);
    one.kill();
    // Whichever of them had it: a lease expires by itself, only later.
    folder.database().execute("UPDATE jobs SET claimed_until = NULL WHERE kind = 'import'");
    until(|| two.get(&url).text().contains(">Done<"));
    assert!(two.get(&url).text().contains("16,000 orders added."), "{}", two.get(&url).text());
    for table in ["orders", "job_orders"] {
        assert_eq!(count(&folder, table), i64::from(MANY), "{table}");
    }
    two.stored().assert_sound();
}

#[test]
fn a_file_that_the_disk_has_no_room_for_is_refused_and_the_desk_goes_on() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(60);
    let blocks = fs::metadata(folder.file("orders.db")).unwrap().len() / 512;
    let desk = on_a_small_disk(&folder, u32::try_from(blocks).unwrap() + 2000);
    let large = parts(Uuid::new_v4(), ("large.csv", &rows(60_000)), "");
    let mut wire = desk.connect();
    let head = format!(
        "POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        MULTIPART.1,
        large.len()
    );
    wire.send(head).unwrap();
    // The desk says so before it has read all of it, and may have closed the connection by then.
    let sent = wire.send(&large);
    match wire.answer() {
        Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
        Err(error) => assert!(sent.is_err(), "{error}"),
    }
    assert_eq!(desk.get("/").status, 200, "reading goes on");
    assert!(!desk.get("/imports").text().contains("large.csv"), "what did not come whole is no import");
    desk.kill();

    let desk = folder.open();
    assert_eq!(desk.stored().orders.len(), 60);
    let url = bring(&desk, &rows(3));
    assert!(run(&desk, &url).contains("3 orders added."));
    // What is left of the large file goes when it cannot come in any more.
    folder.database().execute("UPDATE imports SET uploaded_at = '2026-01-01 00:00:00' WHERE pieces = 0");
    desk.close();
    let desk = folder.open();
    until(|| count(&folder, "jobs WHERE state = 'collecting'") == 0);
    desk.stored().assert_sound();
}

/// A workbook whose first sheet is a cover.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Cover").unwrap();
    let lines = [HEADER.to_owned(), row(1, "HI-9B97EE4E", 2), row(2, "HI-9B97EE4E", 3)];
    let sheet = book.add_worksheet().set_name("Orders of March").unwrap();
    for (place, line) in (0..).zip(&lines) {
        for (column, cell) in (0..).zip(line.trim_end().split(',')) {
            sheet.write_string(place, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Sends a file of any bytes as a browser does.
fn upload_bytes(desk: &Desk, name: &str, bytes: &[u8]) -> Answer {
    let form = parts(Uuid::new_v4(), (name, "\u{1}"), "");
    let place = form.iter().position(|byte| *byte == 1).unwrap();
    let body = [&form[..place], bytes, &form[place + 1..]].concat();
    desk.ask("POST", "/imports", &[MULTIPART], Some(&body))
}

#[test]
fn another_sheet_of_a_workbook_is_chosen_where_the_first_has_nothing() {
    let folder = Folder::without_server();
    let desk = folder.open();
    let answer = upload_bytes(&desk, "march.xlsx", &workbook());
    let url = answer.location().to_owned();
    until(|| !desk.get(&url).text().contains("data-again"));
    let page = desk.get(&url);
    assert!(page.text().contains("There is a problem"), "{}", page.text());
    assert!(page.text().contains("<option value=\"Cover\" selected>"), "{}", page.text());
    assert!(page.text().contains("<option value=\"Orders of March\">"));
    change(&desk, &url, &[("sheet", "Orders of March")]);
    let page = desk.get(&url);
    assert!(page.text().contains("<b>2 new</b>"), "{}", page.text());
    assert!(page.text().contains("<option value=\"Orders of March\" selected>"));
    assert!(run(&desk, &url).contains("2 orders added."));
    drop(desk);

    fs::write(folder.file("march.xlsx"), workbook()).unwrap();
    let assert = folder.orders(&["import", "march.xlsx"]).assert().code(1);
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(said.contains("Its sheets are Cover, Orders of March: --sheet says which is read"), "{said}");
    let assert = folder.orders(&["import", "march.xlsx", "--sheet", "Orders of March"]).assert().success();
    assert!(String::from_utf8_lossy(&assert.get_output().stdout).contains("0 added, 2 here already"));
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_and_says_so() {
    let desk = Desk::open();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("xl/workbook.xml", options).unwrap();
    for _ in 0..400 {
        std::io::Write::write_all(&mut zip, &vec![b' '; 1_000_000]).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 2_000_000, "{}", bytes.len());
    let answer = upload_bytes(&desk, "bomb.xlsx", &bytes);
    let url = answer.location().to_owned();
    until(|| !desk.get(&url).text().contains("data-again"));
    let page = desk.get(&url);
    assert!(page.text().contains("The file is larger than can be read"), "{}", page.text());
    assert!(!page.text().contains("/run\""));
}
