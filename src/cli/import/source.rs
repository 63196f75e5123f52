//! The file that is imported, which is read several times.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use crate::order::grouped;
use crate::transfer::import::MOST_FILE_BYTES;

/// Opens a file. Standard input is kept in a temporary file that has no name, which only this program can read, and which is
/// gone when the program ends, however it ends: there may be card numbers in it.
pub(super) fn open(path: &Path, folder: Option<&Path>) -> anyhow::Result<File> {
    if path == Path::new("-") {
        let kept = match folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        };
        let kept = kept.context(
            "cannot keep standard input in a temporary file. Name a folder in server.temporary_folder",
        )?;
        return keep(&mut io::stdin().lock(), kept);
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        bail!("it is a folder");
    }
    if !file.metadata()?.is_file() {
        bail!(
            "it is no file that can be read twice. Give it to standard input: orders import - < {}",
            path.display()
        );
    }
    Ok(file)
}

fn keep(from: &mut impl Read, mut kept: File) -> anyhow::Result<File> {
    let mut buffer = Zeroizing::new(vec![0; 256 * 1024]);
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer).context("cannot read standard input")?;
        if read == 0 {
            return Ok(kept);
        }
        bytes += read as u64;
        if bytes > MOST_FILE_BYTES {
            bail!("it has more than {} MB. Split it", grouped(MOST_FILE_BYTES / 1024 / 1024));
        }
        kept.write_all(buffer.get(..read).unwrap_or_default())
            .context("cannot keep standard input in a temporary file")?;
    }
}
