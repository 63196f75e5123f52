//! Starting: a desk in one step, or one sentence about why not and nothing damaged.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::harness::program::{Folder, form};
use crate::harness::server_database::is_skipped_on_server;

/// Every file with its bytes.
fn contents(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let files = folder.file_names().into_iter().filter(|name| folder.file(name).is_file());
    files.map(|name| (name.clone(), fs::read(folder.file(&name)).unwrap())).collect()
}

/// Asserts that the desk does not open and says so in one line on standard error; the line.
fn complaint(folder: &Folder, variables: &[(&str, &str)]) -> String {
    let variables = [&[("ORDERS_SERVER__LISTEN", "127.0.0.1:0")], variables].concat();
    let said = folder.complaint(&["serve"], &variables);
    assert!(said.ends_with(".\n"), "{said}");
    said
}

/// Asserts moreover that every file is as it was.
fn refusal(folder: &Folder, variables: &[(&str, &str)]) -> String {
    let before = contents(folder);
    let said = complaint(folder, variables);
    let after = contents(folder);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{said}");
    assert!(after == before, "a file was changed: {said}");
    said
}

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_empty_folder_becomes_a_desk_that_only_its_owner_reads() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    let desk = folder.open();
    desk.add(&[]);
    for name in folder.file_names() {
        assert_eq!(mode(&folder, &name), 0o600, "{name}");
    }
    desk.close();
    assert_eq!(folder.file_names(), ["orders.db", "orders.keys"]);
}

#[test]
fn a_desk_that_was_closed_opens_with_what_it_had() {
    let folder = Folder::new();
    let desk = folder.open();
    desk.add(&[]);
    desk.close();
    let before = contents(&folder);
    let desk = folder.open();
    assert_eq!(desk.get("/").page().numbers(), [1]);
    desk.close();
    assert!(contents(&folder) == before, "looking changes nothing");
}

#[test]
fn a_port_in_use() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let said = refusal(&folder, &[("ORDERS_SERVER__LISTEN", &address.to_string())]);
    assert!(said.contains(&format!("port {} is in use", address.port())), "{said}");
    assert!(said.contains("ORDERS_SERVER__LISTEN="), "{said}");
    assert!(folder.file_names().is_empty(), "the port comes before the database");
}

#[test]
fn an_address_that_is_not_this_machines() {
    let said = refusal(&Folder::new(), &[("ORDERS_SERVER__LISTEN", "192.0.2.1:5000")]);
    assert!(said.contains("192.0.2.1:5000") && said.contains("server.listen"), "{said}");
}

#[test]
fn a_database_where_no_file_can_be() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    fs::create_dir(folder.file("folder.db")).unwrap();
    fs::write(folder.file("file"), "").unwrap();
    for url in
        ["sqlite:folder.db", "sqlite:file/orders.db", "sqlite:no/such/folder/orders.db", "sqlite:/dev/null"]
    {
        let said = refusal(&folder, &[("ORDERS_DATABASE__URL", url)]);
        assert!(said.contains(url.strip_prefix("sqlite:").unwrap()), "{said}");
        assert!(said.contains("cannot open the database") && said.contains("database.url"), "{said}");
    }
}

#[test]
fn a_database_that_is_none() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    fs::write(folder.file("orders.db"), "this is no database at all, but some text".repeat(400)).unwrap();
    let said = refusal(&folder, &[]);
    assert!(said.contains("orders.db is damaged or not an SQLite database"), "{said}");
    assert!(said.contains("database.url"), "{said}");
}

#[test]
fn a_database_with_a_damaged_page() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(30);
    let mut bytes = fs::read(folder.file("orders.db")).unwrap();
    bytes[100..4096].fill(0x55);
    fs::write(folder.file("orders.db"), bytes).unwrap();
    let said = refusal(&folder, &[]);
    assert!(said.contains("orders.db is damaged or not an SQLite database"), "{said}");
}

#[test]
fn a_database_that_another_program_has_locked() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let other = folder.sqlite();
    other.execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE").unwrap();
    let said = complaint(&folder, &[("ORDERS_DATABASE__BUSY_TIMEOUT_MS", "100")]);
    assert!(
        said.contains("orders.db is locked by another program") && said.contains("database.url"),
        "{said}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(folder.open().add(&[]), 4);
}

#[test]
fn a_desk_opens_while_another_program_writes() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(3);
    let other = folder.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let desk = folder.open();
    assert_eq!(desk.get("/").page().numbers().len(), 3);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(desk.add(&[]), 4);
}

