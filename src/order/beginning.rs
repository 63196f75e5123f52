//! What codes and IDs begin with, as far as a clerk knows them.

use super::code::{product_beginning, store_beginning};
use super::id::uuid_beginning;
use super::{ProductCode, StoreCode, UserId, holds_card_number};

/// A text that codes or IDs begin with, or a whole one.
///
/// What begins with it is a range of the texts in their order, which an index seeks to: from the text itself to
/// [`Beginning::end`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beginning {
    text: String,
    is_whole: bool,
}

impl Beginning {
    /// Of a store's code: two characters or more, mended as the whole code is.
    pub fn of_store(text: &str) -> Option<Self> {
        if let Ok(code) = StoreCode::parse(text) {
            return Some(Self::whole(code.as_str()));
        }
        let text = store_beginning(text)?;
        // No other store begins like the web store.
        if text.len() > 2 && StoreCode::WEB.starts_with(&text) {
            return Some(Self::whole(StoreCode::WEB));
        }
        Some(Self { text, is_whole: false })
    }

    /// Of a product's code: two characters or more, mended as the whole code is.
    pub fn of_product(text: &str) -> Option<Self> {
        match ProductCode::parse(text) {
            Ok(code) => Some(Self::whole(code.as_str())),
            Err(_) => product_beginning(text).map(|text| Self { text, is_whole: false }),
        }
    }

    /// Of an order's UUID: six hexadecimal digits or more.
    pub fn of_uuid(text: &str) -> Option<Self> {
        let beginning = uuid_beginning(text)?;
        let is_whole = beginning.len() == 36;
        let may_be_card = !beginning.contains(|c: char| c.is_ascii_alphabetic()) && holds_card_number(text);
        (is_whole || !may_be_card).then_some(Self { text: beginning, is_whole })
    }

    /// Of a customer: a UUID, or what one begins with, as it is stored; or a whole ID of another shape, of which old files
    /// have some. Some of those are UUIDs that lack a hyphen, so nothing is mended here but whole UUIDs.
    pub fn of_customer(text: &str) -> Option<Self> {
        match Self::of_uuid(text) {
            Some(uuid) if uuid.is_whole || uuid.text == text => Some(uuid),
            _ => UserId::parse_recorded(text).ok().map(|id| Self::whole(id.as_str())),
        }
    }

    fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), is_whole: true }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a whole code or ID, which no other begins with.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The first text, in the order of characters, that comes after all that begin with this one.
    pub fn end(&self) -> String {
        let mut end = self.text.clone();
        while let Some(last) = end.pop() {
            // None behind the last character of all, and before those that are no characters.
            if let Some(next) = (u32::from(last) + 1..).take(0x801).find_map(char::from_u32) {
                end.push(next);
                break;
            }
        }
        end
    }

    /// Whether everything that begins with another begins with this.
    pub fn covers(&self, other: &Self) -> bool {
        if self.is_whole { self == other } else { other.text.starts_with(&self.text) }
    }

    /// As people read it: `HI-9B…`, or the whole.
    pub fn words(&self) -> String {
        if self.is_whole { self.text.clone() } else { format!("{}…", self.text) }
    }

    #[cfg(test)]
    pub fn fits(&self, text: &str) -> bool {
        if self.is_whole { self.text == text } else { text.starts_with(&self.text) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{any_disguise, disguised};
    use super::*;

    proptest! {
        #[test]
        fn whatever_a_store_begins_with_is_read(code in "[A-Z]{2}-[0-9A-F]{8}", length in 2..=11_usize, disguise in any_disguise()) {
            let typed = disguised(&code[..length].to_lowercase(), disguise);
            let beginning = Beginning::of_store(&typed).unwrap();
            prop_assert!(beginning.fits(&code), "{:?}", beginning);
            prop_assert_eq!(beginning.is_whole(), length == 11);
            prop_assert!(code.as_str() >= beginning.as_str() && code < beginning.end());
        }

        #[test]
        fn whatever_a_product_begins_with_is_read(code in "[A-Za-z][0-9]-[0-9]{5,7}[A-Za-z]", length in 2..=11_usize) {
            let length = length.min(code.len());
            let beginning = Beginning::of_product(&code[..length]).unwrap();
            prop_assert!(beginning.fits(&code), "{:?}", beginning);
            prop_assert_eq!(beginning.is_whole(), length == code.len());
        }

        #[test]
        fn whatever_a_uuid_begins_with_is_read(bytes: u128, digits in 6..=32_usize, disguise in any_disguise()) {
            let uuid = uuid::Uuid::from_u128(bytes);
            let simple = uuid.simple().to_string()[..digits].to_uppercase();
            // Digits alone may be a card's.
            prop_assume!(digits < 9 || digits == 32 || simple.contains(|c: char| c.is_ascii_alphabetic()));
            for typed in [disguised(&simple, disguise), simple.to_lowercase()] {
                let beginning = Beginning::of_uuid(&typed).unwrap();
                prop_assert!(beginning.fits(&uuid.to_string()), "{:?}", beginning);
                prop_assert_eq!(beginning.is_whole(), digits == 32);
                prop_assert_eq!(Beginning::of_uuid(beginning.as_str()), Some(beginning));
            }
        }

        #[test]
        fn every_customer_is_found_by_the_whole_id(text in "[A-Z0-9]{10}|[!-~]{1,36}|[0-9a-f]{6,36}") {
            if let Ok(id) = UserId::parse_recorded(&text) {
                let beginning = Beginning::of_customer(id.as_str()).unwrap();
                prop_assert!(beginning.fits(id.as_str()), "{:?}", beginning);
                prop_assert_eq!(Beginning::of_customer(beginning.as_str()), Some(beginning));
            }
        }

        #[test]
        fn what_begins_with_a_text_is_a_range(text in "\\PC{1,4}", other in "\\PC{0,6}", tail in "\\PC{0,3}") {
            let beginning = Beginning { text: text.clone(), is_whole: false };
            for other in [other, format!("{text}{tail}")] {
                prop_assert_eq!(other.starts_with(&text), other >= text && other < beginning.end(), "{}", other);
            }
        }
    }

    #[test]
    fn what_is_no_beginning_is_refused() {
        for text in ["", "H", "H1", "HI-9G", "HI-9B97EE4E0", "WEB-2", "é", "-"] {
            assert_eq!(Beginning::of_store(text), None, "{text}");
        }
        for text in ["", "R", "77", "R7-31x3", "R7--3", "R7-3126933hh"] {
            assert_eq!(Beginning::of_product(text), None, "{text}");
        }
        for text in ["", "2dcb6", "2dcb6e7g", "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f21"] {
            assert_eq!(Beginning::of_uuid(text), None, "{text}");
        }
        assert_eq!(Beginning::of_customer(""), None);
        assert_eq!(Beginning::of_customer("4111 1111 1111 1111"), None, "a card number is no customer");
    }

    #[test]
    fn the_web_store_is_known_by_three_letters() {
        for text in ["web", "WEB-1", "web 138801", "WEB-1388012W"] {
            assert_eq!(Beginning::of_store(text).unwrap().words(), StoreCode::WEB, "{text}");
        }
        assert_eq!(Beginning::of_store("we").unwrap().words(), "WE…");
    }
}
