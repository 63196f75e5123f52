//! The orders of the Flask application: refused by all else, and taken over by `orders adopt`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use rusqlite::types::{Value, ValueRef};

use crate::harness::program::{Folder, PATIENCE, stdout, until};

const CARD: &str = "4111111111111111";
/// Where a card number may turn up in dirty data, each as it stands there.
const CARDS: [&str; 6] =
    [CARD, "5555555555554444", "4000000000000100", "378282246310005", "6011111111111117", "3530111333300000"];

const COLUMNS: [&str; 9] = [
    "date_uuid",
    "User ID",
    "Card Number",
    "Store Code",
    "product_code",
    "Product Quantity",
    "Order Date",
    "Shipping Date",
    "Delivery Date",
];

/// A row of the Flask application's table, a value for each of its columns.
pub type Row = [Value; 9];

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn uuid(n: u32) -> String {
    format!("{n:08x}-0000-4000-8000-0000000000aa")
}

fn customer(n: u32) -> String {
    format!("2dcb6e7a-1f0e-4d0b-9d3a-{n:012x}")
}

/// A right row, with some columns changed.
fn row(n: u32, changes: &[(&str, Value)]) -> Row {
    let mut row = [
        text(&uuid(n)),
        text(&customer(n % 500)),
        text(CARD),
        text("HI-9B97EE4E"),
        text("R7-3126933h"),
        Value::Integer(i64::from(n % 7) + 1),
        text(&format!("{}-03-{:02} 09:30:{:02}.000000", 1993 + n % 29, n % 28 + 1, n % 60)),
        text(&format!("{}-04-{:02} 10:00:00.000000", 1993 + n % 29, n % 28 + 1)),
        Value::Null,
    ];
    for (column, value) in changes {
        row[COLUMNS.iter().position(|one| one == column).unwrap()] = value.clone();
    }
    row
}

pub fn rows(count: u32) -> Vec<Row> {
    (0..count).map(|n| row(n, &[])).collect()
}

/// A folder with an SQLite file as the Flask application leaves it.
pub fn flask(rows: &[Row]) -> Folder {
    flask_with(&COLUMNS, rows)
}

