//! What a text can mean that was searched for, as far as there is something of it.

use super::{AppState, Error};
use crate::order::{Condition, ListQuery, OrderFilter, OrderNumber, Search, View as NamedList};
use crate::view::{Reading, list_of_filter};

/// An order, if there is one of this number.
pub async fn find_number(state: &AppState, number: OrderNumber) -> Result<Option<Reading>, Error> {
    Ok(state.db.has_order(number).await?.then_some(Reading::Order(number)))
}

/// The list that a search leads to, in pages of the same size as another: the view of that filter, if there is one.
pub fn list_of_search(state: &AppState, filter: OrderFilter, like: &ListQuery) -> ListQuery {
    let views = NamedList::ALL.map(|view| view.list(state.policy.late_days));
    match views.into_iter().find(|view| *view.filter() == filter) {
        Some(view) => view.showing(1, like.page().per_page),
        None => list_of_filter(filter, like),
    }
}

/// Those of some filters that leave an order, in pages of the same size as a list.
pub async fn find_filters(
    state: &AppState,
    filters: Vec<OrderFilter>,
    like: &ListQuery,
) -> Result<Vec<Reading>, Error> {
    let mut found = Vec::new();
    for filter in filters {
        let list = list_of_search(state, filter, like);
        let now = state.clock.local();
        let total = match state.db.count_list(&list, now).await? {
            Some(total) => total,
            None => state.db.list_orders(&list, now).await?.total,
        };
        if !total.is_zero() {
            found.push(Reading::List(list, total));
        }
    }
    Ok(found)
}

/// What else the text means by which a list was searched, if that text alone makes the list.
pub async fn beside_list(state: &AppState, list: &ListQuery) -> Result<Vec<Reading>, Error> {
    let Some(text) = searched_text(list) else { return Ok(Vec::new()) };
    let (number, mut filters) = match Search::parse(text, state.clock.now(), state.policy.late_days) {
        Ok(Search::Number { number, others }) => (Some(number), others),
        Ok(Search::Filter { filter, mut others }) => {
            others.insert(0, filter);
            (None, others)
        }
        Ok(Search::Card(_)) | Err(_) => return Ok(Vec::new()),
    };
    // Codes and IDs in a URL may be none that a search would read so.
    if !filters.contains(list.filter()) {
        return Ok(Vec::new());
    }
    filters.retain(|filter| filter != list.filter());
    let mut readings = Vec::new();
    if let Some(number) = number {
        readings.extend(find_number(state, number).await?);
    }
    readings.extend(find_filters(state, filters, list).await?);
    Ok(readings)
}

/// What else the number of an order means.
pub async fn beside_number(
    state: &AppState,
    number: OrderNumber,
    list: &ListQuery,
) -> Result<Vec<Reading>, Error> {
    match Search::parse(&number.to_string(), state.clock.now(), state.policy.late_days) {
        Ok(Search::Number { others, .. }) => find_filters(state, others, list).await,
        Ok(_) | Err(_) => Ok(Vec::new()),
    }
}

/// The text of a list's only condition, at its first page.
fn searched_text(list: &ListQuery) -> Option<&str> {
    let [condition] = list.filter().conditions() else { return None };
    let is_first = list.page().page == 1 && list.anchor().is_none();
    let text = match condition {
        Condition::Store(text)
        | Condition::Product(text)
        | Condition::Customer(text)
        | Condition::Uuid(text) => text.as_str(),
        Condition::LastFour(digits) => digits.as_str(),
        _ => return None,
    };
    is_first.then_some(text)
}
