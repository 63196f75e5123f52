//! Dates and times: of the business, and in UTC.

use std::fmt::{self, Write as _};
use std::time::Duration;

use arrayvec::ArrayString;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};
use chrono_tz::Tz;

use super::mend::mended_number;

/// A date and time of day in the business's time zone, to the second.
///
/// Orders have always been kept so: `YYYY-MM-DD HH:MM:SS`, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(NaiveDateTime);

/// A moment in UTC, to the second: when the desk itself did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NaiveDateTime);

macro_rules! stored_as_text {
    ($($time:ident),*) => {$(
        impl $time {
            /// Drops fractions of a second.
            pub fn new(time: NaiveDateTime) -> Self {
                Self(time.with_nanosecond(0).unwrap_or(time))
            }

            /// Reads the stored text, `YYYY-MM-DD HH:MM:SS`.
            pub fn parse(text: &str) -> Option<Self> {
                read(text).map(Self)
            }

            /// The stored text, `YYYY-MM-DD HH:MM:SS`.
            pub fn text(self) -> ArrayString<19> {
                let mut text = self.minutes();
                text.push(':');
                push_two(&mut text, self.0.second());
                text
            }

            /// To the minute, `YYYY-MM-DD HH:MM`.
            pub fn minutes(self) -> ArrayString<19> {
                let mut text = ArrayString::new();
                push_two(&mut text, self.0.year().unsigned_abs() / 100);
                push_two(&mut text, self.0.year().unsigned_abs() % 100);
                let parts = [('-', self.0.month()), ('-', self.0.day()), (' ', self.0.hour()), (':', self.0.minute())];
                for (separator, part) in parts {
                    text.push(separator);
                    push_two(&mut text, part);
                }
                text
            }

            pub fn day(self) -> Day {
                Day(self.0.date())
            }

            /// The date and time it stands for.
            pub fn get(self) -> NaiveDateTime {
                self.0
            }
        }
    )*};
}
stored_as_text!(LocalTime, Timestamp);

