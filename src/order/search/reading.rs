//! What the words that a searched text begins with can mean, without a name before them.

use super::super::{
    Beginning, Brand, Condition, DateUuid, LastFour, Now, OrderNumber, ProductCode, Status, StoreCode,
    WarningFilter, whole_number,
};
use super::words::{Word, joined, joined_lower};
use super::{Context, dates};

/// One meaning of some words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    Number(OrderNumber),
    Is(Condition),
}

impl Reading {
    /// What it asks of orders; nothing if it is a number.
    pub fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Is(condition) => Some(condition),
            Self::Number(_) => None,
        }
    }
}

/// The most words that a status, a brand, a code or an ID is typed in.
pub(super) const MAX_WORDS: usize = 6;

/// Words of two letters that are rather those of a sentence than the beginning of a store's code.
const SHORT_WORDS: [&str; 24] = [
    "am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of",
    "on", "or", "so", "to", "up", "us", "we",
];

/// Those of them that join other words.
const JOINING_WORDS: [&str; 8] = ["at", "by", "in", "of", "on", "or", "to", "up"];

/// All that words can mean together, likeliest first.
pub(super) fn readings(words: &[Word], context: &Context) -> Vec<Reading> {
    let [first, rest @ ..] = words else { return Vec::new() };
    let spelled = joined_lower(words);
    let known =
        status(&spelled, context.late_days).or_else(|| brand(&spelled).map(Condition::Brand)).or_else(|| {
            (spelled == "web store").then(|| Beginning::of_store("web").map(Condition::Store)).flatten()
        });
    if let Some(condition) = known {
        return vec![Reading::Is(condition)];
    }
    let text = joined(words);
    let mut readings: Vec<Reading> = number(&text).map(Reading::Number).into_iter().collect();
    if text.starts_with('#') {
        return readings;
    }
    let is_one = rest.is_empty();
    let year = is_one.then(|| dates::dated(&[&first.lower], context.now).ok().flatten()).flatten();
    let mut conditions: Vec<Condition> = year.map(|(_, condition)| condition).into_iter().collect();
    let has_date = !conditions.is_empty();
    conditions.extend(last_four(&text).map(Condition::LastFour));
    let (store, product) = (store(words, context), product(words, context.now));
    let is_whole = |beginning: &Option<Beginning>| beginning.as_ref().is_some_and(Beginning::is_whole);
    let codes = |store: Option<Beginning>, products: Vec<Beginning>| {
        store.map(Condition::Store).into_iter().chain(products.into_iter().map(Condition::Product))
    };
    let is_code = is_whole(&store) || product.first().is_some_and(Beginning::is_whole);
    if is_code {
        conditions.extend(codes(store.clone(), product.clone()));
    }
    if !has_date {
        conditions.extend(uuid(&text, is_one));
    }
    if !is_code {
        conditions.extend(codes(store, product));
    }
    if is_one && !has_date {
        conditions.extend(other_customer(&first.text));
    }
    readings.extend(conditions.into_iter().map(Reading::Is));
    readings
}

/// A status, or what people say for one.
pub(super) fn status(spelled: &str, late_days: u16) -> Option<Condition> {
    let status = match spelled.replace('-', " ").as_str() {
        "to ship" | "to be shipped" | "not shipped" | "unshipped" | "open" | "pending" => Status::ToShip,
        "shipped" | "on the way" | "on its way" | "in transit" => Status::Shipped,
        "delivered" | "arrived" => Status::Delivered,
        "cancelled" | "canceled" => Status::Cancelled,
        "late" | "overdue" => return Some(Condition::OlderThan(late_days.min(9999))),
        "to check" => return Some(Condition::Warning(WarningFilter::Any)),
        _ => return None,
    };
    Some(Condition::Status(status))
}

/// A brand as it is stored, as it is called, or as people write it.
pub(super) fn brand(spelled: &str) -> Option<Brand> {
    let spelled = match spelled {
        "american-express" | "american" => "american express",
        "diners-club" => "diners",
        "master card" | "master" => "mastercard",
        "union pay" | "china unionpay" => "unionpay",
        spelled => spelled,
    };
    let is_brand = |brand: &Brand| brand.as_str() == spelled || brand.label().to_lowercase() == spelled;
    Brand::ALL.into_iter().filter(|brand| *brand != Brand::Other).find(is_brand)
}

/// An order's number, with a number sign or without: `120123`, `#120,123`.
pub(super) fn number(text: &str) -> Option<OrderNumber> {
    let (is_marked, digits) = match text.strip_prefix('#') {
        Some(rest) => (true, whole_number(rest)?),
        None => (false, whole_number(text)?),
    };
    // Four digits with zeros before them are rather those of a card.
    let is_last_four = !is_marked && text.len() == 4 && text.starts_with('0');
    // Eleven digits or more may be a card number.
    let number = OrderNumber::new(digits.parse().ok()?).filter(|_| digits.len() <= 10)?;
    (!is_last_four).then_some(number)
}

