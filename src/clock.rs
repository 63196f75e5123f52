//! The only place that reads the clock. Imports `order` only.

use chrono::{NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::order::{LocalTime, Now, Timestamp};

/// Now, in UTC, for what has nothing to do with the business.
#[allow(clippy::disallowed_methods, reason = "this is the place that may ask")]
pub fn utc() -> Timestamp {
    Timestamp::new(Utc::now().naive_utc())
}

/// Clocks are put forward by less.
const MOST_SKIPPED: TimeDelta = TimeDelta::hours(3);

/// The wall clock, and the business's time zone.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    zone: Tz,
}

impl Clock {
    /// A clock for a business in a time zone.
    pub fn new(zone: Tz) -> Self {
        Self { zone }
    }

    /// Now, in UTC.
    pub fn utc(self) -> Timestamp {
        utc()
    }

    /// Now, in the business's time zone.
    #[allow(clippy::disallowed_methods, reason = "this is the place that may ask")]
    pub fn local(self) -> LocalTime {
        LocalTime::new(Utc::now().with_timezone(&self.zone).naive_local())
    }

    /// The same with the time zone, to read what somebody types.
    pub fn now(self) -> Now {
        Now { local: self.local(), zone: self.zone }
    }

    /// What the business's clocks show at a moment.
    pub fn local_at(self, moment: Timestamp) -> LocalTime {
        LocalTime::new(moment.get().and_utc().with_timezone(&self.zone).naive_local())
    }

    /// When the business's clocks show a time; the first of two moments, where they are put back. Times that they skip
    /// are read as if they had not been put forward yet.
    pub fn utc_at(self, local: LocalTime) -> Timestamp {
        let utc =
            |local: NaiveDateTime| local.and_local_timezone(self.zone).earliest().map(|at| at.naive_utc());
        let skipped = || utc(local.get() - MOST_SKIPPED).map(|before| before + MOST_SKIPPED);
        Timestamp::new(utc(local.get()).or_else(skipped).unwrap_or(local.get()))
    }

    /// The time zone's name.
    pub fn zone_name(self) -> &'static str {
        self.zone.name()
    }
}
