//! What stands between the cells of a CSV file.

use serde::{Deserialize, Serialize};

/// What stands between the cells of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

impl Separator {
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Bar => "bar",
        }
    }

    /// Reads its name, or itself.
    pub fn parse(text: &str) -> Option<Self> {
        let is_meant = |separator: &Self| {
            separator.name().eq_ignore_ascii_case(text) || text.as_bytes() == [separator.byte()]
        };
        Self::ALL.into_iter().find(is_meant)
    }
}
