//! A row of a file, as it stands there.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A row of texts. They may hold card numbers: `Debug` shows none, and dropping wipes them.
#[derive(Clone, Default)]
pub struct RawRow {
    row: u64,
    text: Zeroizing<String>,
    /// Where each cell ends.
    ends: Vec<usize>,
    problem: Option<RowProblem>,
}

/// What is wrong with a row as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowProblem {
    /// A cell has more than [`RawRow::MOST_CELL_BYTES`], or the row more than [`RawRow::MOST_BYTES`]: what is kept is the
    /// beginning. Which cell it is, counted from 0.
    TooLong(usize),
    /// More cells than [`RawRow::MOST_CELLS`].
    TooManyCells,
    /// A character that the encoding does not have, in a cell, counted from 0.
    Undecodable(usize),
    /// What is no JSON object.
    NotJson,
    /// The file ends in the middle of it.
    Cut,
    /// A quote opens in it and is never closed: all that follows was taken for its text.
    OpenQuote,
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

/// Behind a row: where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// The row that was read last; 0 before the first.
    pub row: u64,
    /// The byte of the file at which the next one begins; none where it is found by skipping rows.
    pub offset: Option<u64>,
}

impl RawRow {
    /// As many as Excel has characters in a cell, twice.
    pub const MOST_CELL_BYTES: usize = 64 * 1024;
    pub const MOST_BYTES: usize = 1024 * 1024;
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

    /// What stands in all of them.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        (0..self.ends.len()).map(|column| self.cell(column))
    }

    /// How much text it has.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    pub fn problem(&self) -> Option<RowProblem> {
        self.problem
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.problem.is_none() && self.text.trim().is_empty()
    }

    /// A row of these cells, that comes from no file.
    pub fn of<'a>(row: u64, cells: impl IntoIterator<Item = &'a str>) -> Self {
        let mut made = Self { row, ..Self::default() };
        cells.into_iter().for_each(|cell| made.push(cell));
        made
    }

    /// Empties it, to take up a row with this number.
    pub(super) fn begin(&mut self, row: u64) {
        self.row = row;
        self.text.clear();
        self.ends.clear();
        self.problem = None;
    }

    /// Adds a cell, as far as there is room for it.
    pub(super) fn push(&mut self, cell: &str) {
        if self.ends.len() == Self::MOST_CELLS {
            return self.blame(RowProblem::TooManyCells);
        }
        let room = Self::MOST_CELL_BYTES.min(Self::MOST_BYTES.saturating_sub(self.text.len()));
        let kept = cell.get(..cell.floor_char_boundary(room)).unwrap_or_default();
        if kept.len() < cell.len() {
            self.blame(RowProblem::TooLong(self.ends.len()));
        }
        self.text.push_str(kept);
        self.ends.push(self.text.len());
    }

    /// Notes a problem that says more than what was noted before.
    pub(super) fn replace_problem(&mut self, problem: RowProblem) {
        self.problem = Some(problem);
    }

    /// Notes a problem, if there was none before.
    pub(super) fn blame(&mut self, problem: RowProblem) {
        self.problem.get_or_insert(problem);
    }
}

impl fmt::Debug for RawRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRow")
            .field("row", &self.row)
            .field("cells", &self.ends.len())
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
