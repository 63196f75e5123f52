//! `orders key` where the card keys are in a vault.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::harness::database::Value;
use crate::harness::vault::{Fault, Place};
use crate::harness::vault_program::{Tenant, assert_says, random_key};
use crate::keys::{let_an_hour_pass, pairs, sealed};

const SEAL: &str = "cards--seal-key";
const HASH: &str = "cards--hash-key";
const PLACE: &str = "the key vault https://orders.vault.azure.net";
const OFFICER: &str = "Key Vault Secrets Officer";

/// What a command says that does what it is told; it tells no secret.
#[track_caller]
fn done(tenant: &Tenant, arguments: &[&str]) -> String {
    let assert = tenant.orders(&[&["key"], arguments].concat()).env("ORDERS_LOG__LEVEL", "trace").assert();
    let [said, log] = [&assert.get_output().stdout, &assert.get_output().stderr]
        .map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    tenant.double.assert_nothing_told(&[&said, &log]);
    assert.success();
    said
}

/// All that may change when keys do.
type Keys = (Vec<(String, String)>, Vec<(String, String)>, Vec<Vec<Value>>, Vec<Vec<Value>>);

fn keys(tenant: &Tenant) -> Keys {
    let [seal, hash] = [SEAL, HASH].map(|name| tenant.double.versions_of(name));
    if !tenant.folder.file("orders.db").exists() {
        return (seal, hash, Vec::new(), Vec::new());
    }
    let known = tenant.folder.database().rows("SELECT * FROM card_keys ORDER BY purpose, id");
    (seal, hash, known, sealed(&tenant.folder))
}

/// Asserts that a command line is refused, changes no key and no order, and tells no secret; what it says.
#[track_caller]
fn refusal(tenant: &Tenant, arguments: &[&str]) -> String {
    let before = keys(tenant);
    let assert = tenant.orders(arguments).env("ORDERS_SERVER__LISTEN", "127.0.0.1:0").assert().code(1);
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    tenant.double.assert_nothing_told(&[&said]);
    assert!(keys(tenant) == before, "{said}");
    let last = said.lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("orders: ") && last.ends_with('.'), "{said}");
    last
}

/// A desk with one order has been open.
fn used() -> Tenant {
    let tenant = Tenant::furnished();
    add(&tenant);
    tenant
}

fn add(tenant: &Tenant) {
    let desk = tenant.open();
    desk.add(&[]);
    desk.close();
}

fn disable(tenant: &Tenant, name: &str, nth: usize) {
    let (version, _) = &tenant.double.versions_of(name)[nth];
    tenant.double.disable(name, version);
}

#[test]
fn the_first_keys_are_made_in_an_empty_vault() {
    let tenant = Tenant::new();
    let said = done(&tenant, &["new"]);
    assert!(said.contains(&format!("\n{PLACE}: one key that seals and one that hashes")), "{said}");
    assert_eq!(tenant.double.count(Place::Store), 2);
    let values = [SEAL, HASH].map(|name| {
        let [(_, value)] = &tenant.double.versions_of(name)[..] else { panic!("one version of {name}") };
        BASE64_STANDARD.decode(value).unwrap()
    });
    assert_eq!(values.each_ref().map(Vec::len), [32, 32]);
    assert_ne!(values[0], values[1]);
    add(&tenant);
    assert_eq!(pairs(&tenant.folder), [(1, 1)].into());
    assert_eq!(tenant.folder.file_names(), ["orders.db"], "keys are in the vault alone");
}

#[test]
fn no_first_keys_are_made_where_there_are_some() {
    let tenant = Tenant::furnished();
    assert_says(&refusal(&tenant, &["key", "new"]), &[PLACE, "has card keys already", "`orders key rotate`"]);
    assert!(tenant.folder.file_names().is_empty());
    assert_eq!(tenant.double.count(Place::Store), 0);
}

#[test]
fn no_first_keys_are_made_for_a_database_that_has_others() {
    for names in [&[SEAL][..], &[HASH], &[SEAL, HASH]] {
        let tenant = used();
        for name in names {
            disable(&tenant, name, 0);
        }
        let said = refusal(&tenant, &["key", "new"]);
        assert_says(&said, &["orders.db was written with card keys", PLACE, "would not open its orders"]);
        assert_eq!(tenant.double.count(Place::Store), 0);
    }
}

#[test]
fn a_desk_without_keys_is_told_how_to_make_them() {
    assert_says(&Tenant::new().complaint(&[]), &[PLACE, "`orders key new`"]);
}

#[test]
fn first_keys_that_were_half_made_are_completed() {
    let tenant = Tenant::new();
    tenant.double.misbehave(Place::StoreOf(HASH), Fault::ForbiddenByRbac);
    tenant.orders(&["key", "new"]).assert().code(1);
    let seal = tenant.double.versions_of(SEAL);
    assert_eq!((seal.len(), tenant.double.versions_of(HASH).len()), (1, 0));
    tenant.double.behave();
    done(&tenant, &["new"]);
    assert_eq!(tenant.double.versions_of(SEAL), seal);
    add(&tenant);
}

