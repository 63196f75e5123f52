//! What the vault's secrets are to the program.

use std::fs;

use crate::harness::vault::{Fault, Place};
use crate::harness::vault_program::{HASH_KEY, SEAL_KEY, SIGNING_KEY, Tenant, assert_says};

/// The line of a setting.
fn line<'a>(shown: &'a str, name: &str) -> &'a str {
    let line = shown.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name}: {shown}"))
}

#[test]
fn secrets_are_stronger_than_all_other_places() {
    let tenant = Tenant::new();
    fs::write(tenant.folder.file("config.toml"), "[default.desk]\ntime_zone = \"Europe/Berlin\"\n").unwrap();
    let version = tenant.double.keep("desk--time-zone", "Asia/Tokyo");
    tenant.double.keep("server--max-connections", "77");
    let (shown, log) = tenant.settings(&[("ORDERS_DESK__TIME_ZONE", "Europe/Paris")]);
    let source = format!("Key Vault, version {version}");
    assert_says(line(&shown, "desk.time_zone"), &["Asia/Tokyo", &source]);
    assert_says(line(&shown, "server.max_connections"), &["77", "Key Vault, version "]);
    assert!(!line(&shown, "server.listen").contains("Key Vault"), "{shown}");
    assert_eq!(log, "");
}

#[test]
fn a_desk_serves_with_its_secrets_in_the_vault() {
    let tenant = Tenant::furnished();
    let desk = tenant.open();
    desk.add(&[]);
    let stored = desk.stored();
    assert_eq!(stored.orders.len(), 1);
    let said = String::from_utf8(desk.said()).unwrap();
    let printed = desk.close();
    assert_eq!(tenant.folder.file_names(), ["orders.db"], "keys are in the vault alone");
    tenant.double.assert_nothing_told(&[&said, &printed, &tenant.folder.log()]);
}

#[test]
fn migrating_asks_the_vault_for_settings_and_for_no_card_key() {
    let tenant = Tenant::new();
    tenant.double.keep("database--url", "sqlite:./elsewhere.db");
    tenant.double.keep("cards--seal-key", "nobody can seal with this");
    tenant.double.keep("cards--hash-key", HASH_KEY);
    let assert = tenant.orders(&["migrate"]).assert().success();
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(said.contains("\napplied: "), "{said}");
    assert_eq!(tenant.folder.file_names(), ["elsewhere.db"]);
    assert_eq!((tenant.double.count(Place::Versions), tenant.double.count(Place::Value)), (0, 1));
    // Who needs the keys asks for them, and is told.
    let assert = tenant.orders(&["seed", "--rows", "1"]).assert().code(1);
    assert_says(&String::from_utf8(assert.get_output().stderr.clone()).unwrap(), &["cards--seal-key"]);
    assert!(tenant.double.count(Place::Versions) > 0);
}

#[test]
fn secrets_are_masked_where_settings_are_shown() {
    let tenant = Tenant::furnished();
    tenant.double.keep("database--url", "mssql://desk:Pass%40word-7@orders.database.windows.net/orders");
    let (shown, _) = tenant.settings(&[("ORDERS_LOG__LEVEL", "trace")]);
    assert_says(line(&shown, "database.url"), &["orders.database.windows.net", "Key Vault, version "]);
    assert_says(line(&shown, "webhooks.signing_key"), &["Key Vault, version "]);
    assert!(!shown.contains("whsec_"), "{shown}");
}

#[test]
fn names_are_the_settings_whatever_their_case() {
    let tenant = Tenant::new();
    tenant.double.keep("Server--Max-Connections", "77");
    let (shown, _) = tenant.settings(&[]);
    assert_says(line(&shown, "server.max_connections"), &["77", "Key Vault, version "]);
}

#[test]
fn the_newest_version_of_a_setting_counts() {
    let tenant = Tenant::new();
    for number in ["10", "20", "30"] {
        tenant.double.keep("server--max-connections", number);
    }
    let (shown, _) = tenant.settings(&[]);
    assert_says(line(&shown, "server.max_connections"), &["30"]);
    assert_eq!(tenant.double.count(Place::Value), 1, "older ones are not asked for");
}

#[test]
fn a_vault_without_settings_changes_none() {
    let tenant = Tenant::new();
    let (shown, log) = tenant.settings(&[]);
    assert!(!shown.contains("Key Vault,"), "{shown}");
    assert_says(line(&shown, "database.url"), &["sqlite:orders.db"]);
    assert_eq!((tenant.double.count(Place::Value), log.as_str()), (0, ""));
}

