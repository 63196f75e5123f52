//! The table, and what the desk makes of it: every route is asked with every method.

use std::sync::Arc;
use std::time::Duration;

use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::{Body, Endpoint, Request, Response};
use tempfile::TempDir;

use super::*;
use crate::clock::Clock;
use crate::config::TrustedProxies;
use crate::db::SqliteOptions;
use crate::http::{Exports, KeysInFlight, OwnViews, Policy, Readiness, Refusals, ViewCounts, WriteRate};
use crate::telemetry::{Metrics, Traces};
use crate::view::View;

const MAX_BODY_BYTES: usize = 2048;

/// A desk without a socket, and its database's folder.
struct Desk {
    state: Arc<AppState>,
    _folder: TempDir,
}

impl Desk {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::in_folder(folder.path(), 2);
        let state = AppState {
            db: Arc::new(options.open().unwrap()),
            view: View::new().unwrap(),
            clock: Clock::new(chrono_tz::UTC),
            metrics: Arc::new(Metrics::new()),
            traces: Traces::default(),
            readiness: Readiness::default(),
            keys_in_flight: KeysInFlight::default(),
            write_rate: WriteRate::per_minute(0),
            refusals: Refusals::default(),
            view_counts: ViewCounts::default(),
            own_views: OwnViews::default(),
            sign_in: None,
            exports: Exports::default(),
            policy: Policy {
                hosts: None,
                public_url: None,
                trusted_proxies: TrustedProxies::default(),
                hsts_include_subdomains: false,
                request_timeout: Duration::from_secs(30),
                max_body_bytes: MAX_BODY_BYTES,
                log_requests: false,
                late_days: 3,
                import_keep_days: 7,
                temporary_folder: None,
            },
        };
        Self { state: Arc::new(state), _folder: folder }
    }

    async fn answer(&self, method: &Method, path: &str, body_bytes: usize) -> Response {
        let request = Request::builder()
            .method(method.clone())
            .uri_str(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_LENGTH, body_bytes)
            .content_type("application/x-www-form-urlencoded")
            .body(Body::from_vec(vec![b'x'; body_bytes]));
        routes(&self.state, Share::All).get_response(request).await
    }

    /// How many requests were counted for a route.
    fn counted(&self, route: &str) -> u64 {
        let text = self.state.metrics.open_metrics().unwrap();
        let label = format!("{{route=\"{route}\"}} ");
        let count = |line: &str| {
            line.strip_prefix("orders_http_request_duration_seconds_count")?
                .strip_prefix(&label)?
                .parse()
                .ok()
        };
        text.lines().find_map(count).unwrap()
    }
}

/// A path that a route fits.
fn path_of(route: &Route) -> String {
    route.path.replace("{number}", "1").replace("{id}", "1").replace("{name}", "desk.css")
}

fn takes(route: &Route, method: &Method) -> bool {
    let wanted = if method == Method::HEAD { &Method::GET } else { method };
    route.methods.iter().any(|one| one.method == *wanted)
}

fn allowed(headers: &HeaderMap) -> Vec<&str> {
    headers[header::ALLOW].to_str().unwrap().split(", ").collect()
}

#[test]
fn every_route_is_as_reviewed() {
    let row = |route: &Route| {
        let methods: Vec<_> = route
            .methods
            .iter()
            .map(|RouteMethod { method, permission, .. }| format!("{method} {permission:?}"))
            .collect();
        let Limits { body_bytes, time, download, is_upload } = route.limits;
        let body = body_bytes.map_or("as configured".to_owned(), |bytes| format!("{bytes} bytes"));
        let time = match (time, download) {
            (_, Some(download)) => format!("{download:?} with its download"),
            (time, None) => time.map_or("as configured".to_owned(), |time| format!("{time:?}")),
        };
        let time = if is_upload { format!("{time} to come in") } else { time };
        format!("{} ({:?}): {}; body {body}, time {time}", route.path, route.kind, methods.join(", "))
    };
    insta::assert_snapshot!(ROUTES.iter().map(row).collect::<Vec<_>>().join("\n"));
}

