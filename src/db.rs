//! Every query, and what it takes to run one: connections, migrations, card sealing.
//!
//! The queries are written once, in `queries.rs`, as Diesel for whichever database mounts the file.
//! Imports `telemetry`, `order` and `clock`, and of `config` the words for a server's certificates.

/// Does the same on whichever database there is: `$arm` is its module, `$store` its connections.
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

mod announcer;
mod azure_sql;
mod card_keys;
mod cards;
mod counts;
mod edit;
mod error;
mod flask;
mod happening;
mod keys;
mod message;
mod messages;
mod migrations;
pub mod mssql;
mod open;
mod queue;
mod reseal;
mod schema;
mod sqlite;
mod stray_cards;
mod traced;
mod values;

use std::sync::{Arc, RwLock};

pub use announcer::Announcer;
pub use azure_sql::Options as AzureSqlOptions;
pub use card_keys::Changed;
pub use cards::{CardKey, CardKeys, Purpose, SealError};
pub use edit::{Cancelling, Editable, Editing, Updated};
pub use error::DbError;
pub use flask::{FlaskKey, FlaskRow, FlaskTable};
pub use keys::{KeyError, KeySource, KeyState, NotRetired, SourceKey, SourceKeys, add_to_key_file};
pub use message::{
    Announced, Backlog, Claimed, EndpointCount, MessageId, MessageState, Outcome, Reason, Scope, Settled,
};
pub use migrations::{Pending, Plan};
pub use open::{OpenError, Options};
pub use reseal::{Reseal, Unopenable, Unopened};
pub use sqlite::{BackupError, CompactError, Options as SqliteOptions};
pub use stray_cards::{StrayCard, StrayCards, StrayPlace};

use tokio::sync::Notify;

use crate::order::{
    Actor, DateUuid, Event, NewOrder, Order, OrderNumber, PageRequest, PerPage, ProductCode, StoreCode,
    Submission, Timestamp,
};
use crate::telemetry::{DatabaseTimes, DatabaseUse};

/// The desk's database, open and ready.
pub struct Db {
    store: Store,
    /// As people call it.
    name: String,
    /// Replaced as a whole while others go on with those that they have.
    keys: RwLock<Arc<CardKeys>>,
    outdated: Arc<Notify>,
    announcer: Arc<Announcer>,
}

enum Store {
    Sqlite(sqlite::Sqlite),
    AzureSql(azure_sql::AzureSql),
}

/// How many orders one statement is asked to find by their UUIDs.
const UUIDS: usize = 1000;

/// A page of the list.
#[derive(Debug)]
pub struct Listing {
    /// Newest first.
    pub orders: Vec<Order>,
    /// The page that this is, counted from 1: the one asked for, or the last.
    pub page: u64,
    /// How many pages there are; at least 1.
    pub pages: u64,
    /// How many orders there are.
    pub total: u64,
    /// How many orders a page holds.
    pub per_page: PerPage,
}

/// An order with all that its page shows.
#[derive(Debug)]
pub struct Found {
    /// The order.
    pub order: Order,
    /// What happened to it, newest first.
    pub history: Vec<Event>,
    /// The order before it in the list.
    pub newer: Option<OrderNumber>,
    /// The order after it in the list.
    pub older: Option<OrderNumber>,
    /// Its place in the list, counted from 1.
    pub position: u64,
    /// How many orders there are.
    pub total: u64,
}

/// An order on its way in: who adds it, when, and with which form.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What is added.
    pub order: NewOrder,
    /// Who adds it.
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
    /// The form that it was typed into, to know a form that is sent twice.
    pub submission: Option<Submission>,
}

/// What became of an order on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It has this number now.
    Added(OrderNumber),
    /// The same form had added it already, under this number.
    Again(OrderNumber),
    /// Another order has the same UUID and customer: this one.
    Taken(OrderNumber),
}

