//! An order as somebody typed it, and the new order that it becomes if it keeps the rules.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::mend::{mended, mended_char};
use super::{
    CardNumber, DateUuid, Dates, Field, JobId, KeptCard, KeptCardError, Note, NoteError, Now, OrderNumber,
    ProductCode, QualityFlags, Quantity, StoreCode, Timestamp, UserId, ValidationError, ValidationErrors,
    holds_card_number,
};

/// The fields of an order as they were typed, right or wrong.
#[derive(Clone, Default)]
pub struct OrderForm {
    values: [String; Field::ALL.len() - 1],
    card_number: Zeroizing<String>,
    /// Whether all digits that were typed are said to be the card's own.
    card_digits_confirmed: bool,
    /// What came of a card number that the form has kept.
    kept_card: Option<Result<KeptCard, KeptCardError>>,
    /// Whether the note is said to hold no card number.
    note_confirmed: bool,
}

impl OrderForm {
    /// Puts what was typed into a field.
    pub fn set(&mut self, field: Field, text: String) {
        match Self::slot(field) {
            Some(slot) => {
                if let Some(value) = self.values.get_mut(slot) {
                    *value = text;
                }
            }
            None => self.card_number = Zeroizing::new(text),
        }
    }

    /// Notes that the card number has as many digits as were typed.
    pub fn confirm_card_digits(&mut self) {
        self.card_digits_confirmed = true;
    }

    /// How many digits the card number was said to have; none where nobody said anything.
    pub fn confirmed_card_digits(&self) -> Option<usize> {
        let digits = self.card_number.chars().filter_map(mended_char).filter(char::is_ascii_digit).count();
        self.card_digits_confirmed.then_some(digits)
    }

    /// Puts in what came of a card number that the form has kept. One that is typed comes before it.
    pub fn keep_card(&mut self, kept: Result<KeptCard, KeptCardError>) {
        self.kept_card = Some(kept);
    }

    /// Takes the card that another form has kept, if it has one.
    pub(super) fn take_kept_card(&mut self, other: &Self) {
        if let Some(kept) = &other.kept_card {
            self.kept_card = Some(kept.clone());
        }
    }

    /// Its card, if that is right: to be kept, while other fields are put right.
    pub fn right_card(&self, now: Timestamp) -> Option<KeptCard> {
        match &self.kept_card {
            Some(kept) if !self.has_typed_card() => kept.clone().ok(),
            _ => self.parse_card().ok().map(|card| KeptCard::typed(card, now)),
        }
    }

    /// Whether it has a card number, typed or kept.
    pub(super) fn has_card(&self) -> bool {
        self.has_typed_card() || self.kept_card.is_some()
    }

    fn has_typed_card(&self) -> bool {
        // Without a copy of the number.
        self.card_number.chars().any(|c| mended_char(c).is_some_and(|c| c != ' '))
    }

    /// Notes that the long number in the note is no card's.
    pub fn confirm_note(&mut self) {
        self.note_confirmed = true;
    }

    /// Whether somebody said that the note holds no card number, and there may be one.
    pub fn is_note_confirmed(&self) -> bool {
        self.note_confirmed && holds_card_number(self.text(Field::Note))
    }

    pub(super) fn parse_note(&self) -> Result<Option<Note>, ValidationError> {
        Note::parse(self.text(Field::Note), self.note_confirmed).map_err(|error| match error {
            NoteError::CardNumber => ValidationError::CardElsewhere(Field::Note),
            error => ValidationError::Note(error),
        })
    }

    pub(super) fn parse_card(&self) -> Result<CardNumber, ValidationError> {
        match &self.kept_card {
            Some(kept) if !self.has_typed_card() => kept.clone().map(|kept| kept.card).map_err(Into::into),
            _ => CardNumber::parse(&self.card_number, self.card_digits_confirmed),
        }
    }

