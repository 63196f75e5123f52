//! What is wrong: with a file, and with a row of it.

use std::io;

use super::card;
use crate::order::Field;

/// Why a file cannot be read at all, or no further.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file is empty")]
    Empty,
    /// It needs more than is allowed; in words, which bound.
    #[error("the file is larger than can be read: {0}")]
    TooLarge(String),
    /// The beginning is of no format that is known.
    #[error("the file is neither CSV, lines of JSON, a JSON array nor an Excel workbook: {0}")]
    Unknown(String),
    /// A workbook whose end is missing, or whose parts are damaged.
    #[error("the workbook is damaged or cut: {0}. Save it once more, or save it as CSV UTF-8")]
    Workbook(String),
    /// The sheet that was asked for is not there; those that are.
    #[error("the workbook has no such sheet. It has: {0}")]
    NoSheet(String),
    /// Before the first row of orders.
    #[error("the quote that opens in row {0} is never closed, so all that follows is one cell")]
    OpenQuote(u64),
    #[error("the file cannot be read ({0})")]
    Io(#[from] io::Error),
}

/// What is wrong in a row, in the words of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field that needs something else; none for a row that is wrong as a whole.
    pub field: Option<Field>,
    /// The column of the file that it was read from, counted from 0; none where no column is that field.
    pub column: Option<usize>,
    /// What stands there, cut to [`Fault::SHOWN`] characters; what may be a card number is masked, and a card is its
    /// brand and last four digits.
    pub found: String,
    /// What is wanted: "Store code must look like HI-9B97EE4E, …".
    pub wanted: String,
}

impl Fault {
    /// Characters of what stands in a cell that are shown.
    pub const SHOWN: usize = 80;

    /// What is wanted, each as a sentence.
    pub fn sentences(faults: &[Self]) -> String {
        let sentence = |fault: &Self| {
            let end = if fault.wanted.ends_with(['?', '.']) { "" } else { "." };
            format!("{}{end}", fault.wanted)
        };
        faults.iter().map(sentence).collect::<Vec<_>>().join(" ")
    }

    /// Of a row as a whole.
    pub fn of_row(wanted: &str) -> Self {
        Self::new(None, None, "", wanted.to_owned())
    }

    /// Of a row whose key another one has.
    pub fn of_taken_key() -> Self {
        Self::of_row("Another order has the same UUID and customer ID")
    }

    /// Of a row that cannot be told from others.
    pub fn of_no_key() -> Self {
        Self::of_row("The row has no UUID or no customer ID")
    }

    /// `found` may be anything, a card number too.
    pub(super) fn new(field: Option<Field>, column: Option<usize>, found: &str, wanted: String) -> Self {
        let found = if field == Some(Field::CardNumber) { card::shown(found) } else { card::masked(found) };
        let shown = found.chars().map(|c| if c.is_control() { ' ' } else { c }).take(Self::SHOWN).collect();
        Self { field, column, found: shown, wanted }
    }
}
