//! Sessions: until when somebody is signed in, on every desk, and what stands under their name.

use crate::harness::collector::Collector;
use crate::harness::database::Value;
use crate::harness::people::{Browser, PUBLIC, SAME_ORIGIN, SIGN_IN, Stored};
use crate::harness::program::{Desk, Folder, form, until};
use crate::harness::receiver::{Receiver, variables};

const HOUR: i64 = 3600;

fn stored(name: &str, seen: i64, ends: i64) -> Stored<'_> {
    Stored { name, roles: "clerk", seen, ends }
}

fn sessions(folder: &Folder) -> i64 {
    folder.database().number("SELECT COUNT(*) FROM sessions")
}

#[test]
fn a_session_ends_when_nobody_uses_it_and_at_its_end_in_any_case() {
    let desk = Desk::open_for_people();
    for (seen, ends, is_known) in [
        (0, 24 * HOUR, true),
        (-8 * HOUR + 60, 16 * HOUR, true),
        (-8 * HOUR - 1, 16 * HOUR, false),
        (0, 60, true),
        (0, -1, false),
    ] {
        let browser = Browser::with(&desk.folder, &stored("Anna", seen, ends));
        assert_eq!(browser.is_known(&desk), is_known, "seen {seen}, ends {ends}");
    }
    let desk =
        desk.folder.open_with(&[&SIGN_IN[..], &[("ORDERS_AUTH__SESSION_IDLE_MINUTES", "15")]].concat());
    for (seen, is_known) in [(-14 * 60, true), (-15 * 60, false)] {
        assert_eq!(
            Browser::with(&desk.folder, &stored("Anna", seen, HOUR)).is_known(&desk),
            is_known,
            "{seen}"
        );
    }
}

#[test]
fn using_a_session_keeps_it_and_is_noted_once_a_minute_at_most() {
    let desk = Desk::open_for_people();
    let seen = || {
        let rows = desk.folder.database().rows("SELECT seen_at FROM sessions ORDER BY id");
        rows.into_iter().flatten().map(Value::text).collect::<Vec<_>>()
    };
    let old = Browser::with(&desk.folder, &stored("Anna", -HOUR, HOUR));
    let before = seen();
    assert!(old.is_known(&desk));
    until(|| seen() != before);
    let noted = seen();
    for _ in 0..5 {
        assert!(old.is_known(&desk));
    }
    let recent = Browser::with(&desk.folder, &stored("Anna", -30, HOUR));
    let before = seen();
    assert_eq!(before[0], noted[0]);
    for _ in 0..5 {
        assert!(recent.is_known(&desk));
    }
    assert_eq!(seen(), before, "half a minute ago is recent enough");
}

