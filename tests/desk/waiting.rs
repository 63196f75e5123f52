//! Forms that are sent when the session is over: what was typed is there again once the same person has signed in.

use serde_json::json;

use crate::harness::database::Value;
use crate::harness::office::{Office, assert_nobody, cookies};
use crate::harness::people::{Browser, SAME_ORIGIN};
use crate::harness::program::{Answer, Desk, form, until};
use crate::harness::server_database::is_skipped_on_server;

const CARD: &str = "3782 822463 10005";

/// The sessions are over, as they are at their end.
fn end_all(desk: &Desk) {
    desk.folder.database().execute("UPDATE sessions SET ends_at = '2026-01-01 00:00:00'");
}

/// Somebody who was signed in until a moment ago.
fn former(office: &Office) -> Browser {
    let anna = office.sign_in();
    end_all(&office.desk);
    anna
}

/// What the browser keeps of an answer that says that a form waits.
fn kept(answer: &Answer) -> String {
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(answer.page().says("what you had typed waits for you"), "{}", answer.text());
    assert!(answer.header("www-authenticate").is_some());
    let [cookie] = &cookies(answer)[..] else { panic!("{:?}", cookies(answer)) };
    let (pair, how) = cookie.split_once("; ").unwrap();
    assert_eq!(how, "Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure");
    pair.to_owned()
}

/// Signs in by the link of a page: how that ends, and what the browser keeps from then on.
fn sign_in_by(office: &Office, page: &Answer, cookie: &str) -> (Answer, String) {
    let (url, cookie) = office.start_with(&page.page().link("Sign in").unwrap(), cookie);
    let (code, state) = office.provider.consent(&url);
    let answer = office.finish(&code, &state, &cookie);
    let session = cookies(&answer).into_iter().find(|cookie| cookie.contains("orders-session="));
    let session = session.map(|cookie| format!("; {}", cookie.split(';').next().unwrap()));
    (answer, format!("{cookie}{}", session.unwrap_or_default()))
}

fn forms_that_wait(desk: &Desk) -> i64 {
    desk.folder.database().number("SELECT COUNT(*) FROM sign_ins WHERE form IS NOT NULL")
}

#[test]
fn a_new_order_that_was_being_typed_is_there_after_signing_in() {
    let office = Office::open();
    let desk = &office.desk;
    let anna = former(&office);
    let fields = form(&[
        ("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21"),
        ("note", "Call <b>before</b> delivery"),
        ("product_quantity", "twelve"),
        ("card_number", CARD),
    ]);
    let answer = desk.unchanged(401, "over", || anna.post(desk, "/orders?status=to-ship", &fields));
    assert!(answer.page().says("The card number is kept nowhere."), "{}", answer.text());
    assert_eq!(
        answer.page().link("Sign in").unwrap(),
        "/sign-in/start?to=%2Forders%2Fnew%3Fstatus%3Dto-ship%26waiting%3Dyes"
    );
    let cookie = kept(&answer);
    // Nothing of it can be read in the database or the log.
    let rows = desk.folder.database().rows("SELECT * FROM sign_ins WHERE form IS NOT NULL");
    assert_eq!(rows.len(), 1);
    let bytes = |value: &Value| if let Value::Bytes(bytes) = value { bytes.clone() } else { Vec::new() };
    let bytes: Vec<u8> = rows[0].iter().flat_map(bytes).collect();
    assert!(bytes.len() > 300, "{rows:?}");
    for secret in ["HI-9B97EE4E", "Call", "10005", "twelve"] {
        assert!(!format!("{rows:?}").contains(secret), "{secret}");
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        assert!(!desk.folder.log().contains(secret), "{secret}");
    }

    let (back, cookie) = sign_in_by(&office, &answer, &cookie);
    assert_eq!(
        (back.status, back.location()),
        (303, "/orders/new?status=to-ship&waiting=yes"),
        "{}",
        back.text()
    );
    for _ in 0..2 {
        let page = desk.get_with(back.location(), &[("cookie", &cookie)]);
        assert!(page.page().says("Not added yet: this is what you had typed"), "{}", page.text());
        let sent = page.page().form(&[]);
        for (name, value) in &fields {
            let expected = if *name == "card_number" { "" } else { *value };
            let escaped = expected.replace('<', "&lt;").replace('>', "&gt;");
            let found = sent.iter().find(|field| field.0 == *name).map(|field| field.1.as_str());
            assert_eq!(found, Some(escaped.as_str()), "{name}");
        }
    }
    // Put right and sent, it is added once, by whoever signed in.
    let right = form(&[
        ("submission", "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21"),
        ("card_number", CARD),
        ("product_quantity", "12"),
    ]);
    let headers = [("cookie", cookie.as_str()), SAME_ORIGIN];
    let number = desk.post_with("/orders", &right, &headers).number();
    assert_eq!(desk.post_with("/orders", &right, &headers).number(), number);
    assert_eq!(desk.stored().numbers().len(), 1);
    // The next form begins anew.
    let next = desk.get_with("/orders/new", &[("cookie", &cookie)]);
    assert!(!next.page().says("Not added yet"), "{}", next.text());
}

