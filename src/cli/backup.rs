//! `orders backup`

use std::path::PathBuf;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::AnnouncedChange;
use crate::order::counted;

#[derive(clap::Args)]
pub(super) struct BackupArguments {
    /// The file to write, which must not be there yet
    file: PathBuf,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &BackupArguments) -> anyhow::Result<()> {
    let (options, file) = (database_options::sqlite_options(bootstrap)?, arguments.file.display());
    let change =
        AnnouncedChange::begin(format_args!("{file}: copying {}", bootstrap.settings().database.url))?;
    let orders = options.backup(&arguments.file)?;
    change.say(format_args!("{file}: {}, checked", counted(orders, "order")))?;
    change.say(format_args!(
        "The card numbers in it open only with {}: keep a copy of the keys apart from it.",
        bootstrap.keys()
    ))?;
    Ok(())
}
