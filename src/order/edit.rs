//! An order as somebody corrected it on a form.
//!
//! Every rule of new orders holds, in the same words, but for a field that was left as it stood: an order from a file
//! may have values that break a rule, and they stay until somebody types others. Where the rule ties two dates, the
//! later one is asked: one that had a warning and is left alone is not checked, whatever becomes of the earlier.

use super::form::Check;
use super::mend::mended;
use super::{
    CardNumber, CardSummary, DateUuid, Dates, Field, LocalTime, Note, Now, Order, OrderForm, ProductCode,
    QualityFlags, Quantity, StoreCode, UserId, ValidationError, ValidationErrors,
};

/// What an order shall say from now on. Its UUID stays.
#[derive(Debug, Clone)]
pub struct Edit {
    pub user_id: UserId,
    /// The card number that was typed; none keeps the card that the order has.
    pub card: Option<CardNumber>,
    pub store: StoreCode,
    pub product: ProductCode,
    pub quantity: Quantity,
    /// When it was ordered, shipped and delivered.
    pub dates: Dates,
    pub note: Option<Note>,
}

impl Edit {
    /// Checks what was made of the form of an order; `order` is what the form began with.
    ///
    /// All errors come back together, at most one a field.
    pub fn parse(order_form: &OrderForm, order: &Order, now: Now) -> Result<Self, ValidationErrors> {
        let begun = OrderForm::of(order);
        let mut errors: Vec<ValidationError> =
            order_form.stray_cards().filter(|error| order_form.differs_from(&begun, error.field())).collect();
        let mut touched = Touched { begun: &begun, check: Check { order_form, errors: &mut errors } };

        touched.read(Field::DateUuid, order.date_uuid, |text| same_uuid(text, order.date_uuid));
        let user_id = touched.read(Field::UserId, order.user_id, UserId::parse);
        let card = touched.read(Field::CardNumber, None, |_| order_form.parse_card().map(Some));
        let store = touched.read(Field::StoreCode, order.store, StoreCode::parse);
        let product = touched.read(Field::ProductCode, order.product, ProductCode::parse);
        let quantity = touched.read(Field::Quantity, order.quantity, Quantity::parse);
        let note = touched.read(Field::Note, order.note.clone(), |_| order_form.parse_note());
        let typed = |field| order_form.differs_from(&begun, field).then(|| order_form.text(field));
        let dates = order
            .dates
            .edit(typed(Field::OrderDate), typed(Field::ShippingDate), typed(Field::DeliveryDate), now)
            .map_err(|of_dates| errors.extend(of_dates))
            .ok();

        match (user_id, card, store, product, quantity, dates, note) {
            (
                Some(user_id),
                Some(card),
                Some(store),
                Some(product),
                Some(quantity),
                Some(dates),
                Some(note),
            ) if errors.is_empty() => Ok(Self { user_id, card, store, product, quantity, dates, note }),
            // A value that is missing has left its error behind, so there is at least one.
            _ => Err(ValidationErrors::collect(&errors)
                .unwrap_or_else(|| ValidationErrors::one(ValidationError::CardAgain))),
        }
    }

    /// The order as it is, with goods that leave at a moment.
    pub fn ship(order: &Order, at: LocalTime) -> Result<Self, ValidationErrors> {
        order.dates.ship(at).map(|dates| Self::with_dates(order, dates)).map_err(ValidationErrors::one)
    }

    /// The order as it is, with goods that arrive at a moment.
    pub fn deliver(order: &Order, at: LocalTime) -> Result<Self, ValidationErrors> {
        order.dates.deliver(at).map(|dates| Self::with_dates(order, dates)).map_err(ValidationErrors::one)
    }

    /// The order as it is, with a date as it was typed into one of its fields.
    pub fn dated(order: &Order, field: Field, text: &str, now: Now) -> Result<Self, ValidationErrors> {
        let mut order_form = OrderForm::of(order);
        order_form.set(field, text.to_owned());
        Self::parse(&order_form, order, now)
    }

    /// The order as it is.
    pub(super) fn as_it_is(order: &Order) -> Self {
        Self::with_dates(order, order.dates)
    }

    fn with_dates(order: &Order, dates: Dates) -> Self {
        Self {
            user_id: order.user_id,
            card: None,
            store: order.store,
            product: order.product,
            quantity: order.quantity,
            dates,
            note: order.note.clone(),
        }
    }

    /// What it makes of an order, with another card if there is one. Warnings about what is replaced are gone.
    pub fn applied(&self, order: &Order, card: Option<CardSummary>) -> Order {
        let (flags, unseen) = self.warnings_after(order, card.is_some());
        Order {
            user_id: self.user_id,
            card: card.unwrap_or(order.card),
            store: self.store,
            product: self.product,
            quantity: self.quantity,
            dates: self.dates,
            note: self.note.clone(),
            flags,
            unseen,
            ..order.clone()
        }
    }

