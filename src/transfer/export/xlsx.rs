//! Orders as an Excel workbook (Office Open XML): dates are dates, numbers numbers, and codes texts.
//!
//! The rows go into a temporary file without a name as they come, so that memory holds one of them. At the end they are
//! compressed.

use std::io::Write;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet, XlsxError};

use crate::order::{LocalTime, Order};
use crate::transfer::columns::{Cell, Column};

/// A workbook that is being put together.
pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    /// Where its temporary file is.
    folder: PathBuf,
    dates: Format,
    /// Statuses are those of this moment.
    now: LocalTime,
    orders: u32,
}

/// Why a workbook cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// Excel has no more lines.
    #[error("an Excel workbook holds {most} orders at most", most = crate::order::grouped(Workbook::MOST_ORDERS.into()))]
    TooManyOrders,
    /// The disk of its temporary file is as good as full.
    #[error("{folder} has no room to put the workbook together", folder = .0.display())]
    NoRoom(PathBuf),
    /// Its temporary file or the file itself.
    #[error("the workbook cannot be written ({0})")]
    Unwritten(String),
}

impl From<XlsxError> for SheetError {
    fn from(error: XlsxError) -> Self {
        Self::Unwritten(error.to_string().trim_end_matches('.').to_owned())
    }
}

/// Bytes of an order in the temporary file at most, and of what is written behind all orders.
const MOST_BYTES: u64 = 4096;

impl Workbook {
    /// As many as a sheet has lines, but for that of the names.
    pub const MOST_ORDERS: u32 = 1_048_575;

    /// An empty one with its line of names, whose temporary files are in a folder, or where the system has them.
    pub fn create(folder: Option<&Path>, now: LocalTime) -> Result<Self, SheetError> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned);
        book.set_tempdir(&folder)?;
        let dates = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let names = Format::new().set_bold();
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("Orders")?;
        sheet.set_freeze_panes(1, 0)?;
        for (place, column) in (0..).zip(Column::ALL) {
            sheet.set_column_width(place, width(column))?;
            sheet.write_string_with_format(0, place, column.name(), &names)?;
        }
        Ok(Self { book, folder, dates, now, orders: 0 })
    }

    /// How many orders it has so far.
    pub fn orders(&self) -> u64 {
        self.orders.into()
    }

    /// As if it had so many orders.
    #[cfg(test)]
    pub fn skip_to(&mut self, orders: u32) {
        self.orders = orders;
    }

    /// Adds some orders, behind those that it has.
    pub fn write(&mut self, orders: &[Order]) -> Result<(), SheetError> {
        let Self { book, folder, dates, now, orders: written } = self;
        // The library ends its thread where a row finds no room.
        if !has_room(folder, MOST_BYTES * (orders.len() as u64 + 1)) {
            return Err(SheetError::NoRoom(folder.clone()));
        }
        let sheet = book.worksheet_from_index(0)?;
        for order in orders {
            if *written == Self::MOST_ORDERS {
                return Err(SheetError::TooManyOrders);
            }
            *written += 1;
            for (place, column) in (0..).zip(Column::ALL) {
                write(sheet, (*written, place), column.cell(order, *now), dates)?;
            }
        }
        Ok(())
    }

    /// Writes the file, from its first byte to its last.
    pub fn finish(mut self, file: impl Write + Send) -> Result<(), SheetError> {
        let last_column = u16::try_from(Column::ALL.len() - 1).unwrap_or(u16::MAX);
        self.book.worksheet_from_index(0)?.autofilter(0, 0, self.orders, last_column)?;
        Ok(self.book.save_to_writer(file)?)
    }
}

/// Whether a disk has so many bytes left; one that does not tell has.
pub(super) fn has_room(folder: &Path, bytes: u64) -> bool {
    rustix::fs::statvfs(folder).map_or(true, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= bytes)
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: Cell<'_>,
    dates: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        #[allow(
            clippy::cast_precision_loss,
            reason = "numbers of orders are below 2^53, which Excel keeps exactly"
        )]
        Cell::Number(number) => sheet.write_number(row, column, number as f64)?,
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Time(time) => match date(time) {
            Some(date) => sheet.write_datetime_with_format(row, column, date, dates)?,
            // Before 1900 Excel has no dates.
            None => sheet.write_string(row, column, time.text().as_str())?,
        },
        Cell::Moment(moment) => match date(LocalTime::new(moment.get())) {
            Some(date) => sheet.write_datetime_with_format(row, column, date, dates)?,
            None => sheet.write_string(row, column, moment.text().as_str())?,
        },
        Cell::Warnings(flags) if flags.is_empty() => return Ok(()),
        Cell::Warnings(flags) => {
            let names: Vec<&str> = flags.iter().map(crate::order::Warning::name).collect();
            sheet.write_string(row, column, names.join(" "))?
        }
    };
    Ok(())
}

fn date(time: LocalTime) -> Option<ExcelDateTime> {
    use chrono::{Datelike, Timelike};
    let time = time.get();
    let small = |part: u32| u8::try_from(part).ok();
    let day =
        ExcelDateTime::from_ymd(u16::try_from(time.year()).ok()?, small(time.month())?, small(time.day())?);
    day.and_then(|day| {
        day.and_hms(u16::try_from(time.hour()).unwrap_or(0), small(time.minute()).unwrap_or(0), time.second())
    })
    .ok()
}

/// In characters.
fn width(column: Column) -> f64 {
    match column {
        Column::UserId | Column::DateUuid => 37.0,
        Column::OrderDate | Column::ShippingDate | Column::DeliveryDate | Column::CancelledAt => 19.0,
        Column::CardBrand => 17.0,
        Column::Number | Column::Status | Column::CardLastFour => 11.0,
        Column::StoreCode | Column::ProductCode => 14.0,
        Column::Quantity => 16.0,
        Column::Warnings => 25.0,
        Column::Note => 40.0,
    }
}
