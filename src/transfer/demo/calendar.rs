//! When people order: growing years, seasons, weekdays, opening hours.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};
use fastrand::Rng;

use super::Demo;

/// How many orders each hour of a day brings, in proportion: in all stores from Monday to Friday, and on a Saturday.
const IN_STORES: [u64; 24] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 10, 12, 14, 12, 10, 10, 14, 18, 14, 0, 0, 0, 0, 0];
const IN_STORES_ON_SATURDAY: [u64; 24] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 20, 24, 24, 22, 20, 16, 10, 0, 0, 0, 0, 0, 0, 0];
/// The same on the web, on every day.
const ON_THE_WEB: [u64; 24] = [1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 3, 4, 3, 1, 1];
/// How busy each month is, in percent of a usual one.
const SEASONS: [u64; 12] = [82, 80, 92, 96, 100, 98, 90, 92, 98, 104, 125, 150];
/// How busy a day is by chance, in percent of a usual one.
const CHANCE: std::ops::RangeInclusive<u64> = 80..=120;
/// So many days ago the business did half of what it does at the end.
const DAYS_OF_GROWTH: u64 = 3_650;
/// How busy a day at the end is before season and chance are counted in.
const GROWN: u64 = 1_000;
/// Days that `orders` take: 1,000 take three months, 1,000,000 about eight years.
const DAYS_SQUARED_PER_ORDER: u64 = 8;
const MOST_DAYS: u64 = 30 * 365;
/// The chance of days has numbers of its own.
const CHANCE_OF_DAYS: u64 = 0x6461_7973_0000_0000;
const SECONDS_PER_HOUR: u64 = 3_600;

/// A moment at which somebody orders.
pub struct Moment {
    pub at: NaiveDateTime,
    pub on_the_web: bool,
}

/// The days on which orders are made, up to a moment. Each hour weighs as many orders as it brings, in proportion.
pub struct Calendar {
    rows: u64,
    seed: u64,
    until: NaiveDateTime,
    /// The weight of all days together.
    total: u64,
    today: BusinessDay,
    /// The weight of all days before today.
    before: u64,
}

impl Calendar {
    pub fn new(rows: u64, seed: u64, until: NaiveDateTime) -> Self {
        let days = (rows.saturating_mul(DAYS_SQUARED_PER_ORDER).isqrt() + 1).min(MOST_DAYS);
        let earliest = NaiveDate::from_ymd_opt(Demo::FIRST_YEAR, 1, 1).unwrap_or(until.date());
        let first = until.date().checked_sub_days(Days::new(days)).unwrap_or(earliest).max(earliest);
        let total = first
            .iter_days()
            .take_while(|date| *date <= until.date())
            .map(|date| BusinessDay::new(date, until, seed).weight)
            .sum();
        Self { rows, seed, until, total, today: BusinessDay::new(first, until, seed), before: 0 }
    }

    /// When the order with this place among all is made: in its own share of their weight, so that moments only
    /// go forward. Places are asked for from 0 on.
    pub fn moment(&mut self, place: u64, rng: &mut Rng) -> Moment {
        let share_begins = |place: u64| {
            let weight = u128::from(self.total) * u128::from(place) / u128::from(self.rows.max(1));
            u64::try_from(weight).unwrap_or(self.total)
        };
        let (from, to) = (share_begins(place), share_begins(place + 1));
        let weight = from + rng.u64(0..(to - from).max(1));
        while weight - self.before >= self.today.weight && self.today.date < self.until.date() {
            self.before += self.today.weight;
            self.today = BusinessDay::new(self.today.date + Days::new(1), self.until, self.seed);
        }
        self.today.moment(weight - self.before, rng).unwrap_or(Moment { at: self.until, on_the_web: true })
    }
}

/// A day, as far as it is before the end.
struct BusinessDay {
    date: NaiveDate,
    /// How busy it is: what an order of an hourly table weighs on each second.
    business: u64,
    weight: u64,
}

impl BusinessDay {
    fn new(date: NaiveDate, until: NaiveDateTime, seed: u64) -> Self {
        let days_ago = u64::try_from((until.date() - date).num_days()).unwrap_or_default();
        let growth = GROWN * DAYS_OF_GROWTH / (DAYS_OF_GROWTH + days_ago);
        let season = SEASONS.get(date.month0() as usize).copied().unwrap_or_default();
        let number = u64::try_from(date.num_days_from_ce()).unwrap_or_default();
        let chance = Rng::with_seed(seed ^ CHANCE_OF_DAYS ^ (number << 8)).u64(CHANCE);
        let business = growth * season * chance;
        let seconds: u64 = if date == until.date() {
            let (hour, second) = (until.hour() as usize, u64::from(until.num_seconds_from_midnight()));
            let whole: u64 = hours(date).take(hour).map(|hour| hour.all() * SECONDS_PER_HOUR).sum();
            whole + hours(date).nth(hour).map_or(0, |hour| hour.all() * (second % SECONDS_PER_HOUR))
        } else {
            hours(date).map(|hour| hour.all() * SECONDS_PER_HOUR).sum()
        };
        Self { date, business, weight: business * seconds }
    }

    /// The moment that so much of the day's weight is before.
    fn moment(&self, weight: u64, rng: &mut Rng) -> Option<Moment> {
        let mut left = weight / self.business;
        for (nth, hour) in (0..).zip(hours(self.date)) {
            let of_hour = hour.all() * SECONDS_PER_HOUR;
            if left < of_hour {
                let second = nth * SECONDS_PER_HOUR + left / hour.all();
                let at = self.date.and_time(NaiveTime::MIN) + TimeDelta::seconds(i64::try_from(second).ok()?);
                return Some(Moment { at, on_the_web: rng.u64(0..hour.all()) < hour.on_the_web });
            }
            left -= of_hour;
        }
        None
    }
}

/// What an hour brings.
struct Hour {
    in_stores: u64,
    on_the_web: u64,
}

impl Hour {
    fn all(&self) -> u64 {
        self.in_stores + self.on_the_web
    }
}

fn hours(date: NaiveDate) -> impl Iterator<Item = Hour> {
    let in_stores = match date.weekday() {
        _ if is_free(date) => [0; 24],
        Weekday::Sat => IN_STORES_ON_SATURDAY,
        _ => IN_STORES,
    };
    in_stores.into_iter().zip(ON_THE_WEB).map(|(in_stores, on_the_web)| Hour { in_stores, on_the_web })
}

/// Whether nobody works: a Sunday, Christmas, New Year's Day.
pub fn is_free(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Sun || matches!((date.month(), date.day()), (12, 25 | 26) | (1, 1))
}
