//! The page of what webhooks did not deliver, and what its buttons do.

use std::sync::Arc;
use std::time::Duration;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};

use crate::db::{DbError, MessageFilter, MessageId, MessageState, OutboxMessage, Settled};
use crate::http::accept::wants_json;
use crate::http::access::{AccessLog, LoggedAccess};
use crate::http::address::Query;
use crate::http::respond::{clear_notice, go_to, html, leave_notice, notice, problem};
use crate::http::{AppState, Error};
use crate::order::{Deed, End, Reason, WebhookAct};
use crate::view::{ErrorPage, MessageNotice, Messages, WEBHOOKS_URL, WebhooksPage};

const ROWS: usize = 50;
/// For the database to begin to count, while other long reads have their turns.
const COUNT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is not settled, newest first.
#[handler]
pub async fn index(
    Data(state): Data<&Arc<AppState>>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let before = Query::of(uri).first("before").and_then(MessageId::parse);
    let one_more = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let found = state.db.list_messages(MessageFilter::Open, before, one_more).await?;
    if found.is_empty() && before.is_some() {
        return Ok(go_to(StatusCode::FOUND, WEBHOOKS_URL));
    }
    let backlog = state.db.count_messages(Some(COUNT_TIMEOUT)).await?;
    let messages = Messages {
        some: found.get(..ROWS).unwrap_or(&found),
        has_newer: before.is_some(),
        has_older: found.len() > ROWS,
    };
    let notice = notice(headers, WEBHOOKS_URL).and_then(MessageNotice::parse);
    let endpoints = state.db.outbox().endpoints();
    let page = WebhooksPage::new(messages, &backlog, endpoints, notice, state.clock.utc());
    let mut response = html(state, StatusCode::OK, &page)?;
    if notice.is_some() {
        clear_notice(&mut response, WEBHOOKS_URL);
    }
    Ok(response)
}

/// Makes a message due at once.
#[handler]
pub async fn resend(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
    log: AccessLog,
) -> Result<Response, Error> {
    let Some(id) = MessageId::parse(&id) else { return not_there(state, headers) };
    let log = log.begin(Deed::Webhook { message: Some(id.get()), act: WebhookAct::Resent }).await?;
    let settled = state.db.resend_messages(&[id], state.clock.utc()).await;
    match end(log, settled).await? {
        Settled::Done => Ok(done(MessageNotice::Resent(id))),
        Settled::NotOpen(_) => not_open(state, headers, id).await,
    }
}

/// Decides that a message is not to be sent.
#[handler]
pub async fn discard(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
    log: AccessLog,
) -> Result<Response, Error> {
    let Some(id) = MessageId::parse(&id) else { return not_there(state, headers) };
    let log = log.begin(Deed::Webhook { message: Some(id.get()), act: WebhookAct::Discarded }).await?;
    let settled = state.db.discard_messages(&[id], state.clock.utc()).await;
    match end(log, settled).await? {
        Settled::Done => Ok(done(MessageNotice::Discarded(id))),
        Settled::NotOpen(_) => not_open(state, headers, id).await,
    }
}

/// Makes all messages due that were given up.
#[handler]
pub async fn resend_failed(Data(state): Data<&Arc<AppState>>, log: AccessLog) -> Result<Response, Error> {
    let log = log.begin(Deed::Webhook { message: None, act: WebhookAct::Resent }).await?;
    let resent = log.run(state.db.resend_failed_messages(state.clock.utc())).await?;
    Ok(done(MessageNotice::AllResent(resent)))
}

/// Writes down what came of it.
async fn end(log: LoggedAccess, settled: Result<Settled, DbError>) -> Result<Settled, Error> {
    match settled {
        Ok(Settled::NotOpen(_)) => log.refuse(Reason::NotPossible).await,
        Ok(Settled::Done) => log.end(End::Finished).await,
        Err(_) => log.end(End::Failed).await,
    }
    Ok(settled?)
}

/// Why nothing can be done with a message.
async fn not_open(state: &AppState, headers: &HeaderMap, id: MessageId) -> Result<Response, Error> {
    match state.db.find_message(id).await? {
        Some(message) => settled(state, headers, &message),
        None => not_there(state, headers),
    }
}

fn settled(state: &AppState, headers: &HeaderMap, message: &OutboxMessage) -> Result<Response, Error> {
    let what = match message.state {
        MessageState::Delivered => "delivered",
        MessageState::Discarded => "discarded",
        // It has changed since.
        MessageState::Waiting | MessageState::Failed => "settled",
    };
    let heading = format!("Message {} was {what} already", message.id);
    refusal(
        state,
        headers,
        StatusCode::CONFLICT,
        (&heading, "Nothing is left to do about it. Nothing was changed."),
    )
}

fn not_there(state: &AppState, headers: &HeaderMap) -> Result<Response, Error> {
    let words = (
        "There is no such message",
        "What was delivered or discarded is kept for 30 days. Nothing was changed.",
    );
    refusal(state, headers, StatusCode::NOT_FOUND, words)
}

fn refusal(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    (heading, message): (&str, &str),
) -> Result<Response, Error> {
    if wants_json(headers) {
        return Ok(problem(status, heading, message, &serde_json::Value::Null));
    }
    let page = ErrorPage::new(status.as_u16(), heading, message, "", "")
        .leading_to([(WEBHOOKS_URL, "Go to the webhooks")]);
    html(state, status, &page)
}

/// Leads to the page, which says once what has happened.
fn done(notice: MessageNotice) -> Response {
    let mut response = go_to(StatusCode::SEE_OTHER, WEBHOOKS_URL);
    leave_notice(&mut response, WEBHOOKS_URL, &notice.word());
    response
}
