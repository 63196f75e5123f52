//! Where exported orders go: into a file that is put in place when it is whole, or to standard output.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::cli::output::Unheard;
use crate::files::NewFile;
use crate::transfer::Workbook;

/// Bytes that are written at once.
const BUFFER: usize = 256 * 1024;

pub(super) enum Target {
    File(NewFile, String),
    Standard(Stdout),
}

impl Target {
    /// Begins a file beside its place; what stands there stays until the file is whole.
    pub(super) fn begin(file: &Path) -> anyhow::Result<Self> {
        if file == Path::new("-") {
            return Ok(Self::Standard(io::stdout()));
        }
        let name = file.display().to_string();
        if file.is_dir() {
            bail!("{name} is a folder. Name a file in it");
        }
        let new = NewFile::create(file).with_context(|| format!("cannot write {name}"))?;
        Ok(Self::File(new, name))
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(..))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::File(file, name) => file.file().write_all(bytes).with_context(|| cannot_write(name)),
            Self::Standard(out) => Ok(out.write_all(bytes).map_err(Unheard::Report)?),
        }
    }

    /// Writes a workbook.
    pub(super) fn take(mut self, book: Workbook) -> anyhow::Result<Self> {
        let mut to = BufWriter::with_capacity(BUFFER, Remembered { target: &mut self, failed: None });
        let finished = book.finish(&mut to);
        let flushed = to.flush();
        let (Remembered { failed, .. }, _) = to.into_parts();
        // The workbook's own words for it do not say where.
        if let Some(error) = failed {
            return Err(error);
        }
        finished?;
        flushed?;
        Ok(self)
    }

    /// Puts the file in place; from then on it is on the disk.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::File(file, name) => file.replace().with_context(|| cannot_write(&name)),
            Self::Standard(mut out) => Ok(out.flush().map_err(Unheard::Report)?),
        }
    }
}

fn cannot_write(name: &str) -> String {
    format!("cannot write {name}, which is as it was")
}

/// Keeps why writing failed.
struct Remembered<'a> {
    target: &'a mut Target,
    failed: Option<anyhow::Error>,
}

impl Write for Remembered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.target.write(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed.get_or_insert(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
