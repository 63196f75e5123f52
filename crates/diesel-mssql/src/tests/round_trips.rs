//! Values, there and back.

use std::fmt::Debug;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use diesel::deserialize::FromSql;
use diesel::query_builder::BindCollector;
use diesel::serialize::ToSql;
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Float, HasSqlType, Integer, Nullable, SmallInt, Text, Time, Timestamp,
};
use proptest::prelude::*;
use tiberius::ColumnData;

use super::super::bind::Binds;
use super::super::value::is_null;
use super::super::{Mssql, MssqlValue};

/// What a value is on its way to the server.
fn sent<T>(value: &(impl ToSql<T, Mssql> + ?Sized)) -> ColumnData<'static>
where
    Mssql: HasSqlType<T>,
{
    let mut binds = Binds::default();
    binds.push_bound_value::<T, _>(value, &mut ()).unwrap();
    binds.0.remove(0).into_data()
}

fn read<T, V: FromSql<T, Mssql>>(data: &ColumnData<'static>) -> diesel::deserialize::Result<V> {
    V::from_sql(MssqlValue(data))
}

fn returns<T, V>(value: &V) -> Result<(), TestCaseError>
where
    V: ToSql<T, Mssql> + FromSql<T, Mssql> + PartialEq + Debug,
    Mssql: HasSqlType<T>,
{
    let data = sent::<T>(value);
    prop_assert!(!is_null(&data));
    prop_assert_eq!(&read::<T, V>(&data).unwrap(), value);
    Ok(())
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    (0..=(last - first).num_days()).prop_map(move |days| first + chrono::TimeDelta::days(days))
}

/// Whole seconds as often as not; else 100 nanoseconds, as fine as SQL Server's are.
fn any_hour() -> impl Strategy<Value = NaiveTime> {
    let fraction = prop_oneof![
        Just(0),
        (0..10_000_000_u32).prop_map(|ticks| ticks * 100),
        (0..1_000_u32).prop_map(|milliseconds| milliseconds * 1_000_000),
    ];
    (0..86_400_u32, fraction)
        .prop_map(|(seconds, rest)| NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest).unwrap())
}

fn scale(data: &ColumnData<'_>) -> u8 {
    match data {
        ColumnData::Time(Some(time)) => time.scale(),
        ColumnData::DateTime2(Some(at)) => at.time().scale(),
        other => panic!("{other:?} has no scale"),
    }
}

proptest! {
    #[test]
    fn numbers_return_as_they_were(
        flag: bool, small: i16, number: i32, big: i64,
        real in prop::num::f32::ANY.prop_filter("NaN is not itself", |v| !v.is_nan()),
        double in prop::num::f64::ANY.prop_filter("NaN is not itself", |v| !v.is_nan()),
    ) {
        returns::<Bool, _>(&flag)?;
        returns::<SmallInt, _>(&small)?;
        returns::<Integer, _>(&number)?;
        returns::<BigInt, _>(&big)?;
        returns::<Float, _>(&real)?;
        returns::<Double, _>(&double)?;
    }

    #[test]
    fn texts_and_bytes_return_as_they_were(text in ".*|\\PC*|[\\s\\S]{0,9}", bytes: Vec<u8>) {
        returns::<Text, String>(&text)?;
        returns::<Binary, Vec<u8>>(&bytes)?;
    }

    #[test]
    fn days_and_hours_return_as_they_were(day in any_day(), hour in any_hour()) {
        returns::<Date, _>(&day)?;
        returns::<Time, _>(&hour)?;
        returns::<Timestamp, _>(&NaiveDateTime::new(day, hour))?;
    }

    #[test]
    fn whole_seconds_travel_as_such(day in any_day(), hour in any_hour()) {
        let is_whole = hour.nanosecond() == 0;
        prop_assert_eq!(scale(&sent::<Time>(&hour)) == 0, is_whole);
        prop_assert_eq!(scale(&sent::<Timestamp>(&NaiveDateTime::new(day, hour))) == 0, is_whole);
    }

    #[test]
    fn what_is_finer_than_100_nanoseconds_is_cut_off(hour in any_hour(), rest in 0..100_u32) {
        let finer = hour.with_nanosecond(hour.nanosecond() + rest).unwrap();
        prop_assert_eq!(read::<Time, NaiveTime>(&sent::<Time>(&finer)).unwrap(), hour);
    }

    #[test]
    fn what_is_counted_in_an_int_is_read_as_a_big_int(number: i32, small: i16, tiny: u8) {
        prop_assert_eq!(read::<BigInt, i64>(&ColumnData::I32(Some(number))).unwrap(), i64::from(number));
        prop_assert_eq!(read::<BigInt, i64>(&ColumnData::I16(Some(small))).unwrap(), i64::from(small));
        prop_assert_eq!(read::<Integer, i32>(&ColumnData::U8(Some(tiny))).unwrap(), i32::from(tiny));
    }

    #[test]
    fn a_number_too_large_is_an_error_without_the_number(number in i64::from(i32::MAX) + 1..) {
        let data = ColumnData::I64(Some(number));
        for error in [read::<Integer, i32>(&data).unwrap_err(), read::<SmallInt, i16>(&data).unwrap_err()] {
            prop_assert!(!error.to_string().contains(&number.to_string()), "{}", error);
        }
    }

    #[test]
    fn reading_another_type_is_an_error_without_the_value(text in "[a-z]{1,4}[0-9]{12}", day in any_day()) {
        for error in refusals(&sent::<Text>(text.as_str()), "text") {
            prop_assert!(!error.contains(&text), "{}", error);
        }
        for error in refusals(&sent::<Date>(&day), "DATE") {
            let numbers: Vec<&str> = error.split(|c: char| !c.is_ascii_digit()).filter(|n| *n != "2").collect();
            prop_assert!(numbers.concat().is_empty(), "{}", error);
        }
    }
}

