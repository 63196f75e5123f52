//! The brands of cards, and how long their numbers are.

use std::fmt;

/// Whose network a card belongs to, told by its first digits (its issuer identification number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Brand {
    /// American Express: 34, 37.
    AmericanExpress,
    /// Diners Club: 300 to 305, 3095, 36, 38, 39.
    DinersClub,
    /// Discover: 6011, 644 to 649, 65.
    Discover,
    /// JCB: 3528 to 3589, and with 15 digits 1800 and 2131.
    Jcb,
    /// Maestro: 50, 56 to 58, and what else begins with 6 but for 62, which is `UnionPay`'s.
    Maestro,
    /// Mastercard: 51 to 55, 2221 to 2720.
    Mastercard,
    /// `UnionPay`: 62 and 81.
    UnionPay,
    /// Visa: 4.
    Visa,
    Other,
}

impl Brand {
    pub const ALL: [Self; 9] = [
        Self::AmericanExpress,
        Self::DinersClub,
        Self::Discover,
        Self::Jcb,
        Self::Maestro,
        Self::Mastercard,
        Self::UnionPay,
        Self::Visa,
        Self::Other,
    ];

    pub(super) fn of(digits: &[u8]) -> Self {
        let prefix = |n: usize| {
            let first = digits.get(..n).unwrap_or_default();
            first.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
        };
        match (prefix(4), prefix(3), prefix(2)) {
            (3095, ..) | (_, 300..=305, _) | (.., 36 | 38 | 39) => Self::DinersClub,
            (1800 | 2131 | 3528..=3589, ..) => Self::Jcb,
            (2221..=2720, ..) | (.., 51..=55) => Self::Mastercard,
            (.., 34 | 37) => Self::AmericanExpress,
            (.., 40..=49) => Self::Visa,
            (.., 62 | 81) => Self::UnionPay,
            (6011, ..) | (_, 644..=649, _) | (.., 65) => Self::Discover,
            (.., 50 | 56..=58 | 60 | 61 | 63 | 64 | 66..=69) => Self::Maestro,
            _ => Self::Other,
        }
    }

    pub(super) fn has_length(self, digits: usize) -> bool {
        match self {
            Self::AmericanExpress => digits == 15,
            Self::DinersClub => (14..=19).contains(&digits),
            Self::Discover | Self::UnionPay => (16..=19).contains(&digits),
            Self::Jcb => (15..=19).contains(&digits),
            Self::Mastercard => digits == 16,
            Self::Visa => matches!(digits, 13 | 16 | 19),
            Self::Maestro | Self::Other => (11..=19).contains(&digits),
        }
    }

    /// How many digits nearly all of its cards have.
    pub(super) fn common_length(self) -> u8 {
        match self {
            Self::AmericanExpress => 15,
            Self::DinersClub => 14,
            _ => 16,
        }
    }

    /// Its lengths, as a phrase before "digits".
    pub(super) fn lengths(self) -> &'static str {
        match self {
            Self::AmericanExpress => "15",
            Self::DinersClub => "14 to 19",
            Self::Discover | Self::UnionPay => "16 to 19",
            Self::Jcb => "15 to 19",
            Self::Mastercard => "16",
            Self::Visa => "13, 16 or 19",
            Self::Maestro | Self::Other => "11 to 19",
        }
    }

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AmericanExpress => "amex",
            Self::DinersClub => "diners",
            Self::Discover => "discover",
            Self::Jcb => "jcb",
            Self::Maestro => "maestro",
            Self::Mastercard => "mastercard",
            Self::UnionPay => "unionpay",
            Self::Visa => "visa",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|brand| brand.as_str() == word)
    }

    /// As people call it; at most 16 bytes.
    pub fn label(self) -> &'static str {
        match self {
            Self::AmericanExpress => "American Express",
            Self::DinersClub => "Diners Club",
            Self::Discover => "Discover",
            Self::Jcb => "JCB",
            Self::Maestro => "Maestro",
            Self::Mastercard => "Mastercard",
            Self::UnionPay => "UnionPay",
            Self::Visa => "Visa",
            Self::Other => "Card",
        }
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
