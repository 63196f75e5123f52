//! What happened to an order.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Actor, Change, Changes, Field, JobId, Note, QualityFlags, SystemTask, Timestamp};

/// One entry of an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The order's version after it, from 1.
    pub version: i32,
    /// When, in UTC.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// What happened.
    pub kind: EventKind,
    /// What it changed; nothing, where the order was added, cancelled or reopened.
    pub changes: Changes,
    /// What else there is to tell.
    pub detail: EventDetail,
    /// The job that did it, such as an action on many orders; none where somebody changed the order by itself.
    pub job: Option<JobId>,
}

/// By which way an event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Somebody filled in a form, or pressed a button.
    Form,
    /// An action on many orders, or an import.
    Job(JobId),
    /// A program with an access key of its own.
    Key,
    Adoption,
    Import,
    DemoData,
    /// A command on the machine, or what the program does by itself.
    Command,
    /// What only another release knows.
    Unknown,
}

impl How {
    /// The word for it in files; a job that is an import is called so by whoever knows that.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Job(_) => "action",
            Self::Key => "key",
            Self::Adoption => "adoption",
            Self::Import => "import",
            Self::DemoData => "demo-data",
            Self::Command => "command",
            Self::Unknown => "unknown",
        }
    }
}

impl Event {
    /// By which way it came about: what did it, and whose doing that was.
    pub fn how(&self) -> How {
        match (self.job, &self.by) {
            (Some(job), _) => How::Job(job),
            (None, Actor::Desk | Actor::Stranger | Actor::User(..)) => How::Form,
            (None, Actor::Token(_)) => How::Key,
            (None, Actor::System(task)) => match task {
                SystemTask::Adopt => How::Adoption,
                SystemTask::Import => How::Import,
                SystemTask::Seed => How::DemoData,
                SystemTask::Check
                | SystemTask::CommandLine
                | SystemTask::Retention
                | SystemTask::Reencrypt => How::Command,
            },
            (None, Actor::Other(_)) => How::Unknown,
        }
    }

    /// When the order had been called off before it and since, if it changed that.
    pub fn cancellation(&self) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
        match self.kind {
            EventKind::Cancelled => Some((None, Some(self.at))),
            _ => self.detail.cancelled,
        }
    }
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Someone added it.
    Added,
    /// Someone changed it, but did not ship it.
    Changed,
    /// It got a shipping date; other fields may have been changed with it.
    Shipped,
    /// Someone called it off.
    Cancelled,
    /// Someone called it on again.
    Reopened,
    /// Someone took back what the event before had done.
    Undone,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Added, Self::Changed, Self::Shipped, Self::Cancelled, Self::Reopened, Self::Undone];

    /// The word that is stored, one that every release knows: to older ones the last two are changes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed | Self::Reopened | Self::Undone => "changed",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }

    /// The word that is stored beside it, of those that not every release knows.
    pub fn act(self) -> Option<&'static str> {
        match self {
            Self::Reopened => Some("reopened"),
            Self::Undone => Some("undone"),
            Self::Added | Self::Changed | Self::Shipped | Self::Cancelled => None,
        }
    }

    /// The word for it in URLs and files.
    pub fn word(self) -> &'static str {
        self.act().unwrap_or(self.as_str())
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.act().is_none() && kind.as_str() == word)
    }

    /// The kind with what is stored beside it; a word that only a newer release knows tells nothing.
    #[must_use]
    pub fn with_act(self, act: Option<&str>) -> Self {
        let known = act.and_then(|act| Self::ALL.into_iter().find(|kind| kind.act() == Some(act)));
        known.unwrap_or(self)
    }
}

/// What there is to tell of an event beside the fields that it changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventDetail {
    /// The version whose change it took back.
    pub undoes: Option<i32>,
    /// Why the order was cancelled, in somebody's words.
    pub reason: Option<Note>,
    /// When the order had been called off before it and since; of a cancellation nothing, its own time says it.
    pub cancelled: Option<(Option<Timestamp>, Option<Timestamp>)>,
    /// The order's warnings before it; not known of what earlier releases changed.
    pub flags: Option<QualityFlags>,
}

impl EventDetail {
    /// Reads what is stored, with what it has of the event's changes; what cannot be read tells nothing.
    pub fn read(text: &str, changes: Changes) -> (Self, Changes) {
        let stored: StoredDetail = serde_json::from_str(text).unwrap_or_default();
        let changes = match &stored.note {
            Some(note) => changes.with(note.change()),
            None => changes,
        };
        (stored.into_detail().unwrap_or_default(), changes)
    }

    /// The text that is stored, with what older releases cannot read of the event's changes: at most 4,000 characters.
    /// None where there is nothing to tell.
    pub fn text(&self, changes: &[Change]) -> Option<String> {
        let note = changes.iter().find(|change| change.field == Field::Note);
        let is_empty = *self == Self::default() && note.is_none();
        let stored = StoredDetail { note: note.map(StoredNote::of), ..StoredDetail::of(self) };
        // Never the fallback: numbers and texts become JSON.
        (!is_empty).then(|| serde_json::to_string(&stored).unwrap_or_default())
    }

