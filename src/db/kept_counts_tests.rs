//! Kept counts against plain ones, after anything that is done to orders.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::history_tests::{any_history, live_through};
use super::{Db, InsertOrder, SqliteOptions, WrongCount};
use crate::order::{ProductCode, SystemTask, Timestamp, UsualQuantity};
use crate::transfer::Demo;

fn now() -> Timestamp {
    Timestamp::parse("2026-03-04 12:00:00").unwrap()
}

async fn usual_quantities_are_what_counting_gives(db: &Db) {
    let mut expected: BTreeMap<ProductCode, (u64, u64)> = BTreeMap::new();
    let orders: Vec<_> = Demo::sample(400, 7).collect();
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

/// Each count by kind, code and period: orders, units, cancelled, dated, delivered.
type Kept = BTreeMap<(String, String, i32), [i64; 5]>;

fn kept(file: &rusqlite::Connection) -> Kept {
    let mut rows = file.prepare("SELECT * FROM kept_counts").unwrap();
    let rows = rows.query_map([], |row| {
        let mut sums = [0; 5];
        for (place, sum) in sums.iter_mut().enumerate() {
            *sum = row.get(place + 3)?;
        }
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?), sums))
    });
    rows.unwrap().map(Result::unwrap).filter(|(_, sums)| *sums != [0; 5]).collect()
}

/// What counting gives, order by order.
fn counted(file: &rusqlite::Connection) -> Kept {
    let mut counts = Kept::new();
    let mut rows = file
        .prepare(
            "SELECT store_code, product_code, product_quantity, order_date, shipping_date, delivery_date, \
             cancelled_at FROM orders",
        )
        .unwrap();
    let mut rows = rows.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let text = |place: usize| row.get::<_, Option<String>>(place).unwrap();
        let (store, product, ordered) = (text(0).unwrap(), text(1).unwrap(), text(3));
        let (shipped, delivered, cancelled) = (text(4), text(5), text(6));
        let is_cancelled = cancelled.is_some();
        let is = |fact: bool| i64::from(fact);
        let sums = [
            1,
            row.get(2).unwrap(),
            is(is_cancelled),
            is(!is_cancelled && (shipped.is_some() || delivered.is_some())),
            is(!is_cancelled && delivered.is_some()),
        ];
        for (kind, code, at) in [
            ("order", String::new(), &ordered),
            ("store", store, &ordered),
            ("product", product, &ordered),
            ("shipping", String::new(), &shipped),
            ("delivery", String::new(), &delivered),
            ("cancelled", String::new(), &cancelled),
        ] {
            let Some(at) = at else { continue };
            for length in [4, 10] {
                let period = at[..length].replace('-', "").parse().unwrap();
                let count = counts.entry((kind.to_owned(), code.clone(), period)).or_default();
                for (sum, more) in count.iter_mut().zip(sums) {
                    *sum += more;
                }
            }
        }
    }
    counts
}

