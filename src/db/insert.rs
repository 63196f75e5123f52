//! Adding orders: one, or many at once.

use std::sync::Arc;

use super::rows::InsertOrderRow;
use super::{Db, DbError, InsertOrder, Inserted};
use crate::order::{DateUuid, Order};

/// How many UUIDs one statement looks up at most: it takes only so many parameters.
const MAX_UUIDS_PER_QUERY: usize = 1000;

impl Db {
    /// Adds an order with the first entry of its history; durable when this returns.
    ///
    /// Decided by the database's constraint: of two equal keys one is [`Inserted::KeyConflict`].
    pub async fn insert_order(&self, entry: &InsertOrder) -> Result<Inserted, DbError> {
        let row = InsertOrderRow::seal(entry, &self.keys())?;
        let inserted = self.store.insert_order(row, Arc::clone(&self.outbox)).await;
        let inserted = inserted.inspect_err(|error| self.observe(error))?;
        if matches!(inserted, Inserted::Added(_)) {
            self.count_change();
            self.outbox.notify();
        }
        Ok(inserted)
    }

    /// Adds many orders in one transaction and returns how many were new; those whose key is taken are
    /// left out.
    pub async fn insert_orders(&self, entries: &[InsertOrder]) -> Result<usize, DbError> {
        let keys = self.keys();
        let rows = entries.iter().map(|entry| InsertOrderRow::seal(entry, &keys));
        let added = self.store.insert_orders(rows.collect::<Result<Vec<_>, _>>()?).await?;
        self.count_change();
        Ok(added)
    }

    /// The orders that have any of these UUIDs, in the order of their keys.
    pub async fn list_orders_with(&self, uuids: &[DateUuid]) -> Result<Vec<Order>, DbError> {
        let mut found = Vec::new();
        for some in uuids.chunks(MAX_UUIDS_PER_QUERY) {
            let some = some.iter().map(|uuid| uuid.as_str().to_owned()).collect();
            found.extend(self.store.list_orders_with(some).await?);
        }
        Ok(found)
    }
}
