//! `orders config`

use super::output;
use crate::config::Config;

pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    let settings = config.list()?;
    let width = |text: fn(&crate::config::Setting) -> &str| {
        settings.iter().map(|s| text(s).chars().count()).max().unwrap_or(0)
    };
    // A connection string may be far wider than all else, and pushes only its own source to the right.
    let (names, values) = (width(|s| &s.name), width(|s| &s.value).min(40));
    output::say(format_args!("profile {}", config.profile))?;
    for setting in &settings {
        output::say(format_args!("{:names$}  {:values$}  {}", setting.name, setting.value, setting.source))?;
    }
    Ok(())
}
