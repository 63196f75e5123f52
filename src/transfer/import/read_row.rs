//! A row that may be an order, field by field.

use std::fmt;

use zeroize::Zeroizing;

use super::CardReference;
use crate::order::{DateUuid, Field};

/// Why nothing is to be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// Nothing stands in it.
    Blank,
    /// It repeats the names of the columns.
    Header,
    /// It repeats an earlier row of the file, by its key or, without one, by all that it says.
    Repeat,
}

/// A row that may be an order. `Debug` shows nothing of what stands in it.
pub struct ReadRow {
    /// As a spreadsheet counts.
    pub row: u64,
    /// By which the order is looked up: of the row, or out of the file's fingerprint and the row's number.
    pub date_uuid: DateUuid,
    /// Whether the UUID stood in the row.
    pub has_uuid: bool,
    /// Instead of a card number: to be resolved by whoever keeps the file that it names.
    pub card: Option<CardReference>,
    /// In the order of [`Field::ALL`]; none where no column is that field.
    values: [Option<Zeroizing<String>>; Field::ALL.len()],
    /// What stood in the file where something else is read; never a card.
    pub(super) originals: Vec<(Field, String)>,
}

impl ReadRow {
    /// A row with nothing in it yet.
    pub(super) fn new(row: u64, date_uuid: DateUuid) -> Self {
        let values = Default::default();
        Self { row, date_uuid, has_uuid: false, card: None, values, originals: Vec::new() }
    }

    pub(super) fn put(&mut self, field: Field, text: &str) {
        let place = Field::ALL.iter().position(|one| *one == field);
        if let Some(value) = place.and_then(|place| self.values.get_mut(place)) {
            *value = Some(Zeroizing::new(text.to_owned()));
        }
    }

    /// As it stands in the file.
    pub(super) fn original(&self, field: Field) -> &str {
        let original = self.originals.iter().find(|(one, _)| *one == field);
        original.map_or_else(|| self.text(field), |(_, text)| text)
    }

    /// What the row has in a field; empty where it has nothing.
    pub(super) fn text(&self, field: Field) -> &str {
        self.given(field).unwrap_or_default()
    }

    pub(super) fn given(&self, field: Field) -> Option<&str> {
        let place = Field::ALL.iter().position(|one| *one == field)?;
        self.values.get(place)?.as_ref().map(|text| text.as_str())
    }

    /// Puts in what a reference stands for: the cell of the card column in the row that it names.
    pub fn resolve_card(&mut self, cell: &str) {
        self.put(Field::CardNumber, cell);
        self.card = None;
    }
}

impl fmt::Debug for ReadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadRow")
            .field("row", &self.row)
            .field("date_uuid", &self.date_uuid)
            .finish_non_exhaustive()
    }
}
