//! What a change made of an order, field by field: for its history, and to go back to an earlier version.

use serde::{Deserialize, Serialize};

use super::{
    Brand, CardSummary, Dates, Field, LastFour, LocalTime, Note, Order, ProductCode, Quantity, StoreCode,
    UserId,
};

/// One field that was changed: what stood there before and what stands there since, as stored.
///
/// Of a card that is its brand and last four digits, `visa 1111`, and no more (PCI DSS 4.0, requirement 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub field: Field,
    /// Its value before; none where there was none.
    pub before: Option<String>,
    /// Its value since; none where there is none any more.
    pub after: Option<String>,
}

impl Change {
    /// Reads a card as it is stored here.
    pub fn card(text: &str) -> Option<CardSummary> {
        let (brand, last_four) = text.split_once(' ')?;
        Some(CardSummary { brand: Brand::parse(brand)?, last_four: LastFour::parse(last_four)? })
    }

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

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn all(&self) -> &[Change] {
        &self.0
    }

    /// Reads the stored text. It may be older than the search for card numbers: a customer that is one is not read out.
    pub fn parse(text: &str) -> Option<Self> {
        let mut changes: Vec<Change> = serde_json::from_str(text).ok()?;
        for change in changes.iter_mut().filter(|change| change.field == Field::UserId) {
            for value in [&mut change.before, &mut change.after].into_iter().flatten() {
                if let Ok(id) = UserId::stored(value) {
                    id.shown().clone_into(value);
                }
            }
        }
        Some(Self(changes))
    }

    /// The same with one that is stored elsewhere.
    #[must_use]
    pub fn with(mut self, change: Change) -> Self {
        self.0.push(change);
        let place = |change: &Change| Field::ALL.iter().position(|field| *field == change.field);
        self.0.sort_by_key(place);
        self
    }

    /// The order as it was before; its warnings stay as they are. None if what is stored cannot be read.
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
        Field::UserId => order.user_id.shown().to_owned(),
        Field::CardNumber => format!("{} {}", order.card.brand.as_str(), order.card.last_four.as_str()),
        Field::StoreCode => order.store.to_string(),
        Field::ProductCode => order.product.to_string(),
        Field::Quantity => order.quantity.get().to_string(),
        Field::OrderDate => time(order.dates.ordered()),
        Field::ShippingDate => return order.dates.shipped().map(time),
        Field::DeliveryDate => return order.dates.delivered().map(time),
        Field::Note => return order.note.as_ref().map(|note| note.as_str().to_owned()),
    })
}

/// Puts a stored value into a field; none if it is no value of that field.
fn put(order: &mut Order, field: Field, value: Option<&str>) -> Option<()> {
    match field {
        Field::DateUuid => return None,
        Field::UserId => order.user_id = UserId::stored(value?).ok().filter(|id| !id.holds_card_number())?,
        Field::CardNumber => order.card = Change::card(value?)?,
        Field::StoreCode => order.store = StoreCode::parse(value?).ok()?,
        Field::ProductCode => order.product = ProductCode::parse(value?).ok()?,
        Field::Quantity => order.quantity = Quantity::parse(value?).ok()?,
        Field::Note => order.note = value.and_then(Note::stored),
        Field::OrderDate | Field::ShippingDate | Field::DeliveryDate => {
            order.dates = with_date(order.dates, field, value)?;
        }
    }
    Some(())
}

