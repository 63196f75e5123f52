//! What happened to orders as files of text, an event after the other.
//!
//! A file of values has a line for each field that an event changed, and one for an event that changed none. In lines of
//! JSON an event is an object with all that it changed. Of cards there is the brand and the last four digits, never more.

use std::borrow::Cow;
use std::collections::BTreeSet;

use csv::ByteRecord;
use serde::Serialize;

use super::csv::{CsvStyle, push};
use crate::order::{Change, Event, Field, How, JobId, Note, OrderNumber, Timestamp};
use crate::transfer::columns::Cell;

/// A file of events that is being written.
#[derive(Debug)]
pub struct ChangeFile {
    format: ChangeFormat,
    events: u64,
}

/// A format of files of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeFormat {
    Csv(CsvStyle),
    Ndjson,
}

/// The columns of a file of values. Times are UTC but for those of orders, which are the business's.
const COLUMNS: [&str; 12] =
    ["at", "order", "version", "what", "by", "how", "action", "client", "field", "before", "after", "reason"];

/// A field before an event and since.
type Changed<'a> = (&'static str, Option<&'a str>, Option<&'a str>);

impl ChangeFile {
    pub fn new(format: ChangeFormat) -> Self {
        Self { format, events: 0 }
    }

    /// How many events were written so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What comes before all events.
    pub fn head(&self) -> Vec<u8> {
        match self.format {
            ChangeFormat::Csv(style) => style.head(COLUMNS),
            ChangeFormat::Ndjson => Vec::new(),
        }
    }

    /// Some events, behind those that were written before, and which of their jobs are imports.
    pub fn write(&mut self, events: &[(OrderNumber, Event)], imports: &BTreeSet<JobId>) -> Vec<u8> {
        self.events += events.len() as u64;
        let mut bytes = Vec::new();
        match self.format {
            ChangeFormat::Csv(style) => {
                let (mut writer, mut text) = (style.writer(&mut bytes), String::new());
                for (order, event) in events {
                    for line in lines(*order, event, imports, &mut text) {
                        // Writing to memory does not fail.
                        let _ = writer.write_byte_record(&line);
                    }
                }
            }
            ChangeFormat::Ndjson => {
                for (order, event) in events {
                    write_object(&mut bytes, *order, event, imports);
                }
            }
        }
        bytes
    }
}

/// The lines of an event in a file of values.
fn lines(order: OrderNumber, event: &Event, imports: &BTreeSet<JobId>, text: &mut String) -> Vec<ByteRecord> {
    let (by, client) = (event.by.words(), event.client.map(|client| client.to_string()));
    let cancelled = cancelled(event);
    let mut changes = changes(event, cancelled.as_ref());
    if changes.is_empty() {
        changes.push(("", None, None));
    }
    let line = |(field, before, after): Changed<'_>| {
        let cells = [
            Cell::Moment(event.at),
            Cell::Number(order.get()),
            Cell::Number(event.version.into()),
            Cell::Text(event.kind.word()),
            Cell::Text(&by),
            Cell::Text(how(event, imports)),
            action(event).map_or(Cell::Empty, Cell::Number),
            cell(client.as_deref()),
            Cell::Text(field),
            cell(before),
            cell(after),
            cell(event.detail.reason.as_ref().map(Note::as_str)),
        ];
        let mut line = ByteRecord::new();
        for cell in cells {
            push(&mut line, cell, text);
        }
        line
    };
    changes.into_iter().map(line).collect()
}

fn cell(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Empty, Cell::Text)
}

