//! People, for admins: who has ever signed in, their sessions, and who may not sign in any more.

use serde_json::json;

use crate::harness::database::Value;
use crate::harness::office::{Office, assert_nobody};
use crate::harness::people::{Browser, SAME_ORIGIN, SIGN_IN, Stored};
use crate::harness::program::{Answer, Desk, Folder, form, until};

const HOUR: i64 = 3600;

fn id_of(folder: &Folder, name: &str) -> i64 {
    folder.database().number(&format!("SELECT id FROM people WHERE name = '{name}'"))
}

/// A row of the list, cell by cell.
fn row(page: &Answer, id: i64) -> Vec<String> {
    let row = page.page().between(&format!("<tr id=\"person-{id}\">"), "</tr>").expect("a row").to_owned();
    let cells = row.split("data-field=\"").skip(1);
    let text = |cell: &str| {
        let cell = cell.split_once('>').unwrap().1;
        let texts = cell.split('<').enumerate().map(|(nth, part)| match nth {
            0 => part,
            _ => part.split_once('>').map_or("", |(_, text)| text),
        });
        texts.collect::<String>()
    };
    cells.map(text).collect()
}

/// The names on a page of the list, in their order.
fn names(page: &Answer) -> Vec<String> {
    let rows = page.text().split("data-field=\"name\"><a href=\"").skip(1);
    rows.map(|row| row.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()).collect()
}

/// What the page says that an action leads to, to whoever asked for it.
fn notice(desk: &Desk, admin: &Browser, done: &Answer) -> String {
    assert_eq!(done.status, 303, "{}", done.text());
    let notice = done.header("set-cookie").unwrap().split(';').next().unwrap();
    let cookie = format!("{}; {notice}", admin.cookie());
    let page = desk.get_with(done.location(), &[("cookie", &cookie)]);
    page.page().between("role=\"status\">\n<p>", "</p>").expect("a notice").to_owned()
}

#[test]
fn an_admin_sees_everybody_who_has_ever_signed_in() {
    let office = Office::open();
    let desk = &office.desk;
    office.provider.person(json!({"sub": "ada-1", "name": "Ada <b>", "roles": ["admin"]}));
    let admin = office.sign_in();
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["clerk", "auditor"]}));
    office.sign_in();
    office.sign_in();
    desk.folder.database().execute("UPDATE sessions SET ends_at = '2026-01-01 00:00:00' WHERE id = 3");

    let list = admin.get(desk, "/people");
    assert!(list.page().says("2 people, by name"), "{}", list.text());
    assert_eq!(names(&list), ["Ada &lt;b&gt;", "Anna Kowalska"]);
    let (ada, anna) = (row(&list, 1), row(&list, 2));
    assert_eq!((ada[0].as_str(), ada[1].as_str(), ada[3].as_str()), ("Ada &lt;b&gt; you", "admin", "1"));
    assert_eq!((anna[1].as_str(), anna[3].as_str(), anna[4].as_str()), ("clerk and auditor", "1", ""));
    assert!(anna[2].ends_with(" UTC"), "{anna:?}");

    let page = admin.get(desk, &list.page().link("Anna Kowalska").unwrap());
    assert_eq!(page.status, 200);
    let says = |text: &str| assert!(page.page().says(text), "{text}: {}", page.text());
    says("<h1>Anna Kowalska</h1>");
    says("<dd>clerk and auditor</dd>");
    says("127.0.0.1, as <span class=\"code\">anna-1</span>");
    says("<p>Firefox on Windows, since ");
    says(", from this machine</p>");
    assert_eq!(page.text().matches("/sessions/").count(), 1, "the other one is over: {}", page.text());
    // On one's own page there is nothing to press.
    let own = admin.get(desk, "/people/1");
    assert!(own.page().says("This is you.") && own.page().actions().is_empty(), "{}", own.text());
    assert!(admin.get(desk, "/account").page().says("<p>Firefox on Windows, since "));
    for nobody in ["0", "3", "x", "-1", "01", "99999999999", "4111111111111111"] {
        assert_eq!(admin.get(desk, &format!("/people/{nobody}")).status, 404, "{nobody}");
        assert_eq!(admin.post(desk, &format!("/people/{nobody}/disable"), &[]).status, 404, "{nobody}");
    }
    assert_eq!(admin.get(desk, "/people/2/disable").location(), "/people/2");
}

