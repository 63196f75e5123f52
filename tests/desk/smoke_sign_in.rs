//! `orders smoke` where people sign in: what a stranger sees, and that it is all there is.

use std::sync::{Arc, OnceLock};

use crate::harness::crooked::{Exchange, Gateway};
use crate::harness::program::{Desk, Folder, until};
use crate::harness::provider::Provider;
use crate::harness::tls::{Authority, in_days};
use crate::smoke::Told;

type Bend = fn(&mut Exchange);

fn open(provider: &Provider) -> Desk {
    let settings = provider.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let desk = Folder::seeded(3).open_with(&settings);
    // It tries the provider before it is ready.
    until(|| desk.get("/readyz").status == 200);
    desk
}

/// Replaces words in a header that has them.
fn reword(exchange: &mut Exchange, name: &str, from: &str, to: &str) {
    let (_, value) = exchange.headers.iter_mut().find(|(one, _)| one == name).unwrap();
    assert!(value.contains(from), "{from} is not in {value}");
    *value = value.replace(from, to);
}

/// What a desk, or what stands before it, can let a stranger have or do, the check that finds it, and its words.
const WRONGS: &[(&str, &str, Bend)] = &[
    ("version", "does not say its version", |e| {
        if e.is("GET /sign-in") {
            e.replace("\"foot\">Orders ", "\"foot\">");
        }
    }),
    ("headers", "/sign-in: content-security-policy is missing", |e| {
        if e.is("GET /sign-in") {
            e.remove("content-security-policy");
        }
    }),
    ("headers", "/: cache-control is “public”", |e| {
        if e.is("GET /") && e.status == 303 {
            e.set("cache-control", "public");
        }
    }),
    ("sign-in", "no link on /sign-in leads to /sign-in/start", |e| {
        if e.is("GET /sign-in") {
            e.replace("/sign-in/start", "/start");
        }
    }),
    ("sign-in", "/sign-in/start answers 200 and leads to", |e| {
        if e.is("GET /sign-in/start") {
            e.status = 200;
        }
    }),
    ("sign-in", "not asked for code_challenge_method=S256", |e| {
        if e.is("GET /sign-in/start") {
            reword(e, "location", "code_challenge_method=S256", "code_challenge_method=plain");
        }
    }),
    ("sign-in", "without a long nonce", |e| {
        if e.is("GET /sign-in/start") {
            reword(e, "location", "&nonce=", "&nonce=1&once=");
        }
    }),
    ("sign-in", "people would be sent back to https://orders.example.com/elsewhere", |e| {
        if e.is("GET /sign-in/start") {
            reword(e, "location", "%2Fsign-in%2Fcallback", "%2Felsewhere");
        }
    }),
    ("sign-in", "the cookie of a sign-in is not HttpOnly", |e| {
        if e.is("GET /sign-in/start") {
            reword(e, "set-cookie", "; HttpOnly", "");
        }
    }),
    ("sign-in", "no __Host-", |e| {
        if e.is("GET /sign-in/start") {
            reword(e, "set-cookie", "__Host-", "");
        }
    }),
    (
        "nothing shown",
        "/audit answers 200 and leads to /sign-in?to=%2Faudit, and nobody has signed in",
        |e| {
            if e.is("GET /audit") && e.status == 303 {
                e.status = 200;
            }
        },
    ),
    ("nothing shown", "leads to /signed-in, and nobody has signed in", |e| {
        if e.asked.starts_with("GET /orders/92") && e.status == 303 {
            e.set("location", "/signed-in");
        }
    }),
    ("nothing shown", "/export.json answers 200, not 401", |e| {
        if e.is("GET /export.json") && e.status == 401 {
            e.status = 200;
        }
    }),
    ("nothing taken", "/orders answers 303 and leads to /orders/31, not 401", |e| {
        if e.is("POST /orders") {
            e.status = 303;
            e.set("location", "/orders/31");
        }
    }),
    ("nothing taken", "/bulk answers 422, not 401", |e| {
        if e.is("POST /bulk") {
            e.status = 422;
        }
    }),
    ("nothing taken", "/search is refused as text/html", |e| {
        if e.is("POST /search") {
            e.set("content-type", "text/html");
        }
    }),
];

