//! A row of a file, as it stands there.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A row of texts. They may hold card numbers: `Debug` shows none, and dropping wipes them.
#[derive(Clone, Default)]
pub struct RawRow {
    /// As a spreadsheet counts: the first row of the file is 1.
    row: u64,
    text: Zeroizing<String>,
    /// Where each cell ends.
    ends: Vec<usize>,
    problem: Option<RowProblem>,
}

/// What is wrong with a row as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowProblem {
    /// A cell has more than [`RawRow::MOST_CELL_BYTES`]; what is kept of it is the beginning. Counted from 0.
    CellTooLong(usize),
    /// More cells than [`RawRow::MOST_CELLS`].
    TooManyCells,
    /// A character that the encoding does not have, in a cell, counted from 0.
    Undecodable(usize),
    /// A line that is no JSON object.
    NotJson,
}

/// Behind a row: where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The row that was read last; 0 before the first.
    pub row: u64,
    /// The byte of the file at which the next one begins; none where it is found by skipping rows.
    pub offset: Option<u64>,
}

impl RawRow {
    pub const MOST_CELL_BYTES: usize = 64 * 1024;
    pub const MOST_CELLS: usize = 200;

    /// As a spreadsheet counts: the first row of the file is 1.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// What stands in a cell, counted from 0; empty where there is none.
    pub fn cell(&self, column: usize) -> &str {
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(column).and_then(|end| self.text.get(start..*end)).unwrap_or_default()
    }

    /// How many cells it has.
    pub fn cells(&self) -> usize {
        self.ends.len()
    }

    pub fn problem(&self) -> Option<RowProblem> {
        self.problem
    }
}

impl fmt::Debug for RawRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRow").field("row", &self.row).field("cells", &self.cells()).finish_non_exhaustive()
    }
}
