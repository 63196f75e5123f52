//! What the program says when its secrets cannot be had: one sentence, in time, without a secret in it.

use std::net::TcpListener;
use std::time::Duration;

use crate::harness::vault::{ENTRA, Fault, Gate, Identity, Paper, Place, VAULT};
use crate::harness::vault_program::{Tenant, assert_says};

/// A deadline that tests can wait for.
const SOON: (&str, &str) = ("ORDERS_KEY_VAULT__DEADLINE_SECONDS", "1");
/// No more than this is waited after it, on a machine that has other things to do.
const LATEST: Duration = Duration::from_secs(8);

/// An address of this machine that nobody listens at.
fn deserted() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn a_failure_is_one_line_on_standard_error_for_every_command() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::List, Fault::ForbiddenByRbac);
    for arguments in
        [&["serve"][..], &["migrate"], &["config"], &["seed"], &["adopt"], &["backup", "copy.db"]]
    {
        let assert = tenant.orders(arguments).assert().code(1).stdout("");
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(said.starts_with("orders: ") && said.lines().count() == 1, "{arguments:?}: {said}");
    }
    assert!(tenant.folder.file_names().is_empty());
    tenant.double.assert_nothing_told(&[]);
}

#[test]
fn commands_that_need_no_secret_do_not_ask_for_one() {
    let tenant = Tenant::furnished();
    tenant.orders(&["--version"]).assert().success();
    tenant.orders(&["completions", "bash"]).assert().success();
    tenant.orders(&["healthcheck"]).env("ORDERS_SERVER__LISTEN", deserted()).assert().code(1);
    assert!(tenant.double.asked().is_empty());
}

#[test]
fn an_identity_without_a_role_is_told_which_it_needs() {
    for (place, act) in [
        (Place::List, "list secrets"),
        (Place::Versions, "read the secret cards--"),
        (Place::ValueOf("database--url"), "read the secret database--url"),
    ] {
        let tenant = Tenant::furnished();
        tenant.double.misbehave(place, Fault::ForbiddenByRbac);
        let said = tenant.complaint(&[]);
        assert_says(&said, &["https://orders.vault.azure.net", act, "403", "Key Vault Secrets User"]);
        assert!(!said.contains("\\r") && !said.contains("AKV"), "{said}");
    }
}

#[test]
fn a_vault_that_goes_by_access_policies_needs_another_remedy() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::Value, Fault::ForbiddenByPolicy);
    let said = tenant.complaint(&[]);
    assert_says(&said, &["403", "access policy", "Get and List"]);
}

#[test]
fn a_firewall_is_no_missing_role() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::List, Fault::ForbiddenByFirewall);
    let said = tenant.complaint(&[]);
    assert_says(&said, &["firewall", "networking"]);
    assert!(!said.contains("Secrets User"), "{said}");
}

#[test]
fn a_token_that_the_vault_does_not_take() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::List, Fault::Unauthorized);
    let said = tenant.complaint(&[]);
    assert_says(&said, &["401", "AZURE_TENANT_ID"]);
    assert!(tenant.double.count(Place::List) <= 3, "it is not asked again and again");
}

#[test]
fn a_secret_that_is_gone_is_named() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::ValueOf("database--url"), Fault::NotFound);
    let said = tenant.complaint(&[]);
    assert_says(&said, &["no secret database--url", "404", "recover"]);
}

#[test]
fn what_is_no_key_vault_is_called_that() {
    for fault in [Fault::Garbage, Fault::Misplaced, Fault::Redirect, Fault::NotFound] {
        let tenant = Tenant::furnished();
        tenant.double.misbehave(Place::List, fault);
        let said = tenant.complaint(&[]);
        assert_says(&said, &["https://orders.vault.azure.net", "no key vault", "key_vault.url"]);
        assert_eq!(tenant.double.visits("elsewhere.example"), 0, "redirects are not followed");
    }
}

#[test]
fn a_value_that_is_no_answer_of_key_vault_tells_nothing() {
    for fault in [Fault::Garbage, Fault::Misplaced, Fault::Redirect] {
        let tenant = Tenant::furnished();
        tenant.double.misbehave(Place::Value, fault);
        assert_says(&tenant.complaint(&[]), &["no key vault", "key_vault.url"]);
    }
}

#[test]
fn a_vault_that_throttles_is_waited_for_as_it_says() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave_times(1, Place::List, Fault::Throttled(2));
    let began = std::time::Instant::now();
    let (shown, log) = tenant.settings(&[]);
    assert!(began.elapsed() >= Duration::from_secs(2), "it asked for two seconds");
    assert!(shown.contains("Key Vault, version"), "{shown}");
    assert_says(&log, &["asking again", "429"]);
}

#[test]
fn a_vault_that_throttles_for_longer_than_there_is_time_is_not_waited_for() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::Value, Fault::Throttled(90));
    let said = tenant.complaint(&[]);
    assert_says(&said, &["429", "90 seconds", "key_vault.deadline_seconds"]);
}

#[test]
fn a_vault_that_fails_once_is_asked_again() {
    for fault in [Fault::Broken(500), Fault::Broken(503), Fault::HangsUp, Fault::Throttled(0)] {
        for place in [Place::List, Place::ValueOf("database--url"), Place::Entra] {
            let tenant = Tenant::furnished();
            tenant.double.misbehave_times(1, place, fault);
            let (shown, log) = tenant.settings(&[]);
            assert!(shown.contains("sqlite:./orders.db"), "{fault:?} {place:?}: {shown}");
            assert!(log.contains("asking again"), "{fault:?} {place:?}: {log}");
        }
    }
}

