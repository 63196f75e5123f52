//! Work that fails, is given up or meets other work, on the server that `ORDERS_TEST_MSSQL_URL` names.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use diesel_mssql::{ConnectOptions, ConnectionString, Login, MssqlTransactions};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use tempfile::TempDir;
use tokio::sync::Barrier;

use super::queries::{calendar, card_keys, insert};
use super::{AzureSql, AzureSqlOptions, Conn};
use crate::clock;
use crate::config::DatabaseUrl;
use crate::db::Store;
use crate::db::counts::changes;
use crate::db::find_tests::check_lists;
use crate::db::history_tests::check_counts;
use crate::db::jobs_tests::{Site, check_jobs};
use crate::db::rows::InsertOrderRow;
use crate::db::schema::{self, order_counts};
use crate::db::undo_tests::check_undo;
use crate::db::{CardKeys, Db, DbError, InsertOrder, Inserted, KeySource, Purpose};
use crate::order::{
    Beginning, Condition, Day, ListQuery, OrderFilter, StoreCode, SystemTask, Timestamp, Total,
};
use crate::transfer::Demo;

/// A database of its own, dropped when the test ends well; those of tests that failed stay to be looked at.
struct Server {
    master: ConnectOptions,
    name: String,
    keys: TempDir,
    db: Db,
}

