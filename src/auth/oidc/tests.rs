//! The whole of a sign-in against a provider that lies.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::double::{CLIENT, Fault, Lie, PUBLIC_URL, Provider as Double};
use super::*;
use crate::config::{Issuer, RoleValues};
use crate::https;

const SECRET: &str = "hunter2";

fn settings(issuer: &str) -> OidcSettings {
    let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    OidcSettings {
        issuer: Issuer::parse(issuer).unwrap(),
        client_id: CLIENT.to_owned(),
        authentication: ClientAuthentication::Public,
        scopes: values(&["openid", "profile"]),
        roles_claim: "roles".to_owned(),
        roles: RoleValues {
            viewer: Vec::new(),
            clerk: values(&["clerk", "Order Desk"]),
            auditor: values(&["auditor"]),
            admin: values(&["admin"]),
        },
    }
}

fn with(settings: OidcSettings) -> Provider {
    let public_url = PUBLIC_URL.parse().unwrap();
    Provider::new(settings, &public_url, https::client_on_this_machine().unwrap())
}

fn by_secret(secret: &str) -> ClientAuthentication {
    ClientAuthentication::Secret(crate::config::ClientSecret::parse(secret).unwrap())
}

fn of(double: &Double) -> Provider {
    with(settings(&double.issuer()))
}

fn by(double: &Double, authentication: ClientAuthentication) -> Provider {
    with(OidcSettings { authentication, ..settings(&double.issuer()) })
}

async fn sign_in(provider: &Provider, double: &Double) -> Result<Identity, SignInError> {
    let (url, pending) = provider.begin().await?;
    let (code, state) = double.consent(&url);
    assert_eq!(state, pending.state);
    provider.finish(&code, pending).await
}

