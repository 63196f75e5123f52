//! What happened to an order, in words.

use std::net::IpAddr;

use serde::Serialize;

use super::job_name::{ImportNames, JobName};
use crate::order::{Change, Event, EventKind, Field, LocalTime, Order, grouped};

/// What happened to an order, newest first: what `history.html` shows.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct History(Vec<Line>);

impl History {
    pub(super) fn new(events: &[Event], imports: &ImportNames) -> Self {
        Self(events.iter().map(|event| Line::new(event, imports)).collect())
    }

    /// Only what happened after a version.
    pub(super) fn after(version: i32, events: &[Event]) -> Self {
        let later = events.iter().filter(|event| event.version > version);
        Self(later.map(|event| Line::new(event, &ImportNames::default())).collect())
    }
}

/// One entry of a history.
#[derive(Serialize)]
struct Line {
    at: String,
    by: String,
    /// The action on many orders that did it, or the import.
    job: Option<JobName>,
    client: String,
    what: &'static str,
    changes: Vec<String>,
}

impl Line {
    fn new(event: &Event, imports: &ImportNames) -> Self {
        Self {
            at: event.at.in_words(),
            by: event.by.words().into_owned(),
            job: event.job.map(|job| imports.of(job)),
            client: event.client.map(place).unwrap_or_default(),
            what: name(event.kind),
            changes: told(event),
        }
    }
}

/// What happened, in a word.
pub(super) fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Added => "Added",
        EventKind::Changed => "Changed",
        EventKind::Shipped => "Shipped",
        EventKind::Cancelled => "Cancelled",
        EventKind::Reopened => "Reopened",
        EventKind::Undone => "Undone",
    }
}

/// What an event changed, and why, in phrases.
pub(super) fn told(event: &Event) -> Vec<String> {
    let of_undo = event.cancellation().filter(|_| event.kind == EventKind::Undone);
    let cancelled = of_undo.map(|(_, after)| match after {
        Some(_) => "Cancelled again".to_owned(),
        None => "Not cancelled any more".to_owned(),
    });
    let reason = event.detail.reason.as_ref().map(|reason| format!("Reason: {}", reason.as_str()));
    event.changes.all().iter().map(sentence).chain(cancelled).chain(reason).collect()
}

/// Who cancelled an order and when, as a sentence; none if nobody did.
pub fn cancellation(order: &Order, history: &[Event]) -> Option<String> {
    let at = order.cancelled_at?.in_words();
    let event = history.iter().find(|event| event.kind == EventKind::Cancelled);
    let by = event.map(|event| format!(" by {}", event.by.words())).unwrap_or_default();
    let reason = event.and_then(|event| event.detail.reason.as_ref());
    let reason = reason.map(|reason| format!(" Reason: {}", reason.as_str())).unwrap_or_default();
    Some(format!("Order {} was cancelled{by} on {at}.{reason}", order.number))
}

/// A client, after "from".
pub(super) fn place(client: IpAddr) -> String {
    if client.is_loopback() { "this machine".to_owned() } else { client.to_string() }
}

/// A change as people say it: `Quantity from 4 to 5`.
fn sentence(change: &Change) -> String {
    let label = change.field.label();
    let name = if change.field == Field::CardNumber { "Card" } else { label };
    let [before, after] =
        [&change.before, &change.after].map(|value| value.as_deref().map(|v| words(change.field, v)));
    match (before, after) {
        (Some(before), Some(after)) if before == after => format!("{name} replaced by another {after}"),
        (Some(before), Some(after)) => format!("{name} from {before} to {after}"),
        (None, Some(after)) => format!("{name} set to {after}"),
        (Some(before), None) => format!("{name} taken away; it was {before}"),
        (None, None) => format!("{name} as it was"),
    }
}

/// A stored value as people read it; one that cannot be read stays as it is.
fn words(field: Field, value: &str) -> String {
    let read = match field {
        Field::OrderDate | Field::ShippingDate | Field::DeliveryDate => {
            LocalTime::parse(value).map(LocalTime::in_words)
        }
        Field::CardNumber => Change::card(value).map(|card| card.to_string()),
        Field::Quantity => value.parse().ok().map(grouped),
        _ => None,
    };
    read.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_words() {
        let told = |field, before: Option<&str>, after: Option<&str>| {
            sentence(&Change { field, before: before.map(str::to_owned), after: after.map(str::to_owned) })
        };
        assert_eq!(told(Field::Quantity, Some("4"), Some("1200")), "Quantity from 4 to 1,200");
        let date = "2024-03-03 10:00:00";
        assert_eq!(
            told(Field::ShippingDate, None, Some(date)),
            "Shipping date set to Sunday 3 March 2024, 10:00"
        );
        assert_eq!(
            told(Field::DeliveryDate, Some(date), None),
            "Delivery date taken away; it was Sunday 3 March 2024, 10:00"
        );
        let (visa, amex) = (Some("visa 1111"), Some("amex 0005"));
        assert_eq!(
            told(Field::CardNumber, visa, amex),
            "Card from Visa •••• 1111 to American Express •••• 0005"
        );
        assert_eq!(told(Field::CardNumber, visa, visa), "Card replaced by another Visa •••• 1111");
    }
}
