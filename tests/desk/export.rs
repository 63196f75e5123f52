//! All orders of a list as a file: what is in it, what it is called, and what becomes of one that breaks off.

use std::collections::HashMap;
use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::page::Page;
use crate::harness::program::{Answer, Desk, Folder, PATIENCE, form, until};
use crate::harness::server_database::is_skipped_on_server;
use crate::harness::wire::Wire;

/// The networks' public test number.
const CARD: &str = "4111 1111 1111 1111";

/// A list that is filtered and sorted otherwise than by default.
const LIST: &str = "status=to-ship&status=shipped&sort=store";

/// The numbers on all pages of a list.
fn listed(desk: &Desk, list: &str) -> Vec<i64> {
    let (mut numbers, mut url) = (Vec::new(), format!("/?{list}&per_page=100").replace("?&", "?"));
    loop {
        let answer = desk.get(&url);
        assert_eq!(answer.status, 200, "{url}");
        numbers.extend(answer.page().numbers());
        match answer.page().link("Next") {
            Some(next) => url = next,
            None => return numbers,
        }
    }
}

/// The lines of a file of values, each by the names of its columns.
pub fn csv_of(answer: &Answer, delimiter: u8) -> Vec<HashMap<String, String>> {
    let file = answer.body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(&answer.body);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    reader.deserialize().map(Result::unwrap).collect()
}

pub fn numbers_of(lines: &[HashMap<String, String>]) -> Vec<i64> {
    lines.iter().map(|line| line["number"].parse().unwrap()).collect()
}

/// The entries of the access log, newest first, each in a line.
pub fn log(desk: &Desk) -> Vec<String> {
    let answer = desk.get("/audit");
    assert_eq!(answer.status, 200);
    answer.page().audit()
}

impl Page<'_> {
    /// What the access log says: what was done, and how it ended.
    fn audit(&self) -> Vec<String> {
        let rows = self.raw().split("<tr id=\"access-").skip(1);
        rows.map(|row| {
            let row = Page::new(row);
            let cell = |name: &str| {
                let cell = row.between(&format!("<td data-field=\"{name}\""), "</td>").unwrap();
                let text = cell.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
                text.collect::<String>().trim().to_owned()
            };
            format!("{} · {}", cell("what"), cell("ended"))
        })
        .collect()
    }
}

/// As many orders as make more lines of JSON than a connection takes along by itself: four megabytes.
const MANY: u32 = 10_000;

pub fn large() -> Folder {
    Folder::seeded(MANY)
}

/// Begins to take a file, with little room for it; all that is there at once is its head.
pub fn begin(desk: &Desk, path: &str) -> Wire {
    let mut wire = Wire::connect_narrow(desk.address).unwrap();
    wire.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).unwrap();
    assert_eq!(wire.answer().unwrap().status, 200);
    wire
}

