//! What a text that was typed into the search box can mean.

use std::fmt;

use super::{CardNumber, DateError, Kind, Now, OrderFilter, OrderNumber};

/// What a text that was typed into the search box means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// An order's number: that order and no other.
    Number {
        number: OrderNumber,
        /// What else the text may mean, likeliest first.
        others: Vec<OrderFilter>,
    },
    /// A whole card number: never shown, logged or put in a URL (PCI DSS 4.0, requirement 3.4.1).
    Card(CardNumber),
    /// A filter; an empty one for `all orders`.
    Filter {
        filter: OrderFilter,
        /// What else the text may mean, each a whole other reading, likeliest first.
        others: Vec<OrderFilter>,
    },
}

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

impl Search {
    /// More characters than this are no search.
    pub const MAX_CHARS: usize = 200;

    /// Reads what somebody typed; an order is late when it is to ship for more than so many days.
    pub fn parse(text: &str, now: Now, late_days: u16) -> Result<Self, SearchError> {
        let _ = (text, now, late_days);
        Err(SearchError::Empty)
    }
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Search for an order number, a store, a product, a customer, a card or a date.")
    }
}
