//! `orders migrate`

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::{self, AnnouncedChange};

#[derive(clap::Args)]
pub(super) struct MigrateArguments {
    /// Only list what is pending; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Begin an empty SQLite database for keys that are there already
    #[arg(long)]
    new_database: bool,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &MigrateArguments) -> anyhow::Result<()> {
    let mut options = database_options::for_command(bootstrap);
    if arguments.new_database {
        options = options.with_new_database();
    }
    let database = &bootstrap.settings().database.url;
    database_options::run(async {
        let plan = options.plan().await?;
        if plan.pending.is_empty() {
            return Ok(match plan.unknown.last() {
                None => output::say(format_args!("{database} is up to date")),
                // Going back to an older release is nothing that fails.
                Some(newest) => output::say(format_args!(
                    "{database} is newer than this program ({newest}) and stays as it is"
                )),
            }?);
        }
        if arguments.dry_run {
            for migration in &plan.pending {
                output::say(format_args!("pending: {migration}"))?;
            }
            return Ok(());
        }
        let change = AnnouncedChange::begin(format_args!("{database}: bringing the schema up to date"))?;
        let applied = options.migrate().await?.pending;
        if applied.is_empty() {
            // Another program came first.
            change.say(format_args!("{database} is up to date"))?;
        }
        for migration in applied {
            change.say(format_args!("applied: {migration}"))?;
        }
        Ok(())
    })
}
