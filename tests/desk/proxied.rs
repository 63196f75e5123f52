//! Behind proxies: whom a request is for, where it comes from, and what comes back.

use crate::harness::collector::Collector;
use crate::harness::database::Value;
use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::receiver::variables;
use crate::metrics::value;

const PUBLIC: &str = "https://orders.example.com";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A desk whose proxies are on this machine.
fn behind_proxies(more: &[(&str, &str)]) -> Desk {
    Desk::open_with(&[&[("ORDERS_SERVER__TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")], more].concat())
}

fn post(desk: &Desk, headers: &[(&str, &str)]) -> Answer {
    desk.post_with("/orders", &form(&[]), headers)
}

/// Who is recorded in the history of an order, its newest event first.
fn clients(desk: &Desk, number: i64) -> Vec<Vec<Value>> {
    let sql = format!("SELECT client FROM order_events WHERE order_number = {number} ORDER BY version DESC");
    desk.folder.database().rows(&sql)
}

fn text(text: &str) -> Vec<Value> {
    vec![Value::Text(text.to_owned())]
}

#[test]
fn the_public_urls_own_pages_may_save_whatever_host_the_proxy_asks_for() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__PUBLIC_URL", PUBLIC)]);
    let local = desk.address.to_string();
    for (host, origin) in [
        (&*local, PUBLIC),
        ("orders.example.com", PUBLIC),
        ("orders.example.com:443", PUBLIC),
        ("ORDERS.example.com", PUBLIC),
        ("orders.example.com", "https://Orders.Example.com:443"),
        ("orders.example.com.", "https://orders.example.com."),
        ("orders.example.com.:443", PUBLIC),
    ] {
        let answer = post(&desk, &[("host", host), ("origin", origin)]);
        assert_eq!(answer.status, 303, "{host} {origin}: {}", answer.text());
    }
    for (host, origin) in [
        (&*local, "https://evil.example"),
        (&*local, "http://orders.example.com"),
        (&*local, "https://orders.example.com:8443"),
        ("orders.example.com", "https://orders.example.com.evil.example"),
        ("orders.example.com", "null"),
    ] {
        desk.unchanged(403, origin, || post(&desk, &[("host", host), ("origin", origin)]));
    }
    let site = [("host", "orders.example.com"), ("origin", PUBLIC), ("sec-fetch-site", "cross-site")];
    desk.unchanged(403, "a browser that knows better", || post(&desk, &site));
}

#[test]
fn a_refusal_names_the_setting_that_lets_the_desks_own_pages_through() {
    let desk = Desk::open();
    let origin = [("origin", PUBLIC)];
    let page = desk.unchanged(403, "no public URL", || post(&desk, &origin));
    assert!(page.page().says("server.public_url"), "{}", page.text());
    let problem =
        desk.unchanged(403, "no public URL", || post(&desk, &[origin[0], ("accept", "application/json")]));
    assert!(problem.json()["detail"].as_str().unwrap().contains("server.public_url"), "{}", problem.text());
}

/// The cookie with the notice of an order that was added, and where it led.
fn notice_of(desk: &Desk, headers: &[(&str, &str)]) -> (String, Answer) {
    let answer = post(desk, headers);
    assert_eq!(answer.status, 303, "{}", answer.text());
    (answer.header("set-cookie").unwrap().to_owned(), answer)
}

