//! No card number leaves but in an order, wherever it stands in the file.

use std::fmt::Write;

use proptest::prelude::*;

use super::{CARD, ReadFile, USER};
use crate::order::holds_card_number;
use crate::transfer::import::{Checked, Fault, Outcome, WrongRows};

const NAMES: [&str; 8] = [
    "order_date",
    "store_code",
    "product_code",
    "product_quantity",
    "user_id",
    "card_number",
    "note",
    "anything",
];

fn has_card(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).collect::<String>().contains(CARD)
}

proptest! {
    #[test]
    fn a_card_in_a_wrong_column_is_found_and_not_echoed(
        column in 0..8_usize,
        before in "[a-z ?']{0,3}",
        behind in "( 12/27| [a-z]{1,4})?",
        gap in "[ -]?",
        rounded in any::<bool>(),
    ) {
        let number = CARD.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect::<Vec<_>>().join(&gap);
        let text = format!("{before}{number}{behind}");
        let mut cells = ["2025-11-03", "HI-9B97EE4E", "R7-3126933h", "4", USER, "none", "", ""].map(str::to_owned);
        cells[column] = text;
        let mut file = ReadFile::find(format!("{}\n{}\n", NAMES.join(","), cells.join(","))).unwrap();
        file.mapping.rounded_cards_ok = rounded;
        let (row, check, survey) = (file.rows().remove(0), file.check(&[]), file.survey());
        let checked = check.check(&row);
        let mut shown = format!("{row:?} {checked:?} {survey:?} {:?}", file.mapping);
        let faults: Vec<Fault> = match checked {
            Checked::Read(read) => match read.against(&[], &check) {
                Outcome::Wrong(faults) => faults,
                outcome => {
                    write!(shown, "{outcome:?}").unwrap();
                    Vec::new()
                }
            },
            Checked::Wrong(faults) => faults,
            Checked::Skipped(_) => Vec::new(),
        };
        write!(shown, "{faults:?}").unwrap();
        let mut out = WrongRows::begin(Vec::new(), &file.reading, &survey.header, None).unwrap();
        out.add(&row, &faults, &check).unwrap();
        shown.push_str(&String::from_utf8(out.finish().unwrap()).unwrap());
        prop_assert!(!has_card(&shown), "{}", shown);
        if !matches!(column, 4 | 5) {
            prop_assert_eq!(survey.stray_cards, [(column, 1)]);
        }
        if !matches!(column, 5 | 7) {
            prop_assert!(!faults.is_empty());
        }
    }

    #[test]
    fn no_name_of_a_column_shows_a_card(name in "[a-z]{0,3}[0-9]{11,19}[a-z]{0,3}") {
        let file = ReadFile::find(format!("{name},store_code\nx,HI-9B97EE4E\n")).unwrap();
        for column in &file.mapping.columns {
            prop_assert!(!holds_card_number(&column.name), "{}", column.name);
        }
    }
}
