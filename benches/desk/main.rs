//! The benchmark: the desk beside a bare hyper and rusqlite program, on 1,000,000 demo orders.
//!
//! `cargo bench --bench desk` seeds a database, measures both programs in turn and prints the tables of
//! docs/benchmarks.md; the second one is of the desk's own lists beside its page 1, the third of all orders as files, the
//! fourth of one action on 10,000 orders, the fifth of a file of as many orders as come in. `cargo bench --bench desk -- lists` prints one part alone; so do `exports`, `signed-in`,
//! `finding`, `bulk` and `imports`. `ORDERS_TEST_BENCH_ROWS` sets another number of orders. The seeded database is kept for the next run.

mod bare;
mod bulk;
mod cell;
mod clerk;
mod exports;
mod imports;
mod lists;
mod load;
mod programs;
mod report;
mod signed_in;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use cell::{Cell, grouped};
use load::{Ask, Rate};
use programs::{Program, Seeded, count_orders};
use report::row;

const ROUNDS: usize = 3;
const STARTS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, database] if flag == "--bare" => return bare::serve(Path::new(database)),
        arguments if arguments.iter().any(|argument| argument == "--bench") => {}
        _ => {
            println!("This takes minutes: run it with `cargo bench --bench desk`.");
            return Ok(());
        }
    }
    if arguments.iter().any(|argument| argument == "imports") {
        return imports::measure(rows()?);
    }
    let seeded = Seeded::at(Path::new(env!("CARGO_TARGET_TMPDIR")), rows()?)?;
    if arguments.iter().any(|argument| argument == "lists") {
        return lists::measure(&seeded);
    }
    if arguments.iter().any(|argument| argument == "exports") {
        return exports::measure(&seeded);
    }
    if arguments.iter().any(|argument| argument == "signed-in") {
        return signed_in::measure(&seeded);
    }
    if arguments.iter().any(|argument| argument == "finding") {
        return measure_cost_of_finding(&seeded);
    }
    if arguments.iter().any(|argument| argument == "bulk") {
        return bulk::measure(&seeded);
    }
    report::head(seeded.orders);
    measure_reading(&seeded)?;
    measure_adding(&seeded)?;
    measure_starts(&seeded.database)?;
    report::foot(ROUNDS, seeded.took);
    measure_cost_of_finding(&seeded)?;
    signed_in::measure(&seeded)?;
    lists::measure(&seeded)?;
    exports::measure(&seeded)?;
    bulk::measure(&seeded)?;
    imports::measure(seeded.orders)
}

#[expect(clippy::disallowed_methods, reason = "a setting of the benchmark, not of the desk")]
fn rows() -> Result<u64> {
    let rows = std::env::var("ORDERS_TEST_BENCH_ROWS").unwrap_or_else(|_| "1000000".to_owned());
    rows.parse().with_context(|| format!("ORDERS_TEST_BENCH_ROWS is no number: {rows}"))
}

/// Page 20,000 is the middle one of 1,000,000 orders.
fn measure_reading(seeded: &Seeded) -> Result<()> {
    let both = [Program::desk(&seeded.database)?, Program::bare(&seeded.database)?];
    let [first, middle] = [Ask::Page(1), Ask::Page((seeded.orders / 25 / 2).max(1))];
    let sizes = same_orders(&both, first)?;
    same_orders(&both, middle)?;

    let (of_first, of_middle) = (rates(first, &both)?, rates(middle, &both)?);
    row(first, of_first.each_ref().map(Rate::cell));
    row(middle, of_middle.each_ref().map(Rate::cell));
    let ([desk_1, bare_1], [desk, bare]) = (of_first, of_middle);
    let shares = [desk.per_second / desk_1.per_second, bare.per_second / bare_1.per_second];
    row(format!("{middle}, to page 1"), shares.map(|share| Cell::plain(format!("{share:.3}"))));
    let orders = seeded.orders;
    for ask in [Ask::GzipPage(1), Ask::AnyOrder { orders }, Ask::GzipOrder { orders }] {
        row(ask, rates(ask, &both)?.each_ref().map(Rate::cell));
    }
    row("Bytes of page 1, with its head", sizes.map(|size| Cell::plain(grouped(size))));
    let zipped = each(&both, |program| Ok(load::answer(program.address, Ask::GzipPage(1))?.len() as u64))?;
    ensure!(zipped[0] * 2 < sizes[0], "the desk does not compress");
    row("The same, as a browser asks", zipped.map(|size| Cell::plain(grouped(size))));
    row("Resident after reading (at its peak)", each(&both, Program::memory)?);
    Ok(())
}

