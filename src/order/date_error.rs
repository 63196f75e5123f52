//! Why a date cannot be read, in words that say what to type instead.

use std::fmt;

use arrayvec::ArrayString;
use chrono::NaiveTime;
use chrono_tz::Tz;

use super::time::{Day, month_name};

/// Why a date cannot be read. Its text goes on where the name of a field has begun a sentence: "Order date …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateError {
    Unreadable,
    /// A day after the last of its month, which is this one.
    NoSuchDay(Day),
    NoSuchMonth(u32),
    /// Half of the world writes the day first, and the other half the month.
    Ambiguous {
        typed: ArrayString<10>,
        day_first: Day,
        month_first: Day,
    },
    /// A year of fewer than four digits.
    ShortYear,
    /// Without a year; of this year it would be this day.
    NoYear(Day),
    /// A time of day alone.
    NoDay(NaiveTime),
    NoSuchTime,
    /// Another weekday was typed than this day has.
    OtherWeekday(Day),
    /// A time zone by its name, and the business's own. Many names stand for several zones.
    NamedZone(Tz),
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("must be a date, like 2026-03-03 or 3 March 2026 14:05"),
            Self::NoSuchDay(last) => {
                let (year, month, days) = last.parts();
                // Of February alone it depends on the year.
                let year = if month == 2 { format!(" {year}") } else { String::new() };
                write!(f, "must be a day that exists: {}{year} has {days} days", month_name(month))
            }
            Self::NoSuchMonth(month) => write!(f, "must have a month from 1 to 12, not {month}"),
            Self::Ambiguous { typed, day_first, month_first } => {
                let [one, other] = [day_first, month_first].map(|day| day.without_year());
                write!(f, "{typed}: {one} or {other}? Write {day_first}")
            }
            Self::ShortYear => f.write_str("must have a year of four digits, like 2026"),
            Self::NoYear(day) => write!(f, "must have a year, like {day}"),
            Self::NoDay(time) => write!(f, "must have a day, like today {}", time.format("%H:%M")),
            Self::NoSuchTime => f.write_str("must have a time like 14:05 or 2:05 pm"),
            Self::OtherWeekday(day) => write!(f, "must fit its weekday: {day} is a {}", day.weekday_name()),
            Self::NamedZone(zone) => {
                write!(f, "must have the time in {zone}, or an offset from UTC, like 14:05 +01:00")
            }
        }
    }
}
