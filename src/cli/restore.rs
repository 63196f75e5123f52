//! `orders restore`

use std::path::PathBuf;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::AnnouncedChange;
use crate::clock;

#[derive(clap::Args)]
pub(super) struct RestoreArguments {
    /// The backup, which stays as it is
    file: PathBuf,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &RestoreArguments) -> anyhow::Result<()> {
    let (options, file) = (database_options::sqlite_options(bootstrap)?, arguments.file.display());
    let database = &bootstrap.settings().database.url;
    let change = AnnouncedChange::begin(format_args!("{database}: restoring {file}"))?;
    let restored = options.restore(&arguments.file, clock::utc())?;
    change.say(format_args!("{database}: {} orders, checked", restored.orders))?;
    for (from, to) in &restored.moved {
        change.say(format_args!("{} was there before, and is kept as {}", from.display(), to.display()))?;
    }
    if restored.pending > 0 {
        change.say("Its schema is older than this program's: the next start, or `orders migrate`, brings it up to date.")?;
    }
    Ok(())
}