#[test]
fn many_people_come_page_by_page_and_are_found_by_name() {
    let desk = Desk::open_for_people();
    let admin = Browser::of(&desk.folder, "Ada", "admin");
    let mut database = desk.folder.database();
    for nth in 0..120 {
        let name = if nth % 40 == 7 { format!("Berg {nth:03}") } else { format!("Clerk {nth:03}") };
        database.execute(&format!(
            "INSERT INTO people (issuer, subject, name, created_at, seen_at) VALUES ('https://login.example', '{nth}', \
             '{name}', '2026-11-30 08:00:00', '2026-11-30 08:00:00')"
        ));
    }
    let (mut path, mut all) = ("/people".to_owned(), Vec::new());
    loop {
        let page = admin.get(&desk, &path);
        let some = names(&page);
        assert!(page.status == 200 && (1..=50).contains(&some.len()), "{path}: {}", some.len());
        all.extend(some);
        match page.page().link("Next") {
            Some(next) => path = next,
            None => break,
        }
    }
    let mut sorted = all.clone();
    sorted.sort();
    assert!(all.len() == 121 && all == sorted, "{all:?}");
    let found = admin.get(&desk, "/people?q=bERG");
    assert_eq!(names(&found), ["Berg 007", "Berg 047", "Berg 087"]);
    assert!(found.page().says("3 people with ‘bERG’ in their name"), "{}", found.text());
    let none = admin.get(&desk, "/people?q=%3Cb%3E");
    assert!(none.page().says("Nobody of that name") && !none.page().says("<b>"), "{}", none.text());
    assert_eq!(admin.get(&desk, "/people?q=4111+1111+1111+1111").location(), "/people");
    assert_eq!(admin.get(&desk, "/people?after=1000").status, 200);
}

#[test]
fn an_admin_ends_sessions_of_others_on_every_desk() {
    let desk = Desk::open_for_people();
    let other = desk.folder.open_with(&SIGN_IN);
    let admin = Browser::of(&desk.folder, "Ada", "admin");
    let [phone, tablet] =
        [-HOUR, -2 * HOUR].map(|seen| Stored { name: "Anna", roles: "clerk", seen, ends: HOUR });
    let (phone, tablet) = (Browser::with(&desk.folder, &phone), Browser::with(&desk.folder, &tablet));
    let bert = Browser::of(&desk.folder, "Bert", "clerk");
    let anna = id_of(&desk.folder, "Anna");
    for browser in [&phone, &tablet, &bert] {
        assert!(browser.is_known(&desk) && browser.is_known(&other));
    }
    let page = admin.get(&desk, &format!("/people/{anna}"));
    let ends: Vec<String> =
        page.page().actions().into_iter().filter(|url| url.contains("/sessions/")).collect();
    let [of_tablet, _] = &ends[..] else { panic!("{ends:?}") };
    // A session is ended by the page of whose it is.
    let session = of_tablet.split('/').nth(4).unwrap();
    let wrong = format!("/people/{}/sessions/{session}/end", id_of(&desk.folder, "Bert"));
    assert_eq!(admin.post(&desk, &wrong, &[]).status, 303);
    assert!(tablet.is_known(&desk));

    let done = admin.post(&desk, of_tablet, &[]);
    assert_eq!(
        notice(&desk, &admin, &done),
        "That session has ended. Its browser is asked to sign in within 5 seconds."
    );
    assert!(!tablet.is_known(&desk) && phone.is_known(&desk), "here at once");
    until(|| !tablet.is_known(&other));
    let done = admin.post(&desk, &format!("/people/{anna}/end-all"), &[]);
    assert!(notice(&desk, &admin, &done).starts_with("All sessions of Anna have ended."));
    assert!(!phone.is_known(&desk));
    until(|| !phone.is_known(&other));
    assert!(bert.is_known(&desk) && admin.is_known(&desk));
    assert!(admin.get(&desk, &format!("/people/{anna}")).page().says("<p>Nowhere.</p>"));

    // One's own end elsewhere.
    let ada = id_of(&desk.folder, "Ada");
    for path in ["end-all", "sessions/1/end"] {
        let answer = admin.post(&desk, &format!("/people/{ada}/{path}"), &[]);
        assert!(answer.status == 409 && answer.page().says("Nothing was changed."), "{}", answer.text());
    }
    assert!(admin.is_known(&desk));
    assert!(desk.folder.log().contains("ended all sessions of somebody else"));
}

