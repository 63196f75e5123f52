//! The page of webhook messages that are not delivered yet.

use serde::Serialize;

use super::PageContext;
use super::message::{MessageNotice, span, standing};
use super::nav::Nav;
use super::text::order_url;
use crate::db::{Backlog, MessageState, OutboxMessage};
use crate::order::{ListQuery, Timestamp, grouped};

pub const WEBHOOKS_URL: &str = "/webhooks";

/// What `webhooks.html` shows.
#[derive(Serialize)]
pub struct WebhooksPage<'a> {
    nav: Nav,
    title: &'static str,
    notice: String,
    notice_kind: &'static str,
    endpoints: &'a [String],
    is_empty: bool,
    summary: String,
    resend_failed_url: Option<String>,
    messages: Vec<MessageLine<'a>>,
    newest_url: Option<&'static str>,
    older_url: Option<String>,
}

/// A message in the table.
#[derive(Serialize)]
struct MessageLine<'a> {
    id: i64,
    kind: &'static str,
    order: i64,
    order_url: String,
    endpoint: &'a str,
    is_configured: bool,
    since: String,
    age: String,
    tries: String,
    state: &'static str,
    why: String,
    resend_url: Option<String>,
    discard_url: String,
}

/// Some messages that are not settled, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a> {
    pub some: &'a [OutboxMessage],
    /// Whether newer ones are on other pages.
    pub has_newer: bool,
    pub has_older: bool,
}

impl PageContext for WebhooksPage<'_> {
    const TEMPLATE: &'static str = "webhooks.html";
}

impl<'a> WebhooksPage<'a> {
    /// Some messages and how many there are, for a desk that tells these endpoints.
    pub fn new(
        messages: Messages<'a>,
        backlog: &Backlog,
        endpoints: &'a [String],
        notice: Option<MessageNotice>,
        now: Timestamp,
    ) -> Self {
        let Messages { some, has_newer, has_older } = messages;
        let last = some.last().filter(|_| has_older);
        Self {
            nav: Nav::webhooks(),
            title: "Webhooks",
            notice: notice.map(MessageNotice::sentence).unwrap_or_default(),
            notice_kind: notice.map_or("", MessageNotice::kind),
            endpoints,
            is_empty: some.is_empty(),
            summary: summary(backlog, now),
            resend_failed_url: (backlog.failed() > 0).then(|| format!("{WEBHOOKS_URL}/resend-failed")),
            messages: some.iter().map(|message| MessageLine::new(message, endpoints, now)).collect(),
            newest_url: has_newer.then_some(WEBHOOKS_URL),
            older_url: last.map(|message| format!("{WEBHOOKS_URL}?before={}", message.id)),
        }
    }
}

/// How much is not settled, as a sentence without its full stop.
fn summary(backlog: &Backlog, now: Timestamp) -> String {
    let (waiting, failed) = (grouped(backlog.waiting()), grouped(backlog.failed()));
    let age = backlog.oldest_waiting.map(|oldest| ago(oldest, now));
    let longest = age.map(|age| format!(", the longest for {age}")).unwrap_or_default();
    format!("{waiting} waiting{longest}; {failed} given up; newest first")
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    span((now.get() - then.get()).num_seconds())
}

impl<'a> MessageLine<'a> {
    fn new(message: &'a OutboxMessage, endpoints: &[String], now: Timestamp) -> Self {
        let is_configured = endpoints.contains(&message.endpoint);
        let url = |deed: &str| format!("{WEBHOOKS_URL}/{}/{deed}", message.id);
        Self {
            id: message.id.get(),
            kind: message.wire_type(),
            order: message.order.get(),
            order_url: order_url(message.order, &ListQuery::default()),
            endpoint: &message.endpoint,
            is_configured,
            since: message.created_at.in_words(),
            age: ago(message.created_at, now),
            tries: grouped(message.attempts.into()),
            state: if message.state == MessageState::Failed { "failed" } else { "waiting" },
            why: capitalized(&standing(message, is_configured, now)),
            // Nothing is sent to an endpoint that nobody configured.
            resend_url: is_configured.then(|| url("resend")),
            discard_url: url("discard"),
        }
    }
}

/// A sentence from words that have no full stop.
fn capitalized(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| format!("{}{}.", first.to_uppercase(), rest.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod samples {
    use super::super::message::sample_messages;
    use super::*;
    use crate::db::{EndpointCount, MessageId};

    impl WebhooksPage<'static> {
        pub(in crate::view) fn samples() -> Vec<Self> {
            let now = Timestamp::parse("2026-03-03 12:05:30").unwrap();
            let endpoint = "https://hooks.example.com/orders".to_owned();
            let endpoints: &'static [String] = vec![endpoint.clone()].leak();
            let messages: &'static [OutboxMessage] = sample_messages().leak();
            let count = EndpointCount { endpoint, waiting: 1200, failed: 1 };
            let backlog = Backlog {
                endpoints: vec![count],
                oldest_waiting: messages.first().map(|message| message.created_at),
            };
            let some = Messages { some: messages, has_newer: true, has_older: true };
            let none = Messages { some: &[], has_newer: false, has_older: false };
            let resent = MessageId::parse("7").map(MessageNotice::Resent);
            vec![
                Self::new(some, &backlog, endpoints, resent, now),
                Self::new(Messages { has_newer: false, ..some }, &backlog, &[], None, now),
                Self::new(none, &Backlog::default(), endpoints, Some(MessageNotice::AllResent(0)), now),
                Self::new(none, &Backlog::default(), &[], None, now),
            ]
        }
    }
}
