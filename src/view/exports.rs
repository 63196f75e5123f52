//! The kinds of files that orders are taken out as.

use super::link::Link;
use super::text::{export_url, job_export_url};
use crate::order::{JobId, ListQuery};

/// A kind of file, as pages offer it.
pub struct ExportChoice {
    /// The word that a button sends.
    pub word: &'static str,
    pub format: &'static str,
    /// Parameters of the format.
    pub more: &'static str,
    pub label: &'static str,
}

/// What spreadsheets read best comes first.
pub const EXPORTS: [ExportChoice; 5] = [
    ExportChoice { word: "export-xlsx", format: "xlsx", more: "", label: "Excel workbook" },
    ExportChoice { word: "export-csv", format: "csv", more: "", label: "CSV" },
    ExportChoice {
        word: "export-csv-excel",
        format: "csv",
        more: "for=excel&separator=semicolon",
        label: "CSV for Excel, with semicolons",
    },
    ExportChoice { word: "export-ndjson", format: "ndjson", more: "", label: "NDJSON" },
    ExportChoice { word: "export-json", format: "json", more: "", label: "JSON" },
];

impl ExportChoice {
    fn link(&self, url: impl Fn(&str, &str) -> String) -> Link {
        Link { url: url(self.format, self.more), label: self.label.to_owned() }
    }
}

/// All orders of a list as files.
pub(super) fn exports_of_list(list: &ListQuery) -> Vec<Link> {
    EXPORTS.iter().map(|choice| choice.link(|format, more| export_url(list, format, more))).collect()
}

/// The orders of an action as files.
pub(super) fn exports_of_job(id: JobId) -> Vec<Link> {
    EXPORTS.iter().map(|choice| choice.link(|format, more| job_export_url(id, format, more))).collect()
}
