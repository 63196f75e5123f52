//! The one table of routes, and how a request finds its own.
//!
//! The route is found before anything else is done, so that whatever a request passes on its way knows it: the span its
//! name, the log whether it is a probe, the error which methods are allowed.

use std::sync::Arc;

use poem::endpoint::ToDynEndpoint;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};

use super::accept::wants_json;
use super::client::ClientAddress;
use super::limits::Limits;
use super::middleware;
use super::ops::{health, metrics};
use super::pages::{
    account, assets, audit, bulk, cancel, changes, edit, export, imports, keys, list, orders, people, search,
    seen, ship, sign_in, sign_out, undo, views, webhooks,
};
use super::principal::Caller;
use super::respond::go_to;
use super::return_path::ReturnPath;
use super::route::{Route, RouteKind, RouteMethod, allow};
use super::trailing_slash::without_slash;
use super::{AppState, Error, waiting_form};
use crate::auth::Permission;
use crate::telemetry::RequestRefusal;

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
    "/"                       Page  READ   { GET Read list::index }
    "/export.csv"             Page  DOWNLOAD { GET Export export::csv }
    "/export.ndjson"          Page  DOWNLOAD { GET Export export::ndjson }
    "/export.json"            Page  DOWNLOAD { GET Export export::json }
    "/export.xlsx"            Page  DOWNLOAD { GET Export export::xlsx }
    "/search"                 Page  FORM   { GET Read list::go_to_list, POST Read search::search }
    "/orders"                 Page  FORM   { GET Read list::go_to_list, POST Write orders::create }
    "/orders/new"             Page  READ   { GET Write orders::new }
    "/orders/{number}"        Page  FORM   { GET Read orders::show, POST Write edit::update }
    "/orders/{number}/edit"   Page  READ   { GET Write edit::edit }
    "/orders/{number}/ship"   Page  FORM   { GET Read ship::go_to_order, POST Write ship::ship }
    "/orders/{number}/deliver" Page FORM   { GET Read ship::go_to_order, POST Write ship::deliver }
    "/orders/{number}/cancel" Page  FORM   { GET Write cancel::ask, POST Write cancel::cancel }
    "/orders/{number}/reopen" Page  FORM   { GET Read ship::go_to_order, POST Write undo::reopen }
    "/orders/{number}/undo"   Page  FORM   { GET Read ship::go_to_order, POST Write undo::undo }
    "/orders/{number}/seen"   Page  FORM   { GET Read ship::go_to_order, POST Write seen::mark }
    "/views"                  Page  FORM   { GET Admin views::index, POST Admin views::create }
    "/views/new"              Page  READ   { GET Admin views::new }
    "/views/{id}"             Page  FORM   { GET Read views::show, POST Admin views::update }
    "/views/{id}/name"        Page  FORM   { GET Admin views::go_to_views, POST Admin views::rename }
    "/views/{id}/move"        Page  FORM   { GET Admin views::go_to_views, POST Admin views::place }
    "/views/{id}/delete"      Page  FORM   { GET Admin views::ask, POST Admin views::delete }
    "/bulk"                   Page  FORM   { GET Write bulk::index, POST Write bulk::create }
    "/bulk/{id}"              Page  FORM   { GET Write bulk::show, POST Write bulk::choose }
    "/bulk/{id}/run"          Page  FORM   { GET Write bulk::go_to_job, POST Write bulk::start }
    "/bulk/{id}/stop"         Page  FORM   { GET Write bulk::go_to_job, POST Write bulk::stop }
    "/bulk/{id}/undo"         Page  FORM   { GET Write bulk::go_to_job, POST Write bulk::undo }
    "/imports"                Page  UPLOAD { GET Write imports::index, POST Write imports::create }
    "/imports/new"            Page  READ   { GET Write imports::new }
    "/imports/{id}"           Page  FORM   { GET Write imports::show, POST Write imports::change }
    "/imports/{id}/wrong"     Page  DOWNLOAD { GET Write imports::wrong }
    "/imports/{id}/run"       Page  FORM   { GET Write imports::go_to_import, POST Write imports::start }
    "/imports/{id}/stop"      Page  FORM   { GET Write imports::go_to_import, POST Write imports::stop }
    "/imports/{id}/discard"   Page  FORM   { GET Write imports::go_to_import, POST Write imports::discard }
    "/imports/{id}/undo"      Page  FORM   { GET Write imports::go_to_import, POST Write imports::undo }
    "/changes"                Page  READ   { GET Read changes::index }
    "/changes.csv"            Page  DOWNLOAD { GET Export changes::csv }
    "/changes.ndjson"         Page  DOWNLOAD { GET Export changes::ndjson }
    "/keys"                   Page  READ   { GET Read keys::index }
    "/audit"                  Page  READ   { GET Audit audit::index }
    "/audit.csv"              Page  DOWNLOAD { GET Audit audit::csv }
    "/audit.ndjson"           Page  DOWNLOAD { GET Audit audit::ndjson }
    "/webhooks"               Page  READ   { GET Admin webhooks::index }
    "/webhooks/resend-failed" Page  FORM   { POST Admin webhooks::resend_failed }
    "/webhooks/{id}/resend"   Page  FORM   { POST Admin webhooks::resend }
    "/webhooks/{id}/discard"  Page  FORM   { POST Admin webhooks::discard }
    // The replaced application's form.
    "/add_order"              Page  FORM   { POST Write orders::create }
    "/sign-in"                Page  READ   { GET None sign_in::show }
    // By links alone: what leads to another host must not come of a form, which browsers keep to this one (CSP's
    // form-action).
    "/sign-in/start"          Page  READ   { GET None sign_in::start }
    "/sign-in/callback"       Page  READ   { GET None sign_in::finish }
    "/sign-out"               Page  FORM   { GET None sign_out::show, POST None sign_out::end }
    "/account"                Page  READ   { GET SignedIn account::show }
    "/account/end-others"     Page  FORM   { GET SignedIn account::go_to_account, POST SignedIn account::end_others }
    "/account/{id}/end"       Page  FORM   { GET SignedIn account::go_to_account, POST SignedIn account::end_one }
    "/people"                 Page  READ   { GET Admin people::index }
    "/people/{id}"            Page  READ   { GET Admin people::show }
    "/people/{id}/disable"    Page  FORM   { GET Admin people::go_to_person, POST Admin people::disable }
    "/people/{id}/enable"     Page  FORM   { GET Admin people::go_to_person, POST Admin people::enable }
    "/people/{id}/end-all"    Page  FORM   { GET Admin people::go_to_person, POST Admin people::end_all }
    "/people/{id}/sessions/{session}/end" Page FORM { GET Admin people::go_to_person, POST Admin people::end_one }
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