fn flask_with(columns: &[&str], rows: &[Row]) -> Folder {
    let folder = Folder::without_server();
    let mut database = folder.sqlite();
    let kind = |name: &str| match name {
        "Product Quantity" => "INTEGER",
        name if name.ends_with(" Date") => "DATETIME",
        _ => "VARCHAR(36)",
    };
    let described: Vec<String> = columns.iter().map(|name| format!("\"{name}\" {}", kind(name))).collect();
    let described = described.join(", ");
    let table = format!("CREATE TABLE orders ({described}, PRIMARY KEY (date_uuid, \"User ID\"))");
    database.execute_batch(&table).unwrap();
    let marks = vec!["?"; columns.len()].join(", ");
    let transaction = database.transaction().unwrap();
    let mut insert = transaction.prepare(&format!("INSERT INTO orders VALUES ({marks})")).unwrap();
    for row in rows {
        insert.execute(rusqlite::params_from_iter(&row[..columns.len()])).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
    // Of one that everybody may read commands would say so, in a line more than they are asked for.
    fs::set_permissions(folder.file("orders.db"), fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

/// All rows of a table, as they are.
fn content(folder: &Folder, table: &str) -> Vec<Vec<Value>> {
    let database = folder.sqlite();
    let mut all = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = all.column_count();
    let rows = all.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Runs `orders adopt` with more time than other commands have: rows are many.
fn adopt(folder: &Folder, arguments: &[&str]) -> Output {
    folder.program().arg("adopt").args(arguments).output().unwrap()
}

/// What an adoption came to, after the line that says that it begins.
fn outcome(output: &Output) -> &str {
    stdout(output).strip_prefix("orders.db: adopting the orders of the Flask application …\n").unwrap()
}

fn report(folder: &Folder) -> String {
    fs::read_to_string(folder.file("adopted.csv")).unwrap()
}

/// A row for each kind of dirt that real data holds, and two right ones.
fn dirty() -> Vec<Row> {
    let cases: [&[(&str, Value)]; 24] = [
        &[],
        &[("Delivery Date", text("1994-05-01 08:00:00.000000")), ("Card Number", text("5555555555554444"))],
        &[("Card Number", text("4000000000000100"))],
        &[("Card Number", text("?6011111111111117"))],
        &[("Card Number", Value::Integer(378_282_246_310_005))],
        &[("Card Number", text("123456782"))],
        &[("User ID", text("NRQKZWJ9OZ"))],
        &[("User ID", text(" 2DCB6E7A-1F0E-4D0B-9D3A-0C8B6A51E7F2 "))],
        &[("Shipping Date", text("1990-01-01 00:00:00.000000"))],
        &[("Order Date", text("2999-01-01 00:00:00.000000")), ("Shipping Date", Value::Null)],
        &[("Shipping Date", text("NRQKZWJ9OZ"))],
        &[("Store Code", text("hi9b97ee4e")), ("Product Quantity", text("3"))],
        &[("Card Number", Value::Null)],
        &[("Card Number", text("NULL")), ("Store Code", text("NULL"))],
        &[("Store Code", text("GGB-9B97EE4E")), ("Product Quantity", Value::Integer(0))],
        &[("product_code", text("NRQKZWJ9OZ"))],
        &[("Order Date", text("NRQKZWJ9OZ"))],
        &[("User ID", text("3530111333300000"))],
        &[("date_uuid", text(CARD))],
        &[("date_uuid", text("=HYPERLINK(\"http://evil.example\")"))],
        &[("date_uuid", text("date_uuid")), ("User ID", text("User ID")), ("Order Date", text("Order Date"))],
        &[("date_uuid", Value::Null)],
        // The keys of the first row and of the second, with a space: another order, and the same once more.
        &[
            ("date_uuid", text(&format!("{} ", uuid(0)))),
            ("User ID", text(&customer(0))),
            ("Card Number", text("5555555555554444")),
        ],
        &[
            ("date_uuid", text(&format!("{} ", uuid(1)))),
            ("User ID", text(&customer(1))),
            ("Order Date", text("1994-03-02 09:30:01")),
            ("Shipping Date", text("1994-04-02 10:00:00")),
            ("Product Quantity", Value::Integer(2)),
            ("Delivery Date", text("1994-05-01 08:00:00.000000")),
            ("Card Number", text("5555555555554444")),
        ],
    ];
    (0..).zip(cases).map(|(n, changes)| row(n, changes)).collect()
}

#[test]
fn whatever_is_not_told_to_adopt_says_what_it_found_and_changes_nothing() {
    let folder = flask(&dirty());
    let before = fs::read(folder.file("orders.db")).unwrap();
    for command in
        [&["migrate"][..], &["migrate", "--dry-run"], &["seed"], &["backup", "copy.db"], &["serve"]]
    {
        let said = folder.complaint(command, &[]);
        assert!(said.contains("holds the orders of the Flask application: 24 rows"), "{command:?}: {said}");
        assert!(said.contains("run `orders adopt`"), "{command:?}: {said}");
        assert_eq!(fs::read(folder.file("orders.db")).unwrap(), before, "{command:?}");
        assert_eq!(folder.file_names(), ["orders.db"], "{command:?}");
    }
}

#[test]
fn tables_of_another_shape_are_another_programs() {
    let folder = flask_with(&COLUMNS[..7], &[]);
    for command in ["migrate", "adopt"] {
        let said = folder.complaint(&[command], &[]);
        assert!(!said.contains("holds the orders of the Flask application"), "{said}");
    }
    assert_eq!(folder.file_names(), ["orders.db"]);
}

#[test]
fn where_there_is_nothing_to_adopt_it_is_said() {
    let folder = Folder::without_server();
    let words = "orders.db has no table with the columns of the Flask application's orders";
    assert!(folder.complaint(&["adopt"], &[]).contains(words));
    assert!(folder.file_names().is_empty());
    folder.orders(&["seed", "--rows", "3"]).assert().success();
    assert!(folder.complaint(&["adopt"], &[]).contains(words));
    assert_eq!(folder.stored().orders.len(), 3);
    assert_eq!(folder.file_names(), ["orders.db", "orders.keys"]);
}

#[test]
fn every_row_becomes_an_order_or_a_line_of_the_report() {
    let folder = flask(&dirty());
    let before = content(&folder, "orders");
    insta::assert_snapshot!("adopt", stdout(&adopt(&folder, &[])));
    insta::assert_snapshot!("adopt_report", report(&folder).replace("\r\n", "\n"));
    assert_eq!(report(&folder).matches("\r\n").count(), report(&folder).matches('\n').count());
    assert!(content(&folder, "orders_flask") == before, "the old table is as it was");

    let stored = folder.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.len(), 12);
    for row in &stored.orders {
        assert_eq!((row.created_by.as_str(), row.version), ("adopt", 1));
    }
    let mended = stored.orders.iter().find(|row| row.date_uuid == uuid(7)).unwrap();
    assert_eq!(mended.user_id, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2");
    let mended = stored.orders.iter().find(|row| row.date_uuid == uuid(11)).unwrap();
    assert_eq!((mended.store_code.as_str(), mended.quantity), ("HI-9B97EE4E", 3));
    let first = stored.orders.iter().find(|row| row.date_uuid == uuid(0)).unwrap();
    assert_eq!(first.order_date, "1993-03-01 09:30:00");
    assert_eq!(first.shipping_date.as_deref(), Some("1993-04-01 10:00:00"));
    assert_eq!(first.card, ("visa".to_owned(), "1111".to_owned()));
}

#[test]
fn the_desk_shows_adopted_orders_like_all_others() {
    let folder = flask(&dirty());
    stdout(&adopt(&folder, &[]));
    let desk = folder.open();
    assert!(desk.get("/").page().says("1 to 12 of 12, newest first"));
    let future = desk.stored().numbers()[0];
    let answer = desk.get(&format!("/orders/{future}"));
    assert!(answer.page().says("The order date was in the future"), "{}", answer.text());
    assert!(answer.page().says("<b>Added</b> by the adoption of the Flask application"), "{}", answer.text());
    assert_eq!(desk.add(&[]), 13);
    desk.stored().assert_sound();
}

#[test]
fn an_adoption_stands_among_imports_and_can_be_undone() {
    let folder = flask(&dirty());
    stdout(&adopt(&folder, &[]));
    let before = content(&folder, "orders_flask");
    let desk = folder.open();
    let page = desk.get("/imports/1");
    for words in [
        "Import table orders_flask",
        "Import #1, by the command line on ",
        "12 orders added. 10 rows were wrong.",
        "Enter the card number",
        "Another order has the same UUID and customer ID",
        "****",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert_no_card("the page", page.text().as_bytes());
    assert_eq!(desk.get("/?import=1").page().numbers().len(), 12);
    let history = desk.get("/orders/1").page().history()[0].clone();
    let words = "orders, import #1 of table orders_flask";
    assert!(history.contains(words), "{history}");

    desk.edit(2, &[("product_quantity", "9")]);
    let undo = desk.post("/imports/1/undo", &[]);
    until(|| desk.get(undo.location()).text().contains(">Done<"));
    let stored = desk.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.iter().filter(|order| order.cancelled_at.is_none()).count(), 1);
    drop(desk);
    assert!(content(&folder, "orders_flask") == before, "the old table is as it was");
    // What was undone is there, and nothing of it is added once more.
    let again = adopt(&folder, &[]);
    assert!(outcome(&again).starts_with("orders.db: nothing left to adopt\n"), "{}", outcome(&again));
    assert!(folder.stored() == stored);
}

/// Asserts that no card number stands in some bytes.
fn assert_no_card(place: &str, bytes: &[u8]) {
    for card in CARDS {
        assert!(
            !bytes.windows(card.len()).any(|window| window == card.as_bytes()),
            "{card} stands in {place}"
        );
    }
}

#[test]
fn no_card_number_leaves_the_old_table() {
    let folder = flask(&dirty());
    let output = folder.program().arg("adopt").env("ORDERS_LOG__LEVEL", "trace").output().unwrap();
    assert!(output.status.success());
    assert_no_card("standard output", &output.stdout);
    assert_no_card("standard error", &output.stderr);
    assert_no_card("the report", report(&folder).as_bytes());
    for table in ["orders", "order_events", "order_counts", "card_keys"] {
        let database = folder.sqlite();
        let mut all = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => assert_no_card(table, bytes),
                    ValueRef::Integer(number) => assert_no_card(table, number.to_string().as_bytes()),
                    ValueRef::Real(_) | ValueRef::Null => {}
                }
            }
        }
    }
    // As the last line of standard output says.
    folder.sqlite().execute_batch("DROP TABLE orders_flask; VACUUM;").unwrap();
    for name in folder.file_names() {
        assert_no_card(&name, &fs::read(folder.file(&name)).unwrap());
    }
    assert_eq!(folder.stored().orders.len(), 12);
}

#[test]
fn a_customer_that_hides_a_card_number_is_left_out() {
    let hidden = [
        "4111 1111 1111 1111 12/29 123",
        "4111:1111:1111:1111",
        "٤١١١١١١١١١١١١١١١",
        "4111\u{200b}111111111111",
    ];
    let rows: Vec<Row> =
        (0_u32..).zip(hidden).map(|(n, customer)| row(n, &[("User ID", text(customer))])).collect();
    let folder = flask(&rows);
    stdout(&adopt(&folder, &[]));
    assert_eq!(folder.stored().orders, []);
    let report = report(&folder);
    assert_eq!(report.matches("This looks like a card number").count(), hidden.len(), "{report}");
    for customer in hidden {
        assert!(!report.contains(customer), "{report}");
    }
}

#[test]
fn a_card_number_that_may_have_a_security_code_behind_it_is_marked_and_the_code_is_not_shown() {
    let rows = [("4111111111111111128", 1), ("0000000000000000", 2), ("4111222233334444551", 3)]
        .map(|(card, n)| row(n, &[("Card Number", text(card))]));
    let folder = flask(&rows);
    stdout(&adopt(&folder, &[]));
    let shown: Vec<String> = folder.stored().orders.iter().map(|order| order.card.1.clone()).collect();
    assert_eq!(shown, ["4551", "0000", "1111"], "newest first");
    let report = report(&folder);
    assert!(
        report.contains("may have a security code behind it") && report.contains("which is no card’s"),
        "{report}"
    );
    assert_eq!(report.lines().count(), 3, "{report}");
}

#[test]
fn run_twice_it_adds_nothing() {
    let folder = flask(&dirty());
    stdout(&adopt(&folder, &[]));
    let (stored, written) = (folder.stored(), format!("{}my note\r\n", report(&folder)));
    fs::write(folder.file("adopted.csv"), &written).unwrap();
    let again = adopt(&folder, &[]);
    assert!(outcome(&again).contains("this is import #2\n"), "each run is an import of its own");
    assert!(
        outcome(&again).starts_with("orders.db: nothing left to adopt\nrows that were orders already: 13\n")
    );
    assert!(folder.stored() == stored);
    assert_eq!(report(&folder), written, "notes in the report stay");
    assert_eq!(folder.file_names(), ["adopted.csv", "orders.db", "orders.keys"]);
    folder.orders(&["migrate"]).assert().success().stdout("orders.db is up to date\n");
}

#[test]
fn what_was_put_right_in_the_old_table_is_adopted_by_the_next_run() {
    let folder = flask(&dirty());
    stdout(&adopt(&folder, &[]));
    let put_right = "UPDATE orders_flask SET product_code = 'R7-3126933h' WHERE product_code = 'NRQKZWJ9OZ'";
    assert_eq!(folder.sqlite().execute(put_right, []).unwrap(), 1);
    let again = adopt(&folder, &[]);
    assert!(outcome(&again).starts_with("orders.db: 1 order adopted\nrows that were orders already: 13\n"));
    assert_eq!(folder.stored().orders.len(), 13);
    folder.stored().assert_sound();
    assert!(!report(&folder).contains("Product code"), "{}", report(&folder));
}

#[test]
fn the_delivery_date_may_be_missing() {
    let folder = flask_with(&COLUMNS[..8], &rows(3));
    stdout(&adopt(&folder, &[]));
    let stored = folder.stored();
    assert_eq!(stored.orders.len(), 3);
    assert!(stored.orders.iter().all(|row| row.delivery_date.is_none() && row.shipping_date.is_some()));
}

#[test]
fn a_table_without_a_primary_key_loses_no_row() {
    let folder = flask(&rows(3));
    let copy = "CREATE TABLE copy AS SELECT * FROM orders; DROP TABLE orders; ALTER TABLE copy RENAME TO orders; \
                INSERT INTO orders SELECT * FROM orders; INSERT INTO orders DEFAULT VALUES; \
                INSERT INTO orders DEFAULT VALUES; INSERT INTO orders (date_uuid, \"User ID\") VALUES (x'00', 7.0)";
    folder.sqlite().execute_batch(copy).unwrap();
    stdout(&adopt(&folder, &[]));
    assert_eq!(folder.stored().orders.len(), 3);
    assert_eq!(report(&folder).matches("The row has no UUID or no customer ID.").count(), 3);
}

#[test]
fn a_report_replaces_nothing_but_its_own_earlier_state() {
    let folder = flask(&dirty());
    let before = fs::read(folder.file("orders.db")).unwrap();
    fs::write(folder.file("adopted.csv"), "mine").unwrap();
    assert!(folder.complaint(&["adopt"], &[]).contains("adopted.csv is there already"));
    assert!(
        folder.complaint(&["adopt", "--report", "no/folder.csv"], &[]).contains("cannot write the report")
    );
    assert_eq!(fs::read(folder.file("orders.db")).unwrap(), before);

    stdout(&adopt(&folder, &["--report", "first.csv"]));
    let said = folder.complaint(&["adopt"], &[]);
    assert!(said.contains("adopted.csv is there already"), "{said}");
    let other = flask(&rows(2));
    other.sqlite().execute("UPDATE orders SET \"Card Number\" = '4111111111111112'", []).unwrap();
    fs::copy(folder.file("first.csv"), other.file("first.csv")).unwrap();
    stdout(&adopt(&other, &[]));
    let said = other.complaint(&["adopt", "--report", "first.csv"], &[]);
    assert!(said.contains("first.csv is there already"), "{said}");
    assert_eq!(fs::read_to_string(folder.file("adopted.csv")).unwrap(), "mine");
}

#[test]
fn a_table_that_has_the_new_name_already_is_not_touched() {
    let folder = flask(&rows(2));
    folder.sqlite().execute_batch("CREATE TABLE orders_flask (a)").unwrap();
    let before = fs::read(folder.file("orders.db")).unwrap();
    let said = folder.complaint(&["adopt"], &[]);
    assert!(said.contains("orders.db has a table orders_flask beside"), "{said}");
    assert_eq!(content(&folder, "orders").len(), 2);
    // The journal mode, in the file's head, is all that has changed.
    assert_eq!(fs::read(folder.file("orders.db")).unwrap()[100..], before[100..]);
    assert_eq!(folder.file_names(), ["orders.db"]);
}

/// How many orders are counted; none as long as there is no such table.
fn counted(folder: &Folder) -> i64 {
    let sum = "SELECT coalesce(sum(orders), 0) FROM order_counts WHERE period <= 9999";
    folder.sqlite().query_row(sum, [], |row| row.get(0)).unwrap_or_default()
}

#[test]
fn a_killed_adoption_goes_on_to_the_same_end() {
    const ROWS: u32 = 20_000;
    let mut table = rows(ROWS);
    for row in table.iter_mut().step_by(97) {
        row[2] = text("4000000000000100");
    }
    let undisturbed = flask(&table);
    let killed = Folder::without_server();
    fs::copy(undisturbed.file("orders.db"), killed.file("orders.db")).unwrap();

    let mut child =
        killed.program().arg("adopt").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while counted(&killed) == 0 {
        assert!(began.elapsed() < 4 * PATIENCE, "nothing is adopted");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let adopted = counted(&killed);
    assert!((1..i64::from(ROWS)).contains(&adopted), "{adopted}");
    assert!(!killed.file("adopted.csv").exists(), "no report looks whole that is not");
    killed.stored().assert_sound();

    let again = adopt(&killed, &[]);
    let added = i64::from(ROWS) - adopted;
    let expected = format!("orders.db: {added} orders adopted\nrows that were orders already: {adopted}\n");
    assert!(outcome(&again).replace(',', "").starts_with(&expected), "{}", stdout(&again));
    stdout(&adopt(&undisturbed, &[]));
    assert!(killed.stored() == undisturbed.stored());
    assert_eq!(report(&killed), report(&undisturbed));
    assert_eq!(killed.file_names(), ["adopted.csv", "orders.db", "orders.keys"]);
    killed.stored().assert_sound();
}

#[test]
fn two_adoptions_at_once_adopt_each_order_once() {
    let folder = flask(&rows(2_000));
    let start = |report: &str| {
        let mut command = folder.program();
        command.args(["adopt", "--report", report]).env("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "60000");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start("one.csv"), start("two.csv")].map(|child| child.wait_with_output().unwrap());
    for output in &both {
        stdout(output);
    }
    assert_eq!(folder.stored().orders.len(), 2_000);
    folder.stored().assert_sound();
    assert_eq!(fs::read(folder.file("one.csv")).unwrap(), fs::read(folder.file("two.csv")).unwrap());
}

#[test]
fn how_far_an_adoption_is_stands_in_lines_where_there_is_no_terminal() {
    let output = adopt(&flask(&rows(40)), &[]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "40 of 40 rows\n");
}
