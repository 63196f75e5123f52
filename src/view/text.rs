//! Order numbers and URLs as pages write them.

use std::fmt::Write;

use arrayvec::ArrayString;

use crate::order::{JobId, ListQuery, OrderNumber, ViewId};

/// The path of the list, where its notices are shown.
pub const LIST_PATH: &str = "/";

/// The URL of a list.
pub fn list_url(list: &ListQuery) -> String {
    format!("/{}", query(list))
}

/// All orders of a list as a file of a format, whatever the list's page; `more` are parameters of the format.
pub fn export_url(list: &ListQuery, format: &str, more: &str) -> String {
    let list = list.filter_and_sort().write();
    let between = if list.is_empty() || more.is_empty() { "" } else { "&" };
    let mark = if list.is_empty() && more.is_empty() { "" } else { "?" };
    format!("/export.{format}{mark}{list}{between}{more}")
}

/// The parameter of an export that names an action, and of changes.
pub const ACTION: &str = "action";

/// The orders of an action as a file of a format; `more` are parameters of the format.
pub fn job_export_url(id: JobId, format: &str, more: &str) -> String {
    let between = if more.is_empty() { "" } else { "&" };
    format!("/export.{format}?{ACTION}={id}{between}{more}")
}

/// Where a text to search for is sent to, with the list that somebody looks at.
pub(super) fn search_url(list: &ListQuery) -> String {
    format!("/search{}", query(list))
}

/// Where new orders are sent to, with the list that somebody came from.
pub(super) fn orders_url(list: &ListQuery) -> String {
    format!("/orders{}", query(list))
}

/// The form for a new order, with the list that somebody came from.
pub(super) fn new_order_url(list: &ListQuery) -> String {
    format!("/orders/new{}", query(list))
}

/// Where own views are listed and new ones are sent to, with the list that somebody came from.
pub fn views_url(list: &ListQuery) -> String {
    format!("/views{}", query(list))
}

/// The form that makes a view of a list.
pub fn new_view_url(list: &ListQuery) -> String {
    format!("/views/new{}", query(list))
}

/// The URL of what can be done with an own view, such as `/delete`, with the list that somebody looks at.
pub fn view_url(id: ViewId, part: &str, list: &ListQuery) -> String {
    format!("/views/{id}{part}{}", query(list))
}

/// Where an action on many orders is asked for, with the list that somebody looks at.
pub(super) fn bulk_url(list: &ListQuery) -> String {
    format!("/bulk{}", query(list))
}

/// Where all actions are.
pub fn actions_url() -> String {
    bulk_url(&ListQuery::default())
}

/// The URL of what can be done with an action, such as `/undo`.
pub fn job_url(id: JobId, part: &str) -> String {
    format!("/bulk/{id}{part}")
}

/// Where all imports are, and files are sent to.
pub const IMPORTS_URL: &str = "/imports";

/// The URL of what can be done with an import, such as `/undo`.
pub fn import_url(id: JobId, part: &str) -> String {
    format!("{IMPORTS_URL}/{id}{part}")
}

/// The same, with the list that somebody looks at.
pub(super) fn job_url_in(id: JobId, part: &str, list: &ListQuery) -> String {
    format!("{}{}", job_url(id, part), query(list))
}

/// The URL of an order in a list.
pub fn order_url(number: OrderNumber, list: &ListQuery) -> String {
    order_part_url(number, "", list)
}

/// The URL of what can be done with an order, such as `/edit`.
pub(super) fn order_part_url(number: OrderNumber, part: &str, list: &ListQuery) -> String {
    format!("/orders/{number}{part}{}", order_query(list))
}

/// What the URLs of an order say of its list: all but the page.
///
/// The way back leads to the page that shows the order, and that is another one after a step to its neighbours
/// or when orders are added.
pub(super) fn order_query(list: &ListQuery) -> String {
    query(&list.on_page(1))
}

/// The query string with its question mark; nothing for a list that has all its defaults.
fn query(list: &ListQuery) -> String {
    match list.write() {
        query if query.is_empty() => query,
        query => format!("?{query}"),
    }
}

/// A number as it is.
pub(super) fn digits(number: i64) -> ArrayString<20> {
    let mut text = ArrayString::new();
    // Never fails: no number is longer than the 20 characters of the smallest.
    let _ = write!(text, "{number}");
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::PerPage;

    proptest! {
        #[test]
        fn digits_are_the_number(n: i64) {
            prop_assert_eq!(digits(n).to_string(), n.to_string());
        }

        #[test]
        fn a_list_url_leads_to_its_list(page in 1..=u64::MAX, choice in 0..PerPage::ALL.len()) {
            let list = ListQuery::default().showing(1, PerPage::ALL[choice]).on_page(page);
            let url = list_url(&list);
            prop_assert_eq!(ListQuery::parse(url.split_once('?').map_or("", |(_, query)| query)), list);
        }

        #[test]
        fn an_order_url_hands_on_all_of_the_list_but_its_page(page in 1..=u64::MAX, n in 1..=i64::MAX) {
            let list = ListQuery::default().showing(1, PerPage::Fifty).on_page(page);
            let number = OrderNumber::new(n).unwrap();
            prop_assert_eq!(order_url(number, &list), format!("/orders/{n}?per_page=50"));
            prop_assert_eq!(order_part_url(number, "/edit", &list), format!("/orders/{n}/edit?per_page=50"));
            prop_assert_eq!(order_url(number, &ListQuery::default()), format!("/orders/{n}"));
        }
    }
}
