//! Days and periods in the words of a searched text.

use super::super::time::{month_named, weekday_named};
use super::super::{Condition, DateError, Day, Kind, Now, Period, Preset, Typed};
use super::SearchError;

/// The most words that a day has: `Monday 3 March 2026 2:05 pm`.
const MAX_WORDS: usize = 6;
/// Years in which a day is one, and not a number behind a day.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2099;
/// The first year that is one where it stands alone.
const FIRST_YEAR: i32 = 1990;

/// The condition of a date that words begin with, and how many they are: `shipped last week`, `since 3 March 2026`.
pub(super) fn dated(words: &[&str], now: Now) -> Result<Option<(usize, Condition)>, SearchError> {
    let kind = match words.first() {
        Some(&"ordered") => Some(Kind::Ordered),
        Some(&"shipped") => Some(Kind::Shipped),
        Some(&"delivered") => Some(Kind::Delivered),
        _ => None,
    };
    let before = usize::from(kind.is_some());
    let kind = kind.unwrap_or(Kind::Ordered);
    let period = period(words.get(before..).unwrap_or_default(), kind, now)?;
    Ok(period.map(|(count, period)| (before + count, condition(kind, period))))
}

/// A condition of one of the three dates.
pub(super) fn condition(kind: Kind, period: Period) -> Condition {
    match kind {
        Kind::Shipped => Condition::Shipped(period),
        Kind::Delivered => Condition::Delivered(period),
        _ => Condition::Ordered(period),
    }
}

/// Whether a word may be a year that stands alone.
pub(super) fn is_year(word: &str, now: Now) -> bool {
    year(word).is_some_and(|year| (FIRST_YEAR..=now.local.day().parts().0).contains(&year))
}

/// A period that words begin with, and how many they are.
pub(super) fn period(words: &[&str], kind: Kind, now: Now) -> Result<Option<(usize, Period)>, SearchError> {
    let is_filler = |word: &&&str| matches!(**word, "in" | "on" | "during" | "the");
    let mut count = words.iter().take_while(is_filler).count();
    let bound = match words.get(count..).unwrap_or_default() {
        ["since" | "from", ..] => Bound::From(1),
        ["after", ..] => Bound::After,
        ["until" | "till", ..] => Bound::To(1),
        ["up", "to", ..] => Bound::To(2),
        ["before", ..] => Bound::Before,
        ["between", ..] => Bound::Between,
        _ => Bound::None,
    };
    count += bound.words();
    let Some((length, span)) = span(words.get(count..).unwrap_or_default(), now)? else { return Ok(None) };
    let first = words.get(count..count + length).unwrap_or_default();
    count += length;
    let to = match words.get(count) {
        Some(&("to" | "-" | "until" | "till" | "through")) if bound.may_have_end() => true,
        Some(&"and") => bound == Bound::Between,
        _ => false,
    };
    if to {
        let rest = words.get(count + 1..).unwrap_or_default();
        if let Some((length, other)) = self::span(rest, now)? {
            let last = rest.get(..length).unwrap_or_default();
            let (span, other) = of_fitting_years((first, span), (last, other), now);
            let period = Period::from_to(Some(span.from), Some(other.to));
            let period = period.ok_or(SearchError::Backwards(kind))?;
            return Ok(Some((count + 1 + length, period)));
        }
    }
    Ok(bound.of(span).map(|period| (count, period)))
}

/// Where a period begins or ends, and with how many words it says so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    None,
    From(usize),
    After,
    To(usize),
    Before,
    /// Needs both ends.
    Between,
}

impl Bound {
    fn words(self) -> usize {
        match self {
            Self::None => 0,
            Self::From(count) | Self::To(count) => count,
            Self::After | Self::Before | Self::Between => 1,
        }
    }

    fn may_have_end(self) -> bool {
        matches!(self, Self::None | Self::From(_) | Self::Between)
    }

    fn of(self, span: Span) -> Option<Period> {
        match self {
            Self::None => match span.preset {
                Some(preset) => Some(Period::Preset(preset)),
                None => Period::from_to(Some(span.from), Some(span.to)),
            },
            Self::From(_) => Period::from_to(Some(span.from), None),
            Self::After => Period::from_to(Some(span.to.next()), None),
            Self::To(_) => Period::from_to(None, Some(span.to)),
            Self::Before => Period::from_to(None, Some(span.from.previous())),
            Self::Between => None,
        }
    }
}

/// A day, or days that have a name.
#[derive(Clone, Copy)]
struct Span {
    from: Day,
    to: Day,
    preset: Option<Preset>,
    /// Whether its year was left out, so that it may be another.
    is_of_any_year: bool,
}

impl Span {
    fn days(from: Day, to: Day) -> Self {
        Self { from, to, preset: None, is_of_any_year: false }
    }
}

/// The longest day or named period that words begin with.
fn span(words: &[&str], now: Now) -> Result<Option<(usize, Span)>, SearchError> {
    for count in (1..=words.len().min(MAX_WORDS)).rev() {
        if let Some(span) =
            whole_span(words.get(..count).unwrap_or_default(), now).map_err(SearchError::Date)?
        {
            return Ok(Some((count, span)));
        }
    }
    Ok(None)
}