/// Methods and paths from which strangers get nothing, where people sign in.
pub fn closed_to_strangers() -> impl Iterator<Item = (&'static Method, &'static str)> {
    let methods = ROUTES.iter().flat_map(|route| route.methods.iter().map(move |method| (route, method)));
    let closed = methods.filter(|(_, method)| method.permission != Permission::None);
    closed.map(|(route, method)| (&method.method, route.path))
}

/// What answers a form whose session is over.
static KEEP_FORM: ToDynEndpoint<waiting_form::keep> = ToDynEndpoint(waiting_form::keep);

/// For whoever has to be known.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

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
    let unmatched = Unmatched { share, state: Arc::clone(state) };
    let unmatched = Arc::new(middleware::around(unmatched, None, state));
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
        let caller = Caller::of(&request);
        match self.admit(&request, &caller, method.permission).await {
            Ok(None) => {}
            Ok(Some(redirect)) => return Ok(redirect),
            Err(Error::NotSignedIn) => return self.keep_form(request, &caller).await,
            Err(error) => return Err(error.into()),
        }
        if !method.method.is_safe() {
            self.count_write(&request)?;
        }
        request.set_data(Arc::clone(&self.state));
        let handled = self.route.limits.run(request, method.handler, &self.state.policy);
        let mut response = caller.visitor(&self.state).looks_at(handled).await?;
        // Who comes after somebody who has signed out finds nothing of it.
        if method.permission != Permission::None && self.state.sign_in.is_some() {
            response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
        }
        if is_head {
            response.set_body(());
        }
        Ok(response)
    }
}

impl Handled {
    /// Lets through who may do what a method asks for; leads who has not signed in to where people do.
    async fn admit(
        &self,
        request: &Request,
        caller: &Caller,
        permission: Permission,
    ) -> std::result::Result<Option<Response>, Error> {
        // For what anybody may do, nobody is asked who they are: it goes on without a database.
        if permission == Permission::None && self.state.sign_in.is_some() {
            return Ok(None);
        }
        match caller.find(request, &self.state).await? {
            Some(principal) if principal.may(permission) => Ok(None),
            Some(principal) => {
                self.state.metrics.count_refused_request(RequestRefusal::NotAllowed);
                let roles = principal.session().map(|session| session.roles.words()).unwrap_or_default();
                Err(Error::NotAllowed { permission, roles })
            }
            None if !request.method().is_safe() || wants_json(request.headers()) => Err(Error::NotSignedIn),
            None => {
                let path = ReturnPath::of(request.uri());
                Ok(Some(go_to(StatusCode::SEE_OTHER, &ReturnPath::sign_in_url(path.as_ref()))))
            }
        }
    }

    /// Has the form of somebody whose session is over wait until they have signed in again, if it may.
    async fn keep_form(&self, mut request: Request, caller: &Caller) -> Result<Response> {
        if !Box::pin(waiting_form::may_wait(&mut request, &self.state)).await? {
            self.state.metrics.count_refused_request(RequestRefusal::NotSignedIn);
            return Err(Error::NotSignedIn.into());
        }
        self.count_write(&request)?;
        request.set_data(Arc::clone(&self.state));
        let kept = waiting_form::LIMITS.run(request, &KEEP_FORM, &self.state.policy);
        caller.visitor(&self.state).looks_at(kept).await
    }

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
struct Unmatched {
    share: Share,
    state: Arc<AppState>,
}

impl Endpoint for Unmatched {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if *request.method() == Method::OPTIONS && request.uri().path() == "*" {
            // Of the server as a whole (RFC 9110, section 9.3.7).
            let mut methods: Vec<&Method> = Vec::new();
            for method in self.share.routes().flat_map(|route| route.methods) {
                if !methods.contains(&&method.method) {
                    methods.push(&method.method);
                }
            }
            return Ok(no_content(allow(methods.into_iter())));
        }
        if let Some(url) = without_slash(request.method(), request.uri(), self.share.routes()) {
            return Ok(go_to(StatusCode::PERMANENT_REDIRECT, &url));
        }
        // The page says who they are, if it can.
        if let Err(error) = Caller::of(&request).find(&request, &self.state).await {
            tracing::debug!(%error, "nobody knows for whom the page is");
        }
        Err(Error::NotFound.into())
    }
}

fn no_content(allow: HeaderValue) -> Response {
    Response::builder().status(StatusCode::NO_CONTENT).header(header::ALLOW, allow).finish()
}

#[cfg(test)]
mod tests;
