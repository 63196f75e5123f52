//! Who may do what: every route with every method, for every role and for strangers.

use crate::harness::page::Page;
use crate::harness::people::{Browser, SAME_ORIGIN, SIGN_IN};
use crate::harness::program::{Desk, Folder, form};

/// The table of routes, as it is reviewed.
const TABLE: &str = include_str!(
    "../../src/http/router/snapshots/orders__http__router__tests__every_route_is_as_reviewed.snap"
);

/// Everybody who may ask, and what they may do.
const ROLES: [(&str, &[&str]); 5] = [
    ("viewer", &["SignedIn", "Read"]),
    ("clerk", &["SignedIn", "Read", "Write", "Export"]),
    ("auditor", &["SignedIn", "Read", "Audit"]),
    ("admin", &["SignedIn", "Read", "Write", "Export", "Audit", "Admin"]),
    ("clerk,auditor", &["SignedIn", "Read", "Write", "Export", "Audit"]),
];

struct Route {
    path: &'static str,
    /// Each method with the permission that it takes.
    methods: Vec<(&'static str, &'static str)>,
}

fn routes() -> Vec<Route> {
    let rows = TABLE.lines().filter(|line| line.starts_with('/'));
    let routes: Vec<Route> = rows
        .map(|row| {
            let (path, rest) = row.split_once(" (").unwrap();
            let methods = rest.split_once("): ").unwrap().1.split("; body").next().unwrap();
            Route { path, methods: methods.split(", ").map(|one| one.split_once(' ').unwrap()).collect() }
        })
        .collect();
    assert!(routes.len() > 25, "{TABLE}");
    routes
}

/// The permission that a request takes; none if there is no such route.
fn permission(routes: &[Route], method: &str, url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap();
    let fits = |route: &&Route| {
        let (own, given): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
        own.len() == given.len()
            && own
                .iter()
                .zip(&given)
                .all(|(own, given)| own == given || own.starts_with('{') && !given.is_empty())
    };
    // A route without a variable comes before one with it, as in the router.
    let mut all: Vec<_> = routes.iter().filter(fits).collect();
    all.sort_by_key(|route| route.path.matches('{').count());
    all.first()?.methods.iter().find(|(one, _)| *one == method).map(|(_, permission)| *permission)
}

fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// A desk with an order that is doubtful, shipped or to ship, as the forms of its page need it.
fn desk() -> Desk {
    let desk = Folder::seeded(30).open_with(&SIGN_IN);
    let admin = Browser::of(&desk.folder, "Ada", "admin");
    assert_eq!(admin.post(&desk, "/views?store=WEB", &[("name", "Web")]).status, 303);
    desk
}

#[test]
fn every_route_is_for_who_may_and_for_nobody_else() {
    let (desk, routes) = (desk(), routes());
    let reads = |method: &str| matches!(method, "GET" | "HEAD");
    let mut asked = 0;
    for Route { path, methods } in &routes {
        let url = path
            .replace("{number}", "7")
            .replace("{id}", "1")
            .replace("{name}", "desk.css")
            .replace("{session}", "1");
        let heads = methods.iter().filter(|(method, _)| *method == "GET").map(|(_, takes)| ("HEAD", *takes));
        for (method, takes) in methods.iter().copied().chain(heads) {
            let ask = |headers: &[(&str, &str)]| {
                let body = [("content-type", "application/x-www-form-urlencoded")];
                let (headers, body) = if reads(method) {
                    (headers.to_vec(), None)
                } else {
                    ([headers, &body].concat(), Some(&b""[..]))
                };
                desk.ask(method, &url, &headers, body)
            };
            // A stranger, and somebody whose session is unknown.
            let nobody = format!("__Host-orders-session={}", "BA".repeat(22).get(1..).unwrap());
            for headers in [&[][..], &[("cookie", nobody.as_str()), SAME_ORIGIN]] {
                if takes == "None" {
                    assert!(!is_refusal(ask(headers).status), "{method} {url}");
                    continue;
                }
                let before = desk.rows();
                let answer = ask(headers);
                if reads(method) {
                    assert_eq!(answer.status, 303, "{method} {url}");
                    assert!(
                        answer.location().starts_with("/sign-in"),
                        "{method} {url}: {}",
                        answer.location()
                    );
                } else {
                    assert_eq!(answer.status, 401, "{method} {url}: {}", answer.text());
                    assert!(answer.page().link("Sign in").is_some(), "{}", answer.text());
                }
                let json = ask(&[headers, &[("accept", "application/json")]].concat());
                assert_eq!(json.status, 401, "{method} {url}");
                assert!(json.header("www-authenticate").is_some(), "{method} {url}");
                assert!(desk.rows() == before, "{method} {url} changed something");
            }
            for (roles, may) in ROLES {
                // Of its own: some requests end a session.
                let browser = Browser::of(&desk.folder, roles, roles);
                let cookie = browser.cookie();
                let before = desk.rows();
                let answer = ask(&[("cookie", cookie.as_str()), SAME_ORIGIN]);
                asked += 1;
                if takes == "None" || may.contains(&takes) {
                    assert!(!is_refusal(answer.status), "{roles}: {method} {url}: {}", answer.text());
                    let is_led_away = answer.header("location").is_some_and(|to| to.starts_with("/sign-in"));
                    assert!(!is_led_away, "{roles}: {method} {url}");
                } else {
                    assert_eq!(answer.status, 403, "{roles}: {method} {url}");
                    assert!(desk.rows() == before, "{roles}: {method} {url} changed something");
                    if method != "HEAD" {
                        assert!(answer.page().says("You may not do that"), "{}", answer.text());
                    }
                }
                if takes != "None" {
                    assert_eq!(answer.header("cache-control"), Some("no-store"), "{roles}: {method} {url}");
                }
            }
        }
    }
    assert!(asked > 200, "{asked}");
}

