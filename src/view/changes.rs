//! What happened to all orders.

use serde::Serialize;

use super::PageContext;
use super::history::{name, place, told};
use super::job_name::{ImportNames, JobName};
use super::nav::Nav;
use super::text::order_url;
use crate::clock::Clock;
use crate::order::{
    Actor, ChangeKey, ChangePage, Event, EventKind, ListQuery, OrderNumber, holds_card_number,
};

pub const CHANGES_URL: &str = "/changes";

/// What `changes.html` shows.
#[derive(Serialize)]
pub struct ChangesPage {
    nav: Nav,
    title: &'static str,
    errors: Vec<Mistake>,
    typed: Shown,
    kinds: Vec<KindOption>,
    is_filtered: bool,
    clear_url: &'static str,
    timezone: &'static str,
    lines: Vec<Line>,
    newest_url: Option<String>,
    older_url: Option<String>,
    /// Whether a full page of them may still be found further on.
    looks_further: bool,
}

/// What was asked for, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct AskedChanges {
    pub by: String,
    pub kind: String,
    pub day: String,
    pub order: String,
}

/// What is wrong with a field of the filter.
#[derive(Serialize)]
pub struct Mistake {
    pub field: &'static str,
    pub message: String,
}

#[derive(Serialize)]
struct Shown {
    by: String,
    day: String,
    order: String,
}

#[derive(Serialize)]
struct KindOption {
    word: &'static str,
    label: &'static str,
    is_chosen: bool,
}

/// An event in the table.
#[derive(Serialize)]
struct Line {
    order: i64,
    order_url: String,
    at: String,
    what: &'static str,
    by: String,
    by_url: Option<String>,
    client: String,
    /// The action on many orders that did it, or the import.
    job: Option<JobName>,
    changes: Vec<String>,
}

impl PageContext for ChangesPage {
    const TEMPLATE: &'static str = "changes.html";
}

impl AskedChanges {
    /// The URL of the same, behind an event.
    fn url(&self, before: Option<ChangeKey>) -> String {
        let before = before.map(ChangeKey::text).unwrap_or_default();
        let all = [
            ("by", &self.by),
            ("kind", &self.kind),
            ("day", &self.day),
            ("order", &self.order),
            ("before", &before),
        ];
        let given = all.into_iter().filter(|(_, text)| !text.is_empty() && !holds_card_number(text));
        match serde_urlencoded::to_string(given.collect::<Vec<_>>()) {
            Ok(query) if !query.is_empty() => format!("{CHANGES_URL}?{query}"),
            _ => CHANGES_URL.to_owned(),
        }
    }
}

/// The word for a kind in URLs.
pub fn word_of(kind: EventKind) -> &'static str {
    kind.act().unwrap_or(kind.as_str())
}

impl ChangesPage {
    /// Some events; `before` is where they begin, if not with the newest.
    pub fn new(
        asked: &AskedChanges,
        errors: Vec<Mistake>,
        page: &ChangePage,
        before: Option<ChangeKey>,
        (wanted, clock, imports): (usize, Clock, &ImportNames),
    ) -> Self {
        let shown = |text: &str| if holds_card_number(text) { String::new() } else { text.to_owned() };
        let kinds = EventKind::ALL.into_iter().map(|kind| {
            let word = word_of(kind);
            KindOption { word, label: name(kind), is_chosen: word == asked.kind }
        });
        let AskedChanges { by, kind, day, order } = asked;
        Self {
            nav: Nav::changes(),
            title: if errors.is_empty() { "Changes" } else { "Error: Changes" },
            errors,
            kinds: kinds.collect(),
            is_filtered: [by, kind, day, order].into_iter().any(|text| !text.is_empty()),
            typed: Shown { by: shown(by), day: shown(day), order: shown(order) },
            clear_url: CHANGES_URL,
            timezone: clock.zone_name(),
            lines: page
                .events
                .iter()
                .map(|(order, event)| Line::new(*order, event, asked, (clock, imports)))
                .collect(),
            newest_url: before.map(|_| asked.url(None)),
            older_url: page.next.map(|next| asked.url(Some(next))),
            looks_further: page.next.is_some() && page.events.len() < wanted,
        }
    }
}

impl Line {
    fn new(
        order: OrderNumber,
        event: &Event,
        asked: &AskedChanges,
        (clock, imports): (Clock, &ImportNames),
    ) -> Self {
        let by = AskedChanges { by: event.by.text().into_owned(), ..asked.clone() };
        Self {
            order: order.get(),
            order_url: order_url(order, &ListQuery::default()),
            at: clock.local_at(event.at).in_words(),
            what: name(event.kind),
            by: event.by.words().into_owned(),
            // What another release has stored may be read as something else.
            by_url: (!matches!(event.by, Actor::Other(_))).then(|| by.url(None)),
            client: event.client.map(place).unwrap_or_default(),
            job: event.job.map(|job| imports.of(job)),
            changes: told(event),
        }
    }
}

#[cfg(test)]
impl ChangesPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{Change, Changes, EventDetail, Field, Timestamp};
        let at = Timestamp::parse("2026-03-03 14:05:31").unwrap();
        let change = Change {
            field: Field::Note,
            before: Some("<b>".to_owned()),
            after: Some("Call \"first\"".to_owned()),
        };
        let events = EventKind::ALL.into_iter().zip(1..).map(|(kind, version)| {
            let event = Event {
                version,
                at,
                by: Actor::stored("user:anna"),
                client: "10.0.0.7".parse().ok(),
                job: None,
                kind,
                changes: Changes::default().with(change.clone()),
                detail: EventDetail::default(),
            };
            (OrderNumber::new(7).unwrap(), event)
        });
        let page = ChangePage { events: events.collect(), next: Some(ChangeKey::before(at)) };
        let clock = Clock::new(chrono_tz::UTC);
        let asked = AskedChanges {
            by: "anna".to_owned(),
            kind: "undone".to_owned(),
            day: "yesterday\"".to_owned(),
            order: "x".to_owned(),
        };
        let imports = ImportNames::default();
        let wrong = Mistake { field: "order", message: "Order must be a number, like 19984".to_owned() };
        vec![
            Self::new(&AskedChanges::default(), Vec::new(), &page, None, (6, clock, &imports)),
            Self::new(&asked, vec![wrong], &page, Some(ChangeKey::before(at)), (50, clock, &imports)),
            Self::new(&asked, Vec::new(), &ChangePage::default(), None, (50, clock, &imports)),
        ]
    }
}
