//! The page of what webhooks did not deliver, and its buttons.

use crate::harness::program::{Desk, Folder, until};
use crate::harness::receiver::{Receiver, Reply, settings, variables};
use crate::webhooks::{is_free, open, outbox, states, until_states};

const JSON: [(&str, &str); 1] = [("accept", "application/json")];

/// A desk whose receiver has said that it wants no more, and the number of the order that it was told of.
fn with_failure() -> (Receiver, Desk, i64) {
    let receiver = Receiver::with(|_| Reply::Status(410));
    let desk = open(&Folder::new(), &receiver);
    let order = desk.add(&[("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d")]);
    until_states(&desk.folder, &["failed"]);
    (receiver, desk, order)
}

#[test]
fn the_page_is_there_and_found_where_it_is_of_use() {
    let desk = Desk::open();
    assert!(!desk.get("/").page().says("Webhooks"));
    let answer = desk.get("/webhooks");
    assert_eq!((answer.status, answer.page().title()), (200, "Webhooks · Orders"));
    assert!(answer.page().says("Nobody is told of orders"), "{}", answer.text());

    let receiver = Receiver::new();
    let urls = format!("{}?code=hunter2", receiver.url());
    let desk = Desk::open_with(&variables(&settings(&urls)));
    assert_eq!(desk.get("/").page().link("Webhooks").as_deref(), Some("/webhooks"));
    desk.add(&[]);
    until_states(&desk.folder, &["delivered"]);
    let answer = desk.get("/webhooks");
    assert!(answer.page().says("Nothing is left to deliver"), "{}", answer.text());
    assert!(!answer.page().says("hunter2") && !answer.page().says("Send all failed again"));
}

#[test]
fn what_was_not_delivered_is_shown_and_sent_again() {
    let (receiver, desk, order) = with_failure();
    let answer = desk.get("/webhooks");
    let page = answer.page();
    assert!(
        page.says("It answered 410 Gone: it wants no more messages; given up after 1 try."),
        "{}",
        answer.text()
    );
    assert!(page.says("0 waiting; 1 given up; newest first"), "{}", answer.text());
    for said in
        ["order.created", "href=\"/orders/1\"", "class=\"status failed\"", "action=\"/webhooks/1/resend\""]
    {
        assert!(page.says(said), "{said}: {}", answer.text());
    }
    receiver.reply(|_| Reply::Status(200));
    let sent = desk.post("/webhooks/1/resend", &[]);
    assert_eq!((sent.status, sent.location()), (303, "/webhooks"));
    assert_eq!(sent.notice(&desk), "Message 1 is due now.");
    assert!(!desk.get("/webhooks").page().says("role=\"status\""), "it is said once");
    until_states(&desk.folder, &["delivered"]);
    assert_eq!(receiver.told(), [(order, 1), (order, 1)]);
    assert!(desk.get("/webhooks").page().says("Nothing is left to deliver"));
}

#[test]
fn what_is_discarded_lets_the_next_go() {
    let (receiver, desk, order) = with_failure();
    assert_eq!(desk.edit(order, &[("product_quantity", "5")]).status, 303);
    let answer = desk.get("/webhooks");
    assert!(answer.page().says("Waits for an earlier message about this order."), "{}", answer.text());
    let places = ["message-2\"", "message-1\""].map(|id| answer.text().find(id).unwrap());
    assert!(places[0] < places[1], "newest first");
    receiver.reply(|_| Reply::Status(200));
    let discarded = desk.post("/webhooks/1/discard", &[]);
    assert_eq!((discarded.status, discarded.location()), (303, "/webhooks"));
    assert_eq!(discarded.notice(&desk), "Message 1 discarded. What it held back goes on.");
    until_states(&desk.folder, &["discarded", "delivered"]);
    assert_eq!(receiver.told(), [(order, 1), (order, 2)]);
}

#[test]
fn all_that_failed_is_sent_again_at_once() {
    let (receiver, desk, _) = with_failure();
    for nth in 1..3 {
        desk.add(&[]);
        until(|| states(&desk.folder).iter().filter(|state| *state == "failed").count() == nth + 1);
    }
    assert!(desk.get("/webhooks").page().says("Send all failed again"));
    receiver.reply(|_| Reply::Status(200));
    let sent = desk.post("/webhooks/resend-failed", &[]);
    assert_eq!((sent.status, sent.location()), (303, "/webhooks"));
    assert_eq!(sent.notice(&desk), "3 messages that had failed are due now.");
    until_states(&desk.folder, &["delivered"; 3]);
    let nothing = desk.unchanged(303, "nothing failed", || desk.post("/webhooks/resend-failed", &[]));
    assert_eq!(nothing.notice(&desk), "No message had failed. Nothing was changed.");
}

