use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{RawResponse, StatusCode};

use super::names::{SecretName, read};
use super::*;
use crate::azure::calls::CallFailure;
use crate::azure::identity::{Identity, IdentityError, TokenFailure};
use crate::config::{AzureSettings, IdentityKind};

fn settings() -> Vec<String> {
    ["azure.client_id", "database.url", "key_vault.url", "log.level", "webhooks.signing_key"]
        .map(str::to_owned)
        .to_vec()
}

/// What the SDK makes of an answer of the service.
fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> azure_core::Error {
    let mut all = Headers::new();
    for (name, value) in headers {
        all.insert(*name, *value);
    }
    let status = StatusCode::from(status);
    let raw_response = Some(Box::new(RawResponse::from_bytes(status, all, body)));
    let kind = ErrorKind::HttpResponse { status, error_code: Some("hunter2".to_owned()), raw_response };
    azure_core::Error::with_message(kind, "hunter2").with_context("hunter2")
}

fn words(failure: VaultFailure) -> String {
    let url = VaultUrl::parse("https://orders.vault.azure.net").unwrap();
    let said = VaultError::new(&url, Some(IdentityKind::Workload), failure).to_string();
    assert!(said.starts_with("the key vault https://orders.vault.azure.net: "), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    said
}

#[test]
fn a_secret_is_a_setting_by_its_name() {
    for name in ["webhooks--signing-key", "Webhooks--Signing-Key"] {
        assert_eq!(read(name, &settings()), SecretName::Setting("webhooks.signing_key".to_owned()));
    }
    assert_eq!(read("cards--Seal-key", &settings()), SecretName::Card(CardKeySecret::Seal));
    assert_eq!(read("cards--hash-key", &settings()), SecretName::Card(CardKeySecret::Hash));
    for name in ["database-url", "databaseurl", "somebody-elses", ""] {
        assert_eq!(read(name, &settings()), SecretName::Foreign, "{name}");
    }
}

#[test]
fn what_looks_like_a_setting_and_is_none_is_named_with_the_nearest() {
    for (name, hint) in [
        ("databse--url", "Did you mean database--url?"),
        ("cards--sealkey", "Did you mean cards--seal-key?"),
        ("webhooks--signing_key", "Did you mean webhooks--signing-key?"),
        ("key-vault--url", "cannot come from it"),
        ("azure--client-id", "cannot come from it"),
        ("q--z", "is no setting of the desk"),
    ] {
        let SecretName::Unknown(remark) = read(name, &settings()) else { panic!("{name}") };
        assert!(remark.contains(name) && remark.ends_with(hint), "{remark}");
    }
}

#[test]
fn a_card_key_is_32_bytes_in_base64() {
    let parse = |value: &str| KeyVersion::parse(value, "v1".to_owned(), SystemTime::UNIX_EPOCH);
    let key = parse(&format!(" {}\n", card_keys::write(&[7; 32]))).unwrap();
    assert_eq!(*key.bytes, [7; 32]);
    let shown = format!("{key:?}");
    assert!(shown.contains("v1") && !shown.contains('7'), "{shown}");
    let shorter = card_keys::write(&[7; 32])[..40].to_owned();
    let longer = format!("{}AAAA", &card_keys::write(&[7; 32])[..40]);
    for value in ["", "hunter2", &shorter, &format!("{longer}AAAA"), &"*".repeat(44)] {
        assert!(parse(value).is_none(), "{value}");
    }
}

#[test]
fn the_newest_key_is_the_last() {
    let key = |version: &str, second: u64| {
        let created = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        SecretRead::Key(
            CardKeySecret::Hash,
            KeyVersion::parse(&card_keys::write(&[1; 32]), version.to_owned(), created).unwrap(),
        )
    };
    let mut secrets = VaultSecrets::default();
    for (version, second) in [("b", 5), ("z", 1), ("a", 5), ("c", 4)] {
        secrets.add(key(version, second));
    }
    secrets.sort();
    let order: Vec<&str> = secrets.hash_keys.iter().map(|key| key.version.as_str()).collect();
    assert_eq!(order, ["z", "c", "a", "b"]);
    assert!(secrets.seal_keys.is_empty());
}

#[test]
fn each_refusal_names_its_remedy_and_quotes_nothing() {
    let forbidden = |inner: &str| -> &'static str {
        let body = format!(
            r#"{{"error":{{"code":"Forbidden","message":"hunter2","innererror":{{"code":"{inner}"}}}}}}"#
        );
        Box::leak(body.into_boxed_str())
    };
    for (status, body, said) in [
        (401, r#"{"error":{"code":"Unauthorized","message":"AKV10032: hunter2"}}"#, "AZURE_TENANT_ID"),
        (403, forbidden("ForbiddenByRbac"), "the workload identity may not read the secret database--url"),
        (403, forbidden("ForbiddenByRbac"), "the role \"Key Vault Secrets User\""),
        (403, "hunter2", "the role \"Key Vault Secrets User\""),
        (403, forbidden("ForbiddenByPolicy"), "the permissions Get and List for secrets"),
        (403, forbidden("ForbiddenByFirewall"), "its firewall does not let this machine in"),
        (403, forbidden("SecretDisabled"), "its secret database--url is disabled"),
        (404, r#"{"error":{"code":"SecretNotFound"}}"#, "it has no secret database--url"),
        (500, r#"{"error":{"code":"InternalServerError"}}"#, "status 500 (InternalServerError)"),
        (500, r#"{"error":{"code":"hunter2 is the value"}}"#, "status 500. Try again later"),
        (418, "", "status 418"),
        (200, "hunter2", "no key vault"),
    ] {
        let failure = VaultFailure::of(&answer(status, &[], body), Some("database--url"));
        let words = words(failure);
        assert!(words.contains(said), "{status} {body}: {words}");
    }
}

#[test]
fn writing_needs_another_role_than_reading() {
    let body = r#"{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"}}}"#;
    let written = words(VaultFailure::of_writing(&answer(403, &[], body), "cards--seal-key"));
    assert!(written.contains("may not write the secret cards--seal-key"), "{written}");
    assert!(written.contains("\"Key Vault Secrets Officer\""), "{written}");
    let listed = words(VaultFailure::of(&answer(403, &[], body), None));
    assert!(
        listed.contains("may not list secrets") && listed.contains("\"Key Vault Secrets User\""),
        "{listed}"
    );
}

#[test]
fn a_vault_that_is_busy_says_how_long() {
    let told = VaultFailure::of(&answer(429, &[("retry-after", "60")], ""), None);
    assert_eq!(told, VaultFailure::Throttled(Some(Duration::from_mins(1))));
    assert!(words(told).contains("and asks to wait 60 seconds"));
    assert_eq!(VaultFailure::of(&answer(429, &[], ""), None), VaultFailure::Throttled(None));
}

#[test]
fn what_did_not_come_back_is_told_as_it_was() {
    let silent = CallFailure::Silent { host: "orders.vault.azure.net".to_owned() };
    let error = azure_core::Error::new(ErrorKind::Other, silent.clone()).with_context("hunter2");
    assert_eq!(VaultFailure::of(&error, None), VaultFailure::Call(silent));

    let identity = IdentityError::of_one(IdentityKind::Cli, TokenFailure::NoCli);
    let error = azure_core::Error::new(ErrorKind::Credential, identity.clone()).with_context("hunter2");
    assert_eq!(VaultFailure::of(&error, None), VaultFailure::Identity(identity));

    let other = azure_core::Error::with_message(ErrorKind::DataConversion, "hunter2");
    assert_eq!(VaultFailure::of(&other, None), VaultFailure::NoVault);
}

#[tokio::test]
async fn nothing_is_asked_before_secrets_are_wanted() {
    let identity =
        Identity::new(&AzureSettings { identity: Some(IdentityKind::Cli), client_id: None }).unwrap();
    let url = VaultUrl::parse("https://127.0.0.1:1").unwrap();
    let vault = KeyVault::new(url, Arc::new(identity), Duration::from_millis(50)).unwrap();
    let error = vault.fetch(&settings()).await.unwrap_err();
    assert!(matches!(error.failure, VaultFailure::Call(CallFailure::Unreachable { .. })), "{error}");
    let shown = format!("{vault:?}");
    assert!(shown.starts_with("KeyVault { url"), "{shown}");
}
