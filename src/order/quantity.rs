//! How many pieces an order is for.

use super::ValidationError;
use super::mend::mended_number;
use super::number::whole_number;

/// A whole number from 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u16);

impl Quantity {
    /// The most that one order may ask for.
    pub const MAX: i32 = 10_000;

    /// Reads a quantity as people type it: spaces around it and separators of thousands are fine.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        let text = mended_number(text);
        if text.is_empty() {
            return Err(ValidationError::QuantityMissing);
        }
        let Some(digits) = whole_number(&text) else {
            // Between thousands some readers write the point that others write before a fraction.
            let read_so = text.contains('.').then(|| whole_number(&text.replace('.', ","))).flatten();
            return Err(match read_so.and_then(|digits| digits.parse().ok()) {
                Some(thousands) => ValidationError::QuantityPoint(thousands),
                None => ValidationError::QuantityNotWhole,
            });
        };
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
        for text in ["four", "1.5", "1,5", "1e3", "-1", "+2", "NULL", ",100", "1.0000"] {
            assert_eq!(Quantity::parse(text), Err(ValidationError::QuantityNotWhole), "{text}");
        }
        for (text, thousands) in [("1.000", 1000), ("10.000", 10_000), ("1.000.000", 1_000_000)] {
            assert_eq!(Quantity::parse(text), Err(ValidationError::QuantityPoint(thousands)), "{text}");
        }
        for text in ["0", "10001", "1,000,000", "99999999999999999999"] {
            assert_eq!(Quantity::parse(text), Err(ValidationError::QuantityRange), "{text}");
        }
        for text in [" 1,000 ", "1 000", "1\u{202f}000", "1’000", "١٬٠٠٠", "\u{feff}１０００"] {
            assert_eq!(Quantity::parse(text).map(Quantity::get), Ok(1000), "{text}");
        }
    }
}
