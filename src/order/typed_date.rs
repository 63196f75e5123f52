//! Dates as people and programs type them.

use arrayvec::ArrayString;
use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::date_error::DateError;
use super::mend::mended_number;
use super::time::{Day, LocalTime, month_named, weekday_named};

/// The moment at which something is checked, as the business's clocks show it, and their time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub local: LocalTime,
    pub zone: Tz,
}

#[cfg(test)]
impl Now {
    /// A moment for a business whose clocks show UTC.
    pub(crate) fn in_utc(at: super::Timestamp) -> Self {
        Self { local: LocalTime::new(at.get()), zone: Tz::UTC }
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
    /// Reads what people type, and whatever a page shows.
    ///
    /// The day as `2026-03-03`, `2026/03/03`, `3.3.2026`, `3 March 2026`, `March 3, 2026`, `3-Mar-2026`, `today` or
    /// `yesterday`, with its weekday before it or not; then, if wanted, a time as `14:05`, `14:05:30.123`, `1405` or
    /// `2:05 pm`; then, if wanted, `Z`, `UTC` or an offset like `+01:00`, which makes it a moment that the business's
    /// clocks show otherwise (RFC 3339 and looser). Or `now` alone. `13/4/2026` is read, `3/4/2026` is not: half of the
    /// world means another day by it than the other half.
    pub fn parse(text: &str, now: Now) -> Result<Self, DateError> {
        let text = mended_number(text).to_lowercase();
        let words: Vec<&str> = text
            .split([' ', ','])
            .flat_map(date_and_time)
            .filter(|word| !matches!(*word, "" | "at" | "of"))
            .collect();
        if words == ["now"] {
            return Ok(Self::exactly(now.local));
        }
        let (weekday, words) = match words.split_first() {
            Some((first, rest)) if !rest.is_empty() => match weekday_named(first) {
                Some(weekday) => (Some(weekday), rest),
                None => (None, &words[..]),
            },
            _ => (None, &words[..]),
        };
        let (day, rest) = leading_day(words, now)?;
        let time = TimeOfDay::parse(rest, now)?;
        if weekday.is_some_and(|weekday| weekday != day.weekday()) {
            return Err(DateError::OtherWeekday(day));
        }
        match time {
            None => Ok(Self { day, time: None }),
            Some(TimeOfDay { time, offset: None }) => Ok(Self { day, time: Some(time) }),
            Some(TimeOfDay { time, offset: Some(offset) }) => {
                let utc = day.at(time).get().checked_sub_signed(offset).ok_or(DateError::Unreadable)?;
                Ok(Self::exactly(LocalTime::of_utc(utc, now.zone).ok_or(DateError::Unreadable)?))
            }
        }
    }

    /// Reads what [`Self::text`] writes.
    pub fn parse_text(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None => Day::parse_iso(text).map(|day| Self { day, time: None }),
            Some(_) => LocalTime::parse(text).map(Self::exactly),
        }
    }

    /// `YYYY-MM-DD`, with `HH:MM:SS` behind it where a time was typed: the same whatever day it is.
    pub fn text(self) -> String {
        match self.time {
            None => self.day.iso(),
            Some(time) => self.day.at(time).text().to_string(),
        }
    }

    /// In words, `3 March 2026` or `3 March 2026, 14:05`.
    pub fn in_words(self) -> String {
        match self.time {
            None => self.day.to_string(),
            Some(time) => format!("{}, {}", self.day, time.format("%H:%M")),
        }
    }

    /// A moment as if it were typed to the second.
    pub fn exactly(moment: LocalTime) -> Self {
        Self { day: moment.day(), time: Some(moment.get().time()) }
    }

    /// The moment, at the given time of day where none was typed.
    pub fn at(self, otherwise: NaiveTime) -> LocalTime {
        self.day.at(self.time.unwrap_or(otherwise))
    }

    /// The moment, at the start of the day where no time was typed.
    pub fn at_start(self) -> LocalTime {
        self.at(NaiveTime::MIN)
    }
}

/// A word, or the two that a `T` between a day in digits and a time makes of it (ISO 8601).
fn date_and_time(word: &str) -> impl Iterator<Item = &str> {
    let is_day = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let (word, time) = match word.split_once('t') {
        Some((day, time)) if is_day(day) && time.starts_with(|c: char| c.is_ascii_digit()) => {
            (day, Some(time))
        }
        _ => (word, None),
    };
    [word].into_iter().chain(time)
}

