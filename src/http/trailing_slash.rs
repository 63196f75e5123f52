//! Addresses with a slash too many lead to those without.

use poem::http::{Method, StatusCode, Uri};
use poem::{Endpoint, IntoResponse, Request, Response, Result};

use super::orders::go_to;
use super::route::route;
use crate::order::holds_card_number;

/// Leads from `/orders/1/` to `/orders/1`; everything else goes through.
pub(super) struct TrailingSlash<E>(pub(super) E);

impl<E: Endpoint> Endpoint for TrailingSlash<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if matches!(*request.method(), Method::GET | Method::HEAD)
            && let Some(url) = without_slash(request.uri())
        {
            return Ok(go_to(StatusCode::PERMANENT_REDIRECT, &url));
        }
        self.0.call(request).await.map(IntoResponse::into_response)
    }
}

/// The address of a route, without the slashes at its end.
///
/// Every route begins with a word of the desk's own, so that no address leads to another host.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let bare = path.trim_end_matches('/');
    if bare.is_empty() || bare == path {
        return None;
    }
    route(bare)?;
    let url = uri.query().map_or_else(|| bare.to_owned(), |query| format!("{bare}?{query}"));
    // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
    (!holds_card_number(&url)).then_some(url)
}

#[cfg(test)]
mod tests {
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
            ("/orders//edit/", None),
        ] {
            let Ok(uri) = from.parse::<Uri>() else { continue };
            assert_eq!(without_slash(&uri).as_deref(), to, "{from}");
        }
    }
}
