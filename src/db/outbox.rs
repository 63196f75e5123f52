//! The outbox: messages about order events, for the configured webhook endpoints.
//!
//! A message is composed in the transaction of the order's own write, so that it describes the order at that moment
//! and cannot be lost. No card data is in it: its body is made of an order's fields one by one.

use std::borrow::Cow;

use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::DbError;
use super::order_event::OrderEvent;
use crate::clock::Clock;
use crate::order::{Actor, EventKind, JobId, LocalTime, PersonId, Timestamp};

/// Composes messages for webhook endpoints, and notifies the workers that deliver them.
#[derive(Debug)]
pub struct Outbox {
    endpoints: Vec<String>,
    clock: Clock,
    written: watch::Sender<()>,
}

/// A message about one event, the same for every endpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct EventMessage {
    /// A UUID by which a receiver recognizes a duplicate.
    pub webhook_id: String,
    /// The JSON that is sent.
    pub body: String,
}

impl Outbox {
    /// An outbox for endpoints by their names; the clock decides an order's status.
    pub fn new(endpoints: Vec<String>, clock: Clock) -> Self {
        Self { endpoints, clock, written: watch::channel(()).0 }
    }

    /// An outbox without endpoints.
    pub fn silent() -> Self {
        Self::new(Vec::new(), Clock::new(chrono_tz::Tz::UTC))
    }

    /// The names of the endpoints.
    pub fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    /// Notifies the delivery workers of new messages.
    pub(super) fn notify(&self) {
        self.written.send_replace(());
    }

    /// Changes whenever there are new messages.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.written.subscribe()
    }

    /// The message about an event; none without endpoints.
    pub(super) fn compose(&self, event: &OrderEvent<'_>) -> Result<Option<EventMessage>, DbError> {
        if self.endpoints.is_empty() {
            return Ok(None);
        }
        let message = Message {
            kind: wire_type(event.kind),
            timestamp: utc(event.at),
            data: Data::new(event, self.clock.local_at(event.at)),
        };
        let body = serde_json::to_string(&message)
            .map_err(|error| DbError::Internal(format!("a message cannot be written: {error}")))?;
        Ok(Some(EventMessage { webhook_id: Uuid::new_v4().to_string(), body }))
    }
}

/// What an event is called on the wire. Whatever is neither added, shipped nor cancelled is a change: receivers go by
/// what the message says of the order.
pub fn wire_type(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Added => "order.created",
        EventKind::Changed | EventKind::Reopened | EventKind::Undone => "order.changed",
        EventKind::Shipped => "order.shipped",
        EventKind::Cancelled => "order.cancelled",
    }
}

/// The body, in the shape that Standard Webhooks recommends.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    number: i64,
    version: i32,
    date_uuid: &'a str,
    user_id: &'a str,
    store_code: &'a str,
    product_code: &'a str,
    product_quantity: i32,
    order_date: String,
    shipping_date: Option<String>,
    delivery_date: Option<String>,
    cancelled_at: Option<String>,
    status: &'static str,
    actor: WireActor<'a>,
    /// The number of the action on many orders that did it, if it was one.
    action: Option<i64>,
}

/// Who did it; the name is what they were called then, and the id stays.
#[derive(Serialize)]
struct WireActor<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i32>,
}

impl<'a> WireActor<'a> {
    fn new(by: &'a str, person: Option<PersonId>) -> Self {
        let (kind, name) = match Actor::stored(by) {
            Actor::Desk => ("desk", None),
            Actor::User(name, _) => ("user", Some(Cow::Owned(name.as_str().to_owned()))),
            Actor::Token(name) => ("token", Some(Cow::Owned(name.as_str().to_owned()))),
            Actor::Stranger | Actor::System(_) | Actor::Other(_) => ("system", Some(Cow::Borrowed(by))),
        };
        Self { kind, name, id: person.map(PersonId::get) }
    }
}

impl<'a> Data<'a> {
    fn new(OrderEvent { order, version, by, person, job, .. }: &'a OrderEvent<'_>, now: LocalTime) -> Self {
        Self {
            number: order.number.get(),
            version: *version,
            date_uuid: order.date_uuid.as_str(),
            user_id: order.user_id.shown(),
            store_code: order.store.as_str(),
            product_code: order.product.as_str(),
            product_quantity: order.quantity.get(),
            order_date: local(order.dates.ordered()),
            shipping_date: order.dates.shipped().map(local),
            delivery_date: order.dates.delivered().map(local),
            cancelled_at: order.cancelled_at.map(utc),
            status: order.status(now).name(),
            actor: WireActor::new(by, *person),
            action: job.map(JobId::get),
        }
    }
}