#[test]
fn a_change_and_a_reason_wait_and_meet_what_others_did_meanwhile() {
    let office = Office::open();
    let desk = &office.desk;
    let number = office.sign_in().post(desk, "/orders", &form(&[])).number();
    let anna = office.sign_in();
    let page = anna.get(desk, &format!("/orders/{number}/edit"));
    let fields = page.page().form(&[("product_quantity", "9"), ("note", "By hand")]);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    office.provider.person(json!({"sub": "bert-1", "name": "Bert", "roles": ["clerk"]}));
    let bert = office.sign_in();
    assert_eq!(bert.post(desk, &format!("/orders/{number}/ship"), &[]).status, 303);
    end_all(desk);
    // What it has read, the desk believes for 2 seconds.
    until(|| !anna.is_known(desk));

    let answer = desk.unchanged(401, "over", || anna.post(desk, &format!("/orders/{number}"), &fields));
    assert!(!answer.page().says("The card number"), "none was typed");
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["clerk"]}));
    let (back, cookie) = sign_in_by(&office, &answer, &kept(&answer));
    assert_eq!(back.location(), format!("/orders/{number}/edit?waiting=yes"));
    let headers = [("cookie", cookie.as_str()), SAME_ORIGIN];
    let page = desk.get_with(back.location(), &headers);
    assert!(page.page().says("Not saved yet: this is what you had typed"), "{}", page.text());
    assert_eq!((page.page().value("product_quantity"), page.page().value("note")), ("9", "By hand"));
    assert_eq!(page.page().value("version"), "1");
    let sent = page.page().form(&[]);
    let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let met = desk
        .unchanged(409, "Bert was faster", || desk.post_with(&format!("/orders/{number}"), &sent, &headers));
    assert!(met.page().says("Two versions"), "{}", met.text());

    // Another order's form is not filled in with it.
    let other =
        desk.post_with("/orders", &form(&[("user_id", "6a1d0f4c-2f0e-4d0b-9d3a-0c8b6a51e7f2")]), &headers);
    let page = desk.get_with(&format!("/orders/{}/edit?waiting=yes", other.number()), &headers);
    assert!(page.status == 200 && !page.page().says("Not saved yet"), "{}", page.text());

    let anna = former(&office);
    let reason = [("version", "2"), ("reason", "Ordered twice"), ("card_number", CARD)];
    let answer =
        desk.unchanged(401, "over", || anna.post(desk, &format!("/orders/{number}/cancel"), &reason));
    let (back, cookie) = sign_in_by(&office, &answer, &kept(&answer));
    let page = desk.get_with(back.location(), &[("cookie", &cookie)]);
    assert!(page.page().says("Not cancelled yet"), "{}", page.text());
    assert_eq!(page.page().value("reason"), "Ordered twice");
}

#[test]
fn what_waits_is_for_the_person_whose_session_it_was_and_for_nobody_else() {
    let office = Office::open();
    let desk = &office.desk;
    let anna = former(&office);
    let answer = anna.post(desk, "/orders", &form(&[]));
    let cookie = kept(&answer);
    office.provider.person(json!({"sub": "bert-1", "name": "Bert", "roles": ["clerk"]}));
    let (back, bert) = sign_in_by(&office, &answer, &cookie);
    assert_eq!((back.status, back.location()), (303, "/orders/new?waiting=yes"));
    let gone = cookies(&back).into_iter().find(|cookie| cookie.contains("orders-sign-in="));
    assert!(gone.is_some_and(|cookie| cookie.contains("=; Path=/; Max-Age=0;")), "{:?}", cookies(&back));
    // With the browser's cookie all the same.
    let page = desk.get_with(back.location(), &[("cookie", &bert)]);
    assert!(page.status == 200 && !page.page().says("Not added yet"), "{}", page.text());
    assert!(!page.page().says("2dcb6e7a-1f0e"), "{}", page.text());
    // A stranger with it sees no form, and whoever takes the cookie elsewhere has to be Anna there.
    assert!(
        desk.get_with("/orders/new?waiting=yes", &[("cookie", &cookie)]).location().starts_with("/sign-in")
    );
}

