//! The orders of the Flask application on a server, where columns have types and collations.

use std::fs;
use std::process::{Output, Stdio};

use crate::harness::database::{Database, Value};
use crate::harness::program::{Folder, stdout, until};
use crate::harness::server_database::is_skipped_without_server;

/// More than one batch.
const ROWS: u32 = 6_000;

/// A row as T-SQL has it, its nine columns in the table's order.
fn row(n: u32, user_id: &str, card: &str, store: &str, ordered: &str) -> String {
    format!(
        "('{n:08x}-0000-4000-8000-0000000000aa', {user_id}, {card}, {store}, 'R7-3126933h', {}, {ordered}, \
         '2021-04-02T10:00:00', NULL)",
        n % 7 + 1
    )
}

fn right(n: u32) -> String {
    let user_id = format!("'2dcb6e7a-1f0e-4d0b-9d3a-{:012x}'", n % 500);
    row(n, &user_id, "'4111111111111111'", "'HI-9B97EE4E'", "'2021-03-01T09:30:00.123'")
}

/// A folder with a database on the server as the Flask application leaves it.
fn flask(rows: &[String]) -> Folder {
    let folder = Folder::new();
    let mut database = folder.database();
    database.execute(
        "CREATE TABLE orders (date_uuid VARCHAR(36) NOT NULL, [User ID] VARCHAR(40) NOT NULL, \
         [Card Number] VARCHAR(19) NULL, [Store Code] VARCHAR(12) NULL, product_code VARCHAR(11) NULL, \
         [Product Quantity] INTEGER NULL, [Order Date] DATETIME NULL, [Shipping Date] DATETIME NULL, \
         [Delivery Date] DATETIME NULL, PRIMARY KEY (date_uuid, [User ID]))",
    );
    for some in rows.chunks(500) {
        database.execute(&format!("INSERT INTO orders VALUES {}", some.join(", ")));
    }
    folder
}

fn adopt(folder: &Folder) -> Output {
    folder.program().arg("adopt").output().unwrap()
}

fn tables(database: &mut Database) -> Vec<String> {
    let mut tables = database.tables();
    tables.sort();
    tables
}

/// How many orders are counted; none as long as there is no such table.
fn counted(database: &mut Database) -> i64 {
    match database.number("SELECT CASE WHEN OBJECT_ID('order_counts', 'U') IS NULL THEN 0 ELSE 1 END") {
        0 => 0,
        _ => database
            .number("SELECT CAST(COALESCE(SUM(orders), 0) AS BIGINT) FROM order_counts WHERE period <= 9999"),
    }
}

#[test]
fn whatever_is_not_told_to_adopt_changes_nothing_on_a_server() {
    if is_skipped_without_server() {
        return;
    }
    let folder = flask(&[right(1), right(2)]);
    for command in [&["migrate"][..], &["migrate", "--dry-run"], &["seed"], &["serve"]] {
        let assert = folder.orders(command).assert().code(1).stdout("");
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(said.contains("holds the orders of the Flask application: 2 rows"), "{command:?}: {said}");
    }
    assert_eq!(tables(&mut folder.database()), ["orders"]);
    assert!(folder.file_names().is_empty());
}

#[test]
fn a_servers_table_is_adopted_and_its_dirt_is_flagged_or_left_out() {
    if is_skipped_without_server() {
        return;
    }
    let (user, card, store, ordered) =
        ("'2dcb6e7a-1f0e-4d0b-9d3a-000000000001'", "'4111111111111111'", "'HI-9B97EE4E'", "'2021-03-01'");
    let folder = flask(&[
        right(1),
        row(2, user, "'?4111111111111111'", store, ordered),
        row(3, "' 2DCB6E7A-1F0E-4D0B-9D3A-0C8B6A51E7F2'", card, "'hi9b97ee4e'", ordered),
        row(4, "'NRQKZWJ9OZ'", "'4000000000000100'", store, ordered),
        row(5, user, card, store, "'2021-05-01'"),
        row(6, user, "NULL", store, ordered),
        row(7, user, card, "'NRQKZWJ9OZ'", "NULL"),
        row(8, "'3530111333300000'", card, store, ordered),
    ]);
    assert!(stdout(&adopt(&folder)).contains(" 5 orders adopted\n"));
    let stored = folder.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.len(), 5);
    assert!(stored.orders.iter().all(|row| row.created_by == "adopt"));
    let times = (stored.order(1).order_date.as_str(), stored.order(1).shipping_date.as_deref());
    assert_eq!(times, ("2021-03-01 09:30:00", Some("2021-04-02 10:00:00")));
    assert_eq!(stored.order(3).user_id, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2");

    let report = fs::read_to_string(folder.file("adopted.csv")).unwrap();
    let outcomes: Vec<&str> =
        report.lines().skip(1).map(|line| line.split(",0000").next().unwrap()).collect();
    assert_eq!(outcomes, ["adopted,2", "adopted,4", "adopted,5", "left out,", "left out,", "left out,"]);
    assert!(!report.contains("3530111333300000"), "{report}");
    assert_eq!(folder.database().numbers("SELECT COUNT(*) FROM orders_flask"), [8]);

    assert!(stdout(&adopt(&folder)).contains(": nothing left to adopt\n"));
    assert!(folder.stored() == stored);
    folder.database().execute("DROP TABLE orders_flask");
    assert_eq!(adopt(&folder).status.code(), Some(1));
    let desk = folder.open();
    assert!(desk.get("/").page().says("1 to 5 of 5, newest first"));
}

#[test]
fn a_killed_adoption_on_a_server_goes_on_to_its_end() {
    if is_skipped_without_server() {
        return;
    }
    let rows: Vec<String> = (0..ROWS).map(right).collect();
    let folder = flask(&rows);
    let mut child =
        folder.program().arg("adopt").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut database = folder.database();
    until(|| counted(&mut database) > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.file("adopted.csv").exists(), "no report looks whole that is not");

    stdout(&adopt(&folder));
    let stored = folder.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.len(), ROWS as usize);
    let keys = database.rows("SELECT COUNT(*) FROM orders JOIN orders_flask ON orders_flask.date_uuid = orders.date_uuid COLLATE DATABASE_DEFAULT");
    assert_eq!(keys, [[Value::Number(i64::from(ROWS))]]);
}
