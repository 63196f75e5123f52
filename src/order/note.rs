//! A short remark in somebody's words: on an order, or why it was cancelled.

use std::borrow::Cow;
use std::fmt;

use super::mend::mended;
use super::pan::is_issued;
use super::{NoteError, holds_card_number};

/// A remark: one line, without what may be a card number.
#[derive(Clone, PartialEq, Eq)]
pub struct Note(String);

/// So many digits in a row may be a parcel's number: cards have 19 at most, numbers of parcels 20 and more.
const LONG_NUMBER: usize = 20;

impl Note {
    /// In Unicode's characters.
    pub const MAX_CHARS: usize = NoteError::MAX_CHARS;

    /// Reads what was typed, none where that is nothing: spaces are single, and what cannot be seen is left out.
    ///
    /// Whoever says that there is no card number in it may write 20 digits and more in a row.
    pub fn parse(text: &str, is_no_card: bool) -> Result<Option<Self>, NoteError> {
        check(text, is_no_card)?;
        let visible: String = mended(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let note = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let chars = note.chars().count();
        if chars > Self::MAX_CHARS {
            return Err(NoteError::TooLong(chars));
        }
        // What was mended may hold what the text did not.
        check(&note, is_no_card)?;
        Ok((!note.is_empty()).then_some(Self(note)))
    }

    /// A remark as it was stored; none where nothing is left to show.
    pub fn stored(text: &str) -> Option<Self> {
        let text = if Self::hides_a_card(text) { "(card number)" } else { text };
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Whether a stored text holds what may be a card number, and is no long number that somebody has confirmed.
    pub fn hides_a_card(text: &str) -> bool {
        check(text, true).is_err()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn check(text: &str, is_no_card: bool) -> Result<(), NoteError> {
    if !holds_card_number(text) {
        Ok(())
    } else if holds_card_number(&without_long_numbers(text)) {
        Err(NoteError::CardNumber)
    } else if is_no_card {
        Ok(())
    } else {
        Err(NoteError::LongNumber)
    }
}

/// The text with a letter in place of each long run of digits that nothing stands between.
fn without_long_numbers(text: &str) -> Cow<'_, str> {
    let mut left = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (digits, behind) = from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
        left.push_str(before);
        left.push_str(if is_long_number(digits) { "x" } else { digits });
        rest = behind;
    }
    left.push_str(rest);
    Cow::Owned(left)
}

/// Whether it may be a parcel's number: not what begins with a whole card number, and goes on with its security code.
fn is_long_number(digits: &str) -> bool {
    let begins_with_card = |len: usize| digits.as_bytes().get(..len).is_some_and(is_issued);
    digits.len() >= LONG_NUMBER && !(13..20).any(begins_with_card)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Option<String>, NoteError> {
        Note::parse(text, false).map(|note| note.map(|note| note.as_str().to_owned()))
    }

    #[test]
    fn a_remark_is_one_line_without_what_nobody_sees() {
        assert_eq!(read("  Call\tbefore\r\ndelivery \u{200b}"), Ok(Some("Call before delivery".to_owned())));
        assert_eq!(read("\u{200b} \n"), Ok(None));
        assert_eq!(read("a\u{7}b"), Ok(Some("a b".to_owned())));
        assert_eq!(read(&"é".repeat(500)), Ok(Some("é".repeat(500))));
        assert_eq!(read(&"é".repeat(501)), Err(NoteError::TooLong(501)));
    }

    #[test]
    fn a_card_number_is_refused_and_a_long_number_is_asked_about() {
        // The eighteen digits of a parcel behind its application identifier, among which a card number stands.
        let parcel = "00378282246310005128";
        for (text, unasked, confirmed) in [
            ("Gift", Ok(()), Ok(())),
            ("paid with 4111 1111 1111 1111", Err(NoteError::CardNumber), Err(NoteError::CardNumber)),
            ("4111111111111111", Err(NoteError::CardNumber), Err(NoteError::CardNumber)),
            (parcel, Err(NoteError::LongNumber), Ok(())),
            ("4111111111111111128123", Err(NoteError::CardNumber), Err(NoteError::CardNumber)),
            ("0037 8282 2463 1000 5128", Err(NoteError::CardNumber), Err(NoteError::CardNumber)),
            ("00378282246310005128 4111111111111111", Err(NoteError::CardNumber), Err(NoteError::CardNumber)),
        ] {
            let said = |is_no_card| Note::parse(text, is_no_card).map(|_| ());
            assert_eq!((said(false), said(true)), (unasked, confirmed), "{text}");
        }
        assert_eq!(Note::stored(parcel).unwrap().as_str(), parcel);
        assert_eq!(Note::stored("see 4111111111111111").unwrap().as_str(), "(card number)");
    }

    proptest! {
        #[test]
        fn a_remark_is_read_the_same_once_more(text in "\\PC{0,40}", is_no_card in any::<bool>()) {
            if let Ok(Some(note)) = Note::parse(&text, is_no_card) {
                prop_assert_eq!(Note::parse(note.as_str(), is_no_card), Ok(Some(note.clone())));
                prop_assert_eq!(Note::stored(note.as_str()), Some(note));
            }
        }
    }
}
