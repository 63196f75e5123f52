//! The domain's types in SQL Server's columns.

use diesel::deserialize::{self, FromSql, Queryable};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text, Timestamp as SqlTimestamp};
use diesel_mssql::MssqlValue;

use super::DB;
use crate::db::job::JobState;
use crate::db::message::MessageState;
use crate::order::{
    Brand, Changes, DateUuid, EventKind, LastFour, LocalTime, Note, OrderNumber, ProductCode, QualityFlags,
    Quantity, StoreCode, Timestamp, UserId,
};

/// Reads a column by the parser of its type; what does not parse is named by that type, never quoted.
macro_rules! read {
    ($($value:ty as $sql:ty: |$raw:ident| $read:expr;)*) => {$(
        impl FromSql<$sql, DB> for $value {
            fn from_sql($raw: MssqlValue<'_>) -> deserialize::Result<Self> {
                Option::<Self>::ok_or_else($read, || concat!("a column holds no ", stringify!($value)).into())
            }
        }

        impl Queryable<$sql, DB> for $value {
            type Row = Self;

            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )*};
}
read! {
    OrderNumber as BigInt: |raw| OrderNumber::new(<i64 as FromSql<BigInt, DB>>::from_sql(raw)?);
    Quantity as Integer: |raw| Quantity::new(<i32 as FromSql<Integer, DB>>::from_sql(raw)?).ok();
    QualityFlags as SmallInt: |raw| Some(QualityFlags::from_bits(<i16 as FromSql<SmallInt, DB>>::from_sql(raw)?));
    DateUuid as Text: |raw| DateUuid::parse(raw.text()?).ok();
    UserId as Text: |raw| UserId::stored(raw.text()?).ok();
    StoreCode as Text: |raw| StoreCode::parse(raw.text()?).ok();
    ProductCode as Text: |raw| ProductCode::parse(raw.text()?).ok();
    Brand as Text: |raw| Brand::parse(raw.text()?);
    Note as Text: |raw| Note::stored(raw.text()?);
    LastFour as Text: |raw| LastFour::parse(raw.text()?);
    EventKind as Text: |raw| EventKind::parse(raw.text()?);
    MessageState as Text: |raw| MessageState::parse(raw.text()?);
    JobState as Text: |raw| JobState::parse(raw.text()?);
    Changes as Text: |raw| Changes::parse(raw.text()?);
    LocalTime as SqlTimestamp: |raw| Some(LocalTime::new(raw.date_time()?));
    Timestamp as SqlTimestamp: |raw| Some(Timestamp::new(raw.date_time()?));
}

macro_rules! write_time {
    ($($time:ty),*) => {$(
        impl ToSql<SqlTimestamp, DB> for $time {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                out.set_value(diesel_mssql::date_time(self.get())?);
                Ok(serialize::IsNull::No)
            }
        }

        /// In a column that may be empty.
        impl ToSql<Nullable<SqlTimestamp>, DB> for $time {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<SqlTimestamp, DB>::to_sql(self, out)
            }
        }
    )*};
}
write_time!(LocalTime, Timestamp);
