//! What tells a file from every other.

use std::fmt::{self, Write as _};

/// What tells a file from every other: the first 64 bits of its SHA-256.
///
/// As text it is 16 letters from `a` to `p`, never digits, so that nobody takes it for a card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileFingerprint(pub u64);

impl FileFingerprint {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let nibble = |byte: &u8| matches!(byte, b'a'..=b'p').then(|| u64::from(byte - b'a'));
        let nibbles: Option<Vec<u64>> = text.as_bytes().iter().map(nibble).collect();
        let nibbles = nibbles.filter(|nibbles| nibbles.len() == 16)?;
        Some(Self(nibbles.iter().fold(0, |bits, nibble| bits << 4 | nibble)))
    }
}

impl fmt::Display for FileFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .to_be_bytes()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .try_for_each(|nibble| f.write_char(char::from(b'a' + nibble)))
    }
}