    /// All warnings, and those that nobody has seen: such as are about what is new.
    fn warnings_after(&self, order: &Order, is_other_card: bool) -> (QualityFlags, QualityFlags) {
        let mut settled = QualityFlags::NONE;
        let mut new = QualityFlags::NONE;
        if is_other_card {
            settled |= QualityFlags::OF_CARD;
            new |= self.card.as_ref().map_or(QualityFlags::NONE, CardNumber::warnings);
        }
        if self.user_id != order.user_id {
            settled |= QualityFlags::USER_ID | QualityFlags::USER_ID_MASKED;
        }
        if self.dates.ordered() != order.dates.ordered() {
            settled |= QualityFlags::ORDER_DATE_FUTURE | QualityFlags::ORDER_DATE_OLD;
        }
        if self.dates != order.dates {
            settled |= QualityFlags::SHIPPING_DATE | QualityFlags::DELIVERY_DATE;
            new |= self.dates.warnings_of_order();
        }
        let followed = |dates: &Dates| (dates.shipped(), dates.delivered());
        if followed(&self.dates) != followed(&order.dates) {
            settled |= QualityFlags::DATE_UNREADABLE;
        }
        (order.flags.without(settled) | new, order.unseen.without(settled) | new)
    }
}

/// The UUID of the order itself is no change of it, however it is written.
fn same_uuid(text: &str, own: DateUuid) -> Result<DateUuid, ValidationError> {
    let is_own = mended(text).is_empty() || DateUuid::parse(text)? == own;
    if is_own { Ok(own) } else { Err(ValidationError::DateUuidFixed) }
}

/// Reads fields that were touched, and takes the others as they are.
struct Touched<'a> {
    begun: &'a OrderForm,
    check: Check<'a>,
}

impl Touched<'_> {
    fn read<T>(
        &mut self,
        field: Field,
        kept: T,
        parse: impl FnOnce(&str) -> Result<T, ValidationError>,
    ) -> Option<T> {
        if self.check.order_form.differs_from(self.begun, field) {
            self.check.field(field, parse)
        } else {
            Some(kept)
        }
    }
}

impl OrderForm {
    /// The fields of an order as the form to change it begins with; the card number is not among them.
    pub fn of(order: &Order) -> Self {
        let mut order_form = Self::default();
        let time = |time: LocalTime| {
            let text = time.text();
            text.strip_suffix(":00").unwrap_or(&text).to_owned()
        };
        let date = |date: Option<LocalTime>| date.map(time).unwrap_or_default();
        for (field, text) in [
            (Field::OrderDate, time(order.dates.ordered())),
            (Field::ShippingDate, date(order.dates.shipped())),
            (Field::DeliveryDate, date(order.dates.delivered())),
            (Field::StoreCode, order.store.to_string()),
            (Field::ProductCode, order.product.to_string()),
            (Field::Quantity, order.quantity.get().to_string()),
            (Field::UserId, order.user_id.shown().to_owned()),
            (Field::Note, order.note.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default()),
            (Field::DateUuid, order.date_uuid.as_str().to_owned()),
        ] {
            order_form.set(field, text);
        }
        order_form
    }

    /// Whether somebody typed something else into a field than another form has there.
    pub fn differs_from(&self, other: &Self, field: Field) -> bool {
        if field == Field::CardNumber {
            return self.has_card() || other.has_card();
        }
        mended(self.text(field)) != mended(other.text(field))
    }