/// Where a page's links and forms lead, on the desk itself: method and URL.
fn offers(page: Page<'_>) -> Vec<(&'static str, String)> {
    let own = |url: &String| url.starts_with('/') && !url.starts_with("/assets/");
    let links = page.links().into_iter().map(|(_, url)| url).filter(own).map(|url| ("GET", url));
    links.chain(page.actions().into_iter().map(|url| ("POST", url))).collect()
}

#[test]
fn nobody_is_offered_what_they_may_not_do() {
    let (desk, routes) = (desk(), routes());
    let pages = [
        "/",
        "/?store=WEB",
        "/?store=WEB&view=1",
        "/?store=WEB&product=R7&view=1",
        "/?warning=any",
        "/orders/1",
        "/orders/2",
        "/changes",
        "/changes?kind=added",
        "/keys",
        "/orders/9999",
        "/nowhere",
        "/account",
    ];
    let of_admins = ["/people", "/people/1"];
    for (roles, may) in ROLES {
        let browser = Browser::of(&desk.folder, roles, roles);
        let mut all = Vec::new();
        let of_admins = of_admins.into_iter().filter(|_| may.contains(&"Admin"));
        for path in pages.into_iter().chain(of_admins) {
            let mut answer = browser.get(&desk, path);
            // A list is spelled in one way.
            if answer.status == 302 {
                answer = browser.get(&desk, answer.location());
            }
            assert!(matches!(answer.status, 200 | 404), "{roles} {path}: {}", answer.status);
            for (method, url) in offers(answer.page()) {
                let takes = permission(&routes, method, &url);
                let takes = takes.unwrap_or_else(|| panic!("{path} leads to {method} {url}"));
                assert!(takes == "None" || may.contains(&takes), "{roles}: {path} offers {method} {url}");
                all.push(takes);
            }
        }
        for permission in ["Read", "Write", "Admin"] {
            assert_eq!(all.contains(&permission), may.contains(&permission), "{roles} {permission}");
        }
    }
}

#[test]
fn where_nobody_signs_in_there_is_no_page_for_it() {
    let desk = Desk::open();
    for path in ["/sign-in", "/sign-in/start", "/sign-in/callback", "/sign-out", "/account", "/people"] {
        assert_eq!(desk.get(path).status, 404, "{path}");
    }
    for path in
        ["/sign-out", "/account/end-others", "/account/1/end", "/people/1/disable", "/people/1/end-all"]
    {
        assert_eq!(desk.post(path, &[]).status, 404, "{path}");
    }
    let page = desk.get("/");
    assert!(!page.page().says("/account") && page.page().says("Add order"), "{}", page.text());
    assert_eq!(desk.post("/orders", &form(&[])).status, 303);
}