#[test]
fn a_vault_that_fails_for_good_is_asked_a_few_times() {
    for (fault, words) in [(Fault::Broken(500), "500"), (Fault::Broken(503), "503"), (Fault::HangsUp, VAULT)]
    {
        let tenant = Tenant::furnished();
        tenant.double.misbehave(Place::ValueOf("database--url"), fault);
        let said = tenant.complaint(&[]);
        assert_says(&said, &["https://orders.vault.azure.net", words]);
        assert!((2..=5).contains(&tenant.double.count(Place::ValueOf("database--url"))));
    }
}

#[test]
fn silence_anywhere_ends_at_the_deadline() {
    for place in [Place::List, Place::Versions, Place::ValueOf("cards--hash-key"), Place::Entra] {
        let tenant = Tenant::furnished();
        tenant.double.misbehave(place, Fault::Silent);
        let (said, took) = tenant.complaint_and_time(&[SOON]);
        assert_says(&said, &["https://orders.vault.azure.net", "in time"]);
        assert!(took < LATEST, "{place:?}: {took:?}: {said}");
    }
}

#[test]
fn a_host_that_is_silent_from_the_beginning_ends_at_the_deadline() {
    for host in [VAULT, ENTRA] {
        let tenant = Tenant::furnished();
        tenant.double.gate(host, Gate::Silent);
        let (said, took) = tenant.complaint_and_time(&[SOON]);
        assert_says(&said, &[host, "in time"]);
        assert!(took < LATEST, "{host}: {took:?}: {said}");
    }
}

#[test]
fn silence_ends_at_the_deadline_for_every_identity() {
    let tenant = Tenant::with(Identity::Managed);
    tenant.double.misbehave(Place::Managed, Fault::Silent);
    let (said, took) = tenant.complaint_and_time(&[SOON, ("ORDERS_AZURE__IDENTITY", "managed")]);
    assert_says(&said, &["managed", "in time"]);
    assert!(took < LATEST, "{took:?}: {said}");

    let tenant = Tenant::with(Identity::Cli);
    tenant.double.azure_cli_does("/bin/sleep 300");
    let (said, took) = tenant.complaint_and_time(&[SOON, ("ORDERS_AZURE__IDENTITY", "cli")]);
    assert_says(&said, &["cli", "in time"]);
    assert!(took < LATEST, "{took:?}: {said}");
}

#[test]
fn slowness_is_borne_until_the_deadline() {
    let tenant = Tenant::furnished();
    tenant.double.misbehave(Place::Value, Fault::Slow(Duration::from_millis(600)));
    tenant.settings(&[]);

    tenant.double.behave();
    tenant.double.misbehave(Place::Value, Fault::Slow(Duration::from_secs(30)));
    let (said, took) = tenant.complaint_and_time(&[SOON]);
    assert_says(&said, &["in time", "key_vault.deadline_seconds"]);
    assert!(took < LATEST, "{took:?}: {said}");
}

#[test]
fn a_wrong_certificate_is_final_and_named() {
    for host in [VAULT, ENTRA] {
        for (paper, words) in [
            (Paper::OfAnotherHost, "for another name"),
            (Paper::ByAnUnknownAuthority, "authority that this machine does not trust"),
            (Paper::Expired, "has expired"),
        ] {
            let tenant = Tenant::furnished();
            tenant.double.gate(host, Gate::Shows(paper));
            let said = tenant.complaint(&[]);
            assert_says(&said, &["certificate", host, words]);
            assert_eq!(tenant.double.visits(host), 1, "{said}");
        }
    }
}

#[test]
fn a_machine_without_the_authority_is_told_where_to_name_it() {
    let tenant = Tenant::furnished();
    for file in ["no/such/file.pem", "/dev/null"] {
        let said = tenant.complaint(&[("SSL_CERT_FILE", file)]);
        assert_says(&said, &["certificate", VAULT, "authority", "SSL_CERT_FILE"]);
    }
}

#[test]
fn a_vault_that_cannot_be_reached() {
    let tenant = Tenant::furnished();
    let (direct, address) = (("HTTPS_PROXY", ""), deserted());
    let nowhere = format!("https://{address}");
    let said = tenant.complaint(&[direct, ("ORDERS_KEY_VAULT__URL", &nowhere)]);
    assert_says(&said, &[&nowhere, "cannot be reached", "refused", "key_vault.url"]);

    let said = tenant.complaint(&[direct, ("ORDERS_KEY_VAULT__URL", "https://orders.vault.invalid")]);
    assert_says(&said, &["orders.vault.invalid", "nobody knows", "key_vault.url"]);
}

#[test]
fn a_proxy_in_the_way_is_told_of() {
    let tenant = Tenant::furnished();
    tenant.double.gate(VAULT, Gate::Refused);
    assert_says(&tenant.complaint(&[]), &[VAULT, "HTTPS_PROXY", "NO_PROXY"]);

    let nobody = format!("http://{}", deserted());
    assert_says(&tenant.complaint(&[("HTTPS_PROXY", &nobody)]), &[VAULT, "HTTPS_PROXY"]);
}
