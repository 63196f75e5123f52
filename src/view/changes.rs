//! What happened to all orders.

use serde::Serialize;

use super::PageContext;
use super::exports::EXPORTS;
use super::history::{name, place, told};
use super::job_name::{ImportNames, JobName};
use super::link::Link;
use super::nav::Nav;
use super::text::{ACTION, order_url};
use crate::clock::Clock;
use crate::order::{
    Actor, ChangeKey, ChangePage, Event, EventKind, How, JobId, ListQuery, OrderNumber, holds_card_number,
};

const CHANGES_URL: &str = "/changes";

/// The parameter that names the event behind which a page begins.
pub const BEFORE: &str = "before";

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
    /// All that the filter shows as files.
    exports: Vec<Link>,
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
    pub action: String,
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
    action: String,
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
    /// By which way it came about, where no job did it.
    how: &'static str,
    /// The action on many orders that did it, or the import.
    job: Option<JobName>,
    changes: Vec<String>,
}

impl PageContext for ChangesPage {
    const TEMPLATE: &'static str = "changes.html";
}

impl AskedChanges {
    fn parameters(&self) -> [(&'static str, &str); 5] {
        [
            ("by", &self.by),
            ("kind", &self.kind),
            ("day", &self.day),
            ("order", &self.order),
            (ACTION, &self.action),
        ]
    }

    /// Whether a parameter is one of the page's.
    pub fn is_parameter(name: &str) -> bool {
        name == BEFORE || Self::default().parameters().iter().any(|(known, _)| *known == name)
    }

    /// Whether not all changes were asked for.
    fn is_narrowed(&self) -> bool {
        self.parameters().iter().any(|(_, text)| !text.is_empty())
    }

    /// What files of it have in their names.
    pub fn narrowed(&self) -> Option<&'static str> {
        self.is_narrowed().then_some("filtered")
    }

    /// The query string of it, without what may be a card number (PCI DSS 4.0, requirement 3.4.1).
    pub fn query(&self) -> String {
        query(self.parameters())
    }

    /// The URL of the same, behind an event.
    pub fn url(&self, before: Option<ChangeKey>) -> String {
        let before = before.map(ChangeKey::text).unwrap_or_default();
        url(CHANGES_URL, &query(self.parameters().into_iter().chain([(BEFORE, &*before)])))
    }

    fn export_url(&self, format: &str, more: &str) -> String {
        let own = self.query();
        let between = if own.is_empty() || more.is_empty() { "" } else { "&" };
        url(&format!("{CHANGES_URL}.{format}"), &format!("{own}{between}{more}"))
    }
}

fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let given = parameters.into_iter().filter(|(_, text)| !text.is_empty() && !holds_card_number(text));
    serde_urlencoded::to_string(given.collect::<Vec<_>>()).unwrap_or_default()
}

fn url(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// What an action has changed.
pub(super) fn changes_of_job_url(job: JobId) -> String {
    AskedChanges { action: job.to_string(), ..AskedChanges::default() }.url(None)
}

/// Changes that a query string says, as the access log names them: a link and its words.
pub(super) fn changes_in_words(query: &str) -> (String, String) {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let of = |wanted: &str| pairs.iter().find(|(one, _)| one == wanted).map(|(_, value)| value.as_str());
    let kind_of = |word: &str| EventKind::ALL.into_iter().find(|kind| kind.word() == word);
    let parts = [
        of("by").map(|by| format!(" by {}", Actor::stored(by).words())),
        of("day").map(|day| format!(" on {day}")),
        of("order").map(|order| format!(" of order {order}")),
        of(ACTION).map(|action| format!(" of action #{action}")),
        of("kind").map(|kind| match kind_of(kind) {
            Some(kind) => format!(" ({})", name(kind).to_lowercase()),
            None => format!(" ({kind})"),
        }),
    ];
    let words: String = parts.into_iter().flatten().collect();
    let words = if words.is_empty() { "all changes".to_owned() } else { format!("changes{words}") };
    (url(CHANGES_URL, query), words)
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
            let word = kind.word();
            KindOption { word, label: name(kind), is_chosen: word == asked.kind }
        });
        let AskedChanges { by, day, order, action, .. } = asked;
        Self {
            nav: Nav::changes(),
            title: if errors.is_empty() { "Changes" } else { "Error: Changes" },
            errors,
            kinds: kinds.collect(),
            is_filtered: asked.is_narrowed(),
            typed: Shown { by: shown(by), day: shown(day), order: shown(order), action: shown(action) },
            clear_url: CHANGES_URL,
            exports: exports(asked),
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

/// All that a filter shows as files.
fn exports(asked: &AskedChanges) -> Vec<Link> {
    let choices = EXPORTS.iter().filter(|choice| ["csv", "ndjson"].contains(&choice.format));
    choices
        .map(|choice| Link {
            url: asked.export_url(choice.format, choice.more),
            label: choice.label.to_owned(),
        })
        .collect()
}

/// By which way an event came about, as the page says it; what a job did has that job's name.
fn words(how: How) -> &'static str {
    match how {
        How::Form => "form",
        How::Job(_) => "action",
        How::Key => "access key",
        How::Adoption => "adoption",
        How::Import => "import",
        How::DemoData => "demo data",
        How::Command => "command",
        How::Unknown => "not known",
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
            how: words(event.how()),
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
                job: JobId::new(3).filter(|_| version > 3),
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
            action: "3".to_owned(),
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
