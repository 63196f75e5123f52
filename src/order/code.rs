//! Codes of stores and products.

use std::fmt;

use arrayvec::ArrayString;

use super::ValidationError;
use super::mend::plain_char;

/// A store's code: two capital letters, a hyphen, eight hexadecimal digits; or the web store.
///
/// ```
/// use orders::order::StoreCode;
/// assert_eq!(StoreCode::parse(" hi 9b97ee4e ").unwrap().as_str(), "HI-9B97EE4E");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreCode(ArrayString<12>);

impl StoreCode {
    /// The web store, the one code of another shape.
    pub const WEB: &'static str = "WEB-1388012W";

    /// Reads a code; mends case, spaces, hyphens and what cannot be seen.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        // What rows hold needs no mending.
        if let (true, Ok(code)) = (is_branch(text.as_bytes()), ArrayString::from(text)) {
            return Ok(Self(code));
        }
        let mut code = squeeze::<12>(text).map_err(|TooLong| ValidationError::StoreFormat)?;
        if code.is_empty() {
            return Err(ValidationError::StoreMissing);
        }
        code.make_ascii_uppercase();
        let prefix = if code.starts_with("WEB") && code.len() > 10 { 3 } else { 2 };
        let code = hyphenate(code, prefix).ok_or(ValidationError::StoreFormat)?;
        if code.as_str() == Self::WEB || is_branch(code.as_bytes()) {
            Ok(Self(code))
        } else {
            Err(ValidationError::StoreFormat)
        }
    }

    /// The canonical text, 11 or 12 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_branch(code: &[u8]) -> bool {
    let [country_1, country_2, b'-', digits @ ..] = code else { return false };
    country_1.is_ascii_uppercase()
        && country_2.is_ascii_uppercase()
        && digits.len() == 8
        && digits.iter().all(|c| matches!(c, b'0'..=b'9' | b'A'..=b'F'))
}

/// A product's code: a letter, a digit, a hyphen, five to seven digits, a letter.
///
/// Case tells codes apart, so it is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductCode(ArrayString<11>);

impl ProductCode {
    /// Reads a code; mends spaces, hyphens and what cannot be seen, never case.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        // What rows hold needs no mending.
        if let (true, Ok(code)) = (is_product(text.as_bytes()), ArrayString::from(text)) {
            return Ok(Self(code));
        }
        let code = squeeze::<11>(text).map_err(|TooLong| ValidationError::ProductFormat)?;
        if code.is_empty() {
            return Err(ValidationError::ProductMissing);
        }
        let code = hyphenate(code, 2).ok_or(ValidationError::ProductFormat)?;
        if is_product(code.as_bytes()) { Ok(Self(code)) } else { Err(ValidationError::ProductFormat) }
    }

    /// The canonical text, 9 to 11 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_product(code: &[u8]) -> bool {
    let [letter, digit, b'-', middle @ .., last] = code else { return false };
    letter.is_ascii_alphabetic()
        && digit.is_ascii_digit()
        && (5..=7).contains(&middle.len())
        && middle.iter().all(u8::is_ascii_digit)
        && last.is_ascii_alphabetic()
}

/// What a store's code may begin with, mended; none if no code does. Of the web store any beginning will do.
pub(super) fn store_beginning(text: &str) -> Option<String> {
    let mut code = squeeze::<12>(text).ok()?;
    code.make_ascii_uppercase();
    let is_web = |code: &str| code.len() > 2 && StoreCode::WEB.starts_with(code);
    let code =
        [Some(code), hyphenate_after(&code, 3)].into_iter().flatten().find(|code| is_web(code)).or_else(
            || {
                let code = if code.len() > 2 { hyphenate_after(&code, 2)? } else { code };
                let example = with_tail(&code, "AA-00000000")?;
                is_branch(example.as_bytes()).then_some(code)
            },
        )?;
    (code.len() >= 2).then(|| code.to_string())
}

/// What a product's code may begin with, mended; none if no code does.
pub(super) fn product_beginning(text: &str) -> Option<String> {
    let code = squeeze::<11>(text).ok()?;
    let code = if code.len() > 2 { hyphenate_after(&code, 2)? } else { code };
    let examples = ["a0-00000a", "a0-000000a", "a0-0000000a"];
    let is_begun = examples
        .iter()
        .filter_map(|example| with_tail(&code, example))
        .any(|example| is_product(example.as_bytes()));
    (code.len() >= 2 && is_begun).then(|| code.to_string())
}

/// A beginning with the rest of an example behind it.
fn with_tail(beginning: &str, example: &str) -> Option<String> {
    example.get(beginning.len()..).map(|tail| format!("{beginning}{tail}"))
}