    /// Takes a field from another form, and a card that it has kept.
    pub fn take(&mut self, field: Field, other: &Self) {
        self.set(field, other.text(field).to_owned());
        if field == Field::CardNumber {
            self.take_kept_card(other);
        }
        if field == Field::Note && other.is_note_confirmed() {
            self.confirm_note();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::change::tests::{any_order, say_the_same};
    use super::*;
    use crate::order::{DateError, KeptCard, KeptCardError, Timestamp};

    const CARD: &str = "5555 5555 5555 4444";

    fn now() -> Now {
        Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap())
    }

    fn edited(order: &Order, changes: &[(Field, &str)]) -> Result<Edit, Vec<ValidationError>> {
        let mut order_form = OrderForm::of(order);
        for (field, text) in changes {
            order_form.set(*field, (*text).to_owned());
        }
        Edit::parse(&order_form, order, now()).map_err(|errors| errors.all().to_vec())
    }

    fn dated(ordered: &str, shipped: &str, delivered: &str) -> Order {
        let at = |text: &str| LocalTime::parse(&format!("{text} 12:00:30"));
        let dates = Dates::recorded(at(ordered).unwrap(), at(shipped), at(delivered));
        Order { dates, flags: dates.warnings(now().local), ..Order::sample().0 }
    }

    proptest! {
        #[test]
        fn a_form_that_was_left_alone_changes_nothing_of_any_order(order in any_order()) {
            let edit = edited(&order, &[]).unwrap();
            prop_assert!(edit.card.is_none());
            let after = edit.applied(&order, None);
            prop_assert!(say_the_same(&order, &after));
            prop_assert_eq!(after.flags, order.flags);
        }

        #[test]
        fn one_field_can_be_put_right_however_doubtful_the_others_are(order in any_order(), quantity in 1..=10_000_i32) {
            let after = edited(&order, &[(Field::Quantity, &quantity.to_string())]).unwrap().applied(&order, None);
            prop_assert_eq!(after.quantity.get(), quantity);
            prop_assert_eq!(after.flags, order.flags);
            let as_before = Order { quantity: order.quantity, ..after };
            prop_assert!(say_the_same(&as_before, &order));
        }

        #[test]
        fn what_was_typed_on_a_form_is_what_the_order_says(order in any_order(), typed in any_order()) {
            let typed = Order { dates: order.dates, ..typed };
            let order_form = OrderForm::of(&typed);
            if let Ok(edit) = Edit::parse(&order_form, &order, now()) {
                let expected = Order { card: order.card, ..typed };
                prop_assert!(say_the_same(&edit.applied(&order, None), &expected));
            }
        }
    }

    #[test]
    fn a_field_that_is_touched_keeps_the_rules_of_new_orders() {
        let (order, _) = Order::sample();
        let tomorrow = LocalTime::parse("2026-03-04 00:00:00").unwrap();
        for (field, text, error) in [
            (Field::Quantity, "0", ValidationError::QuantityRange),
            (Field::StoreCode, "", ValidationError::StoreMissing),
            (Field::UserId, "NULL", ValidationError::UserFormat),
            (
                Field::OrderDate,
                "2026-03-04",
                ValidationError::OrderDateFuture { ordered: tomorrow, now: now() },
            ),
            (Field::OrderDate, "2.3.26", ValidationError::Date(Field::OrderDate, DateError::ShortYear)),
            (Field::CardNumber, "4111111111111112", ValidationError::CardCheckDigit),
            (Field::StoreCode, CARD, ValidationError::CardElsewhere(Field::StoreCode)),
            (Field::DateUuid, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2", ValidationError::DateUuidFixed),
            (Field::DateUuid, "none", ValidationError::DateUuidFormat),
        ] {
            assert_eq!(edited(&order, &[(field, text)]).unwrap_err(), [error], "{field:?}");
        }
        assert!(edited(&order, &[(Field::DateUuid, &order.date_uuid.as_str().to_uppercase())]).is_ok());
    }

    #[test]
    fn a_kept_card_is_a_change_like_a_typed_one() {
        let order = Order::sample().0;
        let mut order_form = OrderForm::of(&order);
        let card = CardNumber::parse(CARD, false).unwrap();
        order_form.keep_card(Ok(KeptCard::typed(card.clone(), Order::sample().1)));
        assert_eq!(Edit::parse(&order_form, &order, now()).unwrap().card, Some(card));
        order_form.keep_card(Err(KeptCardError::NotOfThisForm));
        let errors = Edit::parse(&order_form, &order, now()).unwrap_err();
        assert_eq!(errors.all(), [ValidationError::CardNotKept]);
    }

    #[test]
    fn another_card_settles_the_doubts_about_the_old_one() {
        let warnings = QualityFlags::CARD_CHECK_DIGIT | QualityFlags::CARD_LENGTH | QualityFlags::CARD_MARK;
        let order = Order { flags: warnings | QualityFlags::USER_ID, ..Order::sample().0 };
        let edit = edited(&order, &[(Field::CardNumber, CARD)]).unwrap();
        let card = edit.card.as_ref().unwrap().summary();
        let after = edit.applied(&order, Some(card));
        assert_eq!((after.card, after.flags), (card, QualityFlags::USER_ID));
    }

    #[test]
    fn what_is_new_has_been_seen_by_nobody() {
        let flags = QualityFlags::CARD_UNCHECKED | QualityFlags::USER_ID | QualityFlags::CARD_LENGTH;
        let user_id = UserId::parse_recorded("NRQKZWJ9OZ").unwrap();
        let order = Order { user_id, flags, unseen: QualityFlags::USER_ID, ..Order::sample().0 };
        let after = edited(&order, &[(Field::Quantity, "5")]).unwrap().applied(&order, None);
        assert_eq!((after.flags, after.unseen), (flags, QualityFlags::USER_ID));
        let edit = edited(&order, &[(Field::CardNumber, "6212345678901233")]).unwrap();
        let after = edit.applied(&order, Some(edit.card.as_ref().unwrap().summary()));
        let left = QualityFlags::CARD_UNCHECKED | QualityFlags::USER_ID;
        assert_eq!((after.flags, after.unseen), (left, left));
    }

    #[test]
    fn a_customer_that_was_no_uuid_stays_until_it_is_replaced() {
        let user_id = UserId::parse_recorded("NRQKZWJ9OZ").unwrap();
        let order = Order { user_id, flags: QualityFlags::USER_ID, ..Order::sample().0 };
        assert_eq!(edited(&order, &[]).unwrap().user_id, user_id);
        assert_eq!(
            edited(&order, &[(Field::UserId, "NRQKZWJ9O")]).unwrap_err(),
            [ValidationError::UserFormat]
        );
        let right = "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2";
        let after = edited(&order, &[(Field::UserId, right)]).unwrap().applied(&order, None);
        assert_eq!((after.user_id.as_str(), after.flags), (right, QualityFlags::NONE));
    }

    #[test]
    fn doubtful_dates_stay_until_they_are_touched_and_then_keep_the_rules() {
        let order = dated("2031-01-01", "2026-02-01", "");
        assert!(order.flags.contains(QualityFlags::ORDER_DATE_FUTURE | QualityFlags::SHIPPING_DATE));
        let after = edited(&order, &[(Field::OrderDate, "2026-01-01")]).unwrap().applied(&order, None);
        assert_eq!(after.flags, QualityFlags::NONE);

        let order = dated("2026-02-01", "2026-01-01", "2026-02-03");
        let after = edited(&order, &[(Field::OrderDate, "2026-01-20")]).unwrap().applied(&order, None);
        assert_eq!(after.flags, QualityFlags::SHIPPING_DATE, "the shipping date was left alone");
        let early = edited(&order, &[(Field::ShippingDate, "2026-01-02")]).unwrap_err();
        assert_eq!(early, [ValidationError::ShippedBeforeOrdered(order.dates.ordered().day())]);
        let after = edited(&order, &[(Field::ShippingDate, "2026-02-02")]).unwrap().applied(&order, None);
        assert_eq!(after.flags, QualityFlags::NONE);
    }

    #[test]
    fn a_date_that_kept_the_rules_goes_on_keeping_them() {
        let order = dated("2026-02-01", "2026-02-02", "2026-02-03");
        let later = edited(&order, &[(Field::OrderDate, "2026-02-10")]).unwrap_err();
        assert_eq!(later[0].field(), Field::ShippingDate);
        let unshipped = edited(&order, &[(Field::ShippingDate, "")]).unwrap_err();
        assert_eq!(unshipped, [ValidationError::DeliveredUnshipped]);
        let neither = edited(&order, &[(Field::ShippingDate, ""), (Field::DeliveryDate, "")]).unwrap();
        assert_eq!((neither.dates.shipped(), neither.dates.delivered()), (None, None));
    }

    #[test]
    fn goods_leave_at_their_moment_however_late_but_not_before_they_are_ordered() {
        let shipped = |order: &Order| Edit::ship(order, now().local).map(|edit| edit.applied(order, None));
        let after = shipped(&dated("2026-02-01", "", "")).unwrap();
        assert_eq!((after.dates.shipped(), after.flags), (Some(now().local), QualityFlags::NONE));
        let late = shipped(&dated("2023-02-01", "", "")).unwrap();
        assert_eq!((late.dates.shipped(), late.flags), (Some(now().local), QualityFlags::SHIPPING_DATE));
        for (order, field) in [
            (dated("2026-03-04", "", ""), Field::ShippingDate),
            (dated("2026-02-01", "", "2026-03-01"), Field::DeliveryDate),
        ] {
            assert_eq!(shipped(&order).unwrap_err().all()[0].field(), field);
        }
    }

    #[test]
    fn goods_that_arrived_without_leaving_may_stay_so_or_be_put_right() {
        let order = dated("2026-02-01", "", "2026-02-03");
        assert_eq!(order.flags, QualityFlags::DELIVERY_DATE);
        assert!(edited(&order, &[(Field::Quantity, "5")]).is_ok());
        let delivered = edited(&order, &[(Field::DeliveryDate, "2026-02-04")]).unwrap_err();
        assert_eq!(delivered, [ValidationError::DeliveredUnshipped]);
        let after = edited(&order, &[(Field::ShippingDate, "2026-02-02")]).unwrap().applied(&order, None);
        assert_eq!(after.flags, QualityFlags::NONE);
    }
}
