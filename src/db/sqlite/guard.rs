//! What must hold before a write is taken and acknowledged: the files are those that were opened, whole and sound.
//!
//! By `stat` alone: opening and closing a file would drop the locks that this process has on it (fcntl(2)). A commit
//! spends less than 10 µs here, a flush of the disk hundreds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Integer;
use diesel::sqlite::SqliteConnection;

use super::transaction::begin;
use super::{Conn, finish};
use crate::db::DbError;
use crate::files::identity;

/// Bytes of a log before its first frame, and of a frame before its page
/// (<https://sqlite.org/fileformat.html>, section 4.1).
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;
/// How often a log that seems too short is looked at: another program may have emptied it as SQLite does.
const LOOKS: usize = 3;
/// How long a write waits for readers of a long log.
const RESTART_TIME_MS: u32 = 100;
/// How long a write that waits for another program's sleeps between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

pub(super) struct Guard {
    file: WatchedFile,
    /// None where the file system allows no write-ahead log.
    log: Option<WatchedFile>,
    /// Bytes that each page in the log takes.
    frame: u64,
    busy_timeout_ms: u32,
    damage: OnceLock<DbError>,
    /// Why the newest write was not stored; none since one was.
    refusal: Mutex<Option<DbError>>,
}

struct WatchedFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Guard {
    /// Watches the files of a database that a connection has just opened.
    pub(super) fn new(
        file: &Path,
        log: PathBuf,
        conn: &mut Conn,
        busy_timeout_ms: u32,
    ) -> Result<Self, DbError> {
        let unavailable = |error: io::Error| DbError::Unavailable(error.to_string());
        let log = match WatchedFile::new(log) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            watched => Some(watched.map_err(unavailable)?),
        };
        let page = on(conn, |conn| diesel::sql_query("PRAGMA page_size").get_result::<PageSize>(conn))?;
        Ok(Self {
            file: WatchedFile::new(file.to_owned()).map_err(unavailable)?,
            log,
            frame: FRAME_HEADER + u64::from(page.page_size.unsigned_abs()),
            busy_timeout_ms,
            damage: OnceLock::new(),
            refusal: Mutex::default(),
        })
    }

    /// Writes a page and takes it back. A refusal is told of and kept; whoever writes at this moment is no hindrance.
    pub(super) fn try_to_write(&self, conn: &mut Conn) -> Result<(), DbError> {
        let tried = self.with_busy_timeout(0, conn, |conn| {
            on(conn, |conn| {
                let tried = conn.immediate_transaction(|conn| {
                    conn.batch_execute("PRAGMA user_version = 0")?;
                    Err::<(), _>(Error::RollbackTransaction)
                });
                if matches!(tried, Err(Error::RollbackTransaction)) { Ok(()) } else { tried }
            })
        })?;
        if let Err(error) = &tried
            && !matches!(error, DbError::Busy(_))
        {
            tracing::error!(%error, "the desk can read, and store nothing");
            self.note(Err(error));
        }
        Ok(())
    }

    /// Begins a transaction, as soon as whoever else writes lets go.
    ///
    /// SQLite itself looks ever more seldom, every 100 ms in the end, and so misses the pauses of a program that writes one
    /// transaction after the other.
    pub(super) fn begin(&self, conn: &mut Conn) -> Result<(), DbError> {
        let until = Instant::now() + Duration::from_millis(self.busy_timeout_ms.into());
        self.with_busy_timeout(0, conn, |conn| {
            loop {
                match begin(conn) {
                    Err(DbError::Busy(_)) if Instant::now() < until => thread::sleep(LOOK_AGAIN),
                    begun => return begun,
                }
            }
        })?
    }

    /// Does work while SQLite waits for another time than usual.
    fn with_busy_timeout<T>(
        &self,
        milliseconds: u32,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> T,
    ) -> Result<T, DbError> {
        let set = |conn: &mut Conn, milliseconds: u32| {
            on(conn, move |conn| conn.batch_execute(&format!("PRAGMA busy_timeout = {milliseconds}")))
        };
        set(conn, milliseconds)?;
        let done = work(conn);
        set(conn, self.busy_timeout_ms).map(|()| done)
    }

    /// An error if nothing may be written: damage was found, or a file is not the one that was opened.
    ///
    /// The connection must not be within a transaction.
    pub(super) fn check(&self, conn: &mut Conn) -> Result<LogState, DbError> {
        self.damage.get().cloned().map_or(Ok(()), Err)?;
        self.check_names()?;
        self.check_log(conn).inspect_err(|error| self.observe(error))
    }

    /// An error if a file has lost its name.
    pub(super) fn check_names(&self) -> Result<(), DbError> {
        self.file.check()?;
        self.log.as_ref().map_or(Ok(()), WatchedFile::check)
    }

    /// An error if the log lacks what SQLite has written to it and not moved to the file yet.
    fn check_log(&self, conn: &mut Conn) -> Result<LogState, DbError> {
        let Some(log) = &self.log else { return Ok(LogState::default()) };
        for _ in 0..LOOKS {
            let state = log_state(conn, "NOOP")?;
            if state.frames() == 0 || log.length() >= LOG_HEADER + state.frames() * self.frame {
                return Ok(state);
            }
        }
        Err(DbError::Damaged(format!("{} is shorter than what was written to it", log.path.display())))
    }

    /// Whether the log ends before a frame behind those that count: nothing that was given up is left in it.
    pub(super) fn is_log_at_its_end(&self, conn: &mut Conn) -> Result<bool, DbError> {
        let Some(log) = &self.log else { return Ok(false) };
        Ok(log.length() < LOG_HEADER + (log_state(conn, "NOOP")?.frames() + 1) * self.frame)
    }

    /// Has the next write begin the log anew, if what is in it can be moved to the file soon; whether it could.
    ///
    /// SQLite does so by itself whenever a write finds all of it moved. While two programs write, none may ever find that, and
    /// the log grows without a bound (its documentation of the write-ahead log, "Avoiding Excessively Large WAL Files").
    pub(super) fn restart_log(&self, conn: &mut Conn) -> Result<bool, DbError> {
        let state = self.with_busy_timeout(RESTART_TIME_MS, conn, |conn| log_state(conn, "RESTART"))?;
        let state = state.inspect_err(|error| self.observe(error));
        Ok(state?.busy == 0)
    }

    /// Notes what a query has met, on any connection; of damage, the first is said and counts until a restart.
    pub(super) fn observe(&self, error: &DbError) {
        if matches!(error, DbError::Damaged(_)) && self.damage.set(error.clone()).is_ok() {
            tracing::error!(
                %error,
                "damage was found: the desk reads on, and takes no changes until it is started again. `orders check` \
                 looks at the whole database, `orders restore` puts a backup in its place"
            );
        }
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.damage.get().is_some()
    }

    /// Notes what became of a commit.
    pub(super) fn note(&self, result: Result<(), &DbError>) {
        // A database that is busy takes changes, only later.
        let refusal = result.err().filter(|error| !matches!(error, DbError::Busy(_)));
        if let Some(error) = refusal {
            self.observe(error);
        }
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = refusal.cloned();
    }

    /// Why the newest write was not stored, if it was not.
    pub(super) fn refusal(&self) -> Option<DbError> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl WatchedFile {
    fn new(path: PathBuf) -> io::Result<Self> {
        let identity = identity(&fs::metadata(&path)?);
        Ok(Self { path, identity })
    }

    fn check(&self) -> Result<(), DbError> {
        match fs::metadata(&self.path) {
            Ok(found) if identity(&found) == self.identity => Ok(()),
            Ok(_) => Err(self.displaced("is another file than the one that was opened")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(self.displaced("was moved or deleted"))
            }
            Err(error) => Err(self.displaced(&format!("cannot be found: {error}"))),
        }
    }

    /// In bytes; 0 if it is not there.
    fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    fn displaced(&self, what: &str) -> DbError {
        DbError::Displaced(format!("{} {what}", self.path.display()))
    }
}