    /// What was typed into a field, for showing it again.
    ///
    /// Empty for the card number, and for whatever else could be one (PCI DSS 4.0, requirement 3.4.1).
    pub fn shown(&self, field: Field) -> &str {
        let value = self.text(field);
        let is_hidden = match field {
            Field::CardNumber => true,
            Field::Note => Note::hides_a_card(value),
            _ => Self::hides_a_card(value),
        };
        if is_hidden { "" } else { value }
    }

    pub(super) fn text(&self, field: Field) -> &str {
        match Self::slot(field) {
            Some(slot) => self.values.get(slot).map_or("", String::as_str),
            None => &self.card_number,
        }
    }

    /// Where the field is kept; the card number has a place of its own, which is wiped.
    fn slot(field: Field) -> Option<usize> {
        Field::ALL.iter().filter(|f| **f != Field::CardNumber).position(|f| *f == field)
    }

    fn hides_a_card(value: &str) -> bool {
        UserId::parse(value).is_err() && holds_card_number(value)
    }

    /// The error of a card number in a field that is not its own; a note has rules of its own.
    pub(super) fn stray_cards(&self) -> impl Iterator<Item = ValidationError> {
        Field::ALL
            .into_iter()
            .filter(|&field| !matches!(field, Field::CardNumber | Field::Note))
            .filter(|&field| Self::hides_a_card(self.text(field)))
            .map(ValidationError::CardElsewhere)
    }
}

impl fmt::Debug for OrderForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("OrderForm");
        for field in Field::ALL.into_iter().filter(|&field| field != Field::CardNumber) {
            fields.field(field.name(), &self.shown(field));
        }
        fields.finish_non_exhaustive()
    }
}

/// An order that keeps every rule, before the database has given it a number.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// First part of its key.
    pub date_uuid: DateUuid,
    /// Second part of its key: the customer.
    pub user_id: UserId,
    /// The whole card number, on its way to be sealed.
    pub card: CardNumber,
    pub store: StoreCode,
    pub product: ProductCode,
    pub quantity: Quantity,
    /// When it was ordered, shipped and delivered.
    pub dates: Dates,
    pub note: Option<Note>,
    pub flags: QualityFlags,
}

impl NewOrder {
    /// Validates a form.
    ///
    /// `made` is the order's UUID where none was typed. All errors come back together, at most one a field.
    pub fn parse(order_form: &OrderForm, made: DateUuid, now: Now) -> Result<Self, ValidationErrors> {
        let mut errors: Vec<ValidationError> = order_form.stray_cards().collect();
        let mut check = Check { order_form, errors: &mut errors };

        let date_uuid = check.field(Field::DateUuid, |text| {
            if mended(text).is_empty() { Ok(made) } else { DateUuid::parse(text) }
        });
        let user_id = check.field(Field::UserId, UserId::parse);
        let card = check.field(Field::CardNumber, |_| order_form.parse_card());
        let store = check.field(Field::StoreCode, StoreCode::parse);
        let product = check.field(Field::ProductCode, ProductCode::parse);
        let quantity = check.field(Field::Quantity, Quantity::parse);
        let note = check.field(Field::Note, |_| order_form.parse_note());
        let text = |field| order_form.text(field);
        let dates =
            Dates::parse(text(Field::OrderDate), text(Field::ShippingDate), text(Field::DeliveryDate), now)
                .map_err(|of_dates| errors.extend(of_dates))
                .ok();

        match (date_uuid, user_id, card, store, product, quantity, dates, note) {
            (
                Some(date_uuid),
                Some(user_id),
                Some(card),
                Some(store),
                Some(product),
                Some(quantity),
                Some(dates),
                Some(note),
            ) if errors.is_empty() => {
                let flags = card.warnings();
                Ok(Self { date_uuid, user_id, card, store, product, quantity, dates, note, flags })
            }
            // A value that is missing has left its error behind, so there is at least one.
            _ => Err(ValidationErrors::collect(&errors)
                .unwrap_or_else(|| ValidationErrors::one(ValidationError::CardAgain))),
        }
    }
}

