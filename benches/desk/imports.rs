//! A file of orders that a command imports, beside a bare insert of the same rows in the same round; and a clerk who saves orders
//! while a tenth of it is imported.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{NaiveDate, TimeDelta};
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;
use uuid::Uuid;

use crate::bare;
use crate::cell::grouped;
use crate::clerk::{clerk, p99};
use crate::load::with_check_digit;
use crate::programs::{Program, count_orders, desk, megabytes};

const ROUNDS: usize = 3;
/// How long the clerk saves alone, before the file comes.
const ALONE: Duration = Duration::from_secs(3);
/// How often the command's memory is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Rows of a transaction of the bare program, as many as of the command's at most.
const BATCH: usize = 3_000;
const HEADER: &str = "date_uuid,user_id,card_number,store_code,product_code,product_quantity,order_date\n";

struct Round {
    took: Duration,
    bare: Duration,
    /// Megabytes at the peak, beyond that of an import of one row.
    beyond: f64,
    /// The clerk's saves, alone and meanwhile.
    alone: Duration,
    meanwhile: Duration,
}

/// Files that are imported.
struct Files {
    whole: PathBuf,
    tenth: PathBuf,
    one: PathBuf,
}

/// Prints a table; every import begins with an empty database that has all its indexes.
pub fn measure(rows: u64) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = |name: &str, rows: u64| {
        let path = folder.path().join(name);
        write_file(&path, rows).map(|()| path)
    };
    let files = Files {
        whole: file("all.csv", rows)?,
        tenth: file("tenth.csv", rows / 10)?,
        one: file("one.csv", 1)?,
    };
    let mut rounds = Vec::new();
    for nth in 1..=ROUNDS {
        let round = measure_once(&files, rows)?;
        eprintln!("round {nth}: {:.1} s, bare {:.1} s", round.took.as_secs_f64(), round.bare.as_secs_f64());
        rounds.push(round);
    }
    rounds.sort_by_key(|round| round.took);
    let round = rounds.swap_remove(ROUNDS / 2);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("\n| A CSV file of {} orders, imported by the command | |", grouped(rows));
    println!("|---|---:|");
    println!("| From the command to its end | {:.1} s |", round.took.as_secs_f64());
    println!("| A bare insert of the same rows | {:.1} s |", round.bare.as_secs_f64());
    println!("| The command's memory beyond that for one row | {:.1} MB |", round.beyond);
    println!("| A clerk's save alone, 99th percentile | {:.1} ms |", milliseconds(round.alone));
    println!("| The same while a tenth of it is imported | {:.1} ms |", milliseconds(round.meanwhile));
    Ok(())
}

fn measure_once(files: &Files, rows: u64) -> Result<Round> {
    let (_folder, database) = empty()?;
    let bare = insert_bare(&database, &files.whole)?;
    ensure!(count_orders(&database)? == rows, "the bare program has inserted something else");
    let (_folder, database) = empty()?;
    let resting = peak_of(&database, &files.one)?;
    let (_folder, database) = empty()?;
    let begun = Instant::now();
    let peak = peak_of(&database, &files.whole)?;
    let took = begun.elapsed();
    ensure!(count_orders(&database)? == rows, "the command has imported something else");
    let (alone, meanwhile) = measure_clerk(&files.tenth, rows / 10)?;
    Ok(Round { took, bare, beyond: peak - resting, alone, meanwhile })
}

/// A clerk's saves, alone and while a file comes in.
fn measure_clerk(file: &Path, rows: u64) -> Result<(Duration, Duration)> {
    let (_folder, database) = empty()?;
    let program = Program::desk(&database)?;
    let ((), alone) = clerk(program.address, || {
        std::thread::sleep(ALONE);
        Ok(())
    })?;
    let before = count_orders(&database)?;
    let (_, meanwhile) = clerk(program.address, || peak_of(&database, file))?;
    let saved = u64::try_from(meanwhile.len())?;
    let stored = count_orders(&database)?;
    ensure!(stored == before + rows + saved, "{stored} orders are stored, {rows} were imported");
    Ok((p99(alone)?, p99(meanwhile)?))
}

/// A database without an order, in a folder that is gone when dropped.
fn empty() -> Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let database = folder.path().join("orders.db");
    let status = desk(&database, &["migrate"])?.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "a database could not be made: {status}");
    Ok((folder, database))
}

/// Lets the command import a file; megabytes at its peak.
fn peak_of(database: &Path, file: &Path) -> Result<f64> {
    let file = file.to_str().context("the file's path is text")?;
    let mut command = desk(database, &["import", file])?;
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0.0_f64;
    loop {
        // Behind its end there is nothing to look at.
        peak = megabytes(child.id()).map_or(peak, |(_, now)| peak.max(now));
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "the import failed: {status}");
            return Ok(peak);
        }
        std::thread::sleep(LOOK);
    }
}

/// The same rows without any check, history or sealed card: what the orders' table costs with its indexes and counts.
fn insert_bare(database: &Path, file: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let mut database = Connection::open(database)?;
    database
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768")?;
    let mut lines = BufReader::new(File::open(file)?).lines().skip(1).peekable();
    while lines.peek().is_some() {
        let batch = database.transaction()?;
        for line in lines.by_ref().take(BATCH) {
            let line = line?;
            // Shipped and delivered: never.
            let cells = line.split(',').chain(["", ""]);
            batch.prepare_cached(bare::INSERT)?.execute(params_from_iter(cells))?;
        }
        batch.commit()?;
    }
    Ok(begun.elapsed())
}

/// Orders of three years, as a shop has them: one after the other, of 400 stores, 2,000 products and customers of whom each has
/// ordered three times; every order has a UUID that says nothing about any other.
fn write_file(path: &Path, rows: u64) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    let begin = NaiveDate::from_ymd_opt(2023, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
    let begin = begin.context("a date")?;
    let minutes = 3 * 365 * 24 * 60;
    for n in 0..rows {
        let (key, customer) = (Uuid::from_u64_pair(mixed(n), mixed(n + rows)), mixed(n % (rows / 3 + 1)));
        let ordered = begin + TimeDelta::minutes(i64::try_from(n * minutes / rows)?);
        writeln!(
            file,
            "{key},{},{},HI-{:08X},R7-{}h,{},{}",
            Uuid::from_u64_pair(customer, mixed(customer)),
            with_check_digit(&format!("4{:014}", customer % 100_000_000_000_000)),
            0x9B97_EE00 + mixed(n) % 400,
            3_126_000 + mixed(n) / 400 % 2_000,
            mixed(n) % 9 + 1,
            ordered.format("%Y-%m-%d %H:%M"),
        )?;
    }
    file.flush()?;
    file.get_ref().sync_all()?;
    ensure!(fs::metadata(path)?.len() > 0, "the file is empty");
    Ok(())
}

/// A number that looks like chance, another one for each (`SplitMix64`).
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}
