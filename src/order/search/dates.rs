//! Periods in the words of a searched text, of one of the three dates.

use super::super::{Condition, Day, Kind, Now, Period};
use super::SearchError;
use super::span::{Span, is_digits, of_fitting_years, span, year};

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
    // Alone, four digits are rather those of a card than a year long ago.
    if words.first().is_some_and(|word| year(word).is_some() && !is_year(word, now)) {
        return Ok(None);
    }
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
    let rest = words.get(count..).unwrap_or_default();
    if let Some((length, first, last)) = days_of_month(rest, bound, now)? {
        let period = Period::from_to(Some(first), Some(last)).ok_or(SearchError::Backwards(kind))?;
        return Ok(Some((count + length, period)));
    }
    let Some((length, from)) = span(rest, now)? else { return Ok(None) };
    let (first, rest) = rest.split_at_checked(length).unwrap_or_default();
    count += length;
    if let Some((joint, rest)) = rest.split_first()
        && bound.is_joined_by(joint)
        && let Some((length, to)) = span(rest, now)?
    {
        let last = rest.get(..length).unwrap_or_default();
        let (from, to) = of_fitting_years((first, from), (last, to), now);
        let period = Period::from_to(Some(from.from), Some(to.to)).ok_or(SearchError::Backwards(kind))?;
        return Ok(Some((count + 1 + length, period)));
    }
    Ok(bound.of(from).map(|period| (count, period)))
}

/// The first and the last of some days of one month, `3 to 5 March 2026` or `3-5 March`, and how many words they are.
fn days_of_month(words: &[&str], bound: Bound, now: Now) -> Result<Option<(usize, Day, Day)>, SearchError> {
    let is_day = |text: &str| text.len() <= 2 && is_digits(text);
    let (first, last, taken) = match words {
        [first, joint, last, ..] if bound.is_joined_by(joint) => (*first, *last, 3),
        [days, ..] if bound.is_joined_by("-") => match days.split_once('-') {
            Some((first, last)) => (first, last, 1),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    if !is_day(first) || !is_day(last) {
        return Ok(None);
    }
    let rest = words.get(taken..).unwrap_or_default();
    let words: Vec<&str> = [last].into_iter().chain(rest.iter().copied()).collect();
    let Some((length, span)) = span(&words, now)? else { return Ok(None) };
    let (year, month, _) = span.from.parts();
    let first = first.parse().ok().and_then(|day| Day::new(year, month, day));
    Ok(first.map(|first| (taken + length - 1, first, span.to)))
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

    /// Whether a word stands between the two ends of a period that is begun so.
    fn is_joined_by(self, word: &str) -> bool {
        match word {
            "to" | "-" | "until" | "till" | "through" => {
                matches!(self, Self::None | Self::From(_) | Self::Between)
            }
            "and" => self == Self::Between,
            _ => false,
        }
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
