//! Orders from elsewhere and to elsewhere: from the generator of demo orders and the Flask application's table, into files
//! and out of them.
//!
//! Imports `db`, `clock` and `order`.

mod access;
mod adoption;
mod columns;
mod demo;
mod export;
mod flask;
#[cfg(not(fuzzing))]
pub(crate) mod import;
#[cfg(fuzzing)]
pub mod import;
mod import_preview;
mod recorded_import;
mod report;
mod spreadsheet_text;

pub(crate) use access::AccessFile;
pub(crate) use adoption::{Adoption, Counts, is_about};
pub use demo::{Demo, DemoOrder};
pub(crate) use export::{
    ChangeFile, ChangeFormat, CsvStyle, FileFormat, SheetError, TextFile, TextFormat, Workbook,
};
pub(crate) use import_preview::{ImportPreview, PreviewChange, PreviewFault, PreviewOrder};
#[cfg(test)]
pub(crate) use import_preview::{PreviewColumn, PreviewValue};
pub(crate) use recorded_import::{RecordedError, RecordedImport};
pub(crate) use report::{AdoptionReport, ReportError, first_order};
