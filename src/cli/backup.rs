//! `orders backup`

use std::path::PathBuf;

use super::open;
use super::output::Change;
use super::setup::Setup;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to write, which must not be there yet
    file: PathBuf,
}

pub(super) fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<()> {
    let (options, file) = (open::sqlite_options(setup)?, arguments.file.display());
    let change = Change::begin(format_args!("{file}: copying {}", setup.settings().database.url))?;
    let orders = options.backup(&arguments.file)?;
    change.say(format_args!("{file}: {orders} orders, checked"))?;
    change.say(format_args!(
        "The card numbers in it open only with {}: keep a copy of the keys apart from it.",
        setup.keys()
    ))?;
    Ok(())
}
