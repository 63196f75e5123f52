//! The bar of the orders that are ticked.

use serde::Serialize;

use crate::order::{ListQuery, Total};
use crate::view::exports::EXPORTS;
use crate::view::text::bulk_url;

/// What can be done with the orders that are ticked.
#[derive(Serialize)]
pub(super) struct Picked {
    /// Where they are sent to.
    url: String,
    /// `1,204`: all orders of the list, where it has more than this page.
    all: Option<String>,
    /// The kinds of files that they are taken out as.
    exports: Vec<Choice>,
    /// The date that was typed.
    pub on: String,
    /// What is wrong with it.
    pub error: String,
}

/// A button, and what it sends.
#[derive(Serialize)]
struct Choice {
    word: &'static str,
    label: &'static str,
}

impl Picked {
    pub fn new(list: &ListQuery, total: Total, on_page: usize) -> Self {
        let has_more = total != Total::Exactly(on_page as u64);
        Self {
            url: bulk_url(list),
            all: has_more.then(|| total.words()),
            exports: EXPORTS.iter().map(|one| Choice { word: one.word, label: one.label }).collect(),
            on: "today".to_owned(),
            error: String::new(),
        }
    }
}