fn on<T: Send + 'static>(
    conn: &mut Conn,
    query: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
) -> Result<T, DbError> {
    finish(async { conn.spawn_blocking(query).await.map_err(DbError::from) })
}

#[derive(QueryableByName)]
struct PageSize {
    #[diesel(sql_type = Integer)]
    page_size: i32,
}

/// The state of the log, after a checkpoint of some kind.
fn log_state(conn: &mut Conn, kind: &'static str) -> Result<LogState, DbError> {
    on(conn, move |conn| diesel::sql_query(format!("PRAGMA wal_checkpoint({kind})")).get_result(conn))
}

/// What `PRAGMA wal_checkpoint` says; -1 where there is no log.
#[derive(QueryableByName, Default)]
pub(super) struct LogState {
    /// 1 if others were in the way.
    #[diesel(sql_type = Integer)]
    busy: i32,
    /// Frames that count.
    #[diesel(sql_type = Integer)]
    log: i32,
    /// Those of them that are in the file, too.
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

impl LogState {
    fn frames(&self) -> u64 {
        u64::try_from(self.log).unwrap_or(0)
    }

    /// Frames, as long as any of them is nowhere else.
    pub(super) fn unmoved(&self) -> u64 {
        if self.checkpointed < self.log { self.frames() } else { 0 }
    }
}
