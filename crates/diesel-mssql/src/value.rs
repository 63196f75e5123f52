//! Values: from Rust into parameters, and from rows into Rust.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use diesel::deserialize::{self, FromSql, FromSqlRef};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, BigInt, Binary, Bool, Double, Float, Integer, SmallInt, Text};
use tiberius::ColumnData;
use tiberius::time::{Date, DateTime2, Time};

use crate::mssql::Mssql;

/// A value of a row that is not NULL.
#[derive(Clone, Copy)]
pub struct MssqlValue<'a>(pub(crate) &'a ColumnData<'static>);

impl fmt::Debug for MssqlValue<'_> {
    /// The type alone: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind(self.0))
    }
}

/// Whether a column's value is NULL, whatever its type.
pub(crate) fn is_null(data: &ColumnData<'_>) -> bool {
    match data {
        ColumnData::U8(v) => v.is_none(),
        ColumnData::I16(v) => v.is_none(),
        ColumnData::I32(v) => v.is_none(),
        ColumnData::I64(v) => v.is_none(),
        ColumnData::F32(v) => v.is_none(),
        ColumnData::F64(v) => v.is_none(),
        ColumnData::Bit(v) => v.is_none(),
        ColumnData::String(v) => v.is_none(),
        ColumnData::Guid(v) => v.is_none(),
        ColumnData::Binary(v) => v.is_none(),
        ColumnData::Numeric(v) => v.is_none(),
        ColumnData::Xml(v) => v.is_none(),
        ColumnData::DateTime(v) => v.is_none(),
        ColumnData::SmallDateTime(v) => v.is_none(),
        ColumnData::Time(v) => v.is_none(),
        ColumnData::Date(v) => v.is_none(),
        ColumnData::DateTime2(v) => v.is_none(),
        ColumnData::DateTimeOffset(v) => v.is_none(),
    }
}

fn kind(data: &ColumnData<'_>) -> &'static str {
    match data {
        ColumnData::U8(_) => "TINYINT",
        ColumnData::I16(_) => "SMALLINT",
        ColumnData::I32(_) => "INT",
        ColumnData::I64(_) => "BIGINT",
        ColumnData::F32(_) => "REAL",
        ColumnData::F64(_) => "FLOAT",
        ColumnData::Bit(_) => "BIT",
        ColumnData::String(_) => "text",
        ColumnData::Guid(_) => "UNIQUEIDENTIFIER",
        ColumnData::Binary(_) => "binary",
        ColumnData::Numeric(_) => "NUMERIC",
        ColumnData::Xml(_) => "XML",
        ColumnData::DateTime(_) => "DATETIME",
        ColumnData::SmallDateTime(_) => "SMALLDATETIME",
        ColumnData::Time(_) => "TIME",
        ColumnData::Date(_) => "DATE",
        ColumnData::DateTime2(_) => "DATETIME2",
        ColumnData::DateTimeOffset(_) => "DATETIMEOFFSET",
    }
}

fn mismatch<T>(data: &ColumnData<'_>, wanted: &str) -> deserialize::Result<T> {
    Err(format!("the column is {} where {wanted} was expected", kind(data)).into())
}

impl MssqlValue<'_> {
    /// Any whole number: SQL Server counts in INT what Diesel counts in `BigInt`.
    fn whole(self) -> deserialize::Result<i64> {
        match *self.0 {
            ColumnData::U8(Some(v)) => Ok(v.into()),
            ColumnData::I16(Some(v)) => Ok(v.into()),
            ColumnData::I32(Some(v)) => Ok(v.into()),
            ColumnData::I64(Some(v)) => Ok(v),
            ref other => mismatch(other, "a whole number"),
        }
    }

    /// The text, as long as the row lives.
    pub fn text(&self) -> deserialize::Result<&str> {
        match self.0 {
            ColumnData::String(Some(v)) => Ok(v),
            other => mismatch(other, "text"),
        }
    }

    /// Date and time of day, with what precision the column has.
    pub fn date_time(self) -> deserialize::Result<NaiveDateTime> {
        match *self.0 {
            ColumnData::DateTime2(Some(v)) => {
                date(v.date()).and_then(|day| Ok(day.and_time(time(v.time())?)))
            }
            ref other => mismatch(other, "DATETIME2"),
        }
    }
}

/// The days of `DATE` are counted from 0001-01-01, which is chrono's first day of the common era.
fn date(date: Date) -> deserialize::Result<NaiveDate> {
    i32::try_from(date.days())
        .ok()
        .and_then(|days| NaiveDate::from_num_days_from_ce_opt(days + 1))
        .ok_or_else(|| "the date is beyond the calendar".into())
}

