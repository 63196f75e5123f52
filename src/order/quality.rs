//! What is doubtful about an order that came from a file.

use super::Warning;

/// Warnings about an order that came from a file: a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QualityFlags(i16);

impl QualityFlags {
    pub const NONE: Self = Self(0);
    pub const CARD_CHECK_DIGIT: Self = Self::of(Warning::CardCheckDigit);
    pub const CARD_LENGTH: Self = Self::of(Warning::CardLength);
    pub const USER_ID: Self = Self::of(Warning::CustomerId);
    pub const CARD_MARK: Self = Self::of(Warning::CardMark);
    pub const ORDER_DATE_FUTURE: Self = Self::of(Warning::OrderDateFuture);
    pub const ORDER_DATE_OLD: Self = Self::of(Warning::OrderDateOld);
    pub const SHIPPING_DATE: Self = Self::of(Warning::ShippingDate);
    pub const DELIVERY_DATE: Self = Self::of(Warning::DeliveryDate);
    pub const DATE_UNREADABLE: Self = Self::of(Warning::DateUnreadable);
    pub const CARD_UNCHECKED: Self = Self::of(Warning::CardUnchecked);
    pub const CARD_PLACEHOLDER: Self = Self::of(Warning::CardPlaceholder);
    pub const CARD_SECURITY_CODE: Self = Self::of(Warning::CardSecurityCode);
    pub const USER_ID_MASKED: Self = Self::of(Warning::CustomerIdMasked);

    /// All that are about the card.
    pub const OF_CARD: Self = Self(
        Self::CARD_CHECK_DIGIT.0
            | Self::CARD_LENGTH.0
            | Self::CARD_MARK.0
            | Self::CARD_UNCHECKED.0
            | Self::CARD_PLACEHOLDER.0
            | Self::CARD_SECURITY_CODE.0,
    );

    /// The set of one warning.
    pub const fn of(warning: Warning) -> Self {
        Self(warning as i16)
    }

    /// Whether all of the other's bits are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn bits(self) -> i16 {
        self.0
    }

    /// Reads stored bits; those that nobody knows are dropped.
    pub fn from_bits(bits: i16) -> Self {
        let known = Warning::ALL.into_iter().fold(Self::NONE, |all, warning| all | Self::of(warning));
        Self(bits & known.0)
    }

    /// Its warnings, in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL.into_iter().filter(move |warning| self.contains(Self::of(*warning)))
    }

    /// Each warning in a sentence.
    pub fn sentences(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(Warning::sentence)
    }
}

impl std::ops::BitOr for QualityFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for QualityFlags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bits_come_back_and_unknown_ones_do_not() {
        for bits in 0..=i16::MAX {
            let flags = QualityFlags::from_bits(bits);
            assert_eq!(QualityFlags::from_bits(flags.bits()), flags);
            assert_eq!(flags.sentences().count(), (bits & 8191).count_ones() as usize);
            assert_eq!(flags.iter().fold(QualityFlags::NONE, |all, one| all | QualityFlags::of(one)), flags);
        }
    }
}
