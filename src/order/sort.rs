//! The orders of a list.

use std::cmp::Ordering;

use super::{LocalTime, Order};

/// What a list is sorted by, and which way. Ties are newest first, and what has no value comes last.
///
/// The one exception is the date of ordering from the oldest: it is the list from the newest, read backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub key: SortKey,
    pub descending: bool,
}

/// What a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Number,
    /// The date of ordering.
    Ordered,
    Status,
    Store,
    Product,
    Quantity,
    /// The brand of the card.
    Card,
    /// The shipping date.
    Shipped,
    /// The delivery date.
    Delivered,
    Customer,
    Uuid,
}

impl Default for Sort {
    /// Newest first.
    fn default() -> Self {
        Self { key: SortKey::Ordered, descending: true }
    }
}

impl SortKey {
    pub const ALL: [Self; 11] = [
        Self::Number,
        Self::Ordered,
        Self::Status,
        Self::Store,
        Self::Product,
        Self::Quantity,
        Self::Card,
        Self::Shipped,
        Self::Delivered,
        Self::Customer,
        Self::Uuid,
    ];

    /// As URLs and the cells of the list name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Ordered => "ordered",
            Self::Status => "status",
            Self::Store => "store",
            Self::Product => "product",
            Self::Quantity => "quantity",
            Self::Card => "card",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Customer => "customer",
            Self::Uuid => "uuid",
        }
    }
}

impl Sort {
    /// The value of the parameter `sort`: a name, with a minus before it where the highest comes first.
    pub fn parameter(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key.name())
    }

    /// Reads the value of the parameter `sort`.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let key = SortKey::ALL.into_iter().find(|key| key.name() == name)?;
        Some(Self { key, descending })
    }

    /// What a click on a column's head leads to: the other way round where it is sorted by already.
    #[must_use]
    pub fn by(self, key: SortKey) -> Self {
        // The newest and the most are looked for first; words begin with A.
        let descending = if self.key == key {
            !self.descending
        } else {
            use SortKey::{Delivered, Number, Ordered, Quantity, Shipped};
            matches!(key, Number | Ordered | Quantity | Shipped | Delivered)
        };
        Self { key, descending }
    }

    /// As people say it, behind the number of orders: `newest first`, `by store, from the end`.
    pub fn words(self) -> &'static str {
        match (self.key, self.descending) {
            (SortKey::Ordered, true) => "newest first",
            (SortKey::Ordered, false) => "oldest first",
            (SortKey::Number, true) => "highest number first",
            (SortKey::Number, false) => "lowest number first",
            (SortKey::Status, false) => "by status",
            (SortKey::Status, true) => "by status, from the end",
            (SortKey::Store, false) => "by store",
            (SortKey::Store, true) => "by store, from the end",
            (SortKey::Product, false) => "by product",
            (SortKey::Product, true) => "by product, from the end",
            (SortKey::Quantity, true) => "largest quantity first",
            (SortKey::Quantity, false) => "smallest quantity first",
            (SortKey::Card, false) => "by brand of card",
            (SortKey::Card, true) => "by brand of card, from the end",
            (SortKey::Shipped, true) => "last shipped first",
            (SortKey::Shipped, false) => "first shipped first",
            (SortKey::Delivered, true) => "last delivered first",
            (SortKey::Delivered, false) => "first delivered first",
            (SortKey::Customer, false) => "by customer",
            (SortKey::Customer, true) => "by customer, from the end",
            (SortKey::Uuid, false) => "by UUID",
            (SortKey::Uuid, true) => "by UUID, from the end",
        }
    }

    /// Which of two orders comes first.
    pub fn compare(self, one: &Order, other: &Order, now: LocalTime) -> Ordering {
        let newest_first = || {
            let place = |order: &Order| (order.dates.ordered(), order.number);
            place(other).cmp(&place(one))
        };
        let directed = |ordering: Ordering| if self.descending { ordering.reverse() } else { ordering };
        match self.key {
            SortKey::Ordered => directed(newest_first().reverse()),
            SortKey::Number => directed(one.number.cmp(&other.number)),
            SortKey::Status => directed(one.status(now).cmp(&other.status(now))).then_with(newest_first),
            SortKey::Store => directed(one.store.cmp(&other.store)).then_with(newest_first),
            SortKey::Product => directed(one.product.cmp(&other.product)).then_with(newest_first),
            SortKey::Quantity => directed(one.quantity.cmp(&other.quantity)).then_with(newest_first),
            SortKey::Card => {
                directed(one.card.brand.as_str().cmp(other.card.brand.as_str())).then_with(newest_first)
            }
            SortKey::Shipped => {
                dates(one.dates.shipped(), other.dates.shipped(), directed).then_with(newest_first)
            }
            SortKey::Delivered => {
                dates(one.dates.delivered(), other.dates.delivered(), directed).then_with(newest_first)
            }
            SortKey::Customer => {
                directed(one.user_id.as_str().cmp(other.user_id.as_str())).then_with(newest_first)
            }
            SortKey::Uuid => {
                directed(one.date_uuid.as_str().cmp(other.date_uuid.as_str())).then_with(newest_first)
            }
        }
    }
}

/// Dates that may be missing, which then come last, whichever way the others go.
fn dates(
    one: Option<LocalTime>,
    other: Option<LocalTime>,
    directed: impl Fn(Ordering) -> Ordering,
) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => directed(one.cmp(&other)),
        (one, other) => one.is_none().cmp(&other.is_none()),
    }
}
