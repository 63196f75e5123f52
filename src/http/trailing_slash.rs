//! Addresses with a slash too many lead to those without.

use poem::http::{Method, Uri};

use super::route::Route;
use crate::order::holds_card_number;

/// Where a request leads that fits no route, but would without the slashes at the end of its path: from `/orders/1/` to
/// `/orders/1`. None, if it fits none without them either, or is not for reading.
///
/// Every route begins with a word of the desk's own, so that no address leads to another host.
pub fn without_slash<'a>(
    method: &Method,
    uri: &Uri,
    mut routes: impl Iterator<Item = &'a Route>,
) -> Option<String> {
    let path = uri.path();
    let bare = path.trim_end_matches('/');
    if !matches!(*method, Method::GET | Method::HEAD) || bare.is_empty() || bare == path {
        return None;
    }
    routes.find(|route| route.fits(bare))?.method(method)?;
    let url = uri.query().map_or_else(|| bare.to_owned(), |query| format!("{bare}?{query}"));
    // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
    (!holds_card_number(&url)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::super::router::ROUTES;
    use super::*;

    #[test]
    fn only_routes_of_the_desk_are_led_to() {
        for (from, to) in [
            ("/orders/1/", Some("/orders/1")),
            ("/orders/1///", Some("/orders/1")),
            ("/orders/1/edit/?per_page=50", Some("/orders/1/edit?per_page=50")),
            ("/orders/", Some("/orders")),
            ("/metrics/", Some("/metrics")),
            ("/orders/%2F%2Fevil.example/", Some("/orders/%2F%2Fevil.example")),
            ("/", None),
            ("/?page=2", None),
            ("/orders/1", None),
            ("/orders/4111111111111111/", None),
            ("/orders/1/?card=4111111111111111", None),
            ("/orders/1/?", Some("/orders/1?")),
            ("//", None),
            ("//evil.example/", None),
            ("//evil.example//", None),
            ("//orders/1/", None),
            ("/\\evil.example/", None),
            ("/nowhere/", None),
            // What is only sent to.
            ("/webhooks/1/resend/", None),
            ("/orders//edit/", None),
        ] {
            let Ok(uri) = from.parse::<Uri>() else { continue };
            for (method, expected) in [(Method::GET, to), (Method::HEAD, to), (Method::POST, None)] {
                assert_eq!(
                    without_slash(&method, &uri, ROUTES.iter()).as_deref(),
                    expected,
                    "{method} {from}"
                );
            }
        }
    }
}
