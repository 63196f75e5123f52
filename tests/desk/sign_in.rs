//! Signing in, from the page that asks for it to the page that somebody was going to.

use serde_json::json;

use crate::harness::database::Value;
use crate::harness::office::{Office, assert_nobody, browser, cookies};
use crate::harness::people::{Browser, SAME_ORIGIN};
use crate::harness::program::{Folder, form};
use crate::harness::provider::{Fault, Lie, Provider};

#[test]
fn somebody_signs_in_and_goes_on_where_they_were_going_to() {
    let office = Office::open();
    let asked = office.desk.get("/orders/new?store_code=HI-9B97EE4E");
    let page = office.desk.get(asked.location());
    assert_eq!(page.status, 200);
    assert!(page.page().says("<strong>127.0.0.1</strong>"), "{}", page.text());
    let start = page.page().link("Sign in").unwrap();
    let answer = office.try_to_sign_in(&start, "");
    assert_eq!(answer.location(), "/orders/new?store_code=HI-9B97EE4E");
    let anna = browser(&answer);
    let form_page = anna.get(&office.desk, answer.location());
    assert_eq!(form_page.status, 200);
    assert!(form_page.page().says("Anna Kowalska"));
    let number = anna.post(&office.desk, "/orders", &form(&[])).number();
    let events = office.desk.folder.database().rows("SELECT actor, person_id FROM order_events");
    assert_eq!(events, [vec![Value::Text("user:Anna Kowalska".to_owned()), Value::Number(1)]]);
    // Under another name it is the same person, and what was done stays as it was.
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Nowak", "roles": ["clerk", "auditor"]}));
    let later = office.sign_in();
    let history = later.get(&office.desk, &format!("/orders/{number}"));
    assert!(history.page().says("Anna Kowalska") && history.page().says("Anna Nowak"), "{}", history.text());
    let people = office.desk.folder.database().rows("SELECT id, subject, name FROM people");
    let row = [Value::Number(1), Value::Text("anna-1".to_owned()), Value::Text("Anna Nowak".to_owned())];
    assert_eq!(people, [row.to_vec()]);
    let log = office.desk.folder.log();
    assert!(log.contains("signed in") && !log.contains(&anna.token) && !log.contains("code-1"), "{log}");
}

#[test]
fn a_browser_gets_another_session_whenever_somebody_signs_in() {
    let office = Office::open();
    let before = office.sign_in();
    assert!(before.is_known(&office.desk));
    let answer = office.try_to_sign_in("/sign-in/start", &format!("; {}", before.cookie()));
    let after = browser(&answer);
    assert_ne!(before.token, after.token);
    assert!(after.is_known(&office.desk) && !before.is_known(&office.desk), "the one before is over");
    assert_eq!(office.sessions(), 1);
    // What somebody else has put into the browser is never what is believed.
    let planted = format!("; __Host-orders-session={}", "BA".repeat(22).get(1..).unwrap());
    let signed_in = browser(&office.try_to_sign_in("/sign-in/start", &planted));
    assert!(!planted.contains(&signed_in.token));
    let planted = Browser { token: planted.split_once('=').unwrap().1.to_owned() };
    assert!(!planted.is_known(&office.desk));
}

#[test]
fn a_sign_in_is_finished_once_by_the_browser_that_began_it() {
    let office = Office::open();
    let over = "This sign-in is over";
    let (url, cookie) = office.start("/sign-in/start");
    let (code, state) = office.provider.consent(&url);
    // An attacker's own code and state, in a link for somebody else.
    assert_nobody(&office.finish(&code, &state, ""), 400, over);
    let (_, other) = office.start("/sign-in/start");
    assert_nobody(&office.finish(&code, &state, &other), 400, over);
    // The browser that was led there has used up its own by that, and nothing more.
    assert_nobody(&office.finish(&code, &state, &other), 400, over);
    for swapped in ["", "x", &state[1..]] {
        let (url, cookie) = office.start("/sign-in/start");
        let (code, state) = office.provider.consent(&url);
        assert_nobody(&office.finish(&code, swapped, &cookie), 400, over);
        assert_nobody(&office.finish(&code, &state, &cookie), 400, over);
    }
    assert_eq!(office.provider.redeemed().len(), 0, "no code was redeemed for any of them");
    let anna = browser(&office.finish(&code, &state, &cookie));
    assert_nobody(&office.finish(&code, &state, &cookie), 400, over);
    assert!(anna.is_known(&office.desk));
    assert_eq!(office.sessions(), 1);
}