#[test]
fn lists_of_many_pages_are_read_to_their_end() {
    let tenant = Tenant::furnished();
    for number in 0..7 {
        tenant.double.keep(&format!("of-somebody-else-{number}"), "none-of-the-desks-business");
        tenant.double.keep("cards--seal-key", SEAL_KEY);
    }
    tenant.double.page_by(2);
    let (shown, log) = tenant.settings(&[]);
    assert_says(line(&shown, "webhooks.signing_key"), &["Key Vault, version "]);
    // Eleven names in six pages, the first of which was asked for twice.
    assert_eq!((tenant.double.count(Place::List), log.as_str()), (7, ""));
    assert_eq!(tenant.double.count(Place::ValueOf("cards--seal-key")), 8, "every version is a key");
}

#[test]
fn secrets_of_others_are_left_alone() {
    let tenant = Tenant::furnished();
    tenant.double.keep("billing", "nobody-may-be-told-this-either");
    tenant.double.keep("billing--key", "nobody-may-be-told-this-either");
    tenant.double.keep("databse--url", "mssql://desk:Password-of-a-typo@host/orders");
    let (_, log) = tenant.settings(&[]);
    for name in ["billing", "billing--key", "databse--url"] {
        let asked = tenant.double.asked().into_iter().filter(|asked| asked.secret == name).count();
        assert_eq!(asked, 0, "{name}");
    }
    let about = |name: &str| log.lines().filter(|line| line.contains(&format!("secret {name} "))).count();
    assert_eq!((about("billing"), about("billing--key"), about("databse--url")), (0, 1, 1), "{log}");
    assert_says(&log, &["WARN", "databse--url", "Did you mean database--url?"]);
}

#[test]
fn what_is_disabled_counts_as_absent() {
    let tenant = Tenant::furnished();
    let version = tenant.double.keep("server--max-connections", "77");
    tenant.double.disable("server--max-connections", &version);
    let (shown, log) = tenant.settings(&[]);
    assert!(!line(&shown, "server.max_connections").contains("Key Vault"), "{shown}");
    assert_says(&log, &["WARN", "server--max-connections", "disabled"]);

    let old = tenant.double.keep_created("cards--seal-key", "no key at all, but switched off", 1_600_000_000);
    tenant.double.disable("cards--seal-key", &old);
    tenant.settings(&[]);
    assert_eq!(
        tenant.double.count(Place::ValueOf("cards--seal-key")),
        2,
        "once each time, for the enabled one"
    );
}

#[test]
fn a_secret_that_is_disabled_meanwhile_is_named() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::ValueOf("webhooks--signing-key"), Fault::Disabled);
    assert_says(&tenant.complaint(&[]), &["webhooks--signing-key", "disabled"]);
}

#[test]
fn values_are_asked_for_side_by_side() {
    let tenant = Tenant::furnished();
    for _ in 0..19 {
        tenant.double.keep("cards--seal-key", SEAL_KEY);
    }
    // Nothing is answered before ten are asked for.
    tenant.double.misbehave(Place::Value, Fault::Together(10));
    tenant.settings(&[]);
    assert!(tenant.double.most_at_once() >= 10, "{}", tenant.double.most_at_once());
}

#[test]
fn a_malformed_secret_is_named_and_not_quoted() {
    for (name, value, words) in [
        ("database--url", "mssql://desk:Pass-word-7", &["database.url"][..]),
        ("database--url", "postgres://desk:Pass-word-7@host/orders", &["database.url"]),
        ("webhooks--signing-key", "whsec_dG9vIHNob3J0", &["webhooks.signing_key", "whsec_"]),
        ("webhooks--signing-key", "no-key-at-all-and-secret", &["webhooks.signing_key", "whsec_"]),
        ("cards--seal-key", "MzEgYnl0ZXMgYXJlIG5vdCBlbm91Z2ggZm9yIGE=", &["cards--seal-key", "32 bytes"]),
        ("cards--hash-key", "this is no Base64 and nobody may be told", &["cards--hash-key", "32 bytes"]),
        ("cards--hash-key", "", &["cards--hash-key", "32 bytes"]),
    ] {
        let tenant = Tenant::furnished();
        tenant.double.keep(name, value);
        tenant.double.hide("Pass-word-7");
        assert_says(&tenant.complaint(&[]), words);
    }
}

