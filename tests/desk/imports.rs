//! Files of orders: brought, looked at, changed, run, followed, stopped and undone, and nothing of a card but sealed.

use std::fs;

use uuid::Uuid;

use crate::harness::program::{Answer, Desk, Folder, until};

const HEADER: &str = "date_uuid,user_id,card_number,store_code,product_code,product_quantity,order_date\n";
/// The networks' public test numbers.
const VISA: &str = "4111111111111111";
const STRAY: &str = "6011000990139424";

fn row(n: u32, store: &str, quantity: u32) -> String {
    format!(
        "{},{},{VISA},{store},R7-3126933h,{quantity},2026-03-01 10:00:00\n",
        Uuid::from_u128(u128::from(n)),
        Uuid::from_u128(7)
    )
}

pub fn rows(count: u32) -> String {
    let rows = (1..=count).map(|n| row(n, "HI-9B97EE4E", 2));
    [HEADER.to_owned()].into_iter().chain(rows).collect()
}

/// What a browser sends of a form with a file.
fn parts(form: Uuid, file: (&str, &str), text: &str) -> Vec<u8> {
    let (name, content) = file;
    format!(
        "--b0undary\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n{form}\r\n\
         --b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/csv\r\n\r\n{content}\r\n\
         --b0undary\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{text}\r\n--b0undary--\r\n"
    )
    .into_bytes()
}

const MULTIPART: (&str, &str) = ("content-type", "multipart/form-data; boundary=b0undary");

fn upload(desk: &Desk, form: Uuid, name: &str, content: &str) -> Answer {
    desk.ask("POST", "/imports", &[MULTIPART], Some(&parts(form, (name, content), "")))
}

/// Brings a file; the import's URL, once it has been looked at.
pub fn bring(desk: &Desk, content: &str) -> String {
    let answer = upload(desk, Uuid::new_v4(), "orders of March.csv", content);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let url = answer.location().to_owned();
    until(|| !desk.get(&url).text().contains("data-again"));
    url
}

fn revision(desk: &Desk, url: &str) -> String {
    desk.get(url).page().value("revision").to_owned()
}

/// Lets an import run that was looked at; its page when it is over.
pub fn run(desk: &Desk, url: &str) -> String {
    let answer = desk.post(&format!("{url}/run"), &[("revision", &revision(desk, url))]);
    assert_eq!((answer.status, answer.location()), (303, url));
    until(|| !desk.get(url).text().contains("data-again"));
    desk.get(url).text().to_owned()
}

fn change(desk: &Desk, url: &str, fields: &[(&str, &str)]) -> Answer {
    let seen = revision(desk, url);
    let answer = desk.post(url, &[&[("revision", seen.as_str())], fields].concat());
    until(|| !desk.get(url).text().contains("data-again"));
    answer
}

