//! What a request's sender takes, as its headers say (RFC 9110, section 12.5).

use poem::http::{HeaderMap, header};

/// Whether the sender wants JSON and no page.
pub fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("json") && !accept.contains("text/html"))
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
}
