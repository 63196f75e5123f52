//! What is doubtful about an order that came from a file.

/// Warnings about an order that came from a file: a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QualityFlags(i16);

impl QualityFlags {
    pub const NONE: Self = Self(0);
    /// The card number fails its check digit.
    pub const CARD_CHECK_DIGIT: Self = Self(1);
    /// The card number's length is none of its brand's.
    pub const CARD_LENGTH: Self = Self(2);
    /// The customer ID is no UUID.
    pub const USER_ID: Self = Self(4);
    /// The card number had a question mark before it.
    pub const CARD_MARK: Self = Self(8);
    /// The order date was still to come when the order was recorded here.
    pub const ORDER_DATE_FUTURE: Self = Self(16);
    /// The order date is older than the desk takes.
    pub const ORDER_DATE_OLD: Self = Self(32);
    /// The shipping date does not follow the order date.
    pub const SHIPPING_DATE: Self = Self(64);
    /// The delivery date does not follow the shipping date.
    pub const DELIVERY_DATE: Self = Self(128);
    /// The shipping or delivery date was no date.
    pub const DATE_UNREADABLE: Self = Self(256);
    /// The card is `UnionPay`'s and its number fails the check digit, which some of theirs do not have.
    pub const CARD_UNCHECKED: Self = Self(512);
    /// The card number is one digit again and again.
    pub const CARD_PLACEHOLDER: Self = Self(1024);
    /// The card number may have a security code behind it.
    pub const CARD_SECURITY_CODE: Self = Self(2048);
    /// A card number stood in place of the customer ID and was masked.
    pub const USER_ID_MASKED: Self = Self(4096);

    /// All that are about the card.
    pub const OF_CARD: Self = Self(1 | 2 | 8 | 512 | 1024 | 2048);

    const ALL: [(Self, &'static str); 13] = [
        (Self::CARD_CHECK_DIGIT, "The card number fails its check digit; a spreadsheet may have rounded it."),
        (Self::CARD_LENGTH, "The card number has another length than its brand's cards."),
        (Self::USER_ID, "The customer ID is not a UUID."),
        (Self::CARD_MARK, "The card number had a question mark before it."),
        (Self::ORDER_DATE_FUTURE, "The order date was in the future when the order was taken over."),
        (Self::ORDER_DATE_OLD, "The order date is before 1 January 1990."),
        (Self::SHIPPING_DATE, "The shipping date is before the order date, or more than two years after it."),
        (
            Self::DELIVERY_DATE,
            "The delivery date is before the shipping date, more than two years after it, or there without it.",
        ),
        (Self::DATE_UNREADABLE, "The shipping or delivery date could not be read and is missing here."),
        (
            Self::CARD_UNCHECKED,
            "The card is UnionPay’s, and some of their numbers have no check digit: a typing mistake would not show.",
        ),
        (Self::CARD_PLACEHOLDER, "The card number is one digit again and again, which is no card’s."),
        (
            Self::CARD_SECURITY_CODE,
            "The card number may have a security code behind it: compare it with the card.",
        ),
        (Self::USER_ID_MASKED, "A card number stood in place of the customer ID and was masked."),
    ];

    /// Whether all of the other's bits are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a warning is about the card.
    pub fn warns_of_card(self) -> bool {
        self.0 & Self::OF_CARD.without(Self::CARD_MARK).0 != 0
    }

    pub fn bits(self) -> i16 {
        self.0
    }

    /// Reads stored bits; those that nobody knows are dropped.
    pub fn from_bits(bits: i16) -> Self {
        let known = Self::ALL.iter().fold(0, |all, (flag, _)| all | flag.0);
        Self(bits & known)
    }

    /// Each warning in a sentence.
    pub fn sentences(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, sentence)| sentence)
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
        }
    }
}
