//! Entries of the access log as files: values (RFC 4180) or lines of JSON. Times are UTC.

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::{Map, Value};

use super::export::FileFormat;
use super::spreadsheet_text::is_escaped;
use crate::order::{AccessEntry, AccessState, Actor, Outcome, PersonId, Reason, StoredDeed};

/// What is said of each entry.
const COLUMNS: [&str; 15] = [
    "number",
    "at",
    "by",
    "person",
    "session",
    "client",
    "deed",
    "about_person",
    "about",
    "list",
    "detail",
    "outcome",
    "reason",
    "count",
    "id",
];

/// A file of entries that is being written.
#[derive(Debug)]
pub struct AccessFile {
    format: FileFormat,
    entries: u64,
}

impl AccessFile {
    /// Anything but values is lines of JSON.
    pub fn new(format: FileFormat) -> Self {
        Self { format, entries: 0 }
    }

    /// How many entries were written so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// What comes before all entries.
    pub fn head(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.format == FileFormat::Csv {
            // Writing to memory does not fail.
            let _ = writer(&mut bytes).write_record(COLUMNS);
        }
        bytes
    }

    /// Some entries, behind those that were written before.
    pub fn write(&mut self, entries: &[AccessEntry]) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.format == FileFormat::Csv {
            let mut writer = writer(&mut bytes);
            for entry in entries {
                // Writing to memory does not fail.
                let _ = writer.write_record(values(entry).iter().map(cell));
            }
        } else {
            for entry in entries {
                let names = COLUMNS.iter().map(|name| (*name).to_owned());
                let object: Map<String, Value> = names.zip(values(entry)).collect();
                // Never fails: the keys are texts, and memory takes what is written to it.
                let _ = serde_json::to_writer(&mut bytes, &object);
                bytes.push(b'\n');
            }
        }
        self.entries += entries.len() as u64;
        bytes
    }
}

fn writer(bytes: &mut Vec<u8>) -> Writer<&mut Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes)
}

/// What stands in the columns.
fn values(entry: &AccessEntry) -> [Value; COLUMNS.len()] {
    let AccessEntry { number, access, outcome } = entry;
    let StoredDeed { kind, query, person, subject, detail } = access.deed.to_stored();
    let state = outcome.map_or(AccessState::Begun, |Outcome { end, .. }| AccessState::Ended(end));
    [
        (*number).into(),
        access.at.iso().as_str().into(),
        match &access.by {
            Actor::User(name, _) => name.as_str().into(),
            by => by.text().into(),
        },
        access.by.person().map(PersonId::get).into(),
        entry.session().into(),
        access.client.map(|client| client.to_string()).into(),
        kind.into(),
        person.into(),
        subject.into(),
        query.into(),
        detail.into(),
        state.word().into(),
        outcome.and_then(|outcome| outcome.reason).map(Reason::word).into(),
        outcome.map(|outcome| outcome.count).into(),
        access.id.to_string().into(),
    ]
}

/// A value as a spreadsheet reads it, and does not run it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_escaped(text) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::order::{Access, ActorName, Deed, End, NamedPerson, Timestamp};

    fn entries() -> Vec<AccessEntry> {
        let access = |by, deed| Access {
            id: Uuid::nil(),
            at: Timestamp::parse("2026-03-03 12:05:30").unwrap(),
            by,
            session: Some(3),
            client: "192.0.2.7".parse().ok(),
            deed,
        };
        let of = NamedPerson { id: PersonId::new(8).unwrap(), name: ActorName::of_person("=1+1, \"Bert\"") };
        let anna = Actor::User(ActorName::of_person("Anna Berg"), PersonId::new(7));
        vec![
            AccessEntry {
                number: 2,
                access: access(anna, Deed::PersonDisabled(of)),
                outcome: Some(Outcome::of(End::Finished, 0)),
            },
            AccessEntry {
                number: 1,
                access: Access { session: None, client: None, ..access(Actor::Stranger, Deed::SignIn) },
                outcome: Some(Outcome::refused(Reason::NoRole)),
            },
        ]
    }

    #[test]
    fn files_of_entries_are_as_reviewed() {
        let text = [FileFormat::Csv, FileFormat::Ndjson].map(|format| {
            let mut file = AccessFile::new(format);
            let text = String::from_utf8([file.head(), file.write(&entries())].concat()).unwrap();
            assert_eq!(file.entries(), 2);
            text
        });
        insta::assert_snapshot!(text.join("\n").replace("\r\n", "⏎\n"));
    }
}
