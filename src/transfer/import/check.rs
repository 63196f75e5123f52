//! A row as the form would have it, and what is wrong with it as far as the file alone can tell.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::{
    CardReference, Fault, FileFingerprint, Mapping, RawRow, ReadRow, RowProblem, Rules, Skipped, dates, names,
};
use crate::order::{DateUuid, Field, Now, ValidationError};
use crate::transfer::FileFormat;
use crate::transfer::spreadsheet_text::unescaped;

/// Checks rows of one file, all in the same way.
#[derive(Debug, Clone, Copy)]
pub struct RowCheck<'a> {
    pub mapping: &'a Mapping,
    /// Which rules rows are held to.
    pub rules: Rules,
    /// CSV has an apostrophe before what a spreadsheet would run.
    pub format: FileFormat,
    /// From it, with the row, comes the UUID of an order that has none.
    pub file: FileFingerprint,
    pub now: Now,
    /// Rows that repeat an earlier one, sorted: [`super::Survey::repeats`].
    pub repeats: &'a [u32],
}

/// What a row is.
#[derive(Debug)]
pub enum Checked {
    /// It may be an order: which one it is, the database knows.
    Read(Box<ReadRow>),
    /// Wrong whatever the database has.
    Wrong(Vec<Fault>),
    Skipped(Skipped),
}

impl Checked {
    /// By which its order is looked up, if it may be one.
    pub fn date_uuid(&self) -> Option<DateUuid> {
        match self {
            Self::Read(read) => Some(read.date_uuid),
            Self::Wrong(_) | Self::Skipped(_) => None,
        }
    }
}

impl<'m> RowCheck<'m> {
    /// For rows that are held to what the form asks; of none is it known yet that it repeats another.
    pub fn by_form(mapping: &'m Mapping, format: FileFormat, file: FileFingerprint, now: Now) -> Self {
        Self { mapping, rules: Rules::Form, format, file, now, repeats: &[] }
    }

    /// Reads a row.
    pub fn check(&self, row: &RawRow) -> Checked {
        if row.is_blank() {
            return Checked::Skipped(Skipped::Blank);
        }
        if let Some(fault) = row.problem().and_then(|problem| self.fault_of(row, problem)) {
            return Checked::Wrong(vec![fault]);
        }
        if self.repeats_header(row) {
            return Checked::Skipped(Skipped::Header);
        }
        if u32::try_from(row.row()).is_ok_and(|row| self.repeats.binary_search(&row).is_ok()) {
            return Checked::Skipped(Skipped::Repeat);
        }
        match self.read(row) {
            Ok(read) => Checked::Read(Box::new(read)),
            Err(fault) => Checked::Wrong(vec![fault]),
        }
    }

    fn read(&self, row: &RawRow) -> Result<ReadRow, Fault> {
        let date_uuid = made_uuid(self.file, row.row());
        let mut read = ReadRow::new(row.row(), date_uuid);
        for field in Field::ALL {
            let Some(column) = self.mapping.column_of(field) else { continue };
            let (original, value) = (self.cell(row, column), self.value(row, field, column));
            if *original != *value && field != Field::CardNumber {
                read.originals.push((field, original.to_owned()));
            }
            read.put(field, &value);
        }
        if self.rules == Rules::Form {
            read.card = CardReference::parse(read.text(Field::CardNumber));
        }
        let uuid = read.text(Field::DateUuid);
        if !uuid.is_empty() {
            (read.date_uuid, read.has_uuid) = match DateUuid::parse(uuid) {
                Ok(uuid) => (uuid, true),
                Err(_) if self.rules == Rules::Recorded => return Err(self.fault_of_key(uuid)),
                Err(error) => return Err(self.fault(&error, uuid)),
            };
        } else if self.rules == Rules::Recorded {
            return Err(Fault::of_no_key());
        } else if let Some(CardReference { file, row }) = read.card {
            // Put right, it is still the row that it was.
            read.date_uuid = made_uuid(file, row);
        }
        Ok(read)
    }

