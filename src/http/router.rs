//! The one table of routes, and how a request finds its own.
//!
//! The route is found before anything else is done, so that whatever a request passes on its way knows it: the span its
//! name, the log whether it is a probe, the error which methods are allowed.

use std::sync::Arc;

use poem::endpoint::ToDynEndpoint;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};

use super::client::ClientAddress;
use super::limits::Limits;
use super::middleware;
use super::ops::{health, metrics};
use super::pages::{assets, bulk, cancel, edit, list, orders, search, seen, ship, undo, views, webhooks};
use super::respond::go_to;
use super::route::{Route, RouteKind, RouteMethod, allow};
use super::trailing_slash::without_slash;
use super::{AppState, Error};
use crate::auth::Permission;

/// Rows of a path, for whom it is, its limits, and for each method the permission that it needs and its handler.
macro_rules! routes {
    ($($path:literal $kind:ident $limits:ident { $($method:ident $permission:ident $handler:path),+ })+) => {
        &[$(Route {
            path: $path,
            kind: RouteKind::$kind,
            limits: Limits::$limits,
            methods: &[$(RouteMethod {
                method: Method::$method,
                permission: Permission::$permission,
                handler: &ToDynEndpoint($handler),
            }),+],
        }),+]
    };
}

/// Every route of the desk.
pub static ROUTES: &[Route] = routes! {
    "/"                       Page  READ   { GET None list::index }
    "/search"                 Page  FORM   { GET None list::go_to_list, POST None search::search }
    "/orders"                 Page  FORM   { GET None list::go_to_list, POST None orders::create }
    "/orders/new"             Page  READ   { GET None orders::new }
    "/orders/{number}"        Page  FORM   { GET None orders::show, POST None edit::update }
    "/orders/{number}/edit"   Page  READ   { GET None edit::edit }
    "/orders/{number}/ship"   Page  FORM   { GET None ship::go_to_order, POST None ship::ship }
    "/orders/{number}/deliver" Page FORM   { GET None ship::go_to_order, POST None ship::deliver }
    "/orders/{number}/cancel" Page  FORM   { GET None cancel::ask, POST None cancel::cancel }
    "/orders/{number}/reopen" Page  FORM   { GET None ship::go_to_order, POST None undo::reopen }
    "/orders/{number}/undo"   Page  FORM   { GET None ship::go_to_order, POST None undo::undo }
    "/orders/{number}/seen"   Page  FORM   { GET None ship::go_to_order, POST None seen::mark }
    "/views"                  Page  FORM   { GET None views::index, POST None views::create }
    "/views/new"              Page  READ   { GET None views::new }
    "/views/{id}"             Page  FORM   { GET None views::show, POST None views::update }
    "/views/{id}/name"        Page  FORM   { GET None views::go_to_views, POST None views::rename }
    "/views/{id}/move"        Page  FORM   { GET None views::go_to_views, POST None views::place }
    "/views/{id}/delete"      Page  FORM   { GET None views::ask, POST None views::delete }
    "/bulk"                   Page  FORM   { GET None bulk::index, POST None bulk::create }
    "/bulk/{id}"              Page  FORM   { GET None bulk::show, POST None bulk::choose }
    "/bulk/{id}/run"          Page  FORM   { GET None bulk::go_to_job, POST None bulk::start }
    "/bulk/{id}/stop"         Page  FORM   { GET None bulk::go_to_job, POST None bulk::stop }
    "/bulk/{id}/undo"         Page  FORM   { GET None bulk::go_to_job, POST None bulk::undo }
    "/webhooks"               Page  READ   { GET None webhooks::index }
    "/webhooks/resend-failed" Page  FORM   { POST None webhooks::resend_failed }
    "/webhooks/{id}/resend"   Page  FORM   { POST None webhooks::resend }
    "/webhooks/{id}/discard"  Page  FORM   { POST None webhooks::discard }
    // The replaced application's form.
    "/add_order"              Page  FORM   { POST None orders::create }
    "/assets/{name}"          File  FILE   { GET None assets::show }
    "/favicon.ico"            File  FILE   { GET None assets::favicon }
    "/healthz"                Probe PROBE  { GET None health::process }
    "/readyz"                 Probe PROBE  { GET None health::database }
    "/metrics"                Probe SCRAPE { GET None metrics::show }
};