#[test]
fn who_is_disabled_is_out_everywhere_and_does_not_come_in_until_enabled() {
    let office = Office::open();
    let settings = office.provider.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (desk, other) = (&office.desk, office.desk.folder.open_with(&settings));
    let (anna, phone) = (office.sign_in(), office.sign_in());
    assert!(anna.is_known(desk) && phone.is_known(&other));
    office.provider.person(json!({"sub": "ada-1", "name": "Ada", "roles": ["admin"]}));
    let admin = office.sign_in();
    let number = anna.post(desk, "/orders", &form(&[])).number();

    let url = format!("/people/{}", id_of(&desk.folder, "Anna Kowalska"));
    let done = admin.post(desk, &format!("{url}/disable"), &[("reason", " left  the company ")]);
    assert_eq!(
        notice(desk, &admin, &done),
        "Anna Kowalska is disabled: signed out everywhere within 5 seconds, and kept from signing in."
    );
    assert!(!anna.is_known(desk) && !phone.is_known(desk), "here at once");
    until(|| !phone.is_known(&other));
    assert_eq!(anna.post(desk, &format!("/orders/{number}/ship"), &[]).status, 401);
    let page = admin.get(desk, &url);
    assert!(page.page().says("by Ada: left the company</dd>"), "{}", page.text());
    assert_eq!(row(&admin.get(desk, "/people"), 1)[4], "Disabled");
    let again = admin.post(desk, &format!("{url}/disable"), &[("reason", "another")]);
    assert_eq!(notice(desk, &admin, &again), "Anna Kowalska was disabled already. Nothing was changed.");
    assert!(admin.get(desk, &url).page().says("left the company"));

    // The provider vouches for them, as before; under another name, too.
    office.provider.person(json!({"sub": "anna-1", "name": "Anna <b>", "roles": ["admin"]}));
    let answer = office.try_to_sign_in("/sign-in/start", "");
    assert_nobody(&answer, 403, "You may not sign in at this desk any more");
    assert!(answer.page().says("Anna &lt;b&gt;") && answer.page().says("ask an admin"), "{}", answer.text());
    assert!(!answer.page().says("left the company"), "{}", answer.text());
    assert!(desk.folder.log().contains("disabled at the desk"));
    // A session that should not be there lets nobody in.
    desk.folder.database().execute("UPDATE sessions SET ends_at = '2099-01-01 00:00:00', ended_at = NULL");
    assert!(!anna.is_known(desk));

    let done = admin.post(desk, &format!("{url}/enable"), &[]);
    assert_eq!(notice(desk, &admin, &done), "Anna Kowalska may sign in again.");
    assert_eq!(admin.post(desk, &format!("{url}/enable"), &[]).status, 303, "once more");
    assert!(!anna.is_known(desk), "sessions of before do not come back");
    office.provider.person(json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["clerk"]}));
    let back = office.sign_in();
    assert!(back.is_known(desk));
    let history = back.get(desk, &format!("/orders/{number}"));
    assert!(history.page().says("Anna Kowalska"), "{}", history.text());
}

#[test]
fn nobody_disables_themself_or_for_a_reason_that_is_a_card_number() {
    let desk = Desk::open_for_people();
    let admin = Browser::of(&desk.folder, "Ada", "admin");
    let anna = Browser::of(&desk.folder, "Anna", "clerk");
    let (ada_id, anna_id) = (id_of(&desk.folder, "Ada"), id_of(&desk.folder, "Anna"));
    let disabled = || desk.folder.database().numbers("SELECT id FROM people WHERE disabled_at IS NOT NULL");
    let own = admin.post(&desk, &format!("/people/{ada_id}/disable"), &[]);
    assert!(own.status == 409 && own.page().says("Nobody disables themself."), "{}", own.text());
    let url = format!("/people/{anna_id}/disable");
    for (reason, words) in [
        ("4111 1111 1111 1111", "This looks like a card number"),
        ("00378282246310005128", "There may be a card number among these digits"),
        (&"x".repeat(501), "500 characters at most"),
    ] {
        let answer = admin.post(&desk, &url, &[("reason", reason)]);
        assert!(answer.status == 422 && answer.page().says(words), "{reason}: {}", answer.text());
        assert!(!answer.page().says("4111") && !answer.page().says("0037"), "{}", answer.text());
        assert!(answer.page().title().starts_with("Error: Anna"), "{}", answer.page().title());
    }
    let json = [("cookie", admin.cookie()), ("accept", "application/json".to_owned())];
    let headers: Vec<_> =
        json.iter().map(|(name, value)| (*name, value.as_str())).chain([SAME_ORIGIN]).collect();
    let answer = desk.post_with(&url, &[("reason", "4111111111111111")], &headers);
    assert_eq!((answer.status, answer.json()["errors"][0]["field"].as_str()), (422, Some("reason")));
    // Clerks cannot, and other sites cannot have an admin do it.
    assert_eq!(anna.post(&desk, &format!("/people/{ada_id}/disable"), &[]).status, 403);
    let cross = [("cookie", admin.cookie()), ("sec-fetch-site", "cross-site".to_owned())];
    let headers: Vec<_> = cross.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(desk.post_with(&url, &[], &headers).status, 403);
    assert_eq!(disabled(), [] as [i64; 0]);
    assert!(anna.is_known(&desk) && admin.is_known(&desk));
    let rows = desk.folder.database().rows("SELECT disabled_reason FROM people");
    assert!(rows.iter().flatten().all(|value| *value == Value::Null));
}
