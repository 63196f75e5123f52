//! `orders key`: rotation, resealing and retirement of card keys, and desks that serve meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use crate::harness::database::{Database, Value};
use crate::harness::program::{Desk, Folder, PATIENCE, form, until};
use crate::harness::server_database::is_skipped_on_server;

/// What a command says that does what it is told: standard output, then standard error.
pub fn done(folder: &Folder, arguments: &[&str]) -> (String, String) {
    let mut command = folder.orders(&[&["key"], arguments].concat());
    // Many small batches take their time on a server that many tests use at once.
    let assert = command.timeout(4 * PATIENCE).assert().success();
    let output = assert.get_output();
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// The last line of one that does not, on standard error.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let assert = folder.orders(&[&["key"], arguments].concat()).assert().code(1);
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let last = said.lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("orders: ") && last.ends_with('.'), "{said}");
    last
}

/// All that may change when keys do: the file, and what the database knows of keys.
fn keys(folder: &Folder) -> (Option<String>, Vec<Vec<Value>>) {
    let file = fs::read_to_string(folder.file("orders.keys")).ok();
    (file, folder.database().rows("SELECT * FROM card_keys ORDER BY purpose, id"))
}

/// Asserts that a command is refused and changes no key and no order; what it says.
fn refusal(folder: &Folder, arguments: &[&str]) -> String {
    let before = (keys(folder), folder.stored(), sealed(folder));
    let said = refused(folder, arguments);
    assert!((keys(folder), folder.stored(), sealed(folder)) == before, "{said}");
    said
}

/// The sealed cards, with the ids of their keys.
pub fn sealed(folder: &Folder) -> Vec<Vec<Value>> {
    folder.database().rows(
        "SELECT number, card_seal_key, card_hash_key, card_sealed, card_hash FROM orders ORDER BY number",
    )
}

/// The pairs of keys that orders have.
pub fn pairs(folder: &Folder) -> BTreeSet<(i64, i64)> {
    let rows = sealed(folder).into_iter();
    rows.map(|row| (row[1].clone().number(), row[2].clone().number())).collect()
}

/// Makes the keys look as if they had been known since long ago.
pub fn let_an_hour_pass(folder: &Folder) {
    folder.database().execute("UPDATE card_keys SET registered_at = '2020-01-01 00:00:00'");
}

/// Takes a key out of the key file.
fn take_out(folder: &Folder, purpose: &str, id: u32) -> String {
    let text = fs::read_to_string(folder.file("orders.keys")).unwrap();
    let head = format!("\n[[{purpose}]]\nid = {id}\n");
    let (before, rest) = text.split_once(&head).unwrap();
    let (key, after) = rest.split_once('\n').unwrap();
    fs::write(folder.file("orders.keys"), format!("{before}{after}")).unwrap();
    format!("{head}{key}\n")
}

fn put_back(folder: &Folder, key: &str) {
    let text = fs::read_to_string(folder.file("orders.keys")).unwrap();
    fs::write(folder.file("orders.keys"), text.replacen("\n[[", &format!("{key}\n[["), 1)).unwrap();
}

#[test]
fn the_first_keys_are_made_once() {
    let folder = Folder::new();
    let (said, _) = done(&folder, &["new"]);
    let begin = "the key file orders.keys: one key that seals and one that hashes, known to ";
    let (first, rest) = said.split_once('\n').unwrap();
    assert_eq!(first, "the key file orders.keys: making the first keys …");
    assert!(rest.starts_with(&format!("{begin}{}\n", folder.database_name())), "{said}");
    let said = refusal(&folder, &["new"]);
    assert!(said.contains("the key file orders.keys is there already"), "{said}");
    let desk = folder.open();
    desk.add(&[]);
    assert_eq!(pairs(&folder), [(1, 1)].into());
    fs::remove_file(folder.file("orders.keys")).unwrap();
    let said = refusal(&folder, &["new"]);
    assert!(said.contains("does not fit the database") && said.contains("it is not there"), "{said}");
}

