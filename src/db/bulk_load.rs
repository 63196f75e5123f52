//! Filling a desk that has no orders yet.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use tokio::sync::mpsc;

use super::cards::{CardKeys, SealError};
use super::rows::InsertOrderRow;
use super::{Db, DbError, InsertOrder, Store, sqlite};

impl Db {
    /// Whether it is a file without an order: what [`Db::bulk_load`] is for.
    pub async fn is_empty_file(&self) -> Result<bool, DbError> {
        Ok(matches!(self.store, Store::Sqlite(_)) && self.newest_order_number().await?.is_none())
    }

    /// Adds orders as they come to a file that has none: all of them or, if anything fails, not one. How many were new.
    ///
    /// Their indexes are built when all are there, which takes a fraction of the time and of what is written to the disk.
    /// Others may read meanwhile, but not write. `progress` is told how many were dealt with.
    pub async fn bulk_load(
        &self,
        orders: mpsc::Receiver<Vec<InsertOrder>>,
        progress: impl Fn(usize) + Send + 'static,
    ) -> Result<usize, DbError> {
        let Store::Sqlite(store) = &self.store else {
            return Err(DbError::Internal("a server is not loaded as a file is".to_owned()));
        };
        let keys = self.keys();
        // The next rows are sealed while the database takes the last ones.
        let (send, rows) = sync_channel(1);
        let sealing = tokio::task::spawn_blocking(move || seal_all(orders, &keys, &send));
        let added = store
            .write("bulk_load", async move |conn| sqlite::bulk::load(conn, &rows, &progress).await)
            .await?;
        sealing.await.map_err(|error| DbError::Internal(format!("sealing cards broke off: {error}")))?;
        self.count_change();
        Ok(added)
    }
}

/// Until there are no more, or nobody takes them.
fn seal_all(
    mut orders: mpsc::Receiver<Vec<InsertOrder>>,
    keys: &Arc<CardKeys>,
    send: &SyncSender<Result<Vec<InsertOrderRow>, SealError>>,
) {
    while let Some(some) = orders.blocking_recv() {
        let rows = some.iter().map(|order| InsertOrderRow::seal(order, keys)).collect();
        if send.send(rows).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::db::SqliteOptions;
    use crate::order::{SystemTask, Timestamp};
    use crate::transfer::Demo;

    fn orders(seed: u64) -> Vec<InsertOrder> {
        let at = Timestamp::parse("2026-03-04 12:00:00").unwrap();
        let cancelled_at = Timestamp::parse("2026-03-05 12:00:00");
        let order = |(nth, order)| InsertOrder {
            cancelled_at: cancelled_at.filter(|_| nth % 7 == 0),
            ..InsertOrder::by_system(SystemTask::Seed, order, at)
        };
        Demo::sample(500, seed).enumerate().map(order).collect()
    }

    async fn load(db: &Db, orders: &[InsertOrder]) -> Result<usize, DbError> {
        let (send, made) = mpsc::channel(1);
        let chunks: Vec<_> = orders.chunks(120).map(<[_]>::to_vec).collect();
        let sending = tokio::spawn(async move {
            for chunk in chunks {
                drop(send.send(chunk).await);
            }
        });
        let loaded = db.bulk_load(made, |_| ()).await;
        sending.await.unwrap();
        loaded
    }

    /// The schema, and every row of tables whose rows say nothing of keys and nonces.
    fn contents(folder: &Path) -> Vec<Vec<String>> {
        let file = rusqlite::Connection::open(folder.join("orders.db")).unwrap();
        [
            "SELECT type, name, sql FROM sqlite_master ORDER BY name",
            "SELECT number, date_uuid, user_id, order_date, shipping_date, cancelled_at, version FROM orders",
            "SELECT order_number, version, at, kind, changes FROM order_events ORDER BY 1, 2",
            "SELECT * FROM kept_counts ORDER BY 1, 2, 3",
            "SELECT * FROM order_counts ORDER BY 1",
            "SELECT * FROM counted_by_writer",
            "PRAGMA integrity_check",
        ]
        .map(|sql| {
            let mut rows = file.prepare(sql).unwrap();
            let columns = rows.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                let values: Vec<_> = (0..columns).map(|place| row.get_ref(place).unwrap()).collect();
                Ok(format!("{values:?}"))
            };
            let mut all: Vec<_> = rows.query_map([], row).unwrap().map(Result::unwrap).collect();
            all.sort();
            all
        })
        .to_vec()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_that_is_loaded_is_one_that_was_added_to() {
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [loaded, added] = [&one, &two].map(|it| SqliteOptions::in_folder(it.path(), 1).open().unwrap());
        let mut orders = orders(1);
        // Twice in what is loaded: it is added once.
        orders.push(orders[3].clone());
        assert!(loaded.is_empty_file().await.unwrap());
        assert_eq!(load(&loaded, &orders).await.unwrap(), 500);
        assert_eq!(added.insert_orders(&orders).await.unwrap(), 500);
        assert_eq!(contents(one.path()), contents(two.path()));
        assert!(!loaded.is_empty_file().await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn where_one_order_cannot_be_stored_none_is() {
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
        let orders = orders(2);
        let file = rusqlite::Connection::open(folder.path().join("orders.db")).unwrap();
        let last = orders.last().unwrap().order.date_uuid.as_str();
        file.execute_batch(&format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON orders WHEN new.date_uuid = '{last}' \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        ))
        .unwrap();
        let before = contents(folder.path());
        assert!(load(&db, &orders).await.is_err());
        assert_eq!(contents(folder.path()), before);
        assert!(db.is_empty_file().await.unwrap());
        file.execute_batch("DROP TRIGGER refuse").unwrap();
        assert_eq!(load(&db, &orders).await.unwrap(), 500);
    }
}
