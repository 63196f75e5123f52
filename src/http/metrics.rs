//! How the desk is doing, in numbers that Prometheus reads.

use std::sync::Arc;

use poem::http::{HeaderMap, HeaderValue, header};
use poem::web::Data;
use poem::{IntoResponse, Response, handler};

use super::{Desk, Error};

const OPEN_METRICS: &str = "application/openmetrics-text";

/// All metrics, in the format that is asked for.
#[handler]
pub(super) fn show(Data(desk): Data<&Arc<Desk>>, headers: &HeaderMap) -> Result<Response, Error> {
    let metrics = &desk.metrics;
    let (text, content_type) = if wants_open_metrics(headers) {
        (metrics.open_metrics(), "application/openmetrics-text; version=1.0.0; charset=utf-8")
    } else {
        (metrics.text(), "text/plain; version=0.0.4; charset=utf-8")
    };
    let text = text.map_err(|error| Error::Internal(format!("the metrics cannot be written: {error}")))?;
    let mut response = text.with_header(header::CACHE_CONTROL, "no-store").into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(response)
}

fn wants_open_metrics(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    asked.flat_map(|list| list.split(',')).any(|one| one.trim().starts_with(OPEN_METRICS))
}