#[test]
fn a_new_key_writes_and_old_orders_still_open() {
    let folder = Folder::seeded(20);
    let serving = folder.open();
    let (said, _) = done(&folder, &["rotate"]);
    let begun = "the key file orders.keys: adding a seal key …\n";
    let new = "the key file orders.keys: the seal key 2 is new and writes from now on";
    assert!(said.starts_with(&format!("{begun}{new}")), "{said}");
    serving.add(&[]);
    assert_eq!(pairs(&folder), [(1, 1)].into(), "it has not looked at the file again");
    serving.close();
    let (said, _) = done(&folder, &["rotate", "hash"]);
    assert!(said.contains("the hash key 2 is new"), "{said}");
    folder.open().add(&[]);
    assert_eq!(pairs(&folder), [(1, 1), (2, 2)].into());
    // They open: otherwise they could not be sealed anew.
    let (said, _) = done(&folder, &["reseal"]);
    assert!(said.contains(": 21 orders resealed with seal key 2 and hash key 2\n"), "{said}");
    assert_eq!(pairs(&folder), [(2, 2)].into());
}

#[test]
fn rotations_at_once_each_make_a_key() {
    let folder = Folder::seeded(3);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| done(&folder, &["rotate"]));
        }
    });
    let known = "SELECT COUNT(*) FROM card_keys WHERE purpose = 'seal'";
    assert_eq!(folder.database().number(known), 5);
    folder.open().add(&[]);
    let text = fs::read_to_string(folder.file("orders.keys")).unwrap();
    assert_eq!(text.matches("[[seal]]").count(), 5);
}

#[test]
fn the_list_shows_every_key_and_changes_nothing() {
    let folder = Folder::seeded(4);
    folder.orders(&["key", "rotate"]).assert().success();
    folder.orders(&["seed", "--rows", "2", "--seed", "9"]).assert().success();
    let before = (keys(&folder), folder.stored());
    let (said, errors) = done(&folder, &["list"]);
    assert_eq!(errors, "");
    let mut lines = said.lines();
    assert_eq!(lines.next().unwrap(), format!("the key file orders.keys, for {}", folder.database_name()));
    assert_eq!(lines.next().unwrap(), "key     called  made (UTC)  known since (UTC)  orders");
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let today = rows[0][4].len();
    assert_eq!(today, "2026-11-02".len());
    for (row, begin, end) in [
        (&rows[0], ["seal", "1", "1"], &["4"][..]),
        (&rows[1], ["seal", "2", "2"], &["2", "writes"]),
        (&rows[2], ["hash", "1", "1"], &["6", "writes"]),
    ] {
        assert_eq!((&row[..3], &row[6..]), (&begin[..], end));
    }
    assert_eq!(rows.len(), 3);
    assert!((keys(&folder), folder.stored()) == before);
}

#[test]
fn the_keys_of_a_backup_are_checked_without_touching_it() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(4);
    folder.orders(&["backup", "copy.db"]).assert().success();
    let bytes = fs::read(folder.file("copy.db")).unwrap();
    let with = [("ORDERS_DATABASE__URL", "sqlite:copy.db"), ("ORDERS_CARDS__KEY_FILE", "orders.keys")];
    folder.orders(&["key", "list"]).envs(with).assert().success();
    folder.orders(&["key", "list"]).env(with[0].0, with[0].1).assert().code(1);
    let other = Folder::seeded(1);
    fs::copy(other.file("orders.keys"), folder.file("other.keys")).unwrap();
    let with = [with[0], ("ORDERS_CARDS__KEY_FILE", "other.keys")];
    let said = folder.orders(&["key", "list"]).envs(with).assert().code(1);
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();
    assert_eq!(said.matches(" missing\n").count(), 2, "{said}");
    assert!(fs::read(folder.file("copy.db")).unwrap() == bytes);
    assert_eq!(folder.file_names(), ["copy.db", "orders.db", "orders.keys", "other.keys"]);
}

/// Keys of both purposes are new, and none of the orders has them.
pub fn rotated(rows: u32) -> Folder {
    let folder = Folder::seeded(rows);
    done(&folder, &["rotate"]);
    done(&folder, &["rotate", "hash"]);
    folder
}