/// The day that words begin with, and the words after it.
fn leading_day<'a>(words: &'a [&'a str], now: Now) -> Result<(Day, &'a [&'a str]), DateError> {
    match words {
        ["today", rest @ ..] => return Ok((now.local.day(), rest)),
        ["yesterday", rest @ ..] => return Ok((now.local.day().previous(), rest)),
        _ => {}
    }
    if let [first, rest @ ..] = words
        && let Some(day) = one_word_day(first)
    {
        return Ok((day?, rest));
    }
    if let [a, b, c, rest @ ..] = words
        && let Some(day) = day_in_words(a, b, c)
    {
        return Ok((day?, rest));
    }
    if let [a, b, ..] = words
        && let Some(day) = day_in_words(a, b, &format!("{:04}", now.local.day().parts().0))
    {
        return Err(DateError::NoYear(day?));
    }
    match (words, TimeOfDay::parse(words, now)) {
        ([first, ..], Ok(Some(TimeOfDay { time, .. }))) if first.contains(':') => Err(DateError::NoDay(time)),
        _ => Err(DateError::Unreadable),
    }
}

/// A day in digits, or `3-Mar-2026`; none for what has another shape.
fn one_word_day(word: &str) -> Option<Result<Day, DateError>> {
    let separator = word.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = word.split(separator).collect();
    let [first, middle, last] = parts[..] else { return None };
    let (Some(a), Some(b), Some(c)) = (digits(first), digits(middle), digits(last)) else {
        return day_in_words(first, middle, last);
    };
    Some(match (first.len(), middle.len(), last.len()) {
        (4, 1 | 2, 1 | 2) => calendar_day(a, b, c),
        (1 | 2, 1 | 2, 4) if separator == '.' => calendar_day(c, b, a),
        (1 | 2, 1 | 2, 4) => day_or_month_first(word, (a, b), c),
        (1..=3, 1 | 2, 1..=3) => Err(DateError::ShortYear),
        _ => return None,
    })
}

/// A day whose first two numbers may stand either way round, if only one of the ways makes sense.
fn day_or_month_first(word: &str, (a, b): (u32, u32), year: u32) -> Result<Day, DateError> {
    match (calendar_day(year, b, a), calendar_day(year, a, b)) {
        (Ok(day_first), Ok(month_first)) if day_first != month_first => {
            let typed = ArrayString::from(word).unwrap_or_default();
            Err(DateError::Ambiguous { typed, day_first, month_first })
        }
        // No month is above 12.
        (_, month_first) if b > 12 && a <= 12 => month_first,
        (day_first, _) => day_first,
    }
}

/// `3 March 2026` or `March 3, 2026`; none for what has another shape.
fn day_in_words(first: &str, second: &str, year: &str) -> Option<Result<Day, DateError>> {
    let (day, month) = match (month_named(first), month_named(second)) {
        (_, Some(month)) => (first, month),
        (Some(month), None) => (second, month),
        (None, None) => return None,
    };
    let ending = ["st", "nd", "rd", "th", "."].iter().find_map(|ending| day.strip_suffix(ending));
    let (day, year_number) = (digits(ending.unwrap_or(day))?, digits(year)?);
    Some(if year.len() < 4 { Err(DateError::ShortYear) } else { calendar_day(year_number, month, day) })
}

fn calendar_day(year: u32, month: u32, day: u32) -> Result<Day, DateError> {
    let year = i32::try_from(year).map_err(|_| DateError::Unreadable)?;
    if !(1..=12).contains(&month) {
        return Err(DateError::NoSuchMonth(month));
    }
    let last = Day::last_of(year, month).ok_or(DateError::Unreadable)?;
    if day > last.parts().2 {
        return Err(DateError::NoSuchDay(last));
    }
    Day::new(year, month, day).ok_or(DateError::Unreadable)
}

/// A time of day, and how far its clock is ahead of UTC where that was typed.
struct TimeOfDay {
    time: NaiveTime,
    offset: Option<TimeDelta>,
}

impl TimeOfDay {
    /// Reads the words after a day; none if there are none.
    fn parse(words: &[&str], now: Now) -> Result<Option<Self>, DateError> {
        let Some((first, rest)) = words.split_first() else { return Ok(None) };
        let end = first.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.')).unwrap_or(first.len());
        let (clock, attached) = first.split_at(end);
        if clock.is_empty() {
            return Err(DateError::Unreadable);
        }
        let suffix = format!("{attached}{}", rest.concat());
        let (half, zone) = Half::split_off(&suffix);
        let time = clock_time(clock, half).ok_or(DateError::NoSuchTime)?;
        match zone {
            "" => Ok(Some(Self { time, offset: None })),
            zone => match utc_offset(zone) {
                Some(offset) => Ok(Some(Self { time, offset: Some(offset) })),
                None if zone.starts_with(char::is_alphabetic) => Err(DateError::NamedZone(now.zone)),
                None => Err(DateError::Unreadable),
            },
        }
    }
}

/// Which half of the day a 12-hour clock means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Am,
    Pm,
}

