//! The heads of the list's columns, which sort it.

use serde::Serialize;

use crate::order::{ListQuery, SortKey};
use crate::view::text::list_url;

/// A column's head.
#[derive(Serialize)]
pub(super) struct Head {
    /// As the column's cells name it.
    field: &'static str,
    label: &'static str,
    /// Where the same orders are, sorted by this column.
    url: Option<String>,
    /// `ascending` or `descending`; nothing where the list is sorted by something else.
    sorted: &'static str,
}

/// The age has no order of its own: it is that of the date beside it, backwards.
const COLUMNS: [(&str, &str, Option<SortKey>); 11] = [
    ("number", "Order", Some(SortKey::Number)),
    ("ordered", "Ordered", Some(SortKey::Ordered)),
    ("age", "Age", None),
    ("status", "Status", Some(SortKey::Status)),
    ("store", "Store", Some(SortKey::Store)),
    ("product", "Product", Some(SortKey::Product)),
    ("quantity", "Quantity", Some(SortKey::Quantity)),
    ("card", "Card", Some(SortKey::Card)),
    ("shipped", "Shipped", Some(SortKey::Shipped)),
    ("customer", "Customer", Some(SortKey::Customer)),
    ("uuid", "UUID", Some(SortKey::Uuid)),
];

impl Head {
    pub fn all(list: &ListQuery) -> Vec<Self> {
        let sort = list.sort();
        let heads = COLUMNS.into_iter().map(|(field, label, key)| Self {
            field,
            label,
            url: key.map(|key| list_url(&list.sorted(sort.by(key)))),
            sorted: match key {
                Some(key) if key == sort.key && sort.descending => "descending",
                Some(key) if key == sort.key => "ascending",
                _ => "",
            },
        });
        heads.collect()
    }
}
