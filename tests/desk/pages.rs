//! Whole pages as they are sent, with what changes from run to run masked.

use crate::harness::program::{Answer, Desk, form};
use crate::harness::receiver::{Receiver, Reply, variables};
use crate::webhooks::until_states;

/// What changes from run to run, and what stands in snapshots instead.
const MASKS: [(&str, &str); 15] = [
    (r"(/assets/(?:desk|icon)\.)[^.]*", "${1}[hash]"),
    (r#"(<footer class="foot">Orders )[^<]*"#, "${1}[version]"),
    (r#"(name="submission" value=")[^"]*"#, "${1}[submission]"),
    (r#"(data-today=")[^"]*"#, "${1}[today]"),
    (r#"(name="order_date" type="text" value=")20(?:2[5-9]|[3-9])[^"]*"#, "${1}[today]"),
    (r#"(name="date" type="text" value=")[^"]*"#, "${1}[today]"),
    (r#"(name="card_kept" value=")[^"]*"#, "${1}[sealed]"),
    (r"(in this form until )[^<]*", "${1}[time]"),
    (r#"(by the desk<br><span class="quiet">)[^<]*"#, "${1}[moment]"),
    (r"(was cancelled by the desk on )[^.]*", "${1}[moment]"),
    (r#"(<span class="(?:age|late)">)[^<]*"#, "${1}[age]"),
    // On a busy machine there may be none.
    (r#" <span(?: class="quiet")?>[0-9,+]+</span>(</a>|</label>)"#, "${1}"),
    (r"(http://127\.0\.0\.1:)[^/]*", "${1}[port]"),
    (r#"(data-field="since">).*?(</td>)"#, "${1}[moment]${2}"),
    (r"(give this number:<br><code>)[^<]*", "${1}[request]"),
];

/// Asserts that a page is the one that was looked at and found good.
macro_rules! assert_page {
    ($name:literal, $answer:expr) => {
        insta::with_settings!({ filters => MASKS.to_vec() }, {
            insta::assert_snapshot!($name, whole(&$answer));
        })
    };
}

fn whole(answer: &Answer) -> String {
    format!("{} {}\n{}", answer.status, answer.header("content-type").unwrap(), answer.text())
}

/// A desk with three orders: to ship, shipped and delivered.
fn desk() -> Desk {
    let desk = Desk::open();
    for (uuid, changes) in [
        ("0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c51", &[][..]),
        (
            "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c52",
            &[("shipping_date", "2024-03-02 10:00"), ("product_quantity", "1200")],
        ),
        (
            "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c53",
            &[
                ("order_date", "2024-02-29 23:59:59"),
                ("shipping_date", "2024-03-02"),
                ("delivery_date", "2024-03-05 08:30"),
                ("store_code", "WEB-1388012W"),
                ("card_number", "378282246310005"),
            ],
        ),
    ] {
        desk.add(&[&[("date_uuid", uuid)], changes].concat());
    }
    desk
}

#[test]
fn the_list() {
    assert_page!("list", desk().get("/"));
    assert_page!("list_empty", Desk::open().get("/"));
}

#[test]
fn an_order() {
    let desk = desk();
    assert_page!("order", desk.get("/orders/2"));
    assert_page!("order_added", desk.get_with("/orders/3", &[("cookie", "notice=added")]));
}

#[test]
fn the_form() {
    let desk = desk();
    assert_page!("form", desk.get("/orders/new"));
    let mistakes = form(&[("order_date", "soon"), ("store_code", ""), ("product_quantity", "<0>")]);
    assert_page!("form_with_mistakes", desk.post("/orders", &mistakes));
    let taken = form(&[("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c51")]);
    assert_page!("form_taken", desk.post("/orders", &taken));
    assert_page!("form_asked", desk.post_as_clerk("/orders", &form(&[])));
}

#[test]
fn changing_an_order() {
    let desk = desk();
    assert_page!("edit", desk.get("/orders/2/edit"));
    let late = desk.edit_form(2, &[("product_quantity", "7"), ("card_number", "5555555555554444")]);
    let mistakes = desk.edit_form(2, &[("product_quantity", "<0>"), ("shipping_date", "soon")]);
    assert_page!("edit_with_mistakes", desk.send("/orders/2", &mistakes));
    let changes =
        [("product_quantity", "5"), ("delivery_date", "2024-03-05"), ("card_number", "378282246310005")];
    desk.edit(2, &changes);
    assert_page!("order_changed", desk.get_with("/orders/2", &[("cookie", "notice=changed")]));
    let question = desk.send("/orders/2", &late);
    assert_page!("conflict", question);
    assert_page!("edit_on_top", desk.send("/orders/2", &question.page().form(&[("answer", "on-top")])));
}

#[test]
fn cancelling_an_order() {
    let desk = desk();
    let question = desk.get("/orders/2/cancel");
    assert_page!("cancel", question);
    desk.edit(2, &[("product_quantity", "5")]);
    let again = desk.send("/orders/2/cancel", &question.page().form(&[]));
    assert_page!("cancel_again", again);
    desk.send("/orders/2/cancel", &again.page().form(&[]));
    assert_page!("order_cancelled", desk.get("/orders/2"));
    assert_page!("cancelled", desk.get("/orders/2/edit"));
}

#[test]
fn what_webhooks_did_not_deliver() {
    let receiver = Receiver::with(|_| Reply::Status(410));
    let desk = Desk::open_with(&variables(&receiver.settings()));
    desk.add(&[("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c51")]);
    until_states(&desk.folder, &["failed"]);
    assert_page!("webhooks", desk.get_with("/webhooks", &[("cookie", "notice=resent-1")]));
    desk.post("/webhooks/1/discard", &[]);
    assert_page!("webhooks_settled", desk.post("/webhooks/1/discard", &[]));
    assert_page!("webhooks_empty", Desk::open().get("/webhooks"));
}

#[test]
fn an_error() {
    let desk = Desk::open();
    assert_page!("not_found", desk.get("/orders/7"));
    let id = [("accept", "application/json"), ("x-request-id", "4f1e6a0c-proxy")];
    assert_page!("not_found_json", desk.get_with("/orders/7", &id));
    assert_page!("mistakes_json", desk.post_with("/orders", &form(&[("store_code", "")]), &id));
}
