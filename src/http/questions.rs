//! What is asked before an order is added.

use std::time::Duration;

use poem::Response;
use poem::http::StatusCode;

use super::AppState;
use super::respond::problem;
use crate::db::DbError;
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
    let (alike, usual) = tokio::join!(
        looked(state.db.list_alike(order, now)),
        looked(state.db.usual_quantity(&order.product)),
    );
    let alike = alike.unwrap_or_default().into_iter().map(Doubt::Alike);
    let usual = usual.flatten().filter(|usual| usual.is_exceeded_by(order.quantity));
    let quantity =
        usual.map(|usual| Doubt::Quantity { product: order.product, quantity: order.quantity, usual });
    alike.chain(quantity).filter(|doubt| !confirmed.covers(&doubt.question())).collect()
}

/// What a look finds; none if it fails, or takes longer than a clerk is to wait for it.
async fn looked<T>(look: impl Future<Output = Result<T, DbError>>) -> Option<T> {
    let cause = match tokio::time::timeout(LOOK_TIME, look).await {
        Ok(Ok(found)) => return Some(found),
        Ok(Err(error)) => error.to_string(),
        Err(elapsed) => elapsed.to_string(),
    };
    tracing::warn!(error = cause, "an order is added without a question");
    None
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
