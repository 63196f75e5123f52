//! `[imports]`: files of orders that somebody brings.

use std::time::Duration;

use serde::Deserialize;

/// The longest that anybody may need to look at wrong rows once more.
const MOST_DAYS: u16 = 90;

/// `[imports]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportSettings {
    /// How many days a file is kept, sealed.
    pub keep_days: u16,
}

impl ImportSettings {
    /// A sentence, if the section cannot be used.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if !(1..=MOST_DAYS).contains(&self.keep_days) {
            return Err("imports.keep_days must be from 1 to 90");
        }
        Ok(())
    }

    /// The same as a time.
    pub fn keep(&self) -> Duration {
        Duration::from_hours(24) * u32::from(self.keep_days)
    }
}
