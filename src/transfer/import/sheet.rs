//! Rows of a workbook's sheet (Office Open XML), cell by cell.
//!
//! The reader borrows from the workbook, so both live on a thread of their own, which hands over some rows at a time and ends
//! when nobody takes them any more. What calamine says of a failure may hold what stands in a cell: it is never shown.

use std::io::{Read, Seek};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxError};
use chrono::{NaiveDate, TimeDelta};

use super::workbook_bounds;
use super::{FileError, RawRow};

/// Rows that are handed over at once, and how often the thread may be ahead.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 1024 * 1024;
const AHEAD: usize = 2;

type Batch = Result<Vec<RawRow>, FileError>;

/// The rows of a sheet.
pub(super) struct SheetRows {
    batches: Option<Receiver<Batch>>,
    thread: Option<JoinHandle<()>>,
    batch: std::vec::IntoIter<RawRow>,
    row: u64,
}

impl SheetRows {
    /// The rows of a sheet behind a row; of the first visible sheet, if none is named.
    pub fn open(
        mut file: impl Read + Seek + Send + 'static,
        sheet: Option<String>,
        behind: u64,
    ) -> Result<Self, FileError> {
        workbook_bounds::check(&mut file)?;
        let (send, batches) = sync_channel(AHEAD);
        let read = move || {
            if let Err(error) = send_rows(file, sheet.as_deref(), behind, &send) {
                // Nobody waits for it any more.
                let _ = send.send(Err(error));
            }
        };
        let thread = thread::Builder::new().name("workbook".to_owned()).spawn(read)?;
        Ok(Self { batches: Some(batches), thread: Some(thread), batch: Vec::new().into_iter(), row: behind })
    }

    pub fn row(&self) -> u64 {
        self.row
    }

    /// Reads a row; none at the end.
    pub fn read(&mut self, row: &mut RawRow) -> Result<bool, FileError> {
        loop {
            if let Some(next) = self.batch.next() {
                self.row = next.row();
                *row = next;
                return Ok(true);
            }
            match self.batches.as_ref().map(Receiver::recv) {
                Some(Ok(batch)) => self.batch = batch?.into_iter(),
                // It has ended by itself, or by a panic.
                Some(Err(_)) => {
                    self.batches = None;
                    let ended = self.thread.take().map(JoinHandle::join);
                    if matches!(ended, Some(Err(_))) {
                        return Err(FileError::Workbook("its cells cannot be read".to_owned()));
                    }
                }
                None => return Ok(false),
            }
        }
    }
}

impl Drop for SheetRows {
    fn drop(&mut self) {
        // Without a receiver the thread ends with its next rows.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The names of a workbook's sheets, those that are seen first.
pub(super) fn sheet_names(file: &mut (impl Read + Seek)) -> Result<Vec<String>, FileError> {
    workbook_bounds::check(file)?;
    Ok(names(&Xlsx::new(file).map_err(|error| failed(&error))?))
}

fn names<R: Read + Seek>(book: &Xlsx<R>) -> Vec<String> {
    let of = |is_seen: bool| {
        let sheets = book.sheets_metadata().iter();
        sheets
            .filter(move |sheet| (sheet.visible == SheetVisible::Visible) == is_seen)
            .map(|sheet| sheet.name.clone())
    };
    of(true).chain(of(false)).collect()
}

fn send_rows(
    file: impl Read + Seek,
    sheet: Option<&str>,
    behind: u64,
    send: &SyncSender<Batch>,
) -> Result<(), FileError> {
    let mut book = Xlsx::new(file).map_err(|error| failed(&error))?;
    let names = names(&book);
    let name = match sheet {
        Some(wanted) => names.iter().find(|name| *name == wanted),
        None => names.first(),
    };
    let name = name.ok_or_else(|| FileError::NoSheet(names.join(", ")))?;
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| failed(&error))?;
    let mut rows = Gathered { row: RawRow::default(), batch: Vec::new(), bytes: 0, behind };
    while let Some(cell) = cells.next_cell().map_err(|error| failed(&error))? {
        let (row, column) = cell.get_position();
        if rows.row.row() != u64::from(row) + 1 && !rows.begin(u64::from(row) + 1, send)? {
            return Ok(());
        }
        rows.add(column as usize, cell.get_value());
    }
    rows.end(send);
    Ok(())
}

/// Cells on their way into rows.
struct Gathered {
    row: RawRow,
    batch: Vec<RawRow>,
    /// Text of the batch.
    bytes: usize,
    /// Rows up to this one are passed over.
    behind: u64,
}

impl Gathered {
    /// Begins another row; false where nobody takes rows any more.
    fn begin(&mut self, row: u64, send: &SyncSender<Batch>) -> Result<bool, FileError> {
        if row < self.row.row() {
            return Err(FileError::Workbook("its rows are out of order".to_owned()));
        }
        self.finish_row();
        self.row.begin(row);
        if self.batch.len() == BATCH || self.bytes > BATCH_BYTES {
            self.bytes = 0;
            return Ok(send.send(Ok(std::mem::take(&mut self.batch))).is_ok());
        }
        Ok(true)
    }

    fn finish_row(&mut self) {
        if self.row.row() > self.behind {
            self.bytes += self.row.bytes();
            self.batch.push(std::mem::take(&mut self.row));
        }
    }

    fn add(&mut self, column: usize, value: &DataRef<'_>) {
        if matches!(value, DataRef::Empty) || self.row.row() <= self.behind {
            return;
        }
        // Cells that are not there are empty.
        while self.row.cells().len() < column.min(RawRow::MOST_CELLS) {
            self.row.push("");
        }
        match value {
            DataRef::SharedString(text) => self.row.push(text),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                self.row.push(text);
            }
            DataRef::Int(number) => self.row.push(&number.to_string()),
            DataRef::Float(number) => self.row.push(&number_text(*number)),
            DataRef::Bool(is_true) => self.row.push(if *is_true { "TRUE" } else { "FALSE" }),
            DataRef::DateTime(time) => self.row.push(&time_text(*time)),
            DataRef::Error(error) => self.row.push(error_text(error)),
            DataRef::Empty => {}
        }
    }

    fn end(mut self, send: &SyncSender<Batch>) {
        self.finish_row();
        if !self.batch.is_empty() {
            // Nobody takes it any more.
            let _ = send.send(Ok(self.batch));
        }
    }
}

/// A number as people would type it: whole ones without a fraction, whatever their length.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e21 { format!("{number:.0}") } else { number.to_string() }
}

/// A date as files have it, to the second; a span of time stays a number.
fn time_text(time: ExcelDateTime) -> String {
    if !time.is_datetime() {
        return number_text(time.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
    let moment = date.and_then(|date| date.and_hms_opt(hour.into(), minute.into(), second.into()));
    let rounded = TimeDelta::seconds(i64::from(milli >= 500));
    match moment.and_then(|moment| moment.checked_add_signed(rounded)) {
        Some(moment) => moment.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => number_text(time.as_f64()),
    }
}

fn error_text(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#DATA!",
    }
}

fn failed(error: &XlsxError) -> FileError {
    match error {
        XlsxError::Password => {
            FileError::Unknown("the workbook has a password: save it without one".to_owned())
        }
        XlsxError::Io(_) | XlsxError::Zip(_) => FileError::Workbook("a part of it is missing".to_owned()),
        XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_) => {
            FileError::Workbook("the sheet has no cells".to_owned())
        }
        _ => FileError::Workbook("its cells cannot be read".to_owned()),
    }
}
