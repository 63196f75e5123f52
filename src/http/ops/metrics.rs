//! How the desk is doing, in numbers that Prometheus reads.

use std::sync::Arc;
use std::time::Duration;

use poem::http::{HeaderMap, HeaderValue, header};
use poem::web::Data;
use poem::{IntoResponse, Response, handler};

use crate::http::{AppState, Error};
use crate::order::Timestamp;
use crate::telemetry::Undelivered;

const OPEN_METRICS: &str = "application/openmetrics-text";
/// For the database to count: Prometheus waits for seconds only.
const COUNT_TIMEOUT: Duration = Duration::from_millis(1500);

/// All metrics, in the format that is asked for.
#[handler]
pub async fn show(Data(state): Data<&Arc<AppState>>, headers: &HeaderMap) -> Result<Response, Error> {
    let metrics = &state.metrics;
    metrics.set_database_use(state.db.usage());
    metrics.set_database_damaged(state.db.is_damaged());
    if !state.db.outbox().endpoints().is_empty() {
        metrics.set_undelivered(undelivered(state).await);
    }
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

/// The backlog of webhook messages; none if the database does not answer in time.
async fn undelivered(state: &AppState) -> Option<Undelivered> {
    let backlog = match tokio::time::timeout(COUNT_TIMEOUT, state.db.count_messages(None)).await {
        Ok(Ok(backlog)) => backlog,
        Ok(Err(error)) => {
            tracing::warn!(%error, "webhook messages cannot be counted");
            return None;
        }
        Err(_) => return None,
    };
    let age = |oldest: Timestamp| (state.clock.utc().get() - oldest.get()).as_seconds_f64().max(0.0);
    Some(Undelivered {
        waiting: backlog.waiting(),
        failed: backlog.failed(),
        oldest_seconds: backlog.oldest_waiting.map_or(0.0, age),
    })
}

fn wants_open_metrics(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    asked.flat_map(|list| list.split(',')).any(|one| one.trim().starts_with(OPEN_METRICS))
}
