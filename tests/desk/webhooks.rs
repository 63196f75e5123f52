//! Order events on their way to webhooks: sent, refused, lost on the way, and sent again.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use crate::harness::database::Value;
use crate::harness::program::{Desk, Folder, assert_only_begun, form, until};
use crate::harness::receiver::{KEY, OTHER_KEY, Receiver, Reply, settings, variables};
use crate::harness::server_database::is_skipped_on_server;
use crate::metrics::value;

/// What stands in the outbox: order, version, state and tries, in the order of its writing.
pub fn outbox(folder: &Folder) -> Vec<(i64, i64, String, i64)> {
    let rows =
        folder.database().rows("SELECT order_number, version, state, attempts FROM outbox ORDER BY id");
    let row = |row: Vec<Value>| {
        let [order, version, state, attempts]: [Value; 4] = row.try_into().unwrap();
        (order.number(), version.number(), state.text(), attempts.number())
    };
    rows.into_iter().map(row).collect()
}

pub fn states(folder: &Folder) -> Vec<String> {
    outbox(folder).into_iter().map(|(_, _, state, _)| state).collect()
}

/// Waits until the outbox is in such states.
pub fn until_states(folder: &Folder, expected: &[&str]) {
    until(|| states(folder) == expected);
}

pub fn open(folder: &Folder, receiver: &Receiver) -> Desk {
    folder.open_with(&variables(&receiver.settings()))
}

/// An order, added by a form of its own.
fn add(desk: &Desk, nth: u32) -> i64 {
    desk.add(&[("user_id", &format!("2dcb6e7a-1f0e-4d0b-9d3a-{nth:012x}"))])
}

/// A command of `orders webhooks` with the settings of a desk that tells this receiver.
fn command(folder: &Folder, receiver: &Receiver, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = folder.orders(&[&["webhooks"], arguments].concat());
    command.envs(receiver.settings()).assert()
}

