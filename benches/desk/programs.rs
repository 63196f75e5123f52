//! The programs that are measured, and the database that they serve from.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::cell::Cell;

const DESK: &str = env!("CARGO_BIN_EXE_orders");

/// A running program; killed when dropped.
pub struct Program {
    pub name: &'static str,
    pub address: SocketAddr,
    process: Process,
    /// Kept open: a program may fail when it cannot print.
    _stdout: BufReader<ChildStdout>,
}

impl Program {
    /// Starts the desk. Its access log is written as always, to nobody.
    pub fn desk(database: &Path) -> Result<Self> {
        Self::desk_with(database, &[])
    }

    /// The same with settings of its own.
    pub fn desk_with(database: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = desk(database, &["serve"])?;
        command.envs(settings.iter().copied());
        Self::start("desk", command.env("ORDERS_SERVER__LISTEN", "127.0.0.1:0").stderr(Stdio::null()))
    }

    /// Starts the bare program, which is this one with another argument.
    pub fn bare(database: &Path) -> Result<Self> {
        Self::start("bare", Command::new(std::env::current_exe()?).arg("--bare").arg(database))
    }

    /// Returns when the program has said where it listens.
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut process = Process(command.stdout(Stdio::piped()).spawn()?);
        let mut stdout = BufReader::new(process.0.stdout.take().context("the output is piped")?);
        let address = address_in(&mut stdout).with_context(|| format!("{name} did not start"))?;
        Ok(Self { name, address, process, _stdout: stdout })
    }

    /// Resident memory now and at its peak.
    pub fn memory(&self) -> Result<Cell> {
        let (now, peak) = self.megabytes()?;
        Ok(Cell { shown: format!("{now:.1} MB ({peak:.1})"), value: Some(now) })
    }

    /// The same as numbers.
    pub fn megabytes(&self) -> Result<(f64, f64)> {
        megabytes(self.process.0.id())
    }
}

/// Resident memory of a process now and at its peak.
pub fn megabytes(process: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
        anyhow::Ok(f64::from(line.trim_end_matches("kB").trim().parse::<u32>()?) * 1.024e-3)
    };
    Ok((megabytes("VmRSS:")?, megabytes("VmHWM:")?))
}

/// The address in a line such as `listening on http://127.0.0.1:5000`.
fn address_in(stdout: &mut impl BufRead) -> Result<SocketAddr> {
    for line in stdout.lines() {
        if let Some((_, rest)) = line?.split_once("http://") {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
            return Ok(rest.split_at(end.unwrap_or(rest.len())).0.trim_end_matches('.').parse()?);
        }
    }
    bail!("it ended without saying where it listens")
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("a program could not be killed: {error}");
        }
    }
}

/// The desk with its default settings, whatever the environment and the working directory say.
pub fn desk(database: &Path, arguments: &[&str]) -> Result<Command> {
    let folder = database.parent().context("a database is in a folder")?;
    let mut command = Command::new(DESK);
    command.args(arguments).current_dir(folder).env_clear();
    command.env("ORDERS_DATABASE__URL", format!("sqlite:{}", database.display()));
    Ok(command)
}

/// The database with the demo orders.
pub struct Seeded {
    pub database: PathBuf,
    pub orders: u64,
    /// In this run or an earlier one.
    pub took: Duration,
}

impl Seeded {
    /// Seeds a database, or takes the one that this very program has seeded before.
    pub fn at(folder: &Path, rows: u64) -> Result<Self> {
        let folder = folder.join("desk");
        let (database, marker) = (folder.join("orders.db"), folder.join("seeded"));
        let built = fs::metadata(DESK)?.modified()?.duration_since(UNIX_EPOCH)?;
        let made_by = format!("{rows} rows by {DESK} of {built:?} in seconds: ");
        let mut made = fs::read_to_string(&marker).unwrap_or_default();
        if !made.starts_with(&made_by) {
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            fs::create_dir_all(&folder)?;
            let begun = Instant::now();
            let mut seed = desk(&database, &["seed", "--rows", &rows.to_string(), "--seed", "1"])?;
            let status = seed.stdout(io::stderr()).status()?;
            ensure!(status.success(), "seeding failed: {status}");
            made = format!("{made_by}{}", begun.elapsed().as_secs_f64());
            fs::write(&marker, &made)?;
        }
        let orders = count_orders(&database)?;
        ensure!(orders == rows, "asked for {rows} orders, {orders} were seeded");
        Ok(Self {
            database,
            orders,
            took: Duration::from_secs_f64(made.trim_start_matches(&made_by).parse()?),
        })
    }

    /// A folder with a copy of the database and its keys, gone when dropped.
    pub fn copy(&self) -> Result<TempDir> {
        // Also takes what is left of the write-ahead log into the database.
        count_orders(&self.database)?;
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        for name in ["orders.db", "orders.keys"] {
            fs::copy(self.database.with_file_name(name), folder.path().join(name)).context(name)?;
            // Else the system would go on writing it while the first orders are added.
            File::open(folder.path().join(name))?.sync_all()?;
        }
        Ok(folder)
    }
}

/// Counts the rows themselves, not what the desk says of them.
pub fn count_orders(database: &Path) -> Result<u64> {
    let count = "SELECT count(*) FROM orders";
    let count: i64 = Connection::open(database)?.query_row(count, [], |row| row.get(0))?;
    Ok(u64::try_from(count)?)
}
