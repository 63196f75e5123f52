//! The three dates of an order and how they follow one another.

use chrono::TimeDelta;

use super::mend::mended;
use super::{Day, Field, LocalTime, Now, QualityFlags, Typed, ValidationError};

/// When an order was made, shipped and delivered, in the business's local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    ordered: LocalTime,
    shipped: Option<LocalTime>,
    delivered: Option<LocalTime>,
}

/// From the order to shipping: more is likelier a slip of the year.
const MAX_SHIPPING_YEARS: u32 = 2;
/// From shipping to delivery, for the same reason.
const MAX_DELIVERY_YEARS: u32 = 2;
/// How far the clocks of one time zone are ahead of those of another at most: from UTC-12 to UTC+14.
const MAX_ZONE_DIFFERENCE: TimeDelta = TimeDelta::hours(26);

impl Dates {
    /// Reads the dates of a new order as they were typed; the last two may be empty.
    ///
    /// A date without a time of day means some moment of that day: on the day of the date before it, it
    /// counts as the same moment.
    pub fn parse(
        ordered: &str,
        shipped: &str,
        delivered: &str,
        now: Now,
    ) -> Result<Self, Vec<ValidationError>> {
        Self::read(ordering(ordered, now), Given::Typed(shipped), Given::Typed(delivered), now)
    }

    /// Reads those dates of an order that were typed anew; the others stay.
    ///
    /// A date that stays and had a warning before is not asked to keep the rules now.
    pub fn edit(
        &self,
        ordered: Option<&str>,
        shipped: Option<&str>,
        delivered: Option<&str>,
        now: Now,
    ) -> Result<Self, Vec<ValidationError>> {
        let warnings = self.warnings_of_order();
        let given = |typed, kept, flag| match typed {
            Some(text) => Given::Typed(text),
            None => Given::Kept { date: kept, has_warning: warnings.contains(flag) },
        };
        Self::read(
            ordered.map_or(Ok(self.ordered), |text| ordering(text, now)),
            given(shipped, self.shipped, QualityFlags::SHIPPING_DATE),
            given(delivered, self.delivered, QualityFlags::DELIVERY_DATE),
            now,
        )
    }

    fn read(
        ordered: Result<LocalTime, ValidationError>,
        shipped: Given<'_>,
        delivered: Given<'_>,
        now: Now,
    ) -> Result<Self, Vec<ValidationError>> {
        let mut errors = Vec::new();
        let ordered = keep(&mut errors, ordered);
        let left = keep(&mut errors, shipped.date(Field::ShippingDate, now)).flatten();
        let came = keep(&mut errors, delivered.date(Field::DeliveryDate, now)).flatten();

        let left = match (ordered, left) {
            (Some(ordered), Some(date)) => keep(&mut errors, shipped.checked(date, shipping(date, ordered))),
            _ => None,
        };
        let came = match (left, came) {
            (Some(left), Some(date)) => keep(&mut errors, delivered.checked(date, delivery(date, left))),
            (None, Some(date)) if errors.is_empty() => {
                keep(&mut errors, delivered.checked(date, Err(ValidationError::DeliveredUnshipped)))
            }
            _ => None,
        };
        match ordered {
            Some(ordered) if errors.is_empty() => Ok(Self { ordered, shipped: left, delivered: came }),
            _ => Err(errors),
        }
    }

    /// The dates of an order that exists, whatever they are.
    pub fn recorded(ordered: LocalTime, shipped: Option<LocalTime>, delivered: Option<LocalTime>) -> Self {
        Self { ordered, shipped, delivered }
    }

    /// When goods leave that leave now: not before they were ordered.
    ///
    /// An order may be dated a little ahead of the business's clocks: where they were put back in this hour, and where it
    /// was dated by the clocks of another time zone, such as UTC's for a business west of it.
    pub fn shipping_moment(&self, now: LocalTime) -> LocalTime {
        not_before(self.ordered, now)
    }

    /// When goods arrive that arrive now: not before they left, for the same reasons.
    pub fn delivery_moment(&self, now: LocalTime) -> LocalTime {
        self.shipped.map_or(now, |shipped| not_before(shipped, now))
    }

    /// The same, shipped at a moment. It was not typed, so no limit on late dates applies.
    pub(super) fn ship(&self, at: LocalTime) -> Result<Self, ValidationError> {
        if at < self.ordered {
            return Err(ValidationError::ShippedBeforeOrdered(self.ordered.day()));
        }
        match self.delivered {
            Some(delivered) if delivered < at => Err(ValidationError::DeliveredBeforeShipped(at.day())),
            _ => Ok(Self { shipped: Some(at), ..*self }),
        }
    }

