//! All orders as files, beside a bare dump of the same rows in the same round, and page 1 meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::cell::grouped;
use crate::load::{self, Ask};
use crate::programs::{Program, Seeded};

const ROUNDS: usize = 3;
/// Of page 1, alone and while a file is taken.
const MEASURED: Duration = Duration::from_secs(3);
const FILES: [(&str, &str); 5] = [
    ("CSV", "/export.csv"),
    ("CSV, by store", "/export.csv?sort=store"),
    ("NDJSON", "/export.ndjson"),
    ("JSON", "/export.json"),
    ("Excel workbook", "/export.xlsx"),
];
/// Bytes that are taken at once.
const PART: usize = 256 * 1024;

/// Prints a table: orders a second, and how much memory it took beyond that of a desk at rest.
pub fn measure(seeded: &Seeded) -> Result<()> {
    println!(
        "\n| {} orders as a file | seconds | orders a second | to a bare dump | MB beyond resting |",
        grouped(seeded.orders)
    );
    println!("|---|---:|---:|---:|---:|");
    for (what, path) in FILES {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let bare = dump(seeded)?;
            // Its own, so that its peak is this file's.
            let desk = Program::desk(&seeded.database)?;
            load::page(desk.address, Ask::Page(1))?;
            let (resting, _) = desk.megabytes()?;
            let took = download(desk.address, path).with_context(|| what.to_owned())?;
            let (_, peak) = desk.megabytes()?;
            eprintln!("{what}: {:.1} s, bare {:.1} s", took.as_secs_f64(), bare.as_secs_f64());
            rounds.push((took, bare.as_secs_f64() / took.as_secs_f64(), peak - resting));
        }
        rounds.sort_by_key(|round| round.0);
        let (took, share, beyond) = rounds.swap_remove(ROUNDS / 2);
        #[allow(clippy::cast_precision_loss, reason = "far inside the range")]
        let rate = seeded.orders as f64 / took.as_secs_f64();
        println!("| {what} | {:.1} | {rate:.0} | {share:.2} | {beyond:.1} |", took.as_secs_f64());
    }
    pages_meanwhile(seeded)
}

/// The 99th percentile of page 1, alone and while CSV is taken again and again.
fn pages_meanwhile(seeded: &Seeded) -> Result<()> {
    let desk = Program::desk(&seeded.database)?;
    let alone = load::run_for(desk.address, Ask::Page(1), MEASURED)?;
    let is_over = AtomicBool::new(false);
    let meanwhile = std::thread::scope(|scope| {
        let taking = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                download(desk.address, "/export.csv")?;
            }
            anyhow::Ok(())
        });
        let meanwhile = load::run_for(desk.address, Ask::Page(1), MEASURED);
        is_over.store(true, Ordering::Relaxed);
        taking.join().map_err(|_| anyhow::anyhow!("the download broke off"))??;
        meanwhile
    })?;
    let [alone, meanwhile] = [alone, meanwhile].map(|rate| rate.p99.as_secs_f64() * 1000.0);
    println!("\nPage 1's 99th percentile: {alone:.2} ms alone, {meanwhile:.2} ms while CSV is taken.");
    Ok(())
}

/// Takes a file whole; how long that took.
fn download(address: SocketAddr, path: &str) -> Result<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let (mut part, mut first, mut end) = (vec![0; PART], Vec::new(), Vec::new());
    loop {
        let taken = stream.read(&mut part)?;
        let Some(bytes) = part.get(..taken).filter(|bytes| !bytes.is_empty()) else { break };
        if first.is_empty() {
            first = bytes.to_vec();
        }
        end.extend_from_slice(bytes.get(taken.saturating_sub(5)..).unwrap_or_default());
        end.drain(..end.len().saturating_sub(5));
    }
    ensure!(first.starts_with(b"HTTP/1.1 200 "), "it was refused: {}", String::from_utf8_lossy(&first));
    ensure!(end == b"0\r\n\r\n", "it was cut");
    Ok(begun.elapsed())
}

/// The same rows as comma-separated values without any care, to nowhere.
fn dump(seeded: &Seeded) -> Result<Duration> {
    let begun = Instant::now();
    let database = Connection::open(&seeded.database)?;
    let mut statement = database.prepare(
        "SELECT number, order_date, store_code, product_code, product_quantity, card_brand, card_last4, shipping_date, \
         delivery_date, user_id, date_uuid, cancelled_at, flags, note FROM orders ORDER BY order_date DESC, number DESC",
    )?;
    let columns = statement.column_count();
    let (mut rows, mut lines, mut count) = (statement.query([])?, Vec::with_capacity(2 * PART), 0_u64);
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Integer(number) => write!(lines, "{number},")?,
                ValueRef::Text(text) => {
                    lines.extend_from_slice(text);
                    lines.push(b',');
                }
                _ => lines.push(b','),
            }
        }
        lines.push(b'\n');
        count += 1;
        if lines.len() >= PART {
            std::hint::black_box(&lines);
            lines.clear();
        }
    }
    ensure!(count == seeded.orders, "the dump has {count} rows");
    Ok(begun.elapsed())
}