impl Half {
    fn split_off(suffix: &str) -> (Option<Self>, &str) {
        [("a.m.", Self::Am), ("p.m.", Self::Pm), ("am", Self::Am), ("pm", Self::Pm)]
            .into_iter()
            .find_map(|(word, half)| Some((Some(half), suffix.strip_prefix(word)?)))
            .unwrap_or((None, suffix))
    }
}

/// `14:05`, `14:05:30`, `14:05:30.123`, `14.05`, `1405` or `140530`; with a half of the day `2` will do, too.
fn clock_time(clock: &str, half: Option<Half>) -> Option<NaiveTime> {
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts[..] {
        [hour, minute, second] => {
            let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
            let is_fraction =
                (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
            (hour, minute, is_fraction.then_some(second)?)
        }
        [hour, minute] => (hour, minute, "00"),
        [whole] => match (whole.split_once('.'), whole.len()) {
            (Some((hour, minute)), _) => (hour, minute, "00"),
            (None, 4) => (whole.get(..2)?, whole.get(2..)?, "00"),
            (None, 6) => (whole.get(..2)?, whole.get(2..4)?, whole.get(4..)?),
            (None, 1 | 2) if half.is_some() => (whole, "00", "00"),
            _ => return None,
        },
        _ => return None,
    };
    if hour.len() > 2 || minute.len() != 2 || second.len() != 2 {
        return None;
    }
    let hour = match (digits(hour)?, half) {
        (hour, None) => hour,
        (12, Some(half)) => {
            if half == Half::Pm {
                12
            } else {
                0
            }
        }
        (hour @ 1..12, Some(half)) => {
            if half == Half::Pm {
                hour + 12
            } else {
                hour
            }
        }
        _ => return None,
    };
    NaiveTime::from_hms_opt(hour, digits(minute)?, digits(second)?)
}

/// `Z`, `UTC`, `GMT`, `+01:00`, `+0100`, `+1` or `UTC+1`; no clock is further than 14 hours from UTC.
fn utc_offset(zone: &str) -> Option<TimeDelta> {
    let offset = ["utc", "gmt", "z"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    if offset.is_empty() {
        return Some(TimeDelta::zero());
    }
    let (sign, clock) = match offset.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = match (clock.split_once(':'), clock.len()) {
        (Some((hours, minutes)), _) if minutes.len() == 2 => (hours, minutes),
        (None, 4) => clock.split_at_checked(2)?,
        (None, 1 | 2) => (clock, "00"),
        _ => return None,
    };
    let minutes =
        i64::from(digits(hours)?) * 60 + i64::from(digits(minutes).filter(|minutes| *minutes < 60)?);
    (hours.len() <= 2 && minutes <= 14 * 60).then(|| TimeDelta::minutes(sign * minutes))
}

/// One to four ASCII digits as a number.
fn digits(text: &str) -> Option<u32> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mend::tests::{ZEROS, any_disguise, disguised, in_script};
    use super::super::time::Timestamp;
    use super::super::time::tests::any_time;
    use super::*;

    fn now_in(zone: Tz) -> Now {
        Now { local: LocalTime::parse("2026-03-03 14:05:30").unwrap(), zone }
    }

    fn now() -> Now {
        now_in(Tz::UTC)
    }

    fn read(text: &str, now: Now) -> Result<String, DateError> {
        Typed::parse(text, now).map(|typed| typed.at_start().text().to_string())
    }

    fn any_zone() -> impl Strategy<Value = Tz> {
        prop::sample::select(&chrono_tz::TZ_VARIANTS[..])
    }

    /// The days and moments around `time` as pages, forms and files of the desk write them.
    fn printed(time: LocalTime) -> [(String, LocalTime); 8] {
        let minute = time.get().format("%Y-%m-%d %H:%M:00").to_string();
        let (minute, day) = (LocalTime::parse(&minute).unwrap(), time.day().start());
        [
            (time.text().to_string(), time),
            (time.minutes().to_string(), minute),
            (time.in_words(), time),
            (minute.in_words(), minute),
            (time.day().to_string(), day),
            (time.day().iso(), day),
            (time.text().replace(' ', "T"), time),
            (format!("{}.000000", time.text()), time),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_what_it_says(
            time in any_time(), zone in any_zone(), disguise in any_disguise(), zero in 0..ZEROS.len(),
        ) {
            for (text, expected) in printed(time) {
                let typed = in_script(&disguised(&text, disguise), ZEROS[zero]);
                for text in [&text, &typed] {
                    prop_assert_eq!(read(text, now_in(zone)), Ok(expected.text().to_string()), "{}", text);
                }
            }
        }

        #[test]
        fn a_moment_in_utc_is_read_as_the_business_clocks_show_it(
            // Years that every zone has.
            seconds in -60_000_000_000_i64..253_000_000_000, zone in any_zone(), minutes in -840..=840_i64,
        ) {
            let utc = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
            let expected = LocalTime::new(utc.with_timezone(&zone).naive_local()).text().to_string();
            let there = utc.naive_utc() + TimeDelta::minutes(minutes);
            let (sign, ahead) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
            let (hour, minute) = (ahead / 60, ahead % 60);
            for text in [
                Timestamp::new(utc.naive_utc()).in_words(),
                utc.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
                utc.format("%Y-%m-%d %H:%M:%S+00").to_string(),
                there.format("%A %-d %B %Y at %-I:%M:%S %p").to_string() + &format!(" UTC{sign}{hour}:{minute:02}"),
                there.format("%a, %d %b %Y %H:%M:%S").to_string() + &format!(" {sign}{hour:02}{minute:02}"),
                there.format("%Y-%m-%dT%H:%M:%S%.6f").to_string() + &format!("{sign}{hour:02}:{minute:02}"),
            ] {
                prop_assert_eq!(read(&text, now_in(zone)), Ok(expected.clone()), "{}", text);
            }
        }

        #[test]
        fn every_spelling_of_a_day_is_that_day(time in any_time(), fourth in 4..=30_u32) {
            let (year, month, day) = time.day().parts();
            for text in [
                format!("{year:04}/{month}/{day}"),
                format!("{year:04}.{month:02}.{day:02}"),
                format!("{day}.{month}.{year:04}"),
                time.get().format("%-d %B %Y").to_string(),
                time.get().format("%A, %B %-d, %Y").to_string(),
                time.get().format("%a %-d-%b-%Y").to_string(),
                time.get().format("%-d of %b. %Y").to_string(),
            ] {
                prop_assert_eq!(read(&text, now()), Ok(time.day().start().text().to_string()), "{}", text);
            }
            let ordinal = format!("{} {fourth}th, {year:04}", time.get().format("%B"));
            if let Some(expected) = Day::new(year, month, fourth) {
                prop_assert_eq!(read(&ordinal, now()), Ok(expected.start().text().to_string()));
            }
        }

        #[test]
        fn every_spelling_of_a_time_is_that_time(time in any_time()) {
            let day = time.day().start().get();
            for (form, seconds) in [
                ("%H:%M:%S", true), ("%H%M%S", true), ("%I:%M:%S %p", true), ("%-I:%M:%S%P", true),
                ("%H:%M", false), ("%-H:%M", false), ("%H%M", false), ("%-H.%M", false), ("%-I:%M %p", false),
                ("%-I.%M%P", false),
            ] {
                let text = format!("3 March 2026 {}", time.get().format(form));
                let expected = if seconds { time.get() - day } else { time.get() - day - TimeDelta::seconds(
                    (time.get() - day).num_seconds() % 60,
                ) };
                let read = Typed::parse(&text, now()).unwrap().at_start().get();
                prop_assert_eq!(read - Day::new(2026, 3, 3).unwrap().start().get(), expected, "{}", text);
            }
        }

        #[test]
        fn a_day_that_may_be_two_is_asked_about_and_no_other(year in 1..=9999_i32, a in 1..=31_u32, b in 1..=31_u32) {
            for separator in ['/', '-'] {
                let read = Typed::parse(&format!("{a}{separator}{b:02}{separator}{year:04}"), now());
                match (Day::new(year, b, a), Day::new(year, a, b)) {
                    (Some(one), Some(other)) if one != other => {
                        let is_asked = matches!(read, Err(DateError::Ambiguous { day_first, month_first, .. })
                            if day_first == one && month_first == other);
                        prop_assert!(is_asked, "{:?}", read);
                    }
                    (Some(day), _) | (None, Some(day)) => prop_assert_eq!(read, Ok(Typed { day, time: None })),
                    (None, None) => prop_assert!(read.is_err()),
                }
            }
        }

        #[test]
        fn another_weekday_is_told(time in any_time(), later in 1..7_u32) {
            let other = time.get().checked_add_signed(TimeDelta::days(later.into())).unwrap();
            let text = format!("{} {}, 14:05", other.format("%A"), time.day());
            prop_assert_eq!(read(&text, now()), Err(DateError::OtherWeekday(time.day())));
        }

        #[test]
        fn nothing_that_is_typed_panics(
            text in "\\PC{0,24}|[0-9:./, TZapm+-]{0,24}|(now|today|3 March 2026|31/12/2026|Tue|14:05|utc|[+-]|[0-9 ]){0,6}",
        ) {
            let _ = read(&text, now());
        }
    }

    #[test]
    fn words_stand_for_days() {
        for (text, expected) in [
            ("today", "2026-03-03 00:00:00"),
            (" Today, 9:30 ", "2026-03-03 09:30:00"),
            ("today at 2 pm", "2026-03-03 14:00:00"),
            ("yesterday", "2026-03-02 00:00:00"),
            ("yesterday 12:30 a.m.", "2026-03-02 00:30:00"),
            ("NOW", "2026-03-03 14:05:30"),
        ] {
            assert_eq!(read(text, now()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn each_mistake_has_its_words() {
        let berlin = now_in(Tz::Europe__Berlin);
        for (text, words) in [
            ("2026-11-31", "must be a day that exists: November has 30 days"),
            ("31 November 2026 14:05", "must be a day that exists: November has 30 days"),
            ("30.2.2026", "must be a day that exists: February 2026 has 28 days"),
            ("Feb 30, 2028", "must be a day that exists: February 2028 has 29 days"),
            ("2026-13-01", "must have a month from 1 to 12, not 13"),
            ("13/13/2026", "must have a month from 1 to 12, not 13"),
            ("03/11/2026", "03/11/2026: 3 November or 11 March? Write 3 November 2026"),
            ("3-4-2026 14:05", "3-4-2026: 3 April or 4 March? Write 3 April 2026"),
            ("3 March 26", "must have a year of four digits, like 2026"),
            ("26-03-03", "must have a year of four digits, like 2026"),
            ("3 March", "must have a year, like 3 March 2026"),
            ("March 3rd 14:05", "must have a year, like 3 March 2026"),
            ("14:05", "must have a day, like today 14:05"),
            ("2:05 pm", "must have a day, like today 14:05"),
            ("2026-03-03 25:00", "must have a time like 14:05 or 2:05 pm"),
            ("3 March 2026 14:05 pm", "must have a time like 14:05 or 2:05 pm"),
            ("today 0:30 am", "must have a time like 14:05 or 2:05 pm"),
            ("2026-03-03 1:2:3:4", "must have a time like 14:05 or 2:05 pm"),
            ("2026-03-03 14:5", "must have a time like 14:05 or 2:05 pm"),
            ("Monday 3 March 2026", "must fit its weekday: 3 March 2026 is a Tuesday"),
            (
                "2026-03-03 14:05 CET",
                "must have the time in Europe/Berlin, or an offset from UTC, like 14:05 +01:00",
            ),
        ] {
            assert_eq!(read(text, berlin).unwrap_err().to_string(), words, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for text in [
            "",
            "NULL",
            "March",
            "Tuesday",
            "20260303",
            "2026",
            "+2026-03-03",
            "3 Ma 2026",
            "0000-01-01",
            "2026-03-00",
            "2026-03-03 14:05 +15:00",
            "2026-03-03 14:05 +01:75",
            "2026-03-03Z",
            "2026-03-03 14:05 -",
            "2026-W10-2",
            "2026-03-03 2026-03-04",
        ] {
            assert!(read(text, now()).is_err(), "{text}");
        }
        for text in ["", "soon", "March", "20260303", "2026", "3 Ma 2026"] {
            assert_eq!(read(text, now()), Err(DateError::Unreadable), "{text}");
        }
    }
}
