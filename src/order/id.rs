//! What tells one order, customer or view from another.

use std::fmt;

use arrayvec::ArrayString;
use uuid::Uuid;

use super::mend::mended;
use super::{Field, ValidationError, holds_card_number};

/// The order's number for people, counted up by the database from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber(i64);

impl OrderNumber {
    /// Reads a number from a path; only canonical digits are one.
    pub fn parse(text: &str) -> Option<Self> {
        let number = Self::new(text.parse().ok()?)?;
        (number.to_string() == text).then_some(number)
    }

    pub fn new(number: i64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What tells one view from another; counted up by the database from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId(i32);

impl ViewId {
    /// Reads an id from a URL or a form; only canonical digits are one, and too few of them to be a card number.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self::new(text.parse().ok()?)?;
        (id.to_string() == text).then_some(id)
    }

    pub fn new(id: i32) -> Option<Self> {
        (id > 0).then_some(Self(id))
    }

    pub fn get(self) -> i32 {
        self.0
    }
}

impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What people call a job, such as an action on many orders: `#3`; counted up by the database from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(i64);

impl JobId {
    /// The most digits of an id in a URL: too few to be a card number.
    const MAX_DIGITS: usize = 10;

    /// Reads an id from a URL or a form; only canonical digits are one.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self::new(text.parse().ok()?)?;
        (text.len() <= Self::MAX_DIGITS && id.to_string() == text).then_some(id)
    }

    /// The one that deletes what was kept for long enough: every database has it from the start, and no URL names it.
    pub const PURGE: Self = Self(0);

    pub fn new(id: i64) -> Option<Self> {
        (id > 0).then_some(Self(id))
    }

    /// As the database has numbered it.
    pub fn stored(id: i64) -> Option<Self> {
        (id >= 0).then_some(Self(id))
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The order's UUID, first part of its key; made by the desk unless typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateUuid(ArrayString<36>);

impl DateUuid {
    /// Reads a UUID; case, braces, hyphens, spaces and what cannot be seen are mended.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        mended_uuid(text).map(Self).ok_or(ValidationError::DateUuidFormat)
    }

    /// The canonical text, 36 characters in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for DateUuid {
    fn from(uuid: Uuid) -> Self {
        Self(text_of(uuid))
    }
}

/// The customer, second part of an order's key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(ArrayString<36>);

impl UserId {
    /// What is shown in place of a card number that was stored before such were refused.
    pub const HIDDEN: &str = "(card number)";