/// The object of an event in lines of JSON.
#[derive(Serialize)]
struct Object<'a> {
    at: String,
    order: i64,
    version: i32,
    what: &'static str,
    by: Cow<'a, str>,
    how: &'static str,
    action: Option<i64>,
    client: Option<String>,
    changes: Vec<ChangedField<'a>>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangedField<'a> {
    field: &'static str,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// Appends an event, a line.
fn write_object(bytes: &mut Vec<u8>, order: OrderNumber, event: &Event, imports: &BTreeSet<JobId>) {
    let cancelled = cancelled(event);
    let changes = changes(event, cancelled.as_ref()).into_iter();
    let object = Object {
        at: event.at.iso().to_string(),
        order: order.get(),
        version: event.version,
        what: event.kind.word(),
        by: event.by.words(),
        how: how(event, imports),
        action: action(event),
        client: event.client.map(|client| client.to_string()),
        changes: changes.map(|(field, before, after)| ChangedField { field, before, after }).collect(),
        reason: event.detail.reason.as_ref().map(Note::as_str),
    };
    // Never fails: the keys are texts, and memory takes what is written to it.
    let _ = serde_json::to_writer(&mut *bytes, &object);
    bytes.push(b'\n');
}

fn action(event: &Event) -> Option<i64> {
    event.job.map(JobId::get)
}

fn how(event: &Event, imports: &BTreeSet<JobId>) -> &'static str {
    match event.how() {
        How::Job(job) if imports.contains(&job) => How::Import.word(),
        how => how.word(),
    }
}

/// When the order had been called off before an event and since, if it changed that.
type Cancelled = (Option<String>, Option<String>);

fn cancelled(event: &Event) -> Option<Cancelled> {
    let text = |at: Option<Timestamp>| at.map(|at| at.iso().to_string());
    event.cancellation().map(|(before, after)| (text(before), text(after)))
}

fn changes<'a>(event: &'a Event, cancelled: Option<&'a Cancelled>) -> Vec<Changed<'a>> {
    let of_field = |change: &'a Change| -> Changed<'a> {
        // Of a card there is no number.
        let name = if change.field == Field::CardNumber { "card" } else { change.field.name() };
        (name, change.before.as_deref(), change.after.as_deref())
    };
    let of_cancellation =
        |(before, after): &'a Cancelled| ("cancelled_at", before.as_deref(), after.as_deref());
    event.changes.all().iter().map(of_field).chain(cancelled.map(of_cancellation)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Actor, Changes, EventDetail, EventKind};

    fn event(version: i32, kind: EventKind, changes: &[(Field, Option<&str>, Option<&str>)]) -> Event {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let with = |changes: Changes, (field, before, after): &(Field, _, _)| {
            changes.with(Change { field: *field, before: text(*before), after: text(*after) })
        };
        Event {
            version,
            at: Timestamp::parse("2026-03-03 14:05:31").unwrap(),
            by: Actor::stored("user:=anna"),
            client: "192.0.2.7".parse().ok(),
            job: None,
            kind,
            changes: changes.iter().fold(Changes::default(), with),
            detail: EventDetail::default(),
        }
    }

    #[test]
    fn files_of_changes_are_as_reviewed() {
        let edited = [
            (Field::Quantity, Some("4"), Some("5")),
            (Field::Note, None, Some("=HYPERLINK(\"x\")")),
            (Field::CardNumber, Some("visa 1111"), Some("visa 4242")),
        ];
        let cancelled = Event {
            job: JobId::new(3),
            detail: EventDetail { reason: Note::parse("-1+2", false).unwrap(), ..EventDetail::default() },
            ..event(3, EventKind::Cancelled, &[])
        };
        let order = OrderNumber::new(7).unwrap();
        let job = JobId::new(2);
        let imports = BTreeSet::from_iter(job);
        let added = Event { by: Actor::Desk, client: None, job, ..event(1, EventKind::Added, &[]) };
        let events = [(order, cancelled), (order, event(2, EventKind::Changed, &edited)), (order, added)];
        let excel = CsvStyle { byte_order_mark: true, semicolons: true };
        let files = [ChangeFormat::Csv(CsvStyle::STANDARD), ChangeFormat::Csv(excel), ChangeFormat::Ndjson]
            .map(|format| {
                let mut file = ChangeFile::new(format);
                let mut bytes = file.head();
                bytes.extend(file.write(&events[..1], &BTreeSet::new()));
                bytes.extend(file.write(&events[1..], &imports));
                assert_eq!(file.events(), 3);
                String::from_utf8(bytes).unwrap().replace('\r', "\\r").replace('\u{FEFF}', "(mark)")
            });
        insta::assert_snapshot!(files.join("\n"));
    }
}