/// The business's time, which has no zone (ISO 8601).
fn local(time: LocalTime) -> String {
    time.iso().to_string()
}

/// RFC 3339.
fn utc(time: Timestamp) -> String {
    time.iso().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{DateUuid, Dates, EventDetail, Order, UserId};

    fn event(kind: EventKind) -> OrderEvent<'static> {
        let (order, _) = Order::sample();
        let time = |text| LocalTime::parse(text).unwrap();
        let shipped = Some(time("2026-03-03 14:00:00"));
        OrderEvent {
            version: 2,
            at: Timestamp::parse("2026-03-03 13:05:00").unwrap(),
            by: "desk",
            person: None,
            client: None,
            job: None,
            kind,
            changes: &[],
            detail: EventDetail::default(),
            submission: None,
            order: Order {
                date_uuid: DateUuid::parse("2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2").unwrap(),
                user_id: UserId::parse_recorded("NRQKZW\"J9OZ").unwrap(),
                dates: Dates::recorded(time("2026-03-01 09:30:00"), shipped, None),
                ..order
            },
        }
    }

    fn outbox() -> Outbox {
        Outbox::new(vec!["https://a.example/".to_owned()], Clock::new(chrono_tz::Tz::Europe__Berlin))
    }

    #[test]
    fn a_message_is_the_order_as_it_is_then() {
        let said = outbox().compose(&event(EventKind::Shipped)).unwrap().unwrap();
        assert_eq!(
            said.body,
            r#"{"type":"order.shipped","timestamp":"2026-03-03T13:05:00Z","data":{"number":7,"version":2,"date_uuid":"2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2","user_id":"NRQKZW\"J9OZ","store_code":"HI-9B97EE4E","product_code":"R7-3126933h","product_quantity":4,"order_date":"2026-03-01T09:30:00","shipping_date":"2026-03-03T14:00:00","delivery_date":null,"cancelled_at":null,"status":"shipped","actor":{"type":"desk"},"action":null}}"#
        );
        assert_eq!(Uuid::parse_str(&said.webhook_id).unwrap().get_version_num(), 4);
    }

    #[test]
    fn how_far_an_order_is_depends_on_the_businesss_clock() {
        let utc = Outbox::new(outbox().endpoints().to_vec(), Clock::new(chrono_tz::Tz::UTC));
        let said = utc.compose(&event(EventKind::Changed)).unwrap().unwrap();
        assert!(
            said.body.ends_with(r#""status":"to-ship","actor":{"type":"desk"},"action":null}}"#),
            "{}",
            said.body
        );
    }

    #[test]
    fn a_cancelled_order_says_since_when() {
        let mut event = event(EventKind::Cancelled);
        event.order.cancelled_at = Some(event.at);
        let said = outbox().compose(&event).unwrap().unwrap();
        assert!(
            said.body.ends_with(
                r#""cancelled_at":"2026-03-03T13:05:00Z","status":"cancelled","actor":{"type":"desk"},"action":null}}"#
            ),
            "{}",
            said.body
        );
    }

    #[test]
    fn who_did_it_is_told_by_name_and_by_an_id_that_stays() {
        for (by, person, told) in [
            ("user:Anna \"A\" Berg", PersonId::new(3), r#"{"type":"user","name":"Anna \"A\" Berg","id":3}"#),
            ("user:Anna", None, r#"{"type":"user","name":"Anna"}"#),
            ("token:scanner", None, r#"{"type":"token","name":"scanner"}"#),
            ("check", None, r#"{"type":"system","name":"check"}"#),
            ("another release", None, r#"{"type":"system","name":"another release"}"#),
        ] {
            let event = OrderEvent { by, person, ..event(EventKind::Changed) };
            let said = outbox().compose(&event).unwrap().unwrap();
            assert!(said.body.ends_with(&format!(r#","actor":{told},"action":null}}}}"#)), "{}", said.body);
        }
    }

    #[test]
    fn nothing_is_said_to_nobody() {
        assert_eq!(Outbox::silent().compose(&event(EventKind::Added)).unwrap(), None);
    }
}