fn said(folder: &Folder, receiver: &Receiver, arguments: &[&str]) -> String {
    let assert = command(folder, receiver, arguments).success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Changes an order by its form.
fn change(desk: &Desk, order: i64) {
    assert_eq!(desk.edit(order, &[("product_quantity", "5")]).status, 303);
}

#[test]
fn an_order_is_announced_as_it_was_added() {
    let receiver = Receiver::new();
    let desk = Folder::new().open_with(
        &[&variables(&receiver.settings())[..], &[("ORDERS_DESK__TIME_ZONE", "Europe/Berlin")]].concat(),
    );
    desk.add(&[
        ("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d"),
        ("shipping_date", "2024-03-03 10:00:05"),
    ]);
    let [request] = &receiver.wait_for(1)[..] else { panic!("one request") };
    request.assert_sound();
    assert_eq!(request.path, "/orders");
    let mut json = request.json();
    let written = json["timestamp"].take();
    assert!(written.as_str().unwrap().ends_with('Z') && written.as_str().unwrap().len() == 20, "{written}");
    assert_eq!(
        json,
        serde_json::json!({
            "type": "order.created",
            "timestamp": null,
            "data": {
                "number": 1,
                "version": 1,
                "date_uuid": "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d",
                "user_id": "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2",
                "store_code": "HI-9B97EE4E",
                "product_code": "R7-3126933h",
                "product_quantity": 4,
                "order_date": "2024-03-01T09:30:00",
                "shipping_date": "2024-03-03T10:00:05",
                "delivery_date": null,
                "cancelled_at": null,
                "status": "shipped",
                "actor": { "type": "desk" },
                "action": null,
            },
        })
    );
    until_states(&desk.folder, &["delivered"]);
    let body = desk.folder.database().rows("SELECT body, message_id FROM outbox").remove(0);
    assert_eq!(body, [Value::Text(request.body.clone()), Value::Text(request.id().to_owned())]);
    let metrics = desk.get("/metrics");
    assert_eq!(value(&metrics, "orders_webhook_deliveries_total{result=\"delivered\"}"), "1");
}

#[test]
fn all_that_happens_to_an_order_is_told_one_after_the_other() {
    let receiver = Receiver::new();
    let desk = open(&Folder::new(), &receiver);
    let order =
        desk.add(&[("date_uuid", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d"), ("order_date", "2024-03-01")]);
    let customer = "11111111-1111-4111-8111-111111111111";
    let changes = [("product_quantity", "7"), ("user_id", customer), ("card_number", "378282246310005")];
    assert_eq!(desk.edit(order, &changes).status, 303);
    assert_eq!(desk.post(&format!("/orders/{order}/ship"), &[]).status, 303);
    let question = desk.get(&format!("/orders/{order}/cancel")).page().form(&[]);
    assert_eq!(desk.send(&format!("/orders/{order}/cancel"), &question).status, 303);
    let got = receiver.wait_for(4);
    for request in &got {
        request.assert_sound();
        assert!(!request.body.contains("0005") && !request.body.contains("amex"), "{}", request.body);
    }
    let said: Vec<serde_json::Value> = got.iter().map(crate::harness::receiver::Received::json).collect();
    let texts = |path: &str| -> Vec<String> {
        said.iter().map(|message| message.pointer(path).unwrap().to_string().replace('"', "")).collect()
    };
    assert_eq!(texts("/type"), ["order.created", "order.changed", "order.shipped", "order.cancelled"]);
    assert_eq!(texts("/data/version"), ["1", "2", "3", "4"]);
    assert_eq!(texts("/data/product_quantity"), ["4", "7", "7", "7"]);
    assert_eq!(texts("/data/user_id")[1..], [customer; 3]);
    assert_eq!(texts("/data/status"), ["to-ship", "to-ship", "shipped", "cancelled"]);
    let row = desk.stored().order(order).clone();
    let [shipped, cancelled] = [row.shipping_date, row.cancelled_at].map(|at| at.unwrap().replace(' ', "T"));
    assert_eq!(texts("/data/shipping_date"), ["null", "null", &shipped, &shipped]);
    assert_eq!(texts("/data/cancelled_at"), ["null", "null", "null", &format!("{cancelled}Z")]);
    assert_eq!(texts("/timestamp")[3], format!("{cancelled}Z"));
    let ids: BTreeSet<&str> = got.iter().map(crate::harness::receiver::Received::id).collect();
    assert_eq!(ids.len(), 4, "an event has an id of its own");
    until_states(&desk.folder, &["delivered"; 4]);
}

#[test]
fn what_is_refused_or_changes_nothing_is_not_told() {
    let receiver = Receiver::new();
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    for nth in 0..3 {
        add(&desk, nth);
    }
    let late = desk.edit_form(1, &[("product_quantity", "6")]);
    let late_question = desk.get("/orders/1/cancel").page().form(&[]);
    change(&desk, 1);
    let question = desk.get("/orders/2/cancel").page().form(&[]);
    assert_eq!(desk.send("/orders/2/cancel", &question).status, 303);
    assert_eq!(desk.post("/orders/3/ship", &[]).status, 303);
    receiver.wait_for(6);
    let requests: [(u16, &dyn Fn() -> crate::harness::program::Answer); 8] = [
        (422, &|| desk.edit(1, &[("product_quantity", "0")])),
        (409, &|| desk.send("/orders/1", &late)),
        (409, &|| desk.send("/orders/1/cancel", &late_question)),
        (303, &|| desk.edit(1, &[])),
        (303, &|| desk.send("/orders/2/cancel", &question)),
        (409, &|| desk.post("/orders/2/ship", &[])),
        (409, &|| desk.post("/orders/2", &[("version", "2"), ("product_quantity", "9")])),
        (303, &|| desk.post("/orders/3/ship", &[])),
    ];
    for (status, request) in requests {
        let answer = request();
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(outbox(&folder).len(), 6);
    }
    until_states(&folder, &["delivered"; 6]);
    assert_eq!(receiver.got().len(), 6);
}

#[test]
fn every_endpoint_is_told_and_none_of_anything_else() {
    let (one, other) = (Receiver::new(), Receiver::new());
    let urls = format!("{} {}?code=hunter2", one.url(), other.url());
    let folder = Folder::seeded(30);
    let desk =
        folder.open_with(&[&variables(&settings(&urls))[..], &[("ORDERS_LOG__LEVEL", "trace")]].concat());
    let submission = [("submission", "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d")];
    let first = desk.add(&submission);
    assert_eq!(desk.add(&submission), first, "the same form");
    assert_eq!(desk.post("/orders", &form(&[("store_code", "nowhere")])).status, 422);
    let taken = [("date_uuid", submission[0].1), ("product_quantity", "9")];
    assert_eq!(desk.post("/orders", &form(&taken)).status, 409);
    let last = add(&desk, 1);
    let told = [(first, 1), (last, 1)];
    for receiver in [&one, &other] {
        until(|| receiver.told().contains(&told[1]));
        assert_eq!(receiver.told(), told);
    }
    assert_eq!(other.got()[0].path, "/orders?code=hunter2");
    assert_eq!(one.got()[0].id(), other.got()[0].id(), "an event has one id");
    until_states(&folder, &["delivered"; 4]);
    let kept = format!("{:?}", folder.database().rows("SELECT * FROM outbox"));
    // Fewer digits might come by chance, in a UUID or a time.
    for secret in ["hunter2", "4111111", "1111 1111", "visa", "Visa", KEY] {
        assert!(!kept.contains(secret) && !folder.log().contains(secret), "{secret}");
    }
}

#[test]
fn without_webhooks_nothing_is_written() {
    let desk = Desk::open();
    desk.add(&[]);
    desk.folder.orders(&["seed", "--rows", "5"]).envs(settings("http://127.0.0.1:9/")).assert().success();
    assert_eq!(outbox(&desk.folder), []);
}

#[test]
fn what_is_not_taken_is_sent_again_as_the_same_message() {
    let mut tries = 0;
    let receiver = Receiver::with(move |_| {
        tries += 1;
        [Reply::Status(500), Reply::HangUp][..].get(tries - 1).copied().unwrap_or(Reply::Status(200))
    });
    let desk = open(&Folder::new(), &receiver);
    desk.add(&[]);
    let got = receiver.wait_for(2);
    let pause = got[1].at - got[0].at;
    assert!(pause >= Duration::from_secs(4), "{pause:?}");
    until(|| outbox(&desk.folder) == [(1, 1, "waiting".to_owned(), 2)] && is_free(&desk.folder));
    let listed = said(&desk.folder, &receiver, &["list"]);
    assert!(listed.contains("the connection broke off"), "{listed}");
    // The next pause is five minutes, unless somebody sees to it.
    said(&desk.folder, &receiver, &["resend", "1"]);
    let got = receiver.wait_for(3);
    for request in &got {
        request.assert_sound();
        assert_eq!((request.id(), &request.body), (got[0].id(), &got[0].body));
    }
    assert_ne!(got[0].header("webhook-timestamp"), got[2].header("webhook-timestamp"));
    until_states(&desk.folder, &["delivered"]);
    let metrics = desk.get("/metrics");
    assert_eq!(value(&metrics, "orders_webhook_deliveries_total{result=\"retry\"}"), "2");
    assert_eq!(value(&metrics, "orders_webhooks_waiting"), "0.0");
}

/// Whether nobody is sending anything.
pub fn is_free(folder: &Folder) -> bool {
    folder.database().number("SELECT COUNT(*) FROM outbox WHERE claimed_until IS NOT NULL") == 0
}

#[test]
fn a_receiver_that_says_how_long_it_wants_to_be_left_alone_is_left_alone() {
    let mut tries = 0;
    let receiver = Receiver::with(move |_| {
        tries += 1;
        if tries == 1 { Reply::With(429, "Retry-After: 3") } else { Reply::Status(200) }
    });
    let desk = open(&Folder::new(), &receiver);
    add(&desk, 1);
    // What is under way when the answer comes is not held back.
    let answered = "SELECT count(*) FROM outbox WHERE last_status = 429";
    until(|| desk.folder.database().number(answered) == 1);
    // Nor is it told anything else meanwhile.
    add(&desk, 2);
    let got = receiver.wait_for(3);
    assert!(got[1].at - got[0].at >= Duration::from_secs(2), "{:?}", got[1].at - got[0].at);
    until_states(&desk.folder, &["delivered"; 2]);
}

#[test]
fn a_receiver_that_is_gone_gets_nothing_until_somebody_says_so() {
    let receiver = Receiver::with(|_| Reply::Status(410));
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    let order = desk.add(&[]);
    until_states(&folder, &["failed"]);
    let listed = said(&folder, &receiver, &["list"]);
    assert!(listed.starts_with(&format!("{}: 0 waiting, 1 failed\n", receiver.url())), "{listed}");
    assert!(
        listed.contains("it answered 410 Gone: it wants no more messages; given up after 1 try"),
        "{listed}"
    );
    let metrics = desk.get("/metrics");
    assert_eq!(value(&metrics, "orders_webhooks_failed"), "1.0");
    assert_eq!(value(&metrics, "orders_webhook_deliveries_total{result=\"failed\"}"), "1");

    receiver.reply(|_| Reply::Status(200));
    let begun = "sending all messages again that were given up …\n";
    assert_eq!(
        said(&folder, &receiver, &["resend", "--failed"]),
        format!("{begun}1 message to be sent again\n")
    );
    until_states(&folder, &["delivered"]);
    assert_eq!(receiver.told(), [(order, 1), (order, 1)]);
    assert_eq!(said(&folder, &receiver, &["list"]), "no messages\n");
    assert!(said(&folder, &receiver, &["list", "--all"]).contains("  delivered  order.created"));
    assert_eq!(
        said(&folder, &receiver, &["resend", "--failed"]),
        format!("{begun}0 messages to be sent again\n")
    );
}

#[test]
fn redirects_are_not_followed() {
    let receiver = Receiver::with(|_| Reply::With(307, "Location: /elsewhere"));
    let desk = open(&Folder::new(), &receiver);
    desk.add(&[]);
    until(|| outbox(&desk.folder)[0].3 >= 1 && is_free(&desk.folder));
    let listed = said(&desk.folder, &receiver, &["list"]);
    assert!(listed.contains("it answered 307 Temporary Redirect: redirects are not followed; "), "{listed}");
    assert!(receiver.got().iter().all(|request| request.path == "/orders"));
}

#[test]
fn what_an_order_went_through_arrives_in_that_order() {
    let receiver = Receiver::with(|request| Reply::Status(if request.about().0 == 1 { 500 } else { 200 }));
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    let [held, other] = [add(&desk, 1), add(&desk, 2)];
    until(|| receiver.told().contains(&(other, 1)) && outbox(&folder)[0].3 == 1);
    for order in [held, other] {
        change(&desk, order);
    }
    // The other order's second event goes; this one's waits for its first.
    until(|| receiver.told().contains(&(other, 2)));
    assert!(!receiver.told().contains(&(held, 2)));
    assert!(
        said(&folder, &receiver, &["list"]).contains("waits for an earlier message about this order"),
        "{}",
        said(&folder, &receiver, &["list"])
    );
    receiver.reply(|_| Reply::Status(200));
    said(&folder, &receiver, &["resend", "1"]);
    until_states(&folder, &["delivered"; 4]);
    let told: Vec<_> = receiver.told().into_iter().filter(|(order, _)| *order == held).collect();
    let first_second = told.iter().position(|about| *about == (held, 2)).unwrap();
    assert_eq!(first_second, told.len() - 1, "{told:?}");
}

#[test]
fn what_was_given_up_holds_back_what_is_behind_it_until_it_is_discarded() {
    let receiver = Receiver::with(|_| Reply::Status(410));
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    let order = desk.add(&[]);
    until_states(&folder, &["failed"]);
    change(&desk, order);
    receiver.reply(|_| Reply::Status(200));
    let next = add(&desk, 1);
    until(|| receiver.told().contains(&(next, 1)));
    assert!(!receiver.told().contains(&(order, 2)));
    assert_eq!(said(&folder, &receiver, &["discard", "1"]), "discarding 1 message …\n1 message discarded\n");
    until_states(&folder, &["discarded", "delivered", "delivered"]);
    assert_eq!(receiver.told(), [(order, 1), (next, 1), (order, 2)]);
}

#[test]
fn a_silent_receiver_is_given_its_time_and_holds_up_nobody_else() {
    let (silent, other) = (Receiver::with(|_| Reply::Silence), Receiver::new());
    let folder = Folder::new();
    let desk = folder.open_with(&variables(&settings(&format!("{} {}", silent.url(), other.url()))));
    for nth in 0..30 {
        add(&desk, nth);
    }
    other.wait_for(30);
    let began = silent.wait_for(1)[0].at;
    assert!(began.elapsed() < Duration::from_secs(12), "the other was not held up");
    until(|| said(&folder, &silent, &["list"]).contains("it did not answer within 15 seconds; next try in"));
    assert!(began.elapsed() >= Duration::from_secs(14), "{:?}", began.elapsed());
}

#[test]
fn a_desk_that_is_killed_while_it_sends_sends_again() {
    let receiver = Receiver::with(|_| Reply::Silence);
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    for nth in 0..3 {
        add(&desk, nth);
    }
    receiver.wait_for(3);
    desk.kill();
    receiver.reply(|_| Reply::Status(200));
    assert_eq!(states(&folder), ["waiting"; 3]);
    assert!(said(&folder, &receiver, &["list"]).contains("being sent"));
    // As if the lease had run out.
    folder.database().execute("UPDATE outbox SET claimed_until = '2024-01-01 00:00:00'");
    let desk = open(&folder, &receiver);
    until_states(&folder, &["delivered"; 3]);
    let ids = |requests: &[crate::harness::receiver::Received]| -> BTreeSet<String> {
        requests.iter().map(|request| request.id().to_owned()).collect()
    };
    let got = receiver.got();
    assert_eq!(ids(&got[..3]), ids(&got[3..]));
    assert_eq!(got.len(), 6);
    desk.close();
}

#[test]
fn what_is_claimed_is_left_alone_until_the_lease_runs_out() {
    let receiver = Receiver::with(|_| Reply::Silence);
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    let claimed = desk.add(&[]);
    receiver.wait_for(1);
    desk.kill();
    receiver.reply(|_| Reply::Status(200));
    let desk = open(&folder, &receiver);
    let next = add(&desk, 1);
    until(|| receiver.told().len() == 2);
    assert_eq!(receiver.told(), [(claimed, 1), (next, 1)]);
    let kept = folder.database().rows("SELECT claimed_until FROM outbox WHERE order_number = 1");
    assert_ne!(kept, [[Value::Null]], "it is still claimed");
}

#[test]
fn two_desks_on_one_database_tell_everything_once() {
    let receiver = Receiver::with(|_| Reply::After(Duration::from_millis(5), 200));
    let folder = Folder::new();
    let desks = [open(&folder, &receiver), open(&folder, &receiver)];
    let numbers: BTreeSet<(i64, i64)> = std::thread::scope(|scope| {
        let adding = |at: u32| {
            let desk = &desks[at as usize % 2];
            move || (0..15).map(|nth| (add(desk, at * 100 + nth), 1)).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|at| scope.spawn(adding(at))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    until(|| states(&folder).iter().all(|state| state == "delivered"));
    let told = receiver.told();
    assert_eq!(told.len(), 60, "none twice");
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), numbers);
}

#[test]
fn what_waits_is_sent_after_a_restart() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/orders", listener.local_addr().unwrap());
    let address = listener.local_addr().unwrap();
    drop(listener);
    let folder = Folder::new();
    let desk = folder.open_with(&variables(&settings(&url)));
    for nth in 0..3 {
        add(&desk, nth);
    }
    until(|| {
        outbox(&folder).iter().all(|(_, _, state, tries)| state == "waiting" && *tries > 0)
            && is_free(&folder)
    });
    let listed = folder.orders(&["webhooks", "list"]).envs(settings(&url)).assert().success();
    let listed = String::from_utf8(listed.get_output().stdout.clone()).unwrap();
    assert!(listed.contains("it cannot be reached: Connection refused"), "{listed}");
    desk.close();
    // As if the pause were over.
    folder.database().execute("UPDATE outbox SET next_attempt_at = '2024-01-01 00:00:00'");
    let receiver = Receiver::on(TcpListener::bind(address).unwrap(), |_| Reply::Status(200));
    let desk = folder.open_with(&variables(&settings(&url)));
    until_states(&folder, &["delivered"; 3]);
    receiver.got().iter().for_each(crate::harness::receiver::Received::assert_sound);
    desk.close();
}

#[test]
fn a_desk_that_is_stopped_lets_arrive_what_is_under_way() {
    let receiver = Receiver::with(|_| Reply::After(Duration::from_secs(2), 200));
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    for nth in 0..20 {
        add(&desk, nth);
    }
    receiver.wait_for(8);
    desk.close();
    let sent = receiver.got().len();
    assert!(sent < 20, "nothing is begun after the signal");
    let delivered = states(&folder).iter().filter(|state| *state == "delivered").count();
    assert_eq!(delivered, sent, "{:?}", outbox(&folder));
    assert!(is_free(&folder));
}

#[test]
fn keys_are_replaced_without_a_message_that_somebody_cannot_check() {
    let receiver = Receiver::new();
    let folder = Folder::new();
    for (nth, keys, expected) in [
        (0, KEY.to_owned(), [true, false]),
        (1, format!("{OTHER_KEY} {KEY}"), [true, true]),
        (2, OTHER_KEY.to_owned(), [false, true]),
    ] {
        let variables = [("ORDERS_WEBHOOKS__URLS", receiver.url()), ("ORDERS_WEBHOOKS__SIGNING_KEY", keys)];
        let desk = folder.open_with(&crate::harness::receiver::variables(&variables));
        add(&desk, nth);
        let request = receiver.wait_for(nth as usize + 1).pop().unwrap();
        assert_eq!([KEY, OTHER_KEY].map(|key| request.is_signed_by(key)), expected);
        desk.close();
    }
}

#[test]
fn messages_for_an_endpoint_that_is_not_configured_stay_and_are_shown_as_such() {
    let gone = Receiver::with(|_| Reply::Status(500));
    let folder = Folder::new();
    let desk = open(&folder, &gone);
    desk.add(&[]);
    gone.wait_for(1);
    desk.close();
    let receiver = Receiver::new();
    let desk = open(&folder, &receiver);
    said(&folder, &receiver, &["resend", "1"]);
    add(&desk, 1);
    receiver.wait_for(1);
    let listed = said(&folder, &receiver, &["list"]);
    let summary = format!("{} (not configured: nothing is sent there): 1 waiting, 0 failed\n", gone.url());
    assert!(listed.contains(&summary), "{listed}");
    assert!(listed.contains("not sent: its endpoint is not configured any more"), "{listed}");
    assert_eq!(gone.got().len(), 1);
}

#[test]
fn only_what_is_open_can_be_sent_again_or_discarded() {
    let receiver = Receiver::with(|_| Reply::Status(500));
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    for nth in 0..2 {
        add(&desk, nth);
    }
    until(|| outbox(&folder).iter().all(|(_, _, _, tries)| *tries == 1) && is_free(&folder));
    desk.close();
    said(&folder, &receiver, &["discard", "1"]);
    let before = format!("{:?}", folder.database().rows("SELECT * FROM outbox ORDER BY id"));
    for arguments in [&["resend", "2", "1"][..], &["discard", "2", "1"], &["discard", "2", "99"]] {
        let refused = command(&folder, &receiver, arguments).code(1);
        assert_only_begun(refused.get_output());
        let words = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(words.starts_with("orders: nothing was changed: "), "{words}");
    }
    for arguments in
        [&["resend"][..], &["discard"], &["resend", "0"], &["resend", "x"], &["resend", "1", "--failed"]]
    {
        command(&folder, &receiver, arguments).code(2);
    }
    assert_eq!(format!("{:?}", folder.database().rows("SELECT * FROM outbox ORDER BY id")), before);
}

#[test]
fn what_was_settled_a_month_ago_is_deleted() {
    let receiver = Receiver::new();
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    for nth in 0..3 {
        add(&desk, nth);
    }
    until_states(&folder, &["delivered"; 3]);
    desk.close();
    folder.database().execute("UPDATE outbox SET settled_at = '2024-01-01 00:00:00' WHERE id < 3");
    // As if the hour between two purges had passed.
    folder.database().execute("UPDATE jobs SET claimed_until = NULL WHERE id = 0");
    let desk = open(&folder, &receiver);
    until(|| outbox(&folder).len() == 1);
    assert_eq!(outbox(&folder)[0].0, 3);
    assert_eq!(desk.stored().orders.len(), 3);
}

#[test]
fn settings_that_cannot_be_used_are_refused_without_a_word_of_them() {
    let folder = Folder::without_server();
    for (urls, key, complaint) in [
        ("https://hooks.example.com/", "", "webhooks.urls is set, but webhooks.signing_key is not"),
        ("http://hooks.example.com/hunter2", KEY, "must have URLs that begin with https://"),
        ("https://desk:hunter2@hooks.example.com/", KEY, "has a URL with a user or password"),
        ("https://hooks.example.com/", "hunter2", "must be whsec_ and 24 to 64 bytes in Base64"),
        ("https://hooks.example.com/", "whsec_hunter2", "must be whsec_ and 24 to 64 bytes in Base64"),
    ] {
        let mut command = folder.orders(&["config"]);
        command.env("ORDERS_WEBHOOKS__URLS", urls).env("ORDERS_WEBHOOKS__SIGNING_KEY", key);
        let refused = command.assert().code(1).stdout("");
        let words = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(words.contains(complaint) && words.lines().count() == 1, "{words}");
        assert!(!words.contains("hunter2"), "{words}");
    }
    let shown =
        folder.orders(&["config"]).envs(settings("https://hooks.example.com/a?code=hunter2")).assert();
    let shown = String::from_utf8(shown.success().get_output().stdout.clone()).unwrap();
    assert!(shown.contains("[\"https://hooks.example.com/a\"]") && shown.contains("\"•••\""), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains(KEY), "{shown}");
    assert!(folder.file_names().is_empty());
}

#[test]
fn a_message_that_is_committed_late_is_sent_although_newer_ones_were() {
    if is_skipped_on_server() {
        return;
    }
    let receiver = Receiver::new();
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    let second = folder.sqlite();
    // Ids are given before commits: 101 is delivered while 50 is not committed yet.
    second.execute_batch("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', 100)").unwrap();
    add(&desk, 1);
    until_states(&folder, &["delivered"]);
    second
        .execute_batch(
            "BEGIN IMMEDIATE; INSERT INTO outbox (id, message_id, endpoint, order_number, version, kind, body, created_at, \
             state, attempts, next_attempt_at) SELECT 50, '2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2', endpoint, order_number, 0, \
             'changed', body, created_at, 'waiting', 0, created_at FROM outbox WHERE id = 101",
        )
        .unwrap();
    until_states(&folder, &["delivered"]);
    second.execute_batch("COMMIT").unwrap();
    add(&desk, 2);
    until_states(&folder, &["delivered", "delivered", "delivered"]);
    assert_eq!(outbox(&folder)[0].1, 0, "the late one is among them");
}

#[test]
fn reopening_and_undoing_are_told_as_changes_of_what_the_order_is_then() {
    let receiver = Receiver::new();
    let folder = Folder::new();
    let desk = open(&folder, &receiver);
    add(&desk, 1);
    desk.post("/orders/1/cancel", &[("version", "1"), ("reason", "Sold out")]);
    desk.post("/orders/1/reopen", &[("version", "2")]);
    desk.post("/orders/1/undo", &[("version", "3")]);
    desk.post("/orders/1/undo", &[("version", "4")]);
    desk.edit(1, &[("note", "Only for the desk")]);
    until_states(&folder, &["delivered"; 6]);
    let bodies = folder.database().rows("SELECT body FROM outbox ORDER BY version");
    let bodies: Vec<serde_json::Value> =
        bodies.into_iter().map(|mut row| serde_json::from_str(&row.remove(0).text()).unwrap()).collect();
    let told: Vec<(&str, i64, bool)> = bodies
        .iter()
        .map(|body| {
            let data = &body["data"];
            let is_cancelled = !data["cancelled_at"].is_null();
            (body["type"].as_str().unwrap(), data["version"].as_i64().unwrap(), is_cancelled)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("order.created", 1, false),
            ("order.cancelled", 2, true),
            ("order.changed", 3, false),
            ("order.changed", 4, true),
            ("order.changed", 5, false),
            ("order.changed", 6, false),
        ]
    );
    for body in bodies {
        assert!(!body.to_string().contains("Only for the desk") && !body.to_string().contains("Sold out"));
    }
}
