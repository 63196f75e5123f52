//! The benchmark on a server: pages of orders through the desk's `db` functions, beside the same T-SQL through bare
//! tiberius.
//!
//! `ORDERS_TEST_MSSQL_URL=… cargo bench --bench azure_sql` makes a database on that server, fills it with 100,000
//! demo orders, measures both in turn and prints the table of docs/benchmarks.md. `ORDERS_TEST_BENCH_ROWS` sets
//! another number.

mod bare;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use orders::db::Db;
use orders::order::{PageRequest, PerPage};

use bare::Bare;
use server::Server;
use tokio::task::JoinSet;

const TASKS: usize = 4;
const ROUNDS: usize = 9;
const MEASURED: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<()> {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("This takes minutes: run it with `cargo bench --bench azure_sql`.");
        return Ok(());
    }
    let Some(url) = variable("ORDERS_TEST_MSSQL_URL") else {
        println!("skipped: ORDERS_TEST_MSSQL_URL is not set");
        return Ok(());
    };
    let rows = variable("ORDERS_TEST_BENCH_ROWS").unwrap_or_else(|| "100000".to_owned());
    let rows: u64 = rows.parse().context("ORDERS_TEST_BENCH_ROWS is no number")?;

    let server = Server::with_database(&url, TASKS).await?;
    let result = measure(&server, rows).await;
    server.drop_database().await?;
    result
}

#[expect(clippy::disallowed_methods, reason = "a setting of the benchmark, not of the desk")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn measure(server: &Server, rows: u64) -> Result<()> {
    let db = Arc::new(server.open().await?);
    let seeding = server::seed(&db, rows).await?;
    let middle = (rows / 25 / 2).max(2);
    println!(
        "| {rows} orders, {TASKS} at once | the desk | bare tiberius | desk / bare |\n|---|---:|---:|---:|"
    );
    for page in [1, middle] {
        same_orders(&db, &mut Bare::connect(server).await?, page).await?;
        let [desk, bare, share] = rates(&db, server, page).await?;
        println!("| list, page {page}, a second | {desk:.0} | {bare:.0} | {share:.2} |");
    }
    println!(
        "\nThe median of {ROUNDS} rounds of {} seconds each. Seeding took {:.1} s.",
        MEASURED.as_secs(),
        seeding.as_secs_f64()
    );
    db.close();
    Ok(())
}

fn request(page: u64) -> PageRequest {
    PageRequest { page, per_page: PerPage::default() }
}

async fn same_orders(db: &Db, bare: &mut Bare, page: u64) -> Result<()> {
    let found = db.list_newest_orders(request(page)).await?;
    let desk: Vec<i64> = found.items.iter().map(|order| order.number.get()).collect();
    let bare = bare.page(page).await?.numbers();
    ensure!(desk == bare, "page {page} differs: the desk has {desk:?}, bare tiberius {bare:?}");
    Ok(())
}

/// Pages a second of both, taking turns, and the desk's share of the bare rate: medians of the rounds.
async fn rates(db: &Arc<Db>, server: &Server, page: u64) -> Result<[f64; 3]> {
    let mut bares = Vec::new();
    for _ in 0..TASKS {
        bares.push(Bare::connect(server).await?);
    }
    let mut rounds = Vec::new();
    for _ in 0..=ROUNDS {
        let desk = of_desk(db, page).await?;
        let (bare, again) = of_bare(bares, page).await?;
        bares = again;
        rounds.push([desk, bare, desk / bare]);
    }
    // The first round warms up.
    rounds.remove(0);
    Ok([0, 1, 2].map(|what| {
        let mut values: Vec<f64> = rounds.iter().map(|round| round[what]).collect();
        values.sort_by(f64::total_cmp);
        values[ROUNDS / 2]
    }))
}

async fn of_desk(db: &Arc<Db>, page: u64) -> Result<f64> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let db = Arc::clone(db);
        tasks.spawn(async move {
            let mut pages = 0_u32;
            while began.elapsed() < MEASURED {
                db.list_newest_orders(request(page)).await?;
                pages += 1;
            }
            anyhow::Ok(pages)
        });
    }
    let pages = tasks.join_all().await.into_iter().sum::<Result<u32>>()?;
    Ok(f64::from(pages) / began.elapsed().as_secs_f64())
}

async fn of_bare(bares: Vec<Bare>, page: u64) -> Result<(f64, Vec<Bare>)> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for mut bare in bares {
        tasks.spawn(async move {
            let mut pages = 0_u32;
            while began.elapsed() < MEASURED {
                bare.page(page).await?;
                pages += 1;
            }
            anyhow::Ok((pages, bare))
        });
    }
    let done = tasks.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let pages: u32 = done.iter().map(|(pages, _)| pages).sum();
    let rate = f64::from(pages) / began.elapsed().as_secs_f64();
    Ok((rate, done.into_iter().map(|(_, bare)| bare).collect()))
}