#[test]
fn resealing_changes_seals_and_nothing_else() {
    let folder = rotated(120);
    let (stored, before) = (folder.stored(), sealed(&folder));
    let (said, errors) = done(&folder, &["reseal", "--batch", "50"]);
    assert!(said.contains(": 120 orders resealed with seal key 2 and hash key 2\n"), "{said}");
    assert_eq!(errors.lines().last(), Some("120 of 120 orders"));
    assert!(folder.stored() == stored);
    let after = sealed(&folder);
    assert_eq!(pairs(&folder), [(2, 2)].into());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before[0], after[0]);
        assert_ne!(before[3], after[3]);
        assert_ne!(before[4], after[4]);
    }
    // One card has one hash, before and after.
    let hashes = |rows: &[Vec<Value>]| -> Vec<usize> {
        rows.iter().map(|row| rows.iter().position(|other| other[4] == row[4]).unwrap()).collect()
    };
    assert_eq!(hashes(&before), hashes(&after));
    let (said, errors) = done(&folder, &["reseal"]);
    assert!(said.contains(": 0 orders resealed"), "{said}");
    assert_eq!(errors, "");
    assert!(sealed(&folder) == after);
}

/// As if what a killed program had leased were free already, and not half a minute later.
pub fn let_leases_expire(folder: &Folder) {
    folder.database().execute("UPDATE jobs SET claimed_until = NULL WHERE id > 0");
}

/// Begins to reseal in small batches, and waits until some orders are done.
pub fn begin_to_reseal(folder: &Folder) -> std::process::Child {
    let mut command = folder.program();
    command.args(["key", "reseal", "--batch", "10"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut database = folder.database();
    until(|| database.number("SELECT COUNT(*) FROM orders WHERE card_seal_key = 2") > 0);
    child
}

#[test]
fn resealing_that_is_killed_goes_on_where_it_was() {
    let folder = rotated(1500);
    let stored = folder.stored();
    for _ in 0..3 {
        let mut child = begin_to_reseal(&folder);
        std::thread::sleep(std::time::Duration::from_millis(fastrand::u64(..20)));
        child.kill().unwrap();
        child.wait().unwrap();
        let_leases_expire(&folder);
        folder.assert_file_is_sound();
        // A batch is whole or not there.
        assert!(pairs(&folder).is_subset(&[(1, 1), (2, 2)].into()));
    }
    let left = folder.database().number("SELECT COUNT(*) FROM orders WHERE card_seal_key = 1");
    let (said, _) = done(&folder, &["reseal"]);
    assert!(said.replace(',', "").contains(&format!(": {left} orders resealed")), "{said}");
    assert_eq!(pairs(&folder), [(2, 2)].into());
    assert!(folder.stored() == stored);
    assert_all_open(&folder, 1500);
}

/// Asserts it by sealing all with yet another key.
fn assert_all_open(folder: &Folder, orders: usize) {
    done(folder, &["rotate"]);
    let (said, _) = done(folder, &["reseal"]);
    assert!(said.replace(',', "").contains(&format!(": {orders} orders resealed")), "{said}");
}

#[test]
fn two_may_reseal_at_once() {
    let folder = rotated(600);
    let stored = folder.stored();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| done(&folder, &["reseal", "--batch", "40"]));
        }
    });
    assert_eq!(pairs(&folder), [(2, 2)].into());
    assert!(folder.stored() == stored);
    assert_all_open(&folder, 600);
}

#[test]
fn a_desk_serves_while_orders_are_resealed() {
    let folder = rotated(1000);
    let desk = folder.open();
    let mut child = begin_to_reseal(&folder);
    let mut added = 0;
    while child.try_wait().unwrap().is_none() {
        desk.add(&[]);
        assert_eq!(desk.get("/").status, 200);
        added += 1;
    }
    assert!(child.wait().unwrap().success());
    assert!(added > 0);
    assert_eq!(pairs(&folder), [(2, 2)].into());
    folder.stored().assert_sound();
    assert_all_open(&folder, 1000 + added);
}

#[test]
fn resealing_with_older_keys_leaves_newer_seals_alone() {
    let folder = rotated(40);
    let stale = fs::read_to_string(folder.file("orders.keys")).unwrap();
    done(&folder, &["rotate"]);
    done(&folder, &["reseal"]);
    fs::write(folder.file("orders.keys"), stale).unwrap();
    let said = refusal(&folder, &["reseal"]);
    assert!(said.contains("it lacks the seal key 3"), "{said}");
}

