//! Order numbers and URLs as pages write them.

use std::fmt::Write;

use arrayvec::ArrayString;

use crate::order::{OrderNumber, PerPage};

/// The URL of a page of the list; defaults are left out.
pub fn list_url(page: u64, per_page: PerPage) -> String {
    match (page, per_page == PerPage::default()) {
        (1, true) => "/".to_owned(),
        (_, true) => format!("/?page={page}"),
        (1, false) => format!("/?per_page={}", per_page.get()),
        (_, false) => format!("/?page={page}&per_page={}", per_page.get()),
    }
}

/// A number as it is.
pub(super) fn digits(number: i64) -> ArrayString<20> {
    let mut text = ArrayString::new();
    // Never fails: no number is longer than the 20 characters of the smallest.
    let _ = write!(text, "{number}");
    text
}

/// The URL of an order, which remembers how the list was cut into pages.
pub fn order_url(number: OrderNumber, per_page: PerPage) -> ArrayString<48> {
    let mut url = ArrayString::new();
    // Neither fails: the longest number leaves room for the longest rest.
    let _ = write!(url, "/orders/{number}");
    if per_page != PerPage::default() {
        let _ = write!(url, "?per_page={}", per_page.get());
    }
    url
}

/// The URL of what can be done with an order, such as `/edit`; it remembers the size of pages, too.
pub fn order_part_url(number: OrderNumber, part: &str, per_page: PerPage) -> String {
    let whole = order_url(number, per_page);
    match whole.split_once('?') {
        Some((order, query)) => format!("{order}{part}?{query}"),
        None => format!("{whole}{part}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::PageRequest;

    proptest! {
        #[test]
        fn an_order_url_has_its_number_and_the_size_of_pages(n in 1..=i64::MAX, choice in 0..3_usize) {
            let (number, per_page) = (OrderNumber::new(n).unwrap(), PerPage::ALL[choice]);
            let expected = match per_page {
                PerPage::TwentyFive => format!("/orders/{n}"),
                _ => format!("/orders/{n}?per_page={}", per_page.get()),
            };
            prop_assert_eq!(order_url(number, per_page).to_string(), expected);
            prop_assert_eq!(digits(n).to_string(), n.to_string());
        }

        #[test]
        fn a_list_url_leads_to_its_page(page in 1..1_u64 << 50, choice in 0..3_usize) {
            let per_page = PerPage::ALL[choice];
            let url = list_url(page, per_page);
            let value = |name: &str| {
                let query = url.split_once('?')?.1;
                query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            };
            prop_assert_eq!(PageRequest::parse(value("page"), value("per_page")), PageRequest { page, per_page });
        }
    }
}
