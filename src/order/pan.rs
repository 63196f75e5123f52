//! Card numbers (PANs) that hide in texts: the one place that decides what may leave the program in the clear.
//!
//! Whoever types, sends or stores a card number where none belongs may group its digits in any way. So whatever is
//! neither a letter nor a digit is read as if it were not there, digits of every script are digits (Unicode
//! categories `L` and `Nd`, after the compatibility decomposition NFKD of UAX #15), and letters end a run of digits.
//! Percent-encoding and backslash escapes are read as what they stand for, too.
//!
//! Sources: PCI DSS 4.0, requirements 3.3 to 3.5; ISO/IEC 7812-1 for lengths and the check digit.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use regex::Regex;

use super::brand::Brand;
use super::card::passes_luhn;
use super::mend;

/// What stands in place of digits that are not shown.
pub const MASK: &str = "****";

/// Lengths that are looked for among other digits, where brand and check digit have to fit.
const AMONG_OTHERS: Range<usize> = 13..20;
/// Lengths that are taken for a card number where no other digit is near, whatever the check digit: a slip of the
/// finger would give the number away all the same.
const ALONE: Range<usize> = 11..20;
/// How often one text is decoded. Nobody encodes more often by accident.
const DECODINGS: usize = 4;

/// Whether a value may hold a whole card number. UUIDs and dates do not.
pub fn holds_card_number(value: &str) -> bool {
    !find(value, Strictness::Value).is_empty()
}

/// The same of an identifier that may be made of hexadecimal digits. Eleven decimal ones in a row are no rarity then:
/// beside letters only a number counts that a brand issues and whose check digit fits.
pub fn id_holds_card_number(id: &str) -> bool {
    let is_hex = id.contains(|c: char| c.is_ascii_alphabetic());
    !find(id, if is_hex { Strictness::HexId } else { Strictness::Value }).is_empty()
}

/// A line of text with [`MASK`] in place of what may be card numbers; IP addresses and ids of 16 or 32 hexadecimal
/// digits stay as they are.
pub fn mask_card_numbers(line: &str) -> Cow<'_, str> {
    replace(line, &find(line, Strictness::Line))
}

/// A JSON text with the same done to each of its strings by itself; a text that is no JSON is masked as a line.
pub fn mask_card_numbers_in_json(json: &str) -> Cow<'_, str> {
    if !may_hold_card_number(json) {
        return Cow::Borrowed(json);
    }
    let Ok(mut value) = serde_json::from_str(json) else { return mask_card_numbers(json) };
    if mask_strings(&mut value) { Cow::Owned(value.to_string()) } else { Cow::Borrowed(json) }
}

fn mask_strings(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => match replace(text, &find(text, Strictness::Line)) {
            Cow::Borrowed(_) => false,
            Cow::Owned(masked) => {
                *text = masked;
                true
            }
        },
        serde_json::Value::Array(values) => {
            values.iter_mut().map(mask_strings).fold(false, |any, one| any | one)
        }
        serde_json::Value::Object(fields) => {
            fields.values_mut().map(mask_strings).fold(false, |any, one| any | one)
        }
        _ => false,
    }
}

/// How much is taken for a card number: a false alarm costs more in some places than in others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Value,
    HexId,
    Line,
}

/// A digit, and the bytes of the text that stand for it.
struct Digit {
    ascii: u8,
    at: Range<usize>,
    is_of_date: bool,
}

/// A character and the bytes of the text that stand for it.
type Char = (char, Range<usize>);

/// The ranges of a text that may be card numbers, with all digits around them.
fn find(text: &str, strictness: Strictness) -> Vec<Range<usize>> {
    if !may_hold_card_number(text) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut chars: Vec<Char> = text.char_indices().map(|(at, c)| (c, at..at + c.len_utf8())).collect();
    for _ in 0..=DECODINGS {
        find_in(&chars, strictness, &mut found);
        match decode(&chars) {
            Some(decoded) => chars = decoded,
            None => break,
        }
    }
    found
}

