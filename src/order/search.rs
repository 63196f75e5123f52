//! What a text that was typed into the search box can mean.
//!
//! It is read from left to right, the longest phrase first: a name with a value, a date, a status, a brand, a code, an
//! ID or a number. Many a text has several meanings: `1111` is an order and the end of a card. All of them are told, the
//! likeliest first.

mod dates;
mod error;
mod reading;
#[cfg(test)]
mod tests;
mod value;
mod words;

use zeroize::Zeroizing;

use super::mend::mended_number;
use super::{CardNumber, Condition, Kind, Now, OrderFilter, OrderNumber, holds_card_number};
pub use error::SearchError;
use reading::Reading;
use words::{Name, Word};

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
}

/// Words of sentences that say nothing here.
const FILLERS: [&str; 18] = [
    "a", "all", "and", "at", "card", "cards", "during", "for", "from", "in", "of", "on", "order", "orders",
    "paid", "store", "the", "with",
];

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
        let words = words::words(&typed);
        if holds_card_number(text) || holds_card_number(&typed) || words.iter().any(Word::holds_card_number) {
            return Err(SearchError::NotUnderstood(None));
        }
        let context = Context { now, late_days, is_one_word: words.len() == 1 };
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
        Self::of(phrases)
    }

    /// What phrases mean together, each of which has one meaning or more.
    fn of(phrases: Vec<Vec<Reading>>) -> Result<Self, SearchError> {
        let conditions = |readings: &[Reading]| -> Vec<Condition> {
            let condition = |reading: &Reading| match reading {
                Reading::Is(condition) => Some(condition.clone()),
                Reading::Number(_) => None,
            };
            readings.iter().filter_map(condition).collect()
        };
        if let [readings] = &phrases[..]
            && let Some(Reading::Number(number)) = readings.first()
        {
            let others = conditions(readings).into_iter().map(|condition| OrderFilter::new([condition]));
            return Ok(Self::Number { number: *number, others: others.collect() });
        }
        // A number says by itself which order is meant: beside other words it is something else, or nothing.
        let mut meanings = Vec::new();
        for readings in &phrases {
            match (&conditions(readings)[..], readings.first()) {
                ([], Some(Reading::Number(number))) => return Err(SearchError::NumberAmong(*number)),
                (conditions, _) => meanings.push(conditions.to_vec()),
            }
        }
        let mut filters = Vec::new();
        let mut error = None;
        for choice in choices(&meanings) {
            match filter(&choice) {
                Ok(filter) if !filters.contains(&filter) => filters.push(filter),
                Ok(_) => {}
                Err(other) => error = error.or(Some(other)),
            }
        }
        filters.truncate(Self::MAX_OTHERS + 1);
        if filters.is_empty() {
            return Err(error.unwrap_or(SearchError::Empty));
        }
        let filter = filters.remove(0);
        Ok(Self::Filter { filter, others: filters })
    }
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

/// What each phrase of a text means.
fn phrases(words: &[Word], context: &Context) -> Result<Vec<Vec<Reading>>, SearchError> {
    let mut phrases: Vec<Vec<Reading>> = Vec::new();
    let mut rest = words;
    // Whether an `or` stands before the phrase.
    let mut alternative: Option<&Word> = None;
    while let Some(first) = rest.first() {
        let count = match phrase(rest, context)? {
            Some((count, readings)) => {
                if let Some(or) = alternative.take()
                    && !phrases.last().is_some_and(|before| are_alike(before, &readings))
                {
                    return Err(SearchError::NotUnderstood(Some(or.text.clone())));
                }
                phrases.push(readings);
                count
            }
            None if first.lower == "or" && !phrases.is_empty() => {
                alternative = Some(first);
                1
            }
            None if !first.is_quoted && FILLERS.contains(&first.lower.as_str()) => 1,
            None => return Err(SearchError::NotUnderstood(Some(first.text.clone()))),
        };
        rest = rest.get(count..).unwrap_or_default();
    }
    match alternative {
        Some(or) => Err(SearchError::NotUnderstood(Some(or.text.clone()))),
        None => Ok(phrases),
    }
}

/// Whether two phrases are about the same, so that a filter takes either.
fn are_alike(one: &[Reading], other: &[Reading]) -> bool {
    let kind = |readings: &[Reading]| {
        readings.iter().find_map(|reading| match reading {
            Reading::Is(condition) => Some(condition.kind()),
            Reading::Number(_) => None,
        })
    };
    kind(one).is_some() && kind(one) == kind(other)
}

/// What the longest phrase that words begin with can mean, and how many words it has.
fn phrase(words: &[Word], context: &Context) -> Result<Option<(usize, Vec<Reading>)>, SearchError> {
    let Some((first, rest)) = words.split_first() else { return Ok(None) };
    let before =
        |words: &[Word], is_end: fn(&Word) -> bool| words.iter().take_while(|word| !is_end(word)).count();
    if let Some(name) = first.name {
        let values = rest.get(..before(rest, |word| word.name.is_some())).unwrap_or_default();
        let value = value::value(name, values, true, context)?;
        let Some((count, readings)) = value else { return Err(without_value(name, first, values)) };
        return Ok(Some((count + 1, readings)));
    }
    if first.is_quoted {
        let inner = words::words(&first.text);
        let inside = phrase(&inner, context)?.filter(|(count, _)| *count == inner.len());
        return Ok(inside.map(|(_, readings)| (1, readings)));
    }
    let unnamed = words.get(..before(words, |word| word.name.is_some())).unwrap_or_default();
    let plain = unnamed.get(..before(unnamed, |word| word.is_quoted)).unwrap_or_default();
    let lower: Vec<&str> = plain.iter().map(|word| word.lower.as_str()).collect();
    let dated =
        dates::dated(&lower, context.now)?.map(|(count, condition)| (count, vec![Reading::Is(condition)]));
    let longest = (1..=plain.len().min(reading::MAX_WORDS)).rev().find_map(|count| {
        let readings = reading::readings(plain.get(..count).unwrap_or_default(), context);
        (!readings.is_empty()).then_some((count, readings))
    });
    // Of two that are as long the last is taken: a word alone has its meanings with its date among them.
    let all = [named(unnamed, context)?, dated, longest];
    Ok(all.into_iter().flatten().max_by_key(|(count, _)| *count))
}

/// What a name without a colon says with the value behind it.
fn named(words: &[Word], context: &Context) -> Result<Option<(usize, Vec<Reading>)>, SearchError> {
    for count in (1..=words.len().min(Name::MAX_WORDS)).rev() {
        let (name, values) = words.split_at_checked(count).unwrap_or_default();
        let Some(name) = Name::parse(&words::joined(name)) else { continue };
        if let Some((length, readings)) = value::value(name, values, false, context)? {
            return Ok(Some((count + length, readings)));
        }
    }
    Ok(None)
}

/// Why a name with a colon cannot be read.
fn without_value(name: Name, word: &Word, values: &[Word]) -> SearchError {
    match name {
        Name::Kind(kind) => SearchError::Value(kind),
        Name::Card => SearchError::Value(Kind::LastFour),
        Name::Order => SearchError::NotUnderstood(Some(values.first().unwrap_or(word).text.clone())),
    }
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