fn undo(desk: &Desk, url: &str) -> String {
    let answer = desk.post(&format!("{url}/undo"), &[]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    until(|| desk.get(answer.location()).text().contains(">Done<"));
    desk.get(answer.location()).text().to_owned()
}

fn count(folder: &Folder, table: &str) -> i64 {
    folder.database().number(&format!("SELECT COUNT(*) FROM {table}"))
}

#[test]
fn a_file_is_looked_at_then_imported_then_undone() {
    let desk = Desk::open();
    let url = bring(&desk, &rows(3));
    let shown = desk.get(&url);
    assert!(shown.text().contains("<b>3 new</b>") && shown.text().contains(">Import 3 orders<"));
    assert!(shown.text().contains("Visa •••• 1111"));
    assert_eq!(desk.stored().orders.len(), 0, "nothing is imported before somebody says so");
    let done = run(&desk, &url);
    assert!(done.contains("3 orders added."), "{done}");
    desk.stored().assert_sound();
    let list = desk.get("/?import=1");
    assert_eq!(list.page().numbers(), [3, 2, 1]);
    assert_eq!(list.page().chips()[0].0, "Remove filter: Import #1");
    let history = desk.get("/orders/1").page().history()[0].clone();
    assert!(history.starts_with("Added by the desk, import #1 of orders of March.csv"), "{history}");
    let changes = desk.get("/changes");
    assert!(changes.text().contains("<a href=\"/imports/1\">import #1</a> of orders of March.csv"));
    // One that somebody has touched since stays.
    desk.edit(2, &[("product_quantity", "9")]);
    let undone = undo(&desk, &url);
    assert!(undone.contains("2 put back.") && undone.contains("1 was not."), "{undone}");
    let stored = desk.stored();
    stored.assert_sound();
    let cancelled: Vec<bool> = (1..=3).map(|number| stored.order(number).cancelled_at.is_some()).collect();
    assert_eq!(cancelled, [true, false, true]);
    assert!(desk.get(&url).text().contains("Undone by"));
}

#[test]
fn orders_that_are_here_change_where_that_was_chosen_and_come_back() {
    let desk = Desk::open();
    let first = bring(&desk, &rows(3));
    run(&desk, &first);
    let other =
        [HEADER, &row(1, "HI-9B97EE4E", 2), &row(2, "HI-9B97EE4E", 5), &row(9, "HI-9B97EE4E", 1)].concat();
    let url = bring(&desk, &other);
    let shown = desk.get(&url);
    assert!(shown.text().contains("1 new, 1 here already, 1 would change an order"), "{}", shown.text());
    assert!(shown.text().contains("Quantity: 2 → 5"));
    assert_eq!(change(&desk, &url, &[("update_existing", "yes")]).status, 303);
    assert!(desk.get(&url).text().contains(">Import 1 order and change 1<"));
    let done = run(&desk, &url);
    assert!(done.contains("1 order added, 1 changed."), "{done}");
    assert_eq!(desk.stored().order(2).quantity, 5);
    assert_eq!(desk.get("/?import=2").page().numbers(), [4, 2]);
    undo(&desk, &url);
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!((stored.order(2).quantity, stored.order(2).cancelled_at.clone()), (2, None));
    assert!(stored.order(4).cancelled_at.is_some());
}

#[test]
fn the_same_form_brings_one_file_and_the_same_file_is_known() {
    let desk = Desk::open();
    let form = Uuid::new_v4();
    let first = upload(&desk, form, "a.csv", &rows(2));
    let again = upload(&desk, form, "a.csv", &rows(2));
    assert_eq!((first.location(), again.location()), ("/imports/1", "/imports/1"));
    until(|| count(&desk.folder, "imports") == 1 && count(&desk.folder, "import_pieces") == 1);
    run(&desk, "/imports/1");
    let url = bring(&desk, &rows(2));
    let shown = desk.get(&url);
    assert!(shown.text().contains("has been imported before: <a href=\"/imports/1\">import #1</a>"));
    assert!(shown.text().contains("<b>0 new, 2 here already</b>") && !shown.text().contains("/run\""));
    // A page that is out of date starts nothing.
    desk.post(&format!("{url}/run"), &[("revision", "0")]);
    assert_eq!(desk.stored().orders.len(), 2);
}

#[test]
fn columns_are_chosen_values_are_mended_and_both_are_remembered() {
    let desk = Desk::open();
    let file = |n: u32| {
        format!(
            "Key,Wer,Karte,Laden,R,Menge,Wann\n{},{},{VISA},HI9B97EE4X,R7-3126933h,2,3/4/2026\n",
            Uuid::from_u128(u128::from(n)),
            Uuid::from_u128(7)
        )
    };
    let url = bring(&desk, &file(1));
    let columns = [
        ("column-0", "date_uuid"),
        ("column-1", "user_id"),
        ("column-2", "card_number"),
        ("column-3", "store_code"),
        ("column-4", "product_code"),
        ("column-5", "product_quantity"),
        ("column-6", "order_date"),
    ];
    assert_eq!(change(&desk, &url, &columns).status, 303);
    let shown = desk.get(&url);
    assert!(shown.text().contains("Day or month first?"), "{}", shown.text());
    change(&desk, &url, &[("dates-6", "day_first")]);
    let shown = desk.get(&url);
    assert!(
        shown.text().contains("<b>0 new, 1 wrong</b>") && shown.text().contains("HI9B97EE4X"),
        "{}",
        shown.text()
    );
    change(&desk, &url, &[("do", "mend"), ("mend-0", "HI-9B97EE4E")]);
    assert!(desk.get(&url).text().contains("<b>1 new</b>"), "{}", desk.get(&url).text());
    run(&desk, &url);
    let stored = desk.stored();
    assert_eq!(stored.order(1).store_code, "HI-9B97EE4E");
    assert_eq!(stored.order(1).order_date, "2026-04-03 00:00:00");
    // The next file of the same kind is understood.
    let next = bring(&desk, &file(2));
    assert!(desk.get(&next).text().contains("as in an earlier file"));
    assert!(desk.get(&next).text().contains("<b>1 new</b>"));
}

#[test]
fn wrong_rows_are_downloaded_put_right_and_imported_with_their_cards() {
    let desk = Desk::open();
    let url = bring(&desk, &[HEADER, &row(1, "HI-9B97EE4E", 2), &row(2, "nowhere", 3)].concat());
    let shown = desk.get(&url);
    assert!(shown.text().contains("<b>1 new, 1 wrong</b>") && shown.text().contains(">nowhere<"));
    run(&desk, &url);
    let file = desk.get(&format!("{url}/wrong"));
    assert_eq!(file.status, 200);
    assert!(file.text().contains("Row 3: Store code must look like") && !file.text().contains(VISA));
    assert!(file.header("content-disposition").unwrap().contains("wrong-rows"));
    let right = file.text().replace("nowhere", "HI-9B97EE4E");
    let again = bring(&desk, &right);
    assert!(desk.get(&again).text().contains("<b>1 new</b>"), "{}", desk.get(&again).text());
    run(&desk, &again);
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!((stored.order(2).quantity, stored.order(2).card.1.as_str()), (3, "1111"));
}

/// So many rows that an import is still under way when it is looked at.
const MANY: u32 = 16_000;

#[test]
fn a_killed_desk_leaves_an_import_to_the_next_and_no_row_is_done_twice() {
    let folder = Folder::new();
    let desk = folder.open();
    let url = bring(&desk, &rows(MANY));
    desk.post(&format!("{url}/run"), &[("revision", &revision(&desk, &url))]);
    until(|| count(&folder, "orders") > 0);
    desk.kill();
    let in_already = count(&folder, "orders");
    assert!(in_already < i64::from(MANY), "it was killed too late to show anything");
    folder.database().execute("UPDATE jobs SET claimed_until = NULL WHERE kind = 'import'");
    let desk = folder.open();
    until(|| desk.get(&url).text().contains(">Done<"));
    assert!(desk.get(&url).text().contains("16,000 orders added."), "{}", desk.get(&url).text());
    assert_eq!(count(&folder, "orders"), i64::from(MANY));
    assert_eq!(count(&folder, "job_orders"), i64::from(MANY));
    assert_eq!(
        folder.database().number("SELECT COUNT(DISTINCT order_number) FROM job_orders"),
        i64::from(MANY)
    );
    desk.stored().assert_sound();
}

#[test]
fn a_stopped_import_keeps_what_is_in() {
    let desk = Desk::open();
    let url = bring(&desk, &rows(MANY));
    desk.post(&format!("{url}/run"), &[("revision", &revision(&desk, &url))]);
    until(|| count(&desk.folder, "orders") > 0);
    desk.post(&format!("{url}/stop"), &[]);
    let page = desk.get(&url);
    assert!(page.text().contains("It was stopped before its end; what is in stays."), "{}", page.text());
    let kept = count(&desk.folder, "job_orders");
    assert!(kept > 0 && kept < i64::from(MANY), "{kept}");
    assert_eq!(count(&desk.folder, "orders"), kept);
    assert!(undo(&desk, &url).contains("put back."));
    assert_eq!(desk.folder.database().number("SELECT COUNT(*) FROM orders WHERE cancelled_at IS NULL"), 0);
}

#[test]
fn a_file_that_breaks_off_or_is_too_large_leaves_nothing() {
    let desk = Desk::open();
    let whole = parts(Uuid::new_v4(), ("a.csv", &rows(8000)), "");
    let mut wire = desk.connect();
    wire.send(
        format!(
            "POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            MULTIPART.1,
            whole.len()
        )
        .as_bytes(),
    )
    .unwrap();
    wire.send(&whole[..whole.len() - 1000]).unwrap();
    until(|| count(&desk.folder, "import_pieces") > 0);
    drop(wire);
    let tables = ["import_pieces", "imports", "jobs WHERE kind = 'import'"];
    until(|| tables.iter().all(|table| count(&desk.folder, table) == 0));

    let mut wire = desk.connect();
    wire.send(
        format!(
            "POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: 600000000\r\n\r\n",
            MULTIPART.1
        )
        .as_bytes(),
    )
    .unwrap();
    let answer = wire.answer().unwrap();
    assert!(answer.status == 413 && answer.text().contains("A file may have 500 MB."), "{}", answer.text());
    for body in [parts(Uuid::new_v4(), ("", ""), ""), parts(Uuid::new_v4(), ("a.csv", "x"), "y")] {
        let answer = desk.ask("POST", "/imports", &[MULTIPART], Some(&body));
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.page().title().starts_with("Error: "));
    }
    until(|| tables.iter().all(|table| count(&desk.folder, table) == 0));
    assert_eq!(desk.stored().orders.len(), 0);
}

