//! `orders migrate`

use super::bootstrap::Bootstrap;
use super::database_options;

#[derive(clap::Args)]
pub(super) struct MigrateArguments {
    /// Only list what is pending; change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &MigrateArguments) -> anyhow::Result<()> {
    let options = database_options::for_command(bootstrap);
    let (plan, done) = database_options::run(async {
        Ok(if arguments.dry_run {
            (options.plan().await?, "pending")
        } else {
            (options.migrate().await?, "applied")
        })
    })?;
    for migration in &plan.pending {
        println!("{done}: {migration}");
    }
    let database = &bootstrap.settings().database.url;
    match (plan.pending.is_empty(), plan.unknown.last()) {
        (false, _) => {}
        (true, None) => println!("{database} is up to date"),
        // Going back to an older release is nothing that fails.
        (true, Some(newest)) => {
            println!("{database} is newer than this program ({newest}) and stays as it is");
        }
    }
    Ok(())
}