#[test]
fn a_new_key_is_a_new_version() {
    let tenant = used();
    let said = done(&tenant, &["rotate"]);
    assert_says(&said, &[PLACE, "the seal key 2 is new and writes from now on", "within 300 seconds"]);
    assert_eq!((tenant.double.versions_of(SEAL).len(), tenant.double.versions_of(HASH).len()), (2, 1));
    let known = "SELECT COUNT(*) FROM card_keys";
    assert_eq!(tenant.folder.database().number(known), 3, "the database knows it already");
    assert_says(&done(&tenant, &["rotate", "hash"]), &["the hash key 2 is new"]);
    assert_eq!((tenant.double.versions_of(SEAL).len(), tenant.double.versions_of(HASH).len()), (2, 2));
    assert_eq!(tenant.folder.database().number(known), 4);
    assert_eq!(tenant.double.count(Place::Store), 2);
    add(&tenant);
    assert_eq!(pairs(&tenant.folder), [(1, 1), (2, 2)].into());
}

#[test]
fn who_may_not_write_secrets_is_told_which_role_may() {
    let tenant = used();
    tenant.double.misbehave(Place::Store, Fault::ForbiddenByRbac);
    for arguments in [&["key", "rotate"][..], &["key", "rotate", "hash"]] {
        assert_says(&refusal(&tenant, arguments), &[PLACE, OFFICER, "write the secret cards--"]);
    }
    let empty = Tenant::new();
    empty.double.misbehave(Place::Store, Fault::ForbiddenByRbac);
    assert_says(&refusal(&empty, &["key", "new"]), &[PLACE, OFFICER, SEAL]);
}

#[test]
fn nothing_is_added_to_keys_that_are_not_the_databases() {
    let tenant = used();
    disable(&tenant, SEAL, 0);
    tenant.double.keep(SEAL, &random_key());
    assert_says(&refusal(&tenant, &["key", "rotate"]), &[PLACE, "it lacks the seal key 1"]);
    assert_eq!(tenant.double.count(Place::Store), 0);
}

#[test]
fn the_list_shows_versions() {
    let tenant = used();
    done(&tenant, &["rotate"]);
    let newer = tenant.double.keep(HASH, &random_key());
    let before = keys(&tenant);
    let list = done(&tenant, &["list"]);
    assert!(keys(&tenant) == before);
    assert!(list.starts_with(&format!("{PLACE}, for ./orders.db\n")), "{list}");
    let row = |version: &str| {
        let line = list.lines().find(|line| line.contains(version));
        line.unwrap_or_else(|| panic!("no {version}: {list}")).to_owned()
    };
    let versions = tenant.double.versions_of(SEAL);
    assert_says(&row(&versions[0].0), &["seal 1 ", "2023-11-14"]);
    assert_says(&row(&versions[1].0), &["seal 2 ", "2023-11-14", "writes"]);
    assert!(!row(&versions[0].0).contains("writes"), "{list}");
    assert_says(&row(&newer), &["hash new "]);
}

#[test]
fn a_disabled_version_that_orders_need_is_named() {
    let tenant = used();
    done(&tenant, &["rotate"]);
    disable(&tenant, SEAL, 0);
    let said = refusal(&tenant, &["serve"]);
    assert_says(
        &said,
        &[PLACE, "does not fit the database ./orders.db", "it lacks the seal key 1", "disabled"],
    );
}

#[test]
fn an_old_version_may_be_disabled_when_its_key_is_retired() {
    let tenant = used();
    done(&tenant, &["rotate"]);
    assert_says(&refusal(&tenant, &["key", "retire", "seal", "1"]), &["Run `orders key reseal` first"]);
    assert_says(&done(&tenant, &["reseal"]), &["1 order resealed with seal key 2 and hash key 1"]);
    assert_says(&refusal(&tenant, &["key", "retire", "seal", "1"]), &["is not known for an hour yet"]);
    let_an_hour_pass(&tenant.folder);
    let said = done(&tenant, &["retire", "seal", "1"]);
    assert_says(&said, &["the seal key 1 is retired", PLACE]);
    disable(&tenant, SEAL, 0);
    add(&tenant);
    assert_eq!(pairs(&tenant.folder), [(2, 1)].into());
}

#[test]
fn a_version_that_is_no_key_is_in_the_way_until_it_is_disabled() {
    let tenant = used();
    let version = tenant.double.keep(SEAL, "no key at all, and nobody may be told");
    for arguments in [&["serve"][..], &["key", "new"], &["key", "rotate"], &["key", "list"]] {
        assert_says(&refusal(&tenant, arguments), &[PLACE, SEAL, "Disable the versions that are not"]);
    }
    tenant.double.disable(SEAL, &version);
    done(&tenant, &["rotate"]);
    add(&tenant);
    assert_eq!(pairs(&tenant.folder), [(1, 1), (2, 1)].into());
}
