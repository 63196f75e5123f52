//! The bar of the orders that are ticked.

use serde::Serialize;

use crate::order::{ListQuery, Total};
use crate::view::text::bulk_url;

/// What can be done with the orders that are ticked.
#[derive(Serialize)]
pub(super) struct Picked {
    /// Where they are sent to.
    url: String,
    /// `1,204`: all orders of the list, where it has more than this page.
    all: Option<String>,
    /// The date that was typed.
    pub on: String,
    /// What is wrong with it.
    pub error: String,
}

impl Picked {
    pub fn new(list: &ListQuery, total: Total, on_page: usize) -> Self {
        let has_more = total != Total::Exactly(on_page as u64);
        Self {
            url: bulk_url(list),
            all: has_more.then(|| total.words()),
            on: "today".to_owned(),
            error: String::new(),
        }
    }
}
