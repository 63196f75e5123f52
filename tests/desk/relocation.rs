//! A whole desk in another file: all of it, once, in the face of whatever comes between.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Output, Stdio};

use rusqlite::{Connection, OpenFlags};

use crate::bulk::{act, choose};
use crate::harness::database::{Database, Value, verdict};
use crate::harness::people::Browser;
use crate::harness::program::{Desk, Folder, form, stdout, until};
use crate::harness::server_database::is_skipped_on_server;
use crate::imports;

/// How a desk finds the file that it was moved to, with the keys of the one that it comes from.
const MOVED: [(&str, &str); 2] =
    [("ORDERS_DATABASE__URL", "sqlite:moved.db"), ("ORDERS_CARDS__KEY_FILE", "orders.keys")];
const TO_MOVED: [&str; 3] = ["move", "--to", "sqlite:moved.db"];
/// The networks' public test number.
const CARD: &str = "6011000990139424";
/// Several batches.
const MANY: u32 = 13_000;

fn database(folder: &Folder, name: &str) -> Database {
    Database::Sqlite(Connection::open(folder.file(name)).unwrap())
}

/// All rows of all tables that are moved, by table; and all triggers, indexes and numbers that were given.
pub fn contents(mut database: Database) -> BTreeMap<String, Vec<Vec<Value>>> {
    let left = ["sessions", "sign_ins", "relocations", "sqlite_sequence", "__diesel_schema_migrations"];
    let mut tables = database.tables();
    tables.retain(|table| !left.contains(&&**table));
    let mut all: BTreeMap<_, _> = tables
        .into_iter()
        .map(|table| {
            // Rows without a rowid come in the order of their keys, the others in that of their numbers.
            let rows = database.rows(&format!("SELECT * FROM {table}"));
            (table, rows)
        })
        .collect();
    let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
    all.insert("the schema".to_owned(), database.rows(schema));
    all.insert("numbers".to_owned(), database.rows("SELECT name, seq FROM sqlite_sequence ORDER BY name"));
    all
}

fn assert_same(one: &BTreeMap<String, Vec<Vec<Value>>>, other: &BTreeMap<String, Vec<Vec<Value>>>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (table, rows) in one {
        assert!(other[table] == *rows, "{table}: {rows:?}\n\n{:?}", other[table]);
    }
}

fn ended(folder: &Folder, arguments: &[&str]) -> Output {
    folder.program().args(arguments).output().unwrap()
}

/// Moves the desk, and what is said of it.
fn moved(folder: &Folder) -> String {
    stdout(&ended(folder, &TO_MOVED)).to_owned()
}

/// What a move says that is refused, behind what it says of its progress.
fn refusal(folder: &Folder, arguments: &[&str]) -> String {
    let output = ended(folder, arguments);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("orders: "), "{said}");
    last.to_owned()
}

/// A file and its log, as they are on the disk.
fn bytes(folder: &Folder) -> [Option<Vec<u8>>; 2] {
    ["orders.db", "orders.db-wal"].map(|name| fs::read(folder.file(name)).ok())
}

fn export(desk: &Desk) -> Vec<u8> {
    let answer = desk.get("/export.ndjson");
    assert_eq!(answer.status, 200);
    answer.body
}

/// A desk to which everything has happened that leaves rows, and what its pages said.
fn worked() -> (Folder, Pages) {
    let folder = Folder::seeded_dirty(150);
    Browser::of(&folder, "Ada", "clerk");
    let desk = folder.open_with(&[
        ("ORDERS_WEBHOOKS__URLS", "http://127.0.0.1:9/"),
        ("ORDERS_WEBHOOKS__SIGNING_KEY", crate::harness::receiver::KEY),
    ]);
    let paid = desk.add(&[("card_number", CARD), ("note", "Ring the bell ☎ twice")]);
    desk.edit(paid, &[("product_quantity", "7")]);
    let shipped = desk.add(&[]);
    desk.post(&format!("/orders/{shipped}/ship"), &[]);
    desk.post("/views?store=HI&sort=-quantity", &[("name", "Über HI")]);
    let other = desk.add(&[]);
    act(&desk, "", &[paid, other], &[("do", "ship"), ("on", "2024-03-03")]);
    let outcomes =
        folder.database().rows("SELECT order_number, outcome, reason FROM job_orders WHERE job_id = 1");
    assert_eq!(folder.database().number("SELECT changed FROM jobs WHERE id = 1"), 2, "{outcomes:?}");
    let url = desk.post("/bulk?status=cancelled", &[("do", "all")]).location().to_owned();
    // One that nobody lets run.
    choose(&desk, &url, &[("do", "reopen")]);
    let import = imports::bring(&desk, &imports::rows(12));
    imports::run(&desk, &import);
    let seen = "UPDATE order_warnings SET seen_by = 'Ada', seen_at = '2026-01-01 00:00:00' WHERE order_number % 2 = 0; \
                UPDATE orders SET unseen = 0 WHERE number % 2 = 0";
    folder.database().execute(seen);
    let pages = Pages::of(&desk);
    desk.close();
    (folder, pages)
}

