//! Whether the process lives, and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{IntoResponse, Response, handler};

use crate::db::DbError;
use crate::http::{AppState, NotReady};

/// How often the desk itself checks whether the database answers.
const CHECK_INTERVAL: Duration = Duration::from_secs(15);

/// The process answers: a restart would help nothing.
#[handler]
pub fn process() -> Response {
    plain(StatusCode::OK, "ok\n")
}

/// The database answers and takes changes, people can sign in as far as the settings go, and the desk is not about to
/// stop: requests may come here.
#[handler]
pub async fn database(Data(state): Data<&Arc<AppState>>) -> Response {
    if state.readiness.is_off() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if let Some(why) = state.readiness.held() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, held(why));
    }
    match look(state).await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            plain(StatusCode::SERVICE_UNAVAILABLE, in_words(&error))
        }
    }
}

/// Keeps the database's metrics current, also without readiness probes; runs until it is dropped.
pub async fn watch_database(state: Arc<AppState>) {
    loop {
        if let Err(error) = look(&state).await {
            tracing::debug!(%error, "the database check failed");
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

/// What whoever asks is told; the log has the cause.
fn in_words(error: &DbError) -> &'static str {
    match error {
        DbError::Full(_)
        | DbError::Uncertain(_)
        | DbError::Damaged(_)
        | DbError::Displaced(_)
        | DbError::ReadOnly(_) => "the database takes no changes\n",
        _ => "the database does not answer\n",
    }
}

fn held(why: NotReady) -> &'static str {
    match why {
        NotReady::SignInUntried => "the provider of identities is being asked\n",
        NotReady::SignInWrong => {
            "nobody can sign in: the settings do not fit the provider of identities; the log says why\n"
        }
    }
}

/// Checks whether the database answers and takes changes; sets the metric, and logs changes.
async fn look(state: &AppState) -> Result<(), DbError> {
    let answer = state.db.check().await;
    match (state.metrics.set_database_up(answer.is_ok()), &answer) {
        (true, Err(error)) => tracing::error!(%error, "{}", in_words(error).trim_end()),
        (false, Ok(())) => tracing::info!("the database answers"),
        _ => {}
    }
    answer
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    text.with_header("cache-control", "no-store").with_status(status).into_response()
}
