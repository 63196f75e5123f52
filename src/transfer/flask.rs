//! Rows of the Flask application's table, as imports read the rows of a file.

use super::FileFormat;
use super::import::{ColumnUse, FileFingerprint, Mapping, MatchedBy, RawRow, RowCheck, Rules};
use crate::db::FlaskRow;
use crate::order::{Field, Now};

/// What its columns are: in the order of [`Field::ALL`], each a field.
pub fn mapping() -> Mapping {
    let column = |field| ColumnUse {
        name: FlaskRow::column_of(field).to_owned(),
        field: Some(field),
        by: MatchedBy::Name,
        dates: None,
    };
    Mapping { columns: Field::ALL.into_iter().map(column).collect(), ..Mapping::default() }
}

/// The check of its rows.
pub fn check(mapping: &Mapping, now: Now) -> RowCheck<'_> {
    RowCheck {
        mapping,
        rules: Rules::Recorded,
        // As in JSON, no cell has an apostrophe that keeps a spreadsheet from running it.
        format: FileFormat::Json,
        // No UUID is made.
        file: FileFingerprint(0),
        now,
        repeats: &[],
    }
}

/// A row, counted from 1 in the order of keys.
pub fn raw_row(row: &FlaskRow, nth: u64) -> RawRow {
    let texts = Field::ALL.map(|field| row.text(field));
    RawRow::of(nth, texts.iter().map(|text| text.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::{NewOrder, QualityFlags, Timestamp};
    use crate::transfer::import::{Checked, Fault, Outcome, Skipped};

    const RIGHT: [(Field, &str); 9] = [
        (Field::OrderDate, "2021-03-01 09:30:00.000000"),
        (Field::ShippingDate, "2021-03-02 10:00:00"),
        (Field::DeliveryDate, "2021-03-04 11:00:00"),
        (Field::StoreCode, "HI-9B97EE4E"),
        (Field::ProductCode, "R7-3126933h"),
        (Field::Quantity, "4"),
        (Field::UserId, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
        (Field::CardNumber, "4111111111111111"),
        (Field::DateUuid, "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d"),
    ];

    fn now() -> Now {
        Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap())
    }

    /// What a row is, at a desk without orders.
    fn read(row: &FlaskRow) -> Result<Box<NewOrder>, Vec<String>> {
        let mapping = mapping();
        let check = check(&mapping, now());
        let words = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.wanted).collect();
        match check.check(&raw_row(row, 1)) {
            Checked::Wrong(faults) => Err(words(faults)),
            Checked::Skipped(Skipped::Header) => Err(vec!["header".to_owned()]),
            Checked::Skipped(why) => Err(vec![format!("{why:?}")]),
            Checked::Read(read) => match read.against(&[], &check) {
                Outcome::New(order) => Ok(order),
                Outcome::Wrong(faults) => Err(words(faults)),
                other => panic!("{other:?}"),
            },
        }
    }

    fn row(changes: &[(Field, &str)]) -> FlaskRow {
        FlaskRow::new(Field::ALL.map(|field| {
            let found = changes.iter().rev().chain(&RIGHT).find(|(one, _)| *one == field);
            found.map(|(_, text)| text.as_bytes().to_vec())
        }))
    }

    fn order(changes: &[(Field, &str)]) -> NewOrder {
        *read(&row(changes)).unwrap()
    }

    fn reasons(changes: &[(Field, &str)]) -> Vec<String> {
        read(&row(changes)).unwrap_err()
    }

    proptest! {
        #[test]
        fn no_text_panics_or_shows_a_card(
            texts in prop::array::uniform10(prop_oneof!["\\PC{0,40}", "[0-9 .?:-]{0,24}", "[0-9]{11,19}"]),
        ) {
            let row = FlaskRow::new(texts.map(|text| Some(text.into_bytes())));
            let shown = format!("{:?}", read(&row));
            let card: String = row.text(Field::CardNumber).chars().filter(char::is_ascii_digit).collect();
            prop_assert!(card.len() < 9 || !shown.contains(&card), "{shown}");
        }

        #[test]
        fn no_bytes_panic(bytes in prop::array::uniform10(prop::collection::vec(any::<u8>(), 0..40))) {
            let _ = read(&FlaskRow::new(bytes.map(Some)));
        }

        #[test]
        fn case_and_space_around_a_key_are_mended(space in "[ \t]{0,3}", upper: bool) {
            let typed = |field| {
                let text = row(&[]).text(field).to_string();
                format!("{space}{}{space}", if upper { text.to_uppercase() } else { text })
            };
            let (uuid, user) = (typed(Field::DateUuid), typed(Field::UserId));
            let order = order(&[(Field::DateUuid, &uuid), (Field::UserId, &user)]);
            prop_assert_eq!(order.date_uuid.as_str(), &*row(&[]).text(Field::DateUuid));
            prop_assert_eq!(order.user_id.as_str(), &*row(&[]).text(Field::UserId));
            prop_assert_eq!(order.flags, QualityFlags::NONE);
        }
    }

    #[test]
    fn a_right_row_becomes_an_order_without_a_flag() {
        let order = order(&[]);
        assert_eq!(order.card.reveal(), "4111111111111111");
        assert_eq!(order.dates.ordered().text().as_str(), "2021-03-01 09:30:00");
        assert_eq!((order.quantity.get(), order.flags), (4, QualityFlags::NONE));
    }

    #[test]
    fn what_may_be_missing_may_be_written_in_any_way() {
        for nothing in ["", " ", "NULL", "None", "nan", "NaT"] {
            let order = order(&[(Field::ShippingDate, nothing), (Field::DeliveryDate, nothing)]);
            assert_eq!((order.dates.shipped(), order.dates.delivered()), (None, None), "{nothing}");
            assert_eq!(order.flags, QualityFlags::NONE, "{nothing}");
        }
    }

    #[test]
    fn each_doubt_has_its_flag() {
        for (field, text, flag) in [
            (Field::CardNumber, "4111111111111100", QualityFlags::CARD_CHECK_DIGIT),
            (Field::CardNumber, "41111111111113", QualityFlags::CARD_LENGTH),
            (Field::CardNumber, "?4111111111111111", QualityFlags::CARD_MARK),
            (Field::UserId, "NRQKZWJ9OZ", QualityFlags::USER_ID),
            (Field::OrderDate, "2026-03-03 14:05:01", QualityFlags::ORDER_DATE_FUTURE),
            (Field::OrderDate, "1989-12-31", QualityFlags::ORDER_DATE_OLD),
            (Field::ShippingDate, "2021-02-28 09:00:00", QualityFlags::SHIPPING_DATE),
            (Field::ShippingDate, "NULL", QualityFlags::DELIVERY_DATE),
            (Field::DeliveryDate, "2021-03-01 09:30:00", QualityFlags::DELIVERY_DATE),
            (Field::DeliveryDate, "NRQKZWJ9OZ", QualityFlags::DATE_UNREADABLE),
        ] {
            let flags = order(&[(field, text)]).flags;
            assert!(flags.contains(flag) && flags != QualityFlags::NONE, "{field:?} {text} {flags:?}");
        }
    }

    #[test]
    fn numbers_that_were_stored_as_others_are_read() {
        let order = order(&[(Field::Quantity, "7.0"), (Field::CardNumber, "4111111111111111.00")]);
        assert_eq!((order.quantity.get(), order.flags), (7, QualityFlags::NONE));
        assert_eq!(
            reasons(&[(Field::Quantity, "7.5")]),
            ["Quantity must be a whole number, like 4 or 1,000"]
        );
        assert_eq!(
            reasons(&[(Field::Quantity, "1.000")]),
            ["Quantity must be written without a point: is it 1,000?"]
        );
    }

    #[test]
    fn what_is_no_order_is_left_out_with_every_reason() {
        for (field, text, reason) in [
            (Field::DateUuid, "NRQKZWJ9OZ", "UUID must look like 2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
            (Field::DateUuid, "NULL", "The row has no UUID or no customer ID"),
            (Field::UserId, "", "Enter the customer ID"),
            (Field::UserId, "4111 1111 1111 1111", "This looks like a card number, which may"),
            (Field::CardNumber, "NULL", "Enter the card number"),
            (Field::CardNumber, "NRQKZWJ9OZ", "Card number must have digits only"),
            (Field::CardNumber, "4.11111E+15", "Card number must have digits only"),
            (Field::StoreCode, "NRQKZWJ9OZ", "Store code must look like HI-9B97EE4E"),
            (Field::ProductCode, "NULL", "Enter the product code"),
            (Field::Quantity, "0", "Quantity must be from 1 to 10,000"),
            (Field::OrderDate, "soon", "Order date must look like 2026-03-03, or with a time"),
            (Field::OrderDate, "today", "Order date must look like 2026-03-03, or with a time"),
            (Field::OrderDate, "0000-01-01", "Order date must look like 2026-03-03, or with a time"),
        ] {
            let found = reasons(&[(field, text)]);
            assert!(found.len() == 1 && found[0].starts_with(reason), "{field:?} {text}: {found:?}");
        }
        let nothing = Field::ALL.map(|field| (field, "NULL"));
        let but_the_key: Vec<_> =
            nothing.into_iter().filter(|(field, _)| *field != Field::DateUuid).collect();
        assert_eq!(reasons(&but_the_key).len(), 6);
    }

    #[test]
    fn lines_of_column_names_are_no_orders() {
        assert_eq!(reasons(&[(Field::DateUuid, "date_uuid"), (Field::UserId, "User ID")]), ["header"]);
        assert_eq!(reasons(&Field::ALL.map(|field| (field, FlaskRow::column_of(field)))), ["header"]);
    }
}
