//! Orders of the Flask application: a row as it stands there becomes an order, or the reasons why it is none.

use std::fmt;

use zeroize::Zeroizing;

use crate::db::FlaskRow;
use crate::order::{
    CardNumber, DateUuid, Dates, Field, LocalTime, NewOrder, ProductCode, QualityFlags, Quantity, StoreCode,
    UserId, ValidationError,
};

/// Why a row is not adopted. No sentence has anything of what stands in the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The names of the columns, as files of several parts repeat them.
    Header,
    /// It has no key of text, so that it cannot be told from others.
    NoKey,
    /// A field that every order needs is empty.
    Missing(Field),
    /// A field of the key has no form that could be kept.
    Unreadable(Field),
    /// A date in none of the forms that a file may have.
    UnreadableDate(Field),
    /// It would be kept and shown in clear.
    CardElsewhere(Field),
    /// A rule that every order keeps.
    Invalid(ValidationError),
    Taken,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("The row repeats the columns' names."),
            Self::NoKey => f.write_str("The row has no UUID or no customer ID."),
            Self::Missing(field) => write!(f, "{} is missing.", field.label()),
            Self::Unreadable(field) => write!(f, "{} cannot be read.", field.label()),
            Self::UnreadableDate(field) => write!(
                f,
                "{} must look like 2026-03-03, or with a time, like 2026-03-03 14:05:00 or 2026-03-03T14:05:00.000000.",
                field.label()
            ),
            Self::CardElsewhere(field) => write!(f, "{} looks like a card number.", field.label()),
            Self::Invalid(error) => write!(f, "{error}."),
            Self::Taken => f.write_str("Another order has the same UUID and customer ID."),
        }
    }
}

impl From<ValidationError> for Reason {
    fn from(error: ValidationError) -> Self {
        match error {
            // Their sentences ask for what a form can have.
            ValidationError::DateUuidFormat | ValidationError::UserFormat => Self::Unreadable(error.field()),
            ValidationError::CardElsewhere(field) => Self::CardElsewhere(field),
            error => Self::Invalid(error),
        }
    }
}

/// Reads a row; what breaks a rule of new orders but can be kept becomes a flag.
///
/// `now` is the business's local time.
pub fn read(row: &FlaskRow, now: LocalTime) -> Result<NewOrder, Vec<Reason>> {
    let mut reader = Reader { row, reasons: Vec::new(), flags: QualityFlags::NONE };
    if reader.is_header() {
        return Err(vec![Reason::Header]);
    }
    let date_uuid = reader.required(Field::DateUuid, DateUuid::parse);
    let user_id = reader.required(Field::UserId, customer);
    let card = reader.required(Field::CardNumber, |text| CardNumber::parse_recorded(whole(text)));
    let store = reader.required(Field::StoreCode, StoreCode::parse);
    let product = reader.required(Field::ProductCode, ProductCode::parse);
    let quantity = reader.required(Field::Quantity, |text| Quantity::parse(whole(text)));
    let ordered = reader.ordered();
    let (shipped, delivered) = (reader.date(Field::ShippingDate), reader.date(Field::DeliveryDate));
    let Reader { reasons, flags, .. } = reader;
    match (date_uuid, user_id, card, store, product, quantity, ordered) {
        (
            Some(date_uuid),
            Some((user_id, odd)),
            Some((card, warnings)),
            Some(store),
            Some(product),
            Some(quantity),
            Some(ordered),
        ) => {
            let dates = Dates::recorded(ordered, shipped, delivered);
            let flags = flags | odd | warnings | dates.warnings(now);
            Ok(NewOrder { date_uuid, user_id, card, store, product, quantity, dates, note: None, flags })
        }
        _ => Err(reasons),
    }
}

struct Reader<'a> {
    row: &'a FlaskRow,
    reasons: Vec<Reason>,
    flags: QualityFlags,
}

impl Reader<'_> {
    fn is_header(&self) -> bool {
        let is = |field, names: &[&str]| {
            let text = self.row.text(field);
            names.iter().any(|name| text.trim().eq_ignore_ascii_case(name))
        };
        is(Field::DateUuid, &["date_uuid"]) || is(Field::UserId, &["User ID", "user_id"])
    }

    /// What stands in a field; none for what stands for nothing.
    fn text(&self, field: Field) -> Option<Zeroizing<String>> {
        let text = self.row.text(field);
        let is_nothing = ["", "NULL", "None", "NaN", "NaT"]
            .iter()
            .any(|nothing| text.trim().eq_ignore_ascii_case(nothing));
        (!is_nothing).then_some(text)
    }

    fn required<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, ValidationError>,
    ) -> Option<T> {
        let read = match self.text(field) {
            Some(text) => parse(&text).map_err(Reason::from),
            None => Err(Reason::Missing(field)),
        };
        read.map_err(|reason| self.reasons.push(reason)).ok()
    }

    fn ordered(&mut self) -> Option<LocalTime> {
        let date = match self.text(Field::OrderDate) {
            Some(text) => LocalTime::parse_recorded(&text).ok_or(Reason::UnreadableDate(Field::OrderDate)),
            None => Err(Reason::Missing(Field::OrderDate)),
        };
        date.map_err(|reason| self.reasons.push(reason)).ok()
    }

    /// A date that an order may lack.
    fn date(&mut self, field: Field) -> Option<LocalTime> {
        let date = LocalTime::parse_recorded(&self.text(field)?);
        if date.is_none() {
            self.flags |= QualityFlags::DATE_UNREADABLE;
        }
        date
    }
}

