//! The rows of a file that were wrong, as a file of the same format with the reasons, to be put right and imported.
//!
//! It has the columns of the file that came in, and one more. No card number gets into it: a card is its brand, its last four
//! digits and a reference, and what may be one elsewhere is masked.

use std::io::{self, Write};
use std::path::PathBuf;

use rust_xlsxwriter::XlsxError;
use serde::Serializer as _;
use serde_json::Value;

use super::{CardReference, Fault, FileReading, RawRow, RowCheck, TextEncoding, card};
use crate::order::Field;
use crate::transfer::FileFormat;
use crate::transfer::spreadsheet_text::is_escaped;

/// The column of reasons, which an import passes over.
pub const REASONS: &str = "reasons";

/// A file of wrong rows that is being written. UTF-8, whatever the encoding of the file that came in.
pub struct WrongRows<W: Write> {
    out: W,
    format: FileFormat,
    separator: u8,
    header: Vec<String>,
    rows: u32,
    book: Option<rust_xlsxwriter::Workbook>,
}

impl<W: Write + Send> WrongRows<W> {
    /// Begins a file; a workbook is put together in a temporary file of a folder, or where the system has them.
    pub fn begin(
        mut out: W,
        reading: &FileReading,
        header: &[String],
        folder: Option<PathBuf>,
    ) -> io::Result<Self> {
        let mut book = None;
        let header: Vec<String> =
            header.iter().filter(|name| *name != REASONS).cloned().chain([REASONS.to_owned()]).collect();
        match reading.format {
            // Excel takes a file without the mark for one in an old code page.
            FileFormat::Csv => out.write_all(TextEncoding::Utf8.mark())?,
            FileFormat::Json => out.write_all(b"[")?,
            FileFormat::Ndjson => {}
            FileFormat::Xlsx => book = Some(workbook(folder)?),
        }
        let separator = reading.separator.byte();
        let mut file = Self { out, format: reading.format, separator, header, rows: 0, book };
        let names = file.header.clone();
        match file.format {
            FileFormat::Csv | FileFormat::Xlsx => file.line(&names)?,
            FileFormat::Json | FileFormat::Ndjson => {}
        }
        Ok(file)
    }

    /// Adds a row with what is wrong with it.
    pub fn add(&mut self, row: &RawRow, faults: &[Fault], check: &RowCheck<'_>) -> io::Result<()> {
        self.rows += 1;
        let columns = check.mapping.columns.iter().enumerate();
        let mut cells: Vec<String> = columns
            .filter(|(_, column)| column.name != REASONS)
            .map(|(nth, column)| cell(row, nth, column.field, check))
            .collect();
        cells.resize(self.header.len().saturating_sub(1), String::new());
        cells.push(format!("Row {}: {}", row.row(), Fault::sentences(faults)));
        match self.format {
            FileFormat::Csv | FileFormat::Xlsx => self.line(&cells),
            FileFormat::Json | FileFormat::Ndjson => self.object(cells),
        }
    }

    /// Writes what comes behind all rows, and hands the file back.
    pub fn finish(mut self) -> io::Result<W> {
        match (self.format, self.book.take()) {
            (FileFormat::Xlsx, Some(mut book)) => {
                let bytes = book.save_to_buffer().map_err(failed)?;
                self.out.write_all(&bytes)?;
            }
            (FileFormat::Json, _) => self.out.write_all(b"\n]\n")?,
            _ => {}
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, cells: &[String]) -> io::Result<()> {
        if let Some(book) = &mut self.book {
            let sheet = book.worksheet_from_index(0).map_err(failed)?;
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(self.rows, column, cell).map_err(failed)?;
            }
            return Ok(());
        }
        let mut line = csv::WriterBuilder::new()
            .delimiter(self.separator)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        line.write_record(cells.iter().map(|cell| escaped(cell))).map_err(io::Error::other)?;
        let line = line.into_inner().map_err(|_| io::Error::other("a line cannot be written"))?;
        self.out.write_all(&line)
    }

    fn object(&mut self, cells: Vec<String>) -> io::Result<()> {
        let values = cells.into_iter().map(|cell| if cell.is_empty() { Value::Null } else { cell.into() });
        if self.format == FileFormat::Json {
            self.out.write_all(if self.rows > 1 { b",\n" } else { b"\n" })?;
        }
        serde_json::Serializer::new(&mut self.out).collect_map(self.header.iter().zip(values))?;
        if self.format == FileFormat::Ndjson { self.out.write_all(b"\n") } else { Ok(()) }
    }
}

/// A cell as it may leave the program.
fn cell(row: &RawRow, column: usize, field: Option<Field>, check: &RowCheck<'_>) -> String {
    let text = check.cell(row, column);
    if field != Some(Field::CardNumber) {
        return card::masked(text);
    }
    // Only what is not shown has to be referred to.
    if CardReference::parse(text).is_some() || card::shown(text) == text {
        return text.to_owned();
    }
    CardReference { file: check.file, row: row.row() }.cell(text)
}

fn escaped(cell: &str) -> String {
    if is_escaped(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn workbook(folder: Option<PathBuf>) -> io::Result<rust_xlsxwriter::Workbook> {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.set_tempdir(folder.unwrap_or_else(std::env::temp_dir)).map_err(failed)?;
    let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
    sheet.set_name("Wrong rows").map_err(failed)?;
    Ok(book)
}

#[allow(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn failed(error: XlsxError) -> io::Error {
    io::Error::other(error.to_string())
}