/// The code with a hyphen behind the prefix; none if it is too short, or the hyphen stands elsewhere.
fn hyphenate_after<const N: usize>(code: &ArrayString<N>, prefix: usize) -> Option<ArrayString<N>> {
    let (head, tail) = code.split_at_checked(prefix)?;
    let tail = tail.strip_prefix('-').unwrap_or(tail);
    let mut out = ArrayString::new();
    for part in [head, "-", tail] {
        out.try_push_str(part).ok()?;
    }
    Some(out)
}

macro_rules! shown_as_its_text {
    ($($code:ty),*) => {$(
        impl fmt::Display for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
shown_as_its_text!(StoreCode, ProductCode);

struct TooLong;

/// Takes out spaces and what cannot be seen, and makes every kind of dash a hyphen.
fn squeeze<const N: usize>(text: &str) -> Result<ArrayString<N>, TooLong> {
    let mut out = ArrayString::new();
    for c in text.chars().filter_map(plain_char).filter(|c| *c != ' ') {
        out.try_push(c).map_err(|_| TooLong)?;
    }
    Ok(out)
}

/// Puts the hyphen behind the prefix where it was left out.
fn hyphenate<const N: usize>(code: ArrayString<N>, prefix: usize) -> Option<ArrayString<N>> {
    if code.contains('-') {
        return Some(code);
    }
    let (head, tail) = code.split_at_checked(prefix)?;
    let mut out = ArrayString::new();
    for part in [head, "-", tail] {
        out.try_push_str(part).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{any_disguise, disguised};
    use super::*;

    fn store(text: &str) -> String {
        StoreCode::parse(text).unwrap().to_string()
    }

    fn product(text: &str) -> String {
        ProductCode::parse(text).unwrap().to_string()
    }

    proptest! {
        #[test]
        fn every_branch_code_is_taken_as_it_is(code in "[A-Z]{2}-[0-9A-F]{8}") {
            prop_assert_eq!(store(&code), code);
        }

        #[test]
        fn case_spaces_and_hyphens_of_a_store_code_are_mended(
            code in "[A-Z]{2}-[0-9A-F]{8}", dash in "-| | - |", disguise in any_disguise(),
        ) {
            let typed = format!("  {} ", code.to_lowercase().replace('-', &dash));
            prop_assert_eq!(store(&disguised(&typed, disguise)), code);
        }

        #[test]
        fn every_product_code_is_taken_with_its_case(
            code in "[A-Za-z][0-9]-[0-9]{5,7}[A-Za-z]", disguise in any_disguise(),
        ) {
            prop_assert_eq!(product(&code), code.clone());
            prop_assert_eq!(product(&code.replace('-', " ")), code.clone());
            prop_assert_eq!(product(&disguised(&code, disguise)), code);
        }

        #[test]
        fn what_is_taken_is_canonical(text in "\\PC{0,14}") {
            if let Ok(code) = StoreCode::parse(&text) {
                prop_assert_eq!(StoreCode::parse(code.as_str()), Ok(code));
            }
            if let Ok(code) = ProductCode::parse(&text) {
                prop_assert_eq!(ProductCode::parse(code.as_str()), Ok(code));
            }
        }
    }

    #[test]
    fn the_web_store_is_one_code() {
        assert_eq!(StoreCode::parse("web-1388012w").unwrap().as_str(), StoreCode::WEB);
        assert_eq!(StoreCode::parse("WEB1388012W").unwrap().as_str(), StoreCode::WEB);
        assert_eq!(StoreCode::parse("WEB-1388013W"), Err(ValidationError::StoreFormat));
    }

    #[test]
    fn dirt_is_refused_in_words() {
        for dirt in ["NULL", "NRQKZWJ9OZ", "GGB-9B97EE4E", "HI-9B97EE4", "HI-9B97EE4G", "H1-9B97EE4E", "é"] {
            assert_eq!(StoreCode::parse(dirt), Err(ValidationError::StoreFormat), "{dirt}");
        }
        for dirt in ["NULL", "NRQKZWJ9OZ", "R7-3126h", "R7-31269331h", "77-3126933h", "R7--3126933"] {
            assert_eq!(ProductCode::parse(dirt), Err(ValidationError::ProductFormat), "{dirt}");
        }
        assert_eq!(StoreCode::parse(" \t\u{feff}"), Err(ValidationError::StoreMissing));
        // A code is no number: its digits are ASCII's.
        assert_eq!(StoreCode::parse("HI-٩B97EE4E"), Err(ValidationError::StoreFormat));
        assert_eq!(ProductCode::parse(""), Err(ValidationError::ProductMissing));
    }
}