/// What anybody may ask for who has not signed in. The list may only get shorter.
#[test]
fn no_other_routes_go_without_a_permission() {
    let open = |route: &'static Route| {
        let methods = route.methods.iter().filter(|method| method.permission == Permission::None);
        methods.map(|method| format!("{} {}", method.method, route.path))
    };
    insta::assert_snapshot!(ROUTES.iter().flat_map(open).collect::<Vec<_>>().join("\n"), @r"
    GET /sign-in
    GET /sign-in/start
    GET /sign-in/callback
    GET /sign-out
    POST /sign-out
    GET /assets/{name}
    GET /favicon.ico
    GET /healthz
    GET /readyz
    GET /metrics
    ");
}

#[test]
fn with_two_sockets_metrics_are_on_one_and_every_other_route_is_for_people() {
    let paths = |share: Share| share.routes().map(|route| route.path).collect::<Vec<_>>();
    assert_eq!(paths(Share::Ops), ["/healthz", "/readyz", "/metrics"]);
    let all: Vec<_> = ROUTES.iter().map(|route| route.path).collect();
    assert_eq!(paths(Share::All), all);
    let rest: Vec<_> = all.into_iter().filter(|path| *path != "/metrics").collect();
    assert_eq!(paths(Share::WithoutMetrics), rest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_route_answers_its_methods_and_names_them_to_all_others() {
    let desk = Desk::open();
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::OPTIONS,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::TRACE,
        Method::from_bytes(b"BREW").unwrap(),
    ];
    for route in ROUTES {
        let path = path_of(route);
        let expected: Vec<_> = methods
            .iter()
            .filter(|method| takes(route, method) || **method == Method::OPTIONS)
            .map(Method::as_str)
            .collect();
        for (place, method) in (1..).zip(&methods) {
            let answer = desk.answer(method, &path, 0).await;
            let status = answer.status();
            assert_eq!(desk.counted(route.path), place, "{method} {path} went elsewhere");
            match method {
                &Method::OPTIONS => assert_eq!(status, StatusCode::NO_CONTENT, "{path}"),
                method if takes(route, method) => {
                    assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                    assert!(!status.is_server_error(), "{method} {path}: {status}");
                    assert!(!answer.headers().contains_key(header::ALLOW), "{method} {path}");
                    continue;
                }
                _ => assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}"),
            }
            assert_eq!(allowed(answer.headers()), expected, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_takes_a_larger_body_than_the_table_says() {
    let desk = Desk::open();
    for route in ROUTES {
        let own = route.limits.body_bytes.unwrap_or(MAX_BODY_BYTES);
        for RouteMethod { method, .. } in route.methods {
            // A file comes in by POST alone.
            let is_page = route.limits.is_upload && method.is_safe();
            let bound = if is_page { MAX_BODY_BYTES } else { own };
            let path = path_of(route);
            let [within, beyond] =
                [desk.answer(method, &path, bound).await, desk.answer(method, &path, bound + 1).await];
            assert_ne!(within.status(), StatusCode::PAYLOAD_TOO_LARGE, "{method} {path}");
            assert_eq!(beyond.status(), StatusCode::PAYLOAD_TOO_LARGE, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fits_no_route_is_not_found_whatever_the_method() {
    let desk = Desk::open();
    for path in [
        "/nowhere",
        "/orders/1/edit/now",
        "/orders/1/collect",
        "/assets",
        "/assets/",
        "//",
        "/nowhere/",
        "/orders//edit/",
        "/%ff",
        "*",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let answer = desk.answer(&method, path, 0).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
            assert!(answer.headers().contains_key("x-request-id"), "{method} {path}");
        }
    }
    assert_eq!(desk.counted("unmatched"), 30);
    assert_eq!(desk.answer(&Method::OPTIONS, "/nowhere", 0).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_as_a_whole_says_what_its_routes_take() {
    let desk = Desk::open();
    let answer = desk.answer(&Method::OPTIONS, "*", 0).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(allowed(answer.headers()), ["GET", "HEAD", "POST", "OPTIONS"]);
}