    /// Reads a UUID; case, braces, hyphens, spaces and what cannot be seen are mended.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        match mended_uuid(text) {
            Some(uuid) => Ok(Self(uuid)),
            None if mended(text).is_empty() => Err(ValidationError::UserMissing),
            None => Err(ValidationError::UserFormat),
        }
    }

    /// Reads a customer from a file: 36 of 15,320 known ones are no UUIDs.
    ///
    /// Whatever is printable and no longer than a UUID stays as it is, unless it may hold a card number.
    pub fn parse_recorded(text: &str) -> Result<Self, ValidationError> {
        if let Some(uuid) = mended_uuid(text) {
            return Ok(Self(uuid));
        }
        let id = Self::stored(text)?;
        if id.is_uuid() || !holds_card_number(text) {
            Ok(id)
        } else {
            Err(ValidationError::CardElsewhere(Field::UserId))
        }
    }

    /// Reads a customer from a row, which may be older than the search for card numbers.
    pub fn stored(text: &str) -> Result<Self, ValidationError> {
        if let Some(uuid) = canonical(text) {
            return Ok(Self(uuid));
        }
        let id = ArrayString::from(text.trim()).map_err(|_| ValidationError::UserFormat)?;
        match id.as_str() {
            "" => Err(ValidationError::UserMissing),
            text if text.chars().any(char::is_control) => Err(ValidationError::UserFormat),
            _ => Ok(Self(id)),
        }
    }

    /// What takes the place of a card number that stood here.
    pub fn masked(order: OrderNumber) -> Self {
        // Never the fallback: with the longest number it has 31 characters.
        Self(ArrayString::from(&format!("masked card {order}")).unwrap_or_default())
    }

    /// The text for the database and for sealing; [`UserId::shown`] is for everyone else.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as it may leave the program: without what may be a card number (PCI DSS 4.0, requirement 3.4.1).
    pub fn shown(&self) -> &str {
        if self.holds_card_number() { Self::HIDDEN } else { &self.0 }
    }

    /// Whether it may hold a card number: only where it was stored before such were refused.
    pub fn holds_card_number(&self) -> bool {
        !self.is_uuid() && holds_card_number(&self.0)
    }

    fn is_uuid(&self) -> bool {
        is_canonical(self.0.as_bytes())
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl From<Uuid> for UserId {
    fn from(uuid: Uuid) -> Self {
        Self(text_of(uuid))
    }
}

/// A UUID as people type and paste it. Its digits tell where the hyphens belong.
fn mended_uuid(text: &str) -> Option<ArrayString<36>> {
    canonical(text).or_else(|| {
        let digits: String = mended(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = digits.strip_prefix("urn:uuid:").unwrap_or(&digits);
        let bare = digits.strip_prefix('{').and_then(|digits| digits.strip_suffix('}')).unwrap_or(digits);
        canonical(bare)
    })
}

/// Six or more of the hexadecimal digits that a UUID begins with, as it is stored; none for anything else.
pub(super) fn uuid_beginning(text: &str) -> Option<String> {
    const MIN_DIGITS: usize = 6;
    let text = mended(text);
    let mut beginning = String::new();
    for digit in text.chars().filter(|c| !matches!(c, ' ' | '-' | '{' | '}')) {
        if !digit.is_ascii_hexdigit() {
            return None;
        }
        if matches!(beginning.len(), 8 | 13 | 18 | 23) {
            beginning.push('-');
        }
        beginning.push(digit.to_ascii_lowercase());
    }
    (MIN_DIGITS..=36).contains(&beginning.len()).then_some(beginning)
}

/// A UUID as it is stored, which is what its order's card is sealed to; or as other programs write it.
fn canonical(text: &str) -> Option<ArrayString<36>> {
    let text = text.trim();
    if let (36, Ok(same)) = (text.len(), ArrayString::from(text))
        && is_canonical(text.as_bytes())
    {
        return Some(same);
    }
    Uuid::try_parse(text).ok().map(text_of)
}

/// Whether the text is 8-4-4-4-12 small hexadecimal digits (RFC 9562, section 4): nothing to mend.
fn is_canonical(text: &[u8]) -> bool {
    let groups = [0..8, 9..13, 14..18, 19..23, 24..36];
    let is_digit = |c: &u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 36
        && [8, 13, 18, 23].iter().all(|&place| text[place] == b'-')
        && groups.into_iter().all(|group| text[group].iter().all(is_digit))
}

fn text_of(uuid: Uuid) -> ArrayString<36> {
    let mut buffer = Uuid::encode_buffer();
    // Never the fallback: a hyphenated UUID has 36 characters.
    ArrayString::from(uuid.hyphenated().encode_lower(&mut buffer)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{any_disguise, disguised};
    use super::*;

    #[test]
    fn ids_of_views_are_canonical() {
        for (text, id) in [("1", Some(1)), ("2147483647", Some(i32::MAX))] {
            assert_eq!(ViewId::parse(text).map(ViewId::get), id);
        }
        for text in ["", "0", "-1", "01", "+1", " 1", "2147483648", "4111111111111111", "x"] {
            assert_eq!(ViewId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn ids_of_jobs_are_canonical_and_no_card_numbers() {
        assert_eq!(JobId::parse("1234567890").map(JobId::get), Some(1_234_567_890));
        for text in ["", "0", "-1", "01", "+1", " 1", "12345678901", "4111111111111111", "x"] {
            assert_eq!(JobId::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn uuids_are_mended_to_one_form(bytes: u128, disguise in any_disguise()) {
            let uuid = Uuid::from_u128(bytes);
            prop_assert_eq!(DateUuid::from(uuid).as_str().to_owned(), uuid.to_string());
            let spaced = uuid.to_string().replace('-', " - ");
            for plain in [uuid.to_string(), uuid.to_string().to_uppercase(), format!(" {} ", uuid.simple()),
                uuid.braced().to_string(), uuid.urn().to_string(), spaced] {
                for typed in [disguised(&plain, disguise), plain] {
                    prop_assert_eq!(DateUuid::parse(&typed).unwrap(), DateUuid::from(uuid));
                    prop_assert_eq!(UserId::parse(&typed).unwrap(), UserId::from(uuid));
                    prop_assert_eq!(UserId::parse_recorded(&typed).unwrap(), UserId::from(uuid));
                }
            }
        }

        #[test]
        fn recorded_customers_survive_the_way_to_a_row_and_back(text in "[!-~]{1,36}") {
            let id = UserId::stored(&text).unwrap();
            prop_assert_eq!(UserId::stored(id.as_str()).unwrap(), id);
            let debug = format!("{id:?}");
            prop_assert!(!holds_card_number(id.shown()) && !holds_card_number(&debug));
            prop_assert_eq!(UserId::parse_recorded(&text).ok(), Some(id).filter(|id| !id.holds_card_number()));
        }

        #[test]
        fn an_order_number_has_one_spelling(n in 1..i64::MAX) {
            prop_assert_eq!(OrderNumber::parse(&n.to_string()).map(OrderNumber::get), Some(n));
            prop_assert_eq!(OrderNumber::parse(&format!("0{n}")), None);
            prop_assert_eq!(OrderNumber::parse(&format!("-{n}")), None);
        }
    }

    #[test]
    fn what_is_no_uuid_is_refused_in_words() {
        for text in ["NULL", "NRQKZWJ9OZ", "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7fz", "2dcb6e7a", "é"] {
            assert_eq!(DateUuid::parse(text), Err(ValidationError::DateUuidFormat), "{text}");
            assert_eq!(UserId::parse(text), Err(ValidationError::UserFormat), "{text}");
        }
        assert_eq!(UserId::parse(" \u{200b}"), Err(ValidationError::UserMissing));
        // What stands in a row stays as its card was sealed to it.
        let odd = "2dcb6e7a 1f0e 4d0b 9d3a 0c8b6a51e7f2";
        assert_eq!(UserId::stored(odd).unwrap().as_str(), odd);
        assert_eq!(UserId::parse_recorded("a\0b"), Err(ValidationError::UserFormat));
        assert_eq!(OrderNumber::parse("+1"), None);
    }
}
