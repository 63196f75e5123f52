//! How many pieces an order is for.

use super::ValidationError;

/// A whole number from 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u16);

impl Quantity {
    /// The most that one order may ask for.
    pub const MAX: i32 = 10_000;

    /// Reads a quantity as people type it: spaces around it and separators of thousands are fine.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ValidationError::QuantityMissing);
        }
        let digits = ungroup(text).ok_or(ValidationError::QuantityNotWhole)?;
        // So many digits that no number type holds them are out of range, not unreadable.
        digits.parse().ok().and_then(|n: i32| Self::new(n).ok()).ok_or(ValidationError::QuantityRange)
    }

    pub fn new(n: i32) -> Result<Self, ValidationError> {
        match u16::try_from(n) {
            Ok(n) if (1..=Self::MAX).contains(&i32::from(n)) => Ok(Self(n)),
            _ => Err(ValidationError::QuantityRange),
        }
    }

    pub fn get(self) -> i32 {
        i32::from(self.0)
    }
}

/// The digits of `1000`, `1,000`, `1 000` or `1'000`; `1,5` is no whole number.
fn ungroup(text: &str) -> Option<String> {
    let mut groups = text.split([',', ' ', '\'', '\u{a0}', '\u{202f}']);
    let mut digits = groups.next()?.to_owned();
    for group in groups {
        if group.len() != 3 || digits.is_empty() {
            return None;
        }
        digits.push_str(group);
    }
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_in_range_and_only_those_are_taken(n in -20_000..20_000_i32) {
            let parsed = Quantity::parse(&n.to_string());
            if (1..=10_000).contains(&n) {
                prop_assert_eq!(parsed.unwrap().get(), n);
            } else {
                prop_assert!(parsed.is_err());
            }
        }

        #[test]
        fn nothing_that_is_typed_panics(text in "\\PC{0,12}") {
            let _ = Quantity::parse(&text);
        }
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        assert_eq!(Quantity::parse("  "), Err(ValidationError::QuantityMissing));
        for text in ["four", "1.5", "1,5", "1e3", "-1", "+2", "NULL", "٣", ",100"] {
            assert_eq!(Quantity::parse(text), Err(ValidationError::QuantityNotWhole), "{text}");
        }
        for text in ["0", "10001", "99999999999999999999"] {
            assert_eq!(Quantity::parse(text), Err(ValidationError::QuantityRange), "{text}");
        }
        assert_eq!(Quantity::parse(" 1,000 ").map(Quantity::get), Ok(1000));
    }
}
