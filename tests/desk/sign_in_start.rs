//! A desk at which people sign in, while it starts: it tries the provider, and wrong settings keep it unready.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::harness::program::{Desk, Folder, until};
use crate::harness::provider::{Fault, Provider};
use crate::harness::vault_program::Tenant;

const NOBODY: &str = "nobody can sign in";

fn open(folder: &Folder, provider: &Provider, changes: &[(&str, &str)]) -> Desk {
    let settings = provider.settings();
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    folder.open_with(&settings.chain(changes.iter().copied()).collect::<Vec<_>>())
}

fn readiness(desk: &Desk) -> (u16, String) {
    let answer = desk.get("/readyz");
    (answer.status, answer.text().to_owned())
}

fn wait_until_ready(desk: &Desk) {
    until(|| readiness(desk).0 == 200);
}

#[test]
fn a_desk_is_ready_when_people_could_sign_in() {
    let (folder, provider) = (Folder::new(), Provider::new());
    // Long enough to be seen, and short enough to be waited for.
    provider.fault(Provider::DISCOVERY, Fault::After(Duration::from_millis(1500)));
    let desk = open(&folder, &provider, &[]);
    assert_eq!(readiness(&desk), (503, "the provider of identities is being asked\n".to_owned()));
    assert_eq!(desk.get("/healthz").status, 200);
    wait_until_ready(&desk);
    assert!(folder.log().contains("people can sign in"), "{}", folder.log());
    assert_eq!((provider.asked_for(Provider::DISCOVERY), provider.asked_for(Provider::KEYS)), (1, 1));
    desk.close();
}

#[test]
fn wrong_settings_keep_a_desk_unready_until_they_are_mended() {
    for (path, fault, words) in [
        (Provider::DISCOVERY, Fault::Status(404), "answers with status 404"),
        (Provider::DISCOVERY, Fault::Redirect, "where the desk does not follow"),
        (Provider::DISCOVERY, Fault::Garbage, "is no JSON"),
        (Provider::DISCOVERY, Fault::Huge, "more than 256 KiB"),
        (Provider::KEYS, Fault::Json(json!({"keys": []})), "has no key that the desk understands"),
    ] {
        let (folder, provider) = (Folder::new(), Provider::new());
        provider.fault(path, fault);
        let desk = open(&folder, &provider, &[]);
        until(|| readiness(&desk).1.contains(NOBODY));
        assert_eq!((readiness(&desk).0, desk.get("/healthz").status), (503, 200));
        let log = folder.log();
        assert!(log.contains(words) && !log.contains("hunter2"), "{log}");
        provider.come_back();
        wait_until_ready(&desk);
        desk.close();
    }
}

#[test]
fn another_issuer_keeps_a_desk_unready() {
    let (folder, provider) = (Folder::new(), Provider::new());
    let issuer = format!("{}/", provider.issuer());
    let desk = open(&folder, &provider, &[("ORDERS_AUTH__ISSUER", &issuer)]);
    until(|| readiness(&desk).1.contains(NOBODY));
    assert!(folder.log().contains("they have to be the same, to the letter"), "{}", folder.log());
    desk.close();
}

#[test]
fn a_provider_that_is_away_does_not_keep_a_desk_unready() {
    for fault in [Fault::HangUp, Fault::Status(503)] {
        let (folder, provider) = (Folder::new(), Provider::new());
        provider.fault(Provider::DISCOVERY, fault);
        let desk = open(&folder, &provider, &[]);
        wait_until_ready(&desk);
        assert!(folder.log().contains("whoever has signed in is not concerned"), "{}", folder.log());
        // What comes to light later is logged, and takes nothing from those who are at work.
        provider.fault(Provider::DISCOVERY, Fault::Status(404));
        until(|| folder.log().contains("answers with status 404"));
        assert_eq!(readiness(&desk).0, 200);
        provider.come_back();
        until(|| folder.log().contains("people can sign in"));
        assert_eq!(readiness(&desk).0, 200);
        desk.close();
    }
}

#[test]
fn a_desk_has_its_client_assertion_or_is_not_ready() {
    let (folder, provider) = (Folder::new(), Provider::new());
    let desk = open(&folder, &provider, &[("ORDERS_AUTH__CLIENT_ASSERTION_FILE", "token")]);
    until(|| readiness(&desk).1.contains(NOBODY));
    let log = folder.log();
    assert!(log.contains("the desk has no client assertion to show") && log.contains("cannot read"), "{log}");
    let expires = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 600;
    let part = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.hunter2", part(json!({"alg": "RS256"})), part(json!({"exp": expires})));
    fs::write(folder.file("token"), token).unwrap();
    wait_until_ready(&desk);
    assert!(!folder.log().contains("hunter2"), "{}", folder.log());
    desk.close();
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_opened() {
    let (folder, provider) = (Folder::without_server(), Provider::new());
    let settings = provider.settings();
    for (change, words) in [
        (("ORDERS_SERVER__PUBLIC_URL", ""), "server.public_url is not set"),
        (("ORDERS_SERVER__PUBLIC_URL", "http://orders.example.com"), "begins with http://"),
        (("ORDERS_AUTH__ISSUER", ""), "auth.issuer is not set"),
        (("ORDERS_AUTH__ISSUER", "http://login.example.com"), "must begin with https://"),
        (("ORDERS_AUTH__CLIENT_ID", ""), "auth.client_id must be"),
        (("ORDERS_AUTH__SESSION_HOURS", "500"), "auth.session_hours must be from 0.1 to 168"),
    ] {
        let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
        let variables: Vec<_> = settings.chain([change]).collect();
        let said = folder.complaint(&["serve"], &variables);
        assert!(said.contains(words), "{change:?}: {said}");
    }
    assert!(folder.file_names().is_empty() && provider.asked_for(Provider::DISCOVERY) == 0);
}

#[test]
fn the_clients_secret_is_shown_to_nobody_and_stands_in_the_vault_where_there_is_one() {
    let (tenant, provider) = (Tenant::furnished(), Provider::new());
    tenant.double.keep("auth--client-secret", "hunter2");
    let settings = provider.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (shown, log) = tenant.settings(&settings);
    let line = shown.lines().find(|line| line.starts_with("auth.client_secret ")).unwrap();
    assert!(line.contains("\"•••\"") && line.contains("Key Vault"), "{line}");
    assert!(!shown.contains("hunter2") && !log.contains("hunter2"));

    let elsewhere = [&settings[..], &[("ORDERS_AUTH__CLIENT_SECRET", "hunter2")]].concat();
    let tenant = Tenant::furnished();
    let said = tenant.complaint(&elsewhere);
    assert!(said.contains("the secret auth--client-secret") && !said.contains("hunter2"), "{said}");
}
