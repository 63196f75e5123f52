//! `orders migrate`

use super::open;
use super::setup::Setup;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only list what is pending; change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<()> {
    let options = open::for_command(setup);
    let (migrations, done) = open::run(async {
        Ok(if arguments.dry_run {
            (options.pending().await?, "pending")
        } else {
            (options.migrate().await?, "applied")
        })
    })?;
    for migration in &migrations {
        println!("{done}: {migration}");
    }
    if migrations.is_empty() {
        println!("{} is up to date", setup.settings().database.url);
    }
    Ok(())
}
