//! What a route is: a row of the table in `router`.

use poem::Response;
use poem::endpoint::DynEndpoint;
use poem::http::{HeaderValue, Method};

use super::limits::Limits;
use crate::auth::Permission;

/// A path, and what is known of it before anything is asked there.
pub struct Route {
    /// With what varies in braces, `/orders/{number}`. Its name in metrics and traces, too: a request's own path may
    /// have anything in it.
    pub path: &'static str,
    pub kind: RouteKind,
    pub limits: Limits,
    /// HEAD is answered where GET is, OPTIONS everywhere.
    pub methods: &'static [RouteMethod],
}

/// For whom a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    Page,
    /// Browsers, for their pages. Not traced.
    File,
    /// Kubernetes and Prometheus, every few seconds, by whatever address the pod has. They see no order; neither traced,
    /// nor logged while all is well.
    Probe,
}

/// One method of a route.
pub struct RouteMethod {
    pub method: Method,
    /// What its sender must be allowed to do.
    pub permission: Permission,
    pub handler: &'static dyn DynEndpoint<Output = Response>,
}

impl Route {
    /// What answers a method; HEAD asks for what GET answers.
    pub fn method(&self, asked: &Method) -> Option<&RouteMethod> {
        let wanted = if *asked == Method::HEAD { &Method::GET } else { asked };
        self.methods.iter().find(|method| method.method == *wanted)
    }

    /// All methods that it answers, for the header `Allow` (RFC 9110, section 10.2.1).
    pub fn allow(&self) -> HeaderValue {
        allow(self.methods.iter().map(|method| &method.method))
    }

    /// Whether a path, still percent-encoded, is one of its own.
    pub fn fits(&self, path: &str) -> bool {
        let (mut own, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), given.next()) {
                (None, None) => return true,
                (Some(own), Some(given)) if own == given || own.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    }

    /// Its path as poem writes it, `/orders/:number`.
    pub fn pattern(&self) -> String {
        self.path.replace('{', ":").replace('}', "")
    }
}

/// The header `Allow` of what answers these methods itself.
pub fn allow<'a>(methods: impl Iterator<Item = &'a Method>) -> HeaderValue {
    let mut names = Vec::new();
    for method in methods {
        names.push(method.as_str());
        if *method == Method::GET {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    // Never the fallback: names of methods are letters.
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}