/// A form that was sent, together with what it said: sent again as it was it is the same, with anything put
/// right it is another. The card number is no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission(String);

impl Submission {
    /// The sending of a form with these fields.
    pub fn new(form: Uuid, order_form: &OrderForm) -> Self {
        Self(format!("{form}/{}", digest_of(&order_form.values)))
    }

    /// An action on orders, however often it is asked for.
    pub fn of_action(action: &str, orders: impl IntoIterator<Item = String>) -> Self {
        let parts = std::iter::once(action.to_owned()).chain(orders);
        Self(format!("action/{}", digest_of(parts)))
    }

    /// What a job does to an order.
    pub fn of_job(job: JobId, order: OrderNumber) -> Self {
        Self(format!("job-{job}/{order}"))
    }

    /// The same sending, together with a card number that was typed: known by its hash, whose key is secret.
    #[must_use]
    pub fn with_card(&self, hash: &[u8]) -> Self {
        let form = self.0.split('/').next().unwrap_or_default();
        Self(format!("{form}/{}", digest_of([self.0.as_bytes(), hash])))
    }

    /// The text that is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Half of a SHA-256 in hexadecimal digits.
fn digest_of<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        // Lengths keep the end of one part from being the start of the next.
        digest.update(part.as_ref().len().to_le_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let [high, low] = [&digest[..8], &digest[8..16]]
        .map(|half| half.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)));
    format!("{high:016x}{low:016x}")
}

/// Reads the fields of a form and collects the errors.
pub(super) struct Check<'a> {
    pub(super) order_form: &'a OrderForm,
    pub(super) errors: &'a mut Vec<ValidationError>,
}

