//! All rows of a file, read before anything is done: what is in them, and what somebody has to say first.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek};

use super::suggestion::Suggestions;
use super::{
    Checked, ColumnDates, Ending, Fault, FileError, Mapping, RawRow, ReadRow, RowCheck, RowProblem,
    RowReader, Skipped,
};
use crate::order::{Field, holds_card_number};

/// What is in a file.
#[derive(Debug, Default)]
pub struct Survey {
    /// All names of columns: JSON may bring some along late.
    pub header: Vec<String>,
    /// Rows but for blank ones and repeated headers.
    pub rows: u64,
    /// Wrong values, the most frequent first, each with what is wanted; at most [`Survey::MOST_WRONG`].
    pub wrong: Vec<WrongValue>,
    /// Rows with at least one fault, as far as the file alone can tell.
    pub wrong_rows: u64,
    /// Rows that repeat an earlier one, sorted.
    pub repeats: Vec<u32>,
    /// Rows whose card alone is wrong, such that `rounded_cards_ok` would take them.
    pub rounded_cards: u64,
    /// Columns that hold what may be card numbers and are not the card's, with how many rows.
    pub stray_cards: Vec<(usize, u64)>,
    /// Rows with characters that the encoding does not have.
    pub undecodable: u64,
    pub ending: Ending,
}

/// A value that is wrong, in all rows that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongValue {
    /// The fault of the first row that has it. `found` is the whole value, if it can be mended.
    pub fault: Fault,
    /// As a spreadsheet counts.
    pub first_row: u64,
    pub rows: u64,
    /// Whether a [`super::Mend`] may stand for it: it is short, and neither card nor UUID.
    pub can_be_mended: bool,
    /// What is probably meant.
    pub suggestion: Option<String>,
}

/// How many rows are read between two looks at how far the reading is.
const STEP: u64 = 1000;

/// Finds out how each column of dates is written, puts it into the mapping where the whole column tells and nobody has said
/// so, and says what was found of each.
pub fn find_date_orders<R: Read + Seek + Send + 'static>(
    reader: &mut RowReader<R>,
    mapping: &mut Mapping,
) -> Result<Vec<(usize, ColumnDates)>, FileError> {
    let is_date = |field| matches!(field, Field::OrderDate | Field::ShippingDate | Field::DeliveryDate);
    let columns = mapping.columns.iter().enumerate();
    let dates = columns.filter(|(_, column)| column.field.is_some_and(is_date));
    let mut found: Vec<(usize, ColumnDates)> =
        dates.map(|(column, _)| (column, ColumnDates::default())).collect();
    let mut row = RawRow::default();
    while !found.is_empty() && reader.read(&mut row)? {
        for (column, dates) in &mut found {
            dates.count(row.cell(*column));
        }
    }
    for (column, dates) in &found {
        if let Some(column) = mapping.columns.get_mut(*column) {
            column.dates = column.dates.or(dates.order());
        }
    }
    Ok(found)
}

impl Survey {
    /// Wrong values that are told apart; what is rarer is only counted.
    pub const MOST_WRONG: usize = 1000;

    /// Reads all rows, from the first behind the header; says now and then how many it has read.
    ///
    /// Memory holds 20 bytes a row, to know rows that repeat an earlier one, and the wrong values.
    pub fn run<R: Read + Seek + Send + 'static>(
        reader: &mut RowReader<R>,
        check: &RowCheck<'_>,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, FileError> {
        let mut surveyor = Surveyor::default();
        let mut row = RawRow::default();
        let mut read = 0;
        while reader.read(&mut row)? {
            surveyor.take(&row, check);
            read += 1;
            if read % STEP == 0 {
                progress(STEP);
            }
        }
        progress(read % STEP);
        let Surveyor { mut survey, wrong, suggestions, stray_cards, .. } = surveyor;
        survey.header = reader.header().to_vec();
        survey.ending = reader.ending();
        survey.wrong = wrong.into_values().collect();
        for value in survey.wrong.iter_mut().filter(|value| value.can_be_mended) {
            value.suggestion = suggestions.of(&value.fault);
        }
        survey.wrong.sort_by_key(|value| (std::cmp::Reverse(value.rows), value.first_row));
        survey.stray_cards = stray_cards.into_iter().collect();
        survey.stray_cards.sort_unstable();
        Ok(survey)
    }
}

