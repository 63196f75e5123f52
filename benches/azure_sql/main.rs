//! The benchmark on a server: pages of orders through the desk's `db` functions, beside the same T-SQL through bare
//! tiberius.
//!
//! `ORDERS_TEST_MSSQL_URL=… cargo bench --bench azure_sql` makes a database on that server, fills it with 100,000
//! demo orders, measures both in turn and prints the README's table. `ORDERS_TEST_BENCH_ROWS` sets another number.

mod bare;
mod server;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use orders::db::Db;
use orders::order::{PageRequest, PerPage};

use bare::Bare;
use server::Server;

const TASKS: usize = 4;
const ROUNDS: usize = 5;
const MEASURED: Duration = Duration::from_secs(3);

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
    let db = server.open().await?;
    let seeding = server::seed(&db, rows).await?;
    let middle = (rows / 25 / 2).max(2);
    println!(
        "| {rows} orders, {TASKS} at once | the desk | bare tiberius | desk / bare |\n|---|---:|---:|---:|"
    );
    for page in [1, middle] {
        same_orders(&db, &mut Bare::connect(server).await?, page).await?;
        let [desk, bare] = rates(&db, server, page).await?;
        println!("| list, page {page}, a second | {desk:.0} | {bare:.0} | {:.2} |", desk / bare);
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
    let listing = db.list_orders(request(page)).await?;
    let desk: Vec<i64> = listing.orders.iter().map(|order| order.number.get()).collect();
    let bare = bare.page(page).await?.numbers();
    ensure!(desk == bare, "page {page} differs: the desk has {desk:?}, bare tiberius {bare:?}");
    Ok(())
}

/// Pages a second of both, taking turns; each the median of its rounds.
async fn rates(db: &Db, server: &Server, page: u64) -> Result<[f64; 2]> {
    let mut bares = Vec::new();
    for _ in 0..TASKS {
        bares.push(Bare::connect(server).await?);
    }
    let (mut desk, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        desk.push(of_desk(db, page).await?);
        bare.push(of_bare(&mut bares, page).await?);
    }
    Ok([desk, bare].map(|mut rates| {
        // The first round warms up.
        rates.remove(0);
        rates.sort_by(f64::total_cmp);
        rates[ROUNDS / 2]
    }))
}

async fn of_desk(db: &Db, page: u64) -> Result<f64> {
    let (began, mut pages) = (Instant::now(), Vec::new());
    for _ in 0..TASKS {
        pages.push(async move {
            let mut done = 0_u32;
            while began.elapsed() < MEASURED {
                db.list_orders(request(page)).await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    rate(began, pages).await
}

async fn of_bare(bares: &mut [Bare], page: u64) -> Result<f64> {
    let (began, mut pages) = (Instant::now(), Vec::new());
    for bare in bares {
        pages.push(async move {
            let mut done = 0_u32;
            while began.elapsed() < MEASURED {
                bare.page(page).await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    rate(began, pages).await
}

/// What all of them did in the time, a second.
async fn rate(began: Instant, tasks: Vec<impl Future<Output = Result<u32>>>) -> Result<f64> {
    let done: u32 = futures_util::future::try_join_all(tasks).await?.into_iter().sum();
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}