    /// What a row has in a field, mended, with nothing where that is written.
    fn value<'a>(&'a self, row: &'a RawRow, field: Field, column: usize) -> Cow<'a, str> {
        let text = self.cell(row, column);
        if field == Field::CardNumber {
            return Cow::Borrowed(if is_nothing(text) { "" } else { whole(text) });
        }
        let mend = self.mapping.mends.iter().find(|mend| mend.field == field && mend.from == text);
        let text = mend.map_or(text, |mend| mend.to.as_str());
        match field {
            // A remark may be any word, and so may a customer that came from a file.
            Field::Note | Field::UserId => Cow::Borrowed(text),
            _ if is_nothing(text) => Cow::Borrowed(""),
            Field::Quantity => Cow::Borrowed(whole(text)),
            Field::OrderDate | Field::ShippingDate | Field::DeliveryDate => {
                let order = self.mapping.columns.get(column).and_then(|column| column.dates);
                order.map_or(Cow::Borrowed(text), |order| dates::in_order(text, order))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// What a cell says: without spaces around it, and without an apostrophe that keeps it from being run.
    pub(super) fn cell<'a>(&self, row: &'a RawRow, column: usize) -> &'a str {
        let text = row.cell(column);
        let text = if self.format == FileFormat::Csv { unescaped(text) } else { text };
        text.trim()
    }

    fn repeats_header(&self, row: &RawRow) -> bool {
        let columns = &self.mapping.columns;
        let names = columns.iter().map(|column| column.name.as_str());
        if names::repeats_header(row, names) {
            return true;
        }
        let is_name = |field, column| names::field_of(row.cell(column)).is_some_and(|(one, _)| one == field);
        let of_fields = columns.iter().enumerate().filter_map(|(nth, column)| Some((column.field?, nth)));
        of_fields.filter(|(field, column)| is_name(*field, *column)).count() > 1
    }

    /// What breaks a rule, of a value that stands in the file.
    pub(super) fn fault(&self, error: &ValidationError, found: &str) -> Fault {
        let field = error.field();
        Fault::new(Some(field), self.mapping.column_of(field), found, error.to_string())
    }

    /// A key that was recorded stays as it is, or there is none.
    fn fault_of_key(&self, found: &str) -> Fault {
        let wanted = "UUID must look like 2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2".to_owned();
        Fault::new(Some(Field::DateUuid), self.mapping.column_of(Field::DateUuid), found, wanted)
    }

    /// None if the problem is in a column that is left out.
    fn fault_of(&self, row: &RawRow, problem: RowProblem) -> Option<Fault> {
        let wanted = match problem {
            RowProblem::TooLong(_) if row.cells().len() == 0 => "A row may have a megabyte",
            RowProblem::TooLong(_) => "A cell may have 64 kilobytes",
            RowProblem::TooManyCells => "A row may have 200 cells",
            RowProblem::Undecodable(_) => "Characters must be of the file’s encoding: choose another one",
            RowProblem::NotJson => "Must be a JSON object, like {\"store_code\": \"HI-9B97EE4E\"}",
            RowProblem::Cut => "The file ends in the middle of this row: it is cut",
            RowProblem::OpenQuote => {
                "The quote that opens in this row is never closed: all rows behind it are in it"
            }
        };
        let column = match problem {
            RowProblem::TooLong(column) | RowProblem::Undecodable(column) if row.cells().len() > 0 => {
                Some(column)
            }
            _ => None,
        };
        let field = column.and_then(|column| self.mapping.columns.get(column)?.field);
        if column.is_some() && field.is_none() {
            return None;
        }
        let found = column.map_or("", |column| row.cell(column));
        Some(Fault::new(field, column, found, wanted.to_owned()))
    }
}

/// A UUID of the kind that its maker decides on (RFC 9562, section 5.8), the same for a row whenever it is read.
fn made_uuid(file: FileFingerprint, row: u64) -> DateUuid {
    let mut digest = Sha256::new();
    digest.update(b"orders import");
    digest.update(file.0.to_be_bytes());
    digest.update(row.to_be_bytes());
    let digest: [u8; 32] = digest.finalize().into();
    let [high, low] = [&digest[..8], &digest[8..16]]
        .map(|half| half.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)));
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    DateUuid::from(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Words that stand for nothing.
pub(super) fn is_nothing(text: &str) -> bool {
    ["", "NULL", "None", "NaN", "NaT", "N/A", "#N/A", "-", "–", "—"]
        .iter()
        .any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// A number without the fraction of zero that a column of other numbers gives it: `4.0`, `4,00`.
fn whole(text: &str) -> &str {
    [".0", ".00", ",0", ",00"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text)
}
