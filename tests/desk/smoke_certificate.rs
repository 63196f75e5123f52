//! `orders smoke` over TLS: the certificate, and what a gateway has to do.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::harness::crooked::{Exchange, Gateway};
use crate::harness::program::{Desk, Folder};
use crate::harness::tls::{Authority, days_ago, in_days, self_signed};
use crate::smoke::Told;

/// What the gateway of a cluster does: metrics are not to be had.
fn hide_metrics(exchange: &mut Exchange) {
    if exchange.is("GET /metrics") {
        exchange.status = 404;
    }
}

fn behind(desk: &Desk, tls: Arc<ServerConfig>, authority: &Authority, more: &[&str]) -> Told {
    let gateway = Gateway::with_tls(desk, tls, hide_metrics);
    let url = gateway.https();
    Told::trusting(&[&[url.as_str(), "--wait", "0"], more].concat(), Some(&authority.pem()))
}

#[test]
fn a_desk_behind_a_gateway_is_well() {
    let desk = Folder::seeded(3).open();
    let rows = desk.rows();
    let authority = Authority::new();
    let told = behind(&desk, authority.tls("localhost", in_days(61)), &authority, &[]);
    told.assert_well();
    let line = told.line("certificate");
    assert!(
        line.contains("valid for 61 days") && line.ends_with("issued by Test Root (Tests Ltd)"),
        "{line}"
    );
    assert!(told.line("headers").ends_with("transport security"), "{}", told.stdout);
    assert!(told.line("metrics").starts_with("ok"), "{}", told.stdout);
    assert_eq!(desk.rows(), rows);
}

#[test]
fn a_certificate_that_ends_soon_is_a_failure_while_all_else_works() {
    let desk = Folder::seeded(3).open();
    let authority = Authority::new();
    let soon = authority.tls("localhost", in_days(5));
    let told = behind(&desk, Arc::clone(&soon), &authority, &[]);
    told.assert_failed("certificate", "valid for 5 days");
    assert!(told.line("nothing stored").starts_with("ok"), "{}", told.stdout);
    behind(&desk, soon, &authority, &["--min-days", "5"]).assert_well();
}

/// Nothing is asked of a server that is not trusted: its word is worth nothing.
#[test]
fn a_certificate_that_is_not_trusted_is_a_failure_and_the_end() {
    let desk = Folder::seeded(3).open();
    let authority = Authority::new();
    for (tls, words) in [
        (authority.tls("localhost", days_ago(3)), "it has expired: valid until"),
        (authority.tls("elsewhere.example", in_days(60)), "it is for another name: valid until"),
        (
            Authority::called("Nobody").tls("localhost", in_days(60)),
            "its authority is not trusted here: valid until",
        ),
        (Authority::new().tls("localhost", in_days(60)), "it is not signed by whom it names: valid until"),
        (self_signed("localhost"), "issued by rcgen self signed cert"),
    ] {
        let told = behind(&desk, tls, &authority, &[]);
        let line = told.line("certificate");
        assert!(line.starts_with("failed ") && line.contains(words), "{words}: {}", told.all());
        assert!(told.line("health").contains("no connection by TLS"), "{}", told.all());
        assert_eq!((told.code, told.stdout.lines().count()), (1, 2), "{}", told.all());
    }
    assert!(!desk.folder.log().contains(" request "), "{}", desk.folder.log());
}

#[test]
fn who_speaks_no_tls_shows_no_certificate() {
    let desk = Desk::open();
    let told = Told::of(&[&format!("https://{}", desk.address), "--wait", "0"]);
    assert!(told.line("certificate").contains("no certificate was shown"), "{}", told.all());
    assert_eq!((told.code, told.stdout.lines().count()), (1, 2), "{}", told.all());
}

#[test]
fn a_gateway_that_forgets_its_part_is_found() {
    let desk = Folder::seeded(3).open();
    let authority = Authority::new();
    let tls = authority.tls("localhost", in_days(60));
    let gateway = Gateway::with_tls(&desk, Arc::clone(&tls), |e| {
        hide_metrics(e);
        e.set("strict-transport-security", "max-age=300");
    });
    let told = Told::trusting(&[&gateway.https()], Some(&authority.pem()));
    told.assert_failed("headers", "strict-transport-security is “max-age=300”, less than half a year");

    let gateway = Gateway::with_tls(&desk, tls, |_| {});
    let told = Told::trusting(&[&gateway.https()], Some(&authority.pem()));
    assert!(told.line("metrics").starts_with("warning "), "{}", told.stdout);
    assert!(told.code == 0 && told.stdout.contains("well but for a warning"), "{}", told.all());
}

#[test]
fn whoever_comes_without_tls_must_be_sent_on() {
    let desk = Folder::seeded(3).open();
    let authority = Authority::new();
    let gateway = Gateway::with_tls(&desk, authority.tls("localhost", in_days(60)), hide_metrics);
    let look = |status: u16, to: &str| {
        let to = to.to_owned();
        let plain = Gateway::new(&desk, move |e| {
            e.status = status;
            e.set("location", &to);
        });
        let port = plain.address.port().to_string();
        Told::trusting(&[&gateway.https(), "--http-port", &port], Some(&authority.pem()))
    };
    let told = look(301, &format!("{}/", gateway.https()));
    told.assert_well();
    assert!(told.stdout.contains("\n12 checks, all well"), "{}", told.stdout);
    assert!(told.line("without TLS").ends_with(&format!(" leads to {}", gateway.https())), "{}", told.stdout);
    for (status, to) in [
        (200, String::new()),
        (302, "https://elsewhere.example/".to_owned()),
        (302, format!("{}.elsewhere.example/", gateway.https())),
        (302, gateway.url()),
    ] {
        look(status, &to).assert_failed("without TLS", "and does not lead to https://localhost");
    }
    let told = Told::trusting(&[&gateway.https(), "--http-port", "1"], Some(&authority.pem()));
    told.assert_well();
    assert!(told.line("without TLS").contains("nobody answers at http://localhost:1"), "{}", told.stdout);
}
