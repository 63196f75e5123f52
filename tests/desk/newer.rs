//! A database that a newer release has migrated: its desks are about to be rolled out, or have been rolled back.

use crate::harness::database::Database;
use crate::harness::program::{Desk, Folder, assert_only_begun};
use crate::harness::server_database::is_skipped_on_server;
use crate::keys::let_an_hour_pass;

/// A migration that no program knows.
const VERSION: &str = "20991231000001";
const NUMBER: i64 = 20_991_231_000_001;

/// What a migration may do that only adds.
const SQLITE: [&str; 7] = [
    "ALTER TABLE orders ADD COLUMN gift TEXT",
    "ALTER TABLE orders ADD COLUMN weight INTEGER NOT NULL DEFAULT 7",
    "ALTER TABLE order_events ADD COLUMN reason TEXT",
    "ALTER TABLE card_keys ADD COLUMN owner TEXT",
    "ALTER TABLE outbox ADD COLUMN topic TEXT",
    "CREATE TABLE gifts (id INTEGER PRIMARY KEY, order_number INTEGER NOT NULL REFERENCES orders (number)) STRICT",
    "CREATE INDEX orders_by_gift ON orders (gift, weight)",
];
const SERVER: [&str; 7] = [
    "ALTER TABLE orders ADD gift NVARCHAR(100) NULL",
    "ALTER TABLE orders ADD weight INT NOT NULL CONSTRAINT orders_weight DEFAULT 7",
    "ALTER TABLE order_events ADD reason NVARCHAR(100) NULL",
    "ALTER TABLE card_keys ADD owner NVARCHAR(100) NULL",
    "ALTER TABLE outbox ADD topic NVARCHAR(100) NULL",
    "CREATE TABLE gifts (id INT NOT NULL PRIMARY KEY, order_number BIGINT NOT NULL REFERENCES orders (number))",
    "CREATE INDEX orders_by_gift ON orders (gift, weight)",
];

/// Three orders in a database that is newer than the program.
fn newer() -> Folder {
    let folder = Folder::seeded(3);
    extend(&mut folder.database());
    folder
}

fn extend(database: &mut Database) {
    let migration = match database {
        Database::Sqlite(_) => SQLITE,
        Database::Server(_) => SERVER,
    };
    for statement in migration {
        database.execute(statement);
    }
    database.add_migration(VERSION);
}

/// How often a log says that the database is newer.
fn remarks(log: &str) -> usize {
    log.lines().filter(|line| line.contains("the database is newer than this program")).count()
}

/// All that clerks do, with what is told of it.
fn work(desk: &Desk) {
    let number = desk.add(&[("order_date", "yesterday")]);
    assert!(desk.get("/").page().numbers().contains(&number));
    assert_eq!(desk.get(&format!("/orders/{number}")).status, 200);
    assert_eq!(desk.edit(number, &[("product_quantity", "9")]).status, 303);
    assert_eq!(desk.post(&format!("/orders/{number}/ship"), &[]).status, 303);
    let form = desk.get(&format!("/orders/{number}/cancel")).page().form(&[]);
    let cancelled = desk.send(&format!("/orders/{number}/cancel"), &form);
    assert_eq!(cancelled.status, 303, "{}", cancelled.text());
    assert_eq!(desk.get("/readyz").status, 200);
    assert_eq!(desk.stored().kinds(number), ["added", "changed", "shipped", "cancelled"]);
}

