//! Values behind a name: `store:HI-9B`, `ordered:"3 March 2026"`, `card ends in 1111`.

use super::super::{Actor, Beginning, Brand, Condition, JobId, Kind, Quantity, WarningFilter, whole_number};
use super::reading::{
    Reading, brand, is_short_word, last_four, number, other_customer, product_in_both_cases, status, uuid,
};
use super::words::{Name, Word, joined, joined_lower, words as split};
use super::{Context, SearchError, dates};

/// The most words that a value has: an actor as pages call it.
const MAX_WORDS: usize = 8;

/// What a name says with the value behind it, and how many words the value has; none if it is no value of this name.
/// Where no colon says that one follows, only what can be nothing else is one.
pub(super) fn value(
    name: Name,
    words: &[Word],
    has_colon: bool,
    context: &Context,
) -> Result<Option<(usize, Vec<Reading>)>, SearchError> {
    let quoted = words.first().filter(|word| word.is_quoted);
    if let Name::Kind(kind @ (Kind::Ordered | Kind::Shipped | Kind::Delivered)) = name {
        let inner = quoted.map(|word| split(&word.text));
        let days: Vec<&str> =
            inner.as_deref().unwrap_or(words).iter().map(|word| word.lower.as_str()).collect();
        let period = dates::period(&days, kind, context.now)?;
        let period = period.filter(|(count, _)| quoted.is_none() || *count == days.len());
        let reading = |period| vec![Reading::Is(dates::condition(kind, period))];
        return Ok(period.map(|(count, period)| (if quoted.is_some() { 1 } else { count }, reading(period))));
    }
    let most = if quoted.is_some() { 1 } else { words.len().min(MAX_WORDS) };
    for count in (1..=most).rev() {
        let readings = whole(name, words.get(..count).unwrap_or_default(), has_colon, context)?;
        if !readings.is_empty() {
            return Ok(Some((count, readings)));
        }
    }
    Ok(None)
}

/// What all the words mean as a value of a name.
fn whole(
    name: Name,
    words: &[Word],
    has_colon: bool,
    context: &Context,
) -> Result<Vec<Reading>, SearchError> {
    let (text, lower) = (joined(words), joined_lower(words));
    let is_one = words.len() == 1;
    let kind = match name {
        Name::Kind(kind) => kind,
        Name::Card => {
            let brand = brand(&lower).map(Condition::Brand);
            let conditions = last_four(&text).map(Condition::LastFour).or(brand);
            return Ok(conditions.map(Reading::Is).into_iter().collect());
        }
        Name::Order => {
            let number = number(&text).map(Reading::Number);
            let uuid = uuid(&text, is_one).into_iter().next().map(Reading::Is);
            return Ok(number.or(uuid).into_iter().collect());
        }
    };
    let conditions = match kind {
        Kind::Status => status(&lower, context.late_days).into_iter().collect(),
        Kind::Store => {
            let is_clear = text.contains(|c: char| c == '-' || c.is_ascii_digit()) || lower == "web";
            let is_store = has_colon || is_clear || text.len() == 2 && !is_short_word(&lower);
            Beginning::of_store(&text).filter(|_| is_store).map(Condition::Store).into_iter().collect()
        }
        Kind::Product => product_in_both_cases(&text).into_iter().map(Condition::Product).collect(),
        Kind::Customer => customer(&text, is_one, has_colon),
        Kind::Uuid => uuid(&text, is_one).into_iter().take(1).collect(),
        Kind::Quantity => quantity(&lower)?.into_iter().collect(),
        Kind::Brand => {
            let other = matches!(lower.as_str(), "other" | "another").then_some(Brand::Other);
            brand(&lower).or(other).map(Condition::Brand).into_iter().collect()
        }
        Kind::LastFour => last_four(&text).map(Condition::LastFour).into_iter().collect(),
        Kind::SameCardAs => {
            let text = lower.strip_prefix("order ").unwrap_or(&lower);
            number(text).map(Condition::SameCardAs).into_iter().collect()
        }
        Kind::OlderThan => days(&lower).map(Condition::OlderThan).into_iter().collect(),
        Kind::Warning => WarningFilter::parse_words(&lower).map(Condition::Warning).into_iter().collect(),
        // Nobody is called by a day, as in `shipped by Friday`.
        Kind::ChangedBy if !has_colon && dates::dated(&[&lower], context.now)?.is_some() => Vec::new(),
        Kind::ChangedBy => changed_by(&text, is_one, has_colon),
        Kind::Import => {
            JobId::parse(lower.trim_start_matches('#')).map(Condition::Import).into_iter().collect()
        }
        Kind::Ordered | Kind::Shipped | Kind::Delivered => Vec::new(),
    };
    Ok(conditions.into_iter().map(Reading::Is).collect())
}

