//! What makes a list another than that of all orders, each with a link that takes it off.

use serde::Serialize;

use crate::order::{Condition, ListQuery, OrderFilter, Sort, Total};
use crate::view::text::list_url;

/// A condition or a sort that can be taken off.
#[derive(Serialize)]
pub(super) struct Chip {
    /// What the link does, before what it does it to.
    action: &'static str,
    label: &'static str,
    value: String,
    url: String,
    /// Whether it is an alternative to the one before.
    is_alternative: bool,
}

impl Chip {
    pub fn all(list: &ListQuery) -> Vec<Self> {
        let filter = list.filter();
        let mut before = None;
        let mut chips: Vec<Self> = Vec::new();
        for condition in filter.conditions() {
            let kind = condition.kind();
            chips.push(Self {
                action: "Remove filter",
                label: kind.label(),
                value: condition.words(),
                url: list_url(&list.filtered(filter.without(condition))),
                is_alternative: before == Some(kind),
            });
            before = Some(kind);
        }
        if list.sort() != Sort::default() {
            let words = list.sort().words();
            chips.push(Self {
                action: "Remove sorting",
                label: "Sorted by",
                value: words.strip_prefix("by ").unwrap_or(words).to_owned(),
                url: list_url(&list.sorted(Sort::default())),
                is_alternative: false,
            });
        }
        chips
    }
}

/// The list of all orders, newest first, in pages of the same size.
pub(super) fn cleared(list: &ListQuery) -> ListQuery {
    list.filtered(OrderFilter::default()).sorted(Sort::default())
}

/// What to do about a filter that leaves nothing: take a condition off.
#[derive(Serialize)]
pub(super) struct Removal {
    /// The condition's words.
    what: String,
    url: String,
    /// How many orders that leaves; nothing where it is not known.
    count: String,
}

impl Removal {
    /// One for each condition, with what is left without it, as far as that was counted.
    pub fn all(list: &ListQuery, left: &[Option<Total>]) -> Vec<Self> {
        let filter = list.filter();
        let left = left.iter().copied().chain(std::iter::repeat(None));
        let removals = filter.conditions().iter().zip(left).map(|(condition, left)| Self {
            what: words(condition),
            url: list_url(&list.filtered(filter.without(condition))),
            count: left.filter(|left| !left.is_zero()).map(Total::words).unwrap_or_default(),
        });
        removals.collect()
    }
}

/// A condition alone: what it is about only where its value does not say it.
fn words(condition: &Condition) -> String {
    match condition {
        Condition::Quantity { .. }
        | Condition::LastFour(_)
        | Condition::SameCardAs(_)
        | Condition::OlderThan(_)
        | Condition::ChangedBy(_)
        | Condition::Shipped(_)
        | Condition::Delivered(_) => format!("{} {}", condition.kind().label(), condition.words()),
        _ => condition.words(),
    }
}