/// What must not have changed.
#[derive(PartialEq, Eq)]
struct Pages {
    export: Vec<u8>,
    histories: Vec<String>,
    lists: Vec<Vec<i64>>,
    /// Where a whole card leads.
    found: String,
    next: i64,
}

impl Pages {
    fn of(desk: &Desk) -> Self {
        let export = export(desk);
        let lists = ["/", "/?import=3", "/?warning=any&sort=-store", "/?status=cancelled"];
        let lists: Vec<_> = lists.iter().map(|list| desk.get(list).page().numbers()).collect();
        let next = desk.folder.database().number("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'orders'");
        let history = |number| {
            let answer = desk.get(&format!("/orders/{number}"));
            assert_eq!(answer.status, 200);
            answer.page().between("<h2 id=\"history\">", "</section>").expect("a history").to_owned()
        };
        let found = desk.post("/search", &[("q", CARD)]).location().to_owned();
        assert!(found.starts_with("/orders/151"), "{found}");
        Self { export, histories: (1..next).map(history).collect(), lists, found, next }
    }
}

#[test]
fn a_desk_that_has_moved_is_the_same_and_goes_on() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, before) = worked();
    let (source, files) = (bytes(&folder), folder.file_names());
    let said = moved(&folder);
    assert!(source == bytes(&folder), "the source was changed");
    assert!(said.starts_with("orders.db: moving the desk to moved.db …\n"), "{said}");
    let tables = said.lines().filter(|line| line.ends_with("  the same")).count();
    assert_eq!(tables, 17, "{said}");
    for words in [
        " in 17 tables, all the same\n",
        "Stop every desk that serves orders.db, set database.url to moved.db",
        "set cards.key_file to orders.keys, or copy that file to moved.keys",
        "orders.db was not changed. Serve it no more",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let mut now = folder.file_names();
    now.retain(|name| name != "moved.db");
    assert_eq!(now, files);
    assert_same(&contents(database(&folder, "orders.db")), &contents(database(&folder, "moved.db")));
    let mut target = database(&folder, "moved.db");
    for table in ["people", "outbox", "order_warnings", "saved_views", "access_outcomes", "import_pieces"] {
        assert!(target.number(&format!("SELECT COUNT(*) FROM {table}")) > 0, "{table}");
    }
    assert_eq!(target.number("SELECT COUNT(*) FROM sessions"), 0);
    let private = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(folder.file("moved.db")).unwrap().permissions(),
    );
    assert_eq!(private & 0o077, 0, "{private:o}");

    let desk = folder.open_with(&MOVED);
    let after = Pages::of(&desk);
    assert!(after.export == before.export);
    assert!(after == before);
    // What was done at the old place is undone at the new one.
    let undone = desk.post("/bulk/1/undo", &[]);
    assert_eq!(undone.status, 303, "{}", undone.text());
    until(|| desk.get(undone.location()).text().contains(">Done<"));
    assert_eq!(
        target.number("SELECT COUNT(*) FROM orders WHERE number IN (151, 153) AND shipping_date IS NULL"),
        2
    );
    assert_eq!(desk.add(&[]), before.next);
    desk.close();
    let counts = folder.orders(&["check", "--counts"]).envs(MOVED).assert().success();
    assert!(stdout(counts.get_output()).contains("moved.db"));
    target.stored().assert_sound();
}

/// A move under way that has stored a part of the orders, and stands still.
struct Halted(Child);

impl Halted {
    fn begin(folder: &Folder) -> Self {
        let mut command = folder.program();
        command.args(TO_MOVED).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let halted = Self(child);
        until(|| orders_in(folder, "moved.db") > 0);
        halted.signal("STOP");
        let there = orders_in(folder, "moved.db");
        assert!(there < i64::from(MANY), "all {there} were there before the move was halted");
        halted
    }

    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Halted {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many orders a file has; none as long as it has no such table.
fn orders_in(folder: &Folder, name: &str) -> i64 {
    Connection::open_with_flags(folder.file(name), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|file| file.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)))
        .unwrap_or(0)
}

