//! Kept counts against plain ones, after anything that is done to orders.

use std::collections::BTreeMap;

use super::{Db, InsertOrder, SqliteOptions};
use crate::order::{ProductCode, SystemTask, Timestamp, UsualQuantity};
use crate::transfer::Demo;

fn now() -> Timestamp {
    Timestamp::parse("2026-03-04 12:00:00").unwrap()
}

async fn usual_quantities_are_what_counting_gives(db: &Db) {
    let mut expected: BTreeMap<ProductCode, (u64, u64)> = BTreeMap::new();
    let orders: Vec<_> = Demo::new(400, 7, false).collect();
    for order in &orders {
        let (orders, units) = expected.entry(order.product).or_default();
        *orders += 1;
        *units += u64::try_from(order.quantity.get()).unwrap();
    }
    let entries: Vec<_> =
        orders.into_iter().map(|order| InsertOrder::by_system(SystemTask::Seed, order, now())).collect();
    db.insert_orders(&entries[1..]).await.unwrap();
    db.insert_order(&entries[0]).await.unwrap();
    for (product, (orders, units)) in expected {
        assert_eq!(db.usual_quantity(&product).await.unwrap(), Some(UsualQuantity { orders, units }));
    }
    let other = ProductCode::parse("Z9-0000001z").unwrap();
    assert_eq!(db.usual_quantity(&other).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_usual_quantity_is_that_of_all_orders() {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
    usual_quantities_are_what_counting_gives(&db).await;
}
