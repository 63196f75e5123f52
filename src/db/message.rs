//! Messages of webhooks: on their way, and as people see them.

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

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A message that is this desk's to send until its lease runs out.
#[derive(Debug, Clone)]
pub struct LeasedMessage {
    pub id: MessageId,
    /// The same at every try.
    pub webhook_id: String,
    pub body: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// When the lease runs out; this very time proves that the message is still ours.
    pub until: Timestamp,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The receiver took it, with this status.
    Delivered(u16),
    /// It did not, and is asked again then.
    Retry { at: Timestamp, reason: DeliveryFailure },
    /// It did not, and is not asked again.
    Failed(DeliveryFailure),
}

/// Why a try did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFailure {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// A sentence without its full stop.
    pub words: String,
}

/// A message as people see it.
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
    /// How often it was tried since it was last sent again.
    pub attempts: u32,
    /// When it is tried next, or was to be.
    pub next_attempt_at: Timestamp,
    /// Until when a desk is sending it.
    pub claimed_until: Option<Timestamp>,
    /// Why the last try did not succeed.
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
    /// Since when the oldest waits that does.
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

/// What became of a wish to send messages again, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// Nothing was done: these are not waiting and have not failed.
    NotOpen(Vec<MessageId>),
}
