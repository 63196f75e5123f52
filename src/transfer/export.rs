//! Orders as files: which formats there are, and what writes each.
//!
//! Files of text are written slice by slice, and nothing of them is kept. A workbook is put together in a temporary file
//! first, since it is compressed as a whole.

mod changes;
mod csv;
mod json;
mod ndjson;
mod xlsx;

use serde::{Deserialize, Serialize};

use crate::order::{LocalTime, Order};
use crate::transfer::columns::Column;
pub use changes::{ChangeFile, ChangeFormat};
pub use csv::CsvStyle;
pub use xlsx::{SheetError, Workbook};

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    Csv,
    Ndjson,
    Json,
    Xlsx,
}

impl FileFormat {
    pub const ALL: [Self; 4] = [Self::Csv, Self::Ndjson, Self::Json, Self::Xlsx];

    /// Reads the name that it has at the end of files' names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// The ending of its files' names, and its name in the access log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }

    /// What HTTP calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            // RFC 4180, section 3.
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson; charset=utf-8",
            Self::Json => "application/json",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A file of text that is being written.
#[derive(Debug)]
pub struct TextFile {
    format: TextFormat,
    /// Statuses are those of this moment.
    now: LocalTime,
    orders: u64,
}

/// A format whose files are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    Csv(CsvStyle),
    Ndjson,
    Json,
}

/// Bytes of an order in a file, more or less.
const BYTES_AN_ORDER: usize = 400;

impl TextFile {
    pub fn new(format: TextFormat, now: LocalTime) -> Self {
        Self { format, now, orders: 0 }
    }

    /// How many orders were written so far.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// What comes before all orders.
    pub fn head(&self) -> Vec<u8> {
        match self.format {
            TextFormat::Csv(style) => style.head(Column::ALL.map(Column::name)),
            TextFormat::Ndjson => Vec::new(),
            TextFormat::Json => json::HEAD.to_vec(),
        }
    }

    /// Some orders, behind those that were written before.
    pub fn write(&mut self, orders: &[Order]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(orders.len() * BYTES_AN_ORDER);
        match self.format {
            TextFormat::Csv(style) => csv::write(&mut bytes, style, orders, self.now),
            TextFormat::Ndjson => ndjson::write(&mut bytes, orders, self.now),
            TextFormat::Json => json::write(&mut bytes, orders, self.now, self.orders == 0),
        }
        self.orders += orders.len() as u64;
        bytes
    }

    /// What comes behind all orders.
    pub fn end(&self) -> &'static [u8] {
        match self.format {
            TextFormat::Csv(_) | TextFormat::Ndjson => b"",
            TextFormat::Json => json::END,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
