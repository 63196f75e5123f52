//! The words of a searched text, and the names that may stand before a value.

use super::super::{Kind, whole_number};

/// A word, several of them in quotation marks, or a name with its colon.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// As it was typed.
    pub text: String,
    /// In small letters, without what stands for the rest of a code.
    pub lower: String,
    pub is_quoted: bool,
    /// What the value behind it is of.
    pub name: Option<Name>,
}

/// What a value is said to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Kind(Kind),
    /// Its last four digits, or its brand.
    Card,
    Order,
}

/// Names beside those of the kinds and their labels.
const OTHER_NAMES: [(&str, Name); 20] = [
    ("order", Name::Order),
    ("order number", Name::Order),
    ("number", Name::Order),
    ("no", Name::Order),
    ("no.", Name::Order),
    ("card", Name::Card),
    ("card number", Name::Card),
    ("last 4", Name::Kind(Kind::LastFour)),
    ("last four", Name::Kind(Kind::LastFour)),
    ("ends in", Name::Kind(Kind::LastFour)),
    ("ending in", Name::Kind(Kind::LastFour)),
    ("card ending in", Name::Kind(Kind::LastFour)),
    ("order uuid", Name::Kind(Kind::Uuid)),
    ("order date", Name::Kind(Kind::Ordered)),
    ("shipping date", Name::Kind(Kind::Shipped)),
    ("delivery date", Name::Kind(Kind::Delivered)),
    ("qty", Name::Kind(Kind::Quantity)),
    ("older than", Name::Kind(Kind::OlderThan)),
    ("same card", Name::Kind(Kind::SameCardAs)),
    ("changed by", Name::Kind(Kind::ChangedBy)),
];

impl Name {
    /// The most words that a name has.
    pub const MAX_WORDS: usize = 3;

    /// Reads a name in any case, with spaces, hyphens or underscores between its words.
    pub fn parse(text: &str) -> Option<Self> {
        let spelled = text.to_lowercase().replace(['_', '-'], " ");
        let is_kind =
            |kind: &Kind| kind.name().replace('_', " ") == spelled || kind.label().to_lowercase() == spelled;
        let other = || OTHER_NAMES.into_iter().find(|(name, _)| *name == spelled).map(|(_, name)| name);
        Kind::ALL.into_iter().find(is_kind).map(Self::Kind).or_else(other)
    }
}

impl Word {
    fn new(text: &str, is_quoted: bool) -> Self {
        let begun = text.trim_end_matches(['\u{2026}', '*']);
        let begun = begun.strip_suffix("...").unwrap_or(begun);
        let text = if begun.contains(char::is_alphanumeric) { begun } else { text };
        Self { text: text.to_owned(), lower: text.to_lowercase(), is_quoted, name: None }
    }

    fn named(text: String, name: Name) -> Self {
        Self { lower: text.to_lowercase(), text, is_quoted: false, name: Some(name) }
    }
}

/// The words of a mended text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut part = String::new();
    let mut is_quoted = false;
    for c in text.chars() {
        match c {
            '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => {
                let part = std::mem::take(&mut part);
                if is_quoted && !part.trim().is_empty() {
                    words.push(Word::new(part.trim(), true));
                } else {
                    push(&part, &mut words);
                }
                is_quoted = !is_quoted;
            }
            ' ' if !is_quoted => push(&std::mem::take(&mut part), &mut words),
            c => part.push(c),
        }
    }
    // Of marks that nobody closed, the text behind them counts as words.
    for part in part.split(' ') {
        push(part, &mut words);
    }
    words
}

/// Adds what stands between two spaces: a word, a name and a value, or several values with commas between them.
fn push(part: &str, words: &mut Vec<Word>) {
    let part = part.trim_matches([',', ';', '!', '?', '(', ')']);
    // The address of an order's page.
    let linked = part.rsplit_once("/orders/").and_then(|(_, order)| order.split(['?', '#', '/']).next());
    let part = linked.unwrap_or(part);
    if let Some((before, value)) = part.split_once(':')
        && let Some(name) = split_off_name(before, words)
    {
        words.push(name);
        push_values(value, words);
    } else {
        push_values(part, words);
    }
}

fn push_values(part: &str, words: &mut Vec<Word>) {
    let is_number = whole_number(part.trim_start_matches('#')).is_some();
    let values = part.split([',', ';']).filter(|value| !is_number && !value.is_empty());
    words.extend(values.map(|value| Word::new(value, false)));
    if is_number {
        words.push(Word::new(part, false));
    }
}

/// The longest name that ends before a colon; takes the words that are of it off.
fn split_off_name(last: &str, words: &mut Vec<Word>) -> Option<Word> {
    (0..Name::MAX_WORDS).rev().find_map(|count| {
        let start = words.len().checked_sub(count)?;
        let before = words.get(start..)?;
        if before.iter().any(|word| word.is_quoted || word.name.is_some()) {
            return None;
        }
        let text: Vec<&str> = before.iter().map(|word| word.text.as_str()).chain([last]).collect();
        let text = text.join(" ");
        let name = Name::parse(&text)?;
        words.truncate(start);
        Some(Word::named(text, name))
    })
}

/// Words with a space between each two.
pub(super) fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The same in small letters.
pub(super) fn joined_lower(words: &[Word]) -> String {
    words.iter().map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ")
}
