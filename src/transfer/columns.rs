//! The columns of orders in files: what an export writes, and an import reads.
//!
//! Fields of the form have the names that they have there. Times of orders are the business's, without a zone; when an order
//! was cancelled is UTC. Of the card there is the brand and the last four digits, never more.

use crate::order::{Field, LocalTime, Order, QualityFlags, Timestamp};

/// A column of a file of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Number,
    OrderDate,
    Status,
    StoreCode,
    ProductCode,
    Quantity,
    CardBrand,
    CardLastFour,
    ShippingDate,
    DeliveryDate,
    UserId,
    DateUuid,
    CancelledAt,
    Warnings,
    Note,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    Empty,
    Number(i64),
    Text(&'a str),
    /// In the business's time zone.
    Time(LocalTime),
    /// In UTC.
    Moment(Timestamp),
    /// Names of warnings.
    Warnings(QualityFlags),
}

impl Column {
    /// In the order in which they are written.
    pub const ALL: [Self; 15] = [
        Self::Number,
        Self::OrderDate,
        Self::Status,
        Self::StoreCode,
        Self::ProductCode,
        Self::Quantity,
        Self::CardBrand,
        Self::CardLastFour,
        Self::ShippingDate,
        Self::DeliveryDate,
        Self::UserId,
        Self::DateUuid,
        Self::CancelledAt,
        Self::Warnings,
        Self::Note,
    ];

    /// As the first line of a table, or each object, calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::OrderDate => Field::OrderDate.name(),
            Self::Status => "status",
            Self::StoreCode => Field::StoreCode.name(),
            Self::ProductCode => Field::ProductCode.name(),
            Self::Quantity => Field::Quantity.name(),
            Self::CardBrand => "card_brand",
            Self::CardLastFour => "card_last4",
            Self::ShippingDate => Field::ShippingDate.name(),
            Self::DeliveryDate => Field::DeliveryDate.name(),
            Self::UserId => Field::UserId.name(),
            Self::DateUuid => Field::DateUuid.name(),
            Self::CancelledAt => "cancelled_at",
            Self::Warnings => "warnings",
            Self::Note => Field::Note.name(),
        }
    }

    /// What it has of an order, whose status is that of a moment.
    pub fn cell(self, order: &Order, now: LocalTime) -> Cell<'_> {
        match self {
            Self::Number => Cell::Number(order.number.get()),
            Self::OrderDate => Cell::Time(order.dates.ordered()),
            Self::Status => Cell::Text(order.status(now).name()),
            Self::StoreCode => Cell::Text(order.store.as_str()),
            Self::ProductCode => Cell::Text(order.product.as_str()),
            Self::Quantity => Cell::Number(order.quantity.get().into()),
            Self::CardBrand => Cell::Text(order.card.brand.as_str()),
            Self::CardLastFour => Cell::Text(order.card.last_four.as_str()),
            Self::ShippingDate => order.dates.shipped().map_or(Cell::Empty, Cell::Time),
            Self::DeliveryDate => order.dates.delivered().map_or(Cell::Empty, Cell::Time),
            Self::UserId => Cell::Text(order.user_id.shown()),
            Self::DateUuid => Cell::Text(order.date_uuid.as_str()),
            Self::CancelledAt => order.cancelled_at.map_or(Cell::Empty, Cell::Moment),
            Self::Warnings => Cell::Warnings(order.flags),
            Self::Note => order.note.as_ref().map_or(Cell::Empty, |note| Cell::Text(note.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own() {
        let names: HashSet<&str> = Column::ALL.into_iter().map(Column::name).collect();
        assert_eq!(names.len(), Column::ALL.len());
        for field in Field::ALL.into_iter().filter(|field| *field != Field::CardNumber) {
            assert!(names.contains(field.name()), "{field:?} is in no column");
        }
        assert!(!names.contains(Field::CardNumber.name()));
    }
}
