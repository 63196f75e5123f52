//! The access log: who signed in and out, was refused, or did what an administrator may; and what becomes of old data.

use serde_json::json;

use crate::harness::database::Value;
use crate::harness::people::{Browser, SAME_ORIGIN};
use crate::harness::program::{Desk, Folder, form, until};
use crate::harness::provider::{Lie, Provider};
use crate::harness::server_database::is_skipped_on_server;
use crate::keys::let_an_hour_pass;

/// A desk where people sign in, and their provider.
fn office() -> (Desk, Provider) {
    let provider = Provider::new();
    let settings = provider.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (Folder::new().open_with(&settings), provider)
}

/// Goes to the provider and comes back; what browsers have then.
fn come_back(desk: &Desk, provider: &Provider) -> Option<Browser> {
    let start = desk.get("/sign-in/start");
    let cookie = start.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let (code, state) = provider.consent(start.location());
    let query = serde_urlencoded::to_string([("code", &code), ("state", &state)]).unwrap();
    let answer = desk.get_with(&format!("/sign-in/callback?{query}"), &[("cookie", &cookie)]);
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let token = cookies.find_map(|cookie| cookie.strip_prefix("__Host-orders-session="))?;
    Some(Browser { token: token.split(';').next().unwrap().to_owned() })
}

