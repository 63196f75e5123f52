//! The page of the access log: who did what at the desk.

use serde::Serialize;

use super::PageContext;
use super::access_words::{ended, label, sentence, words};
use super::changes::{Mistake, changes_in_words};
use super::list::list_name;
use super::nav::Nav;
use super::text::list_url;
use crate::clock::Clock;
use crate::order::{
    AccessEntry, AccessKey, AccessPage, AccessState, Actor, Deed, DeedKind, ListQuery, Outcome, SavedView,
    View, holds_card_number,
};

const AUDIT_URL: &str = "/audit";

/// What `audit.html` shows.
#[derive(Serialize)]
pub struct AuditPage {
    nav: Nav,
    title: &'static str,
    errors: Vec<Mistake>,
    typed: AskedAccesses,
    deeds: Vec<ChoiceOption>,
    outcomes: Vec<ChoiceOption>,
    is_filtered: bool,
    clear_url: &'static str,
    csv_url: String,
    ndjson_url: String,
    timezone: &'static str,
    entries: Vec<EntryLine>,
    newest_url: Option<String>,
    older_url: Option<String>,
    /// Whether a full page of them may still be found further on.
    looks_further: bool,
}

/// What was asked for, as it was typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AskedAccesses {
    pub by: String,
    pub deed: String,
    pub outcome: String,
    pub from: String,
    pub to: String,
    pub client: String,
}

#[derive(Serialize)]
struct ChoiceOption {
    word: &'static str,
    label: &'static str,
    is_chosen: bool,
}

/// Some entries, and what is needed to tell them.
#[derive(Clone, Copy)]
pub struct Accesses<'a> {
    pub page: &'a AccessPage,
    /// Where they begin, if not with the newest.
    pub before: Option<AccessKey>,
    /// How many a page has.
    pub wanted: usize,
    pub clock: Clock,
    pub own: &'a [SavedView],
    pub late_days: u16,
}

/// An entry in a sentence: `the desk exported 1,204 orders of To ship as an Excel workbook`.
#[derive(Serialize)]
struct EntryLine {
    number: i64,
    at: String,
    /// Empty, where it is not known.
    client: String,
    by: String,
    by_url: Option<String>,
    /// The number of the session; empty, where there is none.
    session: String,
    did: String,
    /// The list that it was about: a link and its name.
    list: Option<(String, String)>,
    how: &'static str,
    /// As style sheets call how it ended.
    state: &'static str,
    ended: &'static str,
}

impl PageContext for AuditPage {
    const TEMPLATE: &'static str = "audit.html";
}

impl AskedAccesses {
    /// What is asked for, without what may be a card number.
    fn given(&self) -> Vec<(&'static str, &str)> {
        let Self { by, deed, outcome, from, to, client } = self;
        let all = [
            ("by", by),
            ("deed", deed),
            ("outcome", outcome),
            ("from", from),
            ("to", to),
            ("client", client),
        ];
        let is_given = |text: &str| !text.is_empty() && !holds_card_number(text);
        all.into_iter().map(|(name, text)| (name, text.as_str())).filter(|(_, text)| is_given(text)).collect()
    }

    /// As a query string.
    pub fn query(&self) -> String {
        written(&self.given())
    }

