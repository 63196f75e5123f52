//! The phrases of a searched text: a value behind its name, a date, or words that mean something by themselves.

use super::super::{Condition, Kind};
use super::reading::{self, Reading};
use super::words::{self, Name, Word};
use super::{Context, SearchError, dates, value};

/// Words of sentences that say nothing here.
const FILLERS: [&str; 18] = [
    "a", "all", "and", "at", "card", "cards", "during", "for", "from", "in", "of", "on", "order", "orders",
    "paid", "store", "the", "with",
];

/// What each phrase of a text means.
pub(super) fn phrases(words: &[Word], context: &Context) -> Result<Vec<Vec<Reading>>, SearchError> {
    let mut phrases: Vec<Vec<Reading>> = Vec::new();
    let mut rest = words;
    // Whether an `or` stands before the phrase.
    let mut alternative: Option<&Word> = None;
    while let Some((first, behind)) = rest.split_first() {
        let mut read = phrase(rest, context)?;
        // In `order 3 March` the date is longer than the number.
        if first.lower == "order"
            && let (Some((length, _)), Some((longer, _))) = (&read, phrase(behind, context)?)
            && longer > *length - 1
        {
            read = None;
        }
        let count = match read {
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
            // Whoever quotes more than one phrase means the words.
            None if first.is_quoted => {
                phrases.extend(self::phrases(&words::words(&first.text), context)?);
                1
            }
            None if FILLERS.contains(&first.lower.as_str()) => 1,
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
    let kind = |readings: &[Reading]| readings.iter().find_map(Reading::condition).map(Condition::kind);
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
