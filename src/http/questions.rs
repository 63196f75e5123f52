//! What is asked before an order is added.

use std::time::Duration;

use poem::Response;
use poem::http::StatusCode;

use super::AppState;
use super::respond::problem;
use crate::order::{Confirmed, Doubt, NewOrder, Timestamp};
use crate::view::QuestionText;

/// How long is looked for a reason to ask: what a clerk hardly notices.
const LOOK_TIME: Duration = Duration::from_millis(500);

/// What there is to ask about a new order, but for what was asked already.
///
/// Nothing where the database does not tell in time: no order has to wait for a question.
pub(super) async fn doubts_about(
    state: &AppState,
    order: &NewOrder,
    confirmed: &Confirmed,
    now: Timestamp,
) -> Vec<Doubt> {
    let doubts = match tokio::time::timeout(LOOK_TIME, state.db.list_alike(order, now)).await {
        Ok(Ok(alike)) => alike.into_iter().map(Doubt::Alike).collect(),
        Ok(Err(error)) => unasked(&error),
        Err(elapsed) => unasked(&elapsed),
    };
    let mut doubts: Vec<Doubt> = doubts;
    doubts.retain(|doubt| !confirmed.covers(&doubt.question()));
    doubts
}

fn unasked(error: &dyn std::error::Error) -> Vec<Doubt> {
    tracing::warn!(%error, "an order is added without a question");
    Vec::new()
}

/// The questions as problem details, with what says yes to them (RFC 9457).
pub(super) fn problem_of_questions(questions: &[QuestionText], confirmed: &Confirmed) -> Response {
    let sentences: Vec<String> = questions.iter().map(QuestionText::sentence).collect();
    let detail = format!(
        "{} Nothing was added. To add the order all the same, send it again with the field confirmed as it is here.",
        sentences.join(" ")
    );
    let all: Vec<_> = questions
        .iter()
        .map(|question| serde_json::json!({ "detail": question.sentence(), "order": question.url() }))
        .collect();
    let more = serde_json::json!({
        "type": "urn:problem-type:orders:confirmation-needed",
        "questions": all,
        "confirmed": confirmed.to_string(),
    });
    problem(StatusCode::CONFLICT, "The order may not be meant so", &detail, &more)
}
