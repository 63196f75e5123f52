//! Days, and periods that have a name, in the words of a searched text.

use super::super::time::{month_named, weekday_named};
use super::super::{DateError, Day, Now, Period, Preset, Typed};
use super::SearchError;

/// The most words that a day has: `Monday 3 March 2026 2:05 pm`.
const MAX_WORDS: usize = 6;
/// Years in which a day is one, and not a number behind a day.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2099;

/// A day, or days that have a name.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub from: Day,
    pub to: Day,
    pub preset: Option<Preset>,
    /// Whether its year was left out, so that it may be another.
    is_of_any_year: bool,
}

impl Span {
    fn days(from: Day, to: Day) -> Self {
        Self { from, to, preset: None, is_of_any_year: false }
    }
}

/// The longest day or named period that words begin with.
pub(super) fn span(words: &[&str], now: Now) -> Result<Option<(usize, Span)>, SearchError> {
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
        // Digits alone behind a day are rather those of a card than a time.
        Ok(Typed { time: Some(_), .. }) if words.last().copied().is_some_and(is_digits) => Ok(None),
        Ok(typed) => Ok(Some(day(typed.day)).filter(|_| YEARS.contains(&typed.day.parts().0))),
        Err(DateError::NoYear(_)) => Ok(latest(words, today.parts().0, today, now)),
        Err(error @ DateError::NoSuchDay(_)) => match latest(words, today.parts().0, today, now) {
            None if has_date_before(words, now) => Ok(None),
            None => Err(error),
            span => Ok(span),
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

/// Whether words are `March 2026` or `29 February`, and something else behind it that was taken for a part of a day.
fn has_date_before(words: &[&str], now: Now) -> bool {
    let [first, second, third, ..] = words else { return false };
    let today = now.local.day();
    let is_year = year(third).is_some_and(|year| YEARS.contains(&year));
    let date = [*first, *second];
    month_or_year(&date, now).is_some() || !is_year && latest(&date, today.parts().0, today, now).is_some()
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
            let days = days_of(unit)?;
            let days = count
                .parse()
                .ok()
                .filter(|count| (1..=999).contains(count))
                .map(|count: u32| count * days)?;
            let preset = [(7, Preset::Last7Days), (30, Preset::Last30Days)];
            let preset = preset.into_iter().find(|(length, _)| *length == days).map(|(_, preset)| preset);
            Some(Span { preset, ..Span::days(today.earlier(days - 1), today) })
        }
        [count, unit, "ago"] => {
            let count =
                if *count == "a" { Some(1) } else { count.parse().ok().filter(|count| *count < 1000) };
            let day = today.earlier(count? * days_of(unit)?);
            Some(Span::days(day, day))
        }
        _ => None,
    }
}

fn days_of(unit: &str) -> Option<u32> {
    match unit {
        "day" | "days" => Some(1),
        "week" | "weeks" => Some(7),
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
        [word] if year(word).is_some() => {
            let first = Day::new(year(word).filter(|year| YEARS.contains(year))?, 1, 1)?;
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
    if text.len() <= 2 && is_digits(text) { text.parse().ok() } else { month_named(text) }
}

/// Four digits as a year.
pub(super) fn year(text: &str) -> Option<i32> {
    if text.len() == 4 && is_digits(text) { text.parse().ok() } else { None }
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
pub(super) fn of_fitting_years(
    (first, from): (&[&str], Span),
    (last, to): (&[&str], Span),
    now: Now,
) -> (Span, Span) {
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