#[test]
fn a_sign_in_that_takes_longer_than_ten_minutes_is_over_and_goes_with_the_next() {
    let office = Office::open();
    let (url, cookie) = office.start("/sign-in/start");
    let (code, state) = office.provider.consent(&url);
    let begun = || office.desk.folder.database().number("SELECT COUNT(*) FROM sign_ins");
    office.desk.folder.database().execute("UPDATE sign_ins SET ends_at = '2026-01-01 00:00:00'");
    assert_nobody(&office.finish(&code, &state, &cookie), 400, "This sign-in is over");
    assert_eq!(begun(), 1);
    office.start("/sign-in/start");
    assert_eq!(begun(), 1);
}

#[test]
fn who_has_no_role_does_not_come_in_and_is_told_whom_to_ask() {
    let office = Office::open();
    for roles in [json!([]), json!(["warehouse"]), json!(null)] {
        office.provider.person(json!({"sub": "eve-1", "name": "Eve <b>", "roles": roles}));
        let answer = office.try_to_sign_in("/sign-in/start", "");
        assert_nobody(&answer, 403, "Ask whoever runs the desk");
        assert!(answer.page().says("Eve &lt;b&gt;"), "{}", answer.text());
    }
    assert_eq!(office.sessions(), 0);
}

#[test]
fn whom_the_provider_does_not_vouch_for_is_not_signed_in() {
    let office = Office::open();
    for lie in Lie::ALL {
        office.provider.lie(lie);
        assert_nobody(&office.try_to_sign_in("/sign-in/start", ""), 403, "Nobody was signed in.");
    }
    office.provider.tell_the_truth();
    office.provider.fault(Provider::TOKEN, Fault::Refusal("hunter2"));
    assert_nobody(&office.try_to_sign_in("/sign-in/start", ""), 403, "Nobody was signed in.");
    let log = office.desk.folder.log();
    for words in
        ["has expired", "(nonce)", "(azp)", "a key that is not among the provider's", "invalid_client"]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(!log.contains("eyJ") && !log.contains("code-"), "{log}");
    // The provider says no.
    let (url, cookie) = office.start("/sign-in/start?to=%2Forders%2F7");
    let (_, state) = office.provider.consent(&url);
    let declined = format!("/sign-in/callback?error=access_denied&error_description=evil&state={state}");
    let answer = office.desk.get_with(&declined, &[("cookie", &cookie)]);
    assert_nobody(&answer, 403, "let nobody in");
    assert!(!answer.page().says("evil"), "{}", answer.text());
    assert_eq!(office.sessions(), 0);
}

#[test]
fn the_providers_keys_may_be_replaced_while_people_work() {
    let office = Office::open();
    let anna = office.sign_in();
    for algorithm in ["ES256", "PS256"] {
        office.provider.sign_otherwise(algorithm);
        office.sign_in();
    }
    office.provider.rotate();
    assert!(office.sign_in().is_known(&office.desk) && anna.is_known(&office.desk));
    assert_eq!(office.provider.asked_for(Provider::KEYS), 2);
}

