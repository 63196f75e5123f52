//! Messages of the outbox, as Diesel reads them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;

use crate::db::message::{LeasedMessage, MessageId, MessageState, OutboxMessage};
use crate::db::schema::outbox;
use crate::db::stray_cards::masked_body;
use crate::order::{EventKind, OrderNumber, Timestamp};

/// A message as it is sent.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite, Mssql))]
pub struct DueRow {
    id: i64,
    message_id: String,
    body: String,
    attempts: i32,
}

impl DueRow {
    pub fn into_leased(self, until: Timestamp) -> LeasedMessage {
        LeasedMessage {
            id: MessageId::recorded(self.id),
            webhook_id: self.message_id,
            // What was stored before card numbers were looked for is not sent either.
            body: masked_body(&self.body).unwrap_or(self.body),
            attempt: self.attempts.unsigned_abs(),
            until,
        }
    }
}

/// A message as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite, Mssql))]
pub struct MessageRow {
    id: i64,
    message_id: String,
    endpoint: String,
    order_number: OrderNumber,
    version: i32,
    kind: EventKind,
    created_at: Timestamp,
    state: MessageState,
    attempts: i32,
    next_attempt_at: Timestamp,
    claimed_until: Option<Timestamp>,
    last_error: Option<String>,
    settled_at: Option<Timestamp>,
}

impl MessageRow {
    pub fn into_message(self, is_held_back: bool) -> OutboxMessage {
        OutboxMessage {
            id: MessageId::recorded(self.id),
            webhook_id: self.message_id,
            endpoint: self.endpoint,
            order: self.order_number,
            version: self.version,
            kind: self.kind,
            created_at: self.created_at,
            state: self.state,
            attempts: self.attempts.unsigned_abs(),
            next_attempt_at: self.next_attempt_at,
            claimed_until: self.claimed_until,
            last_error: self.last_error,
            settled_at: self.settled_at,
            is_held_back,
        }
    }
}
