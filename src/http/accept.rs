//! What a request's sender takes and prefers, as its headers say (RFC 9110, section 12.5; RFC 7240).

use poem::http::{HeaderMap, header};

/// Whether the sender wants JSON and no page.
pub fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("json") && !accept.contains("text/html"))
}

/// Whether the sender wants what it sends to be done without a question (RFC 7240, section 4.4).
pub fn wants_no_questions(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split(','));
    preferences.any(|preference| {
        let (name, value) =
            preference.split(';').next().and_then(|one| one.split_once('=')).unwrap_or_default();
        name.trim().eq_ignore_ascii_case("handling")
            && value.trim().trim_matches('"').eq_ignore_ascii_case("lenient")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn browsers_get_pages_and_programs_problems() {
        for (value, json) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("application/json", true),
            ("application/problem+json", true),
            ("*/*", false),
        ] {
            assert_eq!(wants_json(&headers(header::ACCEPT, value)), json, "{value}");
        }
    }

    #[test]
    fn lenient_handling_is_preferred_in_every_way_in_which_it_may_be_written() {
        let prefer = |value| wants_no_questions(&headers(header::HeaderName::from_static("prefer"), value));
        for value in ["handling=lenient", "Handling = \"lenient\"", "wait=10, handling=lenient; x=y"] {
            assert!(prefer(value), "{value}");
        }
        for value in ["", "handling", "handling=strict", "respond-async", "lenient", "x; handling=lenient"] {
            assert!(!prefer(value), "{value}");
        }
    }
}