/// Entries in the order in which they were written: actor, person, session, client, kind, about, detail, outcome, reason.
fn entries(folder: &Folder) -> Vec<String> {
    let rows = folder.database().rows(
        "SELECT actor, person_id, COALESCE(access_log.session_id, access_outcomes.session_id), client, kind, subject, \
         detail, outcome, reason FROM access_log LEFT JOIN access_outcomes ON access_outcomes.id = access_log.id \
         ORDER BY number",
    );
    let text = |value: Value| match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text,
        _ => "-".to_owned(),
    };
    rows.into_iter().map(|row| row.into_iter().map(text).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn signing_in_and_out_is_written_down_with_person_session_and_address() {
    let (desk, provider) = office();
    let anna = come_back(&desk, &provider).unwrap();
    provider.person(json!({"sub": "anna-1", "name": "Anna Nowak", "roles": ["clerk", "auditor"]}));
    let phone = come_back(&desk, &provider).unwrap();
    assert_eq!(phone.post(&desk, "/account/1/end", &[]).status, 303);
    assert_eq!(phone.post(&desk, "/sign-out", &[]).status, 303);
    assert!(!anna.is_known(&desk));
    assert_eq!(
        entries(&desk.folder),
        [
            "user:Anna Kowalska 1 1 127.0.0.1 sign-in - - finished -",
            "user:Anna Kowalska 1 - 127.0.0.1 role Anna Kowalska  > clerk finished -",
            "user:Anna Nowak 1 2 127.0.0.1 sign-in - - finished -",
            "user:Anna Nowak 1 - 127.0.0.1 role Anna Nowak clerk > clerk,auditor finished -",
            "user:Anna Nowak 1 2 127.0.0.1 sessions-ended Anna Nowak 1 finished -",
            "user:Anna Nowak 1 2 127.0.0.1 sign-out - - finished -",
        ]
    );
}

#[test]
fn who_is_not_let_in_is_written_down_with_why_and_without_a_secret() {
    let (desk, provider) = office();
    provider.person(json!({"sub": "bert-1", "name": "Bert Vos", "roles": ["gardener"]}));
    assert!(come_back(&desk, &provider).is_none());
    provider.person(json!({"sub": "cleo-1", "email": "cleo@example.com", "roles": []}));
    assert!(come_back(&desk, &provider).is_none());
    provider.lie(Lie::OtherAudience);
    assert!(come_back(&desk, &provider).is_none());
    desk.get("/sign-in/callback?code=x&state=y");
    let all = entries(&desk.folder);
    assert_eq!(
        all,
        [
            "user:Bert Vos - - 127.0.0.1 sign-in - - refused no-role",
            "stranger - - 127.0.0.1 sign-in - - refused not-believed",
            "stranger - - 127.0.0.1 sign-in - - refused not-begun",
        ],
        "the second without a role comes within the same minute, from the same address"
    );
}

#[test]
fn a_storm_of_refused_requests_is_one_entry_a_minute() {
    let desk = Desk::open_for_people();
    let anna = Browser::of(&desk.folder, "Anna", "clerk");
    let bert = Browser::of(&desk.folder, "Bert", "viewer");
    for number in 0..40 {
        assert_eq!(anna.post(&desk, &format!("/webhooks/{number}/resend"), &[]).status, 403);
        assert_eq!(
            desk.post_with(
                "/orders",
                &form(&[]),
                &[("sec-fetch-site", "cross-site"), ("cookie", &anna.cookie())]
            )
            .status,
            403
        );
    }
    assert_eq!(anna.get(&desk, "/audit?by=4111111111111111").status, 403);
    assert_eq!(bert.post(&desk, "/webhooks/1/resend", &[]).status, 403);
    let all = entries(&desk.folder);
    let of = |words: &str| all.iter().filter(|entry| entry.contains(words)).count();
    // The minute may have turned meanwhile.
    assert!((1..=2).contains(&of("user:Anna 1 1 127.0.0.1 refused POST /webhooks/")), "{all:?}");
    assert!(
        (1..=2).contains(&of("stranger - - 127.0.0.1 refused POST /orders - refused other-site")),
        "{all:?}"
    );
    assert_eq!(of("user:Anna 1 1 127.0.0.1 refused GET /audit - refused not-allowed"), 1, "{all:?}");
    assert_eq!(
        of("user:Bert 2 2 127.0.0.1 refused POST /webhooks/1/resend - refused not-allowed"),
        1,
        "{all:?}"
    );
    assert!(!all.join("\n").contains("4111"), "{all:?}");
}

#[test]
fn what_an_administrator_does_is_written_down() {
    let desk = Desk::open_for_people();
    let ada = Browser::of(&desk.folder, "Ada", "admin");
    assert_eq!(ada.post(&desk, "/views?store=WEB", &[("name", "Web")]).status, 303);
    assert_eq!(ada.post(&desk, "/views/1/name", &[("name", "Web store"), ("version", "1")]).status, 303);
    assert_eq!(ada.post(&desk, "/views/1/delete", &[("version", "1")]).status, 409);
    assert_eq!(ada.post(&desk, "/webhooks/7/resend", &[]).status, 404);
    assert_eq!(ada.post(&desk, "/webhooks/resend-failed", &[]).status, 303);
    desk.folder.orders(&["key", "rotate"]).assert().success();
    desk.folder.orders(&["key", "reseal"]).assert().success();
    let_an_hour_pass(&desk.folder);
    desk.folder.orders(&["key", "retire", "seal", "1"]).assert().success();
    assert_eq!(
        entries(&desk.folder),
        [
            "user:Ada 1 1 127.0.0.1 view Web added finished -",
            "user:Ada 1 1 127.0.0.1 view Web renamed finished -",
            "user:Ada 1 1 127.0.0.1 view Web store deleted refused not-possible",
            "user:Ada 1 1 127.0.0.1 webhook 7 resent refused not-possible",
            "user:Ada 1 1 127.0.0.1 webhook - resent finished -",
            "command-line - - - key of the kind seal rotated finished -",
            "command-line - - - key - resealed finished -",
            "command-line - - - key seal 1 retired finished -",
        ]
    );
}

#[test]
fn auditors_filter_the_log_and_take_it_along() {
    let desk = Desk::open_for_people();
    let (ada, ida) = (Browser::of(&desk.folder, "Ada", "admin"), Browser::of(&desk.folder, "Ida", "auditor"));
    for _ in 0..3 {
        assert_eq!(ada.get(&desk, "/export.csv").status, 200);
    }
    assert_eq!(ida.post(&desk, "/orders", &form(&[])).status, 403);
    let rows = |query: &str| {
        let answer = ida.get(&desk, &format!("/audit?{query}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().matches("<tr id=\"access-").count()
    };
    for (query, count) in [
        ("", 4),
        ("by=Ada", 3),
        ("by=%231", 3),
        ("by=%232&deed=refused", 1),
        ("by=Ada&deed=refused", 0),
        ("deed=export", 3),
        ("outcome=refused", 1),
        ("outcome=finished", 3),
        ("outcome=finished&deed=export&by=%231&client=127.0.0.1", 3),
        ("outcome=begun", 0),
        ("client=127.0.0.1", 4),
        ("client=192.0.2.7", 0),
        ("from=yesterday&to=2099-12-31", 4),
        ("to=2020-01-01", 0),
    ] {
        assert_eq!(rows(query), count, "{query}");
    }
    for (query, words) in [
        ("deed=x", "What was done must be one of the list"),
        ("client=x", "Address must be one like"),
        ("from=2026-03-02&to=2026-03-01", "To must be the same day as From, or after it"),
    ] {
        let answer = ida.get(&desk, &format!("/audit?{query}"));
        assert!(answer.status == 422 && answer.page().says(words), "{}", answer.text());
        assert_eq!(ida.get(&desk, &format!("/audit.csv?{query}")).status, 400);
    }
    let csv = ida.get(&desk, "/audit.csv?by=Ada");
    assert!(csv.header("content-disposition").unwrap().contains("access-log-"));
    assert_eq!((csv.status, csv.text().lines().count()), (200, 4), "{}", csv.text());
    let lines = ida.get(&desk, "/audit.ndjson?outcome=refused").text().to_owned();
    let entry: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!(
        (&entry["by"], &entry["person"], &entry["about"]),
        (&json!("Ida"), &json!(2), &json!("POST /orders"))
    );
    assert!(entries(&desk.folder).last().unwrap().contains("log-export - ndjson finished"));
    assert_eq!(ada.get(&desk, "/audit.csv").status, 200);
    assert_eq!(Browser::of(&desk.folder, "Vic", "clerk").get(&desk, "/audit.csv").status, 403);
}

#[test]
fn old_entries_go_and_the_database_keeps_the_others() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(1);
    drop(folder.open());
    let put = |id: u32, days: u32, outcome: bool| {
        let database = folder.sqlite();
        let id = format!("00000000-0000-4000-8000-{id:012}");
        let at = format!("datetime('now', '-{days} days', '-1 hour')");
        let log =
            format!("INSERT INTO access_log (id, at, actor, kind) VALUES ('{id}', {at}, 'desk', 'export')");
        database.execute_batch(&log).unwrap();
        if outcome {
            let ended = format!(
                "INSERT INTO access_outcomes (id, at, outcome, orders) VALUES ('{id}', {at}, 'finished', 1)"
            );
            database.execute_batch(&ended).unwrap();
        }
    };
    // More than one batch.
    for id in 0..450 {
        put(id, 120, id % 2 == 0);
    }
    put(900, 119, true);
    put(901, 10, true);
    let database = folder.sqlite();
    for change in [
        "DELETE FROM access_log WHERE at > datetime('now', '-90 days')",
        "DELETE FROM access_outcomes",
        "UPDATE access_log SET at = '2020-01-01 00:00:00'",
        "UPDATE access_outcomes SET outcome = 'failed'",
    ] {
        let refused = database.execute(change, []).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    let again = "INSERT OR REPLACE INTO access_log (number, id, at, actor, kind) SELECT number, id, at, 'nobody', kind FROM access_log";
    database.execute(again, []).unwrap();
    let count = |sql: &str| folder.database().number(sql);
    assert_eq!(count("SELECT COUNT(*) FROM access_log WHERE actor = 'nobody'"), 0);
    let said = folder.complaint(&["serve"], &[("ORDERS_AUDIT__RETENTION_DAYS", "89")]);
    assert!(said.contains("audit.retention_days must be from 90 to 3660"), "{said}");

    let desk = folder.open_with(&[("ORDERS_AUDIT__RETENTION_DAYS", "120")]);
    until(|| count("SELECT COUNT(*) FROM access_states WHERE state = 'finished'") == 3);
    assert_eq!(count("SELECT COUNT(*) FROM access_log"), 3, "119 days, 10 days, and the purge");
    assert_eq!(count("SELECT COUNT(*) FROM access_outcomes"), 3);
    let said = desk.get("/audit?deed=log-purged");
    assert!(said.page().says("deleted 450 entries of this log from before"), "{}", said.text());
}

#[test]
fn card_numbers_of_old_orders_are_erased_and_nothing_else() {
    let folder = Folder::new();
    let desk = folder.open();
    let old = desk.add(&[("order_date", "2025-01-10 10:00:00")]);
    let new = desk.add(&[("order_date", "today")]);
    let card = |number: i64| {
        let sql = format!("SELECT card_sealed, card_hash FROM orders WHERE number = {number}");
        folder.database().rows(&sql)
    };
    let rest = "SELECT number, card_brand, card_last4, version, updated_at, updated_by, flags FROM orders ORDER BY number";
    let (before, kept) = (folder.database().rows(rest), [card(old), card(new)]);
    drop(desk);
    let desk = folder.open_with(&[("ORDERS_CARDS__RETENTION_DAYS", "400")]);
    let is_erased = || {
        desk.get("/audit?deed=cards-erased&outcome=finished")
            .page()
            .says("erased the card numbers of 1 order")
    };
    until(is_erased);
    assert_eq!(folder.database().rows(rest), before);
    assert_ne!(card(old), kept[0]);
    assert_eq!(card(new), kept[1]);
    // It goes on as an order: also to another customer, which a seal is bound to.
    assert_eq!(desk.edit(old, &[("product_quantity", "7")]).status, 303);
    let other = "00000000-0000-4000-8000-000000000007";
    assert_eq!(desk.edit(old, &[("user_id", other)]).status, 303);
    assert!(desk.get(&format!("/orders/{old}")).page().says("•••• 1111"));
    assert!(desk.get(&format!("/?same_card_as={old}")).page().says(&format!("id=\"order-{old}\"")));
    let found = desk.post("/search", &[("q", "4111 1111 1111 1111")]);
    assert!(found.location().starts_with(&format!("/orders/{new}")), "{}", found.location());
    assert!(desk.get("/export.csv").text().contains("1111"));
    drop(desk);
    folder.orders(&["key", "rotate"]).assert().success();
    folder.orders(&["key", "rotate", "hash"]).assert().success();
    folder.orders(&["key", "reseal"]).assert().success();
    let_an_hour_pass(&folder);
    folder.orders(&["key", "retire", "seal", "1"]).assert().success();
    folder.orders(&["check", "--cards"]).assert().success();
    // A card that is entered now is the order's.
    let desk = folder.open();
    assert_eq!(desk.edit(old, &[("card_number", "5555 5555 5555 4444")]).status, 303);
    assert!(desk.get(&format!("/orders/{old}")).page().says("•••• 4444"));
}

#[test]
fn what_another_site_sends_is_no_sign_out() {
    let desk = Desk::open_for_people();
    let anna = Browser::of(&desk.folder, "Anna", "clerk");
    let foreign = [("sec-fetch-site", "cross-site"), ("cookie", &*anna.cookie())];
    assert_eq!(desk.post_with("/sign-out", &[], &foreign).status, 403);
    assert!(anna.is_known(&desk) && !entries(&desk.folder).join("\n").contains("127.0.0.1 sign-out"));
    assert_eq!(desk.post_with("/sign-out", &[], &[("cookie", &*anna.cookie()), SAME_ORIGIN]).status, 303);
}