#[test]
fn every_file_of_text_has_the_orders_of_the_list_in_its_order() {
    let desk = Folder::seeded(700).open();
    for list in
        [LIST, "", "sort=-quantity", "brand=visa&sort=number", "store=WEB-1388012W", "store=ZZ-00000000"]
    {
        let expected = listed(&desk, list);
        let csv = desk.get(&format!("/export.csv?{list}"));
        assert_eq!(numbers_of(&csv_of(&csv, b',')), expected, "{list}");
        let lines = desk.get(&format!("/export.ndjson?{list}&page=3&per_page=10"));
        let lines: Vec<Value> =
            lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let array: Vec<Value> = desk.get(&format!("/export.json?{list}")).json().as_array().unwrap().clone();
        assert_eq!(array, lines, "{list}");
        let numbers: Vec<i64> = array.iter().map(|order| order["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, expected, "{list}");
        for (line, order) in csv_of(&csv, b',').iter().zip(&array) {
            let code = |name: &str| order[name].as_str().unwrap();
            assert_eq!((&*line["store_code"], &*line["user_id"]), (code("store_code"), code("user_id")));
            assert_eq!(line["order_date"].replace(' ', "T"), code("order_date"));
            assert_eq!(line["product_quantity"], order["product_quantity"].to_string());
        }
    }
}

#[test]
fn a_file_says_what_it_is_and_for_which_view_and_day() {
    let desk = Desk::open();
    let number = desk.add(&[("user_id", "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2")]);
    assert_eq!(desk.post("/views?store=HI", &[("name", "Küste & Co")]).status, 303);
    for (path, kind, begins) in [
        ("/export.csv", "text/csv; charset=utf-8; header=present", "orders-20"),
        (
            "/export.csv?status=to-ship&sort=ordered",
            "text/csv; charset=utf-8; header=present",
            "orders-to-ship-20",
        ),
        ("/export.ndjson?quantity_from=2", "application/x-ndjson; charset=utf-8", "orders-filtered-20"),
        ("/export.json?store=HI", "application/json", "orders-k_ste-co-20"),
        (
            "/export.xlsx?sort=store",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "orders-20",
        ),
    ] {
        let head = desk.ask("HEAD", path, &[], None);
        let answer = desk.get_with(path, &[("accept-encoding", "gzip")]);
        for answer in [&head, &answer] {
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("content-type"), Some(kind));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("content-encoding"), None);
            let name = answer.header("content-disposition").unwrap();
            assert!(name.starts_with(&format!("attachment; filename=\"{begins}")), "{name}");
        }
        assert!(head.body.is_empty());
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "{path}");
    }
    let name = desk.get("/export.json?store=HI").header("content-disposition").unwrap().to_owned();
    assert!(name.contains("filename*=UTF-8''orders-k%C3%BCste-co-"), "{name}");
    // A look at the head takes nothing out.
    assert_eq!(log(&desk).iter().filter(|said| said.contains(" exported ")).count(), 6);
    let line = &csv_of(&desk.get("/export.csv"), b',')[0];
    assert_eq!(line["number"], number.to_string());
    assert_eq!((&*line["card_brand"], &*line["card_last4"]), ("visa", "1111"));
    assert_eq!((&*line["order_date"], &*line["shipping_date"]), ("2024-03-01 09:30:00", ""));
    assert!(!String::from_utf8_lossy(&desk.said()).contains("4111111111111111"));
}

#[test]
fn files_of_values_can_be_what_excel_expects() {
    let desk = Folder::seeded(20).open();
    let plain = desk.get("/export.csv");
    let excel = desk.get("/export.csv?for=excel&separator=semicolon&status=");
    assert!(
        plain.body.starts_with(b"number,order_date,")
            && excel.body.starts_with(b"\xEF\xBB\xBFnumber;order_date;")
    );
    assert_eq!(csv_of(&plain, b','), csv_of(&excel, b';'));
    assert_eq!((plain.text().matches("\r\n").count(), plain.text().lines().count()), (21, 21));
    assert!(!excel.text().contains("sep="));
}

#[test]
fn what_makes_no_sense_exports_nothing() {
    let desk = Folder::seeded(3).open();
    for (path, sentence) in [
        ("/export.csv?stroe=HI", "An export has no parameter “stroe”. Nothing was exported."),
        ("/export.csv?store=nowhere", "Nothing was exported."),
        ("/export.csv?for=word", "A file is for excel, or for nothing in particular."),
        ("/export.csv?separator=tab", "The separator is comma or semicolon."),
        ("/export.xlsx?separator=semicolon", "An export has no parameter “separator”."),
        ("/export.json?ordered_from=2024-03-05&ordered_to=2024-03-01", "Nothing was exported."),
        ("/export.ndjson?4111111111111111=1", "One parameter is none that an export has."),
    ] {
        let answer = desk.unchanged(422, path, || desk.get(path));
        assert!(answer.text().contains(sentence), "{path}: {}", answer.text());
        assert!(!answer.text().contains("4111111111111111"));
        assert_eq!(answer.header("content-disposition"), None);
        let problem = desk.get_with(path, &[("accept", "application/json")]);
        assert_eq!((problem.status, problem.header("content-type")), (422, Some("application/problem+json")));
    }
    assert_eq!(desk.ask("POST", "/export.csv", &[], Some(b"")).status, 405);
    assert_eq!(log(&desk), [""; 0]);
}

#[test]
fn by_http_1_0_where_a_file_that_breaks_off_looks_whole_there_is_none() {
    let desk = Folder::seeded(3).open();
    let mut wire = desk.connect();
    wire.send("GET /export.csv HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let answer = wire.answer().unwrap();
    assert_eq!(answer.status, 505);
    assert!(answer.text().contains("proxy_http_version 1.1"), "{}", answer.text());
    assert_eq!(log(&desk), [""; 0]);
}

#[test]
fn a_workbook_is_a_zip_file_with_a_row_an_order() {
    let desk = Folder::seeded(300).open();
    let answer = desk.get(&format!("/export.xlsx?{LIST}"));
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with(b"PK\x03\x04"));
    let expected = listed(&desk, LIST).len();
    let orders = if expected == 1 { "order" } else { "orders" };
    assert!(
        log(&desk)[0].starts_with(&format!("the desk exported {expected} {orders} of ")),
        "{:?}",
        log(&desk)
    );
    assert!(log(&desk)[0].ends_with("as an Excel workbook · Finished"));
}

