//! Routes by name, for metrics and traces: a request's path itself may have anything in it.

/// Every route of [`super::routes`], with what varies in braces; of two that fit, the first counts.
const ROUTES: [&str; 17] = [
    "/",
    "/orders",
    "/orders/new",
    "/orders/{number}",
    "/orders/{number}/edit",
    "/orders/{number}/ship",
    "/orders/{number}/cancel",
    "/webhooks",
    "/webhooks/resend-failed",
    "/webhooks/{id}/resend",
    "/webhooks/{id}/discard",
    "/add_order",
    "/assets/{name}",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// The route of a path, if there is one.
pub(super) fn route(path: &str) -> Option<&'static str> {
    ROUTES.into_iter().find(|route| fits(route, path))
}

fn fits(route: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let fits = route.split('/').all(|name| {
        parts.next().is_some_and(|part| part == name || (name.starts_with('{') && !part.is_empty()))
    });
    fits && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_has_its_name() {
        let source = include_str!("../http.rs");
        let at = |line: &str| Some(line.trim().strip_prefix(".at(\"")?.split('"').next()?.to_owned());
        let in_braces = |path: String| {
            let part = |part: &str| {
                part.strip_prefix(':').map_or_else(|| part.to_owned(), |name| format!("{{{name}}}"))
            };
            path.split('/').map(part).collect::<Vec<_>>().join("/")
        };
        let served: BTreeSet<String> = source.lines().filter_map(at).map(in_braces).collect();
        assert_eq!(served, ROUTES.into_iter().map(str::to_owned).collect());
    }

    #[test]
    fn a_path_is_known_by_its_route() {
        for (path, expected) in [
            ("/", Some("/")),
            ("/orders", Some("/orders")),
            ("/orders/new", Some("/orders/new")),
            ("/orders/12", Some("/orders/{number}")),
            ("/orders/4111111111111111", Some("/orders/{number}")),
            ("/orders/12/edit", Some("/orders/{number}/edit")),
            ("/webhooks/7/discard", Some("/webhooks/{id}/discard")),
            ("/assets/desk.css", Some("/assets/{name}")),
            ("/orders/", None),
            ("/orders/12/", None),
            ("/orders/12/edit/now", None),
            ("/4111111111111111", None),
            ("//", None),
            ("", None),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
