//! Dates and times: of the business, as typed, and in UTC.

use std::fmt::{self, Write as _};
use std::time::Duration;

use arrayvec::ArrayString;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

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
    /// In words, `Friday 4 March 2022, 12:00`; a moment within a minute shows its seconds.
    pub fn in_words(self) -> String {
        let mut words =
            format!("{} {}, {:02}:{:02}", self.0.weekday_name(), self.day(), self.0.hour(), self.0.minute());
        if self.0.second() != 0 {
            // Writing to a String cannot fail.
            let _ = write!(words, ":{:02}", self.0.second());
        }
        words
    }
}

impl Timestamp {
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

trait WeekdayName {
    fn weekday_name(&self) -> &'static str;
}

impl WeekdayName for NaiveDateTime {
    fn weekday_name(&self) -> &'static str {
        match self.weekday() {
            chrono::Weekday::Mon => "Monday",
            chrono::Weekday::Tue => "Tuesday",
            chrono::Weekday::Wed => "Wednesday",
            chrono::Weekday::Thu => "Thursday",
            chrono::Weekday::Fri => "Friday",
            chrono::Weekday::Sat => "Saturday",
            chrono::Weekday::Sun => "Sunday",
        }
    }
}

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

    /// The moment at which it begins.
    pub fn start(self) -> LocalTime {
        LocalTime(self.0.and_time(NaiveTime::MIN))
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

    /// Year, month (from 1) and day (from 1).
    pub fn parts(self) -> (i32, u32, u32) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// `YYYY-MM-DD` (ISO 8601).
    pub fn iso(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS.get(self.0.month0() as usize).copied().unwrap_or_default();
        write!(f, "{} {month} {}", self.0.day(), self.0.year())
    }
}

/// A date as somebody typed it, with a time of day or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed {
    pub day: Day,
    /// The time of day, if there was one.
    pub time: Option<NaiveTime>,
}

impl Typed {
    /// Reads what people type.
    ///
    /// The day as `2026-03-03`, `2026/03/03`, `3.3.2026`, `3 March 2026`, `March 3, 2026`, `today` or
    /// `yesterday`; then, if wanted, a time as `14:05` or `14:05:30`; or `now` alone. `3/4/2026` is not
    /// read: half of the world means another day by it than the other half.
    pub fn parse(text: &str, now: LocalTime) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if text == "now" {
            return Some(Self { day: now.day(), time: Some(now.0.time()) });
        }
        let (date, time) = match text.rsplit_once(|c: char| c.is_whitespace() || c == 't' || c == ',') {
            Some((date, time)) if time.contains(':') => (date, Some(time_of_day(time)?)),
            _ => (text.as_str(), None),
        };
        Some(Self { day: calendar_day(date.trim_end_matches([',', ' ']), now)?, time })
    }

    /// A moment as if it were typed to the second.
    pub fn exactly(moment: LocalTime) -> Self {
        Self { day: moment.day(), time: Some(moment.0.time()) }
    }

    /// The moment, at the given time of day where none was typed.
    pub fn at(self, otherwise: NaiveTime) -> LocalTime {
        LocalTime::new(self.day.0.and_time(self.time.unwrap_or(otherwise)))
    }

    /// The moment, at the start of the day where no time was typed.
    pub fn at_start(self) -> LocalTime {
        self.at(NaiveTime::MIN)
    }
}

fn calendar_day(text: &str, now: LocalTime) -> Option<Day> {
    match text {
        "today" => return Some(now.day()),
        "yesterday" => return Some(now.day().previous()),
        _ => {}
    }
    let words: Vec<&str> = text.split([' ', ',', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [one] => {
            if let Some([year, month, day]) = three(one, '-').or_else(|| three(one, '/')) {
                calendar(year, month, day)
            } else {
                let [day, month, year] = three(one, '.')?;
                calendar(year, month, day)
            }
        }
        [day, month, year] => {
            if let Some(month) = month_named(month) {
                calendar(year, &month.to_string(), day)
            } else {
                calendar(year, &month_named(day)?.to_string(), month)
            }
        }
        _ => None,
    }
}

fn three(text: &str, separator: char) -> Option<[&str; 3]> {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.try_into().ok()
}

fn calendar(year: &str, month: &str, day: &str) -> Option<Day> {
    let day = ["st", "nd", "rd", "th", "."].iter().find_map(|ending| day.strip_suffix(ending)).unwrap_or(day);
    (year.len() == 4).then_some(())?;
    Day::new(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
}

/// The number of a month given in English, by three letters or more.
fn month_named(word: &str) -> Option<u32> {
    let word = word.trim_end_matches('.');
    let fits = |month: &&str| word.len() >= 3 && month.to_lowercase().starts_with(word);
    (1..).zip(MONTHS).find(|(_, month)| fits(month)).map(|(number, _)| number)
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let mut parts = text.split(':').map(digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_opt(hour, minute, second)
}

/// Digits only: unlike `parse`, which takes a plus sign too.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> LocalTime {
        LocalTime::parse("2026-03-03 14:05:30").unwrap()
    }

    fn typed(text: &str) -> Option<String> {
        Typed::parse(text, now()).map(|typed| typed.at_start().text().to_string())
    }

    fn any_time() -> impl Strategy<Value = LocalTime> {
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
        fn every_spelling_of_a_day_is_that_day(time in any_time()) {
            let (year, month, day) = time.day().parts();
            let expected = Some(time.day());
            for text in [
                time.text().to_string(),
                time.text().replace(' ', "T"),
                format!("{year:04}/{month}/{day}"),
                format!("{day}.{month}.{year:04}"),
                time.get().format("%-d %B %Y").to_string(),
                time.get().format("%B %-dth, %Y").to_string(),
                time.get().format("%-d %b %Y 09:00").to_string(),
            ] {
                prop_assert_eq!(Typed::parse(&text, now()).map(|typed| typed.day), expected, "{}", text);
            }
        }

        #[test]
        fn nothing_that_is_typed_panics(text in "\\PC{0,24}") {
            let _ = Typed::parse(&text, now());
        }
    }

    #[test]
    fn words_stand_for_days() {
        assert_eq!(typed("today").unwrap(), "2026-03-03 00:00:00");
        assert_eq!(typed(" Today, 9:30 ").unwrap(), "2026-03-03 09:30:00");
        assert_eq!(typed("yesterday").unwrap(), "2026-03-02 00:00:00");
        assert_eq!(typed("NOW").unwrap(), "2026-03-03 14:05:30");
    }

    #[test]
    fn days_that_are_none_or_two_are_not_read() {
        for text in [
            "",
            "NULL",
            "2026-02-30",
            "3/4/2026",
            "2026-13-01",
            "26-03-03",
            "March",
            "2026-03-03 25:00",
            "12:00",
            "2026-03-03 1:2:3:4",
            "20260303",
            "+2026-03-03",
            "3 Ma 2026",
        ] {
            assert_eq!(typed(text), None, "{text}");
        }
    }

    #[test]
    fn days_and_times_in_words() {
        assert_eq!(now().in_words(), "Tuesday 3 March 2026, 14:05:30");
        assert_eq!(Timestamp::parse("2022-03-04 12:00:31").unwrap().in_words(), "4 March 2022, 12:00:31 UTC");
        assert_eq!(Day::new(2024, 2, 29).unwrap().years_later(2).to_string(), "28 February 2026");
    }
}
