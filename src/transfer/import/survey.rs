//! All rows of a file, read once: what is in them, before anything is done.

use super::{Fault, Position};
use crate::order::Field;

/// What is in a file.
#[derive(Debug, Default)]
pub struct Survey {
    /// All names of columns: JSON may bring some along late.
    pub header: Vec<String>,
    /// Rows but for the header, blank ones and repeated headers.
    pub rows: u64,
    /// How dates are written, for each column that is a date.
    pub dates: Vec<(usize, ColumnDates)>,
    /// Wrong values, the most frequent first, each with what is wanted.
    pub wrong: Vec<WrongValue>,
    /// Rows with at least one fault, as far as the file alone can tell.
    pub wrong_rows: u64,
    /// Rows that repeat an earlier one, sorted.
    pub repeats: Vec<u32>,
    /// Rows whose only faults are such that `rounded_cards_ok` would take them.
    pub rounded_cards: u64,
    /// Columns that hold what may be card numbers and are not the card's, with how many rows.
    pub stray_cards: Vec<(usize, u64)>,
    /// Rows with characters that the encoding does not have.
    pub undecodable: u64,
    pub ending: Ending,
    /// Behind the last row.
    pub end: Option<Position>,
}

/// How a column's dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColumnDates {
    /// Such as 31/12/2026.
    pub day_first: u64,
    /// Such as 12/31/2026.
    pub month_first: u64,
    /// Such as 3/4/2026.
    pub either: u64,
}

/// A value that is wrong, in all rows that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongValue {
    pub field: Field,
    /// The fault of the first row that has it. `found` is the whole value, if it can be mended.
    pub fault: Fault,
    pub first_row: u64,
    pub rows: u64,
    /// Whether a mend may stand for it: it is short, and no card number.
    pub mendable: bool,
    /// What is probably meant.
    pub suggestion: Option<String>,
}

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    #[default]
    Whole,
    /// In the middle of a row, this one: what is behind it is missing.
    Cut(u64),
    /// The quote that opens in this row is never closed.
    OpenQuote(u64),
}
