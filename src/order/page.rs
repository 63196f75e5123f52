//! Pages of the list: which one is asked for, and what it shows.

use super::mend::mended_number;
use super::number::{grouped, whole_number};
use super::{Anchor, LocalTime, OrderNumber};

/// How many orders a page of the list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PerPage {
    /// 25, as the replaced application did.
    #[default]
    TwentyFive,
    /// 50.
    Fifty,
    /// 100.
    Hundred,
}

impl PerPage {
    /// The choices.
    pub const ALL: [Self; 3] = [Self::TwentyFive, Self::Fifty, Self::Hundred];

    /// The number.
    pub fn get(self) -> u32 {
        match self {
            Self::TwentyFive => 25,
            Self::Fifty => 50,
            Self::Hundred => 100,
        }
    }

    /// The smallest choice that is at least the number asked for; what is no number is the default.
    fn parse(text: &str) -> Self {
        match nearest(text) {
            Some(..=25) | None => Self::TwentyFive,
            Some(..=50) => Self::Fifty,
            Some(_) => Self::Hundred,
        }
    }
}

/// A page of the list, counted from 1; it may lie beyond the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Counted from 1.
    pub page: u64,
    /// How many orders it holds.
    pub per_page: PerPage,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, per_page: PerPage::default() }
    }
}

impl PageRequest {
    /// The page on which a place of the list is, counted from 1.
    pub(super) fn showing(position: u64, per_page: PerPage) -> Self {
        Self { page: position.saturating_sub(1) / u64::from(per_page.get()) + 1, per_page }
    }

    /// Reads the texts of a page's number and size; anything leads to some page.
    ///
    /// `abc`, `0` and `-1` are the first page; `1e9` is the thousand-millionth, which the list takes
    /// down to its last.
    pub(super) fn parse(page: Option<&str>, per_page: Option<&str>) -> Self {
        Self {
            page: page.and_then(nearest).unwrap_or(1),
            per_page: per_page.map(PerPage::parse).unwrap_or_default(),
        }
    }
}

impl PageRequest {
    /// Reads the number of a page that somebody typed, of so many.
    pub fn typed(text: &str, pages: u64) -> Option<u64> {
        whole_number(text)?.parse().ok().filter(|page| (1..=pages).contains(page))
    }
}

/// How many orders a list has, as far as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    Exactly(u64),
    /// Counting ended here.
    MoreThan(u64),
}

impl Total {
    pub fn is_zero(self) -> bool {
        self == Self::Exactly(0)
    }

    /// As it is shown: `1,204`, or `10,000+`.
    pub fn words(self) -> String {
        match self {
            Self::Exactly(total) => grouped(total),
            Self::MoreThan(counted) => format!("{}+", grouped(counted)),
        }
    }

    /// How many pages it takes, if it is known.
    pub fn pages(self, per_page: PerPage) -> Option<u64> {
        match self {
            Self::Exactly(total) => Some(total.div_ceil(per_page.get().into()).max(1)),
            Self::MoreThan(_) => None,
        }
    }
}

/// A page of a list, with what it takes to lead to the others.
#[derive(Debug)]
pub struct Page<T> {
    /// What it shows, in the list's order.
    pub items: Vec<T>,
    /// Counted from 1: the page that was asked for, or the last; what it is called, where it was found by an anchor.
    pub number: u64,
    /// How many items all pages have.
    pub total: Total,
    /// How many items a page holds.
    pub size: PerPage,
    /// Whether there is one before it.
    pub has_previous: bool,
    /// Whether there is one behind it, or may be.
    pub has_next: bool,
    /// Where looking ended before the page was full.
    pub looked_to: Option<LookedTo>,
    /// Whether every page is found by its number.
    pub is_numbered: bool,
}

/// How far a list was looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookedTo {
    /// The last order that was looked at, whether the list has it or not.
    pub number: OrderNumber,
    /// When that was made.
    pub ordered: LocalTime,
    /// In which part of the list it was looked at, from 0.
    pub part: u8,
    /// Whether the list was looked through from its end.
    pub backwards: bool,
}

impl LookedTo {
    /// Where looking goes on.
    pub fn anchor(self) -> Anchor {
        Anchor::Further { number: self.number, part: self.part, backwards: self.backwards }
    }
}

impl<T> Page<T> {
    /// How many pages there are, if that is known; at least 1.
    pub fn pages(&self) -> Option<u64> {
        self.total.pages(self.size)
    }

    /// How many pages there are, if each of them is found by its number.
    pub fn numbered_pages(&self) -> Option<u64> {
        self.pages().filter(|_| self.is_numbered)
    }

    /// How many items come before its first, if its number is right.
    pub fn before(&self) -> u64 {
        (self.number - 1).saturating_mul(self.size.get().into())
    }
}

/// The nearest whole number from 1 up, if the text is any number.
fn nearest(text: &str) -> Option<u64> {
    if let Some(digits) = whole_number(text) {
        return Some(digits.parse().unwrap_or(u64::MAX).max(1));
    }
    let number: f64 = mended_number(text).parse().ok().filter(|n: &f64| !n.is_nan())?;
    // Rust's casts saturate: below zero becomes 0, beyond the range its end.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((number.round() as u64).max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{ZEROS, in_script};
    use super::super::number::grouped;
    use super::*;

    fn page(text: &str) -> u64 {
        PageRequest::parse(Some(text), None).page
    }

    proptest! {
        #[test]
        fn every_page_number_is_itself(n in 1..=u64::MAX, zero in 0..ZEROS.len()) {
            for text in [n.to_string(), grouped(n), in_script(&n.to_string(), ZEROS[zero])] {
                prop_assert_eq!(page(&text), n, "{}", text);
            }
        }

        #[test]
        fn anything_is_some_page(text in "\\PC{0,12}") {
            prop_assert!(page(&text) >= 1);
        }
    }

    #[test]
    fn odd_texts_go_to_the_nearest_page() {
        for text in ["abc", "0", "-1", "-1e9", "", "NaN", "1 2"] {
            assert_eq!(page(text), 1, "{text}");
        }
        assert_eq!(page("1e9"), 1_000_000_000);
        assert_eq!(page("999999999999"), 999_999_999_999);
        assert_eq!(page("1e99"), u64::MAX);
        assert_eq!(page(" 7 "), 7);
    }

    #[test]
    fn a_typed_page_is_one_that_is_there() {
        for (text, page) in [("1", 1), (" 8,001 ", 8001), ("8 001", 8001), ("٧", 7), ("\u{200b}7", 7)] {
            assert_eq!(PageRequest::typed(text, 8001), Some(page), "{text}");
        }
        for text in ["", "0", "-1", "8002", "99999999999999999999", "abc", "1e3", "2.4", "1 2"] {
            assert_eq!(PageRequest::typed(text, 8001), None, "{text}");
        }
    }

    #[test]
    fn odd_sizes_go_to_the_nearest_choice() {
        for (text, size) in [("1", 25), ("25", 25), ("26", 50), ("100", 100), ("1e9", 100), ("x", 25)] {
            assert_eq!(PageRequest::parse(None, Some(text)).per_page.get(), size, "{text}");
        }
    }
}
