//! The question before an order is cancelled.

use serde::Serialize;
use uuid::Uuid;

use super::PageContext;
use super::facts::Facts;
use super::form::Entered;
use super::nav::Nav;
use super::text::{order_part_url, order_url};
use crate::order::{ListQuery, LocalTime, Note, NoteError, Order};

/// What `cancel.html` shows.
#[derive(Serialize)]
pub struct CancelPage {
    nav: Nav,
    title: String,
    number: i64,
    status: &'static str,
    status_label: &'static str,
    facts: Facts,
    order_version: i32,
    submission: String,
    order_url: String,
    cancel_url: String,
    problem: &'static str,
    /// What there is to know of it; empty if nothing.
    note: &'static str,
    reason: Entered,
    /// Whether somebody has to say that the reason holds no card number.
    asks_no_card: bool,
}

impl PageContext for CancelPage {
    const TEMPLATE: &'static str = "cancel.html";
}

impl CancelPage {
    /// The order in a version, and whether to cancel it.
    pub fn new(order: &Order, version: i32, list: &ListQuery, now: LocalTime) -> Self {
        let status = order.status(now);
        Self {
            nav: Nav::orders(list),
            title: format!("Cancel order {}?", order.number),
            number: order.number.get(),
            status: status.name(),
            status_label: status.label(),
            facts: Facts::new(order, status),
            order_version: version,
            submission: Uuid::new_v4().to_string(),
            order_url: order_url(order.number, list),
            cancel_url: order_part_url(order.number, "/cancel", list),
            problem: "",
            note: "",
            reason: Entered::default(),
            asks_no_card: false,
        }
    }

    /// The same with a reason as it was typed, and what is wrong with it.
    #[must_use]
    pub fn with_error(self, reason: &str, error: NoteError) -> Self {
        // What may be a card number is not shown again.
        let value = if Note::hides_a_card(reason) { String::new() } else { reason.to_owned() };
        Self {
            title: format!("Error: {}", self.title),
            reason: Entered { value, error: error.words("The reason") },
            asks_no_card: error == NoteError::LongNumber,
            ..self
        }
    }

    /// The same with the reason that was typed before the session ended.
    #[must_use]
    pub fn waited(self, reason: &str) -> Self {
        let note = "Not cancelled yet: this is the reason that you had typed before your session ended.";
        let reason = Entered { value: reason.to_owned(), error: String::new() };
        Self { note, reason, ..self }
    }

    /// The same after somebody else has changed the order.
    #[must_use]
    pub fn after_change(self) -> Self {
        Self {
            title: format!("Error: {}", self.title),
            problem: "Somebody has changed this order since you opened this page, so it was not cancelled. Look at it \
                      as it is now, then decide again.",
            ..self
        }
    }
}

#[cfg(test)]
impl CancelPage {
    pub(super) fn samples() -> Vec<Self> {
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let page = |order: &Order| Self::new(order, 2, &ListQuery::default(), now);
        super::list::sample_orders()
            .iter()
            .flat_map(|order| {
                let wrong = page(order).with_error("00378282246310005128", NoteError::LongNumber);
                [page(order), page(order).after_change(), wrong, page(order).waited("Ordered twice")]
            })
            .collect()
    }
}