#[test]
fn what_waits_outlasts_sign_ins_that_fail_and_another_way_in() {
    let office = Office::open();
    let desk = &office.desk;
    let anna = former(&office);
    let answer = anna.post(desk, "/orders", &form(&[]));
    let cookie = kept(&answer);
    // Disabled meanwhile, without a role for a while, and on a way that leads elsewhere.
    desk.folder
        .database()
        .execute("UPDATE people SET disabled_at = '2026-11-30 08:00:00', disabled_by = 'desk'");
    let (refused, cookie) = sign_in_by(&office, &answer, &cookie);
    assert_nobody(&refused, 403, "You may not sign in at this desk any more");
    desk.folder.database().execute("UPDATE people SET disabled_at = NULL, disabled_by = NULL");
    office.provider.person(json!({"sub": "anna-1", "name": "Anna", "roles": []}));
    let (refused, cookie) = sign_in_by(&office, &answer, &cookie);
    assert_nobody(&refused, 403, "You have no role at this desk");
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["clerk"]}));
    let elsewhere = desk.get("/sign-in?to=%2Fchanges");
    // Whoever clicks twice begins twice.
    office.start_with("/sign-in/start", &cookie);
    let (back, cookie) = sign_in_by(&office, &elsewhere, &cookie);
    assert_eq!(back.location(), "/orders/new?waiting=yes", "first of all to what waits");
    let page = desk.get_with(back.location(), &[("cookie", &cookie)]);
    assert_eq!(page.page().value("product_quantity"), "4");

    // Who is a viewer by now may not add an order.
    let anna = former(&office);
    let answer = anna.post(desk, "/orders", &form(&[]));
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["viewer"]}));
    let (back, cookie) = sign_in_by(&office, &answer, &kept(&answer));
    assert_eq!(desk.get_with(back.location(), &[("cookie", &cookie)]).status, 403);
}

#[test]
fn a_form_waits_for_fifteen_minutes_one_a_browser() {
    let office = Office::open();
    let desk = &office.desk;
    let anna = former(&office);
    let first = anna.post(desk, "/orders", &form(&[("product_quantity", "1")]));
    let cookie = format!("{}; {}", anna.cookie(), kept(&first));
    let second =
        desk.post_with("/orders", &form(&[("product_quantity", "2")]), &[("cookie", &cookie), SAME_ORIGIN]);
    let cookie = kept(&second);
    assert_eq!(forms_that_wait(desk), 1);
    let minutes = "SELECT CAST(ROUND((julianday(form_until) - julianday('now')) * 24 * 60) AS INTEGER) FROM sign_ins \
                   WHERE form IS NOT NULL";
    if !is_skipped_on_server() {
        assert_eq!(desk.folder.database().number(minutes), 15);
    }
    let (back, cookie) = sign_in_by(&office, &second, &cookie);
    let page = desk.get_with(back.location(), &[("cookie", &cookie)]);
    assert_eq!(page.page().value("product_quantity"), "2");
    // Whoever puts its end off does not get it either.
    for until in ["2026-01-01 00:00:00", "2099-01-01 00:00:00"] {
        desk.folder.database().execute(&format!("UPDATE sign_ins SET form_until = '{until}'"));
        let page = desk.get_with(back.location(), &[("cookie", &cookie)]);
        assert!(page.status == 200 && !page.page().says("Not added yet"), "{until}: {}", page.text());
    }
}

#[test]
fn no_form_waits_that_nobody_had_begun() {
    let office = Office::open();
    let desk = &office.desk;
    let anna = former(&office);
    let cookie = anna.cookie();
    let nobody = format!("__Host-orders-session={}", "BA".repeat(22).get(1..).unwrap());
    let fields = form(&[]);
    // Another site's, a stranger's, somebody's who is not known, and a program's.
    for (headers, status) in [
        (&[("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")][..], 403),
        (&[("cookie", cookie.as_str()), ("sec-fetch-site", "same-site")], 403),
        (&[("cookie", cookie.as_str()), ("sec-fetch-site", "none")], 403),
        (&[("cookie", cookie.as_str()), ("origin", "https://evil.example")], 403),
        (&[("cookie", cookie.as_str())], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[], 401),
        (&[SAME_ORIGIN], 401),
        (&[("cookie", nobody.as_str()), SAME_ORIGIN], 401),
        (&[("cookie", cookie.as_str()), SAME_ORIGIN, ("accept", "application/json")], 401),
    ] {
        let answer = desk.unchanged(status, "nobody's", || desk.post_with("/orders", &fields, headers));
        assert!(cookies(&answer).is_empty(), "{headers:?}");
        assert!(!answer.page().says("waits for you"), "{headers:?}");
    }
    // What is done by one click is not kept, nor is what is too long.
    assert_eq!(anna.post(desk, "/orders/1/ship", &[]).status, 401);
    let long = anna.post(desk, "/orders", &form(&[("note", &"x".repeat(17_000))]));
    assert!(long.status == 401 && long.page().says("Nothing was saved"), "{}", long.text());
    // Who has signed out has said so.
    let bert = office.sign_in();
    assert_eq!(bert.post(desk, "/sign-out", &[]).status, 303);
    let answer = bert.post(desk, "/orders", &fields);
    assert!(answer.status == 401 && cookies(&answer).is_empty(), "{}", answer.text());
    assert_eq!(forms_that_wait(desk), 0);
}
