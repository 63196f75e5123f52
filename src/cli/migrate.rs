//! `orders migrate`

use super::open;
use crate::config::Settings;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only list what is pending; change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let options = open::options(settings, true)?;
    let path = options.path.display();
    let (migrations, done) =
        if arguments.dry_run { (options.pending()?, "pending") } else { (options.migrate()?, "applied") };
    for migration in &migrations {
        println!("{done}: {migration}");
    }
    if migrations.is_empty() {
        println!("{path} is up to date");
    }
    Ok(())
}