#[test]
fn an_order_whose_card_is_damaged_is_named_and_the_others_go_on() {
    let folder = rotated(60);
    let mut database = folder.database();
    database.execute(
        "UPDATE orders SET card_sealed = (SELECT other.card_sealed FROM orders other WHERE other.number = 9) \
         WHERE number IN (3, 4, 5, 17)",
    );
    let damaged = sealed(&folder);
    let said = refused(&folder, &["reseal"]);
    let words = "the cards of 4 orders do not open and stay as they are; \
                 seal key 1 is not what sealed their cards: orders 3 to 5, 17.";
    assert_eq!(said, format!("orders: {words}"));
    for (before, after) in damaged.iter().zip(sealed(&folder)) {
        let is_damaged = [3, 4, 5, 17].contains(&before[0].clone().number());
        assert_eq!(*before == after, is_damaged);
    }
}

#[test]
fn a_key_that_no_order_uses_can_be_forgotten_after_an_hour() {
    let folder = rotated(8);
    assert!(refusal(&folder, &["retire", "seal", "2"]).contains("is the one that writes"));
    assert!(refusal(&folder, &["retire", "seal", "7"]).contains("knows no seal key 7"));
    assert!(refusal(&folder, &["retire", "seal", "1"]).contains("Run `orders key reseal` first"));
    done(&folder, &["reseal"]);
    let said = refusal(&folder, &["retire", "seal", "1"]);
    assert!(said.contains("is not known for an hour yet"), "{said}");
    let_an_hour_pass(&folder);
    let (said, _) = done(&folder, &["retire", "seal", "1"]);
    assert!(said.contains(": the seal key 1 is retired\n"), "{said}");
    assert!(refusal(&folder, &["retire", "seal", "1"]).contains("retired already"));
    let (list, _) = done(&folder, &["list"]);
    assert!(list.lines().nth(2).unwrap().contains("  retired 20"), "{list}");

    let key = take_out(&folder, "seal", 1);
    folder.open().add(&[]);
    done(&folder, &["list"]);
    // Back again, it reads and never writes, and its id is nobody else's.
    let text = fs::read_to_string(folder.file("orders.keys")).unwrap();
    fs::write(folder.file("orders.keys"), format!("{text}{}", key.replace("id = 1", "id = 9"))).unwrap();
    folder.open().add(&[]);
    done(&folder, &["rotate"]);
    folder.open().add(&[]);
    assert_eq!(pairs(&folder), [(2, 2), (3, 2)].into());
}

#[test]
fn a_desk_that_still_writes_with_a_retired_key_adds_nothing() {
    let folder = Folder::seeded(4);
    let desk = folder.open();
    done(&folder, &["rotate"]);
    done(&folder, &["reseal"]);
    let_an_hour_pass(&folder);
    done(&folder, &["retire", "seal", "1"]);
    let stored = folder.stored();
    let answer = desk.post("/orders", &form(&[]));
    assert_eq!(answer.status, 503);
    assert!(answer.page().says("The desk has to take up new card keys first. Nothing was saved."));
    assert!(folder.stored() == stored);
    // It looks at its keys again by itself, and soon does better.
    until(|| desk.post("/orders", &form(&[])).status == 303);
    assert_eq!(pairs(&folder), [(2, 1)].into());
}

#[test]
fn a_desk_takes_up_new_keys_at_sighup_and_keeps_its_own_where_they_do_not_fit() {
    let folder = Folder::new();
    let desk = folder.open();
    desk.add(&[]);
    done(&folder, &["rotate"]);
    desk.signal("HUP");
    until(|| {
        desk.add(&[]);
        pairs(&folder).contains(&(2, 1))
    });
    done(&folder, &["rotate"]);
    let key = take_out(&folder, "seal", 2);
    desk.signal("HUP");
    until(|| folder.log().contains("it lacks the seal key 2"));
    let before = folder.database().number("SELECT COUNT(*) FROM orders WHERE card_seal_key = 2");
    desk.add(&[]);
    let after = folder.database().number("SELECT COUNT(*) FROM orders WHERE card_seal_key = 2");
    assert_eq!(after, before + 1);
    put_back(&folder, &key);
    assert_eq!(desk.get("/").status, 200);
}