#[derive(Default)]
struct Surveyor {
    survey: Survey,
    wrong: HashMap<(Option<Field>, String, String), WrongValue>,
    suggestions: Suggestions,
    stray_cards: HashMap<usize, u64>,
    /// Hashes of rows under a key of this survey's own.
    seen: HashSet<u64>,
    hashing: RandomState,
}

impl Surveyor {
    fn take(&mut self, row: &RawRow, check: &RowCheck<'_>) {
        let checked = check.check(row);
        match &checked {
            Checked::Skipped(Skipped::Blank | Skipped::Header) => return,
            Checked::Skipped(Skipped::Repeat) => {}
            Checked::Wrong(faults) => self.note_wrong(row, faults),
            Checked::Read(read) => self.take_read(row, read, check),
        }
        self.survey.rows += 1;
        self.survey.undecodable += u64::from(matches!(row.problem(), Some(RowProblem::Undecodable(_))));
        self.note_stray_cards(row, check);
    }

    fn take_read(&mut self, row: &RawRow, read: &ReadRow, check: &RowCheck<'_>) {
        if self.is_repeat(read, check) {
            // Never the fallback: no file has so many rows.
            self.survey.repeats.push(u32::try_from(row.row()).unwrap_or(u32::MAX));
            return;
        }
        let faults = read.own_faults(check);
        self.suggestions.take(read, &faults);
        self.survey.rounded_cards += u64::from(read.is_only_rounded(&faults));
        if !faults.is_empty() {
            self.note_wrong(row, &faults);
        }
    }

    fn is_repeat(&mut self, read: &ReadRow, check: &RowCheck<'_>) -> bool {
        if !read.has_uuid && check.mapping.keep_repeats {
            return false;
        }
        let hash = if read.has_uuid {
            self.hashing.hash_one((read.date_uuid, read.text(Field::UserId)))
        } else {
            self.hashing.hash_one(Field::ALL.map(|field| read.text(field)))
        };
        !self.seen.insert(hash)
    }

    fn note_wrong(&mut self, row: &RawRow, faults: &[Fault]) {
        self.survey.wrong_rows += 1;
        for fault in faults {
            let key = (fault.field, fault.found.clone(), fault.wanted.clone());
            if let Some(value) = self.wrong.get_mut(&key) {
                value.rows += 1;
            } else if self.wrong.len() < Survey::MOST_WRONG {
                let can_be_mended = can_be_mended(row, fault);
                let (fault, first_row) = (fault.clone(), row.row());
                let value = WrongValue { fault, first_row, rows: 1, can_be_mended, suggestion: None };
                self.wrong.insert(key, value);
            }
        }
    }

    fn note_stray_cards(&mut self, row: &RawRow, check: &RowCheck<'_>) {
        for (column, used) in check.mapping.columns.iter().enumerate() {
            let may_be_one = !matches!(used.field, Some(Field::CardNumber | Field::DateUuid | Field::UserId));
            if may_be_one && holds_card_number(row.cell(column)) {
                *self.stray_cards.entry(column).or_default() += 1;
            }
        }
    }
}

fn can_be_mended(row: &RawRow, fault: &Fault) -> bool {
    let is_own = matches!(fault.field, None | Some(Field::CardNumber | Field::DateUuid));
    let is_whole =
        fault.column.is_some_and(|column| row.cell(column).trim().trim_start_matches('\'') == fault.found);
    !is_own && is_whole && !fault.found.is_empty()
}
