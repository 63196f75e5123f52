//! Which orders a list has.

use super::listed::listed;
use super::{
    Beginning, Brand, JobId, LastFour, LocalTime, OrderNumber, Period, Quantity, Status, WarningFilter,
    holds_card_number,
};

/// What an order has to be, for a list to have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Status(Status),
    Store(Beginning),
    Product(Beginning),
    Customer(Beginning),
    Uuid(Beginning),
    Ordered(Period),
    Shipped(Period),
    Delivered(Period),
    /// From one to another, both included; without an end it is open there.
    Quantity {
        from: Option<Quantity>,
        to: Option<Quantity>,
    },
    Brand(Brand),
    LastFour(LastFour),
    /// Paid with the card of this order.
    SameCardAs(OrderNumber),
    /// Ordered more than so many days ago, and still to ship.
    OlderThan(u16),
    /// It has warnings that nobody has seen.
    Warning(WarningFilter),
    /// Somebody changed it after it was added: the actor as histories keep it.
    ChangedBy(String),
    /// An import has added or changed it.
    Import(JobId),
}

/// What conditions are about. Those of one kind are alternatives; those of different kinds have to hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Status,
    Store,
    Product,
    Customer,
    Uuid,
    Ordered,
    Shipped,
    Delivered,
    Quantity,
    Brand,
    LastFour,
    SameCardAs,
    OlderThan,
    Warning,
    ChangedBy,
    Import,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::Status,
        Self::Store,
        Self::Product,
        Self::Customer,
        Self::Uuid,
        Self::Ordered,
        Self::Shipped,
        Self::Delivered,
        Self::Quantity,
        Self::Brand,
        Self::LastFour,
        Self::SameCardAs,
        Self::OlderThan,
        Self::Warning,
        Self::ChangedBy,
        Self::Import,
    ];

    /// Its parameter in URLs. Dates have two more, with `_from` and `_to` behind it; quantities have only those.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Store => "store",
            Self::Product => "product",
            Self::Customer => "customer",
            Self::Uuid => "uuid",
            Self::Ordered => "ordered",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Quantity => "quantity",
            Self::Brand => "brand",
            Self::LastFour => "last4",
            Self::SameCardAs => "same_card_as",
            Self::OlderThan => "older_than",
            Self::Warning => "warning",
            Self::ChangedBy => "by",
            Self::Import => "import",
        }
    }

    /// As people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Status => "Status",
            Self::Store => "Store",
            Self::Product => "Product",
            Self::Customer => "Customer",
            Self::Uuid => "UUID",
            Self::Ordered => "Ordered",
            Self::Shipped => "Shipped",
            Self::Delivered => "Delivered",
            Self::Quantity => "Quantity",
            Self::Brand => "Brand",
            Self::LastFour => "Card ends in",
            Self::SameCardAs => "Same card as",
            Self::OlderThan => "To ship for",
            Self::Warning => "To check",
            Self::ChangedBy => "Changed by",
            Self::Import => "Import",
        }
    }

    /// Whether one condition of it takes the place of another.
    fn is_single(self) -> bool {
        matches!(self, Self::Quantity | Self::SameCardAs | Self::OlderThan)
    }
}