#[test]
fn a_desk_without_one_of_its_keys_does_not_start_until_the_key_is_back_or_given_up() {
    let folder = rotated(6);
    folder.orders(&["seed", "--rows", "2", "--seed", "9"]).assert().success();
    let key = take_out(&folder, "seal", 1);
    let misfit = format!("does not fit the database {}: it lacks the seal key 1", folder.database_name());
    for arguments in [&["rotate"][..], &["reseal"]] {
        let said = refusal(&folder, arguments);
        assert!(said.contains(&misfit), "{said}");
    }
    folder.orders(&["serve"]).env("ORDERS_SERVER__LISTEN", "127.0.0.1:0").assert().code(1);
    assert!(
        refusal(&folder, &["list"]).contains("1 of the keys that the database was written with are missing")
    );
    let said = refusal(&folder, &["retire", "seal", "1"]);
    assert!(said.contains("6 orders use the seal key 1, which is not there"), "{said}");
    put_back(&folder, &key);
    assert!(refusal(&folder, &["retire", "seal", "1", "--lost"]).contains("is not lost"));

    take_out(&folder, "seal", 1);
    let (said, _) = done(&folder, &["retire", "seal", "1", "--lost"]);
    assert!(said.contains("can be read by nobody. The orders stay."), "{said}");
    let desk = folder.open();
    assert_eq!(desk.get("/").page().numbers().len(), 8);
    assert_eq!(desk.get("/orders/1").status, 200);
    let before = sealed(&folder);
    let said = refused(&folder, &["reseal"]);
    assert!(said.contains("the cards of 6 orders do not open"), "{said}");
    assert!(said.contains("seal key 1 is not there: orders 1 to 6."), "{said}");
    assert!(sealed(&folder) == before);
    // Found after all.
    put_back(&folder, &key);
    done(&folder, &["reseal"]);
    assert_eq!(pairs(&folder), [(2, 2)].into());
}

#[test]
fn a_desk_that_has_lost_all_keys_goes_on_with_new_ones_when_it_is_told() {
    let folder = Folder::seeded(3);
    fs::remove_file(folder.file("orders.keys")).unwrap();
    for purpose in ["seal", "hash"] {
        done(&folder, &["retire", purpose, "1", "--lost"]);
    }
    done(&folder, &["new"]);
    let desk = folder.open();
    assert_eq!(desk.add(&[]), 4);
    assert_eq!(pairs(&folder), [(1, 1), (2, 2)].into());
}

#[test]
fn no_key_is_in_anything_that_is_said_logged_or_stored() {
    let folder = Folder::new();
    let desk = folder.open_with(&[("ORDERS_LOG__LEVEL", "trace")]);
    desk.add(&[]);
    let mut said = Vec::new();
    for arguments in [
        &["new"][..],
        &["rotate"],
        &["rotate", "hash"],
        &["list"],
        &["reseal"],
        &["retire", "seal", "1"],
        &["retire", "seal", "2"],
    ] {
        let mut command = folder.orders(&[&["key"], arguments].concat());
        let output = command.env("ORDERS_LOG__LEVEL", "trace").output().unwrap();
        said.extend([output.stdout, output.stderr].concat());
    }
    let desk = {
        desk.close();
        folder.open_with(&[("ORDERS_LOG__LEVEL", "trace")])
    };
    desk.add(&[]);
    said.extend(desk.said());
    said.extend(folder.log().into_bytes());
    let text = fs::read_to_string(folder.file("orders.keys")).unwrap();
    fs::write(folder.file("orders.keys"), text.replacen("key = \"", "key = \"A", 1)).unwrap();
    said.extend(folder.orders(&["key", "list"]).output().unwrap().stderr);
    for name in folder.file_names().iter().filter(|name| name.starts_with("orders.db")) {
        said.extend(fs::read(folder.file(name)).unwrap());
    }
    for value in folder.database().rows("SELECT * FROM card_keys").into_iter().flatten() {
        if let Value::Bytes(bytes) = value {
            said.extend(bytes);
        }
    }
    assert_keys_are_not_in(&said, &text);
}