#[test]
fn in_production_a_database_that_is_behind_waits_for_migrate() {
    let folder = Folder::new();
    let said = complaint(&folder, &[("ORDERS_PROFILE", "prod")]);
    assert!(said.contains("Run `orders migrate`"), "{said}");
    folder.orders(&["migrate"]).env("ORDERS_PROFILE", "prod").assert().success();
    let desk = folder.open_with(&[("ORDERS_PROFILE", "prod"), ("ORDERS_SERVER__DRAIN_SECONDS", "0")]);
    assert_eq!(desk.add(&[]), 1);
    desk.close();
}

#[test]
fn in_production_a_desk_that_others_reach_is_served_only_in_so_many_words() {
    let folder = Folder::new();
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for listen in [format!("0.0.0.0:{port}"), format!("[::]:{port}"), format!("192.0.2.1:{port}")] {
        for profile in ["prod", "PROD"] {
            let said =
                refusal(&folder, &[("ORDERS_PROFILE", profile), ("ORDERS_SERVER__LISTEN", listen.as_str())]);
            assert!(said.contains(&format!("server.listen is {listen}")), "{said}");
            assert!(said.contains("auth.mode = \"none\"") && said.contains("127.0.0.1"), "{said}");
            assert!(!said.contains("in use") && !said.contains("cannot listen"), "nobody tried: {said}");
        }
    }
    assert!(folder.file_names().is_empty());

    let everywhere = [("ORDERS_PROFILE", "prod"), ("ORDERS_SERVER__LISTEN", "0.0.0.0:0")];
    for arguments in [&["config"][..], &["migrate"], &["key", "new"], &["seed", "--rows", "1", "--yes"]] {
        folder.orders(arguments).envs(everywhere).assert().success();
    }
    let no_drain = ("ORDERS_SERVER__DRAIN_SECONDS", "0");
    let decided = ("ORDERS_AUTH__MODE", "none");
    let said = refusal(&folder, &[everywhere[0], everywhere[1], decided]);
    assert!(said.contains("any name") && said.contains("server.public_url"), "{said}");
    let public = ("ORDERS_SERVER__PUBLIC_URL", "http://orders.example.com");
    for exposed in [public, ("ORDERS_SERVER__HOSTS", "orders.example.com")] {
        let said = refusal(&folder, &[everywhere[0], exposed]);
        assert!(said.contains("orders.example.com, which others can reach"), "{said}");
    }
    let desk = folder.open_with(&[everywhere[0], everywhere[1], decided, public, no_drain]);
    assert_eq!(desk.get_with("/", &[("host", "evil.example")]).status, 421);
    let added = desk.post_with("/orders", &form(&[]), &[("host", "orders.example.com")]);
    assert_eq!(added.number(), 2);
    desk.close();
    let desk = folder.open_with(&[everywhere[1]]);
    assert_eq!(desk.add(&[]), 3);
}

#[test]
fn migrating_asks_for_no_card_keys_and_makes_none() {
    let folder = Folder::new();
    fs::write(folder.file("orders.keys"), "not keys").unwrap();
    for arguments in [&["migrate", "--dry-run"][..], &["migrate", "--new-database"], &["migrate"]] {
        // On a server no key file is named; beside SQLite's file stands one that nobody can use.
        let mut command = folder.orders(arguments);
        command.env("ORDERS_PROFILE", "prod").env_remove("ORDERS_CARDS__KEY_FILE").assert().success();
    }
    assert_eq!(fs::read_to_string(folder.file("orders.keys")).unwrap(), "not keys");
    assert!(folder.has_beside_its_database(&["orders.keys"]));
    assert_eq!(folder.database().number("SELECT COUNT(*) FROM card_keys"), 0);
    assert!(refusal(&folder, &[]).contains("cannot use the key file orders.keys"));
    fs::remove_file(folder.file("orders.keys")).unwrap();
    folder.orders(&["seed", "--rows", "3"]).assert().success();
    fs::remove_file(folder.file("orders.keys")).unwrap();
    let up_to_date = format!("{} is up to date\n", folder.database_name());
    folder.orders(&["migrate"]).assert().success().stdout(up_to_date);
    assert!(folder.has_beside_its_database(&[]));
}

#[test]
fn a_key_file_that_is_missing_for_a_database_that_needs_it() {
    let folder = Folder::seeded(3);
    fs::remove_file(folder.file("orders.keys")).unwrap();
    let said = refusal(&folder, &[]);
    let database = folder.database_name();
    let words = format!("the key file orders.keys does not fit the database {database}: it is not there");
    assert!(said.contains(&words), "{said}");
    assert!(said.contains("cards.key_file"), "{said}");
}

