//! What becomes of a row at the desk.

use chrono::Timelike;

use super::check::is_nothing;
use super::read_row::ReadRow;
use super::{Fault, RowCheck, Rules, card};
use crate::order::{
    CardNumber, Changes, Edit, Field, KeptCard, LocalTime, NewOrder, Now, Order, OrderForm, OrderNumber,
    ProductCode, QualityFlags, Quantity, StoreCode, Timestamp, Typed, UserId, ValidationError,
    ValidationErrors,
};

/// What becomes of a row at the desk.
#[derive(Debug)]
pub enum Outcome {
    /// A new order.
    New(Box<NewOrder>),
    /// The order is here, and says the same.
    Here(OrderNumber),
    /// The order is here and says something else: what it would become where "update" was chosen.
    Change(Box<ChangedOrder>),
    /// Nothing can be done with it.
    Wrong(Vec<Fault>),
}

/// An order that is here, and what a row would make of it.
#[derive(Debug)]
pub struct ChangedOrder {
    pub number: OrderNumber,
    /// The version that would be changed.
    pub version: i32,
    pub edit: Edit,
    /// For people to see.
    pub changes: Changes,
}

impl ReadRow {
    /// What becomes of the row beside the orders that have its UUID.
    pub fn against(&self, found: &[Order], check: &RowCheck<'_>) -> Outcome {
        match found.iter().find(|order| self.is_key_of(order)) {
            Some(order) if check.rules == Rules::Recorded => self.beside_recorded(order, check),
            Some(order) => self.compare(order, check),
            None => match self.new_order(check) {
                Ok(order) => Outcome::New(Box::new(order)),
                Err(errors) => Outcome::Wrong(self.faults(&errors, check)),
            },
        }
    }

    /// The faults that the row has whatever the database has. Without a card it may still be an order that is here.
    pub(super) fn own_faults(&self, check: &RowCheck<'_>) -> Vec<Fault> {
        let Err(errors) = self.new_order(check) else { return Vec::new() };
        let mut faults = self.faults(&errors, check);
        if self.card.is_some() || (self.has_uuid && self.text(Field::CardNumber).is_empty()) {
            faults.retain(|fault| fault.field != Some(Field::CardNumber));
        }
        faults
    }

    /// Whether only the card is wrong, in a way that can be kept.
    pub(super) fn is_only_rounded(&self, faults: &[Fault]) -> bool {
        faults.iter().all(|fault| fault.field == Some(Field::CardNumber))
            && !faults.is_empty()
            && card::doubtful(self.text(Field::CardNumber)).is_some()
    }

    fn is_key_of(&self, order: &Order) -> bool {
        let user = self.text(Field::UserId);
        order.date_uuid == self.date_uuid
            && (user == order.user_id.shown()
                || UserId::parse_recorded(user).is_ok_and(|id| id == order.user_id))
    }

    fn new_order(&self, check: &RowCheck<'_>) -> Result<NewOrder, ValidationErrors> {
        match check.rules {
            Rules::Form => self.formed_order(check),
            Rules::Recorded => self.recorded_order(check),
        }
    }

    fn formed_order(&self, check: &RowCheck<'_>) -> Result<NewOrder, ValidationErrors> {
        let mut form = OrderForm::default();
        for field in Field::ALL.into_iter().filter(|field| *field != Field::CardNumber) {
            let text = match (self.text(field), check.mapping.default_of(field)) {
                (text, default) if is_nothing(text) => default.unwrap_or_default(),
                (text, _) => text,
            };
            form.set(field, text.to_owned());
        }
        let flags = self.put_card(&mut form, check);
        let mut order = NewOrder::parse(&form, self.date_uuid, check.now)?;
        order.flags |= flags;
        Ok(order)
    }

