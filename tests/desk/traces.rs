//! What of a request a collector of traces is told, and what not.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

use crate::harness::collector::{Collector, Seen, settings};
use crate::harness::program::{Desk, Folder, form};
use crate::harness::receiver::{Receiver, variables};
use crate::harness::server_database::server;
use crate::harness::vault_program::Tenant;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

const INTERNAL: i32 = 1;
const SERVER: i32 = 2;
const CLIENT: i32 = 3;

fn open(collector: &Collector) -> Desk {
    Desk::open_with(&variables(&collector.settings()))
}

/// Whatever is asked before this one has been traced when it has.
fn wait_for_all_before(desk: &Desk, collector: &Collector) {
    assert_eq!(desk.get("/webhooks").status, 200);
    collector.wait_for("GET /webhooks");
}

fn names(spans: &[Seen]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

fn system() -> &'static str {
    if server().is_some() { "microsoft.sql_server" } else { "sqlite" }
}

#[test]
fn a_request_is_a_span_with_its_parts() {
    let collector = Collector::new();
    let desk = open(&collector);
    let answer = desk.post("/orders", &form(&[]));
    let span = collector.wait_for("POST /orders");
    assert_eq!((span.kind, span.parent.as_str(), span.is_error), (SERVER, "", false));
    let port = desk.address.port().to_string();
    let expected: BTreeMap<String, String> = [
        ("client.address", "127.0.0.1"),
        ("http.request.method", "POST"),
        ("http.response.status_code", "303"),
        ("http.route", "/orders"),
        ("orders.request.id", answer.header("x-request-id").unwrap()),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("url.path", "/orders"),
        ("url.scheme", "http"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    assert_eq!(span.attributes, expected);

    let parts = collector.parts(&span);
    assert_eq!(names(&parts), ["insert_order"]);
    assert_eq!((parts[0].kind, parts[0].is_error), (CLIENT, false));
    assert_eq!(parts[0].attributes, [("db.system.name".to_owned(), system().to_owned())].into());
    let waits = collector.parts(&parts[0]);
    assert_eq!(names(&waits), ["wait for a connection"]);
    assert_eq!((waits[0].kind, waits[0].attributes.len()), (INTERNAL, 0));
    for (whole, part) in [(&span, &parts[0]), (&parts[0], &waits[0])] {
        assert_eq!(whole.trace, part.trace);
        let (outer, inner) = (&whole.nanoseconds, &part.nanoseconds);
        assert!(outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end);
    }
}

/// What the requests of a route asked of the database, the oldest first.
fn database_work(desk: &Desk, collector: &Collector, route: &str) -> Vec<Vec<String>> {
    wait_for_all_before(desk, collector);
    let mut requests: Vec<_> = collector.spans().into_iter().filter(|span| span.name == route).collect();
    requests.sort_by_key(|span| span.nanoseconds.start);
    requests
        .iter()
        .map(|request| collector.parts(request).into_iter().map(|part| part.name).collect())
        .collect()
}

/// Also where the answer is that somebody else has changed it: that stands in what was read.
#[test]
fn whoever_changes_an_order_reads_it_once() {
    let collector = Collector::new();
    let desk = open(&collector);
    let order = desk.add(&[]);
    let path = format!("/orders/{order}");
    let (form, late) = (desk.edit_form(order, &[("product_quantity", "5")]), [("product_quantity", "6")]);
    let late = desk.edit_form(order, &late);
    assert_eq!(desk.send(&path, &form).status, 303, "changed");
    assert_eq!(desk.send(&path, &form).status, 303, "sent twice");
    assert_eq!(desk.send(&path, &late).status, 409, "too late");
    let too_late = desk.post(&format!("{path}/cancel"), &[("version", "1")]);
    assert_eq!(too_late.status, 409, "cancelled too late");
    assert_eq!(desk.post(&format!("{path}/ship"), &[]).status, 303, "shipped");
    assert_eq!(
        database_work(&desk, &collector, "POST /orders/{number}"),
        [vec!["find_editable", "update_order"], vec!["find_editable"], vec!["find_editable"]]
    );
    assert_eq!(database_work(&desk, &collector, "POST /orders/{number}/cancel"), [["find_editable"]]);
    assert_eq!(
        database_work(&desk, &collector, "POST /orders/{number}/ship"),
        [["find_editable", "update_order"]]
    );
}

#[test]
fn the_sender_says_who_it_is() {
    let collector = Collector::new();
    let desk = open(&collector);
    desk.get("/");
    let span = collector.wait_for("GET /");
    // The views are kept for a moment then.
    assert_eq!(names(&collector.parts(&span)), ["list_views", "list_orders"]);
    for (name, value) in [
        ("service.name", "orders"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("deployment.environment.name", "dev"),
        ("telemetry.sdk.language", "rust"),
    ] {
        assert_eq!(span.resource[name], value);
    }
    assert!(!span.resource["service.instance.id"].is_empty());
    let (head, _) = collector.got().remove(0);
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
}

#[test]
fn only_what_the_desk_does_wrong_is_a_failure() {
    let collector = Collector::new();
    let desk = open(&collector);
    assert_eq!(desk.post("/orders", &form(&[("store_code", "nowhere")])).status, 422);
    let refused = collector.wait_for("POST /orders");
    assert_eq!((refused.attribute("http.response.status_code"), refused.is_error), ("422", false));
    assert_eq!(desk.get("/nowhere").status, 404);
    let nowhere = collector.wait_for("GET");
    assert_eq!((nowhere.attribute("http.response.status_code"), nowhere.is_error), ("404", false));
    assert!(!nowhere.attributes.contains_key("http.route") && !nowhere.attributes.contains_key("url.path"));

    let order = desk.add(&[]);
    desk.folder.database().rename_table("order_events", "away");
    assert_eq!(desk.get(&format!("/orders/{order}")).status, 500);
    let failed = collector.wait_for("GET /orders/{number}");
    assert_eq!((failed.attribute("error.type"), failed.is_error), ("500", true));
    let parts = collector.parts(&failed);
    assert_eq!((names(&parts), parts[0].is_error), (vec!["find_order"], true));
    assert_eq!(parts[0].attribute("error.type"), "refused");
}

#[test]
fn the_caller_decides_what_is_traced_and_a_line_in_the_log_leads_there() {
    let collector = Collector::new();
    let desk = Desk::open_with(&variables(&settings(&collector.url(), "0")));
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    assert_eq!(desk.get("/orders/new").status, 200);
    assert_eq!(desk.get_with("/", &[("traceparent", &sampled)]).status, 200);
    let span = collector.wait_for("GET /");
    assert_eq!((span.trace.as_str(), span.parent.as_str()), (TRACE, PARENT));
    let parts = collector.parts(&span);
    assert_eq!((names(&parts), parts[0].trace.as_str()), (vec!["list_views", "list_orders"], TRACE));
    assert!(collector.spans().iter().all(|span| span.trace == TRACE), "{:?}", collector.spans());
    let log = desk.folder.log();
    let traced: Vec<_> = log.lines().filter(|line| line.contains("trace=")).collect();
    assert!(traced.len() == 1 && traced[0].contains(&format!("trace=\"{TRACE}\"")), "{log}");
    assert!(traced[0].contains(span.attribute("orders.request.id")), "{log}");
}

#[test]
fn a_caller_that_wants_no_trace_gets_none() {
    let collector = Collector::new();
    let desk = open(&collector);
    let unsampled = format!("00-{TRACE}-{PARENT}-00");
    assert_eq!(desk.get_with("/", &[("traceparent", &unsampled)]).status, 200);
    assert_eq!(desk.get_with("/orders/new", &[("traceparent", "hunter2")]).status, 200);
    wait_for_all_before(&desk, &collector);
    assert!(collector.spans().iter().all(|span| span.name != "GET /" && span.trace != TRACE));
    assert_eq!(collector.wait_for("GET /orders/new").parent, "");
}

#[test]
fn probes_and_files_make_no_spans() {
    let collector = Collector::new();
    let desk = open(&collector);
    let page = desk.get("/orders/new");
    let asset = page.text().split("href=\"").find(|rest| rest.starts_with("/assets/")).unwrap();
    for path in ["/healthz", "/readyz", "/metrics", "/favicon.ico", asset.split('"').next().unwrap()] {
        assert_eq!(desk.get(path).status, 200, "{path}");
    }
    wait_for_all_before(&desk, &collector);
    let spans = collector.spans();
    let mut requests: Vec<_> = spans.iter().filter(|span| span.kind == SERVER).collect();
    requests.sort_by_key(|span| span.nanoseconds.start);
    let routes: Vec<_> = requests.iter().map(|span| span.attribute("http.route")).collect();
    assert_eq!(routes, ["/orders/new", "/webhooks"]);
    assert!(spans.iter().all(|span| span.kind == SERVER || !span.parent.is_empty()), "{spans:?}");
}

#[test]
fn nothing_that_was_typed_is_in_a_trace() {
    let collector = Collector::new();
    let receiver = Receiver::new();
    let variables_of_both = [collector.settings(), receiver.settings()].concat();
    let desk = Desk::open_with(&variables(&variables_of_both));
    let number = desk.add(&[]);
    assert_eq!(desk.edit(number, &[("card_number", "5555 5555 5555 4444")]).status, 303);
    assert_eq!(desk.post("/orders", &form(&[("card_number", "4111 1111 1111 1112")])).status, 422);
    let card = "4111111111111111";
    let state = format!("desk={card}");
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", sampled.as_str()), ("tracestate", &state), ("x-request-id", card)];
    let headers = [&headers[..], &[("user-agent", card), ("baggage", &state)]].concat();
    for path in
        ["/orders/4111111111111111", "/4111-1111-1111-1111", "/?q=4111111111111111", "/orders/new?4111"]
    {
        desk.get_with(path, &headers);
    }
    let mut wire = desk.connect();
    wire.send("X4111111111111111 / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(wire.answer().unwrap().status, 405);
    collector.wait_for("POST webhook");
    collector.wait_for("HTTP /");
    wait_for_all_before(&desk, &collector);
    for (_, body) in collector.got() {
        let body = String::from_utf8_lossy(&body);
        for typed in
            ["4111", "1111", "5555", "4444", "9B97EE4E", "3126933h", "2dcb6e7a", "2024-03-01", "orders.db"]
        {
            assert!(!body.contains(typed), "{typed} is in {body}");
        }
    }
    let other = collector.wait_for("HTTP /");
    assert_eq!(other.attribute("http.request.method"), "_OTHER");
}

#[test]
fn a_webhook_is_a_trace_of_its_own_and_tells_its_receiver() {
    let (collector, receiver) = (Collector::new(), Receiver::new());
    let desk = Desk::open_with(&variables(&[collector.settings(), receiver.settings()].concat()));
    desk.add(&[]);
    let span = collector.wait_for("POST webhook");
    assert_eq!((span.kind, span.parent.as_str(), span.is_error), (CLIENT, "", false));
    let names: Vec<_> = span.attributes.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "http.request.method",
            "http.request.resend_count",
            "http.response.status_code",
            "server.address",
            "server.port"
        ]
    );
    assert_eq!(
        (span.attribute("http.response.status_code"), span.attribute("server.address")),
        ("204", "127.0.0.1")
    );
    let told = receiver.wait_for(1).remove(0);
    told.assert_sound();
    assert_eq!(told.header("traceparent"), format!("00-{}-{}-01", span.trace, span.id));
}

#[test]
fn without_traces_nobody_is_called_and_nobody_is_told() {
    let (collector, receiver) = (Collector::new(), Receiver::new());
    let folder = Folder::new();
    let mut command = folder.program();
    command.arg("serve").envs(receiver.settings());
    command.env("OTEL_TRACES_SAMPLER", "always_on");
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        command.env(name, collector.url());
    }
    let desk = Desk::start(&folder, command);
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    desk.add(&[]);
    assert_eq!(desk.get_with("/", &[("traceparent", &sampled)]).status, 200);
    assert!(!receiver.wait_for(1)[0].headers.contains_key("traceparent"));
    desk.close();
    assert!(!folder.log().contains("trace="), "{}", folder.log());
    assert_eq!(collector.calls(), 0);
}

#[test]
fn opentelemetrys_own_variables_do_not_count() {
    let (collector, other) = (Collector::new(), Collector::new());
    let folder = Folder::new();
    let mut command = folder.program();
    command.arg("serve").envs(collector.settings());
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", other.url().as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
        ("OTEL_SERVICE_NAME", "hunter2"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=hunter2"),
    ] {
        command.env(name, value);
    }
    let desk = Desk::start(&folder, command);
    desk.get("/");
    let span = collector.wait_for("GET /");
    assert_eq!((span.attributes.len(), span.resource["service.name"].as_str()), (9, "orders"));
    let (head, body) = collector.got().remove(0);
    assert!(!head.contains("hunter2") && !String::from_utf8_lossy(&body).contains("hunter2"), "{head}");
    assert_eq!(other.calls(), 0);
}

#[test]
fn settings_that_cannot_be_are_refused_before_anything_begins() {
    let folder = Folder::without_server();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let own = format!("http://desk:hunter2@{}", listener.local_addr().unwrap());
    for (name, value, words) in [
        (
            "ORDERS_TRACES__ENDPOINT",
            "collector:4318",
            "setting traces.endpoint must be the URL of an OTLP receiver",
        ),
        ("ORDERS_TRACES__ENDPOINT", own.as_str(), "setting traces.endpoint has a user or password"),
        (
            "ORDERS_TRACES__ENDPOINT",
            "http://collector:4318/v1/traces",
            "setting traces.endpoint ends in /v1/traces",
        ),
        ("ORDERS_TRACES__SAMPLE_RATIO", "1.5", "setting traces.sample_ratio must be from 0 to 1, and is 1.5"),
        ("ORDERS_TRACES__SAMPLE_RATIO", "some", "setting traces.sample_ratio must be f64"),
        ("ORDERS_TRACES__ENDPOITN", "", "Did you mean ORDERS_TRACES__ENDPOINT?"),
    ] {
        let assert = folder.orders(&["serve"]).env(name, value).assert().code(1);
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(said.contains(words) && !said.contains("hunter2"), "{said}");
        assert!(folder.file_names().is_empty());
    }
}

#[test]
fn a_look_into_the_key_vault_is_a_trace_of_its_own() {
    let (tenant, collector) = (Tenant::furnished(), Collector::new());
    let desk = tenant.open_with(&variables(&collector.settings()));
    desk.signal("HUP");
    let span = collector.wait_for("fetch secrets");
    assert_eq!((span.kind, span.parent.as_str(), span.is_error), (CLIENT, "", false));
    assert_eq!(span.attributes, [("server.address".to_owned(), "orders.vault.azure.net".to_owned())].into());
    assert!(collector.parts(&span).is_empty());
    let bodies: Vec<_> = collector.got().into_iter().map(|(_, body)| body).collect();
    let bodies: Vec<_> = bodies.iter().map(|body| String::from_utf8_lossy(body)).collect();
    tenant.double.assert_nothing_told(&bodies.iter().map(AsRef::as_ref).collect::<Vec<_>>());
}