#[test]
fn a_session_that_ends_on_one_desk_ends_on_every_other() {
    let desk = Desk::open_for_people();
    let other = desk.folder.open_with(&SIGN_IN);
    let (browser, phone) =
        (Browser::of(&desk.folder, "Anna", "clerk"), Browser::of(&desk.folder, "Anna", "clerk"));
    let stranger = Browser::of(&desk.folder, "Bert", "clerk");
    assert!([&browser, &phone, &stranger].iter().all(|one| one.is_known(&desk) && one.is_known(&other)));

    let signed_out = browser.post(&desk, "/sign-out", &[]);
    assert_eq!((signed_out.status, signed_out.location()), (303, "/sign-out"));
    assert_eq!(signed_out.header("clear-site-data"), Some("\"cache\""));
    let cookie = signed_out.header("set-cookie").unwrap();
    assert_eq!(cookie, "__Host-orders-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    assert!(!browser.is_known(&desk), "here at once");
    until(|| !browser.is_known(&other));
    let page = desk.get("/sign-out");
    assert!(
        page.page().says("<h1>Signed out</h1>") && page.page().link("Sign in").is_some(),
        "{}",
        page.text()
    );

    // A role that is taken away: whoever ends the session leaves nothing to go on with.
    desk.folder
        .database()
        .execute("DELETE FROM sessions WHERE person_id = (SELECT id FROM people WHERE name = 'Anna')");
    until(|| !phone.is_known(&desk) && !phone.is_known(&other));
    assert_eq!(phone.post(&desk, "/orders", &form(&[])).status, 401);
    assert!(stranger.is_known(&desk));
}

#[test]
fn people_see_their_own_sessions_and_end_them() {
    let desk = Desk::open_for_people();
    let here = Browser::of(&desk.folder, "Anna <b>", "clerk");
    let [phone, tablet] =
        [-HOUR, -2 * HOUR].map(|seen| Browser::with(&desk.folder, &stored("Anna <b>", seen, HOUR)));
    let over = Browser::with(&desk.folder, &stored("Anna <b>", -HOUR, -1));
    let bert = Browser::of(&desk.folder, "Bert", "viewer");
    assert!(!over.is_known(&desk));
    let page = here.get(&desk, "/account");
    assert!(page.page().says("<h1>Anna &lt;b&gt;</h1>") && page.page().says("sees, adds, edits, ships"));
    let ends = || -> Vec<String> {
        let page = here.get(&desk, "/account");
        page.page()
            .actions()
            .into_iter()
            .filter(|url| url.starts_with("/account/") && url.ends_with("/end"))
            .collect()
    };
    // The newest first.
    let [of_tablet, of_phone] = &ends()[..] else { panic!("{:?}", ends()) };

    let bad = bert.post(&desk, of_phone, &[]);
    assert_eq!(bad.status, 303, "{}", bad.text());
    assert!(phone.is_known(&desk) && tablet.is_known(&desk), "nobody ends what is somebody else's");
    assert_eq!(here.post(&desk, of_phone, &[]).status, 303);
    assert!(!phone.is_known(&desk) && tablet.is_known(&desk));
    assert_eq!(ends(), std::slice::from_ref(of_tablet));
    let done = here.post(&desk, "/account/end-others", &[]);
    assert_eq!((done.status, done.location()), (303, "/account"));
    assert!(!phone.is_known(&desk) && !tablet.is_known(&desk));
    assert!(here.is_known(&desk) && bert.is_known(&desk));
    assert_eq!(ends(), [] as [String; 0]);
    for id in ["0", "x", "-1", "99999999999999999999"] {
        let answer = here.post(&desk, &format!("/account/{id}/end"), &[]);
        assert!(matches!(answer.status, 303 | 404), "{id}: {}", answer.status);
    }
    assert!(here.is_known(&desk));
}

#[test]
fn what_somebody_does_stands_under_their_name() {
    let (receiver, collector) = (Receiver::new(), Collector::new());
    let settings = [receiver.settings(), collector.settings()].concat();
    let desk = Folder::new().open_with(&[&SIGN_IN[..], &variables(&settings)].concat());
    let anna = Browser::of(&desk.folder, "Anna Berg", "clerk");
    let number = anna.post(&desk, "/orders", &form(&[])).number();
    assert_eq!(anna.post(&desk, &format!("/orders/{number}/ship"), &[]).status, 303);
    let rows = desk.folder.database().rows("SELECT actor, person_id FROM order_events ORDER BY version");
    let person = desk.folder.database().number("SELECT id FROM people");
    let line = vec![Value::Text("user:Anna Berg".to_owned()), Value::Number(person)];
    assert_eq!(rows, [line.clone(), line]);
    let page = anna.get(&desk, &format!("/orders/{number}"));
    let history = page.text().split("id=\"history\"").nth(1).unwrap();
    assert_eq!(history.matches("Anna Berg").count(), 2, "{history}");
    assert!(page.page().says("<span class=\"name\">Anna Berg</span>"), "the head says who one is");

    // Somebody who has another name by now is found by the one that they had.
    let found = anna.get(&desk, "/?by=Anna+Berg");
    assert_eq!((found.status, found.page().numbers()), (200, vec![number]), "as it is typed");
    let found = anna.get(&desk, "/?by=user%3AAnna+Berg");
    assert_eq!((found.status, found.page().numbers()), (200, vec![number]), "as histories keep it");
    assert!(found.page().chips().iter().any(|(name, _)| name.contains("Anna Berg")), "{}", found.text());

    let told = receiver.wait_for(2);
    for message in &told {
        let actor = &message.json()["data"]["actor"];
        assert_eq!(*actor, serde_json::json!({ "type": "user", "name": "Anna Berg", "id": person }));
    }
    let span = collector.wait_for("POST /orders");
    assert_eq!((span.attribute("user.name"), span.attribute("user.id")), ("Anna Berg", &*person.to_string()));
    let log = desk.folder.log();
    assert!(log.lines().any(|line| line.contains("/ship") && line.contains("Anna Berg")), "{log}");
    assert!(!log.contains(&anna.token), "{log}");
}

#[test]
fn a_form_of_somebody_who_is_signed_in_has_to_come_from_the_desk() {
    let desk = Desk::open_for_people();
    let browser = Browser::of(&desk.folder, "Anna", "clerk");
    let cookie = ("cookie", browser.cookie());
    let cookie = (cookie.0, cookie.1.as_str());
    let local = format!("http://{}", desk.address);
    for (headers, is_taken) in [
        (&[][..], false),
        (&[("sec-fetch-site", "none")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("origin", "null")], false),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "https://orders.example.com.evil.example")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", PUBLIC)], false),
        (&[("referer", "https://orders.example.com/orders/new")], false),
        (&[SAME_ORIGIN], true),
        (&[("origin", PUBLIC)], true),
        (&[("origin", local.as_str())], true),
        (&[SAME_ORIGIN, ("origin", PUBLIC)], true),
    ] {
        let headers = [&[cookie], headers].concat();
        if is_taken {
            assert_eq!(desk.post_with("/orders", &form(&[]), &headers).status, 303, "{headers:?}");
        } else {
            desk.unchanged(403, "another site", || desk.post_with("/orders", &form(&[]), &headers));
            let sign_out = desk.post_with("/sign-out", &[], &headers);
            assert_eq!(sign_out.status, 403, "{headers:?}");
        }
    }
    assert!(browser.is_known(&desk));
}