/// Whether there may be eleven digits without a letter between them. Cheap, and right about all that matters: what is
/// not ASCII, or encoded, is looked at.
pub fn may_hold_card_number(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|byte| {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'A'..=b'Z' => digits = 0,
            b'%' | b'\\' | 0x80.. => return true,
            _ => {}
        }
        digits >= ALONE.start
    })
}

fn find_in(chars: &[Char], strictness: Strictness, found: &mut Vec<Range<usize>>) {
    let mut run = Vec::new();
    let mut tokens = exempt(chars, strictness).into_iter().peekable();
    let mut date_end = 0;
    let mut nth = 0;
    while let Some((c, at)) = chars.get(nth) {
        match tokens.next_if(|token| token.at.start == nth) {
            Some(ExemptRange { at, is_date: false }) => {
                nth = at.end;
                continue;
            }
            Some(date) => date_end = date.at.end,
            None => {}
        }
        let is_of_date = nth < date_end;
        for part in CharParts::of(*c) {
            match part {
                Part::Digit(ascii) => run.push(Digit { ascii, at: at.clone(), is_of_date }),
                Part::Letter if !is_of_date => close(&mut run, strictness, found),
                Part::Letter | Part::Other => {}
            }
        }
        nth += 1;
    }
    close(&mut run, strictness, found);
}

/// Judges a run of digits that is over.
fn close(run: &mut Vec<Digit>, strictness: Strictness, found: &mut Vec<Range<usize>>) {
    let outside_dates: Vec<&Digit> = run.iter().filter(|digit| !digit.is_of_date).collect();
    let is_alone = strictness != Strictness::HexId && ALONE.contains(&outside_dates.len());
    // A date may stand between the digits of a card number, and digits of one may look like a date.
    let is_among = || has_card_among(&outside_dates) || has_card_among(&run.iter().collect::<Vec<_>>());
    if let (Some(first), Some(last)) = (outside_dates.first(), outside_dates.last())
        && (is_alone || is_among())
    {
        found.push(first.at.start..last.at.end);
    }
    run.clear();
}

fn has_card_among(run: &[&Digit]) -> bool {
    let digits: Vec<u8> = run.iter().map(|digit| digit.ascii).collect();
    AMONG_OTHERS.flat_map(|len| run.windows(len).zip(digits.windows(len))).any(|(window, digits)| {
        // Two dates are no card number, whatever their digits.
        window.iter().any(|digit| !digit.is_of_date) && is_issued(digits)
    })
}

/// Whether a known brand issues such numbers, by first digits and length, and the check digit fits.
pub(super) fn is_issued(digits: &[u8]) -> bool {
    let brand = Brand::of(digits);
    brand != Brand::Other && brand.has_length(digits.len()) && passes_luhn(digits)
}

/// What a character is to a card number.
enum Part {
    Digit(u8),
    Letter,
    Other,
}

/// A character taken apart as NFKD has it: `①` is a digit, `㏣` (4日) a digit and a letter.
enum CharParts {
    One(Option<Part>),
    Several(std::vec::IntoIter<Part>),
}

impl CharParts {
    fn of(c: char) -> Self {
        if c.is_ascii() {
            return Self::One(Some(part_of(c)));
        }
        let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(std::iter::once(c));
        Self::Several(decomposed.map(part_of).collect::<Vec<_>>().into_iter())
    }
}

impl Iterator for CharParts {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        match self {
            Self::One(part) => part.take(),
            Self::Several(parts) => parts.next(),
        }
    }
}

