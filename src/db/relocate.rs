//! Moving a whole desk to another database: read in one state, stored batch by batch, and compared row by row.
//!
//! A database that takes a desk notes so with the first thing that is written to it (`Arrival`), and is served by nobody
//! until all rows were found to be the same. What its rows say already (triggers) is put aside until they are there. A
//! move that was broken off goes on behind the rows that are there, after they have been compared: nothing else tells
//! how far it had come.

mod compare;
mod side;

use std::fs;

pub use compare::Compared;
use compare::{Extent, compare};
use diesel_mssql::ConnectOptions;
use futures_util::future::join;
use side::Side;

use super::open_error::OpenError;
use super::relocation::{Arrival, Hold, Key, RelocationPurpose, TABLES, Table};
use super::{DatabaseOptions, DbError};
use crate::files;
use crate::order::{Timestamp, counted};

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Relocation {
    pub purpose: RelocationPurpose,
    /// Whether to erase what a move that was broken off has left in the target.
    pub restart: bool,
}

/// Where a move stands when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is nothing yet.
    New,
    /// Something is there already, and found to be the beginning.
    BrokenOff,
    /// All was there at this time; all that is left is to compare.
    Finished(Timestamp),
}

/// Why a desk is not moved.
#[derive(Debug, thiserror::Error)]
pub enum RelocateError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{0} is where the desk is already. Name another database with --to")]
    Itself(String),
    #[error(
        "{database} is at work: {jobs}. Let that end, or stop it with `orders jobs stop`, then move the desk; nothing was changed"
    )]
    Running { database: String, jobs: String },
    #[error(
        "{database} has a desk of its own ({} in {table}). Name an empty database with --to; nothing was changed",
        counted(*rows, "row")
    )]
    Occupied { database: String, table: &'static str, rows: u64 },
    #[error(
        "a move to {database} was begun and has not come to its end. Run it again without --rehearse, or erase it with --restart"
    )]
    Begun { database: String },
    #[error(
        "a desk was moved to {database} on {} UTC, and stays there. Name an empty database with --to",
        at.text()
    )]
    Arrived { database: String, at: Timestamp },
    #[error(
        "{database} holds something else than the beginning of this move: {first}. Name an empty database with --to; or, if a move was broken off there and the desk has worked on since, erase it with --restart"
    )]
    OtherBeginning { database: String, first: String },
    #[error(
        "cannot {failure} {table} of {database}: {cause}. Nothing is lost: the same command goes on from there"
    )]
    Failed { failure: MoveFailure, table: &'static str, database: String, cause: DbError },
    #[error(
        "cannot move the desk to {database}: {cause}. Nothing is lost: the same command goes on from there"
    )]
    Target { database: String, cause: DbError },
}

/// What a database did not do.
#[derive(Debug, Clone, Copy)]
pub enum MoveFailure {
    Read,
    Store,
}

impl std::fmt::Display for MoveFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Store => "store rows in",
        })
    }
}

impl Side {
    fn failed(&self, failure: MoveFailure, table: &Table, cause: DbError) -> RelocateError {
        RelocateError::Failed { failure, table: table.name, database: self.name.clone(), cause }
    }

    fn refused(&self, cause: DbError) -> RelocateError {
        RelocateError::Target { database: self.name.clone(), cause }
    }
}

/// A move under way: both databases, of which the source stays as it is for as long as this lives.
pub struct Relocating {
    source: Side,
    target: Side,
    standing: Standing,
    jobs: Vec<(i64, String)>,
}

impl Relocating {
    /// Holds the source, and begins in the target, or finds what was begun there.
    pub async fn begin(
        (from, to): (&DatabaseOptions, &DatabaseOptions),
        relocation: Relocation,
        at: Timestamp,
    ) -> Result<Self, RelocateError> {
        if is_same(from, to) {
            return Err(RelocateError::Itself(to.name()));
        }
        let hold = match relocation.purpose {
            RelocationPurpose::Move => Hold::ReadOnly,
            RelocationPurpose::Rehearsal => Hold::Snapshot,
        };
        let mut source = Side::open_source(from, hold).await?;
        let jobs = source.list_running_jobs().await.map_err(|error| source.refused(error))?;
        if relocation.purpose == RelocationPurpose::Move && !jobs.is_empty() {
            return Err(RelocateError::Running { database: source.name, jobs: in_words(&jobs) });
        }
        let mut target = Side::open_target(to).await?;
        let arrival = target.find_arrival().await.map_err(|error| target.refused(error))?;
        let standing = standing(&mut target, arrival, relocation).await?;
        let begun = match standing {
            Standing::New => {
                let arrival = Arrival {
                    purpose: relocation.purpose,
                    source: source.name.chars().take(Arrival::MAX_SOURCE).collect(),
                    started_at: at,
                    finished_at: None,
                };
                target.begin_arrival(arrival).await
            }
            Standing::BrokenOff => target.resume_arrival().await,
            Standing::Finished(_) => Ok(()),
        };
        begun.map_err(|error| target.refused(error))?;
        Ok(Self { source, target, standing, jobs })
    }

    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What a rehearsal found running, which a move would wait for; none if nothing was.
    pub fn running(&self) -> Option<String> {
        (!self.jobs.is_empty()).then(|| in_words(&self.jobs))
    }

    /// How many rows there are to be moved.
    pub async fn count(&mut self) -> Result<u64, RelocateError> {
        let mut rows = 0;
        for table in &TABLES {
            let counted = self.source.count_rows(table).await;
            rows += counted.map_err(|error| self.source.failed(MoveFailure::Read, table, error))?;
        }
        Ok(rows)
    }