/// Both add to copies of their own, so that the next run finds the seeded database as it was.
fn measure_adding(seeded: &Seeded) -> Result<()> {
    let copies = [seeded.copy()?, seeded.copy()?];
    let [desk, bare] = copies.each_ref().map(|copy| copy.path().join("orders.db"));
    let both = [Program::desk(&desk)?, Program::bare(&bare)?];
    let added = rates(Ask::Add, &both)?;
    row(Ask::Add, added.each_ref().map(Rate::cell));
    row("Resident after adding (at its peak)", each(&both, Program::memory)?);

    // Killed, not stopped: what was acknowledged has to be there all the same.
    drop(both);
    for (database, rate) in [desk, bare].iter().zip(&added) {
        let (stored, expected) = (count_orders(database)?, seeded.orders + rate.answers);
        ensure!(stored == expected, "{expected} orders were acknowledged, {stored} are stored");
    }
    row("Acknowledged, and there after SIGKILL", added.map(|rate| Cell::plain(grouped(rate.answers))));
    Ok(())
}

/// Adding with what finding needs, its indexes and kept counts, and without it, in turn; prints which part is left.
fn measure_cost_of_finding(seeded: &Seeded) -> Result<()> {
    let copies = [seeded.copy()?, seeded.copy()?];
    let [with, without] = copies.each_ref().map(|copy| copy.path().join("orders.db"));
    without_finding(&without)?;
    let [with, without] = rates(Ask::Add, &[Program::desk(&with)?, Program::desk(&without)?])?;
    println!(
        "\nAdding orders with the indexes and kept counts that lists need: {}; without them: {}; {:.2} of that is left.",
        with.cell().shown,
        without.cell().shown,
        with.per_second / without.per_second
    );
    Ok(())
}

/// Takes out of a copy what only filters, sorts and totals have: as it was before there were any.
fn without_finding(database: &Path) -> Result<()> {
    let file = rusqlite::Connection::open(database)?;
    let drops = "SELECT 'DROP ' || type || ' ' || name FROM sqlite_master WHERE tbl_name = 'orders' AND (type = 'index' \
                 AND sql IS NOT NULL AND name <> 'orders_by_date' OR type = 'trigger' AND name LIKE 'orders_counted%')";
    let drops: Vec<String> =
        file.prepare(drops)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    ensure!(drops.len() > 10, "the schema has other names: {drops:?}");
    Ok(file.execute_batch(&format!("{}; PRAGMA wal_checkpoint(TRUNCATE)", drops.join("; ")))?)
}

/// From the start of the process to the last byte of page 1, the median of some starts.
fn measure_starts(database: &Path) -> Result<()> {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for (start, took) in [Program::desk, Program::bare].iter().zip(&mut took) {
            let begun = Instant::now();
            let program = start(database)?;
            load::page(program.address, Ask::Page(1))?;
            took.push(begun.elapsed());
        }
    }
    let medians = took.map(|mut took| {
        took.sort_unstable();
        Cell::milliseconds(took[STARTS / 2])
    });
    row("Start to first page", medians);
    Ok(())
}

fn each<T>(both: &[Program; 2], ask: impl Fn(&Program) -> Result<T>) -> Result<[T; 2]> {
    let [desk, bare] = both.each_ref().map(ask);
    Ok([desk?, bare?])
}

/// The sizes of a page of both programs, which have to show the same orders.
fn same_orders(both: &[Program; 2], ask: Ask<'_>) -> Result<[u64; 2]> {
    let pages = each(both, |program| load::page(program.address, ask))?;
    let [desk, bare] = pages.each_ref().map(|page| {
        let rows = page.split("id=\"order-").skip(1);
        rows.filter_map(|row| row.split('"').next()).collect::<Vec<_>>()
    });
    ensure!(desk == bare, "{ask} differs: the desk has {desk:?}, the bare program {bare:?}");
    Ok(pages.map(|page| page.len() as u64))
}

/// The median rates, each with all its rounds' answers; both take turns, for machines have moods.
fn rates(ask: Ask<'_>, both: &[Program; 2]) -> Result<[Rate; 2]> {
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        for (program, rounds) in both.iter().zip(&mut rounds) {
            let what = format!("{ask}, {}, round {round}", program.name);
            let rate = load::run(program.address, ask).with_context(|| what.clone())?;
            eprintln!("{what}: {}", rate.cell().shown);
            rounds.push(rate);
        }
    }
    Ok(rounds.map(|mut rounds| {
        rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        let answers = rounds.iter().map(|rate| rate.answers).sum();
        Rate { answers, ..rounds.swap_remove(ROUNDS / 2) }
    }))
}
