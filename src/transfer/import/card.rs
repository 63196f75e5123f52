//! Cards of rows: as they stand there, and what stands for one in a file of wrong rows.

use std::fmt;

use super::FileFingerprint;
use crate::order::{CardNumber, QualityFlags, holds_card_number, mask_card_numbers};

/// A card of an import, as files of wrong rows have it: `Visa •••• 1111 (card kdmocbahifjepgln/345)`.
///
/// It stands for the card in a row of the file that was imported, and is resolved while that file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardReference {
    pub file: FileFingerprint,
    /// As a spreadsheet counts.
    pub row: u64,
}

impl CardReference {
    /// Reads a cell; none for what is no reference.
    pub fn parse(cell: &str) -> Option<Self> {
        let (_, reference) = cell.trim().strip_suffix(')')?.rsplit_once("(card ")?;
        let (file, row) = reference.split_once('/')?;
        let is_row = (1..=7).contains(&row.len()) && row.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { file: FileFingerprint::parse(file)?, row: row.parse().ok().filter(|_| is_row)? })
    }

    /// The cell that stands for a card: what may be shown of it, and where it is.
    pub fn cell(self, card: &str) -> String {
        format!("{} {self}", shown(card))
    }
}

impl fmt::Display for CardReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(card {}/{})", self.file, self.row)
    }
}

/// What may be shown of a cell of cards: brand and last four digits, or a text that has no card number in it.
pub(super) fn shown(cell: &str) -> String {
    match CardNumber::parse_recorded(cell) {
        Ok((card, _)) => card.summary().to_string(),
        Err(_) => masked(cell),
    }
}

/// A cell without what may be a card number.
pub(super) fn masked(cell: &str) -> String {
    if !holds_card_number(cell) {
        return cell.to_owned();
    }
    let masked = mask_card_numbers(cell);
    if holds_card_number(&masked) { "(card number)".to_owned() } else { masked.into_owned() }
}

/// A card number that breaks a rule of the form but can be kept, with what is doubtful about it.
pub(super) fn doubtful(cell: &str) -> Option<(CardNumber, QualityFlags)> {
    let (card, flags) = CardNumber::parse_recorded(cell).ok()?;
    // Its end may be a security code, which nobody may keep (PCI DSS 4.0, requirement 3.3.1.2).
    (CardNumber::parse(unmarked(cell), false).is_err() && !flags.contains(QualityFlags::CARD_SECURITY_CODE))
        .then_some((card, flags))
}

/// Without the mark that a spreadsheet puts before a number that it keeps as text.
pub(super) fn unmarked(cell: &str) -> &str {
    let cell = cell.trim();
    cell.trim_start_matches('?').trim_start()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn references_come_back_and_show_no_card(file: u64, row in 1..=1_048_576_u64, card in "[?]?[0-9]{9,19}|\\PC{0,20}") {
            let reference = CardReference { file: FileFingerprint(file), row };
            let cell = reference.cell(&card);
            prop_assert_eq!(CardReference::parse(&cell), Some(reference));
            prop_assert!(!holds_card_number(&cell), "{}", cell);
            let digits: String = card.chars().filter(char::is_ascii_digit).collect();
            prop_assert!(digits.len() < 9 || !cell.contains(&digits));
        }
    }
}
