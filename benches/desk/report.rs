//! The table of docs/benchmarks.md, in Markdown, printed row by row.

use std::fmt::Display;
use std::fs;
use std::time::Duration;

use crate::load::{CONNECTIONS, MEASURED};

/// What was measured of one program; with a value if the programs are to be compared by it.
pub struct Cell {
    pub shown: String,
    pub value: Option<f64>,
}

impl Cell {
    pub fn plain(shown: String) -> Self {
        Self { shown, value: None }
    }

    pub fn milliseconds(time: Duration) -> Self {
        let value = time.as_secs_f64() * 1000.0;
        Self { shown: format!("{value:.1} ms"), value: Some(value) }
    }
}

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

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", grouped(number / 1000), number % 1000)
    }
}