impl Check<'_> {
    pub(super) fn field<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, ValidationError>,
    ) -> Option<T> {
        parse(self.order_form.text(field)).map_err(|error| self.errors.push(error)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Timestamp;

    const CARD: &str = "4111 1111 1111 1111";

    fn now() -> Now {
        Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap())
    }

    fn made() -> DateUuid {
        DateUuid::parse("11111111-1111-4111-8111-111111111111").unwrap()
    }

    fn order_form(changes: &[(Field, &str)]) -> OrderForm {
        let mut order_form = OrderForm::default();
        let right = [
            (Field::UserId, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
            (Field::CardNumber, CARD),
            (Field::StoreCode, "HI-9B97EE4E"),
            (Field::ProductCode, "R7-3126933h"),
            (Field::Quantity, "4"),
            (Field::OrderDate, "2026-03-01"),
        ];
        for (field, text) in right.iter().chain(changes) {
            order_form.set(*field, (*text).to_owned());
        }
        order_form
    }

    #[test]
    fn a_right_draft_becomes_an_order_with_the_uuid_made_for_it() {
        let order = NewOrder::parse(&order_form(&[]), made(), now()).unwrap();
        assert_eq!(order.date_uuid, made());
        assert_eq!(order.card.summary().to_string(), "Visa •••• 1111");
        assert_eq!(order.quantity.get(), 4);
    }

    #[test]
    fn a_typed_uuid_wins_over_the_made_one() {
        let typed = "22222222-2222-4222-8222-222222222222";
        let order = NewOrder::parse(&order_form(&[(Field::DateUuid, typed)]), made(), now()).unwrap();
        assert_eq!(order.date_uuid.as_str(), typed);
    }

    #[test]
    fn an_empty_draft_breaks_one_rule_a_required_field() {
        let errors = NewOrder::parse(&OrderForm::default(), made(), now()).unwrap_err();
        assert_eq!(
            errors.all(),
            [
                ValidationError::OrderDateMissing,
                ValidationError::StoreMissing,
                ValidationError::ProductMissing,
                ValidationError::QuantityMissing,
                ValidationError::UserMissing,
                ValidationError::CardMissing,
            ]
        );
    }

    #[test]
    fn a_right_card_is_kept_beside_other_mistakes_and_a_wrong_one_is_not() {
        let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
        let right = order_form(&[(Field::Quantity, "0")]);
        let errors = NewOrder::parse(&right, made(), now()).unwrap_err();
        assert_eq!(errors.all(), [ValidationError::QuantityRange]);
        let kept = right.right_card(at).unwrap();
        assert_eq!(kept.until.text().as_str(), "2026-03-03 14:20:00");
        // Its digits are still to be confirmed.
        for wrong in ["", "4111 1111 1111 1112", "4111 1111 1111 1111 128"] {
            assert_eq!(order_form(&[(Field::CardNumber, wrong)]).right_card(at), None, "{wrong}");
        }
        let mut confirmed = order_form(&[(Field::CardNumber, "4111 1111 1111 1111 128")]);
        confirmed.confirm_card_digits();
        assert_eq!(confirmed.right_card(at).unwrap().card.summary().to_string(), "Visa •••• 1128");
    }

    #[test]
    fn a_kept_card_stands_for_a_typed_one_until_another_is_typed() {
        let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
        let kept = KeptCard::typed(CardNumber::parse("378282246310005", false).unwrap(), at);
        let mut order_form = order_form(&[(Field::CardNumber, " \u{200b}")]);
        order_form.keep_card(Ok(kept.clone()));
        let order = NewOrder::parse(&order_form, made(), now()).unwrap();
        assert_eq!(order.card, kept.card);
        // Kept once more it is not kept for longer.
        let later = at.after(std::time::Duration::from_mins(10));
        assert_eq!(order_form.right_card(later), Some(kept.clone()));
        order_form.set(Field::CardNumber, CARD.to_owned());
        assert_eq!(
            NewOrder::parse(&order_form, made(), now()).unwrap().card.summary().to_string(),
            "Visa •••• 1111"
        );
        assert_eq!(order_form.right_card(later).unwrap().until, later.after(KeptCard::TIME));
        order_form.set(Field::CardNumber, "4111".to_owned());
        assert_eq!(order_form.right_card(later), None);

        order_form.set(Field::CardNumber, String::new());
        for (error, told) in [
            (KeptCardError::Expired, ValidationError::CardKeptTooLong),
            (KeptCardError::NotOfThisForm, ValidationError::CardNotKept),
        ] {
            order_form.keep_card(Err(error));
            assert_eq!(NewOrder::parse(&order_form, made(), now()).unwrap_err().all(), [told]);
            assert_eq!(order_form.right_card(at), None);
        }
    }

    #[test]
    fn a_submission_is_its_form_and_its_fields_but_not_the_card() {
        let form = Uuid::from_u128(7);
        let of = |changes: &[(Field, &str)]| Submission::new(form, &order_form(changes));
        assert_eq!(of(&[]), of(&[(Field::CardNumber, "5555555555554444")]));
        assert_ne!(of(&[]), of(&[(Field::Quantity, "5")]));
        assert_ne!(of(&[]), Submission::new(Uuid::from_u128(8), &order_form(&[])));
        let shifted = [(Field::StoreCode, "HI-9B97EE4ER"), (Field::ProductCode, "7-3126933h")];
        assert_ne!(of(&[]), of(&shifted));
    }

    #[test]
    fn no_card_number_is_shown_again_wherever_it_was_typed() {
        for field in Field::ALL {
            let order_form = order_form(&[(field, CARD)]);
            assert_eq!(order_form.shown(field), "", "{field:?}");
            assert!(!format!("{order_form:?}").contains("1111 1111"), "{field:?}");
            if field != Field::CardNumber {
                let errors = NewOrder::parse(&order_form, made(), now()).unwrap_err();
                assert!(errors.all().contains(&ValidationError::CardElsewhere(field)), "{field:?}");
            }
        }
    }
}
