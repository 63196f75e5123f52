//! Rows of comma-separated values (RFC 4180, and what spreadsheets make of it).
//!
//! Written by hand because a row has to have bounds, whatever stands in the file, and because a quote that is never closed
//! has to be told from the end of a row: the readers that there are keep the one and hide the other.

use std::borrow::Cow;
use std::io::Read;

use zeroize::Zeroizing;

use super::encoding::Utf8Bytes;
use super::{Ending, FileError, RawRow, RowProblem, Separator};

/// The rows of a file, from some place in it.
pub(super) struct CsvRows<R> {
    bytes: Utf8Bytes<R>,
    separator: u8,
    /// The row that was read last.
    row: u64,
    /// Cells of a whole row.
    width: Option<usize>,
    ending: Ending,
    cell: Zeroizing<Vec<u8>>,
    /// Whether the cell has more bytes than are kept.
    overflows: bool,
}

/// Where in a row a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: its end, or the first of two that stand for one.
    Quote,
}

/// What ended a row.
enum End {
    Line,
    /// The end of the file, in a state of the last row.
    File(State),
}

impl<R: Read> CsvRows<R> {
    /// From where the bytes begin, behind a row.
    pub fn new(bytes: Utf8Bytes<R>, separator: Separator, row: u64) -> Self {
        Self {
            bytes,
            separator: separator.byte(),
            row,
            width: None,
            ending: Ending::Whole,
            cell: Zeroizing::new(Vec::with_capacity(RawRow::MOST_CELL_BYTES + 1)),
            overflows: false,
        }
    }

    /// Says how many cells a whole row has, without which a cut row is not known.
    pub fn expect_cells(&mut self, width: usize) {
        self.width = Some(width);
    }

    pub fn row(&self) -> u64 {
        self.row
    }

    pub fn offset(&self) -> Option<u64> {
        self.bytes.offset()
    }

    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Reads a row; none at the end of the file.
    pub fn read(&mut self, row: &mut RawRow) -> Result<bool, FileError> {
        if self.bytes.fill()?.is_empty() {
            return Ok(false);
        }
        self.row += 1;
        row.begin(self.row);
        let end = self.cells(row)?;
        self.finish_cell(row);
        if let End::File(state) = end {
            self.note_end(row, state);
        }
        Ok(true)
    }

    fn cells(&mut self, row: &mut RawRow) -> Result<End, FileError> {
        let mut state = State::Start;
        loop {
            let buffer = self.bytes.fill()?;
            let Some(&byte) = buffer.first() else { return Ok(End::File(state)) };
            let run = plain_run(buffer, state, self.separator);
            if run > 0 {
                take(&mut self.cell, &mut self.overflows, buffer.get(..run).unwrap_or_default());
                self.bytes.consume(run);
                state = if state == State::Quoted { State::Quoted } else { State::Plain };
                continue;
            }
            self.bytes.consume(1);
            state = match (state, byte) {
                (State::Start, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Quote,
                (State::Quote, b'"') => {
                    take(&mut self.cell, &mut self.overflows, b"\"");
                    State::Quoted
                }
                (_, b'\n') => return Ok(End::Line),
                (_, b'\r') => {
                    if self.bytes.fill()?.first() == Some(&b'\n') {
                        self.bytes.consume(1);
                    }
                    return Ok(End::Line);
                }
                (_, byte) if byte == self.separator => {
                    self.finish_cell(row);
                    State::Start
                }
                // Text behind a closing quote belongs to its cell.
                (_, byte) => {
                    take(&mut self.cell, &mut self.overflows, &[byte]);
                    State::Plain
                }
            };
        }
    }

    fn finish_cell(&mut self, row: &mut RawRow) {
        if self.overflows {
            let column = row.cells().len();
            row.blame(RowProblem::TooLong(column));
            // Cut in the middle of a character it is no other encoding.
            row.push(self.cell.utf8_chunks().next().map_or("", |chunk| chunk.valid()));
        } else {
            let text = String::from_utf8_lossy(&self.cell);
            let is_foreign = self.bytes.is_decoded() && text.contains(char::REPLACEMENT_CHARACTER);
            if is_foreign || matches!(text, Cow::Owned(_)) {
                let column = row.cells().len();
                row.blame(RowProblem::Undecodable(column));
            }
            row.push(&text);
        }
        self.cell.clear();
        self.overflows = false;
    }

    /// Without a line's end the last row may be whole or not.
    fn note_end(&mut self, row: &mut RawRow, state: State) {
        let (cells, is_blank) = (row.cells().len(), row.is_blank());
        let has_half_a_character = row.problem() == Some(RowProblem::Undecodable(cells.saturating_sub(1)))
            && row.cells().next_back().is_some_and(|cell| cell.ends_with(char::REPLACEMENT_CHARACTER));
        let is_half = self.width.is_some_and(|width| cells < width) || has_half_a_character;
        if state == State::Quoted {
            row.replace_problem(RowProblem::OpenQuote);
            self.ending = Ending::OpenQuote(self.row);
        } else if is_half && !is_blank {
            row.replace_problem(RowProblem::Cut);
            self.ending = Ending::Cut(self.row);
        }
    }
}

/// How many bytes of a buffer are text of the cell whatever they are.
fn plain_run(buffer: &[u8], state: State, separator: u8) -> usize {
    let end = match state {
        State::Start if buffer.first() == Some(&b'"') => Some(0),
        State::Quote => Some(0),
        State::Quoted => buffer.iter().position(|byte| *byte == b'"'),
        State::Start | State::Plain => {
            buffer.iter().position(|byte| matches!(*byte, b'\n' | b'\r') || *byte == separator)
        }
    };
    end.unwrap_or(buffer.len())
}

/// Adds bytes to a cell, as far as there is room.
fn take(cell: &mut Vec<u8>, overflows: &mut bool, bytes: &[u8]) {
    let room = RawRow::MOST_CELL_BYTES.saturating_sub(cell.len());
    *overflows |= bytes.len() > room;
    cell.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
}