#[test]
fn nothing_is_done_for_another_site_or_to_what_is_not_there_or_settled() {
    let (receiver, desk, _) = with_failure();
    for path in ["/webhooks/1/resend", "/webhooks/1/discard", "/webhooks/resend-failed"] {
        for header in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")] {
            desk.unchanged(403, path, || desk.post_with(path, &[], &[header]));
        }
        desk.unchanged(405, path, || desk.get(path));
    }
    for id in ["2", "0", "x", "01", "9223372036854775807", "99999999999999999999"] {
        for deed in ["resend", "discard"] {
            let path = format!("/webhooks/{id}/{deed}");
            let answer = desk.unchanged(404, &path, || desk.post(&path, &[]));
            assert!(answer.page().says("There is no such message"), "{}", answer.text());
            assert_eq!(answer.page().link("Go to the webhooks").as_deref(), Some("/webhooks"));
        }
    }
    receiver.reply(|_| Reply::Status(200));
    desk.post("/webhooks/1/resend", &[]);
    until_states(&desk.folder, &["delivered"]);
    for deed in ["resend", "discard"] {
        let path = format!("/webhooks/1/{deed}");
        let answer = desk.unchanged(409, &path, || desk.post(&path, &[]));
        assert!(answer.page().says("Message 1 was delivered already"), "{}", answer.text());
        let problem = desk.unchanged(409, &path, || desk.post_with(&path, &[], &JSON)).json();
        assert_eq!(problem["title"], "Message 1 was delivered already");
    }
    assert_eq!(receiver.got().len(), 2);
}

#[test]
fn what_a_receiver_says_is_text_and_no_page() {
    let (_receiver, desk, _) = with_failure();
    desk.folder.database().execute("UPDATE outbox SET last_error = '<script>alert(1)</script>\"&'");
    let answer = desk.get("/webhooks");
    assert!(!answer.page().says("<script>alert"), "{}", answer.text());
    assert!(answer.page().says("&lt;script&gt;alert(1)"), "{}", answer.text());
}

#[test]
fn an_endpoint_that_is_not_configured_is_marked_and_only_discarding_is_offered() {
    let (_receiver, desk, _) = with_failure();
    let folder = desk.folder.clone();
    desk.close();
    let desk = folder.open();
    assert!(!desk.get("/").page().says("Webhooks"));
    let answer = desk.get("/webhooks");
    let page = answer.page();
    assert!(page.says("<small>not configured</small>"), "{}", answer.text());
    assert!(page.says("/webhooks/1/discard") && !page.says("/webhooks/1/resend"), "{}", answer.text());
    assert_eq!(desk.post("/webhooks/1/discard", &[]).status, 303);
    assert!(desk.get("/webhooks").page().says("Nobody is told of orders"));
}

#[test]
fn many_messages_are_cut_into_pages() {
    let receiver = Receiver::with(|_| Reply::Status(500));
    let desk = open(&Folder::new(), &receiver);
    desk.add(&[]);
    until(|| outbox(&desk.folder)[0].3 == 1 && is_free(&desk.folder));
    let folder = desk.folder.clone();
    desk.close();
    folder.database().execute("UPDATE outbox SET next_attempt_at = '2099-01-01 00:00:00'");
    for version in 2..=120 {
        folder.database().execute(&format!(
            "INSERT INTO outbox (message_id, endpoint, order_number, version, kind, body, created_at, state, attempts, \
             next_attempt_at) SELECT message_id, endpoint, order_number, {version}, 'changed', body, created_at, state, \
             0, next_attempt_at FROM outbox WHERE version = 1"
        ));
    }
    let desk = open(&folder, &receiver);
    let (mut path, mut shown) = (Some("/webhooks".to_owned()), Vec::new());
    while let Some(at) = path {
        let answer = desk.get(&at);
        assert!(answer.page().says("120 waiting"), "{}", answer.text());
        let ids = answer.text().split("id=\"message-").skip(1);
        shown.push(ids.map(|id| id.split('"').next().unwrap().parse::<i64>().unwrap()).collect::<Vec<_>>());
        assert_eq!(answer.page().link("Newest").is_some(), shown.len() > 1);
        path = answer.page().link("Older");
    }
    assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    let all = shown.concat();
    assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
    assert_eq!(desk.get("/webhooks?before=1").location(), "/webhooks");
}
