//! Searching: what somebody typed leads to an order or to a list.
//!
//! By POST, so that a card number that was pasted stands in no URL, history, log or referrer (PCI DSS 4.0, requirement
//! 3.4.1). Nothing of the text is logged.

use std::sync::Arc;

use poem::http::{StatusCode, Uri};
use poem::web::Data;
use poem::{Response, handler};

use crate::auth::Principal;
use crate::db::DbError;
use crate::http::access::LoggedAccess;
use crate::http::address::list_of;
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::list_page::list_as_it_is;
use crate::http::order_responses::page_path;
use crate::http::readings::{find_filters, find_number, list_of_search};
use crate::http::respond::{go_to, html, leave_notice};
use crate::http::{AppState, Error};
use crate::order::{
    CardNumber, Condition, Deed, End, ListQuery, OrderFilter, OrderNumber, Search, SearchError, Total,
    holds_card_number,
};
use crate::view::{Reading, SEARCHED, list_of_filter, list_url, order_url};

/// Leads to what was searched for; or shows the list again, with what is wrong with the text.
#[handler]
pub async fn search(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    mut form: Form,
) -> Result<Response, Error> {
    let list = list_of(uri);
    let typed = form.take("q")?.unwrap_or_default();
    match Search::parse(&typed, state.clock.now(), state.policy.late_days) {
        Ok(Search::Card(card)) => {
            let log = LoggedAccess::begin(state, &principal, client, Deed::CardSearch).await?;
            find_card(state, &list, &card, log).await
        }
        Ok(Search::Number { number, others }) => {
            let others = find_filters(state, others, &list).await?;
            match find_number(state, number).await? {
                Some(_) => Ok(go_to_number(number, &list, &others)),
                None if others.is_empty() => no_such_order(state, &list, &typed, number).await,
                None => go_to_readings(state, others).await,
            }
        }
        Ok(Search::Filter { filter, others }) => {
            let first = list_of_search(state, filter.clone(), &list);
            if filter.is_empty() {
                return Ok(go_to(StatusCode::SEE_OTHER, &list_url(&first)));
            }
            let mut filters = vec![filter];
            filters.extend(others);
            let found = find_filters(state, filters, &list).await?;
            if found.is_empty() {
                // It says which part to take off.
                return Ok(go_to(StatusCode::SEE_OTHER, &list_url(&first)));
            }
            go_to_readings(state, found).await
        }
        Err(SearchError::Empty) => Ok(go_to(StatusCode::SEE_OTHER, &list_url(&list))),
        Err(error) => again(state, &list, StatusCode::UNPROCESSABLE_ENTITY, &typed, &error.to_string()).await,
    }
}

/// The order, whose page says once what else its number can mean.
fn go_to_number(number: OrderNumber, list: &ListQuery, others: &[Reading]) -> Response {
    let all = list_of_filter(OrderFilter::default(), list);
    let mut response = go_to(StatusCode::SEE_OTHER, &order_url(number, &all));
    if !others.is_empty() {
        leave_notice(&mut response, &page_path(number), SEARCHED);
    }
    response
}

/// The list of the likeliest reading, which tells the others; the order itself, if there is one alone.
async fn go_to_readings(state: &AppState, found: Vec<Reading>) -> Result<Response, Error> {
    let is_only = found.len() == 1;
    let Some(Reading::List(list, total)) = found.into_iter().next() else { return Err(Error::NotFound) };
    go_to_found(state, &list, is_only && total == Total::Exactly(1)).await
}

/// A list, or its only order.
async fn go_to_found(state: &AppState, list: &ListQuery, is_one_order: bool) -> Result<Response, Error> {
    if is_one_order {
        let found = state.db.list_orders(list, state.clock.local()).await?;
        if let [order] = &found.items[..] {
            return Ok(go_to(StatusCode::SEE_OTHER, &order_url(order.number, list)));
        }
    }
    Ok(go_to(StatusCode::SEE_OTHER, &list_url(list)))
}

/// The orders that were paid with a card, as those with the card of the newest of them.
async fn find_card(
    state: &Arc<AppState>,
    list: &ListQuery,
    card: &CardNumber,
    mut log: LoggedAccess,
) -> Result<Response, Error> {
    let found = match count_with_card(state, list, card).await {
        Ok(found) => found,
        Err(error) => {
            log.end(End::Failed).await;
            return Err(error.into());
        }
    };
    log.count = match found {
        None => 0,
        Some((_, Some(Total::Exactly(orders) | Total::MoreThan(orders)))) => orders,
        // One is known, and how many there are takes long to count.
        Some((_, None)) => 1,
    };
    log.end(End::Finished).await;
    let Some((same_card, total)) = found else {
        let error = "No order was paid with this card.";
        return again(state, list, StatusCode::NOT_FOUND, "", error).await;
    };
    go_to_found(state, &same_card, total == Some(Total::Exactly(1))).await
}

/// The list of the orders that were paid with a card, and how many it has; none if no order was.
async fn count_with_card(
    state: &AppState,
    list: &ListQuery,
    card: &CardNumber,
) -> Result<Option<(ListQuery, Option<Total>)>, DbError> {
    let Some(number) = state.db.find_by_card(card, state.clock.local()).await? else { return Ok(None) };
    let same_card = list_of_filter(OrderFilter::new([Condition::SameCardAs(number)]), list);
    let total = state.db.count_list(&same_card, state.clock.local()).await?;
    Ok(Some((same_card, total)))
}

async fn no_such_order(
    state: &Arc<AppState>,
    list: &ListQuery,
    typed: &str,
    number: OrderNumber,
) -> Result<Response, Error> {
    // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
    let error = if holds_card_number(&number.to_string()) {
        "There is no such order.".to_owned()
    } else {
        format!("There is no order {number}.")
    };
    again(state, list, StatusCode::NOT_FOUND, typed, &error).await
}

/// The list as it was, with what is wrong with the text.
async fn again(
    state: &Arc<AppState>,
    list: &ListQuery,
    status: StatusCode,
    typed: &str,
    error: &str,
) -> Result<Response, Error> {
    let page = list_as_it_is(state, list, &[]).await?;
    html(state, status, &page.without_search(typed, error))
}
