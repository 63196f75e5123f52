//! Why a text is no remark, in the words that a clerk reads.

use super::grouped;

/// Why a text is no remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteError {
    /// It has so many characters.
    TooLong(usize),
    /// Something in it looks like a card number.
    CardNumber,
    /// The same, of so many digits in a row that somebody may say it is none.
    LongNumber,
}

impl NoteError {
    /// Characters that a remark may have, as Unicode counts them.
    pub(super) const MAX_CHARS: usize = 500;

    /// The error in words, about a field of this name.
    pub fn words(self, label: &str) -> String {
        match self {
            Self::TooLong(chars) => {
                format!("{label} must have {} characters at most; this one has {}", Self::MAX_CHARS, count(chars))
            }
            Self::CardNumber => {
                "This looks like a card number, which may stand in its own field only: 11 to 19 digits without a letter \
                 between them"
                    .to_owned()
            }
            Self::LongNumber => {
                "There may be a card number among these digits. If it is none, such as a parcel’s number, say so"
                    .to_owned()
            }
        }
    }
}

fn count(chars: usize) -> String {
    grouped(u64::try_from(chars).unwrap_or(u64::MAX))
}
