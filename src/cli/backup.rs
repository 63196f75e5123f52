//! `orders backup`

use std::path::PathBuf;

use super::open;
use super::setup::Setup;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to write, which must not be there yet
    file: PathBuf,
}

pub(super) fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<()> {
    let orders = open::sqlite_options(setup)?.backup(&arguments.file)?;
    println!("{}: {orders} orders, checked", arguments.file.display());
    println!(
        "The card numbers in it open only with {}: keep a copy of the keys apart from it.",
        setup.keys()
    );
    Ok(())
}
