//! What a text that was typed into the search box can mean.
//!
//! It is read from left to right, the longest phrase first: a name with a value, a date, a status, a brand, a code, an
//! ID or a number. Many a text has several meanings: `1111` is an order and the end of a card. All of them are told, the
//! likeliest first.

mod dates;
mod error;
mod phrase;
mod reading;
mod span;
#[cfg(test)]
mod tests;
mod value;
mod words;

use zeroize::Zeroizing;

use super::mend::mended_number;
use super::{
    Beginning, CardNumber, Condition, Kind, Now, OrderFilter, OrderNumber, holds_card_number,
    id_holds_card_number,
};
pub use error::SearchError;
use phrase::phrases;
use reading::Reading;
use words::Word;

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

/// What a text is read with.
struct Context {
    now: Now,
    /// After so many days an order that is still to ship is late.
    late_days: u16,
    /// Whether the text has but one word.
    is_one_word: bool,
    /// Whether it has small letters, so that capitals mean something.
    has_small_letters: bool,
}

impl Search {
    /// More characters than this are no search.
    pub const MAX_CHARS: usize = 200;
    /// More other meanings than this are not told.
    const MAX_OTHERS: usize = 5;

    /// Reads what somebody typed; an order is late when it is to ship for more than so many days.
    pub fn parse(text: &str, now: Now, late_days: u16) -> Result<Self, SearchError> {
        let typed = mended_number(text);
        if typed.is_empty() {
            return Err(SearchError::Empty);
        }
        if typed.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(SearchError::TooLong);
        }
        if let Some(card) = card(&typed) {
            return Ok(Self::Card(card));
        }
        let words = words::words(typed.trim_end_matches('.'));
        if may_hold_card_number(&typed, &words) {
            return Err(SearchError::NotUnderstood(None));
        }
        let has_small_letters = typed.contains(char::is_lowercase);
        let context = Context { now, late_days, is_one_word: words.len() == 1, has_small_letters };
        let phrases = phrases(&words, &context)?;
        if phrases.is_empty() {
            let means_all = words.iter().any(|word| matches!(word.lower.as_str(), "all" | "orders"));
            return match words.first() {
                None => Err(SearchError::Empty),
                Some(_) if means_all => {
                    Ok(Self::Filter { filter: OrderFilter::default(), others: Vec::new() })
                }
                Some(first) => Err(SearchError::NotUnderstood(Some(first.text.clone()))),
            };
        }
        Self::of(&phrases)
    }

    /// What phrases mean together, each of which has one meaning or more.
    fn of(phrases: &[Vec<Reading>]) -> Result<Self, SearchError> {
        if let [readings] = phrases
            && let Some(Reading::Number(number)) = readings.first()
        {
            let conditions = readings.iter().filter_map(Reading::condition).cloned();
            let others = conditions.map(|condition| OrderFilter::new([condition])).collect();
            return Ok(Self::Number { number: *number, others });
        }
        let meanings: Vec<Vec<Condition>> =
            phrases.iter().map(|readings| beside_others(readings)).collect::<Result<_, _>>()?;
        let mut filters = Vec::new();
        let mut error = SearchError::Empty;
        for choice in choices(&meanings).iter().rev() {
            match filter(choice) {
                Ok(filter) => {
                    filters.retain(|other| *other != filter);
                    filters.insert(0, filter);
                }
                Err(other) => error = other,
            }
        }
        filters.truncate(Self::MAX_OTHERS + 1);
        let mut filters = filters.into_iter();
        let filter = filters.next().ok_or(error)?;
        Ok(Self::Filter { filter, others: filters.collect() })
    }
}

/// What a phrase means beside others. An order's number says by itself which order is meant: there it is a year or the
/// end of a card, or too much.
fn beside_others(readings: &[Reading]) -> Result<Vec<Condition>, SearchError> {
    let conditions = readings.iter().filter_map(Reading::condition).cloned();
    let Some(Reading::Number(number)) = readings.first() else { return Ok(conditions.collect()) };
    let conditions: Vec<Condition> =
        conditions.filter(|one| matches!(one.kind(), Kind::Ordered | Kind::LastFour)).collect();
    if conditions.is_empty() { Err(SearchError::NumberAmong(*number)) } else { Ok(conditions) }
}

/// The likeliest meaning of all phrases, then those in which one phrase has another meaning.
fn choices(meanings: &[Vec<Condition>]) -> Vec<Vec<Condition>> {
    let likeliest: Vec<Condition> =
        meanings.iter().filter_map(|readings| readings.first().cloned()).collect();
    let mut choices = vec![likeliest.clone()];
    for (place, readings) in meanings.iter().enumerate() {
        for other in readings.iter().skip(1) {
            let swapped = likeliest.iter().enumerate();
            choices.push(swapped.map(|(nth, one)| if nth == place { other } else { one }.clone()).collect());
        }
    }
    choices
}

/// The filter of all conditions, none of which may take the place of another.
fn filter(conditions: &[Condition]) -> Result<OrderFilter, SearchError> {
    use Kind::{Delivered, OlderThan, Ordered, Quantity, SameCardAs, Shipped};
    let filter = OrderFilter::new(conditions.iter().cloned());
    let is_lost = |condition: &&Condition| {
        let is_replaced =
            matches!(condition.kind(), Ordered | Shipped | Delivered | Quantity | OlderThan | SameCardAs);
        is_replaced && !filter.has(condition)
    };
    if filter.conditions().len() == OrderFilter::MAX && conditions.len() > OrderFilter::MAX {
        return Err(SearchError::TooMany);
    }
    match conditions.iter().find(is_lost) {
        Some(lost) => Err(SearchError::Twice(lost.kind())),
        None => Ok(filter),
    }
}

/// Whether a mended text may hold a card number. Of the many digits of what a UUID begins with only those may be one
/// that a brand issues.
fn may_hold_card_number(typed: &str, words: &[Word]) -> bool {
    let is_uuid = |word: &&Word| {
        let is_hex = word.text.contains(|c: char| c.is_ascii_alphabetic()) && !word.text.contains(' ');
        is_hex && Beginning::of_uuid(&word.text).is_some() && !id_holds_card_number(&word.text)
    };
    let (uuids, cards): (Vec<&Word>, Vec<&Word>) =
        words.iter().filter(|word| holds_card_number(&word.text)).partition(is_uuid);
    let rest = uuids.iter().fold(typed.to_owned(), |text, uuid| text.replace(&uuid.text, " "));
    !cards.is_empty() || holds_card_number(&rest)
}

/// A card number that is typed alone, with `card` before it or not.
fn card(typed: &str) -> Option<CardNumber> {
    let lower = Zeroizing::new(typed.to_lowercase());
    let bare = ["card number", "card"].into_iter().find_map(|name| lower.strip_prefix(name));
    // Eleven digits alone may be an order's number, too; a card number is never treated as one.
    let min = if bare.is_some() { 9 } else { 11 };
    let digits = bare.map_or(lower.as_str(), |bare| bare.trim_start_matches([':', ' ']));
    let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | ',' | '/' | '_' | '?' | '#' | '"');
    if !digits.chars().all(|c| c.is_ascii_digit() || is_separator(c))
        || bare.is_none() && !holds_card_number(typed)
    {
        return None;
    }
    let digits = Zeroizing::new(digits.chars().filter(char::is_ascii_digit).collect::<String>());
    CardNumber::parse_recorded(&digits).ok().map(|(card, _)| card).filter(|_| digits.len() >= min)
}
