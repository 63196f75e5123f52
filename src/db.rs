//! Every query, and what it takes to run one: connections, migrations, card sealing.
//!
//! The queries are written once, in `queries/`, as Diesel for whichever database mounts them; `dispatch` lists the
//! operations and picks the database. Imports `telemetry`, `order` and `clock`.

mod access_walk;
mod alike;
mod azure_sql;
mod bulk_load;
mod card_erasure;
mod card_keys;
mod cards;
mod change_walk;
mod column;
mod count_check;
mod counts;
mod dispatch;
mod edit;
mod error;
mod find;
#[cfg(test)]
mod find_tests;
mod flask;
mod history;
#[cfg(test)]
mod history_tests;
mod import;
mod imports;
mod index_hint;
mod insert;
mod job;
mod jobs;
#[cfg(test)]
mod jobs_tests;
mod kept_counts;
#[cfg(test)]
mod kept_counts_tests;
mod keys;
mod lease;
mod list;
mod long_read;
mod message;
mod messages;
mod migrations;
mod open;
mod open_error;
mod order_event;
mod order_walk;
mod outbox;
mod people;
mod queue;
mod reencrypt;
mod relocate;
mod relocation;
mod rows;
mod saved_views;
mod schema;
mod sessions;
mod sqlite;
mod stray_cards;
mod totals;
mod traced;
#[cfg(test)]
mod undo_tests;
mod value_classes;
mod values;
mod warnings;

use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock};

pub(crate) use access_walk::AccessWalk;
pub use azure_sql::AzureSqlOptions;
pub(crate) use card_erasure::CardErasure;
pub(crate) use card_keys::Changed;
pub(crate) use cards::{CardKey, CardKeys, Purpose};
pub(crate) use change_walk::ChangeWalk;
pub(crate) use count_check::WrongCount;
pub(crate) use edit::{CancelOrder, Editable, ReopenOrder, UndoChange, UpdateOrder, Updated};
pub(crate) use error::DbError;
pub(crate) use flask::{FlaskRow, FlaskTable};
pub(crate) use history::HistoryGap;
pub(crate) use import::{
    Import, ImportLease, ImportRowWork, ImportRows, NewCommandImport, PIECE_BYTES, RowCounts, Surveyed,
    Uploaded,
};
pub(crate) use imports::NewImport;
#[cfg(test)]
pub(crate) use job::JobResult;
pub(crate) use job::{
    BatchDone, InsertJob, Job, JobLease, JobOrder, JobOutcome, JobState, JobWork, SeenOrder, ShownOrder,
    Unopened,
};
pub(crate) use jobs::{Collected, MAX_JOB_ORDERS};
pub(crate) use kept_counts::{KeptKind, KeptSums};
pub use keys::KeySource;
pub(crate) use keys::{KeyState, NotRetired, SourceKey, SourceKeys, add_to_key_file};
pub(crate) use message::{
    Backlog, DeliveryFailure, DeliveryOutcome, EndpointCount, LeasedMessage, MessageFilter, MessageId,
    MessageState, OutboxMessage, Settled,
};
pub use open::DatabaseOptions;
pub(crate) use open_error::OpenError;
pub(crate) use order_walk::OrderWalk;
pub(crate) use outbox::Outbox;
pub(crate) use people::{DisableOutcome, Disabled, PeopleQuery, StoredPerson};
pub(crate) use reencrypt::Reencryption;
pub(crate) use relocate::{Compared, Relocating, Relocation, Standing};
pub(crate) use relocation::RelocationPurpose;
pub(crate) use saved_views::{InsertView, UpdateView, ViewChange, ViewInserted, ViewUpdated};
pub(crate) use sessions::{
    BegunSignIn, KnownPerson, LiveSince, MAX_FORM_BYTES, NewPerson, NewSession, NewSignIn, SealedForm,
    SessionBegun, StoredSession, TokenHash,
};
pub use sqlite::SqliteOptions;
pub(crate) use stray_cards::{StrayCard, StrayPlace};

use long_read::LongReads;
use tokio::sync::{Notify, watch};