/// A customer, with a flag for one that is no UUID.
fn customer(text: &str) -> Result<(UserId, QualityFlags), ValidationError> {
    let id = UserId::parse_recorded(text)?;
    match UserId::parse(text) {
        Ok(_) => Ok((id, QualityFlags::NONE)),
        Err(_) => Ok((id, QualityFlags::USER_ID)),
    }
}

/// A number without the fraction of zero that a column of other numbers gives it: `4.0`, `4.00`.
fn whole(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix(".0").or_else(|| text.strip_suffix(".00")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    fn now() -> LocalTime {
        LocalTime::parse("2026-03-03 14:05:00").unwrap()
    }

    fn row(changes: &[(Field, &str)]) -> FlaskRow {
        FlaskRow::new(Field::ALL.map(|field| {
            let found = changes.iter().rev().chain(&RIGHT).find(|(one, _)| *one == field);
            found.map(|(_, text)| text.as_bytes().to_vec())
        }))
    }

    fn order(changes: &[(Field, &str)]) -> NewOrder {
        read(&row(changes), now()).unwrap()
    }

    fn reasons(changes: &[(Field, &str)]) -> Vec<Reason> {
        read(&row(changes), now()).unwrap_err()
    }

    proptest! {
        #[test]
        fn no_text_panics_or_shows_a_card(
            texts in prop::array::uniform10(prop_oneof!["\\PC{0,40}", "[0-9 .?:-]{0,24}", "[0-9]{11,19}"]),
        ) {
            let row = FlaskRow::new(texts.map(|text| Some(text.into_bytes())));
            let shown = match read(&row, now()) {
                Ok(order) => format!("{order:?}"),
                Err(reasons) => format!("{reasons:?} {}", reasons.iter().map(Reason::to_string).collect::<String>()),
            };
            let card: String = row.text(Field::CardNumber).chars().filter(char::is_ascii_digit).collect();
            prop_assert!(card.len() < 9 || !shown.contains(&card), "{shown}");
        }

        #[test]
        fn no_bytes_panic(bytes in prop::array::uniform10(prop::collection::vec(any::<u8>(), 0..40))) {
            let _ = read(&FlaskRow::new(bytes.map(Some)), now());
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
            [Reason::Invalid(ValidationError::QuantityNotWhole)]
        );
        assert_eq!(
            reasons(&[(Field::Quantity, "1.000")]),
            [Reason::Invalid(ValidationError::QuantityPoint(1000))]
        );
    }

    #[test]
    fn what_is_no_order_is_left_out_with_every_reason() {
        for (field, text, reason) in [
            (Field::DateUuid, "NRQKZWJ9OZ", Reason::Unreadable(Field::DateUuid)),
            (Field::DateUuid, "NULL", Reason::Missing(Field::DateUuid)),
            (Field::UserId, "", Reason::Missing(Field::UserId)),
            (Field::UserId, "4111 1111 1111 1111", Reason::CardElsewhere(Field::UserId)),
            (Field::CardNumber, "NULL", Reason::Missing(Field::CardNumber)),
            (Field::CardNumber, "NRQKZWJ9OZ", Reason::Invalid(ValidationError::CardDigits)),
            (Field::CardNumber, "4.11111E+15", Reason::Invalid(ValidationError::CardDigits)),
            (Field::StoreCode, "NRQKZWJ9OZ", Reason::Invalid(ValidationError::StoreFormat)),
            (Field::ProductCode, "NULL", Reason::Missing(Field::ProductCode)),
            (Field::Quantity, "0", Reason::Invalid(ValidationError::QuantityRange)),
            (Field::OrderDate, "soon", Reason::UnreadableDate(Field::OrderDate)),
            (Field::OrderDate, "today", Reason::UnreadableDate(Field::OrderDate)),
            (Field::OrderDate, "0000-01-01", Reason::UnreadableDate(Field::OrderDate)),
        ] {
            assert_eq!(reasons(&[(field, text)]), [reason], "{field:?} {text}");
        }
        assert_eq!(reasons(&Field::ALL.map(|field| (field, "NULL"))).len(), 7);
    }

    #[test]
    fn lines_of_column_names_are_no_orders() {
        assert_eq!(reasons(&[(Field::DateUuid, "date_uuid")]), [Reason::Header]);
        assert_eq!(reasons(&[(Field::UserId, "User ID")]), [Reason::Header]);
    }
}
