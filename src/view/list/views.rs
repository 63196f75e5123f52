//! Views as links with counts, and what can be done with the list as one of one's own.

use serde::Serialize;

use crate::order::{ListQuery, SavedView, Status, Total, View as NamedList, ViewId};
use crate::view::text::{list_url, new_view_url, view_url, views_url};

/// How many orders the views have, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListCounts {
    /// In the order of [`NamedList::ALL`].
    pub views: [Option<Total>; NamedList::ALL.len()],
    /// In the order of [`Status::ALL`].
    pub statuses: [Option<Total>; 4],
    /// Of own views.
    pub own: Vec<(ViewId, Total)>,
}

impl ListCounts {
    /// Of a status, in words; nothing where it is not known.
    pub(super) fn of_status(&self, status: Status) -> String {
        let place = Status::ALL.iter().position(|one| *one == status);
        words(place.and_then(|place| self.statuses.get(place).copied().flatten()))
    }

    fn of_own(&self, id: ViewId) -> String {
        words(self.own.iter().find(|(one, _)| *one == id).map(|(_, total)| *total))
    }
}

fn words(total: Option<Total>) -> String {
    total.map(Total::words).unwrap_or_default()
}

/// The view that a list is, or was begun as.
#[derive(Clone, Copy)]
pub(super) enum Current<'a> {
    BuiltIn(NamedList),
    Own(&'a SavedView),
    /// It was begun as this one, and has been filtered or sorted otherwise since.
    Changed(&'a SavedView),
    None,
}

impl<'a> Current<'a> {
    pub fn of(list: &ListQuery, own: &'a [SavedView], late_days: u16) -> Self {
        let built_in = NamedList::of(list, late_days);
        match (list.view().and_then(|_| SavedView::of(own, list)), built_in) {
            (Some(view), _) if view.list.is_same_view(list) => Self::Own(view),
            (Some(view), _) => Self::Changed(view),
            (None, Some(view)) => Self::BuiltIn(view),
            (None, None) => SavedView::of(own, list).map_or(Self::None, Self::Own),
        }
    }

    /// What the list is called, if it is a view as it stands.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Self::BuiltIn(NamedList::All) => Some("Orders"),
            Self::BuiltIn(view) => Some(view.label()),
            Self::Own(view) => Some(view.name.as_str()),
            Self::Changed(_) | Self::None => None,
        }
    }

    fn own(self) -> Option<&'a SavedView> {
        match self {
            Self::Own(view) | Self::Changed(view) => Some(view),
            Self::BuiltIn(_) | Self::None => None,
        }
    }
}

/// A link to a view.
#[derive(Serialize)]
pub(super) struct ViewLink {
    url: String,
    label: String,
    /// Nothing where it is not known.
    count: String,
    is_current: bool,
}

impl ViewLink {
    /// Those that every desk has, with own ones before that of all orders.
    pub fn all(
        list: &ListQuery,
        own: &[SavedView],
        counts: &ListCounts,
        current: Current<'_>,
        late_days: u16,
    ) -> Vec<Self> {
        let per_page = list.page().per_page;
        let built_in = NamedList::ALL.into_iter().zip(counts.views).map(|(view, count)| Self {
            url: list_url(&view.list(late_days).showing(1, per_page)),
            label: view.label().to_owned(),
            count: words(count),
            is_current: matches!(current, Current::BuiltIn(one) if one == view),
        });
        let own = own.iter().map(|view| Self {
            url: list_url(&view.own_list().showing(1, per_page)),
            label: view.name.as_str().to_owned(),
            count: counts.of_own(view.id),
            is_current: current.own().is_some_and(|one| one.id == view.id),
        });
        let mut links: Vec<Self> = built_in.collect();
        let all = links.len().saturating_sub(1);
        links.splice(all..all, own);
        links
    }
}

/// What can be done with a list as a view of one's own.
#[derive(Serialize, Default)]
pub(super) struct ViewActions {
    /// The form that names the list, if it is no view yet and something tells it from others.
    save_this_url: Option<String>,
    changed: Option<ChangedView>,
    /// Where own views are renamed, ordered and deleted, if the list is one.
    edit_url: Option<String>,
}

/// An own view whose list has been filtered or sorted otherwise since.
#[derive(Serialize)]
struct ChangedView {
    save_url: String,
    /// The version that saving replaces.
    version: i32,
    save_as_new_url: String,
    reset_url: String,
}

impl ViewActions {
    pub fn new(list: &ListQuery, current: Current<'_>) -> Self {
        let first = list.on_page(1);
        let edit_url = current.own().map(|_| views_url(&first));
        match current {
            Current::None if !list.is_of_all_newest_first() => {
                Self { save_this_url: Some(new_view_url(&first)), ..Self::default() }
            }
            Current::Changed(view) => {
                let reset = view.own_list().showing(1, list.page().per_page);
                let changed = ChangedView {
                    save_url: view_url(view.id, "", &first),
                    version: view.version,
                    save_as_new_url: new_view_url(&first),
                    reset_url: list_url(&reset),
                };
                Self { changed: Some(changed), edit_url, ..Self::default() }
            }
            Current::Own(_) => Self { edit_url, ..Self::default() },
            Current::BuiltIn(_) | Current::None => Self::default(),
        }
    }
}