use crate::order::{Actor, NewOrder, OrderNumber, Submission, SystemTask, Timestamp};
use crate::telemetry::{DatabaseTimes, DatabaseUse};

/// The desk's database, open and ready.
pub struct Db {
    store: Store,
    name: String,
    /// Replaced as a whole; running work keeps the keys that it has.
    keys: RwLock<Arc<CardKeys>>,
    outdated: Arc<Notify>,
    outbox: Arc<Outbox>,
    long_reads: LongReads,
    changes: AtomicU64,
    list_limits: list::ListLimits,
    totals: totals::Totals,
    /// Says when a job is to run.
    jobs: watch::Sender<()>,
    classes: value_classes::ValueClasses,
}

enum Store {
    Sqlite(sqlite::Sqlite),
    SqlServer(azure_sql::AzureSql),
}

/// The insertion of an order: who adds it, when, and with which form.
#[derive(Debug, Clone)]
pub struct InsertOrder {
    /// What is added.
    pub order: NewOrder,
    /// Who adds it.
    pub by: Actor,
    /// From where, if that is known.
    pub client: Option<IpAddr>,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that it was typed into, to know a form that is sent twice.
    pub submission: Option<Submission>,
    /// When the same one has called it off, in UTC, if that is known already.
    pub cancelled_at: Option<Timestamp>,
}

impl InsertOrder {
    /// An order that a command of this program adds: from no client, and with no form.
    pub fn by_system(task: SystemTask, order: NewOrder, at: Timestamp) -> Self {
        Self { order, by: Actor::System(task), client: None, at, submission: None, cancelled_at: None }
    }
}

/// The result of an insertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It was added under this number.
    Added(OrderNumber),
    /// The same form had added it already, under this number.
    DuplicateSubmission(OrderNumber),
    /// Another order has the same UUID and customer: this one.
    KeyConflict(OrderNumber),
}

impl Db {
    /// Puts an open database and the keys of its cards together.
    fn new(store: Store, name: String, keys: CardKeys) -> Self {
        let outdated = match &store {
            Store::Sqlite(_) => Arc::default(),
            Store::SqlServer(store) => store.login_refused(),
        };
        let outbox = Arc::new(Outbox::silent());
        Self {
            store,
            name,
            keys: RwLock::new(Arc::new(keys)),
            outdated,
            outbox,
            long_reads: LongReads::default(),
            changes: AtomicU64::default(),
            list_limits: list::ListLimits::default(),
            totals: totals::Totals::default(),
            jobs: watch::channel(()).0,
            classes: value_classes::ValueClasses::default(),
        }
    }

    /// The same database, with an outbox that receives every order event.
    #[must_use]
    pub fn with_outbox(self, outbox: Outbox) -> Self {
        Self { outbox: Arc::new(outbox), ..self }
    }

    /// The same database, recording how long its work takes.
    #[must_use]
    pub(crate) fn timed(mut self, times: DatabaseTimes) -> Self {
        match &mut self.store {
            Store::Sqlite(store) => store.record_times(times),
            Store::SqlServer(store) => store.record_times(times),
        }
        self
    }

    /// How its connections are used now, without a query.
    pub(crate) fn usage(&self) -> DatabaseUse {
        match &self.store {
            Store::Sqlite(store) => store.usage(),
            Store::SqlServer(store) => store.usage(),
        }
    }

    /// Whether damage was found in its file since the start; a server looks after its own.
    pub(crate) fn is_damaged(&self) -> bool {
        match &self.store {
            Store::Sqlite(store) => store.is_damaged(),
            Store::SqlServer(_) => false,
        }
    }

    /// The outbox of order events.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The number of the order that was added last; none if there is none.
    pub async fn newest_order_number(&self) -> Result<Option<OrderNumber>, DbError> {
        Ok(OrderNumber::new(self.store.last_number().await?))
    }

    /// Lets running work finish and closes every connection.
    pub fn close(&self) {
        self.long_reads.close();
        match &self.store {
            Store::Sqlite(store) => store.close(),
            Store::SqlServer(store) => store.close(),
        }
    }
}