fn part_of(c: char) -> Part {
    if c.is_ascii() {
        return match c {
            // Never lossy: it is an ASCII digit.
            '0'..='9' => Part::Digit(c as u8),
            'a'..='z' | 'A'..='Z' => Part::Letter,
            _ => Part::Other,
        };
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    if GeneralCategoryGroup::Letter.contains(category) {
        Part::Letter
    } else {
        mend::decimal_value(c).or_else(|| dingbat(c)).map_or(Part::Other, |value| Part::Digit(b'0' + value))
    }
}

/// The digits in circles that have no decomposition.
fn dingbat(c: char) -> Option<u8> {
    let value = match c {
        '\u{24ff}' => 0,
        '\u{24f5}'..='\u{24fd}' => u32::from(c) - 0x24f5 + 1,
        '\u{2776}'..='\u{277e}' => u32::from(c) - 0x2776 + 1,
        '\u{2780}'..='\u{2788}' => u32::from(c) - 0x2780 + 1,
        '\u{278a}'..='\u{2792}' => u32::from(c) - 0x278a + 1,
        _ => return None,
    };
    u8::try_from(value).ok()
}

/// Characters that are no part of a card number though there are digits among them.
struct ExemptRange {
    at: Range<usize>,
    is_date: bool,
}

/// What is exempt in a text, in order and without overlaps.
fn exempt(chars: &[Char], strictness: Strictness) -> Vec<ExemptRange> {
    let ids = AsciiView::new(chars, Some);
    let mut tokens = ids.exempt(&UUID, false, |_| true);
    // A date is one whatever its digits, hyphens and spaces are, and whatever cannot be seen between them.
    tokens.extend(AsciiView::new(chars, mend::mended_char).exempt(&DATE, true, |_| true));
    if strictness == Strictness::Line {
        tokens.extend(ids.exempt(&HEX_ID, false, |id| id.contains(char::is_alphabetic)));
        tokens.extend(ids.exempt(&IP, false, is_ip));
    }
    tokens.sort_by_key(|token| token.at.start);
    let mut end = 0;
    tokens.retain(|token| {
        let is_behind = token.at.start >= end;
        end = end.max(token.at.end);
        is_behind
    });
    tokens
}

/// A text as ASCII, one byte a character, and which character of the text each stands for.
struct AsciiView {
    ascii: String,
    places: Vec<usize>,
}

impl AsciiView {
    /// Reads each character as another, or as if it were not there.
    fn new(chars: &[Char], read: impl Fn(char) -> Option<char>) -> Self {
        let read = |(place, (c, _)): (usize, &Char)| {
            let c = read(*c)?;
            Some((if c.is_ascii() { c } else { '\u{1}' }, place))
        };
        let (ascii, places) = chars.iter().enumerate().filter_map(read).unzip();
        Self { ascii, places }
    }

    /// What fits a pattern and stands by itself.
    fn exempt(&self, pattern: &Regex, is_date: bool, is_right: impl Fn(&str) -> bool) -> Vec<ExemptRange> {
        let is_other = |at: Option<usize>| {
            at.and_then(|at| self.ascii.as_bytes().get(at)).is_none_or(|byte| !byte.is_ascii_alphanumeric())
        };
        let range = |token: regex::Match<'_>| {
            let stands_alone = is_other(token.start().checked_sub(1)) && is_other(Some(token.end()));
            let last = token.end().checked_sub(1).filter(|_| stands_alone && is_right(token.as_str()))?;
            Some(ExemptRange { at: *self.places.get(token.start())?..self.places.get(last)? + 1, is_date })
        };
        pattern.find_iter(&self.ascii).filter_map(range).collect()
    }
}

/// RFC 9562, section 4. Without hyphens, version and variant have to be there.
static UUID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\
         |[0-9A-Fa-f]{12}[1-8][0-9A-Fa-f]{3}[89ABab][0-9A-Fa-f]{15}",
    )
});

/// A day, year first or last, and what may follow it: a time of day, with fraction and offset (RFC 3339 and looser), or
/// of a 12-hour clock. Whatever the fields for dates take is among it.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let (year, month, day) = ("[12][0-9]{3}", "(?:1[0-2]|0?[1-9])", "(?:[12][0-9]|3[01]|0?[1-9])");
    let (hour, sixty, fraction) = ("(?:[01][0-9]|2[0-3]|[0-9])", "[0-5][0-9]", "(?:[.,][0-9]{1,9})?");
    let clock =
        format!("{hour}[:.]{sixty}(?:[:.]?{sixty}{fraction})?(?: ?[ap]\\.?m\\.?)?|{hour} ?[ap]\\.?m\\.?");
    // Behind a comma four digits are rather the year of another date.
    let compact = format!("[T ](?:at )?{hour}{sixty}(?:{sixty}{fraction})?");
    let zone = "(?:Z|(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?)";
    let time = format!("(?i:(?:[T ,]{{1,3}}(?:at )?(?:{clock})|{compact})(?: ?{zone})?)?");
    let (name, nth) =
        ("(?i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?i:[a-z]{0,6})\\.?", "(?i:st|nd|rd|th)?");
    pattern(&format!(
        "(?:{day}{nth}[ -](?:of )?{name},?[ -]{year}|{name} {day}{nth},? {year}|{year}-{month}-{day}|{year}/{month}/{day}|{year}\\.{month}\\.{day}\
         |{day}/{month}/{year}|{month}/{day}/{year}|{day}\\.{month}\\.{year}|{day}-{month}-{year}){time}"
    ))
});

