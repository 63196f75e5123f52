//! Files that only their owner may read, and that get their name when they are whole.
//!
//! Imports nothing of the house.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Reading and writing for the owner, nothing for anybody else.
const PRIVATE: u32 = 0o600;
/// As many as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// A file that is being written beside its place; what is not put there is removed.
#[derive(Debug)]
pub struct NewFile {
    place: PathBuf,
    unfinished: PathBuf,
    file: File,
    is_placed: bool,
}

impl NewFile {
    /// Begins a file; what stands in its place stays until it is put there.
    ///
    /// What a program that was killed has left is removed. [`ErrorKind::ResourceBusy`] if another program is writing
    /// it, [`ErrorKind::AlreadyExists`] if something else is in the way: no link is ever followed.
    pub fn create(place: &Path) -> io::Result<Self> {
        let unfinished = with_ending(place, ".new");
        let file = loop {
            match create_private(&unfinished) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => remove_leftover(&unfinished)?,
                created => break created?,
            }
        };
        if !lock(&file)? {
            return Err(busy(&unfinished));
        }
        Ok(Self { place: place.to_owned(), unfinished, file, is_placed: false })
    }

    /// What is written so far.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its name until it is put in place.
    pub fn unfinished(&self) -> &Path {
        &self.unfinished
    }

    /// Puts it in its place, on the disk when this returns; [`ErrorKind::AlreadyExists`] if something stands there.
    pub fn publish(self) -> io::Result<()> {
        self.publish_by(|from, to| fs::hard_link(from, to))
    }

    /// Puts it in its place, on the disk when this returns, instead of what stands there.
    pub fn replace(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        self.rename()?;
        sync_folder(&self.place)
    }

    fn publish_by(mut self, link: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        self.file.sync_all()?;
        // Unlike a rename, a link replaces nothing.
        match link(&self.unfinished, &self.place) {
            Err(error) if has_no_links(&error) => {
                drop(create_private(&self.place)?);
                self.rename().inspect_err(|_| {
                    // The first failure is reported; what stays is empty.
                    let _ = fs::remove_file(&self.place);
                })?;
            }
            linked => {
                linked?;
                fs::remove_file(&self.unfinished)?;
                self.is_placed = true;
            }
        }
        sync_folder(&self.place)
    }

    fn rename(&mut self) -> io::Result<()> {
        fs::rename(&self.unfinished, &self.place)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // The name of one that was put in place may be somebody else's by now.
        if !self.is_placed {
            // What cannot be removed is removed next time.
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// Makes an empty file that only its owner may read, whatever the umask.
pub fn create_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    if mode(&file.metadata()?) != PRIVATE {
        // A file system without permissions refuses; it cannot be helped, and `is_open_to_others` tells of it.
        let _ = file.set_permissions(Permissions::from_mode(PRIVATE));
    }
    Ok(file)
}

/// Makes sure that there is a file, behind a link too; an empty one is its owner's alone from now on.
pub fn claim(path: &Path) -> io::Result<()> {
    match create_private(&behind_links(path)?) {
        // An empty one, or one that another program has made at this moment.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let found = fs::metadata(path)?;
            if found.is_file() && found.len() == 0 && mode(&found) != PRIVATE {
                // Of another owner's file, `is_open_to_others` tells.
                let _ = fs::set_permissions(path, Permissions::from_mode(PRIVATE));
            }
            Ok(())
        }
        created => created.map(drop),
    }
}

/// Whether everybody on this machine may read or write a file.
pub fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| mode(&found) & 0o006 != 0)
}

/// Where a name leads, whether there is a file or not.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(to) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(to);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A path with more behind its name.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Removes what a program that was killed has left; nothing that another one is writing, and no link.
fn remove_leftover(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.is_file() {
        let words = format!("{} is in the way, and is no file. Remove it", path.display());
        return Err(io::Error::new(ErrorKind::AlreadyExists, words));
    }
    let file = File::open(path)?;
    if !lock(&file)? {
        return Err(busy(path));
    }
    // Another program may have put it in its place, or begun anew, a moment ago.
    let still = fs::symlink_metadata(path);
    if still.is_ok_and(|still| identity(&still) == identity(&found))
        && identity(&found) == identity(&file.metadata()?)
    {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Locks a file against other programs that write it; false if one has.
fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        // A file system without locks: two programs that write one file at once are told apart by its name alone.
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn busy(path: &Path) -> io::Error {
    io::Error::new(ErrorKind::ResourceBusy, format!("another program is writing {}", path.display()))
}

/// Device and inode: which file it is, whatever its name.
pub fn identity(found: &fs::Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

fn mode(found: &fs::Metadata) -> u32 {
    found.permissions().mode() & 0o777
}

/// What file systems without hard links say (link(2)): FAT and exFAT the first, SMB and FUSE any of them.
fn has_no_links(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported | ErrorKind::TooManyLinks)
}

fn has_no_locks(error: &io::Error) -> bool {
    // ENOLCK of Linux and of macOS; no kind of `std` stands for it.
    const NO_LOCKS: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

/// A new name is on the disk when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests;
