//! How every command opens the desk's database.

use crate::config::Settings;
use crate::db::Options;

/// The options that the settings give; `migrate` whether the schema may be brought up to date.
pub(super) fn options(settings: &Settings, migrate: bool) -> Options {
    Options {
        path: settings.database.path.clone(),
        key_file: settings.key_file(),
        readers: settings.database.readers,
        busy_timeout_ms: settings.database.busy_timeout_ms,
        migrate,
    }
}