#[test]
fn a_workbook_without_room_is_refused_in_words_and_leads_to_csv() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__TEMPORARY_FOLDER", "nowhere")]);
    desk.add(&[]);
    let answer = desk.get("/export.xlsx?sort=store");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{}", answer.text());
    assert_eq!(answer.page().link("Export as CSV").as_deref(), Some("/export.csv?sort=store"));
    assert!(log(&desk)[0].ends_with("Failed"), "{:?}", log(&desk));
    assert_eq!(desk.get("/export.csv").status, 200);
}

#[test]
fn who_hangs_up_ends_the_export() {
    let desk = large().open();
    for path in ["/export.ndjson", "/export.ndjson?sort=store", "/export.json?status=delivered"] {
        let wire = begin(&desk, path);
        assert!(log(&desk)[0].ends_with("Not finished"));
        drop(wire);
        until(|| log(&desk)[0].ends_with("Cut off"));
        let said = log(&desk).remove(0);
        let orders: i64 = said
            .strip_prefix("the desk exported ")
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .replace(',', "")
            .parse()
            .unwrap();
        assert!(orders > 0 && orders < i64::from(MANY), "{said}");
    }
    // It holds no place any more.
    for _ in 0..5 {
        assert_eq!(desk.get("/export.csv?quantity_from=9").status, 200);
    }
}

#[test]
fn a_desk_that_ends_leaves_a_file_that_is_not_whole() {
    let folder = large();
    for end in [Desk::kill as fn(Desk), |desk: Desk| drop(desk.close())] {
        let desk = folder.open_with(&[("ORDERS_SERVER__SHUTDOWN_SECONDS", "0.1")]);
        let wires =
            ["/export.json", "/export.ndjson", "/export.ndjson?sort=store"].map(|path| begin(&desk, path));
        end(desk);
        for wire in wires {
            let body = wire.rest();
            assert!(!body.ends_with(b"0\r\n\r\n"), "it looks whole");
        }
        let desk = folder.open();
        for said in &log(&desk)[..3] {
            assert!(!said.ends_with("Finished"), "{said}");
        }
    }
}

#[test]
fn no_more_files_are_made_at_once_than_there_is_room_for() {
    let desk = large().open();
    let wires: Vec<Wire> = (0..4).map(|_| begin(&desk, "/export.ndjson")).collect();
    let answer = desk.get("/export.json");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(answer.text().contains("Too many exports at once"));
    // Pages go on.
    assert_eq!(desk.get("/?sort=store").status, 200);
    assert_eq!(log(&desk).len(), 4);
    drop(wires);
    until(|| desk.get("/export.json?quantity_from=9").status == 200);
}