#[test]
fn over_https_browsers_are_told_to_stay_there_and_the_cookie_is_for_https_alone() {
    let hsts = |answer: &Answer| answer.header("strict-transport-security").map(str::to_owned);
    let public = Desk::open_with(&[("ORDERS_SERVER__PUBLIC_URL", PUBLIC)]);
    let proxied = behind_proxies(&[("ORDERS_SERVER__HSTS_INCLUDE_SUBDOMAINS", "true")]);
    for (desk, headers, said) in [
        (&public, &[][..], "max-age=31536000"),
        (&proxied, &[("x-forwarded-proto", "https")], "max-age=31536000; includeSubDomains"),
        (&proxied, &[("forwarded", "for=192.0.2.7;proto=https")], "max-age=31536000; includeSubDomains"),
    ] {
        for path in ["/", "/nowhere", "/readyz", "/favicon.ico"] {
            assert_eq!(hsts(&desk.get_with(path, headers)).as_deref(), Some(said), "{path} {headers:?}");
        }
        let (cookie, added) = notice_of(desk, headers);
        let number = added.number();
        let name = format!("__Host-notice-orders-{number}");
        assert_eq!(cookie, format!("{name}=added; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"));
        let shown =
            desk.get_with(added.location(), &[headers, &[("cookie", &format!("{name}=added"))]].concat());
        assert!(shown.page().says("role=\"status\""), "{}", shown.text());
        let gone = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(shown.header("set-cookie"), Some(&*gone));
        let other = desk.get_with(added.location(), &[("cookie", "__Host-notice-orders-77=added")]);
        assert_eq!(other.header("set-cookie"), None, "the notice of another page");
    }
    let plain = Desk::open_with(&[("ORDERS_SERVER__PUBLIC_URL", "http://orders.example.com")]);
    for (desk, headers) in [
        (&plain, &[][..]),
        (&plain, &[("x-forwarded-proto", "https")]),
        (&proxied, &[]),
        (&proxied, &[("x-forwarded-proto", "http")]),
    ] {
        assert_eq!(hsts(&desk.get_with("/", headers)), None, "{headers:?}");
        let (cookie, added) = notice_of(desk, headers);
        let path = format!("/orders/{}", added.number());
        assert_eq!(cookie, format!("notice=added; Path={path}; Max-Age=60; HttpOnly; SameSite=Strict"));
    }
}

#[test]
fn a_request_names_one_host() {
    let desk = Desk::open();
    for (lines, status) in [
        ("Host: localhost\r\n", 200),
        ("Host: localhost\r\nHost: localhost\r\n", 400),
        ("Host: localhost\r\nHost: evil.example\r\n", 400),
        ("Host: local host\r\n", 400),
        ("Host: clerk@localhost\r\n", 400),
        ("", 400),
    ] {
        let mut wire = desk.connect();
        wire.send(format!("GET / HTTP/1.1\r\n{lines}\r\n")).unwrap();
        let answer = wire.answer().unwrap();
        assert_eq!(answer.status, status, "{lines:?}");
        if status == 400 {
            assert!(answer.page().says("does not name one host"), "{}", answer.text());
        }
    }
}

/// As `HAProxy` asks where `option httpchk` says no more.
#[test]
fn a_proxy_that_names_no_host_is_told_that_the_desk_is_there() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__PUBLIC_URL", PUBLIC)]);
    for (head, status) in
        [("OPTIONS / HTTP/1.0", 204), ("GET /readyz HTTP/1.0", 200), ("GET / HTTP/1.0", 421)]
    {
        let mut wire = desk.connect();
        wire.send(format!("{head}\r\n\r\n")).unwrap();
        assert_eq!(wire.answer().unwrap().status, status, "{head}");
    }
}

#[test]
fn log_and_history_have_the_client_behind_trusted_proxies() {
    let desk = behind_proxies(&[]);
    for (headers, client) in [
        (&[][..], "127.0.0.1"),
        (&[("x-forwarded-for", "192.0.2.7")], "192.0.2.7"),
        (&[("x-forwarded-for", "198.51.100.1, 192.0.2.7:4711, 10.1.2.3")], "192.0.2.7"),
        (&[("forwarded", "for=\"[2001:db8::7]:4711\";proto=https, for=10.1.2.3")], "2001:db8::7"),
        (&[("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.8")], "127.0.0.1"),
    ] {
        let answer = post(&desk, headers);
        let id = answer.header("x-request-id").unwrap().to_owned();
        let log = desk.folder.log();
        let line = log.lines().find(|line| line.contains(&id)).unwrap();
        assert!(
            line.contains(&format!("from={client:?}")) || line.contains(&format!("from={client} ")),
            "{line}"
        );
        assert_eq!(clients(&desk, answer.number()), [text(client)]);
        let page = desk.get(answer.location());
        let place = if client == "127.0.0.1" { "this machine" } else { client };
        assert!(page.text().contains(&format!(", from {place}</span>")), "{}", page.text());
    }
}