fn assert_keys_are_not_in(said: &[u8], file: &str) {
    use base64::Engine;
    let keys: Vec<&str> = file.split('"').skip(1).step_by(2).collect();
    assert_eq!(keys.len(), 4);
    for key in keys {
        let bytes = base64::engine::general_purpose::STANDARD.decode(key).unwrap();
        let hex = format!("{bytes:02x?}").replace(", ", "");
        let list = format!("{bytes:?}");
        // A part of it would be bad enough.
        let forms: [&[u8]; 5] = [
            &key.as_bytes()[..12],
            &key.as_bytes()[20..32],
            &bytes[..8],
            &hex.as_bytes()[1..17],
            &list.as_bytes()[1..20],
        ];
        for form in forms {
            assert!(
                !said.windows(form.len()).any(|window| window == form),
                "{}",
                String::from_utf8_lossy(form)
            );
        }
    }
}

/// The database as the version before made it.
fn before_dates(folder: &Folder) -> Database {
    let mut database = folder.database();
    match &database {
        Database::Sqlite(_) => {
            database.execute(include_str!("../../migrations/sqlite/2026-11-02-000001_card_keys/down.sql"));
            database.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261102000001'");
        }
        Database::Server(_) => {
            database.execute(
                "DROP TRIGGER orders_with_keys; ALTER TABLE card_keys DROP CONSTRAINT card_keys_value; \
                 ALTER TABLE card_keys DROP COLUMN retired_at; ALTER TABLE card_keys DROP COLUMN registered_at; \
                 DELETE FROM schema_migrations WHERE name = '2026-11-02-000001_card_keys'",
            );
        }
    }
    database
}

#[test]
fn a_database_of_the_version_before_opens_with_the_ids_that_it_has() {
    let folder = rotated(5);
    folder.orders(&["seed", "--rows", "5", "--seed", "9"]).assert().success();
    let rows = sealed(&folder);
    let mut database = before_dates(&folder);
    let text = fs::read_to_string(folder.file("orders.keys")).unwrap();

    // Of a file with another key nothing is taken, and the schema stays.
    let key = take_out(&folder, "seal", 1);
    let said = refused(&folder, &["rotate"]);
    assert!(said.contains("it lacks the seal key 1"), "{said}");
    assert_eq!(database.rows("SELECT * FROM card_keys")[0].len(), 3);
    let said = refused(&folder, &["list"]);
    assert!(said.contains("1 of the keys"), "{said}");
    put_back(&folder, &key);
    done(&folder, &["list"]);
    assert_eq!(database.rows("SELECT * FROM card_keys")[0].len(), 3);

    // Other labels are no other keys.
    fs::write(folder.file("orders.keys"), text.replace("id = 1", "id = 71").replace("id = 2", "id = 72"))
        .unwrap();
    folder.open().add(&[]);
    assert!(sealed(&folder)[..10] == rows);
    assert_eq!(pairs(&folder), [(1, 1), (2, 2)].into());
    assert_all_open(&folder, 11);
}

#[test]
fn a_key_that_had_two_ids_has_one_from_then_on() {
    let folder = Folder::seeded(6);
    let mut database = before_dates(&folder);
    database.execute(
        "INSERT INTO card_keys (purpose, id, check_value) \
         SELECT purpose, 5, check_value FROM card_keys WHERE id = 1; \
         UPDATE orders SET card_seal_key = 5 WHERE number > 3; UPDATE orders SET card_hash_key = 5 WHERE number > 4",
    );
    folder.open().add(&[]);
    assert_eq!(pairs(&folder), [(1, 1)].into());
    assert_eq!(database.number("SELECT COUNT(*) FROM card_keys"), 2);
    assert_all_open(&folder, 7);
}

#[test]
fn a_form_sent_again_after_the_hash_key_was_rotated_adds_nothing() {
    let folder = Folder::new();
    let sent = form(&[("submission", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d")]);
    let number = folder.open().post("/orders", &sent).number();
    done(&folder, &["rotate", "hash"]);
    let again = |desk: &Desk| desk.post("/orders", &sent).number();
    let desk = folder.open();
    assert_eq!(again(&desk), number);
    done(&folder, &["reseal"]);
    assert_eq!(again(&desk), number);
    assert_eq!(desk.stored().orders.len(), 1);
    let mut other = sent.clone();
    other.retain(|(name, _)| *name != "card_number");
    other.push(("card_number", "5555 5555 5555 4444"));
    assert_eq!(desk.post("/orders", &other).status, 409);
}
