//! What commands say on standard output.
//!
//! Whoever read it may have gone, as in `orders config | head -1`: that is no fault, and the program ends as others do that
//! a signal ends then. A device may be full: that is one. A command that changes something says so first, and changes
//! nothing if it cannot.

use std::fmt::{self, Display};
use std::io::{self, ErrorKind, Write};

/// The exit code that shells show for programs that SIGPIPE has ended: 128 and the signal's number.
pub(super) const NOBODY_READS: u8 = 141;

/// What was to be said could not be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unheard {
    #[error("cannot write to standard output ({0})")]
    Report(io::Error),
    #[error("cannot write to standard output ({0}), so nothing was changed")]
    BeforeChange(io::Error),
    #[error("it is done, but what came of it cannot be written to standard output ({1}): {0}")]
    AfterChange(String, io::Error),
}

impl Unheard {
    /// Whether whoever read has gone, and misses nothing.
    pub(super) fn is_of_no_interest(&self) -> bool {
        matches!(self, Self::Report(error) if error.kind() == ErrorKind::BrokenPipe)
    }
}

/// Says a line.
pub(super) fn say(line: impl Display) -> Result<(), Unheard> {
    write(format_args!("{line}\n"))
}

/// Says a text as it is.
pub(super) fn write(text: fmt::Arguments<'_>) -> Result<(), Unheard> {
    try_to_write(text).map_err(Unheard::Report)
}

fn try_to_write(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_fmt(text)?;
    out.flush()
}

/// A change that was announced.
#[must_use = "what came of it is to be said"]
pub(super) struct AnnouncedChange {
    what: String,
}

impl AnnouncedChange {
    /// Says what is about to be changed; nothing may be if that fails.
    pub(super) fn begin(what: impl Display) -> Result<Self, Unheard> {
        try_to_write(format_args!("{what} …\n")).map_err(Unheard::BeforeChange)?;
        Ok(Self { what: what.to_string() })
    }

    /// Says a line about what was changed.
    pub(super) fn say(&self, line: impl Display) -> Result<(), Unheard> {
        try_to_write(format_args!("{line}\n")).map_err(|error| Unheard::AfterChange(self.what.clone(), error))
    }
}