/// Appends a number below 100 as two digits.
fn push_two(text: &mut ArrayString<19>, n: u32) {
    for digit in [n / 10, n % 10] {
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

fn read(text: &str) -> Option<NaiveDateTime> {
    let bytes: &[u8; 19] = text.as_bytes().try_into().ok()?;
    let separators = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if separators.iter().any(|&(place, c)| bytes[place] != c) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?.and_hms_opt(
        number(11, 13)?,
        number(14, 16)?,
        number(17, 19)?,
    )
}

impl LocalTime {
    /// In ISO 8601, without a zone: `2022-03-04T12:00:31`.
    pub fn iso(self) -> ArrayString<20> {
        iso(&self.text(), "")
    }

    /// The same time of day so many days before.
    pub(super) fn days_before(self, days: u32) -> Self {
        Self(self.0.checked_sub_days(Days::new(days.into())).unwrap_or(self.0))
    }

    /// What clocks of a zone show at a moment in UTC; none beyond the years 1 to 9999.
    pub(super) fn of_utc(utc: NaiveDateTime, zone: Tz) -> Option<Self> {
        let local = utc.and_utc().with_timezone(&zone).naive_local();
        (1..=9999).contains(&local.year()).then(|| Self::new(local))
    }

    /// Reads a time as drivers write it into files, `YYYY-MM-DD HH:MM:SS.ffffff`: with a `T` instead of the space,
    /// without the fraction or without the time of day, too. None before the year 1.
    pub fn parse_recorded(text: &str) -> Option<Self> {
        let text = mended_number(text);
        let (seconds, fraction) = text.split_at_checked(19).unwrap_or((&text, ""));
        let is_fraction = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !fraction.is_empty() && !fraction.strip_prefix('.').is_some_and(is_fraction) {
            return None;
        }
        let midnight = if text.len() == 10 { " 00:00:00" } else { "" };
        let time = Self::parse(&format!("{}{midnight}", seconds.replacen('T', " ", 1)))?;
        (time.day().parts().0 > 0).then_some(time)
    }

    /// In words, `Friday 4 March 2022, 12:00`; a moment within a minute shows its seconds.
    pub fn in_words(self) -> String {
        let mut words = format!(
            "{} {}, {:02}:{:02}",
            self.day().weekday_name(),
            self.day(),
            self.0.hour(),
            self.0.minute()
        );
        if self.0.second() != 0 {
            // Writing to a String cannot fail.
            let _ = write!(words, ":{:02}", self.0.second());
        }
        words
    }
}

/// A stored text with a `T` for its space, and a zone behind it.
fn iso(text: &str, zone: &str) -> ArrayString<20> {
    let (day, time) = text.split_at_checked(10).unwrap_or((text, ""));
    let mut iso = ArrayString::new();
    for part in [day, "T", time.trim_start(), zone] {
        // Never the refusal: a stored text has 19 characters.
        let _ = iso.try_push_str(part);
    }
    iso
}

const fn first_moment(year: i32, month: u32, day: u32) -> NaiveDateTime {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day.and_time(NaiveTime::MIN),
        None => NaiveDateTime::MIN,
    }
}

impl Timestamp {
    /// The first moment that both databases know.
    pub const EARLIEST: Self = Self(first_moment(1, 1, 1));
    /// The beginning of the last day that both databases know.
    pub const LATEST: Self = Self(first_moment(9999, 12, 31));

    /// In RFC 3339: `2022-03-04T12:00:31Z`.
    pub fn iso(self) -> ArrayString<20> {
        iso(&self.text(), "Z")
    }

    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        TimeDelta::from_std(time)
            .ok()
            .and_then(|time| self.0.checked_add_signed(time))
            .map_or(Self(NaiveDateTime::MAX), Self::new)
    }

    #[must_use]
    pub fn before(self, time: Duration) -> Self {
        TimeDelta::from_std(time)
            .ok()
            .and_then(|time| self.0.checked_sub_signed(time))
            .map_or(Self(NaiveDateTime::MIN), Self::new)
    }

    /// In words, `4 March 2022, 12:00:31 UTC`.
    pub fn in_words(self) -> String {
        format!("{}, {} UTC", self.day(), self.0.time().format("%H:%M:%S"))
    }
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A calendar day; shows as `3 March 2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// Checks year, month and day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).filter(|date| (1..=9999).contains(&date.year())).map(Self)
    }

    /// The last day of a month.
    pub(super) fn last_of(year: i32, month: u32) -> Option<Self> {
        let first = Self::new(year, month, 1)?;
        first.0.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).map(Self)
    }

    /// The moment at which it begins.
    pub fn start(self) -> LocalTime {
        self.at(NaiveTime::MIN)
    }

    pub(super) fn at(self, time: NaiveTime) -> LocalTime {
        LocalTime::new(self.0.and_time(time))
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_days(Days::new(1)).unwrap_or(self.0))
    }

    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.checked_sub_days(Days::new(1)).unwrap_or(self.0))
    }

    /// The same day so many years later; 29 February becomes 28 where there is none.
    #[must_use]
    pub fn years_later(self, years: u32) -> Self {
        Self(self.0.checked_add_months(Months::new(12 * years)).unwrap_or(self.0))
    }

    #[must_use]
    pub(super) fn earlier(self, days: u32) -> Self {
        Self(self.0.checked_sub_days(Days::new(days.into())).unwrap_or(self.0))
    }

    /// The Monday of its week.
    pub(super) fn monday(self) -> Self {
        self.earlier(self.weekday().num_days_from_monday())
    }

    /// The first day of its month.
    pub(super) fn first_of_month(self) -> Self {
        Self(self.0.with_day(1).unwrap_or(self.0))
    }

    /// The first day of its year.
    pub(super) fn first_of_year(self) -> Self {
        Self(self.0.with_ordinal(1).unwrap_or(self.0))
    }

    /// The last day of its month.
    pub(super) fn last_of_month(self) -> Self {
        Self::last_of(self.0.year(), self.0.month()).unwrap_or(self)
    }

    /// The last day of its year.
    pub(super) fn last_of_year(self) -> Self {
        Self::last_of(self.0.year(), 12).unwrap_or(self)
    }

    /// Reads `YYYY-MM-DD` (ISO 8601), and no other spelling.
    pub(super) fn parse_iso(text: &str) -> Option<Self> {
        let is_iso = |day: &Self| day.iso() == text;
        text.parse().ok().map(Self).filter(|day| (1..=9999).contains(&day.0.year())).filter(is_iso)
    }

    /// Year, month (from 1) and day (from 1).
    pub fn parts(self) -> (i32, u32, u32) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    pub(super) fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    pub(super) fn weekday_name(self) -> &'static str {
        WEEKDAYS.get(self.weekday().num_days_from_monday() as usize).copied().unwrap_or_default()
    }

    /// As `3 March`.
    pub(super) fn without_year(self) -> String {
        format!("{} {}", self.0.day(), month_name(self.0.month()))
    }

    /// `YYYY-MM-DD` (ISO 8601).
    pub fn iso(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:04}", self.without_year(), self.0.year())
    }
}

/// The name of a month, from 1 for January.
pub(super) fn month_name(month: u32) -> &'static str {
    (1..).zip(MONTHS).find(|(number, _)| *number == month).map_or("", |(_, name)| name)
}

/// The number of a month given in English, by three small letters or more.
pub(super) fn month_named(word: &str) -> Option<u32> {
    (1..).zip(MONTHS).find(|(_, name)| is_short_for(word, name)).map(|(number, _)| number)
}

/// The same of a weekday.
pub(super) fn weekday_named(word: &str) -> Option<Weekday> {
    let number = (0..).zip(WEEKDAYS).find(|(_, name)| is_short_for(word, name)).map(|(number, _)| number)?;
    Weekday::try_from(number).ok()
}

fn is_short_for(word: &str, name: &str) -> bool {
    let word = word.trim_end_matches('.');
    word.len() >= 3 && name.to_lowercase().starts_with(word)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{any_disguise, disguised};
    use super::*;

    pub(in crate::order) fn any_time() -> impl Strategy<Value = LocalTime> {
        // From year 1 to year 9999.
        (-62_135_596_800_i64..253_402_300_800).prop_map(|seconds| {
            LocalTime::new(chrono::DateTime::from_timestamp(seconds, 999).unwrap().naive_utc())
        })
    }

    proptest! {
        #[test]
        fn stored_times_come_back(time in any_time()) {
            prop_assert_eq!(LocalTime::parse(&time.text()), Some(time));
            prop_assert_eq!(time.text().to_string(), time.get().format("%Y-%m-%d %H:%M:%S").to_string());
        }

        #[test]
        fn stored_times_sort_as_their_texts(a in any_time(), b in any_time()) {
            prop_assert_eq!(a.cmp(&b), a.text().cmp(&b.text()));
        }

        #[test]
        fn times_in_files_are_read_to_the_second(
            time in any_time(), separator in "[ T]", fraction in "(\\.[0-9]{1,6})?", disguise in any_disguise(),
        ) {
            let text = time.text().replace(' ', &separator);
            let typed = disguised(&format!(" {text}{fraction} "), disguise);
            prop_assert_eq!(LocalTime::parse_recorded(&typed), Some(time));
            prop_assert_eq!(LocalTime::parse_recorded(&time.text()[..10]), Some(time.day().start()));
        }
    }

    #[test]
    fn days_and_times_in_words() {
        assert_eq!(
            LocalTime::parse("2026-03-03 14:05:30").unwrap().in_words(),
            "Tuesday 3 March 2026, 14:05:30"
        );
        assert_eq!(Timestamp::parse("2022-03-04 12:00:31").unwrap().in_words(), "4 March 2022, 12:00:31 UTC");
        assert_eq!(Day::new(2024, 2, 29).unwrap().years_later(2).to_string(), "28 February 2026");
    }
}
