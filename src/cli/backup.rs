//! `orders backup`

use std::path::PathBuf;

use super::open;
use crate::config::Settings;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to write, which must not be there yet
    file: PathBuf,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let orders = open::sqlite_options(settings)?.backup(&arguments.file)?;
    println!("{}: {orders} orders, checked", arguments.file.display());
    println!(
        "The card numbers in it open only with {}: keep a copy of that file apart from this one.",
        settings.key_file().display()
    );
    Ok(())
}
