//! `orders backup`

use std::path::PathBuf;

use super::bootstrap::Bootstrap;
use super::database_options;

#[derive(clap::Args)]
pub(super) struct BackupArguments {
    /// The file to write, which must not be there yet
    file: PathBuf,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &BackupArguments) -> anyhow::Result<()> {
    let orders = database_options::sqlite_options(bootstrap)?.backup(&arguments.file)?;
    println!("{}: {orders} orders, checked", arguments.file.display());
    println!(
        "The card numbers in it open only with {}: keep a copy of the keys apart from it.",
        bootstrap.keys()
    );
    Ok(())
}