/// A UUID as it is mended, then whatever customer is stored with just this text.
fn customer(text: &str, is_one_word: bool, has_colon: bool) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = uuid(text, is_one_word).into_iter().skip(1).collect();
    let stored = if has_colon && is_one_word {
        Beginning::of_customer(text).map(Condition::Customer)
    } else {
        other_customer(text)
    };
    // A list reads several customers between commas.
    let is_one = |stored: &Condition| !text.contains(',') && !conditions.contains(stored);
    let stored = stored.filter(is_one);
    conditions.extend(stored);
    conditions
}

/// `5`, `2-5`, `2 to 5`, `2 or more`, `5 or fewer`; none if it is no quantity.
fn quantity(text: &str) -> Result<Option<Condition>, SearchError> {
    let ends = |text: &str| -> Option<(Option<Quantity>, Option<Quantity>)> {
        let one = |text: &str| Quantity::parse(text).ok();
        let up = text.strip_suffix(" or more").or_else(|| text.strip_suffix('+'));
        let up = up.or_else(|| text.strip_prefix("at least ")).or_else(|| text.strip_prefix(">="));
        let down = text.strip_suffix(" or fewer").or_else(|| text.strip_suffix(" or less"));
        let down = down.or_else(|| text.strip_prefix("at most ")).or_else(|| text.strip_prefix("<="));
        if let Some(up) = up {
            return Some((Some(one(up)?), None));
        }
        if let Some(down) = down {
            return Some((None, Some(one(down)?)));
        }
        match text.split_once(" to ").or_else(|| text.split_once('-')) {
            Some((from, to)) => Some((Some(one(from)?), Some(one(to)?))),
            None => one(text).map(|quantity| (Some(quantity), Some(quantity))),
        }
    };
    match ends(text) {
        Some((Some(from), Some(to))) if to < from => Err(SearchError::Backwards(Kind::Quantity)),
        ends => Ok(ends.map(|(from, to)| Condition::Quantity { from, to })),
    }
}

/// `3`, `3 days`, `more than 3 days`, `more than a day`.
fn days(text: &str) -> Option<u16> {
    let text = text.strip_prefix("more than ").unwrap_or(text);
    let count = text.strip_suffix(" days").or_else(|| text.strip_suffix(" day")).unwrap_or(text);
    if count == "a" {
        return Some(1);
    }
    whole_number(count)?.parse().ok().filter(|days| *days < 10_000)
}

/// Who changed orders: as histories keep it, as pages call it, or by a name alone.
fn changed_by(text: &str, is_one_word: bool, has_colon: bool) -> Vec<Condition> {
    let condition = |stored: &str| Condition::ChangedBy(stored.to_owned());
    let is_known =
        |stored: &&str| *stored == text || Actor::stored(stored).words().eq_ignore_ascii_case(text);
    if let Some(stored) = ["desk", "seed", "adopt", "check"].into_iter().find(is_known) {
        return vec![condition(stored)];
    }
    let token = text.strip_prefix("the token ").filter(|name| has_colon || !name.contains(' '));
    let stored: Vec<String> = if let Some(name) = token {
        vec![format!("token:{name}")]
    } else if !matches!(Actor::stored(text), Actor::Other(_)) {
        vec![text.to_owned()]
    } else if is_one_word && (has_colon || text.starts_with(char::is_alphabetic)) {
        vec![format!("user:{text}"), format!("token:{text}")]
    } else {
        Vec::new()
    };
    stored.iter().filter(|stored| Actor::is_stored_text(stored)).map(|stored| condition(stored)).collect()
}
