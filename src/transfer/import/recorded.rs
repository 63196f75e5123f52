//! Rows of what an earlier application has recorded: what breaks a rule of the form but can be kept is kept ([`Rules`]).

use super::check::is_nothing;
use super::{Fault, Outcome, ReadRow, RowCheck, Rules};
use crate::order::{
    CardNumber, DateError, Dates, Field, LocalTime, NewOrder, Order, ProductCode, QualityFlags, Quantity,
    StoreCode, UserId, ValidationError, ValidationErrors,
};

impl ReadRow {
    /// An order as it was recorded: what breaks a rule of the form but can be kept becomes a warning.
    pub(super) fn recorded_order(&self, check: &RowCheck<'_>) -> Result<NewOrder, ValidationErrors> {
        let mut flags = QualityFlags::NONE;
        let mut errors = Vec::new();
        let text = |field| {
            let text = self.text(field);
            if is_nothing(text) { "" } else { text }
        };
        let card = taken(CardNumber::parse_recorded(text(Field::CardNumber)), &mut errors);
        let card = card.map(|(card, doubts)| {
            flags |= doubts;
            card
        });
        let user_id = taken(UserId::parse_recorded(text(Field::UserId)), &mut errors);
        if user_id.is_some() && UserId::parse(text(Field::UserId)).is_err() {
            flags |= QualityFlags::USER_ID;
        }
        let store = taken(StoreCode::parse(text(Field::StoreCode)), &mut errors);
        let product = taken(ProductCode::parse(text(Field::ProductCode)), &mut errors);
        let quantity = taken(Quantity::parse(text(Field::Quantity)), &mut errors);
        let ordered = taken(recorded_date(text(Field::OrderDate)), &mut errors);
        let mut later = |field| {
            let date = Some(text(field)).filter(|text| !text.is_empty());
            let read = date.map(LocalTime::parse_recorded);
            if read == Some(None) {
                flags |= QualityFlags::DATE_UNREADABLE;
            }
            read.flatten()
        };
        let (shipped, delivered) = (later(Field::ShippingDate), later(Field::DeliveryDate));
        match (user_id, card, store, product, quantity, ordered) {
            (Some(user_id), Some(card), Some(store), Some(product), Some(quantity), Some(ordered)) => {
                let dates = Dates::recorded(ordered, shipped, delivered);
                flags |= dates.warnings(check.now.local);
                let date_uuid = self.date_uuid;
                Ok(NewOrder { date_uuid, user_id, card, store, product, quantity, dates, note: None, flags })
            }
            // Never the fallback: what is missing is among the errors.
            _ => Err(ValidationErrors::collect(&errors)
                .unwrap_or_else(|| ValidationErrors::one(ValidationError::OrderDateMissing))),
        }
    }

    /// Beside the order that has its key: whoever changed that at the desk since has made it differ.
    pub(super) fn beside_recorded(&self, order: &Order, check: &RowCheck<'_>) -> Outcome {
        match self.recorded_order(check) {
            Ok(recorded) if order.version > 1 || is_same(order, &recorded) => Outcome::Here(order.number),
            Ok(_) => Outcome::Wrong(vec![Fault::of_taken_key()]),
            Err(errors) => Outcome::Wrong(self.faults(&errors, check)),
        }
    }
}

impl RowCheck<'_> {
    /// Of a date that was recorded in a form that is none of those that are read; a file may have more of them.
    pub(super) fn recorded_date_fault(&self, error: &ValidationError, found: &str) -> Option<Fault> {
        match (self.rules, error) {
            (Rules::Recorded, ValidationError::Date(field, _)) => {
                let wanted = format!(
                    "{} must look like 2026-03-03, or with a time, like 2026-03-03 14:05:00 or \
                     2026-03-03T14:05:00.000000",
                    field.label()
                );
                Some(Fault::new(Some(*field), self.mapping.column_of(*field), found, wanted))
            }
            _ => None,
        }
    }
}

fn taken<T>(read: Result<T, ValidationError>, errors: &mut Vec<ValidationError>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}

fn recorded_date(text: &str) -> Result<LocalTime, ValidationError> {
    if text.is_empty() {
        return Err(ValidationError::OrderDateMissing);
    }
    LocalTime::parse_recorded(text).ok_or(ValidationError::Date(Field::OrderDate, DateError::Unreadable))
}

/// Whether two rows say the same of an order.
pub fn is_twin(first: &NewOrder, second: &NewOrder) -> bool {
    first.store == second.store
        && first.product == second.product
        && first.quantity == second.quantity
        && first.dates == second.dates
        && first.note == second.note
        && first.card == second.card
}

/// Whether an order is what a row says, but for its warnings: a date may have been in the future then.
fn is_same(kept: &Order, order: &NewOrder) -> bool {
    kept.store == order.store
        && kept.product == order.product
        && kept.quantity == order.quantity
        && kept.dates == order.dates
        && kept.note == order.note
        && kept.card == order.card.summary()
}