/// What every type but the value's own says to it.
fn refusals(data: &ColumnData<'static>, own: &str) -> Vec<String> {
    let readings = [
        ("BIT", read::<Bool, bool>(data).err()),
        ("SMALLINT", read::<SmallInt, i16>(data).err()),
        ("INT", read::<Integer, i32>(data).err()),
        ("BIGINT", read::<BigInt, i64>(data).err()),
        ("REAL", read::<Float, f32>(data).err()),
        ("FLOAT", read::<Double, f64>(data).err()),
        ("text", read::<Text, String>(data).err()),
        ("binary", read::<Binary, Vec<u8>>(data).err()),
        ("DATE", read::<Date, NaiveDate>(data).err()),
        ("TIME", read::<Time, NaiveTime>(data).err()),
        ("DATETIME2", read::<Timestamp, NaiveDateTime>(data).err()),
    ];
    let mut refusals = Vec::new();
    for (wanted, error) in readings {
        // A FLOAT holds every REAL.
        if wanted == own || (own, wanted) == ("REAL", "FLOAT") {
            assert!(error.is_none(), "{own} is read as {wanted}");
        } else {
            refusals.push(error.unwrap_or_else(|| panic!("{own} was read as {wanted}")).to_string());
        }
    }
    refusals
}

#[test]
fn every_type_refuses_all_others() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 5).unwrap();
    refusals(&sent::<Bool>(&true), "BIT");
    refusals(&sent::<Float>(&0.5_f32), "REAL");
    refusals(&sent::<Double>(&0.5_f64), "FLOAT");
    refusals(&sent::<Text>("lamp"), "text");
    refusals(&sent::<Binary>([1_u8].as_slice()), "binary");
    refusals(&sent::<Date>(&day), "DATE");
    refusals(&sent::<Time>(&NaiveTime::MIN), "TIME");
    refusals(&sent::<Timestamp>(&day.and_time(NaiveTime::MIN)), "DATETIME2");
}

#[test]
fn none_is_null_of_every_type() {
    assert!(is_null(&sent::<Nullable<Bool>>(&None::<bool>)));
    assert!(is_null(&sent::<Nullable<Integer>>(&None::<i32>)));
    assert!(is_null(&sent::<Nullable<Text>>(&None::<String>)));
    assert!(is_null(&sent::<Nullable<Timestamp>>(&None::<NaiveDateTime>)));
}

#[test]
fn a_year_beyond_the_calendar_is_an_error_before_it_is_sent() {
    for day in [NaiveDate::from_ymd_opt(0, 12, 31).unwrap(), NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()] {
        let mut binds = Binds::default();
        assert!(binds.push_bound_value::<Date, _>(&day, &mut ()).is_err());
        assert!(binds.push_bound_value::<Timestamp, _>(&day.and_time(NaiveTime::MIN), &mut ()).is_err());
    }
}

#[test]
fn a_leap_second_is_the_last_instant_of_its_minute() {
    let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
    let last = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_900).unwrap();
    assert_eq!(read::<Time, NaiveTime>(&sent::<Time>(&leap)).unwrap(), last);
}

/// What a confused server might say.
#[test]
fn a_time_beyond_a_day_is_an_error() {
    for (increments, scale) in [(86_400, 0), (864_000_000_000, 7), (u64::MAX, 0)] {
        let data = ColumnData::Time(Some(tiberius::time::Time::new(increments, scale)));
        assert!(read::<Time, NaiveTime>(&data).is_err());
    }
}
