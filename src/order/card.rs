//! Card numbers, which are never shown, and the little of them that is.

use std::fmt;

use arrayvec::ArrayString;
use zeroize::Zeroize;

use super::brand::Brand;
use super::mend::mended_char;
use super::{QualityFlags, ValidationError};

/// A primary account number: 11 to 19 digits, wiped from memory when dropped.
///
/// `Debug` and `Display` show it masked (PCI DSS 4.0, requirement 3.4.1); only [`CardNumber::reveal`]
/// gives the digits.
#[derive(Clone)]
pub struct CardNumber {
    digits: [u8; Self::MAX],
    len: u8,
    /// How many digits are the card's own; what follows may be a security code, of which nothing may be shown.
    own: u8,
}

impl CardNumber {
    const MIN: usize = 11;
    const MAX: usize = 19;
    /// The shortest that real files hold.
    const MIN_RECORDED: usize = 9;

    /// Reads a number as a clerk types it; spaces and hyphens are fine, and digits of every script.
    ///
    /// The length must be one of its brand's, and the check digit must fit (ISO/IEC 7812-1, annex B), but for
    /// `UnionPay`, which issues numbers without one. A number with a security code behind it may look like a longer
    /// number: it is refused, because such a code is never kept (PCI DSS 4.0, requirement 3.3.1.2), unless somebody has
    /// confirmed that all digits are the card's.
    pub fn parse(text: &str, all_digits_confirmed: bool) -> Result<Self, ValidationError> {
        let mut card = Self::read(text, Self::MIN)?;
        let warnings = card.warnings();
        let digits = card.reveal().len();
        if warnings.contains(QualityFlags::CARD_PLACEHOLDER) {
            return Err(ValidationError::CardPlaceholder);
        }
        let is_right = !warnings.contains(QualityFlags::CARD_LENGTH)
            && !warnings.contains(QualityFlags::CARD_CHECK_DIGIT);
        let own = usize::from(card.own);
        if own < digits && !is_right && matches!(digits - own, 3 | 4) {
            return Err(ValidationError::CardSecurityCode(card.brand(), own));
        }
        if own < digits && is_right && !all_digits_confirmed {
            return Err(ValidationError::CardAllDigits { own, digits });
        }
        if warnings.contains(QualityFlags::CARD_LENGTH) {
            return Err(ValidationError::CardBrandLength(card.brand(), digits));
        }
        if warnings.contains(QualityFlags::CARD_CHECK_DIGIT) {
            return Err(ValidationError::CardCheckDigit);
        }
        card.own = card.len;
        Ok(card)
    }

    /// Reads a number from a file of orders, where half of the check digits are wrong.
    ///
    /// A spreadsheet keeps 15 significant digits, and marks numbers that it kept as text with `?`. What
    /// is doubtful comes back as flags.
    pub fn parse_recorded(text: &str) -> Result<(Self, QualityFlags), ValidationError> {
        let is_unseen = |c: char| mended_char(c).is_none_or(|c| c == ' ');
        let text = text.trim_start_matches(is_unseen);
        let number = text.trim_start_matches(|c| c == '?' || is_unseen(c));
        let card = Self::read(number, Self::MIN_RECORDED)?;
        let mark = if number.len() < text.len() { QualityFlags::CARD_MARK } else { QualityFlags::NONE };
        let warnings = card.warnings() | mark;
        Ok((card, warnings))
    }

    fn read(text: &str, min: usize) -> Result<Self, ValidationError> {
        let mut digits = [0; Self::MAX];
        let mut len = 0;
        for c in text.chars().filter_map(mended_char).filter(|c| !matches!(c, ' ' | '-')) {
            if !c.is_ascii_digit() {
                return Err(ValidationError::CardDigits);
            }
            if let Some(place) = digits.get_mut(len) {
                // Never lossy: it is an ASCII digit.
                *place = c as u8;
            }
            len += 1;
        }
        match u8::try_from(len) {
            Ok(0) => Err(ValidationError::CardMissing),
            Ok(short) if (min..=Self::MAX).contains(&len) => {
                let own = digits.get(..len).map_or(short, |digits| own_digits(digits, short));
                Ok(Self { digits, len: short, own })
            }
            _ => Err(ValidationError::CardLength(len)),
        }
    }

