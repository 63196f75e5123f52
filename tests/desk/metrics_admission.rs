//! What Prometheus hears of people who sign in, and of requests that were refused because of who sent them.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::people::{Browser, SAME_ORIGIN};
use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::provider::{Lie, Provider};

/// What was counted of a metric, by the value of its one label; what is 0 is left out.
fn counted(desk: &Desk, metric: &str) -> BTreeMap<String, u64> {
    let answer = desk.get("/metrics");
    let series = answer.text().lines().filter_map(|line| line.strip_prefix(metric)?.strip_prefix('{'));
    let all = series.map(|line| {
        let (label, count) = line.split_once("\"} ").unwrap();
        (label.split_once("=\"").unwrap().1.to_owned(), count.parse().unwrap())
    });
    all.filter(|(_, count)| *count > 0).collect()
}

fn of(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect()
}

fn open(provider: &Provider) -> Desk {
    let settings = provider.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Folder::new().open_with(&settings)
}

/// Begins a sign-in: the provider's URL, and the browser's cookie.
fn start(desk: &Desk) -> (String, String) {
    let answer = desk.get("/sign-in/start");
    let cookie = answer.header("set-cookie").unwrap().split_once("; ").unwrap().0.to_owned();
    (answer.location().to_owned(), cookie)
}

fn sign_in(desk: &Desk, provider: &Provider) -> Answer {
    let (url, cookie) = start(desk);
    let (code, state) = provider.consent(&url);
    let query = serde_urlencoded::to_string([("code", code), ("state", state)]).unwrap();
    desk.get_with(&format!("/sign-in/callback?{query}"), &[("cookie", &cookie)])
}

#[test]
fn sign_ins_are_counted_by_what_came_of_them() {
    let provider = Provider::new();
    let desk = open(&provider);
    let results = || counted(&desk, "orders_sign_ins_total");
    assert_eq!(results(), of(&[]));
    assert_eq!(sign_in(&desk, &provider).status, 303);
    assert_eq!(results(), of(&[("signed_in", 1)]));

    desk.get("/sign-in/callback?code=a&state=b");
    provider.lie(Lie::Expired);
    sign_in(&desk, &provider);
    provider.tell_the_truth();
    provider.person(json!({"sub": "eve-1", "name": "Eve", "roles": []}));
    sign_in(&desk, &provider);
    let (url, cookie) = start(&desk);
    let (code, state) = provider.consent(&url);
    desk.get_with(&format!("/sign-in/callback?error=access_denied&state={state}"), &[("cookie", &cookie)]);
    let (_, cookie) = start(&desk);
    provider.go_away();
    desk.get_with(&format!("/sign-in/callback?code={code}&state=x"), &[("cookie", &cookie)]);
    assert_eq!(
        results(),
        of(&[("signed_in", 1), ("over", 2), ("refused", 1), ("no_role", 1), ("declined", 1)])
    );
    provider.come_back();
    let (url, cookie) = start(&desk);
    let (code, state) = provider.consent(&url);
    provider.go_away();
    desk.get_with(&format!("/sign-in/callback?code={code}&state={state}"), &[("cookie", &cookie)]);
    assert_eq!(results().get("provider_away"), Some(&1));
    desk.folder.database().rename_table("sign_ins", "lost");
    assert_eq!(desk.get("/sign-in/start").status, 500);
    assert_eq!(results().get("failed"), Some(&1));
    desk.folder.database().rename_table("lost", "sign_ins");
}

#[test]
fn refused_requests_are_counted_by_the_reason() {
    let desk = Desk::open_for_people();
    let viewer = Browser::of(&desk.folder, "Vera", "viewer");
    let reasons = || counted(&desk, "orders_requests_refused_total");
    // Whoever is led to where people sign in is not refused.
    assert_eq!(desk.get("/").status, 303);
    assert_eq!(viewer.get(&desk, "/").status, 200);
    assert_eq!(reasons(), of(&[]));

    assert_eq!(desk.post("/orders", &form(&[])).status, 401);
    assert_eq!(desk.get_with("/", &[("accept", "application/json")]).status, 401);
    assert_eq!(viewer.post(&desk, "/orders", &form(&[])).status, 403);
    assert_eq!(viewer.get(&desk, "/audit").status, 403);
    assert_eq!(viewer.get(&desk, "/export.csv").status, 403);
    let evil = [("cookie", viewer.cookie()), ("sec-fetch-site", "cross-site".to_owned())];
    let evil: Vec<_> = evil.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(desk.post_with("/sign-out", &[], &evil).status, 403);
    let counts = of(&[("not_signed_in", 2), ("not_allowed", 3), ("other_site", 1)]);
    assert_eq!(reasons(), counts);
    let signed_out = desk.post_with("/sign-out", &[], &[("cookie", &viewer.cookie()), SAME_ORIGIN]);
    assert_eq!((signed_out.status, reasons()), (303, counts));
}
