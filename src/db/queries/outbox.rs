//! The outbox as it is sent: messages of webhooks, from the order's own transaction to their receiver.
//!
//! Of several desks one sends a message: the one that leases it by updating its row. When the lease expires, another
//! desk may lease it and send it again.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, Rows, load};
use crate::db::DbError;
use crate::db::lease::is_free;
use crate::db::message::{DeliveryFailure, DeliveryOutcome, LeasedMessage, MessageId, MessageState};
use crate::db::order_event::OrderEvent;
use crate::db::outbox::Outbox;
use crate::db::rows::DueRow;
use crate::db::schema::outbox;
use crate::order::Timestamp;

const WAITING: &str = MessageState::Waiting.as_str();

/// Inserts the message about an event for every endpoint.
pub async fn insert_messages(
    conn: &mut Conn,
    outbox: &Outbox,
    event: &OrderEvent<'_>,
) -> Result<(), DbError> {
    let Some(said) = outbox.compose(event)? else { return Ok(()) };
    for endpoint in outbox.endpoints() {
        diesel::insert_into(outbox::table)
            .values((
                outbox::message_id.eq(&said.webhook_id),
                outbox::endpoint.eq(endpoint),
                outbox::order_number.eq(event.order.number.get()),
                outbox::version.eq(event.version),
                outbox::kind.eq(event.kind.as_str()),
                outbox::body.eq(&said.body),
                outbox::created_at.eq(event.at),
                outbox::state.eq(WAITING),
                outbox::attempts.eq(0),
                outbox::next_attempt_at.eq(event.at),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Messages that an endpoint may be sent now, the longest due first.
pub async fn list_due(
    conn: &mut Conn,
    endpoint: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<MessageId>, DbError> {
    let ids: Vec<i64> = load(due_messages(endpoint, now, limit), conn).await?;
    Ok(ids.into_iter().map(MessageId::recorded).collect())
}

/// Leases those messages that are still due and not leased by another desk.
pub async fn lease(
    conn: &mut Conn,
    ids: &[MessageId],
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<LeasedMessage>, DbError> {
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        // The conditions of the query before, once more: another desk may have leased the row since.
        let is_ours = diesel::update(
            outbox::table
                .filter(outbox::id.eq(id.get()))
                .filter(outbox::state.eq(WAITING))
                .filter(outbox::next_attempt_at.le(now))
                .filter(is_free!(outbox, now)),
        )
        .set((outbox::claimed_until.eq(until), outbox::attempts.eq(outbox::attempts + 1)))
        .execute(conn)
        .await?
            == 1;
        if is_ours {
            let row: Vec<DueRow> = load(message_to_send(id.get()), conn).await?;
            claimed.extend(row.into_iter().map(|row| row.into_leased(until)));
        }
    }
    Ok(claimed)
}

/// Records the result of a delivery attempt.
///
/// A delivery counts even after the lease has expired; every other result needs the lease.
pub async fn finish(
    conn: &mut Conn,
    message: &LeasedMessage,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), DbError> {
    let this = outbox::table.filter(outbox::id.eq(message.id.get()));
    let ours = this.filter(outbox::state.eq(WAITING)).filter(outbox::claimed_until.eq(message.until));
    let free = outbox::claimed_until.eq(None::<Timestamp>);
    match outcome {
        DeliveryOutcome::Delivered(status) => {
            let state = outbox::state.eq(MessageState::Delivered.as_str());
            let done = (outbox::settled_at.eq(now), outbox::last_status.eq(small(*status)));
            let no_error = outbox::last_error.eq(None::<String>);
            diesel::update(this).set((state, done, no_error, free)).execute(conn).await?;
        }
        DeliveryOutcome::Retry { at, reason } => {
            let next = outbox::next_attempt_at.eq(*at);
            diesel::update(ours).set((next, free, why(reason))).execute(conn).await?;
        }
        DeliveryOutcome::Failed(reason) => {
            let state = outbox::state.eq(MessageState::Failed.as_str());
            diesel::update(ours).set((state, free, why(reason))).execute(conn).await?;
        }
    }
    Ok(())
}

type Why =
    (diesel::dsl::Eq<outbox::last_status, Option<i16>>, diesel::dsl::Eq<outbox::last_error, Option<String>>);

fn why(reason: &DeliveryFailure) -> Why {
    (outbox::last_status.eq(reason.status.and_then(small)), outbox::last_error.eq(Some(reason.words.clone())))
}

fn small(status: u16) -> Option<i16> {
    i16::try_from(status).ok()
}

/// Deletes some of what was settled before a time; how many.
pub async fn delete_settled(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<usize, DbError> {
    let ids: Vec<i64> = load(settled_before(before, limit), conn).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(outbox::table.filter(outbox::id.eq_any(ids))).execute(conn).await?)
}

diesel::alias!(outbox as earlier: EarlierMessage);

/// Whether a message about an earlier version of the same order has not reached the same endpoint.
macro_rules! is_held_back {
    () => {
        exists(
            earlier
                .filter(earlier.field(outbox::order_number).eq(outbox::order_number))
                .filter(earlier.field(outbox::endpoint).eq(outbox::endpoint))
                .filter(earlier.field(outbox::version).lt(outbox::version))
                .filter(earlier.field(outbox::settled_at).is_null())
                .select(earlier.field(outbox::id)),
        )
    };
}

pub(super) use is_held_back;

fn due_messages(endpoint: &str, now: Timestamp, limit: i64) -> impl Rows<i64> + use<> {
    outbox::table
        .filter(outbox::state.eq(WAITING))
        .filter(outbox::endpoint.eq(endpoint.to_owned()))
        .filter(outbox::next_attempt_at.le(now))
        .filter(is_free!(outbox, now))
        .filter(not(is_held_back!()))
        .order((outbox::next_attempt_at, outbox::id))
        .limit(limit)
        .select(outbox::id)
}

fn message_to_send(id: i64) -> impl Rows<DueRow> {
    outbox::table.filter(outbox::id.eq(id)).select(DueRow::as_select())
}

fn settled_before(time: Timestamp, limit: i64) -> impl Rows<i64> {
    outbox::table
        .filter(outbox::settled_at.lt(time))
        .order((outbox::settled_at, outbox::id))
        .limit(limit)
        .select(outbox::id)
}

/// The SQL of every query, with values to try it with.
#[cfg(test)]
pub fn all() -> Vec<(&'static str, String)> {
    use super::sql;
    let now = Timestamp::parse("2026-11-04 12:00:00").unwrap();
    vec![
        ("due_messages", sql(&due_messages("https://a.example/", now, 8))),
        ("message_to_send", sql(&message_to_send(7))),
        ("settled_before", sql(&settled_before(now, 25))),
    ]
}
