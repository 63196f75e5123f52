//! A file of orders that a command imports, beside a bare insert of the same rows in the same round, and a clerk who saves
//! orders meanwhile.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;

use crate::bare;
use crate::cell::grouped;
use crate::clerk::{clerk, p99};
use crate::programs::{Program, count_orders, desk, megabytes};

const ROUNDS: usize = 3;
/// How long the clerk saves alone, before the file comes.
const ALONE: Duration = Duration::from_secs(3);
/// How often the command's memory is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Rows of a transaction of the bare program, as of the desk.
const BATCH: usize = 200;
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

/// Prints a table; both begin with an empty database that has all its indexes.
pub fn measure(rows: u64) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (file, one) = (folder.path().join("orders.csv"), folder.path().join("one.csv"));
    write_file(&file, rows)?;
    write_file(&one, 1)?;
    let mut rounds = Vec::new();
    for nth in 1..=ROUNDS {
        let round = measure_once(&file, &one, rows)?;
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
    println!("| The same meanwhile | {:.1} ms |", milliseconds(round.meanwhile));
    Ok(())
}

fn measure_once(file: &Path, one: &Path, rows: u64) -> Result<Round> {
    let (_folder, database) = empty()?;
    let resting = peak_of(&database, one)?;
    let (_folder, database) = empty()?;
    let bare = insert_bare(&database, file)?;
    ensure!(count_orders(&database)? == rows, "the bare program has inserted something else");
    let (_folder, database) = empty()?;
    let program = Program::desk(&database)?;
    let ((), alone) = clerk(program.address, || {
        std::thread::sleep(ALONE);
        Ok(())
    })?;
    let before = count_orders(&database)?;
    let begun = Instant::now();
    let ((took, peak), meanwhile) = clerk(program.address, || {
        let peak = peak_of(&database, file)?;
        Ok((begun.elapsed(), peak))
    })?;
    let saved = u64::try_from(meanwhile.len())?;
    let stored = count_orders(&database)?;
    ensure!(stored == before + rows + saved, "{stored} orders are stored, {rows} were imported");
    let (alone, meanwhile) = (p99(alone)?, p99(meanwhile)?);
    Ok(Round { took, bare, beyond: peak - resting, alone, meanwhile })
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

/// The same rows without any check, count, history or sealed card: what the tables themselves cost.
fn insert_bare(database: &Path, file: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let mut database = Connection::open(database)?;
    database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")?;
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

/// Orders of ten years and a few hundred stores, products and customers, each with a key of its own.
fn write_file(path: &Path, rows: u64) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    for n in 0..rows {
        writeln!(
            file,
            "{n:08x}-0000-4000-8000-0000000000aa,2dcb6e7a-1f0e-4d0b-9d3a-{:012x},4111111111111111,HI-{:08X},\
             R7-{}h,{},{}-{:02}-{:02} {:02}:{:02}",
            n % 900,
            0x9B97_EE00_u64 + n % 400,
            3_126_000 + n % 700,
            n % 9 + 1,
            2013 + n % 10,
            n / 10 % 12 + 1,
            n / 120 % 28 + 1,
            n % 24,
            n % 60,
        )?;
    }
    file.flush()?;
    file.get_ref().sync_all()?;
    ensure!(fs::metadata(path)?.len() > 0, "the file is empty");
    Ok(())
}
