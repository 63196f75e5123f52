//! Whether the process lives, and whether it can serve.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{IntoResponse, Response, handler};

use super::Desk;

/// The process answers: a restart would help nothing.
#[handler]
pub(super) fn process() -> Response {
    plain(StatusCode::OK, "ok\n")
}

/// The database answers and the desk is not about to stop: requests may come here.
#[handler]
pub(super) async fn database(Data(desk): Data<&Arc<Desk>>) -> Response {
    if desk.readiness.is_off() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match desk.db.check().await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            plain(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    text.with_header("cache-control", "no-store").with_status(status).into_response()
}
