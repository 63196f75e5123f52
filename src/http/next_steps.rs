//! What the reader of an error's page can do: try again, or go on elsewhere.

use poem::http::{Method, StatusCode, Uri};

use super::Error;
use super::address::{Query, list_of};
use super::return_path::ReturnPath;
use super::route::Route;
use crate::auth::Provider;
use crate::order::{ListQuery, OrderNumber, holds_card_number};
use crate::view::order_url;

/// Ways on from the page of an error, the likeliest first.
#[derive(Debug, PartialEq, Eq)]
pub struct NextSteps {
    /// Where the same can be asked for once more by a button: a request that needs nothing typed.
    pub post_again: Option<String>,
    /// URLs and what the links to them say.
    pub links: Vec<(String, String)>,
}

impl NextSteps {
    /// Of a request and of its route, if it fits one.
    pub fn of(
        status: StatusCode,
        error: Option<&Error>,
        route: Option<&Route>,
        method: &Method,
        uri: &Uri,
    ) -> Self {
        let mut steps = Self { post_again: None, links: Vec::new() };
        match (error, route) {
            (Some(Error::NoSuchOrder { newest, .. }), _) => {
                steps.links.extend(newest.map(|newest| to_order(newest, &list_of(uri))));
            }
            // A form is not sent again by itself: whoever signs in goes on with the page that it was on.
            (Some(Error::NotSignedIn), _) => {
                let again = (*method == Method::GET).then(|| ReturnPath::of(uri)).flatten();
                steps.links.push((ReturnPath::sign_in_url(again.as_ref()), "Sign in".to_owned()));
                return steps;
            }
            (Some(Error::NoSignIn | Error::SignInRefused { .. } | Error::ProviderAway), _) => {
                let path = Query::of(uri).first("to").and_then(ReturnPath::parse);
                steps.links.push((ReturnPath::sign_in_url(path.as_ref()), "Begin again".to_owned()));
                return steps;
            }
            // A path that is no route may lead to another host: `//evil.example`.
            // What the provider sent along is used up.
            (_, Some(route))
                if status == StatusCode::SERVICE_UNAVAILABLE && route.path != Provider::CALLBACK =>
            {
                steps.offer_again(route, method, uri);
            }
            _ => {}
        }
        steps.links.push(("/".to_owned(), "Go to all orders".to_owned()));
        steps
    }

    /// The same request, and the order that it was about.
    fn offer_again(&mut self, route: &Route, method: &Method, uri: &Uri) {
        let Some(url) = uri.path_and_query().map(ToString::to_string) else { return };
        // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
        if holds_card_number(&url) {
            return;
        }
        match *method {
            Method::GET => self.links.push((url, "Try again".to_owned())),
            // What is shipped or seen already is not so again.
            Method::POST
                if matches!(
                    route.path,
                    "/orders/{number}/ship" | "/orders/{number}/deliver" | "/orders/{number}/seen"
                ) =>
            {
                self.post_again = Some(url);
            }
            _ => {}
        }
        let number = uri.path().split('/').nth(2).filter(|_| route.path.starts_with("/orders/{number}/"));
        let order = number.and_then(OrderNumber::parse);
        self.links.extend(order.map(|number| to_order(number, &list_of(uri))));
    }
}

fn to_order(number: OrderNumber, list: &ListQuery) -> (String, String) {
    (order_url(number, list), format!("Open order {number}"))
}

#[cfg(test)]
mod tests {
    use super::super::router::ROUTES;
    use super::*;

    fn steps(
        status: StatusCode,
        error: Option<&Error>,
        method: &Method,
        url: &str,
    ) -> (Option<String>, Vec<String>) {
        let uri: Uri = url.parse().unwrap();
        let route = ROUTES.iter().find(|route| route.fits(uri.path()));
        let NextSteps { post_again, links } = NextSteps::of(status, error, route, method, &uri);
        (post_again, links.into_iter().map(|(url, label)| format!("{label}: {url}")).collect())
    }

    #[test]
    fn what_can_be_asked_again_is_offered_and_nothing_of_another_host() {
        const LIST: &str = "Go to all orders: /";
        for (method, url, again, links) in [
            (
                Method::POST,
                "/orders/7/ship?per_page=50",
                Some("/orders/7/ship?per_page=50"),
                &["Open order 7: /orders/7?per_page=50", LIST][..],
            ),
            (Method::POST, "/orders/7/cancel", None, &["Open order 7: /orders/7", LIST]),
            (Method::POST, "/orders", None, &[LIST]),
            (Method::GET, "/?page=3", None, &["Try again: /?page=3", LIST]),
            (Method::GET, "/orders/7", None, &["Try again: /orders/7", LIST]),
            (
                Method::GET,
                "/orders/7/edit",
                None,
                &["Try again: /orders/7/edit", "Open order 7: /orders/7", LIST],
            ),
            (Method::GET, "/orders/new?user_id=4111111111111111", None, &[LIST]),
            (Method::POST, "/orders/4111111111111111/ship", None, &[LIST]),
            (Method::GET, "//evil.example/orders", None, &[LIST]),
        ] {
            let (post, shown) = steps(StatusCode::SERVICE_UNAVAILABLE, None, &method, url);
            assert_eq!(
                (post.as_deref(), shown),
                (again, links.iter().map(|link| (*link).to_owned()).collect()),
                "{url}"
            );
        }
        assert_eq!(
            steps(StatusCode::NOT_FOUND, None, &Method::GET, "/orders/7/edit"),
            (None, vec![LIST.to_owned()])
        );
    }
}
