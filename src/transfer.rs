//! Orders from elsewhere and to elsewhere: from the generator of demo orders and the Flask application's table, into files.
//!
//! Imports `db`, `clock` and `order`.

mod adoption;
mod columns;
mod demo;
mod export;
mod flask;
mod report;
mod spreadsheet_text;

pub(crate) use adoption::{Adoption, Counts, is_about};
pub use demo::{Demo, DemoOrder};
pub(crate) use export::{
    ChangeFile, ChangeFormat, CsvStyle, FileFormat, SheetError, TextFile, TextFormat, Workbook,
};
pub(crate) use report::{AdoptionReport, ReportError, first_order};