/// The last digits of a card, alone or as pages show them: `1111`, `•••• 1111`.
pub(super) fn last_four(text: &str) -> Option<LastFour> {
    masked_four(text).or_else(|| LastFour::parse(text))
}

/// Four digits behind signs that stand for the others.
pub(super) fn masked_four(text: &str) -> Option<LastFour> {
    let (hidden, digits) = text.split_at_checked(text.len().checked_sub(4)?)?;
    let is_sign =
        |c: char| matches!(c, '\u{2022}' | '*' | 'x' | 'X' | '\u{b7}' | '\u{2026}' | '.' | '-' | ' ');
    let is_hidden = hidden.chars().all(is_sign) && hidden.chars().any(|c| !matches!(c, ' ' | '-'));
    if is_hidden { LastFour::parse(digits) } else { None }
}

/// What a store's code begins with, if nobody can mean an English word or a number by it.
fn store(words: &[Word], context: &Context) -> Option<Beginning> {
    let text = joined(words);
    let beginning = Beginning::of_store(&text)?;
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let [first, rest @ ..] = words else { return None };
    let is_clear = if !rest.is_empty() {
        let is_prefix = first.text.trim_end_matches('-').len() == 2 && !is_short_word(&first.lower);
        StoreCode::parse(&text).is_ok() && has_digit
            || is_prefix && has_digit && are_of_code(rest, context.now)
    } else if beginning.is_whole() || has_digit || text.contains('-') {
        true
    } else {
        // Capitals alone, as in HI; beside other capitals they may as well be one of the words of a sentence.
        let is_capitals = text.chars().all(|c| c.is_ascii_uppercase());
        let joins = JOINING_WORDS.contains(&first.lower.as_str());
        let is_told = context.is_one_word || context.has_small_letters && !joins;
        is_capitals && (is_told || !is_short_word(&first.lower))
    };
    is_clear.then_some(beginning)
}

pub(super) fn is_short_word(lower: &str) -> bool {
    SHORT_WORDS.contains(&lower)
}

/// What a product's code begins with; then with its letter in the other case, which is another code.
fn product(words: &[Word], now: Now) -> Vec<Beginning> {
    let text = joined(words);
    let is_clear = match words {
        [_] => true,
        [first, rest @ ..] => {
            let is_prefix = first.text.trim_end_matches('-').len() == 2;
            is_prefix && are_of_code(rest, now) || ProductCode::parse(&text).is_ok()
        }
        [] => false,
    };
    if is_clear { product_in_both_cases(&text) } else { Vec::new() }
}

pub(super) fn product_in_both_cases(text: &str) -> Vec<Beginning> {
    let swapped =
        |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
    let mut chars = text.chars();
    let other: String = chars.next().map(swapped).into_iter().chain(chars).collect();
    [text, &other].into_iter().filter_map(Beginning::of_product).collect()
}

/// Whether words are the rest of a code, and not a year.
fn are_of_code(words: &[Word], now: Now) -> bool {
    let rest: Vec<&Word> = words.iter().filter(|word| word.text != "-").collect();
    match rest[..] {
        [rest] => !dates::is_year(&rest.text, now) && rest.text.contains(|c: char| c.is_ascii_digit()),
        _ => false,
    }
}

/// A UUID or what one begins with: an order's, then a customer's.
pub(super) fn uuid(text: &str, is_one_word: bool) -> Vec<Condition> {
    let lower = text.to_lowercase();
    let is_clear = |beginning: &Beginning| {
        let is_spelled = !lower.contains('-') || lower.trim_end_matches('-') == beginning.as_str();
        DateUuid::parse(text).is_ok() || is_one_word && is_spelled
    };
    // Braces and a prefix are mended only where the UUID is whole.
    let whole = DateUuid::parse(text).ok().map(|uuid| uuid.as_str().to_owned());
    let beginning = Beginning::of_uuid(whole.as_deref().unwrap_or(text)).filter(is_clear);
    let customer = beginning.as_ref().and_then(|beginning| Beginning::of_customer(beginning.as_str()));
    beginning.map(Condition::Uuid).into_iter().chain(customer.map(Condition::Customer)).collect()
}

/// A customer of another shape, as old files have some: `NRQKZWJ9OZ`.
pub(super) fn other_customer(text: &str) -> Option<Condition> {
    let is_id = (6..=36).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_uppercase());
    let customer = Beginning::of_customer(text).filter(|_| is_id)?;
    Some(Condition::Customer(customer))
}
