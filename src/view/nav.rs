//! The links at the head and foot of every page.

use serde::Serialize;

use super::text::{list_url, new_order_url};
use crate::order::ListQuery;

/// Where a page stands among those that the desk links to from everywhere.
#[derive(Serialize)]
pub(super) struct Nav {
    current: &'static str,
    list_url: String,
    new_order_url: String,
}

impl Nav {
    /// A page about orders, in the list that somebody came from.
    pub(super) fn orders(list: &ListQuery) -> Self {
        Self::to("orders", list)
    }

    /// The form for a new order.
    pub(super) fn new_order(list: &ListQuery) -> Self {
        Self::to("new", list)
    }

    pub(super) fn changes() -> Self {
        Self::to("changes", &ListQuery::default())
    }

    pub(super) fn keys() -> Self {
        Self::to("keys", &ListQuery::default())
    }

    pub(super) fn actions() -> Self {
        Self::to("actions", &ListQuery::default())
    }

    pub(super) fn imports() -> Self {
        Self::to("imports", &ListQuery::default())
    }

    pub(super) fn webhooks() -> Self {
        Self::to("webhooks", &ListQuery::default())
    }

    pub(super) fn account() -> Self {
        Self::to("account", &ListQuery::default())
    }

    pub(super) fn audit() -> Self {
        Self::to("audit", &ListQuery::default())
    }

    pub(super) fn people() -> Self {
        Self::to("people", &ListQuery::default())
    }

    /// A page that none of the links leads to.
    pub(super) fn elsewhere() -> Self {
        Self::to("", &ListQuery::default())
    }

    fn to(current: &'static str, list: &ListQuery) -> Self {
        Self { current, list_url: list_url(list), new_order_url: new_order_url(list) }
    }
}