#[test]
fn a_move_that_was_killed_goes_on_and_its_source_is_read_only_until_then() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(MANY);
    let desk = folder.open_with(&[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "100")]);
    desk.add(&[]);
    let source = bytes(&folder);
    let halted = Halted::begin(&folder);
    let answer = desk.unchanged(503, "the desk moves", || desk.post("/orders", &form(&[])));
    assert!(answer.page().says("The database is busy with other work."), "{}", answer.text());
    assert_eq!(desk.get("/").status, 200);
    assert_eq!(desk.get("/orders/1").status, 200);
    assert_eq!(desk.get("/readyz").status, 200);
    let said = folder.complaint(&["serve"], &[MOVED[0], MOVED[1], ("ORDERS_SERVER__LISTEN", "127.0.0.1:0")]);
    assert!(said.contains("moved.db is to take the desk of orders.db, and has not all of it yet"), "{said}");
    halted.kill();
    assert!(source == bytes(&folder), "the source was changed");

    let there = orders_in(&folder, "moved.db");
    assert!(there > 0 && there < i64::from(MANY), "{there}");
    let said = moved(&folder);
    assert!(said.contains("moved.db: went on with the move that was broken off\n"), "{said}");
    assert!(source == bytes(&folder), "the source was changed");
    let again = moved(&folder);
    assert!(
        again.contains("moved.db: the desk was moved here on 20") && again.contains("all the same"),
        "{again}"
    );
    // The desk has its place again when the move lets go.
    assert_eq!(desk.add(&[]), i64::from(MANY) + 2);
    desk.close();
    let late = ended(&folder, &TO_MOVED);
    assert_eq!(late.status.code(), Some(1));
    let said = String::from_utf8(late.stdout).unwrap();
    assert!(said.contains("    orders 13002 is missing in the new database\n"), "{said}");
    let said = String::from_utf8(late.stderr).unwrap();
    assert!(said.contains("One of the two desks has worked on since the move"), "{said}");
    database(&folder, "moved.db").stored().assert_sound();
    assert_eq!(verdict(&Connection::open(folder.file("moved.db")).unwrap()), "ok");
}

#[test]
fn a_source_that_was_worked_on_since_is_no_beginning_and_is_begun_anew() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(MANY);
    Halted::begin(&folder).kill();
    let desk = folder.open();
    desk.edit(5, &[("product_quantity", "9")]);
    desk.close();
    let said = refusal(&folder, &TO_MOVED);
    assert!(
        said.contains("moved.db holds something else than the beginning of this move: orders 5 differs in "),
        "{said}"
    );
    assert!(said.contains("version") && said.contains("--restart"), "{said}");
    let said = refusal(&folder, &[&TO_MOVED[..], &["--rehearse"]].concat());
    assert!(said.contains("a move to moved.db was begun and has not come to its end"), "{said}");
    let other = Folder::seeded(3);
    fs::copy(folder.file("moved.db"), other.file("moved.db")).unwrap();
    let said = refusal(&other, &TO_MOVED);
    assert!(said.contains("the beginning of this move: card_keys hash/1 differs in check_value"), "{said}");
    stdout(&ended(&folder, &[&TO_MOVED[..], &["--restart"]].concat()));
    assert_same(&contents(database(&folder, "orders.db")), &contents(database(&folder, "moved.db")));
}

#[test]
fn what_differs_is_told_by_table_and_key() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(40);
    moved(&folder);
    let mut target = database(&folder, "moved.db");
    target.execute(
        "UPDATE orders SET note = 'not so' WHERE number IN (3, 17); \
         DELETE FROM order_counts WHERE period = (SELECT min(period) FROM order_counts WHERE period > 9999999); \
         INSERT INTO import_mappings VALUES ('abcdefghijklmnop', '{}', '2026-01-01 00:00:00'); \
         DROP TRIGGER order_events_stay; UPDATE order_events SET actor = 'nobody' WHERE order_number = 9;",
    );
    let output = ended(&folder, &TO_MOVED);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    for words in [
        "    orders 3 differs in note\n    orders 17 differs in note\n",
        "    order_events 9/1 differs in actor\n",
        " is missing in the new database\n",
        "    import_mappings abcdefghijklmnop is in the new database alone\n",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("not so") && !said.contains("nobody"), "values are not told: {said}");
    let line = said.lines().find(|line| line.starts_with("orders ")).unwrap();
    assert!(line.ends_with(" 40  2 differences"), "{line}");
}

/// As when somebody has written to the target before all was compared: nobody serves what came of it.
#[test]
fn what_was_never_found_to_be_the_same_is_not_served() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(5);
    moved(&folder);
    let mut target = database(&folder, "moved.db");
    target.execute(
        "UPDATE relocations SET finished_at = NULL; UPDATE orders SET note = 'not so' WHERE number = 1",
    );
    let said = folder.complaint(&["seed"], &MOVED);
    assert!(said.contains("moved.db is to take the desk of orders.db, and has not all of it yet"), "{said}");
    let said = refusal(&folder, &TO_MOVED);
    assert!(said.contains("the beginning of this move: orders 1 differs in note"), "{said}");
    target.execute("UPDATE orders SET note = NULL WHERE number = 1");
    assert!(moved(&folder).contains("all the same"));
    assert_same(&contents(database(&folder, "orders.db")), &contents(target));
    folder.orders(&["seed", "--rows", "1"]).envs(MOVED).assert().success();
}

