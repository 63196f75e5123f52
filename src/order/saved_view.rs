//! Own views: lists that the people of the desk have named.

use std::fmt;

use super::mend::mended;
use super::{Actor, ListQuery, Timestamp, View, ViewId, holds_card_number, mask_card_numbers};

/// A named list, which the whole desk sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    pub id: ViewId,
    pub name: ViewName,
    /// Filter and sort alone: no page, and no view that it came from.
    pub list: ListQuery,
    /// Counted up from 1 with every change of its name or list, but not of its place.
    pub version: i32,
    /// When it was last changed, in UTC, and by whom.
    pub updated_at: Timestamp,
    pub updated_by: Actor,
}

impl SavedView {
    /// How many a desk may have.
    pub const MOST: usize = 50;
    /// How long the query string of one may be, in bytes.
    pub const MAX_QUERY_BYTES: usize = 4000;

    /// Its list, as one comes to it by its link.
    pub fn own_list(&self) -> ListQuery {
        self.list.in_view(self.id)
    }

    /// The view that a list is or was begun as, of all that there are; a list that says so is, whatever became of it.
    pub fn of<'a>(views: &'a [Self], list: &ListQuery) -> Option<&'a Self> {
        match list.view() {
            Some(id) => views.iter().find(|view| view.id == id),
            None => views.iter().find(|view| view.list.is_same_view(list)),
        }
    }
}

/// What a view is called: 1 to 40 characters that can be seen, and nothing that may be a card number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewName(String);

/// Why a text is no name of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ViewNameError {
    #[error("Enter a name for the view")]
    Empty,
    #[error("Name must have at most 40 characters; this one has {0}")]
    TooLong(usize),
    #[error("Name must have no control characters")]
    ControlCharacter,
    /// PCI DSS 4.0, requirement 3.4.1.
    #[error("Name must not have what may be a card number")]
    CardNumber,
    #[error("“{0}” is a view that every desk has: enter another name")]
    BuiltIn(&'static str),
}

impl ViewName {
    const MAX_CHARS: usize = 40;
    /// In characters of UTF-16, which SQL Server counts: a character may have two, and three of another case.
    pub const MAX_KEY: usize = 240;

    /// Reads a name as it was typed: spaces are single, and what cannot be seen is left out.
    pub fn parse(text: &str) -> Result<Self, ViewNameError> {
        if holds_card_number(text) {
            return Err(ViewNameError::CardNumber);
        }
        let name = mended(text).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let chars = name.chars().count();
        if chars == 0 {
            return Err(ViewNameError::Empty);
        }
        if chars > Self::MAX_CHARS {
            return Err(ViewNameError::TooLong(chars));
        }
        if name.chars().any(char::is_control) {
            return Err(ViewNameError::ControlCharacter);
        }
        // What was mended may hold what the text did not.
        if holds_card_number(&name) {
            return Err(ViewNameError::CardNumber);
        }
        let name = Self(name);
        let key = name.key();
        match View::ALL.into_iter().find(|view| Self(view.label().to_owned()).key() == key) {
            Some(view) => Err(ViewNameError::BuiltIn(view.label())),
            None => Ok(name),
        }
    }

    /// A name as it was stored: another release may have other rules, but none shows what may be a card number.
    pub fn stored(text: &str) -> Self {
        Self(mask_card_numbers(text).into_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without regard to case: two views never have the same.
    pub fn key(&self) -> String {
        // By capitals, so that letters are the same that differ in small ones alone: ς and σ, ß and ss.
        self.0.to_uppercase().to_lowercase()
    }
}

impl fmt::Display for ViewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{any_disguise, disguised};
    use super::*;

    fn name(text: &str) -> ViewName {
        ViewName::parse(text).unwrap()
    }

    fn view(id: i32, query: &str) -> SavedView {
        SavedView {
            id: ViewId::new(id).unwrap(),
            name: name("One"),
            list: ListQuery::parse(query),
            version: 1,
            updated_at: Timestamp::parse("2026-11-29 08:00:00").unwrap(),
            updated_by: Actor::Desk,
        }
    }

    #[test]
    fn names_are_mended() {
        for (typed, read) in [
            ("Web store, to ship", "Web store, to ship"),
            ("  Web\u{a0}store,\r\n\tto   ship ", "Web store, to ship"),
            ("Web\u{200b} store", "Web store"),
            ("HI\u{2011}9B", "HI-9B"),
            ("Zürich & <b>ß</b>", "Zürich & <b>ß</b>"),
            ("2026", "2026"),
        ] {
            assert_eq!(name(typed).as_str(), read, "{typed:?}");
        }
        assert_eq!(name(&"ä".repeat(40)).as_str().chars().count(), 40);
    }

    #[test]
    fn what_is_no_name_says_why() {
        let said: Vec<String> = [
            "",
            " \u{200b}\t",
            &"x".repeat(41),
            "a\u{7}b",
            "To Ship",
            "  ALL   orders",
            "4111 1111 1111 1111",
            "Visa 4111-1111-1111-1111 again",
            "4111\u{200b}1111\u{200b}1111\u{200b}1111",
        ]
        .iter()
        .map(|text| ViewName::parse(text).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn names_are_the_same_in_any_case() {
        for (one, other) in [("Web store", "WEB  STORE"), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος")] {
            assert_eq!(name(one).key(), name(other).key());
        }
        assert_ne!(name("Web store").key(), name("Web stores").key());
    }

    #[test]
    fn a_list_is_the_view_that_it_names_and_else_the_one_that_it_equals() {
        let views = [view(1, "store=DE"), view(2, "store=HI&sort=ordered")];
        for (query, id) in [
            ("store=DE", Some(1)),
            ("store=DE&page=7&per_page=50", Some(1)),
            ("store=HI&sort=ordered&view=2", Some(2)),
            ("store=DE&view=2", Some(2)),
            ("view=2", Some(2)),
            ("store=DE&view=3", None),
            ("store=HI", None),
            ("", None),
        ] {
            let list = ListQuery::parse(query);
            assert_eq!(SavedView::of(&views, &list).map(|view| view.id.get()), id, "{query}");
        }
        assert_eq!(views[1].own_list().write(), "store=HI&sort=ordered&view=2");
    }

    proptest! {
        #[test]
        fn a_name_is_read_as_itself_and_fits_into_its_columns(text in "\\PC{0,45}|.{0,45}") {
            if let Ok(name) = ViewName::parse(&text) {
                prop_assert_eq!(&ViewName::parse(name.as_str()), &Ok(name.clone()));
                prop_assert_eq!(&ViewName::stored(name.as_str()), &name);
                prop_assert!(name.as_str().encode_utf16().count() <= 80);
                prop_assert!(name.key().encode_utf16().count() <= ViewName::MAX_KEY);
                prop_assert!(!holds_card_number(name.as_str()));
            }
        }

        #[test]
        fn a_name_is_the_same_in_any_disguise(disguise in any_disguise()) {
            prop_assert_eq!(name(&disguised("web store", disguise)).key(), name("Web store").key());
        }
    }
}