    /// Stores what is missing in the target, and completes it. `progress` is told of each batch.
    pub async fn copy(&mut self, progress: impl Fn(usize)) -> Result<(), RelocateError> {
        for table in &TABLES {
            let last = self.find_last(table, &progress).await?;
            self.copy_table(table, last, &progress).await?;
        }
        let counters = self.source.list_counters().await.map_err(|error| self.source.refused(error))?;
        self.target.complete_tables(counters).await.map_err(|error| self.target.refused(error))
    }

    /// The last row of a table that the target has, if all until there is as in the source.
    async fn find_last(
        &mut self,
        table: &'static Table,
        progress: &impl Fn(usize),
    ) -> Result<Option<Key>, RelocateError> {
        if self.standing == Standing::New {
            return Ok(None);
        }
        let sides = (&mut self.source, &mut self.target);
        let found = compare(table, sides, Extent::Beginning, progress).await?;
        match found.told.first() {
            None => Ok(found.last),
            Some(first) => Err(RelocateError::OtherBeginning {
                database: self.target.name.clone(),
                first: first.to_string(),
            }),
        }
    }

    /// Stores the rows behind a key, each batch while the next is read.
    async fn copy_table(
        &mut self,
        table: &'static Table,
        mut last: Option<Key>,
        progress: &impl Fn(usize),
    ) -> Result<(), RelocateError> {
        let Self { source, target, .. } = self;
        let read = |source: &Side, error| source.failed(MoveFailure::Read, table, error);
        let mut rows = source.list_rows(table, last).await.map_err(|error| read(source, error))?;
        while let Some(row) = rows.last() {
            last = Some(Key(row.key(table).to_vec()));
            let count = rows.len();
            let (stored, next) = join(target.store_rows(table, rows), source.list_rows(table, last)).await;
            stored.map_err(|error| target.failed(MoveFailure::Store, table, error))?;
            rows = next.map_err(|error| read(source, error))?;
            progress(count);
        }
        Ok(())
    }

    /// Compares all rows of all tables. `progress` is told of each row.
    pub async fn verify(&mut self, progress: impl Fn(usize)) -> Result<Vec<Compared>, RelocateError> {
        let mut all = Vec::with_capacity(TABLES.len());
        for table in &TABLES {
            let sides = (&mut self.source, &mut self.target);
            all.push(compare(table, sides, Extent::Whole, &progress).await?);
        }
        Ok(all)
    }

    /// Notes that all rows were found to be the same, and lets go of both databases.
    pub async fn finish(mut self, at: Timestamp) -> Result<(), RelocateError> {
        self.target.finish_arrival(at).await.map_err(|error| self.target.refused(error))
    }
}

/// Where a move to a database stands, or why there may be none.
async fn standing(
    target: &mut Side,
    arrival: Option<Arrival>,
    relocation: Relocation,
) -> Result<Standing, RelocateError> {
    let database = target.name.clone();
    match (arrival, relocation) {
        (None, _) => check_empty(target).await.map(|()| Standing::New),
        // A rehearsal makes room for whatever comes after it.
        (Some(Arrival { purpose: RelocationPurpose::Rehearsal, .. }), _) => Ok(Standing::New),
        (Some(Arrival { finished_at: Some(at), .. }), Relocation { purpose, restart }) => {
            if purpose == RelocationPurpose::Move && !restart {
                Ok(Standing::Finished(at))
            } else {
                Err(RelocateError::Arrived { database, at })
            }
        }
        (Some(_), Relocation { restart: true, .. }) => Ok(Standing::New),
        (Some(_), Relocation { purpose: RelocationPurpose::Move, .. }) => Ok(Standing::BrokenOff),
        (Some(_), _) => Err(RelocateError::Begun { database }),
    }
}

/// An error if somebody has worked with the database. A desk that was only started there has named its keys.
async fn check_empty(target: &mut Side) -> Result<(), RelocateError> {
    for table in &TABLES {
        let own = match table.name {
            "card_keys" => continue,
            // The purge, which every database has.
            "jobs" => 1,
            _ => 0,
        };
        let rows = target.count_rows(table).await;
        let rows = rows.map_err(|error| target.failed(MoveFailure::Read, table, error))?;
        if rows > own {
            return Err(RelocateError::Occupied {
                database: target.name.clone(),
                table: table.name,
                rows: rows - own,
            });
        }
    }
    Ok(())
}

fn in_words(jobs: &[(i64, String)]) -> String {
    let one = |(id, kind): &(i64, String)| format!("job {id} ({kind}) runs");
    jobs.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Whether both are the same database.
fn is_same(from: &DatabaseOptions, to: &DatabaseOptions) -> bool {
    match (from, to) {
        (DatabaseOptions::Sqlite(from), DatabaseOptions::Sqlite(to)) => {
            let found =
                [&from.path, &to.path].map(|path| fs::metadata(path).ok().as_ref().map(files::identity));
            from.path == to.path || matches!(found, [Some(from), Some(to)] if from == to)
        }
        (DatabaseOptions::AzureSql(from), DatabaseOptions::AzureSql(to)) => {
            let place = |server: &ConnectOptions| {
                (server.host.to_ascii_lowercase(), server.port, server.database.to_lowercase())
            };
            place(&from.server) == place(&to.server)
        }
        _ => false,
    }
}
