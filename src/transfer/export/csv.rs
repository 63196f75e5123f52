//! Orders as comma-separated values (RFC 4180), in UTF-8.

use std::fmt::Write as _;

use csv::{ByteRecord, QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::order::{LocalTime, Order};
use crate::transfer::columns::{Cell, Column};
use crate::transfer::spreadsheet_text::is_escaped;

/// What programs expect of a file of values. What spreadsheets expect differs by language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    /// Excel takes a file without a byte order mark for one in an old code page.
    pub byte_order_mark: bool,
    /// Semicolons, where a comma is what others call a decimal point.
    pub semicolons: bool,
}

impl CsvStyle {
    /// As RFC 4180 has it.
    pub const STANDARD: Self = Self { byte_order_mark: false, semicolons: false };

    /// The line of names.
    pub fn head<const N: usize>(self, names: [&str; N]) -> Vec<u8> {
        let mut bytes = if self.byte_order_mark { "\u{FEFF}".as_bytes().to_vec() } else { Vec::new() };
        // Writing to memory does not fail.
        let _ = self.writer(&mut bytes).write_record(names);
        bytes
    }

    pub(super) fn writer(self, bytes: &mut Vec<u8>) -> Writer<&mut Vec<u8>> {
        WriterBuilder::new()
            .delimiter(if self.semicolons { b';' } else { b',' })
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(bytes)
    }
}

/// Appends some orders, a line each.
pub fn write(bytes: &mut Vec<u8>, style: CsvStyle, orders: &[Order], now: LocalTime) {
    let (mut writer, mut line, mut text) = (style.writer(bytes), ByteRecord::new(), String::new());
    for order in orders {
        line.clear();
        for column in Column::ALL {
            push(&mut line, column.cell(order, now), &mut text);
        }
        // Writing to memory does not fail.
        let _ = writer.write_byte_record(&line);
    }
}

/// Adds a cell to a line; `text` is where it is put together, where it has to be.
pub(super) fn push(line: &mut ByteRecord, cell: Cell<'_>, text: &mut String) {
    text.clear();
    match cell {
        Cell::Empty => {}
        Cell::Text(own) if !is_escaped(own) => return line.push_field(own.as_bytes()),
        Cell::Text(own) => text.extend(["'", own]),
        Cell::Time(time) => return line.push_field(time.text().as_bytes()),
        Cell::Moment(moment) => return line.push_field(moment.iso().as_bytes()),
        // Writing to a String cannot fail.
        Cell::Number(number) => _ = write!(text, "{number}"),
        Cell::Warnings(flags) => {
            for warning in flags.iter() {
                text.extend([if text.is_empty() { "" } else { " " }, warning.name()]);
            }
        }
    }
    line.push_field(text.as_bytes());
}
