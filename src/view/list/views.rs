//! The lists that every desk has, as links with counts.

use serde::Serialize;

use crate::order::{ListQuery, Status, Total, View as NamedList};
use crate::view::text::list_url;

/// How many orders the lists have that every desk has, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCounts {
    /// In the order of [`NamedList::ALL`].
    pub views: [Option<Total>; NamedList::ALL.len()],
    /// In the order of [`Status::ALL`].
    pub statuses: [Option<Total>; 4],
}

impl ListCounts {
    /// Of a status, in words; nothing where it is not known.
    pub(super) fn of_status(&self, status: Status) -> String {
        let place = Status::ALL.iter().position(|one| *one == status);
        words(place.and_then(|place| self.statuses.get(place).copied().flatten()))
    }
}

fn words(total: Option<Total>) -> String {
    total.map(Total::words).unwrap_or_default()
}

/// A link to a list that every desk has.
#[derive(Serialize)]
pub(super) struct ViewLink {
    url: String,
    label: &'static str,
    /// Nothing where it is not known.
    count: String,
    is_current: bool,
}

impl ViewLink {
    pub fn all(list: &ListQuery, counts: &ListCounts, late_days: u16) -> Vec<Self> {
        let current = NamedList::of(list, late_days);
        let per_page = list.page().per_page;
        let links = NamedList::ALL.into_iter().zip(counts.views).map(|(view, count)| Self {
            url: list_url(&view.list(late_days).showing(1, per_page)),
            label: view.label(),
            count: words(count),
            is_current: current == Some(view),
        });
        links.collect()
    }
}
