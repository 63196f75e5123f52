//! What is behind a file that cannot be opened, which SQLite says in a word or two.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;
use rustix::io::Errno;

use super::plain_name;
use crate::files::{self, NewFile};

/// As much as SQLite takes at once, for the memory that its connections share.
const PROBE_BYTES: usize = 32 * 1024;

/// Why the operating system refuses what SQLite needs of a file and its folder; none if it does not.
///
/// The file itself is not opened: to close it would drop this process's locks on it.
pub(super) fn of_refusal(path: &Path) -> Option<io::Error> {
    match fs::metadata(path) {
        Ok(found) if found.permissions().readonly() => {
            return Some(io::Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Some(error),
        _ => {}
    }
    let path = files::behind_links(path).ok()?;
    let probe = files::with_ending(&path, ".probe");
    match probe_at(&probe) {
        // Somebody else is finding out at this moment.
        Err(error) if error.kind() == ErrorKind::ResourceBusy => None,
        probed => probed.err(),
    }
}

/// Writes a file beside the database, and locks it as SQLite does. Nothing is left of it.
fn probe_at(place: &Path) -> io::Result<()> {
    let file = NewFile::create(place)?;
    file.file().write_all(&vec![0; PROBE_BYTES])?;
    file.file().sync_all()?;
    file.file().set_len(0)?;
    let Some(name) = plain_name(file.unfinished()) else { return Ok(()) };
    // Nobody else has this file: who cannot lock it can lock none there.
    let locked = SqliteConnection::establish(&name).and_then(|mut conn| {
        conn.batch_execute("BEGIN EXCLUSIVE; ROLLBACK")
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)
    });
    match locked {
        Err(error) if error.to_string().contains("locked") => {
            Err(io::Error::new(ErrorKind::Unsupported, "its file system has no locks"))
        }
        _ => Ok(()),
    }
}

/// What to do about it.
pub(super) fn remedy(error: &io::Error) -> &'static str {
    if matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE)) {
        return "Allow more open files (`ulimit -n`)";
    }
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "Make room on its disk"
        }
        ErrorKind::ReadOnlyFilesystem => "Mount its file system so that it can be written to",
        ErrorKind::Unsupported => "Keep it on a disk of this machine",
        ErrorKind::NotFound => "Make its folder",
        // Not an error of the operating system.
        ErrorKind::Other => "Move it away",
        _ => "Make it and its folder writable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_open_files_are_not_taken_for_missing_rights() {
        for out_of_files in [Errno::MFILE, Errno::NFILE] {
            assert!(remedy(&out_of_files.into()).contains("`ulimit -n`"));
        }
        assert_eq!(remedy(&Errno::ACCESS.into()), "Make it and its folder writable");
    }
}
