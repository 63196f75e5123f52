//! What every answer has in common: its look, its headers, its bytes.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::harness::program::{Answer, Desk, Folder, form};

/// A request of every kind and the status that it is answered with.
fn of_every_kind(desk: &Desk) -> Vec<(u16, String, Answer)> {
    let stylesheet = desk.get("/").page().between("rel=\"stylesheet\" href=\"", "\"").unwrap().to_owned();
    let long = format!("/?page={}", "1".repeat(5000));
    let large = "x".repeat(70_000);
    let get = |status, path: &str| (status, path.to_owned(), desk.get(path));
    let post = |status, what: &str, answer| (status, what.to_owned(), answer);
    vec![
        get(200, "/"),
        get(200, "/orders/new"),
        get(200, "/orders/1"),
        get(200, "/healthz"),
        get(200, "/readyz"),
        get(200, "/metrics"),
        get(200, "/favicon.ico"),
        get(200, &stylesheet),
        get(302, "/?page=abc"),
        get(302, "/orders"),
        get(404, "/nowhere"),
        get(404, "/orders/0"),
        get(404, "/assets/desk.css"),
        get(405, "/add_order"),
        get(414, &long),
        post(303, "added", desk.post("/orders", &form(&[]))),
        post(400, "twice", desk.post("/orders", &[("store_code", "a"), ("store_code", "b")])),
        post(403, "elsewhere", desk.post_with("/orders", &form(&[]), &[("origin", "http://evil.example")])),
        post(405, "posted to the list", desk.post("/", &form(&[]))),
        post(405, "put", desk.ask("PUT", "/orders/1", &[], Some(b"x"))),
        post(405, "deleted", desk.ask("DELETE", "/orders/1", &[], None)),
        post(413, "large", desk.post("/orders", &form(&[("store_code", &large)]))),
        post(415, "no form", desk.ask("POST", "/orders", &[], Some(b"x"))),
        post(421, "another host", desk.get_with("/", &[("host", "evil.example")])),
        post(422, "broken rules", desk.post("/orders", &[])),
    ]
}

/// Whether a request id looks like one that the desk made.
fn is_made(id: &str) -> bool {
    let hex = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    id.strip_prefix('r')
        .and_then(|id| id.split_once('n'))
        .is_some_and(|(process, count)| hex(process) && hex(count))
}

#[test]
fn every_answer_carries_the_security_headers() {
    let desk = Folder::seeded(3).open();
    for (status, what, answer) in of_every_kind(&desk) {
        assert_eq!(answer.status, status, "{what}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}");
        }
        let permissions = answer.header("permissions-policy").unwrap();
        for denied in ["camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"] {
            assert!(permissions.contains(denied), "{what}: {permissions}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        for directive in
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(directive), "{what}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
        assert!(is_made(answer.header("x-request-id").unwrap()), "{what}");
        assert_eq!(answer.header("server"), None, "{what}");
    }
}

#[test]
fn pages_need_nothing_that_the_policy_forbids() {
    let desk = Folder::seeded(3).open();
    for (_, what, answer) in of_every_kind(&desk) {
        if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            let page = answer.text();
            for forbidden in
                [" style=", "<style", "javascript:", " onclick=", " onload=", "src=\"http", "href=\"http"]
            {
                assert!(!page.contains(forbidden), "{what} has {forbidden}");
            }
            assert!(page.split("<script").skip(1).all(|tag| tag.starts_with(" src=\"/assets/")), "{what}");
        }
    }
}

#[test]
fn what_shows_orders_is_kept_by_no_cache() {
    let desk = Folder::seeded(3).open();
    for (status, what, answer) in of_every_kind(&desk) {
        let is_asset = status == 200 && (what.starts_with("/assets/") || what == "/favicon.ico");
        assert_eq!(answer.header("cache-control") == Some("no-store"), !is_asset, "{what}");
    }
}

