//! What is wrong: with a file, and with a row of it.

use std::io;

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
    #[error("the workbook is damaged or cut ({0}). Save it once more, or save it as CSV UTF-8")]
    Workbook(String),
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
}
