//! The kinds of doubt about an order.

/// What may be wrong with an order. As a number it is its bit among an order's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum Warning {
    /// The card number fails its check digit.
    CardCheckDigit = 1,
    /// The card number's length is none of its brand's.
    CardLength = 2,
    /// The customer ID is no UUID.
    CustomerId = 4,
    /// The card number had a question mark before it.
    CardMark = 8,
    /// The order date was still to come when the order was recorded here.
    OrderDateFuture = 16,
    /// The order date is older than the desk takes.
    OrderDateOld = 32,
    /// The shipping date does not follow the order date.
    ShippingDate = 64,
    /// The delivery date does not follow the shipping date.
    DeliveryDate = 128,
    /// The shipping or delivery date was no date.
    DateUnreadable = 256,
    /// The card is `UnionPay`'s and its number fails the check digit, which some of theirs do not have.
    CardUnchecked = 512,
    /// The card number is one digit again and again.
    CardPlaceholder = 1024,
    /// The card number may have a security code behind it.
    CardSecurityCode = 2048,
    /// A card number stood in place of the customer ID and was masked.
    CustomerIdMasked = 4096,
}

impl Warning {
    pub const ALL: [Self; 13] = [
        Self::CardCheckDigit,
        Self::CardLength,
        Self::CustomerId,
        Self::CardMark,
        Self::OrderDateFuture,
        Self::OrderDateOld,
        Self::ShippingDate,
        Self::DeliveryDate,
        Self::DateUnreadable,
        Self::CardUnchecked,
        Self::CardPlaceholder,
        Self::CardSecurityCode,
        Self::CustomerIdMasked,
    ];

    /// Reads the name that URLs and the database have for it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|warning| warning.name() == name)
    }

    /// As URLs and the database call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CardCheckDigit => "card-check-digit",
            Self::CardLength => "card-length",
            Self::CustomerId => "customer-id",
            Self::CardMark => "card-mark",
            Self::OrderDateFuture => "order-date-future",
            Self::OrderDateOld => "order-date-old",
            Self::ShippingDate => "shipping-date",
            Self::DeliveryDate => "delivery-date",
            Self::DateUnreadable => "date-unreadable",
            Self::CardUnchecked => "card-unchecked",
            Self::CardPlaceholder => "card-placeholder",
            Self::CardSecurityCode => "card-security-code",
            Self::CustomerIdMasked => "customer-id-masked",
        }
    }

    /// What it is about, as filters call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::CardCheckDigit => "card check digit",
            Self::CardLength => "card length",
            Self::CustomerId => "customer ID",
            Self::CardMark => "card with a question mark",
            Self::OrderDateFuture => "order date in the future",
            Self::OrderDateOld => "order date before 1990",
            Self::ShippingDate => "shipping date",
            Self::DeliveryDate => "delivery date",
            Self::DateUnreadable => "unreadable date",
            Self::CardUnchecked => "card without a check digit",
            Self::CardPlaceholder => "card of one digit",
            Self::CardSecurityCode => "card with a security code",
            Self::CustomerIdMasked => "masked customer ID",
        }
    }

    /// What it warns of.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CardCheckDigit => {
                "The card number fails its check digit; a spreadsheet may have rounded it."
            }
            Self::CardLength => "The card number has another length than its brand's cards.",
            Self::CustomerId => "The customer ID is not a UUID.",
            Self::CardMark => "The card number had a question mark before it.",
            Self::OrderDateFuture => "The order date was in the future when the order was taken over.",
            Self::OrderDateOld => "The order date is before 1 January 1990.",
            Self::ShippingDate => {
                "The shipping date is before the order date, or more than two years after it."
            }
            Self::DeliveryDate => {
                "The delivery date is before the shipping date, more than two years after it, or there without it."
            }
            Self::DateUnreadable => "The shipping or delivery date could not be read and is missing here.",
            Self::CardUnchecked => {
                "The card is UnionPay’s, and some of their numbers have no check digit: a typing mistake would not show."
            }
            Self::CardPlaceholder => "The card number is one digit again and again, which is no card’s.",
            Self::CardSecurityCode => {
                "The card number may have a security code behind it: compare it with the card."
            }
            Self::CustomerIdMasked => "A card number stood in place of the customer ID and was masked.",
        }
    }
}

/// Which of the warnings that nobody has seen a list asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningFilter {
    Any,
    Kind(Warning),
}

/// The name of [`WarningFilter::Any`].
const ANY: &str = "any";

impl WarningFilter {
    /// All that there are, in the order in which people are offered them.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Any].into_iter().chain(Warning::ALL.map(Self::Kind))
    }

    /// Reads the name that URLs have for it.
    pub fn parse(name: &str) -> Option<Self> {
        if name == ANY { Some(Self::Any) } else { Warning::parse(name).map(Self::Kind) }
    }

    /// Reads it as a list says it, or as a URL does, in small letters.
    pub fn parse_words(lower: &str) -> Option<Self> {
        let labelled = |filter: &Self| filter.label().to_lowercase() == lower;
        Self::parse(lower).or_else(|| Self::all().find(labelled))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Any => ANY,
            Self::Kind(warning) => warning.name(),
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Any => "any warning",
            Self::Kind(warning) => warning.label(),
        }
    }

    /// Whether all that another asks for is among what this asks for.
    pub fn covers(self, other: Self) -> bool {
        self == Self::Any || self == other
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_filter_has_a_name_of_its_own_that_leads_back() {
        let names: BTreeSet<&str> = WarningFilter::all().map(WarningFilter::name).collect();
        let labels: BTreeSet<&str> = WarningFilter::all().map(WarningFilter::label).collect();
        assert_eq!((names.len(), labels.len()), (14, 14));
        for filter in WarningFilter::all() {
            assert_eq!(WarningFilter::parse(filter.name()), Some(filter));
        }
        assert_eq!(WarningFilter::parse("Any"), None);
    }
}
