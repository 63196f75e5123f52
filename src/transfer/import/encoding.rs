//! How the characters of a file of text are encoded.

use serde::{Deserialize, Serialize};

/// An encoding that files of orders come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEncoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// What older spreadsheets of western languages write.
    #[serde(rename = "windows-1252")]
    Windows1252,
}