#[test]
fn the_desk_shows_the_provider_its_secret_and_nobody_else() {
    let provider = Provider::new();
    provider.want_authorization("Basic b3JkZXItZGVzazpodW50ZXIy");
    let settings = provider.settings();
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let secret = [("ORDERS_AUTH__CLIENT_SECRET", "hunter2"), ("ORDERS_LOG__LEVEL", "trace")];
    let desk = Folder::new().open_with(&settings.chain(secret).collect::<Vec<_>>());
    let office = Office { desk, provider };
    assert!(office.sign_in().is_known(&office.desk));
    let [redeemed] = &office.provider.redeemed()[..] else { panic!() };
    assert!(redeemed.fields.contains_key("code_verifier") && !redeemed.fields.contains_key("client_secret"));
    let log = office.desk.folder.log();
    for secret in ["hunter2", "eyJ", "code-1", &redeemed.fields["code_verifier"]] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn a_provider_that_is_away_keeps_nobody_out_who_is_in() {
    let office = Office::open();
    let anna = office.sign_in();
    let (url, cookie) = office.start("/sign-in/start");
    let (code, state) = office.provider.consent(&url);
    office.provider.go_away();
    let answer = office.finish(&code, &state, &cookie);
    assert_nobody(&answer, 503, "Whoever is signed in stays so");
    assert_eq!(answer.page().link("Begin again").as_deref(), Some("/sign-in"));
    assert_eq!(anna.post(&office.desk, "/orders", &form(&[])).status, 303);
    office.provider.come_back();
    assert!(office.sign_in().is_known(&office.desk));
}

#[test]
fn signing_out_offers_the_providers_own_page() {
    let office = Office::open();
    let anna = office.sign_in();
    let asked = anna.get(&office.desk, "/sign-out");
    assert!(asked.page().says("Sign out?") && anna.is_known(&office.desk), "a link alone signs nobody out");
    let answer = office.desk.post_with("/sign-out", &[], &[("cookie", &anna.cookie()), SAME_ORIGIN]);
    assert_eq!(answer.status, 303);
    assert!(!anna.is_known(&office.desk));
    let page = anna.get(&office.desk, answer.location());
    let there = page.page().link("sign out there, too").unwrap();
    assert!(there.starts_with(&format!("http://{}/", office.provider.address())), "{there}");
    assert_eq!(
        anna.post(&office.desk, "/sign-out", &[]).status,
        303,
        "again, or after the session has ended"
    );
}

#[test]
fn another_site_signs_nobody_in() {
    let office = Office::open();
    for site in ["cross-site", "same-site", "evil"] {
        let path = "/sign-in/start?to=%2Forders%2F7";
        let answer = office.desk.get_with(path, &[("sec-fetch-site", site)]);
        assert_eq!((answer.status, answer.location()), (303, "/sign-in?to=%2Forders%2F7"), "{site}");
        assert!(cookies(&answer).is_empty());
    }
    for site in ["same-origin", "none"] {
        let answer = office.desk.get_with("/sign-in/start", &[("sec-fetch-site", site)]);
        assert!(answer.location().starts_with(&format!("http://{}/", office.provider.address())), "{site}");
    }
}

#[test]
fn a_role_that_is_taken_away_or_given_counts_from_the_next_sign_in_on() {
    let office = Office::open();
    let anna = office.sign_in();
    let may_write = |anna: &Browser| anna.get(&office.desk, "/orders/new").status;
    let sessions = || office.desk.folder.database().numbers("SELECT id FROM sessions ORDER BY id");
    let roles = || office.desk.folder.database().rows("SELECT last_roles FROM people");
    assert_eq!(may_write(&anna), 200);
    let before = sessions();
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["viewer"]}));
    assert_eq!(may_write(&anna), 200, "a role lasts for the session");

    let answer = office.try_to_sign_in("/sign-in/start", &format!("; {}", anna.cookie()));
    let later = browser(&answer);
    assert_eq!(may_write(&later), 403);
    assert!(!anna.is_known(&office.desk), "with the new session the old one is over");
    assert_ne!((sessions(), sessions().len()), (before, 1), "the session is another one");
    assert_eq!(roles(), [[Value::Text("viewer".to_owned())]]);

    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": []}));
    assert_nobody(&office.try_to_sign_in("/sign-in/start", ""), 403, "You have no role at this desk");
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["admin", "clerk"]}));
    assert_eq!(may_write(&office.sign_in()), 200);
    assert_eq!(roles(), [[Value::Text("clerk,admin".to_owned())]]);
}

#[test]
fn an_answer_is_the_providers_own_where_that_can_be_told() {
    for names_itself in [false, true] {
        let office = Office::open_at(Provider::new().naming_itself(names_itself));
        let issuer = office.provider.issuer();
        for (named, is_taken) in [
            (None, !names_itself),
            (Some(issuer.as_str()), true),
            (Some("https://evil.example"), false),
            (Some(""), false),
            (Some(&*format!("{issuer}/")), false),
        ] {
            let (url, cookie) = office.start("/sign-in/start");
            let (code, state) = office.provider.consent(&url);
            let mut query = vec![("code", code.as_str()), ("state", state.as_str())];
            query.extend(named.map(|named| ("iss", named)));
            let redeemed = office.provider.redeemed().len();
            let answer = office.come_back(&query, &cookie);
            if is_taken {
                browser(&answer);
            } else {
                assert_nobody(&answer, 403, "Nobody was signed in.");
                assert_eq!(office.provider.redeemed().len(), redeemed, "no code was redeemed: {named:?}");
            }
        }
        // What another provider says of a refusal does not count either.
        let (url, cookie) = office.start("/sign-in/start");
        let (_, state) = office.provider.consent(&url);
        let declined = [("error", "access_denied"), ("state", &state), ("iss", "https://evil.example")];
        assert_nobody(&office.come_back(&declined, &cookie), 403, "could not make sure who you are");
        let log = office.desk.folder.log();
        assert!(log.contains("names another provider (iss)"), "{log}");
        assert_eq!(log.contains("does not name the provider (iss)"), names_itself, "{log}");
    }
}
