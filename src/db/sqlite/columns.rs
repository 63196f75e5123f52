//! The domain's types in SQLite's columns.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text, Timestamp as SqlTimestamp};

use super::DB;
use crate::db::job::JobState;
use crate::db::message::MessageState;
use crate::order::{
    Brand, Changes, DateUuid, EventKind, LastFour, LocalTime, Note, OrderNumber, ProductCode, QualityFlags,
    Quantity, StoreCode, Timestamp, UserId,
};

type Raw<'a> = <DB as Backend>::RawValue<'a>;

/// Reads a column by the parser of its type; what does not parse is named by column type, never quoted.
macro_rules! read {
    ($($value:ty as $sql:ty: $read:expr;)*) => {$(
        impl FromSql<$sql, DB> for $value {
            fn from_sql(mut raw: Raw<'_>) -> deserialize::Result<Self> {
                let read: fn(&mut Raw<'_>) -> Option<Self> = $read;
                read(&mut raw).ok_or_else(|| concat!("a column holds no ", stringify!($value)).into())
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
    OrderNumber as BigInt: |raw| OrderNumber::new(raw.read_long());
    Quantity as Integer: |raw| Quantity::new(raw.read_integer()).ok();
    QualityFlags as SmallInt: |raw| i16::try_from(raw.read_integer()).ok().map(QualityFlags::from_bits);
    DateUuid as Text: |raw| DateUuid::parse(raw.read_text()).ok();
    UserId as Text: |raw| UserId::stored(raw.read_text()).ok();
    StoreCode as Text: |raw| StoreCode::parse(raw.read_text()).ok();
    ProductCode as Text: |raw| ProductCode::parse(raw.read_text()).ok();
    Brand as Text: |raw| Brand::parse(raw.read_text());
    Note as Text: |raw| Note::stored(raw.read_text());
    LastFour as Text: |raw| LastFour::parse(raw.read_text());
    EventKind as Text: |raw| EventKind::parse(raw.read_text());
    MessageState as Text: |raw| MessageState::parse(raw.read_text());
    JobState as Text: |raw| JobState::parse(raw.read_text());
    Changes as Text: |raw| Changes::parse(raw.read_text());
    LocalTime as SqlTimestamp: |raw| LocalTime::parse(raw.read_text());
    Timestamp as SqlTimestamp: |raw| Timestamp::parse(raw.read_text());
}

macro_rules! write_time {
    ($($time:ty),*) => {$(
        impl ToSql<SqlTimestamp, DB> for $time {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                out.set_value(self.text().to_string());
                Ok(IsNull::No)
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