#[test]
fn a_card_in_a_wrong_column_is_never_shown_and_stands_in_no_file() {
    let folder = Folder::without_server();
    let desk = folder.open();
    let strays = format!(
        "{}{},{},{VISA},HI-9B97EE4E,R7-3126933h,{STRAY},2026-03-01 10:00:00\n{STRAY},{STRAY},{STRAY},{STRAY},{STRAY},{STRAY},{STRAY}\n",
        HEADER,
        Uuid::from_u128(1),
        Uuid::from_u128(7)
    );
    let url = bring(&desk, &[strays.as_str(), &row(2, "HI-9B97EE4E", 2)].concat());
    let name = upload(&desk, Uuid::new_v4(), &format!("cards {STRAY}.csv"), &format!("{STRAY}\n{STRAY}\n"));
    assert_eq!(name.status, 303);
    desk.get(name.location());
    change(&desk, &url, &[("default-store_code", STRAY)]);
    change(&desk, &url, &[("do", "mend"), ("mend-0", STRAY)]);
    run(&desk, &url);
    desk.get(&format!("{url}/wrong"));
    assert_eq!(desk.stored().orders.len(), 1);
    for page in ["/imports", "/changes", "/bulk", "/orders/1", "/?import=1"] {
        desk.get(page);
    }
    let said = desk.said();
    desk.close();
    let mut places = vec![("an answer", said), ("the log", folder.log().into_bytes())];
    for name in folder.file_names().into_iter().filter(|name| !name.contains("keys")) {
        places.push(("a file", fs::read(folder.file(&name)).unwrap()));
    }
    for (place, bytes) in places {
        for card in [STRAY, VISA] {
            let holds = |card: &[u8]| bytes.windows(card.len()).any(|some| some == card);
            assert!(!holds(card.as_bytes()), "{place} holds a card number");
        }
    }
}