    /// What is doubtful about the number.
    pub(super) fn warnings(&self) -> QualityFlags {
        let digits = self.reveal().as_bytes();
        let brand = self.brand();
        let mut warnings = QualityFlags::NONE;
        if digits.iter().all(|digit| digits.first() == Some(digit)) {
            warnings |= QualityFlags::CARD_PLACEHOLDER;
        }
        if !brand.has_length(digits.len()) {
            warnings |= QualityFlags::CARD_LENGTH;
        }
        if self.own < self.len {
            warnings |= QualityFlags::CARD_SECURITY_CODE;
        }
        if !passes_luhn(digits) {
            warnings |= if brand == Brand::UnionPay {
                QualityFlags::CARD_UNCHECKED
            } else {
                QualityFlags::CARD_CHECK_DIGIT
            };
        }
        warnings
    }

    /// The whole number, for sealing and hashing only.
    pub fn reveal(&self) -> &str {
        // Both fallbacks are out of reach: `read` stores ASCII digits and their count.
        self.digits.get(..usize::from(self.len)).and_then(|d| std::str::from_utf8(d).ok()).unwrap_or_default()
    }

    /// Whose card it is, by its first digits.
    pub fn brand(&self) -> Brand {
        Brand::of(self.reveal().as_bytes())
    }

    /// What may be shown: nothing of what may be a security code.
    pub fn summary(&self) -> CardSummary {
        let own = self.reveal().get(..usize::from(self.own)).unwrap_or_default();
        CardSummary { brand: self.brand(), last_four: LastFour::of(own) }
    }
}

impl CardNumber {
    /// What rows may have as its last four digits: its own, and those of all digits, which somebody may have confirmed.
    pub fn last_fours(&self) -> Vec<LastFour> {
        let mut last_fours = vec![self.summary().last_four, LastFour::of(self.reveal())];
        last_fours.dedup();
        last_fours
    }
}

/// How many digits of a number are a card number by themselves: of one with more digits than its brand's cards
/// commonly have those, if their check digit fits; of any other all.
fn own_digits(digits: &[u8], all: u8) -> u8 {
    let common = Brand::of(digits).common_length();
    match digits.split_at_checked(usize::from(common)) {
        Some((own, more)) if !more.is_empty() && passes_luhn(own) => common,
        _ => all,
    }
}