/// What tells numbers instead of health.
const METRICS: &str = "/metrics";

/// Which of the routes a listening socket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// There is no other socket.
    All,
    /// Another one has the metrics.
    WithoutMetrics,
    /// What machines ask.
    Ops,
}

impl Share {
    fn routes(self) -> impl Iterator<Item = &'static Route> {
        ROUTES.iter().filter(move |route| match self {
            Self::All => true,
            Self::WithoutMetrics => route.path != METRICS,
            Self::Ops => route.kind == RouteKind::Probe,
        })
    }
}

/// Fits what no other pattern does: poem tries it last. It knows no pattern for "everything else" beside one for `/`.
const ANY_OTHER: &str = "/<.+>";

pub struct Router<U> {
    routes: poem::Route,
    unmatched: U,
}

/// A socket's share of the routes, with all that a request passes on its way to one.
pub fn routes(state: &Arc<AppState>, share: Share) -> Router<impl Endpoint<Output = Response> + use<>> {
    let mut routes = poem::Route::new();
    for route in share.routes() {
        let handled = Handled { route, state: Arc::clone(state) };
        routes = routes.at(route.pattern(), middleware::around(handled, Some(route), state));
    }
    let unmatched = Arc::new(middleware::around(Unmatched(share), None, state));
    Router { routes: routes.at(ANY_OTHER, Arc::clone(&unmatched)), unmatched }
}

impl<U: Endpoint<Output = Response>> Endpoint for Router<U> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        // `OPTIONS *`, and a proxy's `CONNECT host:port` (RFC 9112, section 3.2).
        if request.uri().path().starts_with('/') {
            self.routes.call(request).await
        } else {
            self.unmatched.call(request).await
        }
    }
}

/// A route's own part: the method, who may ask, the limits, the handler.
struct Handled {
    route: &'static Route,
    state: Arc<AppState>,
}

impl Endpoint for Handled {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        // Whoever may do nothing here may know what there is: it is the same for all.
        if *request.method() == Method::OPTIONS {
            return Ok(no_content(self.route.allow()));
        }
        let is_head = *request.method() == Method::HEAD;
        let method = self.route.method(request.method()).ok_or(Error::MethodNotAllowed)?;
        // Exhaustive, so that a permission that is added has to be asked for here.
        match method.permission {
            Permission::None => {}
        }
        if !method.method.is_safe() {
            self.count_write(&request)?;
        }
        request.set_data(Arc::clone(&self.state));
        let mut response = self.route.limits.run(request, method.handler, &self.state.policy).await?;
        if is_head {
            response.set_body(());
        }
        Ok(response)
    }
}

impl Handled {
    /// Before anything of the request is read or kept.
    fn count_write(&self, request: &Request) -> std::result::Result<(), Error> {
        let client = request.data::<ClientAddress>().and_then(|client| client.ip);
        self.state.write_rate.count(client).map_err(|wait| {
            self.state.metrics.count_refused_write();
            Error::TooManyWrites { wait }
        })
    }
}

/// What no route fits.
struct Unmatched(Share);

impl Endpoint for Unmatched {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if *request.method() == Method::OPTIONS && request.uri().path() == "*" {
            // Of the server as a whole (RFC 9110, section 9.3.7).
            let mut methods: Vec<&Method> = Vec::new();
            for method in self.0.routes().flat_map(|route| route.methods) {
                if !methods.contains(&&method.method) {
                    methods.push(&method.method);
                }
            }
            return Ok(no_content(allow(methods.into_iter())));
        }
        match without_slash(request.method(), request.uri(), self.0.routes()) {
            Some(url) => Ok(go_to(StatusCode::PERMANENT_REDIRECT, &url)),
            None => Err(Error::NotFound.into()),
        }
    }
}

fn no_content(allow: HeaderValue) -> Response {
    Response::builder().status(StatusCode::NO_CONTENT).header(header::ALLOW, allow).finish()
}

#[cfg(test)]
mod tests;
