//! The page of the access log: who took what out of the desk.

use serde::Serialize;

use super::PageContext;
use super::changes::changes_in_words;
use super::list::list_name;
use super::nav::Nav;
use super::text::list_url;
use crate::order::{AccessEntry, Deed, End, ListQuery, Outcome, SavedView, View, counted};

pub const AUDIT_URL: &str = "/audit";

/// What `audit.html` shows.
#[derive(Serialize)]
pub struct AuditPage {
    nav: Nav,
    title: &'static str,
    is_empty: bool,
    entries: Vec<EntryLine>,
    newest_url: Option<&'static str>,
    older_url: Option<String>,
}

/// Some entries, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Accesses<'a> {
    pub some: &'a [AccessEntry],
    /// Whether newer ones are on other pages.
    pub has_newer: bool,
    pub has_older: bool,
}

/// An entry in a sentence: `the desk exported 1,204 orders of To ship as an Excel workbook`.
#[derive(Serialize)]
struct EntryLine {
    number: i64,
    at: String,
    /// Empty, where it is not known.
    client: String,
    by: String,
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

impl AuditPage {
    /// Some entries, of a desk that has these views.
    pub fn new(accesses: Accesses<'_>, own: &[SavedView], late_days: u16) -> Self {
        let Accesses { some, has_newer, has_older } = accesses;
        let last = some.last().filter(|_| has_older);
        Self {
            nav: Nav::audit(),
            title: "Access log",
            is_empty: some.is_empty(),
            entries: some.iter().map(|entry| EntryLine::new(entry, own, late_days)).collect(),
            newest_url: has_newer.then_some(AUDIT_URL),
            older_url: last.map(|entry| format!("{AUDIT_URL}?before={}", entry.number)),
        }
    }
}

impl EntryLine {
    fn new(AccessEntry { number, access, outcome }: &AccessEntry, own: &[SavedView], late_days: u16) -> Self {
        let count = |what: &str| outcome.map(|Outcome { orders, .. }| counted(orders, what));
        let exported = |what: &str, whole: &str| {
            count(what)
                .map_or_else(|| format!("began to export {whole}"), |count| format!("exported {count}"))
        };
        let of_list = |list: &ListQuery| Some((list_url(list), name_of(list, own, late_days)));
        let (did, list, how) = match &access.deed {
            Deed::Export { list, format } => (exported("order", "orders"), of_list(list), words(format)),
            Deed::ExportSelected { list, format } => {
                (exported("selected order", "selected orders"), of_list(list), words(format))
            }
            Deed::ExportChanges { query, format } => {
                (exported("event", "events"), Some(changes_in_words(query)), words(format))
            }
            Deed::CardSearch => (
                count("order").map_or_else(
                    || "searched for a whole card".to_owned(),
                    |orders| format!("searched for a whole card, which {orders} had"),
                ),
                None,
                "",
            ),
            Deed::Other(kind) => (format!("did what this release does not know: {kind}"), None, ""),
        };
        Self {
            number: *number,
            at: access.at.in_words(),
            client: access.client.map(|client| client.to_string()).unwrap_or_default(),
            by: access.by.words().into_owned(),
            did,
            list,
            how,
            state: outcome.map_or("unfinished", |outcome| outcome.end.name()),
            ended: match outcome.map(|outcome| outcome.end) {
                Some(End::Finished) => "Finished",
                Some(End::CutOff) => "Cut off",
                Some(End::Failed) => "Failed",
                None => "Not finished",
            },
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

/// A format as people call it.
fn words(format: &str) -> &'static str {
    match format {
        "xlsx" => "as an Excel workbook",
        "csv" => "as CSV",
        "ndjson" => "as lines of JSON",
        "json" => "as JSON",
        _ => "as a file",
    }
}

#[cfg(test)]
mod samples {
    use uuid::Uuid;

    use super::*;
    use crate::order::{Access, Actor, SystemTask, Timestamp};

    impl AuditPage {
        pub(in crate::view) fn samples() -> Vec<Self> {
            let entry = |number, by, deed, outcome| AccessEntry {
                number,
                access: Access {
                    id: Uuid::nil(),
                    at: Timestamp::parse("2026-03-03 12:05:30").unwrap(),
                    by,
                    client: "192.0.2.7".parse().ok().filter(|_| number % 2 == 0),
                    deed,
                },
                outcome,
            };
            let export = |query: &str, format: &str| Deed::Export {
                list: ListQuery::parse(query),
                format: format.to_owned(),
            };
            let end = |end, orders| Some(Outcome { end, orders });
            let entries = [
                entry(
                    6,
                    Actor::Desk,
                    export("status=to-ship&sort=ordered", "xlsx"),
                    end(End::Finished, 1204),
                ),
                entry(5, Actor::System(SystemTask::Export), export("", "csv"), end(End::Failed, 7)),
                entry(4, Actor::Desk, export("sort=number", "json"), None),
                entry(3, Actor::Desk, export("store=HI-9B97EE4E", "ndjson"), end(End::CutOff, 1)),
                entry(2, Actor::Desk, Deed::CardSearch, end(End::Finished, 0)),
                entry(1, Actor::Desk, Deed::Other("sign-in".to_owned()), None),
            ];
            let some = Accesses { some: &entries, has_newer: true, has_older: true };
            let none = Accesses { some: &[], has_newer: false, has_older: false };
            vec![Self::new(some, &[], 3), Self::new(none, &[], 3)]
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
                "the desk did what this release does not know: sign-in · Not finished",
            ]
        );
    }
}
