//! Files from their bytes to outcomes.

mod bounds;
mod corpus;
mod identity;
mod mutations;
mod private;
mod shops;

use std::io::Cursor;

use super::*;
use crate::order::{Now, Timestamp};

pub(super) const CARD: &str = "4111111111111111";
pub(super) const USER: &str = "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2";

pub(super) fn now() -> Now {
    Now::in_utc(Timestamp::parse("2026-03-04 12:00:00").unwrap())
}

/// A file that was read as a run reads it.
pub(super) struct ReadFile {
    pub bytes: Vec<u8>,
    pub reading: FileReading,
    pub fingerprint: FileFingerprint,
    pub mapping: Mapping,
}

impl ReadFile {
    pub fn find(bytes: impl Into<Vec<u8>>) -> Result<Self, FileError> {
        let bytes = bytes.into();
        let (reading, fingerprint) = FileReading::find(&mut Cursor::new(&bytes))?;
        let mut file = Self { bytes, reading, fingerprint, mapping: Mapping::default() };
        let mut reader = file.reader()?;
        let sample = rows(&mut reader)?;
        file.mapping = Mapping::propose(reader.header(), &sample);
        let mut mapping = file.mapping.clone();
        find_date_orders(&mut file.reader()?, &mut mapping)?;
        file.mapping = mapping;
        Ok(file)
    }

    pub fn reader(&self) -> Result<RowReader<Cursor<Vec<u8>>>, FileError> {
        RowReader::open(Cursor::new(self.bytes.clone()), &self.reading)
    }

    pub fn rows(&self) -> Vec<RawRow> {
        rows(&mut self.reader().unwrap()).unwrap()
    }

    pub fn check<'a>(&'a self, repeats: &'a [u32]) -> RowCheck<'a> {
        let check = RowCheck::by_form(&self.mapping, self.reading.format, self.fingerprint, now());
        RowCheck { repeats, ..check }
    }

    pub fn survey(&self) -> Survey {
        Survey::run(&mut self.reader().unwrap(), &self.check(&[]), |_| {}).unwrap()
    }

    /// What becomes of each row at an empty desk, in a few words.
    pub fn outcomes(&self) -> Vec<String> {
        let repeats = self.survey().repeats;
        let check = self.check(&repeats);
        self.rows().iter().map(|row| words(&check, row)).collect()
    }
}

pub(super) fn rows<R: std::io::Read + std::io::Seek + Send + 'static>(
    reader: &mut RowReader<R>,
) -> Result<Vec<RawRow>, FileError> {
    let (mut rows, mut row) = (Vec::new(), RawRow::default());
    while reader.read(&mut row)? {
        rows.push(row.clone());
    }
    Ok(rows)
}

fn words(check: &RowCheck<'_>, row: &RawRow) -> String {
    let wrong = |faults: &[Fault]| {
        let wanted: Vec<&str> = faults.iter().map(|fault| fault.wanted.as_str()).collect();
        format!("wrong: {}", wanted.join("; "))
    };
    match check.check(row) {
        Checked::Skipped(why) => format!("{why:?}"),
        Checked::Wrong(faults) => wrong(&faults),
        Checked::Read(read) => match read.against(&[], check) {
            Outcome::New(order) => format!(
                "new: {} {} {} {} {}{}",
                order.dates.ordered().minutes(),
                order.store,
                order.product,
                order.quantity.get(),
                order.card.summary(),
                order.note.as_ref().map(|note| format!(" {}", note.as_str())).unwrap_or_default()
            ),
            Outcome::Wrong(faults) => wrong(&faults),
            other => format!("{other:?}"),
        },
    }
}
