//! What a reader sees when something is not as they wanted it.

use serde::Serialize;

use super::PageContext;
use super::nav::Nav;

/// What `error.html` shows.
#[derive(Serialize)]
pub struct ErrorPage<'a> {
    nav: Nav,
    title: &'a str,
    status: u16,
    heading: &'a str,
    message: &'a str,
    remedy: &'a str,
    request_id: &'a str,
    link_url: &'a str,
    link: &'a str,
}

impl PageContext for ErrorPage<'_> {
    const TEMPLATE: &'static str = "error.html";
}

impl<'a> ErrorPage<'a> {
    /// A page about a status, in a few words, a sentence, and what to do about it.
    pub fn new(
        status: u16,
        heading: &'a str,
        message: &'a str,
        remedy: &'a str,
        request_id: &'a str,
    ) -> Self {
        Self {
            nav: Nav::elsewhere(),
            title: heading,
            status,
            heading,
            message,
            remedy,
            request_id,
            link_url: "/",
            link: "Go to all orders",
        }
    }

    /// The page with another way on than to the list.
    #[must_use]
    pub fn leading_to(self, link_url: &'a str, link: &'a str) -> Self {
        Self { link_url, link, ..self }
    }
}

#[cfg(test)]
impl ErrorPage<'static> {
    pub(super) fn samples() -> Vec<Self> {
        vec![
            Self::new(404, "Page not found", "There is no such page.", "", ""),
            Self::new(409, "Order 7 is cancelled", "It stays.", "", "")
                .leading_to("/orders/7", "Open order 7"),
            Self::new(503, "The desk is busy", "It is busy.", "Try again in a moment.", "4f1e"),
        ]
    }
}