    /// A stored text with marks in place of card numbers; none if there are none.
    pub fn masked(text: &str) -> Option<String> {
        let stored: StoredDetail = serde_json::from_str(text).ok()?;
        let (before, after) = stored.note.map_or((None, None), |note| (note.before, note.after));
        let hides = [stored.reason, before, after].iter().flatten().any(|text| Note::hides_a_card(text));
        let (detail, changes) = Self::read(text, Changes::default());
        detail.text(changes.all()).filter(|_| hides)
    }
}

/// The same as JSON.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StoredDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    undoes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<StoredCancellation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<StoredNote>,
}

/// The order's note before the event and since.
#[derive(Serialize, Deserialize)]
struct StoredNote {
    before: Option<String>,
    after: Option<String>,
}

impl StoredNote {
    fn of(change: &Change) -> Self {
        Self { before: change.before.clone(), after: change.after.clone() }
    }

    fn change(&self) -> Change {
        let shown = |text: &Option<String>| {
            text.as_deref().and_then(Note::stored).map(|note| note.as_str().to_owned())
        };
        Change { field: Field::Note, before: shown(&self.before), after: shown(&self.after) }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredCancellation {
    before: Option<String>,
    after: Option<String>,
}

impl StoredDetail {
    fn of(detail: &EventDetail) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| time.text().to_string());
        Self {
            undoes: detail.undoes,
            reason: detail.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            cancelled: detail
                .cancelled
                .map(|(before, after)| StoredCancellation { before: time(before), after: time(after) }),
            flags: detail.flags.map(QualityFlags::bits),
            note: None,
        }
    }

    /// None where a time is none.
    fn into_detail(self) -> Option<EventDetail> {
        let time = |text: Option<String>| match text {
            Some(text) => Timestamp::parse(&text).map(Some),
            None => Some(None),
        };
        let cancelled = match self.cancelled {
            Some(StoredCancellation { before, after }) => Some((time(before)?, time(after)?)),
            None => None,
        };
        Some(EventDetail {
            undoes: self.undoes,
            reason: self.reason.as_deref().and_then(Note::stored),
            cancelled,
            flags: self.flags.map(QualityFlags::from_bits),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_was_stored_and_older_releases_know_its_word() {
        for kind in EventKind::ALL {
            let word = EventKind::parse(kind.as_str()).unwrap();
            assert!(matches!(kind.as_str(), "added" | "changed" | "shipped" | "cancelled"));
            assert_eq!(word.with_act(kind.act()), kind);
        }
        assert_eq!(EventKind::Changed.with_act(Some("of a newer release")), EventKind::Changed);
        assert_eq!(EventKind::parse("undone"), None);
    }

    #[test]
    fn details_are_read_as_they_were_stored() {
        let at = Timestamp::parse("2026-03-03 14:05:00");
        let detail = EventDetail {
            undoes: Some(3),
            reason: Note::parse("The customer \"called\"", false).unwrap(),
            cancelled: Some((at, None)),
            flags: Some(QualityFlags::USER_ID),
        };
        let note = Change { field: Field::Note, before: None, after: Some("Gift".to_owned()) };
        let text = detail.text(std::slice::from_ref(&note)).unwrap();
        assert_eq!(
            text,
            r#"{"undoes":3,"reason":"The customer \"called\"","cancelled":{"before":"2026-03-03 14:05:00","after":null},"flags":4,"note":{"before":null,"after":"Gift"}}"#
        );
        let read = |text: &str| EventDetail::read(text, Changes::default());
        assert_eq!(read(&text), (detail, Changes::default().with(note)));
        assert_eq!(EventDetail::default().text(&[]), None);
        assert_eq!(read(r#"{"undoes":3,"of_a_newer_release":[7]}"#).0.undoes, Some(3));
        assert_eq!(read("nothing of the kind"), (EventDetail::default(), Changes::default()));
        let card = r#"{"note":{"before":"4111111111111111","after":null}}"#;
        assert_eq!(read(card).1.all()[0].before.as_deref(), Some("(card number)"));
    }

    #[test]
    fn the_longest_detail_fits_into_its_column() {
        let longest = Note::parse(&"\"".repeat(Note::MAX_CHARS), false).unwrap();
        let text = longest.as_ref().map(|note| note.as_str().to_owned());
        let at = Timestamp::parse("2026-03-03 14:05:00");
        let detail = EventDetail {
            undoes: Some(i32::MAX),
            reason: longest,
            cancelled: Some((at, at)),
            flags: Some(QualityFlags::from_bits(i16::MAX)),
        };
        let change = Change { field: Field::Note, before: text.clone(), after: text };
        let stored = detail.text(&[change]).unwrap();
        assert!(stored.encode_utf16().count() <= 4000, "{}", stored.len());
    }
}