/// Codes to suggest on the form.
#[derive(Debug, Default)]
pub struct RecentCodes {
    /// Of stores, sorted.
    pub stores: Vec<StoreCode>,
    /// Of products, sorted.
    pub products: Vec<ProductCode>,
}

impl Db {
    /// Puts an open database and the keys of its cards together.
    fn new(store: Store, name: String, keys: CardKeys) -> Self {
        let outdated = match &store {
            Store::Sqlite(_) => Arc::default(),
            Store::AzureSql(store) => store.login_refused(),
        };
        let announcer = Arc::new(Announcer::silent());
        Self { store, name, keys: RwLock::new(Arc::new(keys)), outdated, announcer }
    }

    /// The same database, telling webhooks what happens to orders.
    #[must_use]
    pub fn announcing(self, announcer: Announcer) -> Self {
        Self { announcer: Arc::new(announcer), ..self }
    }

    /// The same database, telling how long its work takes.
    #[must_use]
    pub fn timed(mut self, times: DatabaseTimes) -> Self {
        match &mut self.store {
            Store::Sqlite(store) => store.tell_times(times),
            Store::AzureSql(store) => store.tell_times(times),
        }
        self
    }

    /// How its connections are used now; asks nobody.
    pub fn usage(&self) -> DatabaseUse {
        match &self.store {
            Store::Sqlite(store) => store.usage(),
            Store::AzureSql(store) => store.usage(),
        }
    }

    /// Who is told what happens to orders.
    pub fn announcer(&self) -> &Announcer {
        &self.announcer
    }

    /// A page of the list, newest first; beyond the last page, the last.
    pub async fn list_orders(&self, request: PageRequest) -> Result<Listing, DbError> {
        on!(self: |store, arm| {
            store.read(async move |conn| arm::queries::list_orders(conn, request).await).await
        })
    }

    /// An order, its history and its place in the list; none if there is no such number.
    pub async fn find_order(&self, number: OrderNumber) -> Result<Option<Found>, DbError> {
        on!(self: |store, arm| {
            store.read(async move |conn| arm::queries::find_order(conn, number).await).await
        })
    }

    /// Codes of stores and products on the newest orders.
    pub async fn list_recent_codes(&self) -> Result<RecentCodes, DbError> {
        on!(self: |store, arm| store.read(async |conn| arm::queries::list_recent_codes(conn).await).await)
    }

    /// Adds an order with the first entry of its history; durable when this returns.
    ///
    /// Decided by the database's constraint: of two equal keys one is [`Inserted::Taken`].
    pub async fn insert_order(&self, entry: &Entry) -> Result<Inserted, DbError> {
        let inserted = on!(self: |store, arm| {
            let row = arm::EntryRow::seal(entry, &self.keys())?;
            let announcer = Arc::clone(&self.announcer);
            store.write(async move |conn| arm::queries::insert_order(conn, &row, &announcer).await).await
        })
        .inspect_err(|error| self.heed(error))?;
        if matches!(inserted, Inserted::Added(_)) {
            self.announcer.wake();
        }
        Ok(inserted)
    }

    /// Adds many orders in one transaction and returns how many were new; those whose key is taken are
    /// left out.
    pub async fn insert_orders(&self, entries: &[Entry]) -> Result<usize, DbError> {
        let keys = self.keys();
        on!(self: |store, arm| {
            let rows = entries
                .iter()
                .map(|entry| arm::EntryRow::seal(entry, &keys))
                .collect::<Result<Vec<_>, _>>()?;
            store.write(async move |conn| arm::insert_orders(conn, &rows).await).await
        })
    }

    /// The orders that have any of these UUIDs, each with its version; in the order of their keys.
    pub async fn list_orders_with(&self, uuids: &[DateUuid]) -> Result<Vec<(Order, i32)>, DbError> {
        let mut found = Vec::new();
        // A statement takes only so many parameters.
        for some in uuids.chunks(UUIDS) {
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