fn calendar(file: &rusqlite::Connection) -> BTreeMap<i32, i64> {
    let mut rows = file.prepare("SELECT period, orders FROM order_counts WHERE orders <> 0").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

async fn mended(db: &Db, orders: u16) -> Vec<WrongCount> {
    let (mut walk, mut wrong) = (db.walk_counts(orders), Vec::new());
    while let Some(some) = walk.step().await.unwrap() {
        wrong.extend(some);
    }
    wrong
}

fn open(folder: &Path) -> (Db, rusqlite::Connection) {
    let db = SqliteOptions::in_folder(folder, 1).open().unwrap();
    (db, rusqlite::Connection::open(folder.join("orders.db")).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_counts_are_what_counting_gives_after_any_history() {
    let folder = tempfile::tempdir().unwrap();
    let (db, file) = open(folder.path());
    let mut runner = TestRunner::default();
    for _ in 0..6 {
        let history = any_history().new_tree(&mut runner).unwrap().current();
        live_through(&db, &history).await.unwrap();
        assert_eq!(kept(&file), counted(&file), "{history:?}");
        assert_eq!(mended(&db, 3).await.len(), 0, "{history:?}");
    }
    file.execute("PRAGMA foreign_keys = OFF", []).unwrap();
    file.execute("DELETE FROM orders WHERE number % 3 = 0", []).unwrap();
    assert_eq!(kept(&file), counted(&file));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_wrong_with_counts_is_found_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (db, file) = open(folder.path());
    let mut runner = TestRunner::default();
    live_through(&db, &any_history().new_tree(&mut runner).unwrap().current()).await.unwrap();
    let orders: Vec<_> =
        Demo::sample(60, 3).map(|order| InsertOrder::by_system(SystemTask::Seed, order, now())).collect();
    db.insert_orders(&orders).await.unwrap();
    file.execute("UPDATE orders SET cancelled_at = order_date WHERE number % 7 = 0", []).unwrap();
    assert_eq!(kept(&file), counted(&file));
    let calendar_before = calendar(&file);
    for damage in [
        "SELECT 1 WHERE 0",
        "DELETE FROM kept_counts",
        "DELETE FROM order_counts",
        "DELETE FROM kept_counts WHERE period > 9999 AND abs(random()) % 3 = 0",
        "DELETE FROM kept_counts WHERE period <= 9999 AND abs(random()) % 3 = 0",
        "UPDATE kept_counts SET orders = orders + 1 WHERE abs(random()) % 4 = 0",
        "UPDATE kept_counts SET units = -1, delivered = 7 WHERE kind IN ('shipping', 'delivery')",
        "DELETE FROM kept_counts WHERE kind = 'cancelled'",
        "UPDATE kept_counts SET cancelled = cancelled + 1 WHERE kind = 'cancelled' AND period > 9999",
        "UPDATE kept_counts SET dated = dated + 1, cancelled = 2 WHERE kind = 'store' AND period > 20100101",
        "INSERT INTO kept_counts VALUES ('product', 'Z9-9999999z', 20300101, 1, 1, 0, 0, 0)",
        "INSERT INTO kept_counts VALUES ('order', '', 19000101, 1, 1, 0, 0, 0), ('order', '', 20990101, 1, 1, 0, 0, 0)",
        "UPDATE order_counts SET orders = orders + 1 WHERE abs(random()) % 3 = 0",
        "UPDATE order_counts SET orders = orders + 1 WHERE period <= 9999",
        "INSERT INTO order_counts VALUES (19000101, 3), (2099, 4), (209901, 5)",
    ] {
        for batch in [1, 5000] {
            let changed = file.execute(damage, []).unwrap_or_default();
            let is_damaged = kept(&file) != counted(&file) || calendar(&file) != calendar_before;
            let found = mended(&db, batch).await;
            assert_eq!(!found.is_empty(), is_damaged, "{damage}: {changed} rows, {found:?}");
            assert!(found.iter().all(|count| count.kept != count.counted), "{found:?}");
            assert_eq!(kept(&file), counted(&file), "{damage}");
            assert_eq!(calendar(&file), calendar_before, "{damage}");
            assert_eq!(mended(&db, batch).await.len(), 0, "{damage}");
        }
    }
}

/// Orders that were there before are counted by the migration.
#[test]
fn orders_of_before_are_counted() {
    use diesel::Connection;
    use diesel_migrations::MigrationHarness;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let (db, file) = open(folder.path());
    let orders: Vec<_> =
        Demo::sample(300, 5).map(|order| InsertOrder::by_system(SystemTask::Seed, order, now())).collect();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        db.insert_orders(&orders).await.unwrap();
    });
    db.close();
    file.execute("UPDATE orders SET cancelled_at = '2026-01-01 00:00:00' WHERE number % 5 = 0", []).unwrap();
    file.execute("UPDATE orders SET delivery_date = NULL WHERE number % 4 = 0", []).unwrap();
    file.execute("UPDATE orders SET shipping_date = NULL WHERE number % 6 = 0", []).unwrap();
    let expected = counted(&file);
    assert_eq!(kept(&file), expected);
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    // And those that came after it.
    let mut reverted = String::new();
    while reverted != "20261130000001" {
        reverted = conn.revert_last_migration(super::migrations::SQLITE).unwrap().to_string();
        if reverted == "20261130000011" {
            // As the release before kept them, and goes on to.
            file.execute("UPDATE orders SET shipping_date = NULL WHERE number % 10 = 0", []).unwrap();
            let mut before = counted(&file);
            before.retain(|(kind, ..), _| kind != "cancelled");
            assert_eq!(kept(&file), before);
        }
    }
    let expected = counted(&file);
    conn.run_pending_migrations(super::migrations::SQLITE).unwrap();
    assert_eq!(kept(&file), expected);
}