/// Why nobody is signed in; neither a token nor a secret is told.
async fn refusal(provider: &Provider, double: &Double) -> SignInError {
    let error = sign_in(provider, double).await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(!said.contains("hunter2") && !said.contains("eyJ") && !said.contains("code-"), "{said}");
    assert!(!said.chars().any(char::is_control), "{said}");
    error
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn somebody_signs_in_as_whom_the_provider_vouches_for() {
    let double = Double::new();
    let provider = of(&double);
    let (url, pending) = provider.begin().await.unwrap();
    for part in [
        "redirect_uri=https%3A%2F%2Forders.example.com%2Fsign-in%2Fcallback",
        "scope=openid+profile",
        "response_type=code",
    ] {
        assert!(url.contains(part), "{url}");
    }
    let (code, _) = double.consent(&url);
    let identity = provider.finish(&code, pending.clone()).await.unwrap();
    assert_eq!(
        identity,
        Identity {
            issuer: double.issuer(),
            subject: "anna-1".to_owned(),
            name: "Anna Kowalska".to_owned(),
            roles: vec![Role::Clerk],
        }
    );
    let said = provider.finish(&code, pending).await.unwrap_err().to_string();
    assert!(said.contains("invalid_grant (it is not so)"), "a code is redeemed once: {said}");
}

#[tokio::test]
async fn each_sign_in_has_secrets_of_its_own_which_do_not_print() {
    let provider = of(&Double::new());
    let (_, one) = provider.begin().await.unwrap();
    let (_, other) = provider.begin().await.unwrap();
    for (one, other) in
        [(&one.state, &other.state), (&one.nonce, &other.nonce), (&one.verifier, &other.verifier)]
    {
        assert!(one != other && one.len() >= 22);
    }
    let shown = format!("{one:?}");
    assert!(!shown.contains(&one.state) && !shown.contains(&one.nonce) && !shown.contains(&one.verifier));
}

#[tokio::test]
async fn what_a_code_was_asked_with_has_to_come_back() {
    let double = Double::new();
    let provider = of(&double);
    let (url, pending) = provider.begin().await.unwrap();
    let (_, other) = provider.begin().await.unwrap();
    let (code, _) = double.consent(&url);
    let other = PendingSignIn { nonce: pending.nonce, state: pending.state, ..other };
    let error = provider.finish(&code, other).await.unwrap_err();
    assert!(matches!(&error, SignInError::Refused(why) if why.contains("invalid_grant")), "{error}");
}

#[tokio::test]
async fn nobody_is_let_in_by_a_lie() {
    for lie in Lie::ALL {
        let double = Double::new();
        let secret = by_secret(SECRET);
        let provider = by(&double, secret);
        double.lie(lie);
        let error = refusal(&provider, &double).await;
        assert!(matches!(error, SignInError::Refused(_)), "{lie:?}: {error}");
        double.tell_the_truth();
        sign_in(&provider, &double).await.unwrap();
    }
}

#[tokio::test]
async fn a_lie_is_called_by_its_name() {
    for (lie, words) in [
        (Lie::OtherIssuer, "https://login.example.com/tenant"),
        (Lie::OtherAudience, "another-desk"),
        (Lie::OtherParty, "was issued to another client (azp)"),
        (Lie::NoParty, "for several audiences"),
        (Lie::Expired, "the ID token has expired"),
        (Lie::IssuedInFuture, "is from the future (iat)"),
        (Lie::NotYetValid, "is not valid yet (nbf)"),
        (Lie::OtherNonce, "(nonce)"),
        (Lie::UnknownKey, "a key that is not among the provider's"),
        (Lie::SignedByPublicKey, "has no signature that counts"),
        (Lie::NoToken, "no ID token"),
    ] {
        let double = Double::new();
        double.lie(lie);
        let said = refusal(&of(&double), &double).await.to_string();
        assert!(said.contains(words), "{lie:?}: {said}");
    }
}

#[tokio::test]
async fn clocks_may_be_a_minute_apart() {
    let double = Double::new();
    let provider = of(&double);
    let now = seconds();
    for times in [
        json!({"sub": "anna-1", "iat": now + 50}),
        json!({"sub": "anna-1", "nbf": now + 50}),
        json!({"sub": "anna-1", "exp": now - 50}),
        json!({"sub": "anna-1", "nbf": null}),
    ] {
        double.person(times.clone());
        let signed_in = sign_in(&provider, &double).await;
        assert!(signed_in.is_ok(), "{times} {signed_in:?}");
    }
}

#[tokio::test]
async fn several_audiences_are_fine_if_the_desk_is_the_party() {
    let double = Double::new();
    double.person(json!({"sub": "anna-1", "aud": [CLIENT, "another-desk"], "azp": CLIENT}));
    sign_in(&of(&double), &double).await.unwrap();
}

#[tokio::test]
async fn each_way_of_signing_by_a_private_key_counts() {
    for algorithm in ["PS256", "ES256"] {
        let double = Double::new();
        double.sign_otherwise(algorithm);
        sign_in(&of(&double), &double).await.unwrap();
    }
}

#[tokio::test]
async fn keys_are_rotated_without_an_outage_and_asked_for_once() {
    let double = Double::new();
    let provider = of(&double);
    sign_in(&provider, &double).await.unwrap();
    assert_eq!((double.asked_for(Double::DISCOVERY), double.asked_for(Double::KEYS)), (1, 1));
    double.rotate();
    let together = tokio::join!(sign_in(&provider, &double), sign_in(&provider, &double));
    assert!(together.0.is_ok() && together.1.is_ok(), "{together:?}");
    assert_eq!(double.asked_for(Double::KEYS), 2);

    double.lie(Lie::UnknownKey);
    for _ in 0..3 {
        refusal(&provider, &double).await;
    }
    assert_eq!((double.asked_for(Double::DISCOVERY), double.asked_for(Double::KEYS)), (1, 2));
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_for_lets_nobody_in() {
    let double = Double::new();
    let provider = of(&double);
    sign_in(&provider, &double).await.unwrap();
    double.rotate();
    double.fault(Double::KEYS, Fault::HangUp);
    assert!(matches!(refusal(&provider, &double).await, SignInError::ProviderAway(_)));
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_from_one_that_is_wrong() {
    let other = json!({"issuer": "https://login.example.com/tenant"});
    let is_away = |error: &SignInError| matches!(error, SignInError::ProviderAway(_));
    for (fault, away) in [
        (Fault::HangUp, true),
        (Fault::Silence, true),
        (Fault::Status(500), true),
        (Fault::Status(503), true),
        (Fault::Status(429), true),
        (Fault::Status(404), false),
        (Fault::Status(403), false),
        (Fault::Redirect, false),
        (Fault::Huge, false),
        (Fault::Garbage, false),
        (Fault::Json(other), false),
        (Fault::Json(json!({"keys": []})), false),
        (Fault::Json(json!([])), false),
    ] {
        for path in [Double::DISCOVERY, Double::KEYS, Double::TOKEN] {
            let double = Double::new();
            double.fault(path, fault.clone());
            let mut provider = of(&double);
            // Nothing else is waited for.
            if fault == Fault::Silence {
                let client = https::client_on_this_machine().unwrap();
                provider.calls = Calls::new(client).with_timeout(Duration::from_millis(500));
            }
            let rehearsal = provider.rehearse().await;
            if path == Double::TOKEN {
                rehearsal.unwrap();
            } else {
                assert_eq!(is_away(&rehearsal.unwrap_err()), away, "{path} {fault:?}");
            }
            let error = refusal(&provider, &double).await;
            assert_eq!(is_away(&error), away, "{path} {fault:?}: {error}");
        }
    }
}

#[tokio::test]
async fn nobody_listens_at_the_providers_port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = with(settings(&format!("http://{address}/tenant"))).rehearse().await.unwrap_err();
    let SignInError::ProviderAway(why) = &error else { panic!("{error}") };
    assert!(why.starts_with("127.0.0.1 cannot be reached"), "{why}");
}

#[tokio::test]
async fn a_provider_that_is_away_is_left_alone_for_a_moment_and_found_again() {
    let double = Double::new();
    double.go_away();
    let provider = of(&double);
    for _ in 0..3 {
        assert!(matches!(provider.begin().await, Err(SignInError::ProviderAway(_))));
    }
    assert_eq!(double.asked_for(Double::DISCOVERY), 1);
    double.come_back();
    while provider.begin().await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    sign_in(&provider, &double).await.unwrap();
}

#[tokio::test]
async fn what_is_known_counts_for_a_day_while_the_provider_is_away() {
    let double = Double::new();
    let provider = of(&double);
    provider.rehearse().await.unwrap();
    provider.known.grow_old(Duration::from_mins(59));
    provider.begin().await.unwrap();
    assert_eq!(double.asked_for(Double::DISCOVERY), 1);
    provider.known.grow_old(Duration::from_mins(2));
    provider.begin().await.unwrap();
    assert_eq!((double.asked_for(Double::DISCOVERY), double.asked_for(Double::KEYS)), (2, 2));

    double.go_away();
    provider.known.grow_old(Duration::from_hours(23));
    provider.begin().await.unwrap();
    provider.known.grow_old(Duration::from_hours(2));
    assert!(matches!(provider.begin().await, Err(SignInError::ProviderAway(_))));
}

#[tokio::test]
async fn a_key_that_was_withdrawn_counts_for_an_hour_at_most() {
    let double = Double::new();
    let provider = of(&double);
    sign_in(&provider, &double).await.unwrap();
    double.withdraw();
    provider.known.grow_old(Duration::from_mins(61));
    let said = refusal(&provider, &double).await.to_string();
    assert!(said.contains("a key that is not among the provider's"), "{said}");
}

#[tokio::test]
async fn another_issuer_is_named() {
    let double = Double::new();
    let provider = with(settings(&format!("{}/", double.issuer())));
    let said = provider.rehearse().await.unwrap_err().to_string();
    for words in ["calls itself", &double.issuer(), "to the letter"] {
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn endpoints_elsewhere_are_reached_by_https_alone() {
    let double = Double::new();
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"] {
        for url in ["javascript:alert(1)", "ftp://127.0.0.1/", "/relative"] {
            let mut document = double.discovery();
            document[name] = json!(url);
            double.fault(Double::DISCOVERY, Fault::Json(document));
            let error = of(&double).rehearse().await.unwrap_err();
            assert!(matches!(&error, SignInError::Refused(why) if why.contains(name)), "{error}");
        }
    }
}

#[tokio::test]
async fn the_secret_goes_where_the_provider_wants_it() {
    let double = Double::new();
    let secret = || by_secret(SECRET);
    let header = format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    double.want_authorization(&header);
    sign_in(&by(&double, secret()), &double).await.unwrap();
    let error = refusal(&of(&double), &double).await;
    assert!(error.to_string().contains("invalid_client"), "{error}");

    let double = Double::new();
    let mut document = double.discovery();
    document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    double.fault(Double::DISCOVERY, Fault::Json(document));
    sign_in(&by(&double, secret()), &double).await.unwrap();
    let [redeemed] = &double.redeemed()[..] else { panic!() };
    assert_eq!(
        (redeemed.authorization.as_deref(), redeemed.fields["client_secret"].as_str()),
        (None, SECRET)
    );
}

#[tokio::test]
async fn a_secret_is_replaced_while_the_desk_serves() {
    let double = Double::new();
    let provider = by(&double, by_secret("old"));
    double.want_authorization(&format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:new"))));
    refusal(&provider, &double).await;
    provider.use_authentication(by_secret("new"));
    sign_in(&provider, &double).await.unwrap();
}

fn assertion(expires: u64) -> String {
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.hunter2", part(json!({"alg": "RS256"})), part(json!({"exp": expires, "sub": "pod"})))
}

#[tokio::test]
async fn an_assertion_is_read_anew_for_each_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let double = Double::new();
    let provider = by(&double, ClientAuthentication::Assertion(file.clone()));
    let said = provider.rehearse().await.unwrap_err().to_string();
    assert!(said.contains("no client assertion") && said.contains("cannot read the token file"), "{said}");
    for (text, words) in [("hunter2".to_owned(), "holds no"), (assertion(seconds() - 1), "has expired")] {
        fs::write(&file, text).unwrap();
        let said = provider.rehearse().await.unwrap_err().to_string();
        assert!(said.contains(words) && !said.contains("hunter2"), "{said}");
        assert!(matches!(refusal(&provider, &double).await, SignInError::Refused(_)));
    }
    for life in [60, 120] {
        let token = assertion(seconds() + life);
        fs::write(&file, format!("{token}\n")).unwrap();
        provider.rehearse().await.unwrap();
        sign_in(&provider, &double).await.unwrap();
        let fields = double.redeemed().pop().unwrap().fields;
        assert_eq!(fields["client_assertion"], token);
        assert_eq!(fields["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!(fields["client_id"], CLIENT);
    }
}

#[tokio::test]
async fn what_a_provider_repeats_of_a_secret_is_not_told() {
    let double = Double::new();
    let provider = by(&double, by_secret(SECRET));
    provider.begin().await.unwrap();
    for (said, told) in [
        ("the secret hunter2 is another one", "repeats what it was sent"),
        ("AADSTS7000222: it has\u{7}\nexpired", "invalid_client (AADSTS7000222: it has  expired)"),
    ] {
        double.fault(Double::TOKEN, Fault::Refusal(said));
        let error = refusal(&provider, &double).await.to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn the_providers_own_page_for_signing_out_is_known_with_the_rest() {
    let double = Double::new();
    let provider = of(&double);
    assert_eq!(provider.sign_out_url(), None);
    provider.rehearse().await.unwrap();
    let base = double.issuer().replace("/tenant", "");
    assert_eq!(provider.sign_out_url(), Some(format!("{base}/sign-out?client_id={CLIENT}")));
    let mut document = double.discovery();
    document.as_object_mut().unwrap().remove("end_session_endpoint");
    double.fault(Double::DISCOVERY, Fault::Json(document));
    let provider = of(&double);
    provider.rehearse().await.unwrap();
    assert_eq!(provider.sign_out_url(), None);
}

fn who(claims: &Value) -> Result<Identity, SignInError> {
    who_by("roles", claims)
}

fn who_by(roles_claim: &str, claims: &Value) -> Result<Identity, SignInError> {
    let settings = settings("https://login.example.com/tenant");
    let settings = OidcSettings { roles_claim: roles_claim.to_owned(), ..settings };
    person(claims.as_object().unwrap(), &settings)
}

#[test]
fn a_person_of_entra_is_tenant_and_object() {
    for (claims, subject) in [
        (json!({"sub": "s"}), "s"),
        (json!({"sub": "s", "tid": "t"}), "s"),
        (json!({"sub": "s", "oid": "o"}), "s"),
        (json!({"sub": "s", "tid": "t-1", "oid": "o-2"}), "t-1/o-2"),
        (json!({"sub": "s", "tid": "t/1", "oid": "o"}), "s"),
        (json!({"sub": "s", "tid": 1, "oid": ["o"]}), "s"),
    ] {
        assert_eq!(who(&claims).unwrap().subject, subject, "{claims}");
    }
    for claims in
        [json!({}), json!({"sub": ""}), json!({"sub": 5}), json!({"sub": "a\nb"}), json!({"sub": "ä"})]
    {
        assert!(who(&claims).is_err(), "{claims}");
    }
}

#[test]
fn names_are_shown_in_one_line_and_without_tricks() {
    for (claims, name) in [
        (json!({"sub": "s", "name": "Anna Kowalska", "email": "a@example.com"}), "Anna Kowalska"),
        (json!({"sub": "s", "preferred_username": "anna", "email": "a@example.com"}), "anna"),
        (json!({"sub": "s", "email": "a@example.com"}), "a@example.com"),
        (json!({"sub": "s"}), "s"),
        (json!({"sub": "s", "name": " Anna\n\tKowalska "}), "Anna Kowalska"),
        (json!({"sub": "s", "name": "An\u{202e}na\u{200b}"}), "Anna"),
        (json!({"sub": "s", "name": "\u{200b} ", "email": "a@example.com"}), "a@example.com"),
        (json!({"sub": "s", "name": "4111 1111 1111 1111"}), "s"),
        (json!({"sub": "4111111111111111"}), "somebody"),
        (json!({"sub": "s", "name": 7}), "s"),
    ] {
        assert_eq!(who(&claims).unwrap().name, name, "{claims}");
    }
}

#[test]
fn roles_are_what_the_map_makes_of_the_claim() {
    for (claim, said, roles) in [
        ("roles", json!({"roles": ["clerk", "other"]}), &[Role::Clerk][..]),
        ("roles", json!({"roles": "admin"}), &[Role::Admin]),
        ("roles", json!({"roles": ["admin", "Order Desk"]}), &[Role::Clerk, Role::Admin]),
        ("roles", json!({"roles": ["Admin", " admin", "viewer", 3, null]}), &[]),
        ("roles", json!({"roles": {"admin": true}}), &[]),
        ("roles", json!({}), &[]),
        ("realm_access.roles", json!({"realm_access": {"roles": ["auditor"]}}), &[Role::Auditor]),
        (
            "resource_access.order.desk.roles",
            json!({"resource_access": {"order.desk": {"roles": ["clerk"]}}}),
            &[Role::Clerk],
        ),
        ("https://example.com/roles", json!({"https://example.com/roles": ["clerk"]}), &[Role::Clerk]),
        ("a.b", json!({"a.b": ["clerk"], "a": {"b": ["admin"]}}), &[Role::Clerk]),
        ("a.b", json!({"a": ["clerk"]}), &[]),
    ] {
        let mut claims = said.clone();
        claims["sub"] = json!("s");
        assert_eq!(who_by(claim, &claims).unwrap().roles, roles, "{claim} {said}");
    }
}

#[test]
fn too_many_groups_are_told_from_none() {
    let elsewhere = json!({"sub": "s", "_claim_names": {"groups": "src1"}});
    for (claim, claims, too_many) in [
        ("groups", elsewhere.clone(), true),
        ("groups", json!({"sub": "s", "hasgroups": true}), true),
        ("groups", json!({"sub": "s", "hasgroups": false}), false),
        ("groups", json!({"sub": "s", "hasgroups": true, "groups": ["clerk"]}), false),
        ("roles", elsewhere, false),
    ] {
        let is_said = who_by(claim, &claims) == Err(SignInError::TooManyGroups);
        assert_eq!(is_said, too_many, "{claim} {claims}");
    }
}

proptest! {
    #[test]
    fn any_name_fits_into_the_history(name in ".{0,300}|[0-9 ]{0,40}|\\PC{0,150}") {
        let shown = who(&json!({"sub": "s", "name": name})).unwrap().name;
        prop_assert!(crate::order::ActorName::parse(&shown).is_some(), "{shown:?}");
        prop_assert!(shown.len() <= 100);
    }
}