    /// The same, delivered at a moment. It was not typed, so no limit on late dates applies.
    pub(super) fn deliver(&self, at: LocalTime) -> Result<Self, ValidationError> {
        match self.shipped {
            None => Err(ValidationError::DeliveredUnshipped),
            Some(shipped) if at < shipped => Err(ValidationError::DeliveredBeforeShipped(shipped.day())),
            Some(_) => Ok(Self { delivered: Some(at), ..*self }),
        }
    }

    /// The rules of new orders that they break, for dates that were recorded elsewhere.
    pub fn warnings(&self, now: LocalTime) -> QualityFlags {
        let warnings = if self.ordered > now {
            QualityFlags::ORDER_DATE_FUTURE
        } else if oldest().is_some_and(|oldest| self.ordered < oldest.start()) {
            QualityFlags::ORDER_DATE_OLD
        } else {
            QualityFlags::NONE
        };
        warnings | self.warnings_of_order()
    }

    /// The warnings about how they follow one another.
    pub(super) fn warnings_of_order(&self) -> QualityFlags {
        let mut warnings = QualityFlags::NONE;
        if self.shipped.is_some_and(|shipped| check_shipping(shipped, self.ordered).is_err()) {
            warnings |= QualityFlags::SHIPPING_DATE;
        }
        let is_delivery = |delivered, shipped| check_delivery(delivered, shipped).is_ok();
        if self.delivered.is_some_and(|at| !self.shipped.is_some_and(|shipped| is_delivery(at, shipped))) {
            warnings |= QualityFlags::DELIVERY_DATE;
        }
        warnings
    }

    pub fn ordered(&self) -> LocalTime {
        self.ordered
    }

    /// When the goods left, or will leave; unknown until then.
    pub fn shipped(&self) -> Option<LocalTime> {
        self.shipped
    }

    pub fn delivered(&self) -> Option<LocalTime> {
        self.delivered
    }
}

/// A date that may be missing, on its way into an order.
#[derive(Clone, Copy)]
enum Given<'a> {
    Typed(&'a str),
    /// As the order has it already.
    Kept {
        date: Option<LocalTime>,
        has_warning: bool,
    },
}

impl Given<'_> {
    fn date(self, field: Field, now: Now) -> Result<Option<Typed>, ValidationError> {
        match self {
            Self::Typed(text) => optional(field, text, now),
            Self::Kept { date, .. } => Ok(date.map(Typed::exactly)),
        }
    }

    /// What a check says, or the date as it is where it had a warning before.
    fn checked(
        self,
        date: Typed,
        result: Result<LocalTime, ValidationError>,
    ) -> Result<LocalTime, ValidationError> {
        if matches!(self, Self::Kept { has_warning: true, .. }) { Ok(date.at_start()) } else { result }
    }
}

/// This moment, or the one before it where that is ahead of the business's clocks by no more than those of zones differ.
fn not_before(before: LocalTime, now: LocalTime) -> LocalTime {
    let is_ahead = before > now && before.get() - now.get() <= MAX_ZONE_DIFFERENCE;
    if is_ahead { before } else { now }
}