#[test]
fn a_desk_where_people_sign_in_is_well_without_an_account() {
    let provider = Provider::new();
    let desk = open(&provider);
    let count = |table| desk.folder.database().number(&format!("SELECT COUNT(*) FROM {table}"));
    let counts = || ["sessions", "access_log", "jobs", "saved_views", "people"].map(count);
    let (rows, before) = (desk.rows(), counts());
    let told = Told::of(&[&format!("http://{}", desk.address), "--expect-sign-in"]);
    told.assert_well();
    let way_in = "people sign in at 127.0.0.1, and come back to https://orders.example.com/sign-in/callback";
    assert!(told.line("sign-in").ends_with(way_in), "{}", told.stdout);
    assert!(told.line("nothing shown").ends_with(" pages lead to the sign-in"), "{}", told.stdout);
    assert!(told.line("nothing taken").ends_with(" forms refused, and nothing stored"), "{}", told.stdout);
    assert!(told.stdout.contains("\n7 checks, all well"), "{}", told.stdout);
    assert_eq!(desk.rows(), rows);
    assert_eq!(counts(), before);
    assert_eq!(
        count("sign_ins"),
        1,
        "one that nobody finishes, and that goes with the next after ten minutes"
    );
    let log = desk.folder.log();
    assert!(
        log.contains("path=/export.csv status=303") && !log.contains("status=200 method=GET path=/audit")
    );
}

#[test]
fn whatever_a_stranger_gets_is_found() {
    let provider = Provider::new();
    let desk = open(&provider);
    let rows = desk.rows();
    for (check, words, bend) in WRONGS {
        let told = Told::of(&[&Gateway::new(&desk, bend).url()]);
        told.assert_failed(check, words);
    }
    assert_eq!(desk.rows(), rows);
}

#[test]
fn a_desk_that_lets_everybody_in_is_not_the_one_that_was_meant() {
    let desk = Folder::seeded(3).open();
    let url = format!("http://{}", desk.address);
    Told::of(&[&url, "--expect-sign-in"]).assert_failed("sign-in", "whoever reaches the desk may use it");
    Told::of(&[&url]).assert_well();
}

#[test]
fn a_desk_whose_provider_is_away_is_waited_for_and_told() {
    let desk = Desk::open_for_people();
    let told = Told::of(&[&format!("http://{}", desk.address), "--wait", "1"]);
    told.assert_failed("sign-in", "/sign-in/start answers 503: nobody can sign in now");
    assert!(told.stderr.contains("waiting: /sign-in/start answers 503"), "{}", told.stderr);
    assert!(told.line("nothing shown").starts_with("ok"), "{}", told.stdout);
}

/// By https the provider has to send people back to where they came from.
#[test]
fn by_https_people_come_back_to_this_very_desk() {
    let provider = Provider::new();
    let desk = open(&provider);
    let authority = Authority::new();
    let hide_metrics = |e: &mut Exchange| {
        if e.is("GET /metrics") {
            e.status = 404;
        }
    };
    let gateway = Gateway::with_tls(&desk, authority.tls("localhost", in_days(60)), hide_metrics);
    let told = Told::trusting(&[&gateway.https()], Some(&authority.pem()));
    told.assert_failed("sign-in", "sent back to https://orders.example.com/sign-in/callback");

    let own = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&own);
    let gateway = Gateway::with_tls(&desk, authority.tls("localhost", in_days(60)), move |e| {
        hide_metrics(e);
        if e.is("GET /sign-in/start") {
            let port = known.get().unwrap();
            reword(e, "location", "orders.example.com", &format!("localhost%3A{port}"));
        }
    });
    own.set(gateway.address.port().to_string()).unwrap();
    let told = Told::trusting(&[&gateway.https(), "--expect-sign-in"], Some(&authority.pem()));
    told.assert_well();
    assert!(told.line("headers").ends_with("transport security"), "{}", told.stdout);
}
