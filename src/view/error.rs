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
    retry_url: Option<&'a str>,
    links: Vec<Link<'a>>,
}

#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
    label: &'a str,
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
            retry_url: None,
            links: vec![Link { url: "/", label: "Go to all orders" }],
        }
    }

    /// The page with other ways on than to the list: URLs, each with what its link says.
    #[must_use]
    pub fn leading_to(self, links: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { links: links.into_iter().map(|(url, label)| Link { url, label }).collect(), ..self }
    }

    /// The page with a button that sends the same again, if there is an address for it.
    #[must_use]
    pub fn retrying(self, retry_url: Option<&'a str>) -> Self {
        Self { retry_url, ..self }
    }
}

#[cfg(test)]
impl ErrorPage<'static> {
    pub(super) fn samples() -> Vec<Self> {
        vec![
            Self::new(404, "Page not found", "There is no such page.", "", ""),
            Self::new(409, "Order 7 is cancelled", "It stays.", "", "")
                .leading_to([("/orders/7", "Open order 7")]),
            Self::new(503, "The desk is busy", "It is busy.", "Try again in a moment.", "4f1e")
                .retrying(Some("/orders/7/ship"))
                .leading_to([("/orders/7", "Open order 7"), ("/", "Go to all orders")]),
        ]
    }
}