#[test]
fn errors_have_the_desks_own_look() {
    let desk = Folder::seeded(3).open();
    for (status, what, answer) in of_every_kind(&desk) {
        if status >= 400 && status != 422 {
            assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{what}");
            let page = answer.page();
            assert!(page.says(r#"<a class="brand" href="/">"#), "{what}");
            assert!(page.says(&format!("Error {status}")), "{what}");
            assert_eq!(page.link("Go to all orders").as_deref(), Some("/"), "{what}");
            assert!(
                page.says(answer.header("x-request-id").unwrap()),
                "{what}: the number to ask for help with"
            );
        }
    }
}

#[test]
fn programs_get_errors_as_problem_details() {
    let desk = Desk::open();
    let json = [("accept", "application/json")];
    let large = "x".repeat(70_000);
    for (status, answer) in [
        (404, desk.get_with("/orders/7", &json)),
        (404, desk.get_with("/nowhere", &[("accept", "application/problem+json")])),
        (405, desk.ask("DELETE", "/", &json, None)),
        (413, desk.post_with("/orders", &form(&[("store_code", &large)]), &json)),
        (415, desk.ask("POST", "/orders", &json, Some(b"{}"))),
        (403, desk.post_with("/orders", &form(&[]), &[json[0], ("origin", "null")])),
        (421, desk.get_with("/", &[json[0], ("host", "evil.example")])),
        (422, desk.post_with("/orders", &[], &json)),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{status}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert!(
            !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
        );
    }
    let browser = [("accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8")];
    assert!(desk.get_with("/nowhere", &browser).page().says("Page not found"));
}

#[test]
fn a_fault_of_the_desk_is_told_without_its_cause_which_is_logged_once() {
    let folder = Folder::seeded(3);
    let desk = folder.open();
    folder.database().execute("DROP TABLE order_counts");
    for path in ["/", "/orders/1"] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 500);
        assert!(answer.page().says("Something went wrong"));
        assert!(!answer.text().contains("order_counts"), "{}", answer.text());
        let id = answer.header("x-request-id").unwrap();
        let log = folder.log();
        let told: Vec<_> = log.lines().filter(|line| line.contains(id) && line.contains("ERROR")).collect();
        assert!(told.len() == 1 && told[0].contains("order_counts"), "{log}");
    }
    let post = desk.post("/orders", &form(&[]));
    assert_eq!(post.status, 500);
    assert!(!post.text().contains("order_counts") && !post.text().contains("4111"), "{}", post.text());
    let json = desk.get_with("/", &[("accept", "application/json")]);
    assert_eq!((json.status, json.json()["status"].as_u64()), (500, Some(500)));
    assert_eq!(desk.get("/healthz").status, 200);
    let orders = folder.database().number("SELECT COUNT(*) FROM orders");
    assert_eq!(orders, 3, "the order that could not be counted was not stored");
}

/// What a path says of itself.
fn options(desk: &Desk, path: &str) -> (u16, Option<String>) {
    let answer = desk.ask("OPTIONS", path, &[], None);
    assert_eq!(answer.body.is_empty(), answer.status == 204, "{path}");
    (answer.status, answer.header("allow").map(str::to_owned))
}

#[test]
fn a_slash_too_many_leads_to_the_address_without_it() {
    let desk = Folder::seeded(3).open();
    for (from, to) in [
        ("/orders/1/", "/orders/1"),
        ("/orders/1//", "/orders/1"),
        ("/orders/1/edit/?per_page=50", "/orders/1/edit?per_page=50"),
        ("/orders/new/", "/orders/new"),
        ("/orders/", "/orders"),
        ("/webhooks/", "/webhooks"),
        ("/readyz/", "/readyz"),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = desk.ask(method, from, &[], None);
            assert_eq!((answer.status, answer.location()), (308, to), "{method} {from}");
        }
        assert!(desk.get(to).status < 400, "{to}");
    }
    for path in ["//evil.example/", "//evil.example/orders/", "/nowhere/", "//", "/orders//edit/"] {
        let answer = desk.get(path);
        assert_eq!((answer.status, answer.header("location")), (404, None), "{path}");
    }
    desk.unchanged(404, "a form", || desk.post("/orders/", &form(&[])));
}