fn time(time: Time) -> deserialize::Result<NaiveTime> {
    let scale = u32::from(time.scale());
    let nanoseconds = 10_u64
        .checked_pow(9_u32.saturating_sub(scale))
        .and_then(|unit| unit.checked_mul(time.increments()))
        .ok_or("the time is beyond a day")?;
    let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    u32::try_from(seconds)
        .ok()
        .zip(u32::try_from(rest).ok())
        .and_then(|(seconds, rest)| NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest))
        .ok_or_else(|| "the time is beyond a day".into())
}

fn to_date(day: NaiveDate) -> Result<Date, Box<dyn std::error::Error + Send + Sync>> {
    u32::try_from(day.num_days_from_ce() - 1)
        .ok()
        .filter(|_| day.year() <= 9999)
        .map(Date::new)
        .ok_or_else(|| "SQL Server's dates are those of the years 1 to 9999".into())
}

/// A date and time of day as a parameter; an error beyond the years 1 to 9999.
pub fn date_time(time: NaiveDateTime) -> Result<DateTime2, Box<dyn std::error::Error + Send + Sync>> {
    Ok(DateTime2::new(to_date(time.date())?, to_time(time.time())))
}

/// Whole seconds travel as such, as columns of scale 0 want them in a bulk copy; all else in 100 nanoseconds.
fn to_time(time: NaiveTime) -> Time {
    let seconds = u64::from(time.num_seconds_from_midnight());
    match u64::from(time.nanosecond()) {
        0 => Time::new(seconds, 0),
        // A leap second is the last instant of its minute.
        nanoseconds => Time::new(seconds * 10_000_000 + nanoseconds.min(999_999_999) / 100, 7),
    }
}

macro_rules! read {
    ($($value:ty as $sql:ty: $read:expr;)*) => {$(
        impl FromSql<$sql, Mssql> for $value {
            fn from_sql(value: MssqlValue<'_>) -> deserialize::Result<Self> {
                let read: fn(MssqlValue<'_>) -> deserialize::Result<Self> = $read;
                read(value)
            }
        }
    )*};
}
read! {
    bool as Bool: |v| match *v.0 {
        ColumnData::Bit(Some(bit)) => Ok(bit),
        ref other => mismatch(other, "BIT"),
    };
    i16 as SmallInt: |v| Ok(v.whole()?.try_into()?);
    i32 as Integer: |v| Ok(v.whole()?.try_into()?);
    i64 as BigInt: |v| v.whole();
    f32 as Float: |v| match *v.0 {
        ColumnData::F32(Some(real)) => Ok(real),
        ref other => mismatch(other, "REAL"),
    };
    f64 as Double: |v| match *v.0 {
        ColumnData::F32(Some(real)) => Ok(real.into()),
        ColumnData::F64(Some(float)) => Ok(float),
        ref other => mismatch(other, "FLOAT"),
    };
    NaiveDate as sql_types::Date: |v| match *v.0 {
        ColumnData::Date(Some(day)) => date(day),
        ref other => mismatch(other, "DATE"),
    };
    NaiveTime as sql_types::Time: |v| match *v.0 {
        ColumnData::Time(Some(of_day)) => time(of_day),
        ref other => mismatch(other, "TIME"),
    };
    NaiveDateTime as sql_types::Timestamp: |v| v.date_time();
}

impl<'a> FromSqlRef<'a, Text, Mssql> for &'a str {
    fn from_sql(value: &'a mut MssqlValue<'_>) -> deserialize::Result<Self> {
        value.text()
    }
}

impl<'a> FromSqlRef<'a, Binary, Mssql> for &'a [u8] {
    fn from_sql(value: &'a mut MssqlValue<'_>) -> deserialize::Result<Self> {
        match value.0 {
            ColumnData::Binary(Some(bytes)) => Ok(bytes),
            other => mismatch(other, "binary"),
        }
    }
}

macro_rules! write {
    ($($value:ty as $sql:ty: $write:expr;)*) => {$(
        impl ToSql<$sql, Mssql> for $value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mssql>) -> serialize::Result {
                out.set_value($write(self));
                Ok(IsNull::No)
            }
        }
    )*};
}
write! {
    bool as Bool: |v: &bool| *v;
    i16 as SmallInt: |v: &i16| *v;
    i32 as Integer: |v: &i32| *v;
    i64 as BigInt: |v: &i64| *v;
    f32 as Float: |v: &f32| *v;
    f64 as Double: |v: &f64| *v;
    str as Text: str::to_owned;
    [u8] as Binary: <[u8]>::to_vec;
    NaiveTime as sql_types::Time: |v: &NaiveTime| to_time(*v);
}

impl ToSql<sql_types::Date, Mssql> for NaiveDate {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mssql>) -> serialize::Result {
        out.set_value(to_date(*self)?);
        Ok(IsNull::No)
    }
}

impl ToSql<sql_types::Timestamp, Mssql> for NaiveDateTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mssql>) -> serialize::Result {
        out.set_value(date_time(*self)?);
        Ok(IsNull::No)
    }
}
