//! `orders migrate`

use super::open;
use super::output::{self, Change};
use super::setup::Setup;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only list what is pending; change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<()> {
    let options = open::for_command(setup);
    let database = &setup.settings().database.url;
    open::run(async {
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
        let change = Change::begin(format_args!("{database}: bringing the schema up to date"))?;
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
