//! Every query, and what it takes to run one: connections, migrations, card sealing.
//!
//! The queries are written once, in `queries.rs`, as Diesel for whichever database mounts the file.
//! Imports `telemetry`, `order` and `clock`, and of `config` the words for a server's certificates.

/// Runs the same code on either database: `$arm` is its module, `$store` its connections.
macro_rules! on {
    ($db:ident: |$store:ident, $arm:ident| $work:expr) => {
        match &$db.store {
            $crate::db::Store::Sqlite($store) => {
                use $crate::db::sqlite as $arm;
                $work
            }
            $crate::db::Store::AzureSql($store) => {
                use $crate::db::azure_sql as $arm;
                $work
            }
        }
    };
}

mod azure_sql;
mod card_keys;
mod cards;
mod counts;
mod edit;
mod error;
mod flask;
mod keys;
mod message;
mod messages;
mod migrations;
pub mod mssql;
mod open;
mod order_event;
mod outbox;
mod queue;
mod reencrypt;
mod schema;
mod sqlite;
mod stray_cards;
mod traced;
mod values;

use std::sync::{Arc, RwLock};

pub use azure_sql::AzureSqlOptions;
pub(crate) use card_keys::Changed;
pub(crate) use cards::{CardKey, CardKeys, Purpose};
pub(crate) use edit::{CancelOrder, Editable, UpdateOrder, Updated};
pub(crate) use error::DbError;
pub(crate) use flask::{FlaskKey, FlaskRow, FlaskTable};
pub use keys::KeySource;
pub(crate) use keys::{KeyState, NotRetired, SourceKey, SourceKeys, add_to_key_file};
pub(crate) use message::{
    Backlog, DeliveryFailure, DeliveryOutcome, EndpointCount, LeasedMessage, MessageFilter, MessageId,
    MessageState, OutboxMessage, Settled,
};
pub use open::DatabaseOptions;
pub(crate) use open::OpenError;
pub(crate) use outbox::Outbox;
pub(crate) use reencrypt::{Reencryption, Unopenable, Unopened};
pub use sqlite::SqliteOptions;
pub(crate) use stray_cards::{StrayCard, StrayPlace};

use tokio::sync::Notify;

use crate::order::{
    Actor, DateUuid, NewOrder, Order, OrderDetails, OrderNumber, Page, PageRequest, RecentCodes, Submission,
    Timestamp,
};
use crate::telemetry::{DatabaseTimes, DatabaseUse};

/// The desk's database, open and ready.
pub struct Db {
    store: Store,
    /// Its name in messages.
    name: String,
    /// Replaced as a whole; running work keeps the keys that it has.
    keys: RwLock<Arc<CardKeys>>,
    outdated: Arc<Notify>,
    outbox: Arc<Outbox>,
}

enum Store {
    Sqlite(sqlite::Sqlite),
    AzureSql(azure_sql::AzureSql),
}

/// How many UUIDs one statement looks up at most.
const MAX_UUIDS_PER_QUERY: usize = 1000;

/// The insertion of an order: who adds it, when, and with which form.
#[derive(Debug, Clone)]
pub struct InsertOrder {
    /// What is added.
    pub order: NewOrder,
    /// Who adds it.
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that it was typed into, to know a form that is sent twice.
    pub submission: Option<Submission>,
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
            Store::AzureSql(store) => store.login_refused(),
        };
        let outbox = Arc::new(Outbox::silent());
        Self { store, name, keys: RwLock::new(Arc::new(keys)), outdated, outbox }
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
            Store::AzureSql(store) => store.record_times(times),
        }
        self
    }

    /// How its connections are used now, without a query.
    pub(crate) fn usage(&self) -> DatabaseUse {
        match &self.store {
            Store::Sqlite(store) => store.usage(),
            Store::AzureSql(store) => store.usage(),
        }
    }

    /// The outbox of order events.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// A page of the list, newest first; beyond the last page, the last.
    pub async fn list_orders(&self, request: PageRequest) -> Result<Page<Order>, DbError> {
        on!(self: |store, arm| {
            store.read(async move |conn| arm::queries::list_orders(conn, request).await).await
        })
    }

    /// An order, its history and its place in the list; none if there is no such number.
    pub async fn find_order(&self, number: OrderNumber) -> Result<Option<OrderDetails>, DbError> {
        on!(self: |store, arm| {
            store.read(async move |conn| arm::queries::find_order(conn, number).await).await
        })
    }

    /// The number of the order that was added last; none if there is none.
    pub async fn newest_order_number(&self) -> Result<Option<OrderNumber>, DbError> {
        Ok(OrderNumber::new(self.last_number().await?))
    }

    /// Codes of stores and products on the newest orders.
    pub async fn list_recent_codes(&self) -> Result<RecentCodes, DbError> {
        on!(self: |store, arm| store.read(async |conn| arm::queries::list_recent_codes(conn).await).await)
    }

    /// Adds an order with the first entry of its history; durable when this returns.
    ///
    /// Decided by the database's constraint: of two equal keys one is [`Inserted::KeyConflict`].
    pub async fn insert_order(&self, entry: &InsertOrder) -> Result<Inserted, DbError> {
        let inserted = on!(self: |store, arm| {
            let row = arm::InsertOrderRow::seal(entry, &self.keys())?;
            let outbox = Arc::clone(&self.outbox);
            store.write(async move |conn| arm::queries::insert_order(conn, &row, &outbox).await).await
        })
        .inspect_err(|error| self.observe(error))?;
        if matches!(inserted, Inserted::Added(_)) {
            self.outbox.notify();
        }
        Ok(inserted)
    }

    /// Adds many orders in one transaction and returns how many were new; those whose key is taken are
    /// left out.
    pub async fn insert_orders(&self, entries: &[InsertOrder]) -> Result<usize, DbError> {
        let keys = self.keys();
        on!(self: |store, arm| {
            let rows = entries
                .iter()
                .map(|entry| arm::InsertOrderRow::seal(entry, &keys))
                .collect::<Result<Vec<_>, _>>()?;
            store.write(async move |conn| arm::insert_orders(conn, &rows).await).await
        })
    }

    /// The orders that have any of these UUIDs, each with its version; in the order of their keys.
    pub async fn list_orders_with(&self, uuids: &[DateUuid]) -> Result<Vec<(Order, i32)>, DbError> {
        let mut found = Vec::new();
        // A statement takes only so many parameters.
        for some in uuids.chunks(MAX_UUIDS_PER_QUERY) {
            let some: Vec<String> = some.iter().map(|uuid| uuid.as_str().to_owned()).collect();
            found.extend(on!(self: |store, arm| {
                store.read(async move |conn| arm::queries::list_orders_with(conn, &some).await).await
            })?);
        }
        Ok(found)
    }

    /// Rows of the Flask application's table in the order of their keys, behind a key.
    ///
    /// As many as `limit`, or a few less where more of them would part rows of one key.
    pub async fn list_flask_orders(
        &self,
        table: &FlaskTable,
        after: Option<FlaskKey>,
        limit: usize,
    ) -> Result<Vec<FlaskRow>, DbError> {
        let table = table.clone();
        on!(self: |store, arm| {
            store
                .read(async move |conn| arm::list_flask_orders(conn, &table, after.as_ref(), limit).await)
                .await
        })
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), DbError> {
        on!(self: |store, arm| store.check(async |conn| arm::queries::check(conn).await).await)
    }

    /// Lets running work finish and closes every connection.
    pub fn close(&self) {
        match &self.store {
            Store::Sqlite(store) => store.close(),
            Store::AzureSql(store) => store.close(),
        }
    }
}
