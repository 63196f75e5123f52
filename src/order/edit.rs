//! An order as somebody corrected it on a form.
//!
//! Every rule of new orders holds, in the same words, but for a field that was left as it stood: an order from a file
//! may have values that break a rule, and they stay until somebody types others. Where the rule ties two dates, the
//! later one is asked: one that was doubtful and is left alone is not checked, whatever becomes of the earlier.

use super::draft::Check;
use super::{
    Broken, CardNumber, CardSummary, DateUuid, Dates, Draft, Field, Flags, LocalTime, Order, ProductCode,
    Quantity, Rule, StoreCode, UserId,
};

/// What an order shall say from now on. Its UUID stays.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The customer.
    pub user_id: UserId,
    /// The card number that was typed; none keeps the card that the order has.
    pub card: Option<CardNumber>,
    /// Where it was ordered.
    pub store: StoreCode,
    /// What was ordered.
    pub product: ProductCode,
    /// How many of it.
    pub quantity: Quantity,
    /// When it was ordered, shipped and delivered.
    pub dates: Dates,
}

impl Edit {
    /// Checks what was made of the form of an order; `order` is what the form began with.
    ///
    /// `now` is the business's local time. All broken rules come back together, at most one a field.
    pub fn parse(draft: &Draft, order: &Order, now: LocalTime) -> Result<Self, Broken> {
        let begun = Draft::of(order);
        let mut broken: Vec<Rule> =
            draft.stray_cards().filter(|rule| draft.differs_from(&begun, rule.field())).collect();
        let mut touched = Touched { begun: &begun, check: Check { draft, broken: &mut broken } };

        touched.read(Field::DateUuid, order.date_uuid, |text| same_uuid(text, order.date_uuid));
        let user_id = touched.read(Field::UserId, order.user_id, UserId::parse);
        let card = touched.read(Field::CardNumber, None, |text| CardNumber::parse(text).map(Some));
        let store = touched.read(Field::StoreCode, order.store, StoreCode::parse);
        let product = touched.read(Field::ProductCode, order.product, ProductCode::parse);
        let quantity = touched.read(Field::Quantity, order.quantity, Quantity::parse);
        let typed = |field| draft.differs_from(&begun, field).then(|| draft.text(field));
        let dates = order
            .dates
            .edit(typed(Field::OrderDate), typed(Field::ShippingDate), typed(Field::DeliveryDate), now)
            .map_err(|rules| broken.extend(rules))
            .ok();

        match (user_id, card, store, product, quantity, dates) {
            (Some(user_id), Some(card), Some(store), Some(product), Some(quantity), Some(dates))
                if broken.is_empty() =>
            {
                Ok(Self { user_id, card, store, product, quantity, dates })
            }
            (_, card, ..) => {
                broken.extend(card.flatten().map(|_| Rule::CardAgain));
                // A value that is missing has left its rule behind, so there is at least one.
                Err(Broken::collect(&broken).unwrap_or_else(|| Broken::one(Rule::CardAgain)))
            }
        }
    }

    /// What it makes of an order, with another card if there is one. Doubts about what is replaced are gone.
    pub fn applied(&self, order: &Order, card: Option<CardSummary>) -> Order {
        Order {
            user_id: self.user_id,
            card: card.unwrap_or(order.card),
            store: self.store,
            product: self.product,
            quantity: self.quantity,
            dates: self.dates,
            flags: self.doubts_left(order, card.is_some()),
            ..order.clone()
        }
    }

    fn doubts_left(&self, order: &Order, is_other_card: bool) -> Flags {
        let mut settled = Flags::NONE;
        if is_other_card {
            settled |= Flags::CARD_CHECK_DIGIT | Flags::CARD_LENGTH | Flags::CARD_MARK;
        }
        if self.user_id != order.user_id {
            settled |= Flags::USER_ID;
        }
        if self.dates.ordered() != order.dates.ordered() {
            settled |= Flags::ORDER_DATE_FUTURE | Flags::ORDER_DATE_OLD;
        }
        if self.dates == order.dates {
            return order.flags.without(settled);
        }
        let between = Flags::SHIPPING_DATE | Flags::DELIVERY_DATE;
        let followed = |dates: &Dates| (dates.shipped(), dates.delivered());
        if followed(&self.dates) != followed(&order.dates) {
            settled |= Flags::DATE_UNREADABLE;
        }
        order.flags.without(settled | between) | self.dates.doubts_of_order()
    }
}

/// The UUID of the order itself is no change of it, however it is written.
fn same_uuid(text: &str, own: DateUuid) -> Result<DateUuid, Rule> {
    let is_own = text.trim().is_empty() || DateUuid::parse(text)? == own;
    if is_own { Ok(own) } else { Err(Rule::DateUuidFixed) }
}

/// Reads fields that were touched, and takes the others as they are.
struct Touched<'a> {
    begun: &'a Draft,
    check: Check<'a>,
}

impl Touched<'_> {
    fn read<T>(&mut self, field: Field, kept: T, parse: impl FnOnce(&str) -> Result<T, Rule>) -> Option<T> {
        if self.check.draft.differs_from(self.begun, field) {
            self.check.field(field, parse)
        } else {
            Some(kept)
        }
    }
}

impl Draft {
    /// The fields of an order as the form to change it begins with; the card number is not among them.
    pub fn of(order: &Order) -> Self {
        let mut draft = Self::default();
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
            (Field::UserId, order.user_id.as_str().to_owned()),
            (Field::DateUuid, order.date_uuid.as_str().to_owned()),
        ] {
            draft.set(field, text);
        }
        draft
    }

    /// Whether somebody typed something else into a field than another draft has there.
    pub fn differs_from(&self, other: &Self, field: Field) -> bool {
        self.text(field).trim() != other.text(field).trim()
    }

    /// Takes a field as another draft has it.
    pub fn take(&mut self, field: Field, other: &Self) {
        self.set(field, other.text(field).to_owned());
    }
}