#[test]
fn a_key_file_of_another_database() {
    let (folder, other) = (Folder::seeded(3), Folder::seeded(3));
    fs::copy(other.file("orders.keys"), folder.file("orders.keys")).unwrap();
    let said = refusal(&folder, &[]);
    assert!(said.contains("does not fit the database"), "{said}");
    assert!(said.contains("it lacks the seal key 1, the hash key 1"), "{said}");
    folder.orders(&["seed", "--rows", "5"]).assert().code(1);
    assert_eq!(folder.stored().orders.len(), 3);
}

#[test]
fn a_key_file_that_is_garbage() {
    let folder = Folder::seeded(3);
    let keys = fs::read_to_string(folder.file("orders.keys")).unwrap();
    let secret = keys.split('"').nth(1).unwrap().to_owned();
    for garbage in [
        String::new(),
        "not keys".to_owned(),
        keys.replace("[[hash]]", "[[hush]]"),
        keys.replace(&secret, "c2hvcnQ="),
    ] {
        fs::write(folder.file("orders.keys"), &garbage).unwrap();
        let said = refusal(&folder, &[]);
        assert!(said.contains("orders.keys") && said.contains("cards.key_file"), "{said}");
        assert!(!said.contains(&secret) && !said.contains("not keys"), "{said}");
    }
    fs::write(folder.file("orders.keys"), b"\xff\xfe\x00").unwrap();
    assert!(refusal(&folder, &[]).contains("cannot use the key file orders.keys"));
    fs::write(folder.file("orders.keys"), keys).unwrap();
    assert_eq!(folder.open().add(&[]), 4);
}

#[test]
fn a_key_file_that_is_garbage_before_there_is_a_database() {
    let folder = Folder::new();
    fs::write(folder.file("orders.keys"), "not keys").unwrap();
    assert!(refusal(&folder, &[]).contains("cannot use the key file orders.keys"));
}

#[test]
fn a_key_file_where_no_file_can_be() {
    let folder = Folder::seeded(3);
    let said = refusal(&folder, &[("ORDERS_CARDS__KEY_FILE", "no/such/folder/keys")]);
    assert!(said.contains("no/such/folder/keys"), "{said}");
    let new = Folder::new();
    let said = complaint(&new, &[("ORDERS_CARDS__KEY_FILE", "no/such/folder/keys")]);
    assert!(said.contains("cannot use the key file no/such/folder/keys"), "{said}");
}

#[test]
fn older_keys_still_open_and_newer_ones_are_remembered() {
    let folder = Folder::seeded(3);
    let other = Folder::seeded(1);
    let table = |keys: &str, purpose: &str| {
        let (_, rest) = keys.split_once(&format!("[[{purpose}]]\nid = 1\n")).unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    let other = fs::read_to_string(other.file("orders.keys")).unwrap();
    let mut keys = fs::read_to_string(folder.file("orders.keys")).unwrap();
    keys = format!("{keys}\n[[seal]]\nid = 2\n{}\n", table(&other, "seal"));
    fs::write(folder.file("orders.keys"), &keys).unwrap();
    let desk = folder.open();
    assert_eq!(desk.add(&[]), 4);
    let key_of = |number: i64| {
        folder.database().number(&format!("SELECT card_seal_key FROM orders WHERE number = {number}"))
    };
    assert_eq!((key_of(3), key_of(4)), (1, 2));
    desk.close();
    let without_the_first = keys.replacen(&format!("[[seal]]\nid = 1\n{}\n", table(&keys, "seal")), "", 1);
    fs::write(folder.file("orders.keys"), without_the_first).unwrap();
    assert!(refusal(&folder, &[]).contains("it lacks the seal key 1"));
}

#[test]
fn two_desks_may_work_on_one_database() {
    let folder = Folder::new();
    let (one, two) = (folder.open(), folder.open());
    assert_eq!((one.add(&[]), two.add(&[]), one.add(&[])), (1, 2, 3));
    assert_eq!(one.get("/").page().numbers(), two.get("/").page().numbers());
    one.close();
    assert_eq!(two.add(&[]), 4);
    two.close();
    folder.stored().assert_sound();
    assert!(folder.has_beside_its_database(&["orders.keys"]));
}

#[test]
fn desks_that_start_together_in_an_empty_folder_agree_on_schema_and_keys() {
    let folder = Folder::new();
    let desks: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| folder.open())).collect();
        starting.into_iter().map(|desk| desk.join().unwrap()).collect()
    });
    for desk in &desks {
        desk.add(&[]);
    }
    assert_eq!(folder.stored().orders.len(), 4);
    folder.stored().assert_sound();
}
