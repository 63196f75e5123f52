//! The only place that reads the clock. Imports `order` only.

use chrono::{NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::order::{Day, LocalTime, Now, Timestamp};

/// Now, in UTC, for what has nothing to do with the business.
#[allow(clippy::disallowed_methods, reason = "this is the place that may ask")]
pub fn utc() -> Timestamp {
    Timestamp::new(Utc::now().naive_utc())
}

/// Clocks are put forward by less; where the date line was moved, by a day.
const MOST_SKIPPED: TimeDelta = TimeDelta::hours(25);

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

    /// When a day of the business begins and the next one does, in UTC. Where clocks are put forward at midnight, the day
    /// begins an hour or so later.
    pub fn span_of(self, day: Day) -> (Timestamp, Timestamp) {
        (self.utc_at(day.start()), self.utc_at(day.next().start()))
    }

    /// The time zone's name.
    pub fn zone_name(self) -> &'static str {
        self.zone.name()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_that_of_the_first_moment_at_which_clocks_show_it() {
        let utc = |zone, local| {
            let clock = Clock::new(zone);
            clock.utc_at(LocalTime::parse(local).unwrap()).text().to_string()
        };
        assert_eq!(utc(Tz::UTC, "2026-03-29 02:30:00"), "2026-03-29 02:30:00");
        assert_eq!(utc(Tz::Europe__Berlin, "2026-03-29 01:59:59"), "2026-03-29 00:59:59");
        assert_eq!(utc(Tz::Europe__Berlin, "2026-03-29 02:30:00"), "2026-03-29 01:30:00", "skipped");
        assert_eq!(utc(Tz::Europe__Berlin, "2026-03-29 03:30:00"), "2026-03-29 01:30:00");
        assert_eq!(utc(Tz::Europe__Berlin, "2026-10-25 02:30:00"), "2026-10-25 00:30:00", "shown twice");
        assert_eq!(utc(Tz::Pacific__Apia, "2011-12-30 12:00:00"), "2011-12-30 22:00:00", "a skipped day");
    }

    proptest! {
        #[test]
        fn clocks_show_again_what_they_showed(
            seconds in 700_000_000..2_000_000_000_i64, zone in prop::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        ) {
            let clock = Clock::new(zone);
            let moment = Timestamp::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc());
            let local = clock.local_at(moment);
            prop_assert_eq!(clock.local_at(clock.utc_at(local)), local);
            prop_assert!(clock.utc_at(local) <= moment);
        }
    }

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
