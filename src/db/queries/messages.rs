//! The outbox as people see it: what was not delivered, and what they decide about it.

use diesel::dsl::{case_when, exists};
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;

use super::outbox::{earlier, is_held_back};
use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::message::{
    Backlog, EndpointCount, MessageFilter, MessageId, MessageState, OutboxMessage, Settled,
};
use crate::db::rows::MessageRow;
use crate::db::schema::outbox;
use crate::order::Timestamp;

const WAITING: &str = MessageState::Waiting.as_str();
const FAILED: &str = MessageState::Failed.as_str();

/// Messages with less than an id, newest first.
pub async fn list_messages(
    conn: &mut Conn,
    scope: MessageFilter,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<OutboxMessage>, DbError> {
    let before = before.map_or(i64::MAX, MessageId::get);
    let rows: Vec<(MessageRow, i32)> = match scope {
        MessageFilter::Open => load(open_messages(before, limit), conn).await?,
        MessageFilter::All => load(all_messages(before, limit), conn).await?,
    };
    Ok(rows.into_iter().map(|(row, held_back)| row.into_message(held_back != 0)).collect())
}

/// How many messages are not settled, by endpoint.
///
/// In one slice, however many they are: counting 200,000 entries of the index takes SQLite 9 ms.
pub async fn count_open(conn: &mut Conn, _rows: i64) -> Result<Backlog, DbError> {
    let mut endpoints: Vec<EndpointCount> = Vec::new();
    for state in [WAITING, FAILED] {
        let counts: Vec<(String, i64)> = load(messages_in(state), conn).await?;
        for (endpoint, count) in counts {
            let at = endpoints.iter().position(|one| one.endpoint == endpoint).unwrap_or_else(|| {
                endpoints.push(EndpointCount { endpoint, waiting: 0, failed: 0 });
                endpoints.len() - 1
            });
            if let Some(one) = endpoints.get_mut(at) {
                *(if state == WAITING { &mut one.waiting } else { &mut one.failed }) += count.unsigned_abs();
            }
        }
    }
    endpoints.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
    let oldest: Vec<Timestamp> = load(oldest_waiting(), conn).await?;
    Ok(Backlog { endpoints, oldest_waiting: oldest.into_iter().next() })
}

/// Some messages that have failed.
pub async fn list_failed(conn: &mut Conn, limit: i64) -> Result<Vec<MessageId>, DbError> {
    let ids: Vec<i64> = load(failed_messages(limit), conn).await?;
    Ok(ids.into_iter().map(MessageId::recorded).collect())
}

/// Makes messages due at once, as if never attempted; all of them or none.
pub async fn resend(conn: &mut Conn, ids: &[MessageId], now: Timestamp) -> Result<Settled, DbError> {
    let not_open = not_open(conn, ids).await?;
    if !not_open.is_empty() {
        return Ok(Settled::NotOpen(not_open));
    }
    diesel::update(
        outbox::table.filter(outbox::id.eq_any(numbers(ids))).filter(outbox::settled_at.is_null()),
    )
    .set((outbox::state.eq(WAITING), outbox::attempts.eq(0), outbox::next_attempt_at.eq(now)))
    .execute(conn)
    .await?;
    Ok(Settled::Done)
}

/// Decides that messages are not to be sent; all of them or none.
pub async fn discard(conn: &mut Conn, ids: &[MessageId], now: Timestamp) -> Result<Settled, DbError> {
    let not_open = not_open(conn, ids).await?;
    if !not_open.is_empty() {
        return Ok(Settled::NotOpen(not_open));
    }
    diesel::update(
        outbox::table.filter(outbox::id.eq_any(numbers(ids))).filter(outbox::settled_at.is_null()),
    )
    .set((outbox::state.eq(MessageState::Discarded.as_str()), outbox::settled_at.eq(now)))
    .execute(conn)
    .await?;
    Ok(Settled::Done)
}

async fn not_open(conn: &mut Conn, ids: &[MessageId]) -> Result<Vec<MessageId>, DbError> {
    let open: Vec<i64> = load(open_among(numbers(ids)), conn).await?;
    Ok(ids.iter().copied().filter(|id| !open.contains(&id.get())).collect())
}

fn numbers(ids: &[MessageId]) -> Vec<i64> {
    ids.iter().map(|id| id.get()).collect()
}

fn open_messages(before: i64, limit: i64) -> impl Rows<(MessageRow, i32)> {
    outbox::table
        .filter(outbox::settled_at.is_null())
        .filter(outbox::id.lt(before))
        .order(outbox::id.desc())
        .limit(limit)
        .select((MessageRow::as_select(), case_when(is_held_back!(), 1.into_sql::<Integer>()).otherwise(0)))
}

fn all_messages(before: i64, limit: i64) -> impl Rows<(MessageRow, i32)> {
    outbox::table
        .filter(outbox::id.lt(before))
        .order(outbox::id.desc())
        .limit(limit)
        .select((MessageRow::as_select(), case_when(is_held_back!(), 1.into_sql::<Integer>()).otherwise(0)))
}

fn messages_in(state: &'static str) -> impl Rows<(String, i64)> {
    outbox::table
        .filter(outbox::state.eq(state))
        .group_by(outbox::endpoint)
        .order(outbox::endpoint)
        .select((outbox::endpoint, diesel::dsl::count_star()))
}

fn oldest_waiting() -> impl Rows<Timestamp> {
    outbox::table
        .filter(outbox::settled_at.is_null())
        .filter(outbox::state.eq(WAITING))
        .order(outbox::id)
        .limit(1)
        .select(outbox::created_at)
}

fn failed_messages(limit: i64) -> impl Rows<i64> {
    outbox::table
        .filter(outbox::state.eq(FAILED))
        .order((outbox::endpoint, outbox::next_attempt_at, outbox::id))
        .limit(limit)
        .select(outbox::id)
}

fn open_among(ids: Vec<i64>) -> impl Rows<i64> {
    outbox::table
        .filter(outbox::id.eq_any(ids))
        .filter(outbox::settled_at.is_null())
        .order(outbox::id)
        .select(outbox::id)
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    vec![
        ("open_messages", sql(&open_messages(99, 25))),
        ("all_messages", sql(&all_messages(99, 25))),
        ("messages_in", sql(&messages_in(WAITING))),
        ("oldest_waiting", sql(&oldest_waiting())),
        ("failed_messages", sql(&failed_messages(25))),
        ("open_among", sql(&open_among(vec![1, 2]))),
    ]
}