/// Whoever takes nothing for longer than the desk waits is given up, and the export with it.
#[test]
#[cfg(target_os = "linux")]
fn who_takes_nothing_is_cut_off() {
    let desk = large().open_with(&[("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "0.5")]);
    let _wire = begin(&desk, "/export.ndjson");
    until(|| log(&desk)[0].ends_with("Cut off"));
}

#[test]
fn a_slow_client_gets_the_whole_file() {
    let desk = large().open();
    let mut stream = TcpStream::connect(desk.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Write::write_all(
        &mut stream,
        b"GET /export.csv HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .unwrap();
    let (mut body, mut part) = (Vec::new(), vec![0; 256 * 1024]);
    loop {
        let taken = stream.read(&mut part).unwrap();
        if taken == 0 {
            break;
        }
        body.extend_from_slice(&part[..taken]);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(body.ends_with(b"\r\n0\r\n\r\n"));
    assert_eq!(log(&desk), ["the desk exported 10,000 orders of All orders as CSV · Finished"]);
}

#[test]
fn the_list_leads_to_its_files() {
    let desk = Folder::seeded(60).open();
    let page = desk.get("/?status=delivered&sort=store&page=2");
    let links: Vec<(String, String)> = page.page().links();
    let exports: Vec<_> = links.iter().filter(|(_, url)| url.starts_with("/export.")).collect();
    let labels: Vec<&str> = exports.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Excel workbook", "CSV", "CSV for Excel, with semicolons", "NDJSON", "JSON"]);
    for (_, url) in exports {
        assert!(url.contains("?status=delivered&sort=store") && !url.contains("page"), "{url}");
        assert_eq!(desk.get(url).status, 200, "{url}");
    }
    let all = desk.get("/");
    let as_csv = "/export.csv?for=excel&separator=semicolon";
    assert!(all.page().links().iter().any(|(_, url)| url == as_csv));
}

#[test]
fn the_access_log_says_who_took_what_newest_first() {
    let desk = Folder::seeded(3).open();
    assert!(desk.get("/audit").text().contains("Nothing was done yet"));
    for _ in 0..60 {
        desk.get("/export.ndjson");
    }
    desk.get("/export.csv?status=to-ship&sort=ordered");
    let first = desk.get("/audit");
    assert_eq!(first.page().audit().len(), 50);
    assert!(first.page().audit()[0].contains(" of To ship as CSV · Finished"));
    assert!(
        first.page().links().contains(&("To ship".to_owned(), "/?status=to-ship&sort=ordered".to_owned()))
    );
    assert!(first.text().contains("<td data-field=\"from\" class=\"code\">127.0.0.1</td>"));
    let older = desk.get(&first.page().link("Older").unwrap());
    assert_eq!(
        older.page().audit(),
        vec!["the desk exported 3 orders of All orders as lines of JSON · Finished"; 11]
    );
    assert_eq!(older.page().link("Newest").as_deref(), Some("/audit"));
    assert!(desk.get("/audit?before=0n1").text().contains("Nothing was done yet"));
    assert_eq!(desk.get("/audit?before=x").status, 200);
    assert_eq!(desk.get("/").page().link("Access log").as_deref(), Some("/audit"));
}

#[test]
fn a_search_by_a_whole_card_is_logged_without_a_digit_of_it() {
    let desk = Desk::open();
    desk.add(&[]);
    desk.add(&[]);
    for (card, found) in [(CARD, "2 orders"), ("5555 5555 5555 4444", "0 orders")] {
        desk.post("/search", &[("q", card)]);
        assert_eq!(
            log(&desk)[0],
            format!("the desk searched for a whole card, which {found} had · Finished")
        );
    }
    desk.post("/search", &[("q", "HI-9B97EE4E")]);
    desk.post("/search", &[("q", "1111")]);
    assert_eq!(log(&desk).len(), 2);
    let rows = desk
        .folder
        .database()
        .rows("SELECT kind, query, detail, client, actor FROM access_log ORDER BY number");
    let rows = format!("{rows:?}");
    assert!(!rows.contains("1111") && !rows.contains("4444"), "{rows}");
}

#[test]
fn nothing_in_the_access_log_is_changed_or_taken_out() {
    if is_skipped_on_server() {
        return;
    }
    let desk = Folder::seeded(1).open();
    desk.get("/export.csv");
    let database = desk.folder.sqlite();
    for change in [
        "UPDATE access_log SET actor = 'nobody'",
        "DELETE FROM access_log",
        "UPDATE access_outcomes SET orders = 0",
        "DELETE FROM access_outcomes",
    ] {
        let refused = database.execute(change, []).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    assert_eq!(log(&desk), ["the desk exported 1 order of All orders as CSV · Finished"]);
}

/// Where it cannot be written down, nothing is handed out.
#[test]
fn nothing_is_exported_that_is_not_logged() {
    if is_skipped_on_server() {
        return;
    }
    let desk = Folder::seeded(1).open();
    let sql = "CREATE TRIGGER no_room BEFORE INSERT ON access_log BEGIN SELECT raise(ABORT, 'database or disk is full'); END";
    desk.folder.sqlite().execute_batch(sql).unwrap();
    for path in ["/export.csv", "/export.xlsx"] {
        let answer = desk.get(path);
        assert!(answer.status == 503 && answer.header("content-disposition").is_none(), "{}", answer.text());
    }
    assert_eq!(desk.post("/search", &[("q", CARD)]).status, 503);
}

/// Orders that come while an export is under way are no reason for it to wait, nor the other way round.
#[test]
fn orders_are_added_while_others_are_exported() {
    let desk = large().open();
    let _wire = begin(&desk, "/export.ndjson");
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(desk.post("/orders", &form(&[])).status, 303);
    }
    assert!(began.elapsed() < PATIENCE);
    assert!(log(&desk)[0].ends_with("Not finished"));
}
