//! The only place that reads the clock. Imports `order` only.

use chrono::Utc;
use chrono_tz::Tz;

use crate::order::{LocalTime, Now, Timestamp};

/// Now, in UTC, for what has nothing to do with the business.
#[allow(clippy::disallowed_methods, reason = "this is the place that may ask")]
pub fn utc() -> Timestamp {
    Timestamp::new(Utc::now().naive_utc())
}

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

    /// The time zone's name.
    pub fn zone_name(self) -> &'static str {
        self.zone.name()
    }
}