#[test]
fn files_are_erased_when_they_were_kept_for_long_enough() {
    let folder = Folder::new();
    let desk = folder.open();
    let done = bring(&desk, &[HEADER, &row(1, "HI-9B97EE4E", 2), &row(2, "nowhere", 2)].concat());
    run(&desk, &done);
    let asking = bring(&desk, &rows(5));
    assert_eq!(count(&folder, "import_pieces"), 2);
    desk.close();
    folder.database().execute("UPDATE imports SET uploaded_at = '2026-01-01 00:00:00'");
    let desk = folder.open();
    until(|| count(&folder, "import_pieces") == 0);
    until(|| desk.get(&done).text().contains("The file was erased on "));
    assert!(!desk.get(&done).text().contains("Download the wrong rows"));
    assert_eq!(desk.get(&format!("{done}/wrong")).status, 404);
    // What nobody let run is gone with its file.
    until(|| desk.get(&asking).status == 404);
    assert_eq!(desk.stored().orders.len(), 1);
    let discarded = bring(&desk, &rows(4));
    assert_eq!(desk.post(&format!("{discarded}/discard"), &[]).location(), "/imports");
    assert_eq!(desk.get(&discarded).status, 404);
    assert_eq!((count(&folder, "import_pieces"), count(&folder, "imports")), (0, 1));
}

#[test]
fn pasted_rows_and_lines_of_json_are_imported_and_what_is_no_file_of_orders_is_said_so() {
    let desk = Desk::open();
    let body = parts(Uuid::new_v4(), ("", ""), &rows(2).replace(',', "\t"));
    let answer = desk.ask("POST", "/imports", &[MULTIPART], Some(&body));
    assert_eq!(answer.status, 303, "{}", answer.text());
    run(&desk, answer.location());
    assert_eq!(desk.stored().orders.len(), 2);
    let json = format!(
        "{{\"date_uuid\":\"{}\",\"user_id\":\"{}\",\"card_number\":\"{VISA}\",\"store_code\":\"HI-9B97EE4E\",\"product_code\":\"R7-3126933h\",\"product_quantity\":4,\"order_date\":\"2026-03-01 10:00:00\"}}\n",
        Uuid::from_u128(44),
        Uuid::from_u128(7)
    );
    let answer = upload(&desk, Uuid::new_v4(), "orders.ndjson", &json);
    run(&desk, answer.location());
    assert_eq!(desk.stored().orders.len(), 3);
    let broken = upload(&desk, Uuid::new_v4(), "picture.png", "\u{89}PNG\r\n\u{1a}\n\0\0\0\rIHDR");
    let shown = desk.get(broken.location());
    assert!(
        shown.text().contains("There is a problem") && !shown.text().contains("/run\""),
        "{}",
        shown.text()
    );
}