#[test]
fn where_the_sessions_are_away_nobody_is_let_in() {
    let desk = Desk::open_for_people();
    let [known, unknown] = ["Anna", "Bert"].map(|name| Browser::of(&desk.folder, name, "admin"));
    assert!(known.is_known(&desk));
    desk.folder.database().rename_table("sessions", "lost");
    let refused = |browser: &Browser| {
        let answer = browser.get(&desk, "/");
        assert!(!answer.page().says("Signed in"));
        (answer.status, answer.text().contains("The database cannot be reached"))
    };
    assert_eq!(refused(&unknown), (503, true));
    until(|| refused(&known) == (503, true));
    let before = desk.rows();
    let answer = unknown.post(&desk, "/orders", &form(&[]));
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(desk.rows() == before);
    assert_eq!(desk.get("/sign-in").status, 200, "the page that asks to sign in needs none");
    // Whoever is signed in stays so: told to come again, with their cookie left alone.
    let page = known.get(&desk, "/orders/new?store_code=HI-9B97EE4E");
    assert_eq!((page.status, page.header("retry-after")), (503, Some("5")));
    assert!(page.header("set-cookie").is_none() && page.header("clear-site-data").is_none());
    let again = page.page().link("Try again").unwrap();
    assert!(page.page().link("Sign in").is_none(), "{}", page.text());
    desk.folder.database().rename_table("lost", "sessions");
    assert!(unknown.is_known(&desk));
    assert_eq!(known.get(&desk, &again).status, 200);
}

#[test]
fn who_has_to_sign_in_goes_on_where_they_were_going_to() {
    let desk = Desk::open_for_people();
    for (path, asked) in [
        ("/", "/sign-in"),
        ("/orders/7", "/sign-in?to=%2Forders%2F7"),
        ("/?store=WEB&page=2", "/sign-in?to=%2F%3Fstore%3DWEB%26page%3D2"),
        ("/orders/new?user_id=4111111111111111", "/sign-in"),
    ] {
        assert_eq!(desk.get(path).location(), asked, "{path}");
    }
    for (to, start) in [
        ("%2Forders%2F7", "/sign-in/start?to=%2Forders%2F7"),
        ("%2F%2Fevil.example", "/sign-in/start"),
        ("%2F%5Cevil.example", "/sign-in/start"),
        ("https%3A%2F%2Fevil.example", "/sign-in/start"),
        ("%2F%09%2Fevil.example", "/sign-in/start"),
    ] {
        let page = desk.get(&format!("/sign-in?to={to}"));
        assert_eq!((page.status, page.page().link("Sign in").as_deref()), (200, Some(start)), "{to}");
        assert!(!page.page().says("evil"), "{to}");
    }
    let away = desk.get("/sign-in/start?to=%2Forders%2F7");
    assert_eq!((away.status, away.header("retry-after")), (503, Some("5")), "{}", away.text());
    assert_eq!(away.page().link("Begin again").as_deref(), Some("/sign-in?to=%2Forders%2F7"));
    assert!(away.header("set-cookie").is_none());
}

#[test]
fn nothing_of_a_session_stands_in_the_database_but_its_hash() {
    let desk = Desk::open_for_people();
    let browser = Browser::of(&desk.folder, "Anna", "clerk");
    assert!(browser.is_known(&desk));
    assert_eq!(sessions(&desk.folder), 1);
    let rows = desk.folder.database().rows("SELECT * FROM sessions");
    assert!(!format!("{rows:?}").contains(&browser.token));
    // The hash itself opens nothing, nor does the cookie that a page without TLS could have set.
    for cookie in [format!("orders-session={}", browser.token), format!("{0}; {0}", browser.cookie())] {
        assert_eq!(desk.get_with("/account", &[("cookie", &cookie)]).status, 303, "{cookie}");
    }
}