#[test]
fn a_rehearsal_holds_nobody_up_is_not_served_and_gives_way() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(60);
    let desk = folder.open();
    let job = "INSERT INTO jobs (kind, details, submission, state, orders, position, changed, left_out, created_at, \
               created_by) VALUES ('later', '{}', 'a', 'running', 1, 0, 0, 0, '2026-01-01 00:00:00', 'Ada')";
    folder.database().execute(job);
    let rehearse = [&TO_MOVED[..], &["--rehearse"]].concat();
    let output = ended(&folder, &rehearse);
    let said = stdout(&output);
    for words in [
        "orders.db: rehearsing to move the desk to moved.db …\n",
        "orders.db: a move would be refused as long as job 1 (later) runs\n",
        " in 17 tables, all the same\n",
        "It was a rehearsal: nobody serves moved.db",
    ] {
        assert!(said.contains(words), "{said}");
    }
    for command in ["serve", "seed"] {
        let said = folder.complaint(&[command], &MOVED);
        assert!(
            said.contains("moved.db has a rehearsal of a move from orders.db, which is not to be served"),
            "{said}"
        );
    }
    let refused = refusal(&folder, &TO_MOVED);
    assert!(refused.contains("orders.db is at work: job 1 (later) runs. Let that end"), "{refused}");
    desk.add(&[]);
    folder.database().execute("UPDATE jobs SET state = 'done' WHERE id = 1");
    stdout(&ended(&folder, &rehearse));
    desk.add(&[]);
    desk.close();
    assert!(!moved(&folder).contains("went on"));
    assert_same(&contents(database(&folder, "orders.db")), &contents(database(&folder, "moved.db")));
    assert_eq!(folder.open_with(&MOVED).add(&[]), 63);
    let said = refusal(&folder, &rehearse);
    assert!(said.contains("a desk was moved to moved.db on 20"), "{said}");
}

#[test]
fn what_is_no_place_for_a_desk_is_refused_and_left_as_it_is() {
    if is_skipped_on_server() {
        return;
    }
    let (folder, other) = (Folder::seeded(3), Folder::seeded(2));
    fs::copy(other.file("orders.db"), folder.file("taken.db")).unwrap();
    Connection::open(folder.file("foreign.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    std::os::unix::fs::symlink("orders.db", folder.file("link.db")).unwrap();
    let keys = other.file("orders.keys");
    let other_keys = [("ORDERS_CARDS__KEY_FILE", keys.to_str().unwrap())];
    let before = bytes(&folder);
    for (to, variables, words) in [
        ("sqlite:orders.db", &[][..], "orders.db is where the desk is already"),
        ("sqlite:link.db", &[], "link.db is where the desk is already"),
        ("sqlite:taken.db", &[], "taken.db has a desk of its own (2 rows in orders)"),
        ("sqlite:foreign.db", &[], "foreign.db is the database of another program"),
        ("sqlite:no/where.db", &[], "cannot open the database no/where.db"),
        ("sqlite:new.db", &other_keys, "does not fit the database orders.db: it lacks the seal key 1"),
        ("sqlite:new.db", &[("ORDERS_DATABASE__URL", "sqlite:gone.db")], "there is no database gone.db"),
        ("sqlite:orders.keys", &[], "--to names the file of the card keys"),
        (
            "mssql://desk:s3cret@127.0.0.1/orders?trust=any",
            &[
                ("ORDERS_PROFILE", "prod"),
                ("ORDERS_CARDS__KEY_FILE", "orders.keys"),
                ("ORDERS_DATABASE__URL", "sqlite:orders.db"),
            ],
            "--to trusts any certificate, which the profile prod does not allow",
        ),
        ("s3cret-new.db", &[], "--to must look like sqlite:orders.db, mssql://user:password@host/database"),
    ] {
        let output =
            folder.program().args(["move", "--to", to]).envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{to}");
        assert!(said.contains(words) && !said.contains("s3cret"), "{said}");
        assert!(bytes(&folder) == before, "{to}");
    }
    assert!(!folder.file("new.db").exists(), "nothing is made where nothing is moved");
    assert_eq!(orders_in(&folder, "taken.db"), 2);

    // One that nobody has worked with, though a desk has named its keys there.
    let url = [("ORDERS_DATABASE__URL", "sqlite:new.db")];
    folder.orders(&["migrate", "--new-database"]).envs(url).assert().success();
    folder.open_with(&[url[0], MOVED[1]]).close();
    let mut command = folder.orders(&["move", "--to", "-"]);
    command.write_stdin("sqlite:new.db\n").assert().success();
    assert_same(&contents(database(&folder, "orders.db")), &contents(database(&folder, "new.db")));
}
