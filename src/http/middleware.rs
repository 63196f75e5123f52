//! What every request passes on its way to a route, and every answer on its way back.

mod compression;
mod errors;
mod headers;
mod metrics;
mod origin;
mod request_id;
mod request_log;
mod trace;

use std::sync::Arc;

use compression::CompressedPages;
use errors::ErrorPages;
use headers::SecurityHeaders;
use metrics::RequestMetrics;
pub use metrics::UnreadRequests;
use origin::OriginCheck;
use poem::{Endpoint, Response};
use request_log::RequestLog;

use super::AppState;
use super::route::Route;

/// All of it, around what answers a route, or what answers where none fits. The outermost comes first.
pub fn around<E: Endpoint<Output = Response>>(
    endpoint: E,
    route: Option<&'static Route>,
    state: &Arc<AppState>,
) -> impl Endpoint<Output = Response> + use<E> {
    let checked = OriginCheck::new(endpoint, route, Arc::clone(state));
    let explained = ErrorPages::new(checked, route, Arc::clone(state));
    let headed = SecurityHeaders::new(CompressedPages(explained), Arc::clone(state));
    let logged = RequestLog::new(headed, route, Arc::clone(state));
    RequestMetrics::new(logged, route, &state.metrics)
}
