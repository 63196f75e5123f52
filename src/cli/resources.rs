//! What the operating system has to allow: threads and open files.
//!
//! Looked at before anything depends on it. tokio panics where it is refused its first thread, and waits for ever for the
//! others; SQLite only says that it cannot open a file.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};

use super::ops_server;
use crate::config::{DatabaseUrl, Settings};

/// Besides the workers: SQLite's writer, two slices of long reads, a look-up of a name, and what says the first line.
const OTHER_THREADS: usize = 5;
/// For looking up names where all else is on one thread.
const LOOKUP_THREADS: usize = 2;
/// For threads that have ended to be counted no more.
const SETTLING: Duration = Duration::from_secs(1);

/// Open files with which every command works, but for `serve`.
const LEAST_FILES: usize = 32;
/// Of a desk besides its database and connections: standard streams, events, signals, listening sockets, files that are
/// read, and calls to other hosts.
const OWN_FILES: usize = 40;
/// Of a connection to SQLite: the database, its log and what is shared.
const FILES_OF_SQLITE: usize = 3;

const MORE_THREADS: &str =
    "Allow more, by `ulimit -u`, a service's TasksMax or LimitNPROC, or a container's limit of processes";
pub(super) const MORE_FILES: &str =
    "Allow more, by `ulimit -n`, a service's LimitNOFILE, or a container's limit of open files";

/// What runs a command whose work is spread over threads.
pub(super) fn runtime(workers: usize) -> anyhow::Result<Runtime> {
    check_threads(workers.saturating_add(OTHER_THREADS))?;
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| no_events(&error))
}

/// What runs work that stays on this thread.
pub(super) fn runtime_on_this_thread() -> anyhow::Result<Runtime> {
    check_threads(LOOKUP_THREADS)?;
    Builder::new_current_thread().enable_all().build().map_err(|error| no_events(&error))
}

fn no_events(error: &io::Error) -> anyhow::Error {
    let remedy = if is_out_of_files(error) { MORE_FILES } else { "Allow the program more memory" };
    anyhow!("the operating system tells this program of no events ({error}). {remedy}")
}

/// Has as many threads at once as there will be.
fn check_threads(needed: usize) -> anyhow::Result<()> {
    let before = threads();
    let gate = Mutex::new(());
    thread::scope(|scope| {
        // Held until all are there, or one is refused.
        let _closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
        for made in 0..needed {
            let wait = || drop(gate.lock());
            thread::Builder::new().spawn_scoped(scope, wait).map_err(|error| {
                anyhow!(
                    "this program needs {needed} more threads, and may have {made} ({error}). {MORE_THREADS}"
                )
            })?;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    // The kernel counts a thread for a moment after it could be joined.
    let began = Instant::now();
    while threads() > before && began.elapsed() < SETTLING {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Threads of this process, as far as the kernel tells (proc(5)).
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Refuses to begin with so few open files that the next failure would be told as something else.
pub(super) fn check_open_files() -> anyhow::Result<()> {
    let allowed = allow_open_files(LEAST_FILES);
    if allowed < LEAST_FILES {
        bail!("this program may have {allowed} files open at once, and needs {LEAST_FILES}. {MORE_FILES}");
    }
    Ok(())
}

/// How many connections of clients there may be: as set, or as many as open files allow.
pub(super) fn connections(settings: &Settings) -> anyhow::Result<usize> {
    let (own, wanted) = (own_files(settings), settings.server.max_connections);
    let allowed = allow_open_files(own.saturating_add(wanted));
    let left = allowed.saturating_sub(own);
    if left == 0 {
        bail!(
            "this program may have {allowed} files open at once, and its own work takes {own}: no client could connect. {MORE_FILES}"
        );
    }
    if left < wanted {
        tracing::warn!(
            open_files = allowed,
            max_connections = left,
            "server.max_connections is more than the limit of open files allows"
        );
    }
    Ok(left.min(wanted))
}

fn own_files(settings: &Settings) -> usize {
    let database = &settings.database;
    let of_database = match &database.url {
        // Besides the readers the writer, and two of long reads.
        DatabaseUrl::Sqlite(_) => database.readers.saturating_add(3).saturating_mul(FILES_OF_SQLITE),
        DatabaseUrl::SqlServer(_) => database.connections,
    };
    let of_machines = if settings.server.ops_listen.is_some() { ops_server::MAX_CONNECTIONS } else { 0 };
    of_database.saturating_add(of_machines).saturating_add(OWN_FILES)
}

/// Raises the program's own limit to what is wanted, as far as it may; what holds then.
fn allow_open_files(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let number =
        |files: Option<u64>| files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    let (now, most) = (number(limit.current), number(limit.maximum));
    if now >= wanted {
        return now;
    }
    let raised = wanted.min(most);
    match setrlimit(Resource::Nofile, Rlimit { current: u64::try_from(raised).ok(), ..limit }) {
        Ok(()) => raised,
        Err(_) => now,
    }
}

/// Whether this program, or the whole machine, has as many files open as it may.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}