#[test]
fn a_number_with_letters_is_said_to_come_from_the_vault() {
    let tenant = Tenant::furnished();
    tenant.double.keep("server--max-connections", "12O");
    assert_says(&tenant.complaint(&[]), &["server.max_connections", "Key Vault"]);
}

#[test]
fn what_is_secret_must_come_from_the_vault() {
    let tenant = Tenant::new();
    for hidden in [SIGNING_KEY, "Pass-word-7"] {
        tenant.double.hide(hidden);
    }
    let said = tenant.complaint(&[("ORDERS_WEBHOOKS__SIGNING_KEY", SIGNING_KEY)]);
    assert_says(&said, &["webhooks.signing_key", "ORDERS_WEBHOOKS__SIGNING_KEY", "webhooks--signing-key"]);

    for url in [
        "mssql://desk:Pass-word-7@host/orders",
        "Server=host;Database=orders;User Id=desk;Password=Pass-word-7;Encrypt=True",
    ] {
        let variables = [("ORDERS_DATABASE__URL", url), ("ORDERS_CARDS__KEY_FILE", "")];
        assert_says(
            &tenant.complaint(&variables),
            &["database.url", "ORDERS_DATABASE__URL", "database--url"],
        );
    }
}

#[test]
fn a_key_file_beside_a_vault_is_refused() {
    let said = Tenant::furnished().complaint(&[("ORDERS_CARDS__KEY_FILE", "orders.keys")]);
    assert_says(&said, &["cards.key_file", "cards--seal-key"]);
}

#[test]
fn a_secret_in_a_file_is_refused_as_well() {
    let tenant = Tenant::new();
    tenant.double.hide(SIGNING_KEY);
    let file = format!("[default.webhooks]\nsigning_key = \"{SIGNING_KEY}\"\n");
    fs::write(tenant.folder.file("config.toml"), file).unwrap();
    let assert = tenant.orders(&["serve"]).assert().code(1).stdout("");
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    tenant.double.assert_nothing_told(&[&said]);
    assert_says(&said, &["webhooks.signing_key", "config.toml", "webhooks--signing-key"]);
}

#[test]
fn what_the_vault_has_may_stand_elsewhere_too() {
    let tenant = Tenant::furnished();
    tenant.double.hide("whsec_YW5vdGhlciBzaWduaW5nIGtleSB0aGF0IGlzIG92ZXI=");
    let weaker = ("ORDERS_WEBHOOKS__SIGNING_KEY", "whsec_YW5vdGhlciBzaWduaW5nIGtleSB0aGF0IGlzIG92ZXI=");
    let (shown, _) = tenant.settings(&[weaker]);
    assert_says(line(&shown, "webhooks.signing_key"), &["Key Vault, version "]);
}

#[test]
fn where_the_vault_is_cannot_come_from_the_vault() {
    let tenant = Tenant::new();
    tenant.double.keep("key-vault--url", "https://elsewhere.vault.azure.net");
    tenant.double.keep("azure--identity", "cli");
    let (shown, log) = tenant.settings(&[]);
    assert!(!shown.contains("Key Vault,"), "{shown}");
    assert_says(&log, &["key-vault--url", "azure--identity", "cannot come from it"]);
}

#[test]
fn an_address_that_is_no_vaults_is_refused() {
    let tenant = Tenant::new();
    for url in
        ["http://orders.vault.azure.net", "orders.vault.azure.net", "https://orders.vault.azure.net/secrets"]
    {
        let said = tenant.complaint(&[("ORDERS_KEY_VAULT__URL", url)]);
        assert_says(&said, &["key_vault.url", "https://NAME.vault.azure.net"]);
    }
    for seconds in ["0", "601"] {
        let said = tenant.complaint(&[("ORDERS_KEY_VAULT__DEADLINE_SECONDS", seconds)]);
        assert_says(&said, &["key_vault.deadline_seconds", "600"]);
    }
    assert!(tenant.double.asked().is_empty());
}

#[test]
fn keys_of_cards_do_not_differ_by_what_is_around_them() {
    let tenant = Tenant::furnished();
    tenant.double.keep("cards--seal-key", &format!(" {SEAL_KEY}\n"));
    tenant.double.keep("cards--hash-key", &format!("{HASH_KEY}\r\n"));
    tenant.settings(&[]);
}