/// Two are the same if their digits are.
impl PartialEq for CardNumber {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for CardNumber {}

impl Drop for CardNumber {
    fn drop(&mut self) {
        self.digits.zeroize();
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary().fmt(f)
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary().fmt(f)
    }
}

/// The Luhn formula (ISO/IEC 7812-1, annex B) over ASCII digits.
pub(super) fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([false, true].into_iter().cycle())
        .map(|(&digit, doubled)| {
            let value = u32::from(digit - b'0');
            match (doubled, value) {
                (false, n) => n,
                (true, n) if n > 4 => 2 * n - 9,
                (true, n) => 2 * n,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// What may be shown of a card: its brand and last four digits.
///
/// Not the first six: an 11-digit number would then be known but for one digit, which the check digit
/// gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardSummary {
    pub brand: Brand,
    pub last_four: LastFour,
}

impl fmt::Display for CardSummary {
    /// As it is shown: `Visa •••• 1111`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} •••• {}", self.brand.label(), self.last_four.as_str())
    }
}

/// The last four digits of a card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LastFour(ArrayString<4>);

impl LastFour {
    fn of(digits: &str) -> Self {
        let tail = digits.len().saturating_sub(4);
        Self::parse(digits.get(tail..).unwrap_or_default()).unwrap_or(Self(ArrayString::new()))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let digits = ArrayString::from(text).ok()?;
        (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then_some(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{ZEROS, any_disguise, disguised, in_script};
    use super::*;

    /// Appends the check digit, computed the other way round than `passes_luhn` checks it.
    fn with_check_digit(payload: &str) -> String {
        (0..10)
            .map(|digit| format!("{payload}{digit}"))
            .find(|number| {
                let sum: u32 = number
                    .bytes()
                    .enumerate()
                    .map(|(i, b)| {
                        let n = u32::from(b - b'0') * if (number.len() - i) % 2 == 0 { 2 } else { 1 };
                        n / 10 + n % 10
                    })
                    .sum();
                sum.is_multiple_of(10)
            })
            .unwrap()
    }

    proptest! {
        #[test]
        fn right_numbers_are_taken_and_one_wrong_digit_is_not(
            payload in "4[0-9]{14}", place in 0..16_usize, step in 1..10_u8,
        ) {
            let number = with_check_digit(&payload);
            let card = CardNumber::parse(&number, false).unwrap();
            prop_assert_eq!(card.reveal(), &number);
            prop_assert_eq!(card.brand(), Brand::Visa);
            let mut wrong = number.into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + step) % 10;
            // UnionPay issues numbers without a check digit.
            prop_assume!(!wrong.starts_with(b"62") && !wrong.starts_with(b"81"));
            prop_assert!(CardNumber::parse(std::str::from_utf8(&wrong).unwrap(), false).is_err());
        }

        #[test]
        fn only_digits_count_and_those_of_every_script(
            payload in "4[0-9]{14}", disguise in any_disguise(), zero in 0..ZEROS.len(),
        ) {
            let number = with_check_digit(&payload);
            let (a, b) = number.split_at(7);
            let typed = in_script(&disguised(&format!(" {a}-{b} "), disguise), ZEROS[zero]);
            let card = CardNumber::parse(&typed, false).unwrap();
            prop_assert_eq!(card.reveal(), &number);
            let (card, flags) = CardNumber::parse_recorded(&format!("\u{feff}?{typed}")).unwrap();
            prop_assert_eq!((card.reveal(), flags), (number.as_str(), QualityFlags::CARD_MARK));
        }

        #[test]
        fn no_rendering_shows_more_than_the_last_four(number in "[0-9]{11,19}") {
            let (card, _) = CardNumber::parse_recorded(&number).unwrap();
            for shown in [format!("{card}"), format!("{card:?}"), format!("{:?}", card.summary())] {
                let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
                let own = if card.warnings().contains(QualityFlags::CARD_SECURITY_CODE) { card.own } else { card.len };
                prop_assert_eq!(digits, &number[usize::from(own) - 4..usize::from(own)]);
            }
        }

        #[test]
        fn every_length_of_recorded_numbers_is_kept(number in "[0-9]{9,19}", mark in "\\??") {
            let (card, _) = CardNumber::parse_recorded(&format!("{mark}{number}")).unwrap();
            prop_assert_eq!(card.reveal(), &number);
        }
    }

    #[test]
    fn the_networks_test_numbers_have_their_brands() {
        for (number, brand) in [
            ("378282246310005", Brand::AmericanExpress),
            ("30569309025904", Brand::DinersClub),
            ("6011111111111117", Brand::Discover),
            ("3530111333300000", Brand::Jcb),
            ("180099999999999", Brand::Jcb),
            ("6759649826438453", Brand::Maestro),
            ("5555555555554444", Brand::Mastercard),
            ("2221000000000009", Brand::Mastercard),
            ("4222222222222", Brand::Visa),
        ] {
            assert_eq!(CardNumber::parse_recorded(number).unwrap().0.brand(), brand, "{number}");
        }
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        let parse = |text: &str| CardNumber::parse(text, false);
        assert_eq!(parse(" - "), Err(ValidationError::CardMissing));
        assert_eq!(parse("4111 1111 1111 111I"), Err(ValidationError::CardDigits));
        assert_eq!(parse("4111111111"), Err(ValidationError::CardLength(10)));
        assert_eq!(parse(&"4".repeat(4000)), Err(ValidationError::CardLength(4000)));
        assert_eq!(parse("411111111111111"), Err(ValidationError::CardBrandLength(Brand::Visa, 15)));
        assert_eq!(parse("4111111111111112"), Err(ValidationError::CardCheckDigit));
        assert_eq!(parse("0000 0000 0000 0000"), Err(ValidationError::CardPlaceholder));
        assert_eq!(parse("8888888888888888"), Err(ValidationError::CardPlaceholder));
        // A security code behind the number.
        assert_eq!(
            parse("4111 1111 1111 1111 128"),
            Err(ValidationError::CardAllDigits { own: 16, digits: 19 })
        );
        assert_eq!(parse("4111 1111 1111 1111 123"), Err(ValidationError::CardSecurityCode(Brand::Visa, 16)));
        assert_eq!(
            parse("5555 5555 5555 4444 123"),
            Err(ValidationError::CardSecurityCode(Brand::Mastercard, 16))
        );
        assert_eq!(
            parse("3782 822463 10005 1234"),
            Err(ValidationError::CardSecurityCode(Brand::AmericanExpress, 15))
        );
        assert_eq!(parse("4111 1111 1111 1111 12"), Err(ValidationError::CardBrandLength(Brand::Visa, 18)));
    }

    #[test]
    fn a_number_of_19_digits_is_taken_when_somebody_has_confirmed_them() {
        let card = CardNumber::parse("4111 1111 1111 1111 128", true).unwrap();
        assert_eq!(
            (card.summary().to_string(), card.warnings()),
            ("Visa •••• 1128".to_owned(), QualityFlags::NONE)
        );
        for wrong in ["4111 1111 1111 1111 123", "3782 822463 10005 1234"] {
            assert!(CardNumber::parse(wrong, true).is_err(), "{wrong}");
        }
        // Its first sixteen are no number of their own.
        assert!(CardNumber::parse("4111222233334444551", false).is_ok());
    }

    #[test]
    fn nothing_of_what_may_be_a_security_code_is_shown_of_a_recorded_number() {
        let (card, flags) = CardNumber::parse_recorded("4111111111111111128").unwrap();
        assert_eq!(
            (card.summary().to_string(), flags),
            ("Visa •••• 1111".to_owned(), QualityFlags::CARD_SECURITY_CODE)
        );
        assert_eq!(card.reveal(), "4111111111111111128");
    }

    #[test]
    fn unionpay_numbers_need_no_check_digit() {
        for (number, flags) in [
            ("6212345678901232", QualityFlags::NONE),
            ("6212345678901233", QualityFlags::CARD_UNCHECKED),
            ("8171999927660000", QualityFlags::NONE),
        ] {
            let card = CardNumber::parse(number, false).unwrap();
            assert_eq!((card.brand(), card.warnings()), (Brand::UnionPay, flags), "{number}");
        }
        assert_eq!(
            CardNumber::parse("62123456789012", false),
            Err(ValidationError::CardBrandLength(Brand::UnionPay, 14))
        );
    }

    #[test]
    fn every_brand_fits_its_line() {
        for brand in Brand::ALL {
            let card = CardSummary { brand, last_four: LastFour::parse("1234").unwrap() };
            assert_eq!(card.to_string(), format!("{brand} •••• 1234"));
            assert_eq!(Brand::parse(brand.as_str()), Some(brand));
        }
    }

    #[test]
    fn a_rounded_number_is_kept_and_flagged() {
        let (_, flags) = CardNumber::parse_recorded("4111111111111100").unwrap();
        assert_eq!(flags, QualityFlags::CARD_CHECK_DIGIT);
    }

    #[test]
    fn a_mark_before_a_number_is_flagged_and_dropped() {
        for text in ["?4111111111111111", " ?? 4111 1111 1111 1111"] {
            let (card, flags) = CardNumber::parse_recorded(text).unwrap();
            assert_eq!((card.reveal(), flags), ("4111111111111111", QualityFlags::CARD_MARK), "{text}");
        }
        let (_, flags) = CardNumber::parse_recorded(" 4111111111111111 ").unwrap();
        assert_eq!(flags, QualityFlags::NONE);
    }

    #[test]
    fn a_number_shorter_than_any_card_is_kept_and_flagged() {
        let (_, flags) = CardNumber::parse_recorded("123456782").unwrap();
        assert_eq!(flags, QualityFlags::CARD_LENGTH);
    }
}
