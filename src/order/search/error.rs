//! Why a text cannot be searched for, in words that say what to type instead.

use std::fmt;

use super::super::list_error::sentence;
use super::super::{DateError, Kind, OrderFilter, OrderNumber};
use super::Search;

/// Why a text cannot be searched for. Its sentence says what to type instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchError {
    Empty,
    /// More characters than [`Search::MAX_CHARS`].
    TooLong,
    /// Words that make no sense; none where they may be a card number, which is searched for alone.
    NotUnderstood(Option<String>),
    /// A name such as `store:` without a value of its kind behind it.
    Value(Kind),
    Date(DateError),
    /// A period that ends before it begins, or a highest quantity below the least.
    Backwards(Kind),
    /// Two of a kind of which there can be only one.
    Twice(Kind),
    /// An order's number and other words.
    NumberAmong(OrderNumber),
    /// More conditions than a filter may have.
    TooMany,
}

/// What can be searched for.
const EXAMPLES: &str = "an order number, a store, a product, a customer, a card, a status or a date, \
    like 120123, HI-9B, late or last week";

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "Search for {EXAMPLES}."),
            Self::TooLong => write!(f, "A search has at most {} characters.", Search::MAX_CHARS),
            Self::NotUnderstood(Some(words)) => {
                write!(f, "“{words}” is nothing that orders have. Search for {EXAMPLES}.")
            }
            // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
            Self::NotUnderstood(None) => f.write_str(
                "This may be a card number with other words. Search for a whole card number alone, \
                 or for its last four digits.",
            ),
            Self::Value(kind @ (Kind::Ordered | Kind::Shipped | Kind::Delivered)) => write!(
                f,
                "{} must be a day or a period, like 3 March 2026, March 2026, last week or since 3 March 2026.",
                kind.label()
            ),
            Self::Value(Kind::Status) => {
                f.write_str("Status must be one of to ship, late, shipped, delivered and cancelled.")
            }
            Self::Value(Kind::Quantity) => f.write_str("Quantity must be like 5, 2-5 or 5+."),
            Self::Value(kind) => write!(f, "{}.", sentence(*kind)),
            Self::Date(error) => write!(f, "The date {error}."),
            Self::Backwards(Kind::Quantity) => {
                f.write_str("The highest quantity must not be below the lowest.")
            }
            Self::Backwards(_) => f.write_str("A period must not end before it begins."),
            Self::Twice(kind @ (Kind::Ordered | Kind::Shipped | Kind::Delivered)) => write!(
                f,
                "{} has more than one date. Write a period like 3 March 2026 to 5 March 2026.",
                kind.label()
            ),
            Self::Twice(kind) => write!(f, "{} can be said only once.", kind.label()),
            Self::NumberAmong(number) => {
                write!(f, "{number} is the number of one order. Search for {number} alone, or leave it out.")
            }
            Self::TooMany => write!(f, "A search has at most {} filters.", OrderFilter::MAX),
        }
    }
}
