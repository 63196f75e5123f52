//! What a file is: found out by looking at it, shown, and changeable.

use serde::{Deserialize, Serialize};

use super::TextEncoding;
use crate::transfer::FileFormat;

/// How a file is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReading {
    pub format: FileFormat,
    /// Of a workbook it means nothing.
    pub encoding: TextEncoding,
    /// Between the cells of a CSV file.
    pub separator: Separator,
    /// Whether the first row has the columns' names. JSON always has them.
    pub has_header: bool,
    /// Which sheet of a workbook; none is the first with rows.
    pub sheet: Option<String>,
}

/// What stands between the cells of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

/// What tells a file from every other: the first 64 bits of its SHA-256.
///
/// As text it is 16 letters from `a` to `p`, never digits, so that nobody takes it for a card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileFingerprint(pub u64);
