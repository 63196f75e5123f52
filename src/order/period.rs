//! Periods of whole days, in which orders were made, shipped or delivered.

use super::time::month_name;
use super::{Day, LocalTime};

/// Days that follow one another, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// Days that move on with the calendar.
    Preset(Preset),
    /// Days that stay; without an end it is open there.
    Days { from: Option<Day>, to: Option<Day> },
}

/// A period that is known by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    Today,
    Yesterday,
    /// From its Monday to its Sunday.
    ThisWeek,
    LastWeek,
    /// Today and the six days before.
    Last7Days,
    /// Today and the 29 days before.
    Last30Days,
    ThisMonth,
    LastMonth,
    ThisYear,
    LastYear,
}

impl Preset {
    pub const ALL: [Self; 10] = [
        Self::Today,
        Self::Yesterday,
        Self::ThisWeek,
        Self::LastWeek,
        Self::Last7Days,
        Self::Last30Days,
        Self::ThisMonth,
        Self::LastMonth,
        Self::ThisYear,
        Self::LastYear,
    ];

    /// As URLs name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::ThisWeek => "this-week",
            Self::LastWeek => "last-week",
            Self::Last7Days => "last-7-days",
            Self::Last30Days => "last-30-days",
            Self::ThisMonth => "this-month",
            Self::LastMonth => "last-month",
            Self::ThisYear => "this-year",
            Self::LastYear => "last-year",
        }
    }

    /// As people say it: `last 7 days`.
    pub fn words(self) -> String {
        self.name().replace('-', " ")
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    fn days(self, today: Day) -> (Day, Day) {
        let monday = today.monday();
        let month_before = today.first_of_month().previous();
        let year_before = today.first_of_year().previous();
        match self {
            Self::Today => (today, today),
            Self::Yesterday => (today.previous(), today.previous()),
            Self::ThisWeek => (monday, week_end(monday)),
            Self::LastWeek => (monday.earlier(7), monday.previous()),
            Self::Last7Days => (today.earlier(6), today),
            Self::Last30Days => (today.earlier(29), today),
            Self::ThisMonth => (today.first_of_month(), today.last_of_month()),
            Self::LastMonth => (month_before.first_of_month(), month_before),
            Self::ThisYear => (today.first_of_year(), today.last_of_year()),
            Self::LastYear => (year_before.first_of_year(), year_before),
        }
    }
}

fn week_end(monday: Day) -> Day {
    (0..6).fold(monday, |day, _| day.next())
}

impl Period {
    /// The week that a day is in, from its Monday to its Sunday.
    pub fn week_of(day: Day) -> Self {
        let monday = day.monday();
        Self::Days { from: Some(monday), to: Some(week_end(monday)) }
    }

    /// A day, or the days from one to another; none if the last is before the first.
    pub fn from_to(from: Option<Day>, to: Option<Day>) -> Option<Self> {
        let is_period = match (from, to) {
            (None, None) => false,
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        is_period.then_some(Self::Days { from, to })
    }

    /// The moment it begins, and the one at which it has ended; none where it is open.
    pub fn range(self, today: Day) -> (Option<LocalTime>, Option<LocalTime>) {
        let (from, to) = match self {
            Self::Preset(preset) => {
                let (from, to) = preset.days(today);
                (Some(from), Some(to))
            }
            Self::Days { from, to } => (from, to),
        };
        (from.map(Day::start), to.map(|to| to.next().start()))
    }

    /// As people say it: `last 7 days`, `3 March 2026`, `March 2026`, `since 3 March 2026`.
    pub fn words(self) -> String {
        let (from, to) = match self {
            Self::Preset(preset) => return preset.words(),
            Self::Days { from: None, to: None } => return "any day".to_owned(),
            Self::Days { from: Some(from), to: None } => return format!("since {from}"),
            Self::Days { from: None, to: Some(to) } => return format!("until {to}"),
            Self::Days { from: Some(from), to: Some(to) } => (from, to),
        };
        let (year, month, _) = from.parts();
        if from == to {
            from.to_string()
        } else if from == from.first_of_year() && to == from.last_of_year() {
            format!("{year:04}")
        } else if from == from.first_of_month() && to == from.last_of_month() {
            format!("{} {year:04}", month_name(month))
        } else {
            format!("{from} to {to}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    #[test]
    fn presets_are_whole_days_around_today() {
        let all = |today: &str| {
            let today = day(today);
            Preset::ALL.map(|preset| {
                let (from, to) = preset.days(today);
                format!("{}: {} to {}", preset.words(), from.iso(), to.iso())
            })
        };
        // A Sunday, the first of January, and the day after a leap day.
        for today in ["2026-11-29", "2026-01-01", "2028-03-01"] {
            insta::assert_snapshot!(today, all(today).join("\n"));
        }
    }

    #[test]
    fn a_period_is_said_as_shortly_as_it_can_be() {
        for (from, to, words) in [
            (Some("2026-03-03"), Some("2026-03-03"), "3 March 2026"),
            (Some("2026-02-01"), Some("2026-02-28"), "February 2026"),
            (Some("2026-01-01"), Some("2026-12-31"), "2026"),
            (Some("2026-02-01"), Some("2026-03-31"), "1 February 2026 to 31 March 2026"),
            (Some("2026-02-01"), None, "since 1 February 2026"),
            (None, Some("2026-02-01"), "until 1 February 2026"),
        ] {
            let period = Period::from_to(from.map(day), to.map(day)).unwrap();
            assert_eq!(period.words(), words);
        }
        assert_eq!(Period::from_to(Some(day("2026-03-04")), Some(day("2026-03-03"))), None);
        assert_eq!(Period::from_to(None, None), None);
    }

    #[test]
    fn a_week_begins_on_its_monday() {
        for text in ["2026-11-23", "2026-11-25", "2026-11-29"] {
            assert_eq!(Period::week_of(day(text)).words(), "23 November 2026 to 29 November 2026");
        }
    }
}
