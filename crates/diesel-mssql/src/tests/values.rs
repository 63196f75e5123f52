//! Types of the program's own around chrono's, as Diesel wants them for expressions and rows.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Date, Time, Timestamp};

use super::super::{Mssql, MssqlValue};

macro_rules! own_types {
    ($($(#[$doc:meta])* $own:ident($value:ty) as $sql:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, AsExpression, FromSqlRow)]
        #[diesel(sql_type = $sql)]
        pub struct $own(pub $value);

        impl ToSql<$sql, Mssql> for $own {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mssql>) -> serialize::Result {
                ToSql::<$sql, Mssql>::to_sql(&self.0, out)
            }
        }

        impl FromSql<$sql, Mssql> for $own {
            fn from_sql(value: MssqlValue<'_>) -> deserialize::Result<Self> {
                <$value as FromSql<$sql, Mssql>>::from_sql(value).map(Self)
            }
        }
    )*};
}
own_types! {
    /// A day of the calendar.
    Day(NaiveDate) as Date;
    /// A time of day.
    Hour(NaiveTime) as Time;
    /// Both.
    Moment(NaiveDateTime) as Timestamp;
}
