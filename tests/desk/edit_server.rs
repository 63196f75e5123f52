//! Changing and cancelling orders when the connection to the server ends, at whatever moment.

use crate::azure_sql::{behind, on_server, proxy_of, uuid};
use crate::harness::program::{Answer, Desk, until};
use crate::harness::proxy::{Loss, Proxy};

/// Sends a form over one connection to the server, which ends at some request of it.
fn send_with(loss: Loss, desk: &Desk, proxy: &Proxy, path: &str, fields: &[(String, String)]) -> Answer {
    // The way is free, and the connection there.
    assert_eq!(desk.get("/").status, 200);
    proxy.count_requests(Some(loss));
    let answer = desk.send(path, fields);
    proxy.count_requests(None);
    answer
}

/// How many requests to the server it takes to send a form.
fn requests_of(desk: &Desk, proxy: &Proxy, path: &str, fields: &[(String, String)]) -> u32 {
    assert_eq!(desk.get("/").status, 200);
    proxy.count_requests(None);
    assert_eq!(desk.send(path, fields).status, 303);
    proxy.requests()
}

fn losses(requests: u32) -> impl Iterator<Item = Loss> {
    (1..=requests).flat_map(|nth| [Loss::Request(nth), Loss::Answer(nth)])
}

/// Changes that move the order to another year and back, and its customer with its card along.
fn changes(nth: usize) -> [(&'static str, String); 3] {
    let customer = uuid(6, u32::try_from(nth % 2).unwrap());
    let date = if nth.is_multiple_of(2) { "2023-12-31" } else { "2024-02-29" };
    [("product_quantity", (nth + 10).to_string()), ("order_date", date.to_owned()), ("user_id", customer)]
}

fn form(desk: &Desk, nth: usize) -> Vec<(String, String)> {
    let changes = changes(nth);
    let changes: Vec<_> = changes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    desk.edit_form(1, &changes)
}

#[test]
fn wherever_the_connection_ends_an_order_is_changed_once() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let desk = behind(&proxy, &folder, &[("ORDERS_DATABASE__CONNECTIONS", "1")]);
    desk.add(&[]);
    let requests = requests_of(&desk, &proxy, "/orders/1", &form(&desk, 0));
    assert!(requests >= 10, "{requests}");
    for (nth, loss) in (1..).zip(losses(requests)) {
        let fields = form(&desk, nth);
        let answer = send_with(loss, &desk, &proxy, "/orders/1", &fields);
        assert_eq!(answer.notice(&desk), "Order 1 changed.", "{loss:?}");
        let stored = folder.stored();
        stored.assert_sound();
        let row = stored.order(1);
        let expected = i64::try_from(nth).unwrap();
        assert_eq!((row.version, row.quantity), (expected + 2, expected + 10), "{loss:?}");
        let again = desk.send("/orders/1", &fields).notice(&desk);
        assert_eq!(again, "Order 1 had been changed already; the form was sent twice.", "{loss:?}");
        assert!(folder.stored() == stored, "{loss:?}");
    }
}

#[test]
fn wherever_the_connection_ends_an_order_is_cancelled_once() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let desk = behind(&proxy, &folder, &[("ORDERS_DATABASE__CONNECTIONS", "1")]);
    let asked = |number: i64| desk.get(&format!("/orders/{number}/cancel")).page().form(&[]);
    let number = desk.add(&[]);
    let requests = requests_of(&desk, &proxy, &format!("/orders/{number}/cancel"), &asked(number));
    for loss in losses(requests) {
        let number = desk.add(&[]);
        let (path, fields) = (format!("/orders/{number}/cancel"), asked(number));
        let answer = send_with(loss, &desk, &proxy, &path, &fields);
        assert_eq!(answer.notice(&desk), format!("Order {number} cancelled."), "{loss:?}");
        assert_eq!(folder.stored().kinds(number), ["added", "cancelled"], "{loss:?}");
    }
    folder.stored().assert_sound();
}

#[test]
fn a_clerk_who_cannot_be_told_whether_a_change_was_saved_may_send_the_form_again() {
    let Some(folder) = on_server() else { return };
    let proxy = proxy_of(&folder);
    let variables = [("ORDERS_DATABASE__CONNECTIONS", "1"), ("ORDERS_DATABASE__RETRY_SECONDS", "0")];
    let desk = behind(&proxy, &folder, &variables);
    desk.add(&[]);
    // Years and months that have no count yet take a request more.
    for nth in 0..2 {
        assert_eq!(desk.send("/orders/1", &form(&desk, nth)).status, 303);
    }
    // The last request of all is the COMMIT.
    let commit = requests_of(&desk, &proxy, "/orders/1", &form(&desk, 2));
    for (nth, loss, version) in [(3, Loss::Request(commit), 4), (4, Loss::Answer(commit), 6)] {
        let fields = form(&desk, nth);
        let answer = send_with(loss, &desk, &proxy, "/orders/1", &fields);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{loss:?}");
        let page = answer.page();
        assert!(page.says("may or may not be there") && !page.says("Nothing was saved"), "{}", answer.text());
        let again = page.form(&[]);
        let value = |name: &str| again.iter().find(|field| field.0 == name).map(|field| field.1.clone());
        assert_eq!(value("product_quantity"), Some((nth + 10).to_string()));
        assert_eq!(
            value("submission"),
            fields.iter().find(|field| field.0 == "submission").map(|f| f.1.clone())
        );
        until(|| folder.stored().order(1).version == version);
        until(|| desk.get("/").status == 200);
        assert_eq!(desk.send("/orders/1", &again).status, 303);
        let stored = folder.stored();
        stored.assert_sound();
        assert_eq!(stored.order(1).version, i64::try_from(nth).unwrap() + 2, "{loss:?}");
    }
}