/// Ids of traces, spans and requests.
static HEX_ID: LazyLock<Regex> = LazyLock::new(|| pattern("[0-9a-f]{32}|[0-9a-f]{16}"));

static IP: LazyLock<Regex> = LazyLock::new(|| pattern("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}(?::[0-9]{1,5})?"));

fn is_ip(token: &str) -> bool {
    let (address, port) = token.split_once(':').unwrap_or((token, "0"));
    address.parse::<Ipv4Addr>().is_ok() && port.parse::<u16>().is_ok()
}

#[expect(clippy::expect_used, reason = "the patterns are this file's own, and every test compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a right pattern")
}

/// The text with percent-encoding (RFC 3986) and backslash escapes (Rust's, JSON's) read once; none if there are none.
fn decode(chars: &[Char]) -> Option<Vec<Char>> {
    let mut decoded = Vec::with_capacity(chars.len());
    let mut nth = 0;
    while let Some((c, at)) = chars.get(nth) {
        let rest = chars.get(nth..).unwrap_or_default();
        let escape = match c {
            '%' => percent_decoded(rest),
            '\\' => unescaped(rest),
            _ => None,
        };
        let Some((texts, len)) = escape else {
            decoded.push((*c, at.clone()));
            nth += 1;
            continue;
        };
        let end = rest.get(len - 1).map_or(at.end, |(_, last)| last.end);
        decoded.extend(texts.chars().map(|c| (c, at.start..end)));
        nth += len;
    }
    (decoded.len() < chars.len()).then_some(decoded)
}

/// The characters of percent-encoded bytes that follow each other, and how many characters said so.
fn percent_decoded(chars: &[Char]) -> Option<(String, usize)> {
    let mut bytes = Vec::new();
    while let Some([('%', _), (high, _), (low, _)]) = chars.get(bytes.len() * 3..bytes.len() * 3 + 3) {
        let (Some(high), Some(low)) = (high.to_digit(16), low.to_digit(16)) else { break };
        bytes.extend(u8::try_from(high * 16 + low));
    }
    (!bytes.is_empty()).then(|| (String::from_utf8_lossy(&bytes).into_owned(), bytes.len() * 3))
}

/// The character of one escape, and how many characters said so.
fn unescaped(chars: &[Char]) -> Option<(String, usize)> {
    let letter = chars.get(1)?.0;
    let hex = |from: usize, digits: usize| -> Option<u32> {
        let places = chars.get(from..from + digits)?;
        places.iter().try_fold(0, |code, (c, _)| Some(code * 16 + c.to_digit(16)?))
    };
    let (code, len) = match letter {
        'u' if chars.get(2)?.0 == '{' => {
            let digits = chars.get(3..)?.iter().take(7).position(|(c, _)| *c == '}')?;
            (hex(3, digits)?, digits + 4)
        }
        'u' => (hex(2, 4)?, 6),
        'x' => (hex(2, 2)?, 4),
        'n' | 'r' | 't' | '"' | '\'' | '/' => (u32::from(' '), 2),
        _ => return None,
    };
    // Half of a pair of surrogates is neither letter nor digit.
    Some((char::from_u32(code).unwrap_or('\u{fffd}').to_string(), len))
}

fn replace<'a>(text: &'a str, found: &[Range<usize>]) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut found = found.to_vec();
    found.sort_by_key(|range| range.start);
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for range in found {
        if range.start >= end {
            masked.push_str(text.get(end..range.start).unwrap_or_default());
            masked.push_str(MASK);
        }
        end = end.max(range.end);
    }
    masked.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests;
