//! How every command opens the desk's database.

use anyhow::bail;

use crate::config::{DatabaseUrl, Settings};
use crate::db::Options;

/// The options that the settings give; `migrate` whether the schema may be brought up to date.
pub(super) fn options(settings: &Settings, migrate: bool) -> anyhow::Result<Options> {
    let DatabaseUrl::Sqlite(path) = &settings.database.url else {
        bail!("this version of orders opens SQLite files alone: set database.url to sqlite:PATH");
    };
    Ok(Options {
        path: path.clone(),
        key_file: settings.key_file(),
        readers: settings.database.readers,
        busy_timeout_ms: settings.database.busy_timeout_ms,
        migrate,
    })
}