#[test]
fn desks_and_commands_go_on_with_what_a_newer_release_has_added() {
    let folder = newer();
    // Who is told is away; what it is told waits in the outbox.
    let told = [
        ("ORDERS_WEBHOOKS__URLS", "[\"http://127.0.0.1:9/\"]"),
        ("ORDERS_WEBHOOKS__SIGNING_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ];
    for (profile, remarked) in [("dev", 1), ("prod", 2)] {
        let start = [("ORDERS_PROFILE", profile), ("ORDERS_SERVER__DRAIN_SECONDS", "0")];
        let desk = folder.open_with(&[start, told].concat());
        work(&desk);
        folder
            .orders(&["seed", "--rows", "60", "--seed", profile.len().to_string().as_str()])
            .assert()
            .success();
        desk.close();
        assert_eq!(remarks(&folder.log()), remarked, "once a start");
    }
    let mut database = folder.database();
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox"), 8);
    for arguments in [
        &["key", "rotate"][..],
        &["key", "reseal"],
        &["key", "list"],
        &["webhooks", "list"],
        &["webhooks", "discard", "1"],
        &["migrate", "--dry-run"],
    ] {
        folder.orders(arguments).assert().success();
    }
    let stored = folder.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.len(), 125);
    assert_eq!(database.number("SELECT COUNT(*) FROM orders WHERE weight = 7 AND gift IS NULL"), 125);
    assert_eq!(database.number("SELECT COUNT(*) FROM orders WHERE card_seal_key = 2"), 125);
}

#[test]
fn migrating_leaves_a_newer_database_as_it_is_and_says_so() {
    let folder = newer();
    let before = folder.stored();
    let migrations = folder.database().newest_migration();
    let called = folder.database_name();
    for arguments in [&["migrate"][..], &["migrate", "--dry-run"]] {
        let said = format!("{called} is newer than this program ({VERSION}) and stays as it is\n");
        folder.orders(arguments).assert().success().stdout(said);
    }
    assert_eq!(folder.database().newest_migration(), migrations);
    assert!(folder.stored() == before);
}

#[test]
fn a_backup_is_made_of_a_newer_database() {
    if is_skipped_on_server() {
        return;
    }
    let folder = newer();
    folder.orders(&["backup", "copy.db"]).assert().success();
    std::fs::rename(folder.file("copy.db"), folder.file("orders.db")).unwrap();
    assert_eq!(folder.open().add(&[]), 4);
}

/// Asserts that neither desk nor command works on a database, and that nothing is changed.
fn assert_refused(folder: &Folder, why: &str) {
    let rows = |database: &mut Database| {
        let keys = database.rows("SELECT * FROM card_keys ORDER BY purpose, id");
        (keys, database.rows("SELECT * FROM orders ORDER BY number"), database.newest_migration())
    };
    let before = (rows(&mut folder.database()), folder.file_names());
    for arguments in [
        &["serve"][..],
        &["migrate"],
        &["migrate", "--dry-run"],
        &["seed", "--rows", "1"],
        &["key", "list"],
        &["key", "rotate"],
        &["key", "reseal"],
        &["webhooks", "list"],
        &["backup", "copy.db"],
    ] {
        let is_backup = arguments[0] == "backup";
        if is_backup && matches!(folder.database(), Database::Server(_)) {
            continue;
        }
        let mut command = folder.orders(arguments);
        let assert = command.env("ORDERS_SERVER__LISTEN", "127.0.0.1:0").assert().code(1);
        assert_only_begun(assert.get_output());
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        let words = ["from a newer version of orders", VERSION, "Run that version"];
        assert!(words.iter().all(|word| said.contains(word)), "{why}: {arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert!((rows(&mut folder.database()), folder.file_names()) == before, "{why}: something was changed");
}

#[test]
fn a_database_that_says_it_is_too_new_is_refused() {
    let folder = newer();
    let known = folder.database().number("SELECT MAX(works_with) FROM schema_compatibility");
    // A release that took something away long after this one stopped to use it.
    folder.database().limit_to(NUMBER - 1, known);
    assert_eq!(folder.open().add(&[]), 4);
    folder.database().limit_to(NUMBER, NUMBER);
    assert_refused(&folder, "its own migration");
    // What a later migration says does not make an earlier one undone.
    folder.database().limit_to(NUMBER + 1, known);
    assert_refused(&folder, "an earlier one");
}

#[test]
fn a_newer_database_that_does_not_say_who_may_work_with_it_is_refused() {
    for silence in ["DELETE FROM schema_compatibility", "DROP TABLE schema_compatibility"] {
        let folder = newer();
        folder.database().execute(silence);
        assert_refused(&folder, silence);
    }
}

#[test]
fn no_key_is_retired_by_a_program_that_may_not_know_what_uses_it() {
    let folder = Folder::seeded(3);
    for arguments in [["key", "rotate"], ["key", "reseal"]] {
        folder.orders(&arguments).assert().success();
    }
    let_an_hour_pass(&folder);
    extend(&mut folder.database());
    let retired = "SELECT COUNT(*) FROM card_keys WHERE retired_at IS NOT NULL";
    let assert = folder.orders(&["key", "retire", "seal", "1"]).assert().code(1);
    assert_only_begun(assert.get_output());
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(said.contains("is newer than this program") && said.contains(VERSION), "{said}");
    assert_eq!(folder.database().number(retired), 0);
    let column = match folder.database() {
        Database::Sqlite(_) => "__diesel_schema_migrations WHERE version",
        Database::Server(_) => "schema_migrations WHERE name",
    };
    folder.database().execute(&format!("DELETE FROM {column} = '{VERSION}'"));
    folder.orders(&["key", "retire", "seal", "1"]).assert().success();
    assert_eq!(folder.database().number(retired), 1);
}
