//! The page of a list, however somebody came to it.

use super::view_counts::PendingCounts;
use super::{AppState, Error, readings};
use crate::order::{ListError, ListQuery, Order, OrderNumber, Page, SavedView, Total};
use crate::view::{FoundList, ListPage};

/// Of a list without orders, so many conditions are taken off to see what is left.
const MOST_TAKEN_OFF: usize = 6;

/// A list with its page, and what of it makes no sense.
pub struct AskedList<'a> {
    pub list: &'a ListQuery,
    pub found: &'a Page<Order>,
    pub errors: &'a [ListError],
    /// Views that people have named.
    pub own: &'a [SavedView],
    /// The orders that are ticked.
    pub ticked: &'a [OrderNumber],
}

/// Begins to count the orders of the views, beside the page's own.
pub fn begin_counts(state: &AppState, own: &[SavedView]) -> PendingCounts {
    state.view_counts.begin(&state.db, state.clock.local(), state.policy.late_days, own)
}

/// The page of a list that was found; the counts come while it is made.
pub async fn list_page(
    state: &AppState,
    asked: AskedList<'_>,
    counts: PendingCounts,
) -> Result<ListPage, Error> {
    let AskedList { list, found, errors, own, ticked } = asked;
    let without = without_each_condition(state, list, found).await?;
    let readings = readings::beside_list(state, list).await?;
    let found = FoundList {
        list,
        page: found,
        errors,
        own,
        ticked,
        counts: &counts.wait().await,
        without: &without,
        now: state.clock.local(),
        late_days: state.policy.late_days,
    };
    Ok(ListPage::new(&state.view, &found)?.with_readings(list, &readings))
}

/// The page of a list as it is now, below what somebody could not do with it.
pub async fn list_as_it_is(
    state: &AppState,
    list: &ListQuery,
    ticked: &[OrderNumber],
) -> Result<ListPage, Error> {
    let own = state.own_views.beside(&state.db, list).await.unwrap_or_default();
    let counts = begin_counts(state, &own);
    let found = state.db.list_orders(list, state.clock.local()).await?;
    let list = if list.anchor().is_some() { list.clone() } else { list.on_page(found.number) };
    let asked = AskedList { list: &list, found: &found, errors: &[], own: &own, ticked };
    list_page(state, asked, counts).await
}

/// How many orders are left where a condition is taken off, if with all of them there is none.
async fn without_each_condition(
    state: &AppState,
    list: &ListQuery,
    found: &Page<Order>,
) -> Result<Vec<Option<Total>>, Error> {
    let mut left = Vec::new();
    if !found.total.is_zero() || found.looked_to.is_some() {
        return Ok(left);
    }
    let filter = list.filter();
    for condition in filter.conditions().iter().take(MOST_TAKEN_OFF) {
        let list = list.filtered(filter.without(condition));
        left.push(state.db.count_list(&list, state.clock.local()).await?);
    }
    Ok(left)
}
