//! By what the program shows who it is, and what it says when nobody believes it.

use std::fs::File;

use crate::harness::program::{Folder, until};
use crate::harness::vault::{ASSERTION, CLIENT, CLIENT_SECRET, Double, Fault, Identity, Place, TENANT};
use crate::harness::vault_program::{Tenant, assert_says};

/// Asserts that the settings come from the vault, and that only what the vault's own tokens open was opened.
fn assert_let_in(tenant: &Tenant, variables: &[(&str, &str)]) {
    tenant.double.keep("database--url", "sqlite:./orders.db");
    let (shown, _) = tenant.settings(variables);
    assert!(shown.contains("sqlite:./orders.db"), "{shown}");
}

/// A field of the only request for a token.
fn field(double: &Double, place: Place, name: &str) -> String {
    let asked: Vec<_> = double.asked().into_iter().filter(|asked| asked.place == place).collect();
    assert_eq!(asked.len(), 1, "one token is enough: {asked:?}");
    let field = asked[0].fields.iter().find(|(of, _)| of == name);
    field.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[test]
fn a_workload_shows_the_token_of_its_pod() {
    for variables in [&[][..], &[("ORDERS_AZURE__IDENTITY", "workload")]] {
        let tenant = Tenant::with(Identity::Workload);
        assert_let_in(&tenant, variables);
        assert_eq!(field(&tenant.double, Place::Entra, "client_assertion"), ASSERTION);
        assert_eq!(field(&tenant.double, Place::Entra, "client_id"), CLIENT);
        assert_eq!(field(&tenant.double, Place::Entra, "scope"), "https://vault.azure.net/.default");
    }
}

#[test]
fn a_pipeline_shows_a_client_secret() {
    for variables in [&[][..], &[("ORDERS_AZURE__IDENTITY", "environment")]] {
        let tenant = Tenant::with(Identity::Environment);
        assert_let_in(&tenant, variables);
        assert_eq!(field(&tenant.double, Place::Entra, "client_secret"), CLIENT_SECRET);
        assert_eq!(field(&tenant.double, Place::Entra, "client_assertion"), "");
    }
}

#[test]
fn a_machine_asks_its_own_endpoint() {
    for variables in [&[][..], &[("ORDERS_AZURE__IDENTITY", "managed")]] {
        let tenant = Tenant::with(Identity::Managed);
        assert_let_in(&tenant, variables);
        assert_eq!(field(&tenant.double, Place::Managed, "resource"), "https://vault.azure.net");
        assert_eq!(field(&tenant.double, Place::Managed, "client_id"), "");
        assert_eq!(tenant.double.count(Place::Entra), 0);
    }
}

#[test]
fn a_user_assigned_identity_is_asked_for_by_its_id() {
    let tenant = Tenant::with(Identity::Managed);
    assert_let_in(&tenant, &[("ORDERS_AZURE__CLIENT_ID", CLIENT)]);
    assert_eq!(field(&tenant.double, Place::Managed, "client_id"), CLIENT);

    let tenant = Tenant::with(Identity::Managed);
    let said = tenant.complaint(&[
        ("ORDERS_AZURE__IDENTITY", "managed"),
        ("ORDERS_AZURE__CLIENT_ID", "00000000-0000-4000-8000-000000000000"),
    ]);
    assert_says(&said, &["managed", "no such identity", "azure.client_id"]);
}

#[test]
fn a_laptop_asks_the_azure_cli() {
    for variables in [&[][..], &[("ORDERS_AZURE__IDENTITY", "cli")]] {
        let tenant = Tenant::with(Identity::Cli);
        assert_let_in(&tenant, variables);
        let calls = tenant.double.azure_cli_calls();
        assert_says(&calls, &["account get-access-token", "--scope https://vault.azure.net/.default"]);
        assert_eq!(tenant.double.count(Place::Entra), 0);
    }
}

#[test]
fn the_vault_is_asked_with_the_token_that_was_given() {
    let tenant = Tenant::furnished();
    tenant.settings(&[]);
    let asked = tenant.double.asked();
    let bearers: Vec<_> = asked.iter().filter_map(|asked| asked.bearer.clone()).collect();
    assert!(bearers.len() >= 7 && bearers.iter().all(|bearer| *bearer == bearers[0]), "{bearers:?}");
    let first = asked.iter().find(|asked| asked.place == Place::List).unwrap();
    assert_eq!(first.bearer, None, "the vault says first whom it believes");
}

#[test]
fn a_setting_chooses_among_identities_that_are_there() {
    let tenant = Tenant::with(Identity::Workload);
    let managed = tenant.double.identity(Identity::Managed);
    let mut variables: Vec<_> = managed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.push(("ORDERS_AZURE__IDENTITY", "managed"));
    assert_let_in(&tenant, &variables);
    assert_eq!((tenant.double.count(Place::Entra), tenant.double.count(Place::Managed)), (0, 1));
}

#[test]
fn the_next_identity_is_tried_where_none_is_named() {
    let tenant = Tenant::with(Identity::Workload);
    tenant
        .double
        .misbehave(Place::Entra, Fault::Aadsts(700_213, "No matching federated identity record found."));
    let managed = tenant.double.identity(Identity::Managed);
    let variables: Vec<_> = managed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_let_in(&tenant, &variables);
    assert_eq!((tenant.double.count(Place::Entra), tenant.double.count(Place::Managed)), (1, 1));
}

#[test]
fn all_identities_that_were_tried_are_told_with_their_reasons() {
    let tenant = Tenant::with(Identity::Managed);
    tenant.double.misbehave(Place::Managed, Fault::Garbage);
    let said = tenant.complaint(&[("PATH", "/nonexistent"), ("AZURE_TENANT_ID", TENANT)]);
    assert_says(
        &said,
        &[
            "no identity gives an access token",
            "environment: AZURE_CLIENT_ID is not set",
            "workload: AZURE_FEDERATED_TOKEN_FILE is not set",
            "managed: its endpoint answers with what is no token",
            "cli: the Azure CLI (az) is not installed",
            "azure.identity",
        ],
    );
}

#[test]
fn an_identity_that_was_named_is_the_only_one_tried() {
    let tenant = Tenant::with(Identity::Managed);
    for (identity, words) in [
        ("workload", "AZURE_FEDERATED_TOKEN_FILE is not set"),
        ("environment", "AZURE_TENANT_ID is not set"),
        ("cli", "az) is not installed"),
    ] {
        let said = tenant.complaint(&[("ORDERS_AZURE__IDENTITY", identity), ("PATH", "/nonexistent")]);
        assert_says(&said, &[identity, words]);
    }
    assert_eq!(tenant.double.count(Place::Managed), 0);
}

#[test]
fn a_word_that_is_no_identity_is_refused() {
    let said = Tenant::new().complaint(&[("ORDERS_AZURE__IDENTITY", "manged")]);
    assert_says(&said, &["azure.identity", "auto, workload, managed, environment or cli"]);
}

#[test]
fn refusals_of_entra_are_explained() {
    for (number, words) in [
        (90_002, "AZURE_TENANT_ID"),
        (700_016, "no such application"),
        (700_213, "federated credential"),
        (700_024, "clock"),
        (50_000, "https://login.microsoftonline.com/error"),
    ] {
        let tenant = Tenant::with(Identity::Workload);
        tenant.double.misbehave(Place::Entra, Fault::Aadsts(number, "There is more to it."));
        let said = tenant.complaint(&[("ORDERS_AZURE__IDENTITY", "workload")]);
        assert_says(&said, &["workload", &format!("AADSTS{number}"), words]);
        assert!(!said.contains("There is more to it"), "{said}");
    }
}

#[test]
fn a_wrong_client_secret_is_told_without_it() {
    let tenant = Tenant::with(Identity::Environment);
    tenant.double.hide("another~secret~nobody~may~hear");
    let variables = [
        ("ORDERS_AZURE__IDENTITY", "environment"),
        ("AZURE_CLIENT_SECRET", "another~secret~nobody~may~hear"),
    ];
    assert_says(&tenant.complaint(&variables), &["environment", "AADSTS7000215", "AZURE_CLIENT_SECRET"]);
}

#[test]
fn a_token_endpoint_that_says_nothing_sensible_tells_nothing() {
    for (fault, words) in [
        (Fault::Garbage, "no token"),
        (Fault::Misplaced, "no token"),
        (Fault::Redirect, "no access token"),
        (Fault::Broken(418), "418"),
    ] {
        let tenant = Tenant::with(Identity::Workload);
        tenant.double.misbehave(Place::Entra, fault);
        let said = tenant.complaint(&[("ORDERS_AZURE__IDENTITY", "workload")]);
        assert_says(&said, &["workload", words]);

        let tenant = Tenant::with(Identity::Managed);
        tenant.double.misbehave(Place::Managed, fault);
        let said = tenant.complaint(&[("ORDERS_AZURE__IDENTITY", "managed")]);
        assert_says(&said, &["managed", words]);
    }
}

#[test]
fn an_endpoint_that_does_not_know_the_machine() {
    let tenant = Tenant::with(Identity::Managed);
    tenant.double.hide("a-header-of-somebody-else");
    let said = tenant.complaint(&[
        ("ORDERS_AZURE__IDENTITY", "managed"),
        ("IDENTITY_HEADER", "a-header-of-somebody-else"),
    ]);
    assert_says(&said, &["managed", "403"]);
}

#[test]
fn a_pod_without_its_token_file() {
    let tenant = Tenant::with(Identity::Workload);
    let said = tenant.complaint(&[
        ("ORDERS_AZURE__IDENTITY", "workload"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/no/such/token"),
    ]);
    assert_says(&said, &["/no/such/token", "AZURE_FEDERATED_TOKEN_FILE", "No such file"]);
}

#[test]
fn an_azure_cli_that_fails_is_not_quoted() {
    for (does, words) in [
        ("echo 'ERROR: Please run az login to setup account.' >&2; exit 1", "az login"),
        ("echo 'clerk@example.com may not' >&2; exit 1", "az account get-access-token"),
        ("echo clerk@example.com", "no token"),
    ] {
        let tenant = Tenant::with(Identity::Cli);
        tenant.double.azure_cli_does(does);
        tenant.double.hide("clerk@example.com");
        assert_says(&tenant.complaint(&[("ORDERS_AZURE__IDENTITY", "cli")]), &["cli", words]);
    }
}

/// A database that is logged in to with tokens, at an address where nobody is.
const AZURE_SQL: [(&str, &str); 2] =
    [("ORDERS_DATABASE__URL", "mssql://127.0.0.1:9/orders"), ("ORDERS_CARDS__KEY_FILE", "orders.keys")];

#[test]
fn the_same_identity_gets_tokens_for_azure_sql() {
    for identity in [Identity::Workload, Identity::Managed, Identity::Environment, Identity::Cli] {
        let (double, folder) = (Double::open(), Folder::without_server());
        let mut command = folder.program();
        command.args(["migrate", "--dry-run"]).envs(double.way()).envs(double.identity(identity));
        command.envs(AZURE_SQL).env("ORDERS_LOG__LEVEL", "trace");
        command.stderr(File::create(folder.file("log")).unwrap());
        let mut program = command.spawn().unwrap();
        // It looks for its database for minutes.
        until(|| double.asked().len() + double.azure_cli_calls().len() > 0 && folder.log().contains("again"));
        program.kill().unwrap();
        program.wait().unwrap();
        double.assert_nothing_told(&[&folder.log()]);
        match identity {
            Identity::Managed => {
                assert_eq!(field(&double, Place::Managed, "resource"), "https://database.windows.net");
            }
            Identity::Cli => {
                assert_says(&double.azure_cli_calls(), &["--scope https://database.windows.net/.default"]);
            }
            _ => assert_eq!(field(&double, Place::Entra, "scope"), "https://database.windows.net/.default"),
        }
    }
}

#[test]
fn a_database_without_a_token_for_it_says_who_was_asked() {
    let (double, folder) = (Double::open(), Folder::without_server());
    double.misbehave(Place::Entra, Fault::Aadsts(700_213, "There is more to it."));
    let mut command = folder.orders(&["migrate"]);
    command.envs(double.way()).envs(double.identity(Identity::Workload)).envs(AZURE_SQL);
    let assert = command.env("ORDERS_AZURE__IDENTITY", "workload").assert().code(1);
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert_says(&said, &["access token", "workload", "AADSTS700213", "federated credential"]);
    double.assert_nothing_told(&[&said]);
}