    /// A URL of the same, behind an entry.
    fn url(&self, path: &str, before: Option<AccessKey>) -> String {
        let before = before.map(AccessKey::text);
        let mut all = self.given();
        all.extend(before.as_deref().map(|before| ("before", before)));
        let query = written(&all);
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn written(parameters: &[(&str, &str)]) -> String {
    // Never the fallback: they are texts.
    serde_urlencoded::to_string(parameters).unwrap_or_default()
}

impl AuditPage {
    pub fn new(asked: &AskedAccesses, errors: Vec<Mistake>, accesses: Accesses<'_>) -> Self {
        let Accesses { page, before, wanted, clock, .. } = accesses;
        let shown = |text: &str| if holds_card_number(text) { String::new() } else { text.to_owned() };
        let deeds = DeedKind::ALL.iter().map(|kind| ChoiceOption {
            word: kind.word(),
            label: label(*kind),
            is_chosen: kind.word() == asked.deed,
        });
        let outcomes = AccessState::all().map(|state| ChoiceOption {
            word: state.word(),
            label: match state {
                AccessState::Begun => "Not finished",
                AccessState::Ended(end) => ended(Some(Outcome::of(end, 0))),
            },
            is_chosen: state.word() == asked.outcome,
        });
        let AskedAccesses { by, deed, outcome, from, to, client } = asked;
        Self {
            nav: Nav::audit(),
            title: if errors.is_empty() { "Access log" } else { "Error: Access log" },
            errors,
            deeds: deeds.collect(),
            outcomes: outcomes.collect(),
            is_filtered: [by, deed, outcome, from, to, client].into_iter().any(|text| !text.is_empty()),
            typed: AskedAccesses {
                by: shown(by),
                from: shown(from),
                to: shown(to),
                client: shown(client),
                ..asked.clone()
            },
            clear_url: AUDIT_URL,
            csv_url: asked.url("/audit.csv", None),
            ndjson_url: asked.url("/audit.ndjson", None),
            timezone: clock.zone_name(),
            entries: page.entries.iter().map(|entry| EntryLine::new(entry, asked, &accesses)).collect(),
            newest_url: before.map(|_| asked.url(AUDIT_URL, None)),
            older_url: page.next.map(|next| asked.url(AUDIT_URL, Some(next))),
            looks_further: page.next.is_some() && page.entries.len() < wanted,
        }
    }
}

impl EntryLine {
    fn new(entry: &AccessEntry, asked: &AskedAccesses, accesses: &Accesses<'_>) -> Self {
        let AccessEntry { number, access, outcome } = entry;
        let Accesses { clock, own, late_days, .. } = accesses;
        let by = match (&access.by, access.by.person()) {
            // What another release has stored may be read as something else.
            (Actor::Other(_), _) => None,
            (_, Some(person)) => Some(format!("#{person}")),
            (actor, None) => Some(actor.text().into_owned()),
        };
        let of_same = |by| AskedAccesses { by, ..asked.clone() }.url(AUDIT_URL, None);
        let (list, how) = match &access.deed {
            Deed::Export { list, format } | Deed::ExportSelected { list, format } => {
                (Some((list_url(list), name_of(list, own, *late_days))), words(format))
            }
            Deed::ExportChanges { filter, format } => (Some(changes_in_words(filter)), words(format)),
            _ => (None, ""),
        };
        Self {
            number: *number,
            at: clock.local_at(access.at).in_words(),
            client: access.client.map(|client| client.to_string()).unwrap_or_default(),
            by: access.by.words().into_owned(),
            by_url: by.map(of_same),
            session: entry.session().map(|session| session.to_string()).unwrap_or_default(),
            did: sentence(&access.deed, *outcome),
            list,
            how,
            state: outcome.map_or("unfinished", |outcome| outcome.end.word()),
            ended: ended(*outcome),
        }
    }
}

/// What a list is called: a view, or what its orders have to be.
fn name_of(list: &ListQuery, own: &[SavedView], late_days: u16) -> String {
    match list_name(list, own, late_days) {
        _ if list.is_of_all_newest_first() => View::All.label().to_owned(),
        Some(name) => name.to_owned(),
        None if list.filter().is_empty() => format!("{}, {}", View::All.label(), list.sort().words()),
        None => list.filter().words(),
    }
}

#[cfg(test)]
mod samples {
    use uuid::Uuid;

    use super::*;
    use crate::order::{Access, Actor, End, SystemTask, Timestamp};

    impl AuditPage {
        pub(in crate::view) fn samples() -> Vec<Self> {
            let entry = |number, by, deed, outcome| AccessEntry {
                number,
                access: Access {
                    id: Uuid::nil(),
                    at: Timestamp::parse("2026-03-03 12:05:30").unwrap(),
                    by,
                    session: None,
                    client: "192.0.2.7".parse().ok().filter(|_| number % 2 == 0),
                    deed,
                },
                outcome,
            };
            let export = |query: &str, format: &str| Deed::Export {
                list: ListQuery::parse(query),
                format: format.to_owned(),
            };
            let end = |end, orders| Some(Outcome::of(end, orders));
            let entries = [
                entry(
                    6,
                    Actor::Desk,
                    export("status=to-ship&sort=ordered", "xlsx"),
                    end(End::Finished, 1204),
                ),
                entry(5, Actor::System(SystemTask::CommandLine), export("", "csv"), end(End::Failed, 7)),
                entry(4, Actor::Desk, export("sort=number", "json"), None),
                entry(3, Actor::Desk, export("store=HI-9B97EE4E", "ndjson"), end(End::CutOff, 1)),
                entry(2, Actor::Desk, Deed::CardSearch, end(End::Finished, 0)),
                entry(1, Actor::Desk, Deed::Other("of another release".to_owned()), None),
            ];
            let some = AccessPage { entries: entries.into(), next: Some(AccessKey::NEWEST) };
            let none = AccessPage::default();
            let asked = AskedAccesses {
                by: "Anna\"".to_owned(),
                deed: "sign-in".to_owned(),
                outcome: "refused".to_owned(),
                from: "x".to_owned(),
                ..AskedAccesses::default()
            };
            let wrong = Mistake { field: "from", message: "From must be a date".to_owned() };
            let shown = |page, before| Accesses {
                page,
                before,
                wanted: 50,
                clock: Clock::new(chrono_tz::UTC),
                own: &[],
                late_days: 3,
            };
            vec![
                Self::new(&AskedAccesses::default(), Vec::new(), shown(&some, None)),
                Self::new(&asked, vec![wrong], shown(&some, Some(AccessKey::NEWEST))),
                Self::new(&asked, Vec::new(), shown(&none, None)),
                Self::new(&AskedAccesses::default(), Vec::new(), shown(&none, None)),
            ]
        }
    }

    #[test]
    fn entries_are_sentences() {
        let page = AuditPage::samples().remove(0);
        let said: Vec<String> = page
            .entries
            .iter()
            .map(|EntryLine { by, did, list, how, ended, .. }| {
                let list = list.as_ref().map(|(_, name)| format!(" of {name} ")).unwrap_or_default();
                format!("{by} {did}{list}{how} · {ended}")
            })
            .collect();
        assert_eq!(
            said,
            [
                "the desk exported 1,204 orders of To ship as an Excel workbook · Finished",
                "the command line exported 7 orders of All orders as CSV · Failed",
                "the desk began to export orders of All orders, lowest number first as JSON · Not finished",
                "the desk exported 1 order of Store HI-9B97EE4E as lines of JSON · Cut off",
                "the desk searched for a whole card, which 0 orders had · Finished",
                "the desk did what this release does not know: of another release · Not finished",
            ]
        );
    }
}