/// What all the words together say, if they are a day or a named period. An error only if they are about a day that
/// cannot be.
fn whole_span(words: &[&str], now: Now) -> Result<Option<Span>, DateError> {
    let today = now.local.day();
    let text = words.join(" ");
    let period = |preset: Preset| {
        let (start, end) = Period::Preset(preset).range(today);
        Some(Span { preset: Some(preset), ..Span::days(start?.day(), end?.day().previous()) })
    };
    let named = Preset::parse(&text.replace([' ', '_'], "-")).and_then(period);
    if let Some(span) = named.or_else(|| recent(words, today)).or_else(|| month_or_year(words, now)) {
        return Ok(Some(span));
    }
    let day = |day: Day| Span::days(day, day);
    match Typed::parse(&text, now) {
        // Four digits behind a day are rather those of a card.
        Ok(Typed { time: Some(_), .. }) if !text.contains([':', 'm']) && text != "now" => Ok(None),
        Ok(typed) => Ok(Some(day(typed.day)).filter(|_| YEARS.contains(&typed.day.parts().0))),
        Err(DateError::NoYear(_)) => Ok(latest(words, today.parts().0, today, now)),
        Err(error @ DateError::NoSuchDay(_)) => match latest(words, today.parts().0, today, now) {
            Some(span) => Ok(Some(span)),
            None => Err(error),
        },
        Err(
            error @ (DateError::NoSuchMonth(_)
            | DateError::Ambiguous { .. }
            | DateError::ShortYear
            | DateError::OtherWeekday(_)),
        ) => Err(error),
        Err(_) => Ok(None),
    }
}

/// `last 14 days`, `past 2 weeks`, `Monday`, `last Monday`.
fn recent(words: &[&str], today: Day) -> Option<Span> {
    let weekday = |word: &str, last: Day| {
        let weekday = weekday_named(word)?;
        let day = (0..7).map(|days| last.earlier(days)).find(|day| day.weekday() == weekday)?;
        Some(Span::days(day, day))
    };
    match words {
        [word] => weekday(word, today),
        ["last", word] => weekday(word, today.previous()),
        ["last" | "past", count, unit] => {
            let days = match *unit {
                "day" | "days" => 1,
                "week" | "weeks" => 7,
                _ => return None,
            };
            let days = count
                .parse()
                .ok()
                .filter(|count| (1..=999).contains(count))
                .map(|count: u32| count * days)?;
            let preset = [(7, Preset::Last7Days), (30, Preset::Last30Days)];
            let preset = preset.into_iter().find(|(length, _)| *length == days).map(|(_, preset)| preset);
            Some(Span { preset, ..Span::days(today.earlier(days - 1), today) })
        }
        _ => None,
    }
}

/// `March 2026`, `2026-03`, `3/2026`, `March` or `2026`.
fn month_or_year(words: &[&str], now: Now) -> Option<Span> {
    let today = now.local.day();
    let month = |year: i32, month: u32| {
        let first = Day::new(year, month, 1).filter(|_| YEARS.contains(&year))?;
        Some(Span::days(first, first.last_of_month()))
    };
    match words {
        [word] if is_year(word, now) => {
            let first = Day::new(year(word)?, 1, 1)?;
            Some(Span::days(first, first.last_of_year()))
        }
        [word] => {
            if let Some(number) = month_named(word) {
                let (year, this_month, _) = today.parts();
                let span = month(if number > this_month { year - 1 } else { year }, number)?;
                return Some(Span { is_of_any_year: true, ..span });
            }
            let (first, last) = word.split_once(['-', '/', '.'])?;
            match (year(first), year(last)) {
                (Some(year), None) => month(year, month_number(last)?),
                (None, Some(year)) => month(year, month_number(first)?),
                _ => None,
            }
        }
        [name, number] | [name, "of", number] => month(year(number)?, month_named(name)?),
        _ => None,
    }
}

/// The number of a month in one or two digits or by its name.
fn month_number(text: &str) -> Option<u32> {
    let is_number = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { month_named(text) }
}

/// Four digits as a year.
fn year(text: &str) -> Option<i32> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_year { text.parse().ok() } else { None }
}

/// What words without a year say of the latest year, from one backwards, in which they end by a day.
fn latest(words: &[&str], from_year: i32, last: Day, now: Now) -> Option<Span> {
    // A leap day comes back after eight years at the latest.
    (from_year - 8..=from_year)
        .rev()
        .find_map(|year| of_year(words, year, now).filter(|span| span.from <= last))
}

/// What words without a year say of a year.
fn of_year(words: &[&str], of: i32, now: Now) -> Option<Span> {
    if words.iter().any(|word| year(word).is_some()) {
        return None;
    }
    let text = format!("{} {of:04}", words.join(" "));
    let words: Vec<&str> = text.split(' ').collect();
    let day = || Typed::parse(&text, now).ok().filter(|typed| typed.time.is_none()).map(|typed| typed.day);
    let span = month_or_year(&words, now).or_else(|| day().map(|day| Span::days(day, day)))?;
    Some(Span { is_of_any_year: true, ..span })
}

/// The two ends of a period, one after the other as far as their years were left out.
fn of_fitting_years((first, from): (&[&str], Span), (last, to): (&[&str], Span), now: Now) -> (Span, Span) {
    let year = |span: Span| span.from.parts().0;
    match (from.is_of_any_year, to.is_of_any_year) {
        (true, _) => (latest(first, year(to), to.to, now).unwrap_or(from), to),
        (false, true) => {
            let later = (year(from)..=year(from) + 8)
                .find_map(|year| of_year(last, year, now).filter(|to| to.from >= from.from));
            (from, later.unwrap_or(to))
        }
        (false, false) => (from, to),
    }
}
