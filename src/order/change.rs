//! What a change made of an order, field by field: for its history, and to go back to an earlier version.

use serde::{Deserialize, Serialize};

use super::{
    Brand, CardSummary, Dates, Field, LastFour, LocalTime, Order, ProductCode, Quantity, StoreCode, UserId,
};

/// One field that was changed: what stood there before and what stands there since, as stored.
///
/// Of a card that is its brand and last four digits, `visa 1111`, and no more (PCI DSS 4.0, requirement 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which field.
    pub field: Field,
    /// Its value before; none where there was none.
    pub before: Option<String>,
    /// Its value since; none where there is none any more.
    pub after: Option<String>,
}

impl Change {
    /// The text that is stored of changes: a JSON list, at most some 1,500 characters long.
    pub fn list(changes: &[Self]) -> String {
        // Never the fallback: names and texts become JSON.
        serde_json::to_string(changes).unwrap_or_default()
    }
}

/// All fields that one event changed, in the form's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// What is different between an order and what became of it.
    ///
    /// Cards may look alike and be two: whether the number is another one has to be said.
    pub fn between(before: &Order, after: &Order, is_other_card: bool) -> Self {
        let change = |field| {
            let (before, after) = (stored(before, field), stored(after, field));
            let is_changed = before != after || (field == Field::CardNumber && is_other_card);
            is_changed.then_some(Change { field, before, after })
        };
        Self(Field::ALL.into_iter().filter_map(change).collect())
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changed fields.
    pub fn all(&self) -> &[Change] {
        &self.0
    }

    /// Reads the stored text.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// The order as it was before; its doubts stay as they are. None if what is stored cannot be read.
    pub fn undo(&self, order: &Order) -> Option<Order> {
        let mut order = order.clone();
        for Change { field, before, .. } in &self.0 {
            put(&mut order, *field, before.as_deref())?;
        }
        Some(order)
    }
}

/// What an order has in a field, as stored.
fn stored(order: &Order, field: Field) -> Option<String> {
    let time = |time: LocalTime| time.text().to_string();
    Some(match field {
        Field::DateUuid => order.date_uuid.as_str().to_owned(),
        Field::UserId => order.user_id.as_str().to_owned(),
        Field::CardNumber => format!("{} {}", order.card.brand.as_str(), order.card.last_four.as_str()),
        Field::StoreCode => order.store.to_string(),
        Field::ProductCode => order.product.to_string(),
        Field::Quantity => order.quantity.get().to_string(),
        Field::OrderDate => time(order.dates.ordered()),
        Field::ShippingDate => return order.dates.shipped().map(time),
        Field::DeliveryDate => return order.dates.delivered().map(time),
    })
}

/// Puts a stored value into a field; none if it is no value of that field.
fn put(order: &mut Order, field: Field, value: Option<&str>) -> Option<()> {
    let (ordered, shipped, delivered) =
        (order.dates.ordered(), order.dates.shipped(), order.dates.delivered());
    match field {
        Field::DateUuid => return None,
        Field::UserId => order.user_id = UserId::parse_recorded(value?).ok()?,
        Field::CardNumber => order.card = card(value?)?,
        Field::StoreCode => order.store = StoreCode::parse(value?).ok()?,
        Field::ProductCode => order.product = ProductCode::parse(value?).ok()?,
        Field::Quantity => order.quantity = Quantity::parse(value?).ok()?,
        Field::OrderDate => order.dates = Dates::recorded(LocalTime::parse(value?)?, shipped, delivered),
        Field::ShippingDate => order.dates = Dates::recorded(ordered, optional(value).ok()?, delivered),
        Field::DeliveryDate => order.dates = Dates::recorded(ordered, shipped, optional(value).ok()?),
    }
    Some(())
}

/// Reads a date that may be missing.
fn optional(value: Option<&str>) -> Result<Option<LocalTime>, Unreadable> {
    value.map(|text| LocalTime::parse(text).ok_or(Unreadable)).transpose()
}

/// A date that is none.
struct Unreadable;

/// Reads a card as it is stored here, `visa 1111`.
fn card(text: &str) -> Option<CardSummary> {
    let (brand, last_four) = text.split_once(' ')?;
    Some(CardSummary { brand: Brand::parse(brand)?, last_four: LastFour::parse(last_four)? })
}
