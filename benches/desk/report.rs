//! The table of docs/benchmarks.md, in Markdown, printed row by row.

use std::fmt::Display;
use std::fs;
use std::time::Duration;

use crate::cell::{Cell, grouped};
use crate::load::{CONNECTIONS, MEASURED};

pub fn head(orders: u64) {
    println!("| {} orders | the desk | bare program | desk / bare |", grouped(orders));
    println!("|---|---:|---:|---:|");
}

pub fn row(what: impl Display, [desk, bare]: [Cell; 2]) {
    let ratio = desk.value.zip(bare.value).map(|(desk, bare)| format!("{:.2}", desk / bare));
    println!("| {what} | {} | {} | {} |", desk.shown, bare.shown, ratio.unwrap_or_default());
}

/// How it was measured, and on what.
pub fn foot(rounds: usize, seeding: Duration) {
    let line = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.map_or_else(|| "unknown".to_owned(), |value| value.trim_matches([' ', '\t', ':']).to_owned())
    };
    println!(
        "\nAnswers a second (median and 99th percentile of their times) to {CONNECTIONS} connections from the"
    );
    println!(
        "same machine; the median of {rounds} rounds of {} seconds. Seeding took {:.0} s.",
        MEASURED.as_secs(),
        seeding.as_secs_f64()
    );
    println!(
        "Run on {}, {} cores, {} of memory, Linux {}.",
        line("/proc/cpuinfo", "model name"),
        std::thread::available_parallelism().map_or(0, usize::from),
        line("/proc/meminfo", "MemTotal"),
        line("/proc/sys/kernel/osrelease", "")
    );
}
