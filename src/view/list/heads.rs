//! The heads of the list's columns, which sort it.

use serde::Serialize;

use crate::order::{ListQuery, Sort, SortKey};
use crate::view::text::list_url;

/// A column's head.
#[derive(Serialize)]
pub(super) struct Head {
    /// As the column's cells name it.
    field: &'static str,
    label: &'static str,
    /// Where the same orders are, sorted by this column.
    url: String,
    /// `ascending` or `descending`; nothing where the list is sorted by something else.
    sorted: &'static str,
}

/// How a click on a column's head sorts.
#[derive(Clone, Copy)]
enum Sorts {
    By(SortKey),
    /// As the date of ordering does, backwards: that date's head is the one that is marked as sorted.
    ByAge,
}

const COLUMNS: [(&str, &str, Sorts); 11] = [
    ("number", "Order", Sorts::By(SortKey::Number)),
    ("ordered", "Ordered", Sorts::By(SortKey::Ordered)),
    ("age", "Age", Sorts::ByAge),
    ("status", "Status", Sorts::By(SortKey::Status)),
    ("store", "Store", Sorts::By(SortKey::Store)),
    ("product", "Product", Sorts::By(SortKey::Product)),
    ("quantity", "Quantity", Sorts::By(SortKey::Quantity)),
    ("card", "Card", Sorts::By(SortKey::Card)),
    ("shipped", "Shipped", Sorts::By(SortKey::Shipped)),
    ("customer", "Customer", Sorts::By(SortKey::Customer)),
    ("uuid", "UUID", Sorts::By(SortKey::Uuid)),
];

impl Head {
    pub fn all(list: &ListQuery) -> Vec<Self> {
        let sort = list.sort();
        let heads = COLUMNS.into_iter().map(|(field, label, sorts)| Self {
            field,
            label,
            url: list_url(&list.sorted(sorts.clicked(sort))),
            sorted: match sorts {
                Sorts::By(key) if key == sort.key && sort.descending => "descending",
                Sorts::By(key) if key == sort.key => "ascending",
                _ => "",
            },
        });
        heads.collect()
    }
}

impl Sorts {
    /// What a list that is sorted so becomes; by age it begins with the oldest.
    fn clicked(self, sort: Sort) -> Sort {
        let oldest_first = Sort { key: SortKey::Ordered, descending: false };
        match self {
            Self::By(key) => sort.by(key),
            Self::ByAge if sort == oldest_first => sort.by(SortKey::Ordered),
            Self::ByAge => oldest_first,
        }
    }
}