fn keep<T>(errors: &mut Vec<ValidationError>, result: Result<T, ValidationError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

fn ordering(text: &str, now: Now) -> Result<LocalTime, ValidationError> {
    let Some(typed) = optional(Field::OrderDate, text, now)? else {
        return Err(ValidationError::OrderDateMissing);
    };
    let ordered = typed.at_start();
    match oldest() {
        Some(oldest) if ordered < oldest.start() => Err(ValidationError::OrderDateTooOld(oldest)),
        _ if ordered > now.local => Err(ValidationError::OrderDateFuture { ordered, now }),
        _ => Ok(ordered),
    }
}

/// The first day that an order may have.
fn oldest() -> Option<Day> {
    Day::new(1990, 1, 1)
}

/// A date; none where nothing was typed, or the dash that the list shows for none.
fn optional(field: Field, text: &str, now: Now) -> Result<Option<Typed>, ValidationError> {
    match &*mended(text) {
        "" | "-" => Ok(None),
        text => Typed::parse(text, now).map(Some).map_err(|error| ValidationError::Date(field, error)),
    }
}

fn shipping(typed: Typed, ordered: LocalTime) -> Result<LocalTime, ValidationError> {
    check_shipping(following(typed, ordered), ordered)
}

fn check_shipping(shipped: LocalTime, ordered: LocalTime) -> Result<LocalTime, ValidationError> {
    let latest = ordered.day().years_later(MAX_SHIPPING_YEARS);
    if shipped < ordered {
        Err(ValidationError::ShippedBeforeOrdered(ordered.day()))
    } else if shipped.day() > latest {
        Err(ValidationError::ShippedTooLate(latest))
    } else {
        Ok(shipped)
    }
}

fn delivery(typed: Typed, shipped: LocalTime) -> Result<LocalTime, ValidationError> {
    check_delivery(following(typed, shipped), shipped)
}

fn check_delivery(delivered: LocalTime, shipped: LocalTime) -> Result<LocalTime, ValidationError> {
    let latest = shipped.day().years_later(MAX_DELIVERY_YEARS);
    if delivered < shipped {
        Err(ValidationError::DeliveredBeforeShipped(shipped.day()))
    } else if delivered.day() > latest {
        Err(ValidationError::DeliveredTooLate(latest))
    } else {
        Ok(delivered)
    }
}

/// The moment typed; without a time of day, on the day of the moment before it, that moment.
fn following(typed: Typed, before: LocalTime) -> LocalTime {
    if typed.day == before.day() { typed.at(before.get().time()) } else { typed.at_start() }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;
    use crate::order::{DateError, Timestamp};

    fn now() -> Now {
        Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap())
    }

    fn parse(ordered: &str, shipped: &str, delivered: &str) -> Result<Dates, Vec<ValidationError>> {
        Dates::parse(ordered, shipped, delivered, now())
    }

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::new(year, month, day).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_taken_is_in_order(days in prop::array::uniform3(0..20_000_u64), time in "( [01][0-9]:[0-5][0-9])?") {
            let texts = days.map(|n| {
                let date = chrono::NaiveDate::from_ymd_opt(1985, 1, 1).unwrap() + chrono::Days::new(n);
                format!("{date}{time}")
            });
            if let Ok(dates) = parse(&texts[0], &texts[1], &texts[2]) {
                prop_assert!(dates.ordered() <= now().local);
                prop_assert!(dates.ordered() >= day(1990, 1, 1).start());
                prop_assert!(Some(dates.ordered()) <= dates.shipped());
                prop_assert!(dates.shipped() <= dates.delivered());
            }
        }
    }

    #[test]
    fn an_order_date_is_needed_and_lies_in_the_desks_time() {
        assert_eq!(parse("", "", ""), Err(vec![ValidationError::OrderDateMissing]));
        assert_eq!(parse("\u{feff} –", "", ""), Err(vec![ValidationError::OrderDateMissing]));
        let unreadable = ValidationError::Date(Field::OrderDate, DateError::Unreadable);
        assert_eq!(parse("soon", "", ""), Err(vec![unreadable]));
        assert!(parse("2026-03-03 14:05", "", "").is_ok());
        assert_eq!(
            parse("1989-12-31 23:59", "", ""),
            Err(vec![ValidationError::OrderDateTooOld(day(1990, 1, 1))])
        );
        assert!(parse("1990-01-01", "", "").is_ok());
    }

    #[test]
    fn a_date_in_the_future_is_told_what_time_it_is_where() {
        let told = |text: &str, zone| {
            let now = Now { zone, ..now() };
            Dates::parse(text, "", "", now).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            told("2026-03-03 14:06", Tz::Europe__Berlin),
            ["Order date is in the future: it is 14:05 now in Europe/Berlin"]
        );
        assert_eq!(
            told("2026-03-03T15:06+01:00", Tz::UTC),
            ["Order date is in the future: it is 14:05 now in UTC"]
        );
        assert_eq!(
            told("2026-03-04", Tz::UTC),
            ["Order date is in the future: today is 3 March 2026 in UTC"]
        );
    }

    #[test]
    fn a_dash_stands_for_no_date_as_in_the_list() {
        let dates = parse("2026-03-01", "–", " - ").unwrap();
        assert_eq!((dates.shipped(), dates.delivered()), (None, None));
    }

    #[test]
    fn an_order_dated_in_another_zone_can_be_shipped_at_once() {
        let ordered = |text: &str| Dates::recorded(LocalTime::parse(text).unwrap(), None, None);
        for (at, expected) in [
            ("2026-03-03 14:00:00", "2026-03-03 14:05:00"),
            ("2026-03-03 15:00:00", "2026-03-03 15:00:00"),
            // Dated in UTC, west of which it is still yesterday.
            ("2026-03-04 01:00:00", "2026-03-04 01:00:00"),
            ("2026-03-04 16:05:00", "2026-03-04 16:05:00"),
        ] {
            let dates = ordered(at);
            let moment = dates.shipping_moment(now().local);
            assert_eq!(moment.text().as_str(), expected, "{at}");
            assert_eq!(dates.ship(moment).unwrap().shipped(), Some(moment), "{at}");
        }
        // A slip of the day, and no clock's.
        let later = ordered("2026-03-04 16:05:01");
        assert!(later.ship(later.shipping_moment(now().local)).is_err());
    }

    proptest! {
        #[test]
        fn an_order_of_this_moment_can_be_shipped_in_every_zone(
            seconds in 700_000_000..2_000_000_000_i64, zone in prop::sample::select(&chrono_tz::TZ_VARIANTS[..]),
            form in 0..4_usize,
        ) {
            let utc = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
            let now = Now { local: LocalTime::new(utc.with_timezone(&zone).naive_local()), zone };
            let typed = ["now", "today", &utc.format("%Y-%m-%dT%H:%M:%SZ").to_string(), &now.local.in_words()][form].to_owned();
            let dates = Dates::parse(&typed, "", "", now).unwrap();
            let shipped = dates.ship(dates.shipping_moment(now.local)).unwrap();
            prop_assert_eq!(shipped.shipped(), Some(now.local), "{}", typed);
        }
    }

    #[test]
    fn shipping_follows_the_order_within_two_years() {
        let before = parse("2026-03-03 10:00", "2026-03-02", "");
        assert_eq!(before, Err(vec![ValidationError::ShippedBeforeOrdered(day(2026, 3, 3))]));
        let earlier_that_day = parse("2026-03-03 10:00", "2026-03-03 09:59", "");
        assert_eq!(earlier_that_day, Err(vec![ValidationError::ShippedBeforeOrdered(day(2026, 3, 3))]));
        assert_eq!(
            parse("2024-02-29", "2026-03-01", ""),
            Err(vec![ValidationError::ShippedTooLate(day(2026, 2, 28))])
        );
        assert!(parse("2024-02-29", "2026-02-28 23:59", "").is_ok());
    }

    #[test]
    fn a_day_alone_is_never_before_a_moment_of_that_day() {
        let dates = parse("2026-03-03 10:00", "3 March 2026", "2026-03-03").unwrap();
        assert_eq!(dates.shipped(), Some(dates.ordered()));
        assert_eq!(dates.delivered(), dates.shipped());
    }

    #[test]
    fn delivery_follows_shipping() {
        assert_eq!(parse("2026-03-01", "", "2026-03-02"), Err(vec![ValidationError::DeliveredUnshipped]));
        let before = parse("2026-02-01", "2026-03-02", "2026-03-01");
        assert_eq!(before, Err(vec![ValidationError::DeliveredBeforeShipped(day(2026, 3, 2))]));
        let late = parse("2026-02-01", "2026-03-02", "2028-03-03");
        assert_eq!(late, Err(vec![ValidationError::DeliveredTooLate(day(2028, 3, 2))]));
    }

    #[test]
    fn recorded_dates_are_doubted_by_the_same_rules() {
        let at = |text: &str| LocalTime::parse(&format!("{text} 12:00:00")).unwrap();
        let warnings = |ordered, shipped: Option<&str>, delivered: Option<&str>| {
            Dates::recorded(at(ordered), shipped.map(at), delivered.map(at)).warnings(now().local)
        };
        assert_eq!(warnings("2026-03-01", Some("2026-03-02"), Some("2026-03-03")), QualityFlags::NONE);
        assert_eq!(warnings("2026-03-01", None, None), QualityFlags::NONE);
        assert_eq!(warnings("2026-03-04", None, None), QualityFlags::ORDER_DATE_FUTURE);
        assert_eq!(warnings("1989-12-31", None, None), QualityFlags::ORDER_DATE_OLD);
        assert_eq!(warnings("2026-03-01", Some("2026-02-28"), None), QualityFlags::SHIPPING_DATE);
        assert_eq!(warnings("2020-03-01", Some("2022-03-02"), None), QualityFlags::SHIPPING_DATE);
        for (shipped, delivered) in [("2026-03-02", "2026-03-01"), ("2020-03-02", "2022-03-03")] {
            assert_eq!(warnings("2020-03-01", None, Some(delivered)), QualityFlags::DELIVERY_DATE);
            assert!(
                warnings("2020-03-01", Some(shipped), Some(delivered)).contains(QualityFlags::DELIVERY_DATE)
            );
        }
    }

    #[test]
    fn mistakes_are_told_together() {
        let errors = parse("x", "y", "z").unwrap_err();
        assert_eq!(
            errors.iter().map(ValidationError::field).collect::<Vec<_>>(),
            [Field::OrderDate, Field::ShippingDate, Field::DeliveryDate]
        );
    }
}