#[test]
fn who_is_no_trusted_proxy_names_nobody_else() {
    let desk = Desk::open_with(&[("ORDERS_SERVER__TRUSTED_PROXIES", "10.0.0.0/8")]);
    let answer = post(&desk, &[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")]);
    assert_eq!(clients(&desk, answer.number()), [text("127.0.0.1")]);
    assert!(!desk.folder.log().contains("192.0.2.7"), "{}", desk.folder.log());
}

#[test]
fn every_way_to_change_an_order_records_from_where() {
    let desk = behind_proxies(&[]);
    let number = post(&desk, &[("x-forwarded-for", "192.0.2.1")]).number();
    let path = format!("/orders/{number}");
    let send = |path: &str, fields: &[(String, String)], client: &str| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = desk.post_with(path, &fields, &[("x-forwarded-for", client)]);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
    };
    send(&path, &desk.edit_form(number, &[("product_quantity", "5")]), "192.0.2.2");
    let ship =
        desk.ask("POST", &format!("{path}/ship"), &[FORM, ("x-forwarded-for", "192.0.2.3")], Some(b""));
    assert_eq!(ship.status, 303, "{}", ship.text());
    let question = desk.get(&format!("{path}/cancel"));
    send(&format!("{path}/cancel"), &question.page().form(&[]), "192.0.2.4");
    let expected: Vec<_> = (1..=4).rev().map(|last| text(&format!("192.0.2.{last}"))).collect();
    assert_eq!(clients(&desk, number), expected);
}

#[test]
fn a_client_that_writes_too_fast_is_told_when_to_go_on() {
    // So few that the minute is not over before this test is.
    let desk = behind_proxies(&[("ORDERS_SERVER__WRITES_PER_MINUTE", "1")]);
    let from = |client: &'static str| [("x-forwarded-for", client)];
    assert_eq!(post(&desk, &from("192.0.2.7")).status, 303);
    let refused = [
        ("/orders", form(&[])),
        ("/add_order", form(&[])),
        ("/orders/1", vec![("version", "1")]),
        ("/orders/1/ship", vec![]),
        ("/webhooks/resend-failed", vec![]),
    ];
    for (path, fields) in &refused {
        let page = desk.unchanged(429, path, || desk.post_with(path, fields, &from("192.0.2.7")));
        let wait: u64 = page.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        let words = if wait == 1 { "in 1 second.".to_owned() } else { format!("in {wait} seconds.") };
        assert!(page.page().says("Nothing was saved.") && page.text().contains(&words), "{}", page.text());
        assert!(page.page().says("server.writes_per_minute"), "{}", page.text());
        assert!(page.page().says("reload this page"), "{}", page.text());
    }
    let json = [("x-forwarded-for", "192.0.2.7"), ("accept", "application/json")];
    let problem = desk.unchanged(429, "a program", || post(&desk, &json));
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert!(problem.json()["detail"].as_str().unwrap().contains("Nothing was saved."), "{}", problem.text());
    assert_eq!(value(&desk.get("/metrics"), "orders_writes_refused_total"), (refused.len() + 1).to_string());

    // Reading goes on, and so does everybody else; this machine is not counted.
    assert_eq!(desk.get_with("/", &from("192.0.2.7")).status, 200);
    assert_eq!(post(&desk, &from("192.0.2.8")).status, 303);
    for _ in 0..5 {
        desk.add(&[]);
    }
    for (client, status) in [("2001:db8::1", 303), ("2001:db8::ffff:1", 429), ("2001:db8:0:1::1", 303)] {
        assert_eq!(post(&desk, &from(client)).status, status, "{client}");
    }
}

#[test]
fn a_bound_of_nothing_is_none() {
    let desk = behind_proxies(&[("ORDERS_SERVER__WRITES_PER_MINUTE", "0")]);
    for _ in 0..5 {
        assert_eq!(post(&desk, &[("x-forwarded-for", "192.0.2.7")]).status, 303);
    }
}

#[test]
fn what_a_command_adds_came_from_nowhere() {
    let folder = Folder::seeded(1);
    let rows = folder.database().rows("SELECT client FROM order_events");
    assert_eq!(rows, [[Value::Null]]);
    let desk = folder.open();
    assert!(!desk.get("/orders/1").text().contains(", from "));
}

#[test]
fn a_span_has_the_client_and_how_it_came() {
    let collector = Collector::new();
    let desk = behind_proxies(&variables(&collector.settings()));
    desk.get_with("/orders/new", &[("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")]);
    let span = collector.wait_for("GET /orders/new");
    assert_eq!((span.attribute("client.address"), span.attribute("url.scheme")), ("192.0.2.7", "https"));
}