    /// Puts the card into a form; what is doubtful about it.
    fn put_card(&self, form: &mut OrderForm, check: &RowCheck<'_>) -> QualityFlags {
        let text = self.text(Field::CardNumber);
        if let Some((card, flags)) = card::doubtful(text).filter(|_| check.mapping.rounded_cards_ok) {
            // It is taken at once.
            form.keep_card(Ok(KeptCard::typed(card, Timestamp::EARLIEST)));
            return flags;
        }
        form.set(Field::CardNumber, card::unmarked(text).to_owned());
        if card::unmarked(text).len() < text.len() { QualityFlags::CARD_MARK } else { QualityFlags::NONE }
    }

    fn compare(&self, order: &Order, check: &RowCheck<'_>) -> Outcome {
        let mut form = OrderForm::of(order);
        for field in Field::ALL {
            if let Some(text) = self.given(field)
                && !says_the_same(order, field, text, check.now)
            {
                match field {
                    Field::CardNumber => _ = self.put_card(&mut form, check),
                    field => form.set(field, text.to_owned()),
                }
            }
        }
        let edit = match Edit::parse(&form, order, check.now) {
            Ok(edit) => edit,
            Err(errors) => return Outcome::Wrong(self.faults(&errors, check)),
        };
        let other = edit.card.as_ref().map(CardNumber::summary);
        let changes = Changes::between(order, &edit.applied(order, other), other.is_some());
        if changes.is_empty() {
            return Outcome::Here(order.number);
        }
        if order.cancelled_at.is_some() {
            let wanted = format!("Order {} is cancelled: reopen it before it is changed", order.number);
            return Outcome::Wrong(vec![Fault::new(None, None, "", wanted)]);
        }
        let (number, version) = (order.number, order.version);
        Outcome::Change(Box::new(ChangedOrder { number, version, edit, changes }))
    }

    pub(super) fn faults(&self, errors: &ValidationErrors, check: &RowCheck<'_>) -> Vec<Fault> {
        let fault = |error: &ValidationError| match error.field() {
            Field::CardNumber if self.card.is_some() => {
                let column = check.mapping.column_of(Field::CardNumber);
                let wanted = "Enter the card number: the file that this one refers to is not kept any more";
                Fault::new(Some(Field::CardNumber), column, self.text(Field::CardNumber), wanted.to_owned())
            }
            field => {
                let found = self.original(field);
                check.recorded_date_fault(error, found).unwrap_or_else(|| check.fault(error, found))
            }
        };
        errors.all().iter().map(fault).collect()
    }
}

/// Whether a text says what an order has in a field: not necessarily in the same words, and not more than a file can say.
fn says_the_same(order: &Order, field: Field, text: &str, now: Now) -> bool {
    let date = |date: Option<LocalTime>| match (date, text) {
        (None, text) => text.is_empty(),
        (Some(date), text) => LocalTime::parse_recorded(text) == Some(date) || is_at(text, date, now),
    };
    match field {
        Field::OrderDate => date(Some(order.dates.ordered())),
        Field::ShippingDate => date(order.dates.shipped()),
        Field::DeliveryDate => date(order.dates.delivered()),
        Field::StoreCode => StoreCode::parse(text).is_ok_and(|store| store == order.store),
        Field::ProductCode => ProductCode::parse(text).is_ok_and(|product| product == order.product),
        Field::Quantity => Quantity::parse(text).is_ok_and(|quantity| quantity == order.quantity),
        Field::Note => text == order.note.as_ref().map_or("", |note| note.as_str()),
        // An export has no cards: nothing is no other card, and what looks the same is the same.
        Field::CardNumber => {
            text.is_empty()
                || CardNumber::parse_recorded(text).is_ok_and(|(card, _)| card.summary() == order.card)
        }
        // By them the order was found.
        Field::UserId | Field::DateUuid => true,
    }
}

/// Whether a text is a moment, or the day of it.
fn is_at(text: &str, date: LocalTime, now: Now) -> bool {
    Typed::parse(text, now).is_ok_and(|typed| match typed.time {
        None => typed.day == date.day(),
        // Spreadsheets leave seconds out.
        Some(time) => {
            let at = typed.at_start();
            at == date || (time.second() == 0 && at.minutes() == date.minutes())
        }
    })
}
