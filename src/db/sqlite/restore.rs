//! A backup in the database's place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use diesel_async::SimpleAsyncConnection;

use super::{Conn, SqliteOptions, finish, integrity};
use crate::db::DbError;
use crate::db::open_error::OpenError;
use crate::files::{self, NewFile};
use crate::order::Timestamp;

/// Why a backup is not restored. The database is as it was, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no backup {0}")]
    NoBackup(PathBuf),
    #[error("{0} is the database itself")]
    Itself(PathBuf),
    /// It was copied from under a desk, and its newest orders are in its log.
    #[error(
        "{0} is not whole: {0}-wal stands beside it. Make a whole one of both, with `ORDERS_DATABASE__URL=sqlite:{0} orders backup FILE`, and restore that"
    )]
    NotWhole(String),
    /// It cannot be read, is none of this program's, too new, or does not fit the keys.
    #[error("cannot restore {0}: {1}")]
    Unfit(PathBuf, #[source] Box<OpenError>),
    #[error("the backup {0} is damaged: {1}. Nothing was changed; try an older one")]
    Damaged(PathBuf, String),
    /// A desk serves the database, or a command works on it.
    #[error("the database {0} is in use. Stop the desk, then run the command again; nothing was changed")]
    InUse(String),
    /// The copy could not be written, or the old files not moved.
    #[error("cannot restore into {0}: {1}. Nothing was changed")]
    Write(PathBuf, io::Error),
    /// The old files are aside, and the copy is not in place.
    #[error(
        "the old database is kept as {1}, but the backup could not be put into {0}: {2}. Run the command again"
    )]
    NotPlaced(PathBuf, PathBuf, io::Error),
}

#[derive(Debug)]
pub struct Restored {
    /// The orders of the backup.
    pub orders: u64,
    /// What was moved away, and to where.
    pub moved: Vec<(PathBuf, PathBuf)>,
    /// How many migrations the backup lacks; the next start or `orders migrate` brings them.
    pub pending: usize,
}

impl SqliteOptions {
    /// Puts a backup in the database's place, once it is found sound and fitting; what stood there is kept.
    ///
    /// Refused while anybody has the database open. The backup itself is left as it is.
    pub fn restore(&self, backup: &Path, at: Timestamp) -> Result<Restored, RestoreError> {
        let place =
            files::behind_links(&self.path).map_err(|error| RestoreError::Write(self.path.clone(), error))?;
        let failed = |error: io::Error| RestoreError::Write(place.clone(), error);
        let old = fs::metadata(&place).ok();
        check_source(backup, old.as_ref())?;
        let file = NewFile::create(&place).map_err(failed)?;
        if let Some(old) = &old {
            file.be_like(old).map_err(failed)?;
        }
        io::copy(&mut File::open(backup).map_err(failed)?, &mut file.file()).map_err(failed)?;
        let (orders, pending) = self.check_backup(backup, file.unfinished())?;
        // SQLite would delete the log of an empty file.
        let lock = if self.is_there() { self.lock_alone()? } else { None };
        // What a log held is in the file that could be locked.
        let endings = if lock.is_some() { &[""][..] } else { &["", "-wal", "-journal"] };
        let moved = move_aside(&place, endings, at).map_err(failed)?;
        // Its journal goes with it, before another database has the name.
        drop(lock);
        file.publish().map_err(|error| {
            let kept = moved.first().map_or_else(|| place.clone(), |(_, to)| to.clone());
            RestoreError::NotPlaced(place.clone(), kept, error)
        })?;
        Ok(Restored { orders, moved, pending })
    }

    /// How many orders the copy of a backup has and how many migrations it lacks, if it is sound and fits.
    fn check_backup(&self, backup: &Path, copy: &Path) -> Result<(u64, usize), RestoreError> {
        let named = Self { path: backup.to_owned(), ..self.clone() };
        let unfit = |error| RestoreError::Unfit(backup.to_owned(), Box::new(error));
        let mut conn = named.establish(copy).map_err(unfit)?;
        let plan = named.plan_with(&mut conn).map_err(unfit)?;
        let damaged = |words| RestoreError::Damaged(backup.to_owned(), words);
        let orders = finish(async { conn.spawn_blocking(integrity::inspect).await.map_err(DbError::from) })
            .map_err(|error| damaged(error.to_string()))?
            .map_err(|found| damaged(found.join("; ")))?;
        named.at_once(named.check_keys(&mut conn, &plan.pending)).map_err(unfit)?;
        Ok((orders.unsigned_abs(), plan.pending.len()))
    }

    /// Has the database for itself, with all that its log held in the file; none if it is too damaged to be locked.
    fn lock_alone(&self) -> Result<Option<Conn>, RestoreError> {
        let Ok(mut conn) = self.establish(&self.path) else { return Ok(None) };
        let alone = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE";
        match finish(async { conn.batch_execute(alone).await.map_err(DbError::from) }) {
            Ok(()) => Ok(Some(conn)),
            Err(DbError::Busy(_)) => Err(RestoreError::InUse(self.name())),
            // A desk that serves a damaged file notices that it is gone.
            Err(_) => Ok(None),
        }
    }
}

fn check_source(backup: &Path, old: Option<&fs::Metadata>) -> Result<(), RestoreError> {
    let found = fs::metadata(backup).ok().filter(fs::Metadata::is_file);
    let Some(found) = found else { return Err(RestoreError::NoBackup(backup.to_owned())) };
    if old.is_some_and(|old| files::identity(old) == files::identity(&found)) {
        return Err(RestoreError::Itself(backup.to_owned()));
    }
    let log = fs::metadata(files::with_ending(backup, "-wal"));
    if log.is_ok_and(|log| log.len() > 0) {
        return Err(RestoreError::NotWhole(backup.display().to_string()));
    }
    Ok(())
}

/// Moves a database with its logs to another name, under which SQLite would find them together. What only lives
/// while somebody has the database open is removed.
fn move_aside(place: &Path, endings: &[&str], at: Timestamp) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let time = at.text().to_string().replace(' ', "T").replace(['-', ':'], "");
    let aside = files::with_ending(place, &format!(".before-{time}Z"));
    let of = |ending: &&str| (files::with_ending(place, ending), files::with_ending(&aside, ending));
    let names: Vec<(PathBuf, PathBuf)> = endings.iter().map(of).collect();
    if let Some((_, taken)) = names.iter().find(|(_, to)| fs::symlink_metadata(to).is_ok()) {
        let words = format!("{} is there already", taken.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
    }
    // It is made anew from the log whenever a database is opened.
    match fs::remove_file(files::with_ending(place, "-shm")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (from, to) in names.into_iter().filter(|(from, _)| fs::symlink_metadata(from).is_ok()) {
        if let Err(error) = fs::rename(&from, &to) {
            // Together or not at all. The first failure is reported.
            for (from, to) in &moved {
                drop(fs::rename(to, from));
            }
            return Err(error);
        }
        moved.push((from, to));
    }
    Ok(moved)
}