#[test]
fn a_method_that_does_not_work_is_told_which_do() {
    let desk = Folder::seeded(3).open();
    for (method, path, allowed) in [
        ("DELETE", "/", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("PUT", "/orders", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/orders/1", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/orders/1/edit", "GET, HEAD, OPTIONS"),
        ("PUT", "/orders/1/ship", "GET, HEAD, POST, OPTIONS"),
        ("PUT", "/orders/1/cancel", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/orders/new", "GET, HEAD, OPTIONS"),
        ("GET", "/add_order", "POST, OPTIONS"),
        ("HEAD", "/add_order", "POST, OPTIONS"),
        ("POST", "/webhooks", "GET, HEAD, OPTIONS"),
        ("GET", "/webhooks/1/resend", "POST, OPTIONS"),
        ("PUT", "/webhooks/1/discard", "POST, OPTIONS"),
        ("GET", "/webhooks/resend-failed", "POST, OPTIONS"),
        ("POST", "/readyz", "GET, HEAD, OPTIONS"),
    ] {
        assert_eq!(options(&desk, path), (204, Some(allowed.to_owned())), "{path}");
        let body = matches!(method, "POST" | "PUT" | "PATCH").then_some(&b""[..]);
        let answer = desk.ask(method, path, &[], body);
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{method} {path}");
    }
    let stored = desk.stored();
    assert_eq!(stored.orders.len(), 3);
}

#[test]
fn the_desk_as_a_whole_says_which_methods_it_knows() {
    let desk = Desk::open();
    let mut wire = desk.connect();
    wire.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let answer = wire.answer().unwrap();
    assert_eq!((answer.status, answer.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    assert_eq!(options(&desk, "/nowhere"), (404, None));
    wire.send("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(wire.answer().unwrap().status, 404);
}

#[test]
fn head_is_get_without_the_body() {
    let desk = Folder::seeded(60).open();
    let stylesheet = desk.get("/").page().between("rel=\"stylesheet\" href=\"", "\"").unwrap().to_owned();
    for path in [
        "/",
        "/?page=2",
        "/?page=abc",
        "/orders",
        "/orders/new",
        "/orders/1",
        "/orders/0",
        "/nowhere",
        "/healthz",
        "/readyz",
        "/favicon.ico",
        &stylesheet,
    ] {
        let (get, head) = (desk.get(path), desk.ask("HEAD", path, &[], None));
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.body, b"", "{path}");
        for name in ["content-type", "location", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
        let length = head.header("content-length").map(|length| length.parse::<usize>().unwrap());
        assert!(length.is_none_or(|length| length == get.body.len()), "{path}: {length:?}");
    }
    let mut wire = desk.connect();
    wire.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    wire.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let both = String::from_utf8(wire.rest()).unwrap();
    assert_eq!(both.matches("HTTP/1.1 200 OK").count(), 2, "{both}");
    assert!(!both.contains("<html") && both.ends_with("\r\n\r\nok\n"), "{both}");
}

#[test]
fn pages_are_compressed_for_whoever_takes_that() {
    let desk = Folder::seeded(60).open();
    let gzip = [("accept-encoding", "br;q=1.0, gzip;q=0.8")];
    for path in ["/", "/?page=2", "/orders/1"] {
        let (plain, packed) = (desk.get(path), desk.get_with(path, &gzip));
        assert_eq!(
            (plain.header("content-encoding"), packed.header("content-encoding")),
            (None, Some("gzip"))
        );
        assert!(packed.header("vary").unwrap().contains("accept-encoding"));
        assert!(packed.body.len() < plain.body.len(), "{path}");
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain.body, "{path}");
    }
    for plain in ["gzip;Q=0", "*;q=0", "gzip;q=0.5, identity;q=1"] {
        let answer = desk.get_with("/", &[("accept-encoding", plain)]);
        assert_eq!(answer.header("content-encoding"), None, "{plain}");
    }
    let refused = desk.get_with("/", &[("accept-encoding", "gzip;q=0, identity")]);
    assert_eq!(refused.header("content-encoding"), None);
}

#[test]
fn static_files_are_named_by_their_content_and_kept_for_ever() {
    let desk = Desk::open();
    let home = desk.get("/");
    let mut files: Vec<&str> = home.text().split('"').filter(|text| text.starts_with("/assets/")).collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let answer = desk.get(file);
        assert_eq!(answer.status, 200, "{file}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"), "{file}");
        let kind = answer.header("content-type").unwrap();
        let expected = match file.rsplit('.').next().unwrap() {
            "css" => "text/css",
            "js" => "text/javascript",
            _ => "image/svg+xml",
        };
        assert!(kind.starts_with(expected), "{file}: {kind}");
        let packed = desk.get_with(file, &[("accept-encoding", "gzip")]);
        if answer.body.len() > 1000 {
            assert_eq!(packed.header("content-encoding"), Some("gzip"), "{file}");
            let mut unpacked = Vec::new();
            GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == answer.body, "{file}");
        }
        let parts: Vec<&str> = file.split('.').collect();
        let other = format!("{}.00000000.{}", parts[0], parts[2]);
        assert_eq!(desk.get(&other).status, 404, "{other}");
    }
    for path in ["/assets/", "/assets/..%2f..%2fconfig.toml", "/assets/../config.toml"] {
        assert_eq!(desk.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_request_keeps_the_id_that_a_proxy_gave_it() {
    let desk = Desk::open();
    let id = "4f1e6a0c-behind-a-proxy";
    let answer = desk.get_with("/", &[("x-request-id", id)]);
    assert_eq!(answer.header("x-request-id"), Some(id));
    assert!(desk.folder.log().contains(id));
    for odd in ["short", "with spaces in it", "4111111111111111"] {
        let answer = desk.get_with("/", &[("x-request-id", odd)]);
        assert!(is_made(answer.header("x-request-id").unwrap()), "{odd}");
        assert!(!desk.folder.log().contains(odd), "{odd}");
    }
}

#[test]
fn each_request_is_one_line_of_the_log_without_its_query() {
    let desk = Desk::open();
    let id = desk.get("/?page=1&unknown=query-that-says-too-much").header("x-request-id").unwrap().to_owned();
    let log = desk.folder.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(lines.len(), 1, "{log}");
    for part in ["method=GET", "path=/", "status=200", "from="] {
        assert!(lines[0].contains(part), "{}", lines[0]);
    }
    assert!(!log.contains("too-much"), "{log}");
}

#[test]
fn the_log_is_json_in_production_and_silent_when_asked() {
    let folder = Folder::new();
    folder.orders(&["migrate"]).env("ORDERS_PROFILE", "prod").assert().success();
    let desk = folder.open_with(&[("ORDERS_PROFILE", "prod"), ("ORDERS_SERVER__DRAIN_SECONDS", "0")]);
    assert!(desk.announcement.contains("profile prod"), "{}", desk.announcement);
    let id = desk.get("/orders/7").header("x-request-id").unwrap().to_owned();
    desk.close();
    let log = folder.log();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let line = lines.iter().find(|line| line["request"] == id.as_str()).unwrap_or_else(|| panic!("{log}"));
    assert_eq!((&line["method"], &line["path"]), (&"GET".into(), &"/orders/7".into()));
    assert_eq!(line["status"], 404);

    let desk = Desk::open_with(&[("ORDERS_LOG__REQUESTS", "false")]);
    desk.get("/");
    assert!(desk.folder.log().is_empty(), "{}", desk.folder.log());
}
