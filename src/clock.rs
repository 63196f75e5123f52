//! The only place that reads the clock. Imports `order` only.

use chrono::{TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::order::{Day, LocalTime, Now, Timestamp};

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

    /// When a day of the business begins and the next one does, in UTC.
    pub fn span_of(self, day: Day) -> (Timestamp, Timestamp) {
        (self.beginning_of(day), self.beginning_of(day.next()))
    }

    /// Where clocks are put forward at midnight, the day begins an hour or so later.
    fn beginning_of(self, day: Day) -> Timestamp {
        let midnight = day.start().get();
        let first = (0..=24)
            .map(|quarters| midnight + TimeDelta::minutes(15 * quarters))
            .find_map(|time| self.zone.from_local_datetime(&time).earliest());
        Timestamp::new(first.map_or(midnight, |time| time.naive_utc()))
    }

    /// The time zone's name.
    pub fn zone_name(self) -> &'static str {
        self.zone.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_the_business_is_as_long_as_its_clocks_say() {
        let span = |zone, (year, month, day)| {
            let (from, until) = Clock::new(zone).span_of(Day::new(year, month, day).unwrap());
            [from, until].map(|time| time.text().to_string())
        };
        assert_eq!(
            span(chrono_tz::Europe::Berlin, (2026, 3, 28)),
            ["2026-03-27 23:00:00", "2026-03-28 23:00:00"]
        );
        assert_eq!(
            span(chrono_tz::Europe::Berlin, (2026, 3, 29)),
            ["2026-03-28 23:00:00", "2026-03-29 22:00:00"]
        );
        // There the clocks were put forward at midnight.
        assert_eq!(
            span(chrono_tz::America::Sao_Paulo, (2018, 11, 4)),
            ["2018-11-04 03:00:00", "2018-11-05 02:00:00"]
        );
    }
}