impl Condition {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Status(_) => Kind::Status,
            Self::Store(_) => Kind::Store,
            Self::Product(_) => Kind::Product,
            Self::Customer(_) => Kind::Customer,
            Self::Uuid(_) => Kind::Uuid,
            Self::Ordered(_) => Kind::Ordered,
            Self::Shipped(_) => Kind::Shipped,
            Self::Delivered(_) => Kind::Delivered,
            Self::Quantity { .. } => Kind::Quantity,
            Self::Brand(_) => Kind::Brand,
            Self::LastFour(_) => Kind::LastFour,
            Self::SameCardAs(_) => Kind::SameCardAs,
            Self::OlderThan(_) => Kind::OlderThan,
            Self::Warning(_) => Kind::Warning,
            Self::ChangedBy(_) => Kind::ChangedBy,
            Self::Import(_) => Kind::Import,
        }
    }

    /// The parameters that say it in a URL.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let name = self.kind().name();
        let ends = |names: [&'static str; 2], from: Option<String>, to: Option<String>| {
            names.into_iter().zip([from, to]).filter_map(|(name, end)| Some((name, end?))).collect()
        };
        let days = |period: &Period, names| match period {
            Period::Preset(preset) => vec![(name, preset.name().to_owned())],
            Period::Days { from, to } => ends(names, from.map(super::Day::iso), to.map(super::Day::iso)),
        };
        let one = |value: String| vec![(name, value)];
        match self {
            Self::Status(status) => one(status.name().to_owned()),
            Self::Store(text) | Self::Product(text) | Self::Customer(text) | Self::Uuid(text) => {
                one(listed(text.as_str()).into_owned())
            }
            Self::Ordered(period) => days(period, ["ordered_from", "ordered_to"]),
            Self::Shipped(period) => days(period, ["shipped_from", "shipped_to"]),
            Self::Delivered(period) => days(period, ["delivered_from", "delivered_to"]),
            Self::Quantity { from, to } => {
                let text = |quantity: &Option<Quantity>| quantity.map(|quantity| quantity.get().to_string());
                ends(["quantity_from", "quantity_to"], text(from), text(to))
            }
            Self::Brand(brand) => one(brand.as_str().to_owned()),
            Self::LastFour(digits) => one(digits.as_str().to_owned()),
            Self::SameCardAs(number) => one(number.to_string()),
            Self::OlderThan(days) => one(days.to_string()),
            Self::Warning(filter) => one(filter.name().to_owned()),
            Self::ChangedBy(actor) => one(actor.clone()),
            Self::Import(id) => one(id.to_string()),
        }
    }

    /// Its value as people say it, behind the label of its kind.
    pub fn words(&self) -> String {
        match self {
            Self::Status(status) => status.label().to_owned(),
            Self::Store(text) | Self::Product(text) | Self::Customer(text) | Self::Uuid(text) => text.words(),
            Self::Ordered(period) | Self::Shipped(period) | Self::Delivered(period) => period.words(),
            Self::Quantity { from, to } => match (from, to) {
                (Some(from), Some(to)) if from == to => from.get().to_string(),
                (Some(from), Some(to)) => format!("{} to {}", from.get(), to.get()),
                (Some(from), None) => format!("{} or more", from.get()),
                (None, Some(to)) => format!("{} or fewer", to.get()),
                (None, None) => "any".to_owned(),
            },
            Self::Brand(Brand::Other) => "another".to_owned(),
            Self::Brand(brand) => brand.label().to_owned(),
            Self::LastFour(digits) => digits.as_str().to_owned(),
            Self::SameCardAs(number) => format!("order {number}"),
            Self::OlderThan(1) => "more than a day".to_owned(),
            Self::OlderThan(days) => format!("more than {days} days"),
            Self::Warning(filter) => filter.label().to_owned(),
            // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
            Self::ChangedBy(actor) if holds_card_number(actor) => "(card number)".to_owned(),
            Self::ChangedBy(actor) => super::Actor::stored(actor).words().into_owned(),
            Self::Import(id) => format!("#{id}"),
        }
    }

    /// Whether all that another is true of is true of this.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Store(one), Self::Store(other))
            | (Self::Product(one), Self::Product(other))
            | (Self::Customer(one), Self::Customer(other))
            | (Self::Uuid(one), Self::Uuid(other)) => one.covers(other),
            (Self::Warning(one), Self::Warning(other)) => one.covers(*other),
            (one, other) => one == other,
        }
    }
}

/// When an order that is still to ship had to be made, to be older than so many days.
pub fn older_than(days: u16, now: LocalTime) -> LocalTime {
    now.days_before(days.into())
}

/// Which orders a list has: all conditions of a kind are alternatives, and every kind has to hold.
///
/// In one order and without repetitions, so that equal filters are equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter(Vec<Condition>);

impl OrderFilter {
    /// More conditions than this are no filter.
    pub const MAX: usize = 20;

    pub fn new(conditions: impl IntoIterator<Item = Condition>) -> Self {
        conditions.into_iter().fold(Self::default(), Self::with)
    }

    /// The same with one more condition; what it takes the place of is left out. Unchanged beyond the bound.
    #[must_use]
    pub fn with(mut self, condition: Condition) -> Self {
        let kind = condition.kind();
        let is_days = |one: &Condition| {
            use Condition::{Delivered, Ordered, Shipped};
            matches!(
                one,
                Ordered(Period::Days { .. }) | Shipped(Period::Days { .. }) | Delivered(Period::Days { .. })
            )
        };
        let replaces = kind.is_single() || is_days(&condition);
        if self.0.iter().any(|one| one.covers(&condition)) {
            return self;
        }
        self.0.retain(|one| one.kind() != kind || !(replaces || is_days(one) || condition.covers(one)));
        if self.0.len() < Self::MAX {
            self.0.push(condition);
            self.0.sort();
        }
        self
    }

    /// The same without a condition.
    #[must_use]
    pub fn without(&self, condition: &Condition) -> Self {
        Self(self.0.iter().filter(|one| *one != condition).cloned().collect())
    }

    /// The conditions, those of one kind side by side.
    pub fn conditions(&self) -> &[Condition] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Condition> {
        self.0.iter().filter(move |condition| condition.kind() == kind)
    }

    pub fn has(&self, condition: &Condition) -> bool {
        self.0.contains(condition)
    }

    /// In words, such as `Store HI-9B97EE4E, ordered last week`.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for kind in Kind::ALL {
            let values: Vec<String> = self.of_kind(kind).map(Condition::words).collect();
            if values.is_empty() {
                continue;
            }
            let label = kind.label();
            if words.is_empty() {
                words.push_str(label);
            } else {
                words.push_str(", ");
                // But for an abbreviation.
                let is_word = label.chars().skip(1).all(|c| !c.is_uppercase());
                words.push_str(&if is_word { label.to_lowercase() } else { label.to_owned() });
            }
            words.push(' ');
            words.push_str(&values.join(" or "));
        }
        words
    }
}
