//! Webhook messages: leased for sending, and as the webhooks page shows them.

use std::fmt;

use super::outbox::wire_type;
use crate::order::{EventKind, OrderNumber, Timestamp};

/// What the desk calls a message, counted up by the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(i64);

impl MessageId {
    /// Reads an id; only canonical digits are one.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.parse().ok().filter(|id| *id > 0).map(Self)?;
        (id.to_string() == text).then_some(id)
    }

    pub(super) fn recorded(id: i64) -> Self {
        Self(id)
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// It will be sent, or sent again.
    Waiting,
    /// It was given up, and holds back those behind it.
    Failed,
    Delivered,
    /// Somebody decided that it is not to be sent.
    Discarded,
}

impl MessageState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Failed, Self::Delivered, Self::Discarded];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Discarded => "discarded",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A message that only this desk sends until the lease expires.
#[derive(Debug, Clone)]
pub struct LeasedMessage {
    pub id: MessageId,
    /// The same at every attempt.
    pub webhook_id: String,
    pub body: String,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// When the lease expires; this exact time identifies the lease.
    pub until: Timestamp,
}

/// The result of one delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The receiver accepted it, with this status.
    Delivered(u16),
    /// The receiver did not accept it; the next attempt is scheduled.
    Retry { at: Timestamp, reason: DeliveryFailure },
    /// The receiver did not accept it, and there is no further attempt.
    Failed(DeliveryFailure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFailure {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// A sentence without its full stop.
    pub words: String,
}

/// A message of the outbox.
#[derive(Debug, Clone)]
pub struct OutboxMessage {
    pub id: MessageId,
    /// What its receiver knows it by.
    pub webhook_id: String,
    pub endpoint: String,
    pub order: OrderNumber,
    /// Of which of its versions.
    pub version: i32,
    pub kind: EventKind,
    pub created_at: Timestamp,
    /// How far it has come.
    pub state: MessageState,
    /// Attempts since somebody last sent it again.
    pub attempts: u32,
    /// When the next attempt is, or was, due.
    pub next_attempt_at: Timestamp,
    /// Until when a desk has leased it.
    pub claimed_until: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was delivered or discarded.
    pub settled_at: Option<Timestamp>,
    /// Whether an earlier message about the same order has to go first.
    pub is_held_back: bool,
}

impl OutboxMessage {
    /// What the event is called on the wire, such as `order.created`.
    pub fn wire_type(&self) -> &'static str {
        wire_type(self.kind)
    }
}

/// How many messages of an endpoint are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointCount {
    pub endpoint: String,
    pub waiting: u64,
    pub failed: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// For each endpoint that has any, by name.
    pub endpoints: Vec<EndpointCount>,
    /// Since when the oldest waiting message waits.
    pub oldest_waiting: Option<Timestamp>,
}

impl Backlog {
    pub fn waiting(&self) -> u64 {
        self.endpoints.iter().map(|one| one.waiting).sum()
    }

    pub fn failed(&self) -> u64 {
        self.endpoints.iter().map(|one| one.failed).sum()
    }
}

/// Which messages a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageFilter {
    /// Those that wait or have failed.
    Open,
    /// Those that are still kept.
    All,
}

/// The result of resending or discarding messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// Nothing was done: these are not waiting and have not failed.
    NotOpen(Vec<MessageId>),
}