impl Server {
    /// None, and a line that says so, where no server is named.
    async fn open() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the desk")]
        let Ok(url) = std::env::var("ORDERS_TEST_MSSQL_URL") else {
            println!("skipped: ORDERS_TEST_MSSQL_URL is not set");
            return None;
        };
        let DatabaseUrl::SqlServer(url) = DatabaseUrl::parse(&url).unwrap() else { panic!("no server") };
        let master = options(&url);
        let name = format!("orders_lib_{:016x}", fastrand::u64(..));
        // Some servers make one database at a time, and refuse whoever comes meanwhile.
        let making = async || {
            let mut conn = master.connect().await.unwrap();
            conn.batch_execute(&format!("CREATE DATABASE {name}")).await
        };
        let mut tries = 0;
        while let Err(error) = making().await {
            tries += 1;
            assert!(tries < 60, "{error}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let keys = tempfile::tempdir().unwrap();
        let db = desk(&master, &name, &keys).await;
        Some(Self { master, name, keys, db })
    }

    fn store(&self) -> &AzureSql {
        match &self.db.store {
            Store::SqlServer(store) => store,
            Store::Sqlite(_) => panic!("not on a server"),
        }
    }

    /// What a query of one number, which may be of a text, gives.
    async fn number(&self, sql: &str, text: &str) -> i32 {
        let found: Vec<Number> = self
            .store()
            .read("a test", async |conn: &mut Conn| {
                let query = diesel::sql_query(sql).bind::<diesel::sql_types::Text, _>(text);
                Ok(RunQueryDsl::load(query, conn).await?)
            })
            .await
            .unwrap();
        found[0].number
    }

    async fn close(self) {
        self.db.close();
        let mut conn = self.master.connect().await.unwrap();
        conn.batch_execute(&format!("DROP DATABASE {}", self.name)).await.unwrap();
    }
}

/// A desk on a database of the server; the first one makes what is in it.
async fn desk(master: &ConnectOptions, name: &str, keys: &TempDir) -> Db {
    let options = AzureSqlOptions {
        server: ConnectOptions { database: name.to_owned(), ..master.clone() },
        connections: 4,
        wait: Duration::from_secs(10),
        patience: Duration::from_secs(20),
        keys: KeySource::File(keys.path().join("orders.keys")),
        migrate: true,
    };
    options.open().await.unwrap()
}

fn options(url: &ConnectionString) -> ConnectOptions {
    let credentials = url.credentials.clone().expect("a user");
    ConnectOptions { application: "orders tests".to_owned(), ..url.options(Login::Password(credentials)) }
}

fn row(keys: &CardKeys) -> InsertOrderRow {
    let at = Timestamp::new(Day::new(2026, 3, 4).unwrap().start().get());
    let order = Demo::sample(1, fastrand::u64(..)).next().unwrap();
    InsertOrderRow::seal(&InsertOrder::by_system(SystemTask::Seed, order, at), keys).unwrap()
}

async fn count_one(conn: &mut Conn, period: i32) -> Result<(), DbError> {
    diesel::update(order_counts::table.filter(order_counts::period.eq(period)))
        .set(order_counts::orders.eq(order_counts::orders + 1))
        .execute(conn)
        .await?;
    Ok(())
}

async fn counted(store: &AzureSql) -> Vec<(i32, i64)> {
    let all = order_counts::table.order(order_counts::period);
    store.read("a test", async |conn| Ok(RunQueryDsl::load(all, conn).await?)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_victim_of_a_deadlock_runs_again() {
    let Some(server) = Server::open().await else { return };
    let (tries, both) = (AtomicU32::new(0), Arc::new(Barrier::new(2)));
    let store = server.store();
    store
        .write("a test", async |conn: &mut Conn| {
            let rows = [1, 2].map(|period| (order_counts::period.eq(period), order_counts::orders.eq(0_i64)));
            diesel::insert_into(order_counts::table).values(rows.to_vec()).execute(conn).await?;
            Ok(())
        })
        .await
        .unwrap();
    let crossing = async |first: i32, second: i32| {
        store
            .write("a test", async |conn: &mut Conn| {
                let is_first_try = tries.fetch_add(1, Ordering::Relaxed) < 2;
                count_one(conn, first).await?;
                if is_first_try {
                    both.wait().await;
                }
                count_one(conn, second).await
            })
            .await
    };
    let (one, other) = tokio::join!(crossing(1, 2), crossing(2, 1));
    one.unwrap();
    other.unwrap();
    assert_eq!(counted(store).await, [(1, 2), (2, 2)]);
    assert!(AtomicU32::load(&tries, Ordering::Relaxed) > 2, "there was no deadlock");
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_added_by_a_try_without_an_answer_counts_as_added() {
    let Some(server) = Server::open().await else { return };
    let row = row(&server.db.keys());
    let mut numbers = Vec::new();
    for _ in 0..2 {
        match server
            .store()
            .write("a test", async |conn| insert::insert_order(conn, &row, &server.db.outbox).await)
            .await
            .unwrap()
        {
            Inserted::Added(number) => numbers.push(number),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(numbers[0], numbers[1]);
    assert_eq!(counted(server.store()).await.iter().map(|(_, orders)| orders).max(), Some(&1));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_what_counting_gives_after_any_history() {
    let Some(server) = Server::open().await else { return };
    check_counts(&server.db).await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_back_the_last_change_leads_to_the_order_before() {
    let Some(server) = Server::open().await else { return };
    check_undo(&server.db).await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_is_what_it_says() {
    let Some(server) = Server::open().await else { return };
    let db = check_lists(server.db, 20).await;
    Server { db, ..server }.close().await;
}

#[test]
fn whatever_crosses_the_orders_are_as_the_model_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let Some(server) = runtime.block_on(Server::open()) else { return };
    let Server { master, name, keys, .. } = &server;
    // Each in the orders of its own.
    check_jobs(5, || Site {
        open: Box::new(|| desk(master, name, keys).boxed()),
        key_file: keys.path().join("orders.keys"),
        ends_what_is_given_up: false,
    });
    runtime.block_on(server.close());
}

/// One text has one plan, made for the values that it first had: a rare store and a common one have a text each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rare_value_and_a_common_one_have_plans_of_their_own() {
    let Some(mut server) = Server::open().await else { return };
    // More than ten orders are many.
    server.db.list_limits.counted = 100;
    let at = clock::utc();
    let orders: Vec<_> = Demo::sample(300, 1).collect();
    let rare = orders.iter().find(|order| order.store.as_str() != StoreCode::WEB).unwrap().store;
    let many = |store: &str| orders.iter().filter(|order| order.store.as_str() == store).count();
    let expected =
        [rare.as_str(), StoreCode::WEB, rare.as_str()].map(|store| (store.to_owned(), many(store)));
    let entries: Vec<_> =
        orders.iter().map(|order| InsertOrder::by_system(SystemTask::Seed, order.clone(), at)).collect();
    server.db.insert_orders(&entries).await.unwrap();
    let now = Day::new(2026, 3, 4).unwrap().start();
    for (store, many) in expected {
        let store = Condition::Store(Beginning::of_store(&store).unwrap());
        let list = ListQuery::default().filtered(OrderFilter::new([store]));
        let page = server.db.list_orders(&list, now).await.unwrap();
        assert_eq!((page.total, page.items.len()), (Total::Exactly(many as u64), many.min(25)));
    }
    if server.number("SELECT COUNT(OBJECT_ID('sys.dm_exec_cached_plans')) AS number", "").await == 0 {
        println!("skipped: the server tells nobody which plans it has made");
        return server.close().await;
    }
    for class in ["rare", "common"] {
        let plans = "SELECT COUNT(*) AS number FROM sys.dm_exec_cached_plans \
             CROSS APPLY sys.dm_exec_sql_text(plan_handle) AS found \
             WHERE objtype = 'Prepared' AND CHARINDEX(@P1, found.text) > 0";
        let text = format!("[store_code] /* {class} */ = @P");
        assert!(server.number(plans, &text).await > 0, "{class}");
    }
    server.close().await;
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    number: i32,
}

/// They lock the calendar's rows in one order, so that none is ever a deadlock's victim, which would run again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_count_the_same_days_never_wait_for_each_other_in_a_circle() {
    let Some(server) = Server::open().await else { return };
    let (store, tries) = (server.store(), AtomicU32::new(0));
    let days = [(2024, 12, 31), (2025, 1, 1), (2025, 1, 2)].map(|(y, m, d)| Day::new(y, m, d).unwrap());
    for day in days {
        store.write("a test", async |conn| calendar::apply(conn, changes([(day, 100)])).await).await.unwrap();
    }
    let moving = (0..60).map(|n| {
        let (from, to) = (days[n % 3], days[(n + 1 + n / 3 % 2) % 3]);
        let tries = &tries;
        store.write("a test", async move |conn: &mut Conn| {
            tries.fetch_add(1, Ordering::Relaxed);
            calendar::apply(conn, changes([(from, -1), (to, 1)])).await
        })
    });
    futures_util::stream::iter(moving).buffer_unordered(4).try_collect::<Vec<()>>().await.unwrap();
    assert_eq!(AtomicU32::load(&tries, Ordering::Relaxed), 60);
    let total: i64 = counted(store).await.iter().filter(|(period, _)| *period <= 9999).map(|(_, n)| n).sum();
    assert_eq!(total, 300);
    server.close().await;
}

/// Whoever gives up may do so at any moment: nothing is left half done or locked, and the next answer is right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_given_up_at_any_moment_leaves_nothing_behind() {
    let Some(server) = Server::open().await else { return };
    let store = server.store();
    let mut done = false;
    for polls in (0..).step_by(3) {
        if done {
            break;
        }
        let work = async |conn: &mut Conn| {
            // The same row each time: a transaction that were still open would lock it.
            diesel::delete(schema::card_keys::table.filter(schema::card_keys::id.eq(100)))
                .execute(conn)
                .await?;
            card_keys::insert_card_key(conn, Purpose::Seal, 100, vec![1], clock::utc()).await?;
            card_keys::insert_card_key(conn, Purpose::Hash, 100, vec![2], clock::utc()).await
        };
        {
            let mut write = pin!(store.write("a test", work));
            for _ in 0..polls {
                if (&mut write).now_or_never().is_some() {
                    done = true;
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let keys = store.read("a test", async |conn| card_keys::list_card_keys(conn).await).await.unwrap();
        let mine = keys.iter().filter(|key| key.id == 100).count();
        assert!(mine == 0 || mine == 2, "after {polls} polls: {mine}");
    }
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queries_of_one_read_see_one_state() {
    let Some(server) = Server::open().await else { return };
    let store = server.store();
    let row = row(&server.db.keys());
    let seen: Result<_, DbError> = store
        .read("a test", async |conn: &mut Conn| {
            MssqlTransactions::begin_transaction(conn).await?;
            let before: Vec<i64> = RunQueryDsl::load(order_counts::table.count(), conn).await?;
            store
                .write("a test", async |other| insert::insert_order(other, &row, &server.db.outbox).await)
                .await?;
            let after: Vec<i64> = RunQueryDsl::load(order_counts::table.count(), conn).await?;
            MssqlTransactions::commit_transaction(conn).await?;
            Ok((before, after))
        })
        .await;
    assert_eq!(seen.unwrap(), (vec![0], vec![0]));
    assert_eq!(counted(store).await.len(), 3);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_whose_connections_all_give_answers_is_ready() {
    let Some(server) = Server::open().await else { return };
    work_and_check(server.store()).await;
    server.close().await;
}

async fn work_and_check(store: &AzureSql) {
    let check = || store.check("a test", async |conn| card_keys::check(conn).await);
    // Twice as many as there are connections, each held for longer than it takes to answer.
    let mut busy = pin!(futures_util::future::try_join_all((0..8).map(|_| async {
        for _ in 0..6 {
            let hold = async |conn: &mut Conn| {
                card_keys::check(conn).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(())
            };
            store.read("a test", hold).await?;
        }
        Ok::<_, DbError>(())
    })));
    let mut checks = 0;
    loop {
        tokio::select! {
            done = &mut busy => break assert!(done.is_ok(), "{done:?}"),
            ready = check() => {
                assert!(ready.is_ok(), "{ready:?}");
                checks += 1;
            }
        }
    }
    assert!(checks > 0);
}
