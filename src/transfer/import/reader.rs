//! The rows of any file, one after another.

use std::io::{Read, Seek, SeekFrom};

use super::csv::CsvRows;
use super::encoding::Utf8Bytes;
use super::json::JsonRows;
use super::reading::is_separator_line;
use super::sheet::SheetRows;
use super::{Ending, FileError, FileReading, Position, RawRow, RowProblem, TextEncoding, names};
use crate::transfer::FileFormat;

/// Reads the rows of a file behind its header.
///
/// Of the file it holds a row and a buffer; of a workbook its texts besides, at most some 40 MB.
pub struct RowReader<R> {
    rows: Rows<R>,
    header: Vec<String>,
    /// The first row of a file without a header, which has told how many columns there are.
    first: Option<RawRow>,
    /// Where the row begins that is given next, while it is `first`.
    start: Position,
}

enum Rows<R> {
    Csv(CsvRows<R>),
    Json(JsonRows<R>),
    Sheet(SheetRows),
}

impl<R: Read + Seek + Send + 'static> RowReader<R> {
    /// As many as an Excel sheet has.
    pub const MOST_ROWS: u64 = 1_048_576;
    /// Text of rows that are read at once.
    pub const BATCH_BYTES: usize = 1024 * 1024;

    /// From the first row behind the header.
    pub fn open(file: R, reading: &FileReading) -> Result<Self, FileError> {
        let rows = Rows::open(file, reading, Position::default(), Vec::new())?;
        let mut reader = Self { rows, header: Vec::new(), first: None, start: Position::default() };
        reader.begin(reading)?;
        Ok(reader)
    }

    /// Goes on behind a row; `header` is that of the reader that was there before.
    pub fn open_behind(
        file: R,
        reading: &FileReading,
        header: Vec<String>,
        behind: Position,
    ) -> Result<Self, FileError> {
        if behind == Position::default() {
            return Self::open(file, reading);
        }
        let rows = Rows::open(file, reading, behind, header.clone())?;
        let mut reader = Self { rows, header, first: None, start: behind };
        reader.rows.expect_cells(reader.header.len());
        reader.skip_to(behind.row)?;
        Ok(reader)
    }

    /// The columns' names. JSON may bring some along later, behind those that there are.
    pub fn header(&self) -> &[String] {
        match &self.rows {
            Rows::Json(rows) => rows.header(),
            Rows::Csv(_) | Rows::Sheet(_) => &self.header,
        }
    }

    /// Behind the row that was read last.
    pub fn position(&self) -> Position {
        if self.first.is_some() { self.start } else { self.rows.position() }
    }

    /// How the file ends, as far as it was read.
    pub fn ending(&self) -> Ending {
        match &self.rows {
            Rows::Csv(rows) => rows.ending(),
            Rows::Json(rows) => rows.ending(),
            Rows::Sheet(_) => Ending::Whole,
        }
    }

    /// Reads the next row into `row`; none at the end.
    pub fn read(&mut self, row: &mut RawRow) -> Result<bool, FileError> {
        if let Some(first) = self.first.take() {
            *row = first;
            return Ok(true);
        }
        let has_row = self.rows.read(row)?;
        if has_row && row.row() > Self::MOST_ROWS {
            let most = crate::order::grouped(Self::MOST_ROWS);
            return Err(FileError::TooLarge(format!("it has more than {most} rows. Split it")));
        }
        Ok(has_row)
    }

    /// Reads the next rows, as many as asked for or as have [`Self::BATCH_BYTES`]; none at the end.
    pub fn read_some(&mut self, most: usize) -> Result<Vec<RawRow>, FileError> {
        let (mut rows, mut row, mut bytes) = (Vec::new(), RawRow::default(), 0);
        while rows.len() < most && bytes < Self::BATCH_BYTES && self.read(&mut row)? {
            bytes += row.bytes();
            rows.push(std::mem::take(&mut row));
        }
        Ok(rows)
    }

    /// Takes up the header, or says what the columns are called without one.
    fn begin(&mut self, reading: &FileReading) -> Result<(), FileError> {
        if matches!(self.rows, Rows::Json(_)) {
            return Ok(());
        }
        let mut row = RawRow::default();
        loop {
            self.start = self.rows.position();
            if !self.rows.read(&mut row)? {
                return Err(FileError::Empty);
            }
            if !row.is_blank() && !is_separator_line(&row) {
                break;
            }
        }
        match row.problem() {
            Some(RowProblem::TooManyCells) => {
                let most = RawRow::MOST_CELLS;
                return Err(FileError::TooLarge(format!("it has more than {most} columns")));
            }
            Some(RowProblem::OpenQuote) => return Err(FileError::OpenQuote(row.row())),
            _ => {}
        }
        self.header = if reading.has_header {
            row.cells().map(names::shown).collect()
        } else {
            (1..=row.cells().len()).map(|nth| format!("Column {nth}")).collect()
        };
        self.rows.expect_cells(self.header.len());
        self.first = (!reading.has_header).then_some(row);
        Ok(())
    }

    /// Passes over rows, where the place of the next one is not known.
    fn skip_to(&mut self, behind: u64) -> Result<(), FileError> {
        let mut row = RawRow::default();
        while self.rows.position().row < behind && self.rows.read(&mut row)? {}
        Ok(())
    }
}

impl<R: Read + Seek + Send + 'static> Rows<R> {
    /// The rows behind a place, or all that have to be passed over to come there.
    fn open(
        mut file: R,
        reading: &FileReading,
        behind: Position,
        header: Vec<String>,
    ) -> Result<Self, FileError> {
        if reading.format == FileFormat::Xlsx {
            let rows = SheetRows::open(file, reading.sheet.clone(), behind.row)?;
            return Ok(Self::Sheet(rows));
        }
        let (row, offset) = match behind.offset {
            Some(offset) if reading.encoding == TextEncoding::Utf8 => (behind.row, offset),
            _ => (0, 0),
        };
        let offset = if offset == 0 { behind_mark(&mut file, reading.encoding)? } else { offset };
        file.seek(SeekFrom::Start(offset))?;
        let bytes = Utf8Bytes::new(file, reading.encoding, offset);
        Ok(match reading.format {
            FileFormat::Csv | FileFormat::Xlsx => Self::Csv(CsvRows::new(bytes, reading.separator, row)),
            format => Self::Json(JsonRows::new(bytes, format == FileFormat::Json, row, header)),
        })
    }

    fn read(&mut self, row: &mut RawRow) -> Result<bool, FileError> {
        match self {
            Self::Csv(rows) => rows.read(row),
            Self::Json(rows) => rows.read(row),
            Self::Sheet(rows) => rows.read(row),
        }
    }

    fn position(&self) -> Position {
        match self {
            Self::Csv(rows) => Position { row: rows.row(), offset: rows.offset() },
            Self::Json(rows) => Position { row: rows.row(), offset: rows.offset() },
            Self::Sheet(rows) => Position { row: rows.row(), offset: None },
        }
    }

    fn expect_cells(&mut self, width: usize) {
        if let Self::Csv(rows) = self {
            rows.expect_cells(width);
        }
    }
}

/// Where a file's text begins.
fn behind_mark(file: &mut (impl Read + Seek), encoding: TextEncoding) -> Result<u64, FileError> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(3).read_to_end(&mut head)?;
    let mark = encoding.mark();
    Ok(if head.starts_with(mark) { mark.len() as u64 } else { 0 })
}