fn with_date(dates: Dates, field: Field, value: Option<&str>) -> Option<Dates> {
    let date = match value {
        Some(text) => Some(LocalTime::parse(text)?),
        None => None,
    };
    let (ordered, shipped, delivered) = (dates.ordered(), dates.shipped(), dates.delivered());
    Some(match field {
        Field::OrderDate => Dates::recorded(date?, shipped, delivered),
        Field::ShippingDate => Dates::recorded(ordered, date, delivered),
        _ => Dates::recorded(ordered, shipped, date),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::order::{CardNumber, DateUuid, OrderNumber, QualityFlags};

    fn any_time() -> impl Strategy<Value = LocalTime> {
        // From year 1 to year 9999.
        (-62_135_596_800_i64..253_402_300_800).prop_map(|seconds| {
            LocalTime::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc())
        })
    }

    fn any_dates() -> impl Strategy<Value = Dates> {
        (any_time(), prop::option::of(any_time()), prop::option::of(any_time()))
            .prop_map(|(ordered, shipped, delivered)| Dates::recorded(ordered, shipped, delivered))
    }

    fn any_user() -> impl Strategy<Value = UserId> {
        let odd = "[!-~]{1,36}|[^\\pC\\pZ]{1,9}";
        prop_oneof![
            any::<u128>().prop_map(|bytes| UserId::from(Uuid::from_u128(bytes))),
            odd.prop_filter_map("too long", |text| UserId::parse_recorded(&text).ok()),
        ]
    }

    /// Any order that may stand in the database, whatever its warnings.
    pub(in crate::order) fn any_order() -> impl Strategy<Value = Order> {
        let codes = ("[A-Z]{2}-[0-9A-F]{8}|WEB-1388012W", "[A-Za-z][0-9]-[0-9]{5,7}[A-Za-z]");
        let note = "\\PC{0,20}".prop_map(|text| Note::parse(&text, false).ok().flatten());
        (any_user(), "[0-9]{9,19}", codes, 1..=10_000_i32, any_dates(), any::<i16>(), note).prop_map(
            |(user_id, card, (store, product), quantity, dates, flags, note)| Order {
                number: OrderNumber::new(7).unwrap(),
                version: 1,
                date_uuid: DateUuid::from(Uuid::from_u128(7)),
                user_id,
                card: CardNumber::parse_recorded(&card).unwrap().0.summary(),
                store: StoreCode::parse(&store).unwrap(),
                product: ProductCode::parse(&product).unwrap(),
                quantity: Quantity::new(quantity).unwrap(),
                dates,
                note,
                cancelled_at: None,
                flags: QualityFlags::from_bits(flags & i16::MAX),
                unseen: QualityFlags::NONE,
            },
        )
    }

    /// Whether two orders say the same, whatever their warnings.
    pub(in crate::order) fn say_the_same(one: &Order, other: &Order) -> bool {
        let said = |order: &Order| Field::ALL.map(|field| stored(order, field));
        said(one) == said(other)
    }

    proptest! {
        #[test]
        fn changes_lead_back_to_the_order_before(before in any_order(), after in any_order()) {
            let changes = Changes::between(&before, &after, false);
            prop_assert!(say_the_same(&changes.undo(&after).unwrap(), &before));
            for change in changes.all() {
                prop_assert_ne!(&change.before, &change.after);
                prop_assert_eq!(&change.before, &stored(&before, change.field));
                prop_assert_eq!(&change.after, &stored(&after, change.field));
            }
            let untouched = Field::ALL.into_iter().filter(|field| !changes.all().iter().any(|c| c.field == *field));
            for field in untouched {
                prop_assert_eq!(stored(&before, field), stored(&after, field));
            }
        }

        #[test]
        fn nothing_changes_between_an_order_and_itself_but_its_card(order in any_order()) {
            prop_assert!(Changes::between(&order, &order, false).is_empty());
            let other_card = Changes::between(&order, &order, true);
            prop_assert_eq!(other_card.all().len(), 1);
            prop_assert_eq!(other_card.all()[0].field, Field::CardNumber);
        }

        #[test]
        fn changes_survive_their_column_and_fit_into_it(before in any_order(), after in any_order()) {
            let changes = Changes::between(&before, &after, true);
            let text = Change::list(changes.all());
            prop_assert!(text.chars().count() <= 4000, "{}", text.len());
            prop_assert_eq!(Changes::parse(&text), Some(changes));
        }
    }

    #[test]
    fn the_stored_text_names_fields_as_forms_do_and_of_a_card_no_more_than_may_be_shown() {
        let (order, _) = Order::sample();
        let card = CardNumber::parse("378282246310005", false).unwrap().summary();
        let after = Order { quantity: Quantity::new(5).unwrap(), card, ..order.clone() };
        let text = Change::list(Changes::between(&order, &after, true).all());
        assert_eq!(
            text,
            "[{\"field\":\"product_quantity\",\"before\":\"4\",\"after\":\"5\"},\
             {\"field\":\"card_number\",\"before\":\"visa 1111\",\"after\":\"amex 0005\"}]"
        );
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.name());
        }
    }

    #[test]
    fn what_is_no_list_of_changes_is_not_read() {
        for text in ["", "{}", "[{}]", "[{\"field\":\"colour\",\"before\":null,\"after\":null}]"] {
            assert_eq!(Changes::parse(text), None, "{text}");
        }
    }
}
